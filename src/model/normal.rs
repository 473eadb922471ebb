//! What is normal: an argument of the judge, learnt elsewhere.

use super::{HopId, Name, SectionKind};

/// How much critical-path time a hop usually takes.
pub trait Normal {
    /// Mean nanoseconds per ok execution of this capability in which the hop was called, over sections of this kind
    /// ([`SectionKind::Queue`] is counted with [`SectionKind::Gap`]); `None` where there is nothing to compare with yet.
    fn normal_ns(&self, capability: Name, hop: HopId, kind: SectionKind) -> Option<f64>;
}

/// Nothing is known yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingKnown;

impl Normal for NothingKnown {
    fn normal_ns(&self, _: Name, _: HopId, _: SectionKind) -> Option<f64> {
        None
    }
}
