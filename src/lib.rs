//! steelthread tells which of the things an organisation does for its customers work, and which hop breaks them.
//!
//! The rooms stand in the order in which data flows; `ARCHITECTURE.md` says what each must not know.

pub mod model;

pub mod catalogue;

pub mod wire;

pub mod tag;

pub mod assemble;

pub mod judge;

pub mod measure;

pub mod objective;

pub mod journal;

pub mod store;

pub mod alert;

pub mod query;

pub mod page;

pub mod exchange;

pub mod serve;

pub mod outgoing;

pub mod export;

pub mod notify;

pub mod cli;

pub mod demo;

pub mod app;
