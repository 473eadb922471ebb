//! How long things take, over time (spec 8.3): a column for each stretch, a row for each of the kept buckets, darker where more of the column lies.

use super::axis::{TimeAxis, round};
use crate::page::words;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::fmt::Write;

const WIDE: f64 = 1010.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 996.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 290.0;

/// Shades between nothing and all.
const SHADES: usize = 8;

/// A stretch of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatColumn {
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// Milliseconds since 1970.
    pub to_ms: i64,
    /// Borders of a bucket, milliseconds, and how many executions lie in it. Buckets are the same in all columns.
    pub buckets: Vec<(f64, f64, f64)>,
    /// Half of them take at most this, milliseconds.
    pub p50_ms: Option<f64>,
    /// 95 % of them take at most this, milliseconds.
    pub p95_ms: Option<f64>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heat {
    /// In the order of time.
    pub columns: Vec<HeatColumn>,
    /// The limit that the map declares, milliseconds.
    pub limit_ms: Option<f64>,
}

/// Durations from bottom to top, each octave as high as the next.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn y(&self, ms: f64) -> f64 {
        let part = (ms.max(self.low).log2() - self.low.log2()) / (self.high.log2() - self.low.log2());
        round(BOTTOM - (BOTTOM - TOP) * part.clamp(0.0, 1.0))
    }

    /// 1, 2 and 5 times powers of ten, or only powers of ten where that would be too many.
    fn ticks(&self) -> Vec<f64> {
        let decades = (self.high / self.low).log10();
        let times: &[f64] = if decades > 3.0 {
            &[1.0]
        } else if decades > 1.5 {
            &[1.0, 3.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let first = self.low.log10().floor() as i32;
        let all = (first..first + 14).flat_map(|power| times.iter().map(move |times| times * 10_f64.powi(power)));
        all.filter(|ms| (self.low..=self.high).contains(ms)).collect()
    }
}

/// The picture; nothing where nothing was measured.
pub fn heat(of: &Heat) -> Markup {
    let (Some(first), Some(last)) = (of.columns.first(), of.columns.last()) else { return html! {} };
    let Some(scale) = scale(of) else { return html! {} };
    let time = TimeAxis::new(first.from_ms, last.to_ms, LEFT, RIGHT);
    html! {
        svg class="chart time heat" viewBox=(format!("0 0 {WIDE} {}", BOTTOM + 24.0)) role="img" aria-label=(told(of))
            data-from=(time.from_ms) data-to=(time.to_ms) data-left=(LEFT) data-right=(RIGHT) {
            @for ms in scale.ticks() {
                @let y = scale.y(ms);
                path class="grid" d=(format!("M{LEFT} {y}H{RIGHT}")) {}
                text class="ax" x=(LEFT - 8.0) y=(y + 4.0) text-anchor="end" { (tick(ms)) }
            }
            (time.draw(BOTTOM, BOTTOM + 4.0))
            @for (shade, path) in cells(of, &time, &scale) { path class={ "heat-" (shade) } d=(path) {} }
            @if let Some(limit) = of.limit_ms.filter(|limit| *limit > 0.0) {
                @let y = scale.y(limit);
                path class="limit" d=(format!("M{LEFT} {y}H{RIGHT}")) {}
                text class="ax halo" x=(RIGHT - 4.0) y=(y - 5.0) text-anchor="end" { "limit " (words::ms(Some(limit))) }
            }
            path class="p50" d=(dots(of, &time, &scale, |column| column.p50_ms)) {}
            path class="p95" d=(dots(of, &time, &scale, |column| column.p95_ms)) {}
        }
        p class="legend" {
            span { svg class="key" width="26" height="12" aria-hidden="true" { @for (at, shade) in [1, 4, 7].into_iter().enumerate() { path class={ "heat-" (shade) } d=(format!("M{} 1h8v10h-8z", at * 9)) {} } } "share of the executions of a stretch" }
            span { svg class="key" width="12" height="12" aria-hidden="true" { path class="p50" d="M6 6h0" {} } "p50" }
            span { svg class="key" width="12" height="12" aria-hidden="true" { path class="p95" d="M6 6h0" {} } "p95" }
            @if of.limit_ms.is_some() { span { svg class="key" width="26" height="12" aria-hidden="true" { path class="limit" d="M0 6h26" {} } "limit" } }
        }
    }
}

fn scale(of: &Heat) -> Option<Scale> {
    let filled = || of.columns.iter().flat_map(|column| &column.buckets).filter(|bucket| bucket.2 > 0.0 && bucket.1 > 0.0);
    let low = filled().map(|bucket| bucket.0).fold(f64::INFINITY, f64::min);
    let high = filled().map(|bucket| bucket.1).fold(0.0, f64::max);
    let limit = of.limit_ms.filter(|limit| limit.is_finite() && *limit > 0.0);
    let (low, high) = (limit.map_or(low, |limit| low.min(limit)), limit.map_or(high, |limit| high.max(limit * 1.1)));
    // A bucket that begins at nothing has no place on this scale: it ends at its lower border.
    let low = low.max(high / 1e9).max(1e-6);
    (filled().next().is_some() && high.is_finite() && high > low).then_some(Scale { low, high })
}

/// The cells of each shade as one line: thousands of rectangles would be a large page.
fn cells(of: &Heat, time: &TimeAxis, scale: &Scale) -> BTreeMap<usize, String> {
    let mut shades: BTreeMap<usize, String> = BTreeMap::new();
    for column in &of.columns {
        let all: f64 = column.buckets.iter().map(|bucket| bucket.2.max(0.0)).sum();
        let (x, to) = (time.x(column.from_ms), time.x(column.to_ms));
        for (low, high, many) in column.buckets.iter().filter(|bucket| bucket.2 > 0.0) {
            let (bottom, top) = (scale.y(*low), scale.y(*high));
            let wide = round((to - x - 0.4).max(0.6));
            let high = round((bottom - top - 0.4).max(0.6));
            let _ = write!(shades.entry(shade(many / all)).or_default(), "M{x} {top}h{wide}v{high}h-{wide}z");
        }
    }
    shades
}

/// Small shares are told apart better than large ones: what a few have to wait is what one looks for.
fn shade(share: f64) -> usize {
    ((share.clamp(0.0, 1.0).sqrt() * SHADES as f64).ceil() as usize).clamp(1, SHADES)
}

fn dots(of: &Heat, time: &TimeAxis, scale: &Scale, value: fn(&HeatColumn) -> Option<f64>) -> String {
    let mut path = String::new();
    for column in &of.columns {
        if let Some(ms) = value(column).filter(|ms| ms.is_finite()) {
            let _ = write!(path, "M{} {}h0", round((time.x(column.from_ms) + time.x(column.to_ms)) / 2.0), scale.y(ms));
        }
    }
    path
}

fn tick(ms: f64) -> String {
    let whole = |number: f64| if number >= 1.0 { format!("{number:.0}") } else { format!("{number}") };
    if ms < 1000.0 { format!("{}\u{202f}ms", whole(ms)) } else { format!("{}\u{202f}s", whole(ms / 1000.0)) }
}

fn told(of: &Heat) -> String {
    let all: f64 = of.columns.iter().flat_map(|column| &column.buckets).map(|bucket| bucket.2).sum();
    let most = |value: fn(&HeatColumn) -> Option<f64>| {
        of.columns.iter().filter_map(value).fold(None, |most: Option<f64>, ms| Some(most.map_or(ms, |most| most.max(ms))))
    };
    let mut told = format!("How long {} executions took over time", words::count(crate::query::Count(all)));
    if let Some(worst) = most(|column| column.p95_ms) {
        told += &format!("; the highest p95 was {}", words::ms(Some(worst)));
    }
    if let Some(limit) = of.limit_ms {
        told += &format!("; the limit is {}", words::ms(Some(limit)));
    }
    told
}
