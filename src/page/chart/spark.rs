//! A line so small that it has no axis: how much there was, from left to right.

use super::axis::round;
use maud::{Markup, html};
use std::fmt::Write;

const WIDE: f64 = 90.0;
const HIGH: f64 = 26.0;

/// The top and the bottom of the line.
const LINE: (f64, f64) = (3.0, 24.0);

/// Values from left to right, from nothing at the bottom to the largest at the top. Where there is none, the line has a gap: nothing known is not
/// nothing there. Text beside it tells the figure, so it is no picture to who listens.
pub fn spark(values: &[Option<f64>]) -> Markup {
    let values: Vec<Option<f64>> = values.iter().map(|value| value.filter(|value| value.is_finite())).collect();
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let y = |value: f64| round(LINE.1 - (LINE.1 - LINE.0) * if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 });
    let between = WIDE / values.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut drawing = false;
    for (at, value) in values.iter().enumerate() {
        let x = round(at as f64 * between);
        match value {
            Some(value) if drawing => _ = write!(path, "L{x} {}", y(*value)),
            // A dot where nothing comes after: a line of no length with round ends.
            Some(value) => _ = write!(path, "M{x} {}h0", y(*value)),
            None => {}
        }
        drawing = value.is_some();
    }
    html! {
        @if path.is_empty() { svg class="spark" width=(WIDE) height=(HIGH) aria-hidden="true" {} }
        @else { svg class="spark" width=(WIDE) height=(HIGH) aria-hidden="true" { path class="sp" d=(path) {} } }
    }
}
