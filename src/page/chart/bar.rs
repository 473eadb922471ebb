//! A bar: how much of one.

use super::axis::round;
use maud::{Markup, html};

const WIDE: f64 = 110.0;

/// A share of 0 to 1 as a bar; the figure stands beside it in words, so it is no picture to who listens.
pub fn score(share: f64) -> Markup {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    // Something is never drawn as nothing.
    let wide = if share > 0.0 { round(WIDE * share).max(2.0) } else { 0.0 };
    html! {
        svg class="score" width=(WIDE) height="16" aria-hidden="true" {
            rect class="b-track" y="4" width=(WIDE) height="8" rx="2" {}
            @if wide > 0.0 { rect class="b-score" y="4" width=(wide) height="8" rx="2" {} }
        }
    }
}
