//! What is told about capabilities, as it is counted.

/// A bucket of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceBucket {
    /// Its middle.
    pub middle_ns: u64,
    /// How much is in it, in units of 2^-16.
    pub units: u128,
}

/// Failed executions of a capability with one culprit and one cause.
#[derive(Debug, Clone, PartialEq)]
pub struct HopFailures {
    /// The hop to blame.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// Why.
    pub cause: &'static str,
    /// How many.
    pub failures: f64,
}

/// A capability, since the process began.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CapabilityFigures {
    /// From the map.
    pub id: String,
    /// Executions by outcome; all outcomes are there.
    pub outcomes: Vec<(&'static str, f64)>,
    /// Ok executions over their latency limit.
    pub slow: f64,
    /// Of each objective: its id, the executions that keep it, and those that break it.
    pub objectives: Vec<(String, f64, f64)>,
    /// Errors that did not fail their execution, by kind.
    pub absorbed: Vec<(&'static str, f64)>,
    /// Durations of ok executions.
    pub durations: Vec<SourceBucket>,
    /// Their sum, exact, in nanoseconds.
    pub duration_sum_ns: f64,
    /// The longest.
    pub duration_max_ns: Option<u64>,
    /// Only hops that failed executions.
    pub failures: Vec<HopFailures>,
}

/// Everything that is told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// In the order of the map.
    pub capabilities: Vec<CapabilityFigures>,
    /// Spans by fate.
    pub spans: Vec<(&'static str, u64)>,
}
