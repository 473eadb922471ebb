//! Traces that nobody's services send, and the whole way of a span behind the wire: tag, assemble, judge, measure, ask.

pub mod door;
#[allow(dead_code, reason = "only what measures the usual uses it")]
pub mod ordinary;
pub mod shapes;
