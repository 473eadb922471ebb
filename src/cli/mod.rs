//! (not laid yet)
