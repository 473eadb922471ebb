//! Failed share by guilty hop, one upon the other over time (spec 8.3): the culprit red at the bottom, the others grey above it.

use super::axis::{TimeAxis, ValueAxis};
use super::marker::{self, Marker};
use crate::page::{flow, words};
use crate::query::Count;
use maud::{Markup, html};
use std::collections::HashMap;
use std::fmt::Write;

const WIDE: f64 = 1010.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 996.0;
const HIGH: f64 = 150.0;

/// Hops with an area of their own; all else is one more.
const MOST: usize = 5;

/// A letter of a name in its area is so wide, pixels.
const LETTER: f64 = 8.0;

/// A stretch of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FailuresPoint {
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// Milliseconds since 1970.
    pub to_ms: i64,
    /// Executions in it.
    pub executions: f64,
    /// How many of them were harmed by which hop; names may come twice.
    pub hops: Vec<(String, f64)>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Failures {
    /// What is failed, such as `failed`, or `slow`.
    pub word: String,
    /// In the order of time.
    pub points: Vec<FailuresPoint>,
    /// Moments that matter.
    pub markers: Vec<Marker>,
}

/// An area: the name of its hop, how many it harmed, and its share at each point.
struct Series {
    name: String,
    sum: f64,
    shares: Vec<f64>,
}

/// The picture; nothing without points.
pub fn failures(of: &Failures) -> Markup {
    let (Some(first), Some(last)) = (of.points.first(), of.points.last()) else { return html! {} };
    let series = series(&of.points);
    let most = (0..of.points.len()).map(|at| series.iter().map(|one| one.shares[at]).sum()).fold(0.0, f64::max);
    let (top, bottom) = (marker::ABOVE, marker::ABOVE + HIGH);
    let time = TimeAxis::new(first.from_ms, last.to_ms, LEFT, RIGHT);
    let value = ValueAxis::up_to(most, top, bottom);
    let mut floor = vec![0.0; of.points.len()];
    let areas: Vec<(usize, &Series, String)> = series
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let below = floor.clone();
            floor.iter_mut().zip(&one.shares).for_each(|(floor, share)| *floor += share);
            (at, one, outline(&of.points, &below, &floor, &time, &value))
        })
        .collect();
    html! {
        svg class="chart time area" viewBox=(format!("0 0 {WIDE} {}", bottom + 24.0)) role="img" aria-label=(told(of, &series))
            data-from=(time.from_ms) data-to=(time.to_ms) data-left=(LEFT) data-right=(RIGHT) {
            (value.draw_percents(LEFT, RIGHT))
            (time.draw(bottom, bottom + 4.0))
            @for (at, one, path) in &areas { path class={ "area-" (at) } d=(path) { title { (one.name) } } }
            @if let Some(worst) = series.first() { (named(worst, &of.points, &time, &value)) }
            (marker::draw(&of.markers, &time, top, bottom))
        }
        @if !series.is_empty() {
            p class="legend" {
                @for (at, one) in series.iter().enumerate() {
                    span {
                        svg class="key" width="12" height="12" aria-hidden="true" { rect class={ "area-" (at) } width="12" height="12" rx="2" {} }
                        (words::name(&one.name)) " " (words::count(Count(one.sum)))
                    }
                }
            }
        }
    }
}

/// Hops with most first, at most [`MOST`] of them and the sum of the others.
fn series(points: &[FailuresPoint]) -> Vec<Series> {
    let mut sums: HashMap<&str, f64> = HashMap::new();
    let hops =
        || points.iter().enumerate().flat_map(|(at, point)| point.hops.iter().map(move |(hop, many)| (at, hop.as_str(), *many)));
    hops().filter(|(_, _, many)| *many > 0.0).for_each(|(_, hop, many)| *sums.entry(hop).or_default() += many);
    let mut order: Vec<(&str, f64)> = sums.into_iter().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    let own = if order.len() <= MOST + 1 { order.len() } else { MOST };
    let place: HashMap<&str, usize> = order.iter().enumerate().map(|(at, (hop, _))| (*hop, at.min(own))).collect();
    let empty = |(name, sum): (&str, f64)| Series { name: name.into(), sum, shares: vec![0.0; points.len()] };
    let mut series: Vec<Series> = order[..own].iter().copied().map(empty).collect();
    if order.len() > own {
        let rest = order[own..].iter().map(|(_, sum)| sum).sum();
        series.push(empty((&format!("{} others", order.len() - own), rest)));
    }
    for (at, hop, many) in hops() {
        let executions = points[at].executions;
        if let Some(one) = place.get(hop).filter(|_| executions > 0.0 && many > 0.0).and_then(|place| series.get_mut(*place)) {
            one.shares[at] += many / executions;
        }
    }
    series
}

/// Steps and no slopes: a point is the sum of a stretch, and nothing is known of what lies between two of them.
fn outline(points: &[FailuresPoint], below: &[f64], above: &[f64], time: &TimeAxis, value: &ValueAxis) -> String {
    let mut path = String::new();
    let (mut at_x, mut at_y) = (f64::NAN, f64::NAN);
    let mut to = |x: f64, y: f64| {
        match (x == at_x, y == at_y) {
            (true, true) => {}
            (true, false) => _ = write!(path, "V{y}"),
            (false, true) => _ = write!(path, "H{x}"),
            (false, false) => _ = write!(path, "{}{x} {y}", if at_x.is_nan() { 'M' } else { 'L' }),
        }
        (at_x, at_y) = (x, y);
    };
    for (point, share) in points.iter().zip(above) {
        to(time.x(point.from_ms), value.y(*share));
        to(time.x(point.to_ms), value.y(*share));
    }
    for (point, share) in points.iter().zip(below).rev() {
        to(time.x(point.to_ms), value.y(*share));
        to(time.x(point.from_ms), value.y(*share));
    }
    path.push('z');
    path
}

/// The name of the culprit in its area, where there is room for it.
fn named(worst: &Series, points: &[FailuresPoint], time: &TimeAxis, value: &ValueAxis) -> Markup {
    let name = flow::fitting(&worst.name, 240.0, LETTER);
    let wide = name.chars().count() as f64 * LETTER + 16.0;
    let is_high = |at: usize| value.bottom - value.y(worst.shares[at]) >= 26.0;
    let (mut best, mut since) = ((0.0, 0.0), None);
    for (at, point) in points.iter().enumerate() {
        since = if is_high(at) { since.or(Some(time.x(point.from_ms))) } else { None };
        if let Some(from) = since.filter(|from| time.x(point.to_ms) - from > best.1 - best.0) {
            best = (from, time.x(point.to_ms));
        }
    }
    html! {
        @if best.1 - best.0 >= wide {
            text class="alabel" x=(format!("{:.1}", (best.0 + best.1) / 2.0)) y=(value.bottom - 9.0) text-anchor="middle" { (name) }
        }
    }
}

fn told(of: &Failures, series: &[Series]) -> String {
    let all: f64 = of.points.iter().map(|point| point.executions).sum();
    let harmed: f64 = series.iter().map(|one| one.sum).sum();
    let mut told =
        format!("Share of {} attempts by guilty hop: {} of {}", of.word, words::count(Count(harmed)), words::count(Count(all)));
    if let Some(worst) = series.first() {
        told += &format!("; {} by {}", words::part(Some(worst.sum / harmed)), worst.name.chars().take(200).collect::<String>());
    }
    for marker in of.markers.iter().take(12) {
        told += &format!("; {}", marker.words);
    }
    told
}

/// Names and shares, for the tests.
#[cfg(test)]
pub(super) fn shares(points: &[FailuresPoint]) -> Vec<(String, Vec<f64>)> {
    series(points).into_iter().map(|one| (one.name, one.shares)).collect()
}
