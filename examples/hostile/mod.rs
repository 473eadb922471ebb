//! Traces that nobody's services send, and the whole way of a span behind the wire: tag, assemble, judge, measure, ask.

pub mod door;
pub mod shapes;
