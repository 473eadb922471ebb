//! Alerts: what must be told to whom is on call, and when it begins and ends.
//!
//! What leaves this room is a [`Notice`]: an alert with a name that never changes while it lasts, and a text that may. Who gets it, over
//! which protocol, and what became of it, is decided elsewhere (`notify/`).

mod notice;

pub use crate::objective::Severity;
pub use notice::{Labels, Notice, annotation};
