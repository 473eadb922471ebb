//! The messages of `proto/steelthread/v1/query.proto`, compiled by `build.rs`.
#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::expect_used, reason = "generated")]

tonic::include_proto!("steelthread.v1");

/// The file itself, for reflection.
pub const DESCRIBED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/steelthread.bin"));
