//! What the picture says in words: on its hops, and as a story for who does not see it.

use super::picture::{Mode, Picture};
use super::text::isolated;
use crate::page::{vocabulary, words};
use crate::query::Count;

/// Why a strand ends at a hop (causes of spec 2), short enough to stand below it.
pub fn cause(word: &str) -> &str {
    match word {
        "timeout_slow_server" => "too slow to answer",
        "timeout_budget" => "the time was used up",
        "saturation" => "out of capacity",
        "async_error" => "its later step failed",
        "business_failure" => "its answer is a refusal",
        "edge_gap" => "mostly the way to it",
        "self_time" => "mostly its own work",
        "unknown" => "nobody knows why",
        other => vocabulary::cause(other),
    }
}

/// A share of the strand, as people say it.
pub fn percent(share: f64) -> String {
    words::part(Some(share))
}

/// A share of executions, with one digit more where it is small, and never nothing for something.
pub fn fine_percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.01 => format!("under {}", words::percent(Some(0.0001), 2)),
        percent if percent > 0.0 && percent < 1.0 => words::percent(Some(share), 2),
        percent if percent > 0.0 && percent < 100.0 => words::percent(Some(share), 1),
        _ => words::percent(Some(share), 0),
    }
}

/// A count.
pub fn count(number: f64) -> String {
    words::count(Count(number))
}

/// How it is with those whom the strand stands for.
pub fn harm(mode: Mode) -> &'static str {
    match mode {
        Mode::Failures => "turned away",
        Mode::Slow => "too slow",
    }
}

/// Those, as a word: `92 % of failures end here`.
pub fn harmed(mode: Mode) -> &'static str {
    match mode {
        Mode::Failures => "failures",
        Mode::Slow => "slow ones",
    }
}

/// The line above a hop, if it has one.
pub fn above(picture: &Picture, node: usize) -> Option<String> {
    let of = &picture.nodes[node];
    let share = percent(picture.part(of.ends));
    match (of.ends > 0.0, picture.mode) {
        (true, Mode::Failures) if picture.is_culprit(node) => Some(format!("{share} of failures end here:")),
        (true, Mode::Slow) if picture.is_culprit(node) => Some(format!("{share} of slow ones end here:")),
        (true, mode) => Some(format!("{share} of {}", harmed(mode))),
        (false, Mode::Failures) if of.passes_on => Some("passes errors on".into()),
        _ => None,
    }
}

/// What a hop does or who supplies it, and how long that takes.
pub fn what_parts(picture: &Picture, node: usize) -> (Option<String>, Option<String>) {
    let of = &picture.nodes[node];
    let service = (of.service != of.hop).then_some(of.service.as_str());
    let who = match (&of.supplier, &of.operation) {
        (Some(supplier), _) => Some(supplier.as_str()),
        (None, Some(operation)) if *operation != of.hop => Some(operation.as_str()),
        _ => service,
    };
    let kind = match (of.queue, of.external) {
        (true, _) => Some("queue"),
        (false, true) => Some("external"),
        (false, false) => None,
    };
    (who.or(kind).map(str::to_owned), of.p95_ms.map(|ms| words::ms(Some(ms))))
}

/// The same as a line.
pub fn what(picture: &Picture, node: usize) -> String {
    let (who, time) = what_parts(picture, node);
    who.into_iter().chain(time).collect::<Vec<_>>().join(" \u{b7} ")
}

/// The story of the picture, as a sentence or two.
pub fn story(picture: &Picture) -> String {
    let (title, customer) = (isolated(&picture.title), isolated(&picture.customer));
    if picture.executions <= 0.0 {
        return format!("{title}: no attempt in this time.");
    }
    if picture.harmed <= 0.0 {
        return format!("{title}: nobody was {} in {} attempts.", harm(picture.mode), count(picture.executions));
    }
    let mut story = format!(
        "{title}: {} of {} attempts of the {customer} were {}.",
        count(picture.harmed),
        count(picture.executions),
        harm(picture.mode)
    );
    if let Some(worst) = picture.worst() {
        let node = &picture.nodes[worst];
        let way = way_told(picture, worst);
        let why = node.cause.as_deref().map(|word| format!(": {}", cause(word))).unwrap_or_default();
        story +=
            &format!(" {} of them end at {}{why}. The way there: {way}.", percent(picture.part(node.ends)), isolated(&node.hop));
    }
    for (many, words) in [(picture.caller, "had asked for something wrong"), (picture.unknown, "cannot be blamed on a hop")] {
        if many > 0.0 {
            story += &format!(" {} {words}.", percent(picture.part(many)));
        }
    }
    story
}

/// The names on the way from the customer to this hop; of a long way the first and the last.
fn way_told(picture: &Picture, node: usize) -> String {
    let way: Vec<String> = way_to(picture, node).iter().map(|name| isolated(name)).collect();
    match way.as_slice() {
        [first @ .., _, _, _] if first.len() > 6 => {
            format!("{}, and {} more, {}", way[..4].join(", "), way.len() - 7, way[way.len() - 3..].join(", "))
        }
        way => way.join(", "),
    }
}

/// Names from the customer to this hop, along the widest strand.
fn way_to(picture: &Picture, node: usize) -> Vec<String> {
    let mut way = vec![picture.nodes[node].hop.clone()];
    let mut at = node;
    // A way that is longer than there are hops goes in a circle.
    for _ in 0..picture.nodes.len() {
        let into = picture.edges.iter().filter(|edge| edge.to == at && edge.from != Some(at));
        let widest = into.max_by(|one, other| one.strand.total_cmp(&other.strand).then(one.share.total_cmp(&other.share)));
        match widest.map(|edge| edge.from) {
            Some(Some(from)) => at = from,
            Some(None) => {
                way.push(picture.customer.clone());
                break;
            }
            None => break,
        }
        way.push(picture.nodes[at].hop.clone());
    }
    way.reverse();
    way
}
