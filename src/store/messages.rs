//! The messages of which a window on disk is made.

use prost::Message;

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct CountRecord {
    #[prost(uint64, tag = "1")]
    pub raw: u64,
    #[prost(uint64, tag = "2")]
    pub more: u64,
    #[prost(uint64, tag = "3")]
    pub more_high: u64,
    #[prost(uint64, tag = "4")]
    pub excess: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct SumRecord {
    #[prost(uint64, tag = "1")]
    pub low: u64,
    #[prost(uint64, tag = "2")]
    pub high: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SpreadRecord {
    /// Distance of each bucket from the one before it.
    #[prost(uint32, repeated, tag = "1")]
    pub steps: Vec<u32>,
    /// Counts: bits 16 to 79.
    #[prost(uint64, repeated, tag = "2")]
    pub whole: Vec<u64>,
    /// Bits 0 to 15; absent if all are zero.
    #[prost(uint32, repeated, tag = "3")]
    pub fraction: Vec<u32>,
    /// Bits from 80; absent if all are zero.
    #[prost(uint64, repeated, tag = "4")]
    pub high: Vec<u64>,
    #[prost(message, optional, tag = "5")]
    pub sum: Option<SumRecord>,
    #[prost(uint64, tag = "6")]
    pub max: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ShareRecord {
    #[prost(message, optional, tag = "1")]
    pub executions: Option<CountRecord>,
    #[prost(message, optional, tag = "2")]
    pub with_error: Option<CountRecord>,
    #[prost(message, optional, tag = "3")]
    pub ok_with_error: Option<CountRecord>,
    #[prost(message, optional, tag = "4")]
    pub missing: Option<CountRecord>,
    #[prost(message, optional, tag = "5")]
    pub critical_path: Option<SpreadRecord>,
    #[prost(message, optional, tag = "6")]
    pub self_time: Option<SpreadRecord>,
    #[prost(message, optional, tag = "7")]
    pub edge_gap: Option<SpreadRecord>,
    #[prost(message, optional, tag = "8")]
    pub ok_units: Option<SumRecord>,
    #[prost(message, optional, tag = "9")]
    pub ok_self: Option<SumRecord>,
    #[prost(message, optional, tag = "10")]
    pub ok_gap: Option<SumRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FailuresRecord {
    #[prost(string, tag = "1")]
    pub cause: String,
    #[prost(message, optional, tag = "2")]
    pub count: Option<CountRecord>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub samples: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HopRecord {
    #[prost(string, tag = "1")]
    pub hop: String,
    #[prost(string, tag = "2")]
    pub service: String,
    #[prost(bool, tag = "3")]
    pub external: bool,
    #[prost(message, optional, tag = "4")]
    pub calls: Option<CountRecord>,
    #[prost(message, optional, tag = "5")]
    pub latency: Option<SpreadRecord>,
    #[prost(message, optional, tag = "6")]
    pub alone: Option<ShareRecord>,
    #[prost(message, optional, tag = "7")]
    pub several: Option<ShareRecord>,
    #[prost(message, optional, tag = "8")]
    pub errors: Option<CountRecord>,
    #[prost(message, optional, tag = "9")]
    pub retries: Option<CountRecord>,
    #[prost(message, optional, tag = "10")]
    pub slow_blamed: Option<CountRecord>,
    #[prost(message, repeated, tag = "11")]
    pub absorbed: Vec<CountRecord>,
    #[prost(message, repeated, tag = "12")]
    pub failures: Vec<FailuresRecord>,
    #[prost(message, repeated, tag = "13")]
    pub callers: Vec<CallerRecord>,
    #[prost(uint64, tag = "14")]
    pub slowest_ns: u64,
    #[prost(bytes = "vec", tag = "15")]
    pub slowest: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CallerRecord {
    #[prost(string, tag = "1")]
    pub hop: String,
    #[prost(string, tag = "2")]
    pub service: String,
    #[prost(bool, tag = "3")]
    pub external: bool,
    #[prost(message, optional, tag = "4")]
    pub calls: Option<CountRecord>,
    #[prost(message, optional, tag = "5")]
    pub gap: Option<SumRecord>,
    #[prost(message, optional, tag = "6")]
    pub executions: Option<CountRecord>,
    #[prost(message, optional, tag = "7")]
    pub asynchronous: Option<CountRecord>,
    #[prost(message, optional, tag = "8")]
    pub failures: Option<CountRecord>,
    #[prost(message, optional, tag = "9")]
    pub slow: Option<CountRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct JointRecord {
    #[prost(string, tag = "1")]
    pub service: String,
    #[prost(message, optional, tag = "2")]
    pub share: Option<ShareRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LimitRecord {
    #[prost(uint64, tag = "1")]
    pub under_ns: u64,
    #[prost(message, optional, tag = "2")]
    pub good: Option<CountRecord>,
    #[prost(message, optional, tag = "3")]
    pub all: Option<CountRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WindowRecord {
    #[prost(message, repeated, tag = "1")]
    pub outcomes: Vec<CountRecord>,
    #[prost(message, optional, tag = "2")]
    pub slow: Option<CountRecord>,
    #[prost(message, repeated, tag = "3")]
    pub absorbed: Vec<CountRecord>,
    #[prost(message, optional, tag = "4")]
    pub durations: Option<SpreadRecord>,
    #[prost(message, repeated, tag = "5")]
    pub limits: Vec<LimitRecord>,
    #[prost(message, optional, tag = "6")]
    pub critical_path: Option<SumRecord>,
    #[prost(uint64, tag = "7")]
    pub skewed: u64,
    #[prost(message, repeated, tag = "8")]
    pub hops: Vec<HopRecord>,
    #[prost(message, repeated, tag = "9")]
    pub joint: Vec<JointRecord>,
    #[prost(uint64, tag = "10")]
    pub late: u64,
    #[prost(uint64, tag = "11")]
    pub orphans: u64,
    #[prost(message, optional, tag = "12")]
    pub orphaned: Option<CountRecord>,
    #[prost(message, optional, tag = "13")]
    pub corrected: Option<CountRecord>,
}
