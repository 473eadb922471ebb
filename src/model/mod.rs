//! The vocabulary: what a span, a name, a shape, a fate, a hop and a verdict are.
//!
//! Every other room speaks in these types, and this room knows none of them. Nothing here decides anything. Two ideas shape it:
//!
//! - **A span in flight is 48 bytes.** Everything about a span that many spans share (service, name, kind, codes, peer, which
//!   rules of the map hold) is a [`Shape`], stored once; a [`SpanRecord`] holds ids, times and the number of its shape.
//! - **Names are numbers.** Text is checked for UTF-8 and stored on first sight ([`Names`]), and compared as a number afterwards.
//!
//! The road not taken: keeping the attributes of each span until the trace is complete. It is what trace stores do, costs two
//! kilobytes a span, and the judge asks for nothing that a shape cannot answer.

mod fate;
mod hop;
mod hop_tree;
mod ids;
mod names;
mod normal;
mod raw;
mod record;
mod shape;
mod verdict;
mod weight;

pub use fate::{Fate, Fates};
pub use hop::{Hop, HopId, Hops};
pub use hop_tree::TreeHop;
pub use ids::{ParseIdError, SpanId, TraceId};
pub use names::{Name, Names};
pub use normal::{Normal, NothingKnown};
pub use raw::{Attribute, RawLink, RawSpan, Value};
pub use record::{Kind, SpanExtra, SpanRecord, Status};
pub use shape::{FactId, GrpcCode, Shape, ShapeId, Shapes, Tags};
pub use verdict::{
    Absorbed, AbsorbedKind, Blame, CallerUse, Cause, Confidence, Ending, Evidence, HopUse, Outcome, Section, SectionKind,
    SlowBlame, Verdict,
};
pub use weight::Weight;
