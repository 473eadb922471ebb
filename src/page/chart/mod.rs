//! Pictures of figures over time (spec 8.3): small drawings, failed share by guilty hop, what is left of a budget, how long things take.
//!
//! Pure: numbers go in, SVG comes out, in the same classes as the flow map, so that the same red means the same. What a chart says is also told
//! in words, in its description and in the text around it. Every chart over time tells in `data-from` and `data-to` (milliseconds since 1970)
//! what time it shows, and in `data-left` and `data-right` between which units of its own; whoever drags over it needs no more. Ticks tell their
//! moment in `data-at`, so that they can be told in another zone.
//!
//! The road not taken: a library for charts. The common ones draw in the browser or bring their own colours and fonts; what is needed is
//! five shapes that know the words of this house.

mod area;
mod axis;
mod bar;
mod burn;
mod heat;
mod marker;
mod spark;

#[cfg(test)]
mod tests;

pub use area::{Failures, FailuresPoint, failures};
pub use axis::{TimeAxis, ValueAxis};
pub use bar::score;
pub use burn::{Burn, Spent, burn};
pub use heat::{Heat, HeatColumn, heat};
pub use marker::{Marker, MarkerKind};
pub use spark::spark;
