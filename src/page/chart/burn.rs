//! What is left of a budget over its window (spec 8.3): from all of it down to nothing, in steps that say who spent it, beside the even pace, with
//! the day on which it runs out.

use super::axis::{TimeAxis, ValueAxis, anchor, moment};
use crate::page::words;
use maud::{Markup, html};
use std::collections::HashMap;
use std::fmt::Write;

const WIDE: f64 = 1010.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 996.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 206.0;

/// Spenders with a colour of their own; all else is one more.
const MOST: usize = 5;

/// What was spent in a stretch of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spent {
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// Milliseconds since 1970.
    pub to_ms: i64,
    /// By whom, and which share of the budget: 1 is all of it.
    pub by: Vec<(String, f64)>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Burn {
    /// The first moment of the window, milliseconds since 1970.
    pub from_ms: i64,
    /// Its end: now where it rolls, the end of the month where it is one.
    pub to_ms: i64,
    /// Until when something is counted.
    pub now_ms: i64,
    /// In the order of time.
    pub spent: Vec<Spent>,
    /// What is left as the document tells it, so that both say the same; else what the steps add up to.
    pub left: Option<f64>,
    /// When it is gone at the pace of late; `None` if it never is.
    pub gone_ms: Option<i64>,
}

/// The picture.
pub fn burn(of: &Burn) -> Markup {
    let window = of.to_ms.saturating_sub(of.from_ms);
    // A day that is far away would press together what has happened.
    let near = of.gone_ms.filter(|gone| *gone > of.now_ms && *gone <= of.to_ms.saturating_add(window / 3));
    let time = TimeAxis::new(of.from_ms, near.unwrap_or(of.to_ms).max(of.to_ms), LEFT, RIGHT);
    let places = spenders(&of.spent);
    let stairs = stairs(&of.spent, &places);
    let left = of.left.filter(|left| left.is_finite()).or(stairs.last().map(|stair| stair.after)).unwrap_or(1.0);
    let value = axis(stairs.iter().map(|stair| stair.after).fold(left.min(0.0), f64::min));
    html! {
        svg class="chart time burn" viewBox=(format!("0 0 {WIDE} {}", BOTTOM + 24.0)) role="img" aria-label=(told(of, left, &places))
            data-from=(time.from_ms) data-to=(time.to_ms) data-left=(LEFT) data-right=(RIGHT) {
            (value.draw_percents(LEFT, RIGHT))
            (time.draw(BOTTOM, BOTTOM + 4.0))
            path class="pace" d=(format!("M{} {}L{} {}", time.x(of.from_ms), value.y(1.0), time.x(of.to_ms), value.y(0.0))) {
                title { "Even pace: all of it used up when the window ends" }
            }
            path class="left" d=(under(&stairs, of, &time, &value)) {}
            path class="zero" d=(format!("M{LEFT} {}H{RIGHT}", value.y(0.0))) {}
            @for stair in &stairs { (drop(stair, &time, &value)) }
            path class="line" d=(line(&stairs, of, &time, &value)) {}
            (end(of, near, left, &time, &value))
        }
        @if !places.names.is_empty() {
            p class="legend" {
                @for (at, (name, share)) in places.names.iter().enumerate() {
                    span {
                        svg class="key" width="12" height="12" aria-hidden="true" { rect class={ "area-" (at) } width="12" height="12" rx="2" {} }
                        (words::name(name)) " " (words::percent(Some(*share), 0))
                    }
                }
                span { svg class="key" width="26" height="12" aria-hidden="true" { path class="pace" d="M0 2L26 10" {} } "even pace" }
            }
        }
    }
}

/// More below nothing is not drawn: it would press together all that can still be learned. The figure says how much it is.
const DEEPEST: f64 = -1.0;

/// From 100 % down to nothing, or as far below as it went.
fn axis(lowest: f64) -> ValueAxis {
    let low = if lowest < 0.0 { -(-lowest / 0.25).ceil() * 0.25 } else { 0.0 };
    ValueAxis { low: low.max(DEEPEST), high: 1.0, top: TOP, bottom: BOTTOM }
}

/// Who spends, most first.
struct Spenders<'a> {
    places: HashMap<&'a str, usize>,
    names: Vec<(String, f64)>,
}

fn spenders(spent: &[Spent]) -> Spenders<'_> {
    let mut sums: HashMap<&str, f64> = HashMap::new();
    spent
        .iter()
        .flat_map(|one| &one.by)
        .filter(|(_, share)| *share > 0.0)
        .for_each(|(name, share)| *sums.entry(name).or_default() += share);
    let mut order: Vec<(&str, f64)> = sums.into_iter().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    let own = if order.len() <= MOST + 1 { order.len() } else { MOST };
    let mut names: Vec<(String, f64)> = order[..own].iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect();
    if order.len() > own {
        names.push((format!("{} others", order.len() - own), order[own..].iter().map(|(_, sum)| sum).sum()));
    }
    Spenders { places: order.iter().enumerate().map(|(at, (name, _))| (*name, at.min(own))).collect(), names }
}

/// A stretch, what was left before it, and after it.
struct Stair {
    from_ms: i64,
    to_ms: i64,
    before: f64,
    after: f64,
    /// By place of the spender.
    parts: Vec<(usize, f64)>,
}

fn stairs(spent: &[Spent], places: &Spenders<'_>) -> Vec<Stair> {
    let mut left = 1.0;
    let mut stairs = Vec::with_capacity(spent.len());
    for one in spent {
        let mut parts: Vec<(usize, f64)> = one
            .by
            .iter()
            .filter(|(_, share)| *share > 0.0 && share.is_finite())
            .filter_map(|(name, share)| places.places.get(name.as_str()).map(|place| (*place, *share)))
            .collect();
        parts.sort_by_key(|part| part.0);
        let before = left;
        left -= parts.iter().map(|part| part.1).sum::<f64>();
        stairs.push(Stair { from_ms: one.from_ms, to_ms: one.to_ms, before, after: left, parts });
    }
    stairs
}

/// What a stretch took away, in the colours of who did.
fn drop(stair: &Stair, time: &TimeAxis, value: &ValueAxis) -> Markup {
    let (x, to) = (time.x(stair.from_ms), time.x(stair.to_ms));
    let mut above = stair.before;
    let parts = stair.parts.iter().map(|(place, share)| {
        let (top, bottom) = (value.y(above), value.y(above - share));
        above -= share;
        (*place, top, (bottom - top).max(0.6))
    });
    html! {
        @for (place, top, high) in parts {
            rect class={ "area-" (place) } x=(x) y=(top) width=(format!("{:.1}", (to - x).max(1.0))) height=(format!("{high:.1}")) {}
        }
    }
}

fn line(stairs: &[Stair], of: &Burn, time: &TimeAxis, value: &ValueAxis) -> String {
    let mut path = format!("M{} {}", time.x(of.from_ms), value.y(1.0));
    for stair in stairs.iter().filter(|stair| stair.before - stair.after > 0.0) {
        let _ = write!(path, "H{}V{}", time.x(stair.to_ms), value.y(stair.after));
    }
    let _ = write!(path, "H{}", time.x(of.now_ms));
    path
}

fn under(stairs: &[Stair], of: &Burn, time: &TimeAxis, value: &ValueAxis) -> String {
    let zero = value.y(0.0);
    format!("{}V{zero}H{}z", line(stairs, of, time, value), time.x(of.from_ms))
}

/// From now on: how it goes on at this pace, and when that ends.
fn end(of: &Burn, near: Option<i64>, left: f64, time: &TimeAxis, value: &ValueAxis) -> Markup {
    let (x, y) = (time.x(of.now_ms), value.y(left));
    let told = words::percent(Some(left), 0);
    html! {
        circle class="st" cx=(x) cy=(y) r="4" {}
        text class="nn halo" x=(x - 6.0) y=(y - 9.0) text-anchor="end" { (told) " left" }
        @if let Some(gone) = near {
            @let at = time.x(gone);
            path class="ahead" d=(format!("M{x} {y}L{at} {}", value.y(0.0))) {}
            text class="gone halo" x=(at) y=(value.y(0.0) - 8.0) text-anchor=(anchor(at, LEFT + 40.0, RIGHT - 40.0)) { "gone on " (moment(gone, "%-d %b")) }
        }
    }
}

fn told(of: &Burn, left: f64, places: &Spenders<'_>) -> String {
    let mut told = format!("Budget left over time: {} left", words::percent(Some(left), 0));
    if let Some(gone) = of.gone_ms {
        told += &format!("; at this pace it is gone on {}", moment(gone, "%-d %b %Y"));
    }
    for (name, share) in places.names.iter().take(3) {
        told += &format!("; {} spent {} of it", name.chars().take(200).collect::<String>(), words::percent(Some(*share), 0));
    }
    told
}
