//! Axes: where a moment or a value lies, and which of them are worth a tick.

use super::super::words;
use jiff::Timestamp;
use maud::{Markup, html};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances between ticks that a person can count in, milliseconds.
const STEPS: [i64; 19] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];

/// A tick needs so much room, pixels.
const ROOM: f64 = 74.0;

/// Time from left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeAxis {
    /// First moment, milliseconds since 1970.
    pub from_ms: i64,
    /// First moment after it; later than the first.
    pub to_ms: i64,
    /// Where the first moment lies, pixels.
    pub left: f64,
    /// Where the last one lies.
    pub right: f64,
}

impl TimeAxis {
    /// Of any two moments; an axis without length gets one second.
    pub fn new(from_ms: i64, to_ms: i64, left: f64, right: f64) -> Self {
        Self { from_ms, to_ms: to_ms.max(from_ms.saturating_add(SECOND)), left, right }
    }

    /// Where a moment lies; what is outside lies at the border.
    pub fn x(&self, moment_ms: i64) -> f64 {
        let part = moment_ms.saturating_sub(self.from_ms) as f64 / self.to_ms.saturating_sub(self.from_ms) as f64;
        round(self.left + (self.right - self.left) * part.clamp(0.0, 1.0))
    }

    /// Moments that get a tick, at whole multiples of a length that people count in, and what stands there.
    pub fn ticks(&self) -> Vec<(i64, String)> {
        let length = self.to_ms.saturating_sub(self.from_ms);
        let most = ((self.right - self.left) / ROOM).max(1.0) as i64;
        let whole_weeks = || (length / (14 * DAY) / most + 1).saturating_mul(14 * DAY);
        let step = STEPS.into_iter().find(|step| length / step <= most).unwrap_or_else(whole_weeks);
        let first =
            self.from_ms.div_euclid(step).saturating_add(i64::from(self.from_ms.rem_euclid(step) > 0)).saturating_mul(step);
        let ticks = (0..=most).map(|at| first.saturating_add(at.saturating_mul(step))).take_while(|at| *at <= self.to_ms);
        ticks.map(|at| (at, told(at, step))).collect()
    }

    /// The ticks below a drawing, and thin lines through it.
    pub fn draw(&self, top: f64, bottom: f64) -> Markup {
        html! {
            @for (at, text) in self.ticks() {
                @let x = self.x(at);
                path class="grid" d=(format!("M{x} {top}V{bottom}")) {}
                text class="ax" x=(x) y=(bottom + 16.0) text-anchor=(anchor(x, self.left - 30.0, self.right + 10.0)) data-at=(at) { (text) }
            }
        }
    }
}

/// How a text is anchored so that it does not leave the drawing.
pub(super) fn anchor(x: f64, left: f64, right: f64) -> &'static str {
    match x {
        x if x - left < 24.0 => "start",
        x if right - x < 24.0 => "end",
        _ => "middle",
    }
}

/// What stands at a tick: the time of day, the day where that changes, and seconds only where they matter.
fn told(at_ms: i64, step: i64) -> String {
    let is_midnight = at_ms.rem_euclid(DAY) == 0;
    let form = match step {
        step if step >= DAY || is_midnight => "%-d %b",
        step if step < MINUTE => "%H:%M:%S",
        _ => "%H:%M",
    };
    moment(at_ms, form)
}

/// A moment in UTC; empty if there is no such moment.
pub(super) fn moment(at_ms: i64, form: &str) -> String {
    Timestamp::from_millisecond(at_ms).map(|at| at.strftime(form).to_string()).unwrap_or_default()
}

/// Values from bottom to top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueAxis {
    /// The lowest.
    pub low: f64,
    /// The highest; above the lowest.
    pub high: f64,
    /// Where the highest lies, pixels.
    pub top: f64,
    /// Where the lowest lies.
    pub bottom: f64,
}

impl ValueAxis {
    /// From nothing to a round number that is at least `most`.
    pub fn up_to(most: f64, top: f64, bottom: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let step = step_of(most / 3.0);
        Self { low: 0.0, high: (most / step).ceil() * step, top, bottom }
    }

    /// Where a value lies; what is outside lies at the border.
    pub fn y(&self, value: f64) -> f64 {
        let part = (value - self.low) / (self.high - self.low);
        round(self.bottom - (self.bottom - self.top) * if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 })
    }

    /// Round values, three to six of them.
    pub fn ticks(&self) -> Vec<f64> {
        let step = step_of((self.high - self.low) / 4.0);
        let first = (self.low / step).ceil();
        let last = (self.high / step + 1e-9).floor();
        (0..=12).map(|at| first + f64::from(at)).take_while(|at| *at <= last).map(|at| at * step).collect()
    }

    /// Lines through a drawing, with percents at their left ends.
    pub fn draw_percents(&self, left: f64, right: f64) -> Markup {
        let ticks = self.ticks();
        let finest = ticks.iter().find(|tick| **tick > 0.0).copied().unwrap_or(1.0) * 100.0;
        let digits = if finest >= 1.0 { 0 } else { (-finest.log10()).ceil().clamp(1.0, 6.0) as usize };
        html! {
            @for tick in ticks {
                @let y = self.y(tick);
                path class="grid" d=(format!("M{left} {y}H{right}")) {}
                // A hair more, because figures are cut off and 0.3 is a little less.
                text class="ax" x=(left - 8.0) y=(y + 4.0) text-anchor="end" { (words::percent(Some(tick + tick.signum() * 1e-9), digits)) }
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, at least this.
fn step_of(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-12).log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= least * (1.0 - 1e-9));
    power * times.unwrap_or(10.0)
}

/// To tenths of a pixel.
pub(super) fn round(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}
