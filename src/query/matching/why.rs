//! One sentence that says why a capability has no executions.

use super::seen::Seen;
use super::{CapabilityMatching, EntryMatching, Nearly};
use crate::catalogue::nearest;
use crate::model::{Fate, Fates};
use std::collections::BTreeMap;

/// Services that are named where nothing comes near.
const MOST_SERVICES: usize = 5;

/// What is known beside the shapes.
#[derive(Debug, Clone)]
pub(super) struct Books {
    /// Spans by fate.
    pub fates: Fates,
    /// Values of `steelthread.capability` that are not in the map, with how many spans carried them.
    pub unknown: BTreeMap<String, u64>,
}

impl Books {
    /// Why nothing at all can have matched.
    fn nothing_taken(&self) -> Option<String> {
        let received = self.fates.received();
        let (malformed, shed) = (self.fates[Fate::Malformed], self.fates[Fate::Shed]);
        if received == 0 {
            return Some(
                "no span has arrived since the start; point an OpenTelemetry collector or SDK at the server's OTLP address \
                 (127.0.0.1:4317 unless told otherwise)"
                    .into(),
            );
        }
        if malformed + shed < received {
            return None;
        }
        Some(match (malformed, shed) {
            (_, 0) => format!("{}, and all were malformed; their sender is told why", spans(malformed, "arrived")),
            (0, _) => format!("{}, and all were refused because of overload; see --open-trace-bytes", spans(shed, "arrived")),
            _ => format!("{}: {malformed} were malformed, {shed} were refused because of overload", spans(received, "arrived")),
        })
    }
}

/// A capability without executions since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empty {
    /// Its id.
    pub id: String,
    /// Why, in a sentence.
    pub why: String,
    /// Spans matched, and perhaps all that is missing is that their traces are judged.
    pub waits: bool,
}

/// The same as [`why`], and whether it is only a matter of waiting.
pub(super) fn empty(seen: &Seen<'_>, capability: u32, told: &CapabilityMatching, books: &Books) -> Empty {
    let (entries, ignored) = seen.entries_and_ignored(capability);
    let waits = entries > ignored && books.fates[Fate::InFlight] > 0;
    Empty { id: told.id.clone(), why: why(seen, capability, told, books), waits }
}

/// Why a capability has no executions, as its entry rules fare. Not asked of one that has.
pub(super) fn why(seen: &Seen<'_>, capability: u32, told: &CapabilityMatching, books: &Books) -> String {
    if let Some(nothing) = books.nothing_taken() {
        return nothing;
    }
    let (entries, ignored) = seen.entries_and_ignored(capability);
    if entries > 0 {
        return matched(entries, ignored, books.fates[Fate::InFlight]);
    }
    if let Some(tag) = nearest(&told.id, &books.unknown.keys().map(String::as_str).collect::<Vec<_>>()) {
        let spans = spans(books.unknown[tag], "carried");
        return format!("no span matched; {spans} steelthread.capability='{tag}', which is not in the map; send '{}'", told.id);
    }
    if told.entries.is_empty() {
        return format!("the map gives it no entry rule, and no span carries steelthread.capability='{}'", told.id);
    }
    let near = told.entries.iter().filter_map(|entry| Some((entry, entry.nearly.first()?)));
    match near.min_by_key(|(_, near)| near.fails.len()) {
        Some((entry, near)) => format!("no span matched; nearest: {}", nearest_words(entry, near)),
        None => nothing_near(seen, told),
    }
}

fn matched(entries: u64, ignored: u64, in_flight: u64) -> String {
    let matched = spans(entries, "matched");
    if ignored == entries {
        return format!("{matched}, and ignored_when of the map holds for all of them");
    }
    if in_flight > 0 {
        return format!("{matched}, and none is judged yet: a trace is judged some seconds after its last span");
    }
    let ignored = if ignored > 0 { format!(", {ignored} of them ignored by ignored_when") } else { String::new() };
    format!(
        "{matched}{ignored}, and none is in an execution: each came late, twice, or below another entry of the same capability"
    )
}

/// `412 spans of web-bff, kind server, name 'POST /booking'; the rule of thread web (line 12 of the map) wants name='POST /bookings'`.
fn nearest_words(entry: &EntryMatching, near: &Nearly) -> String {
    let wants: Vec<String> = near
        .fails
        .iter()
        .map(|test| {
            // What the sentence has named already is not said again.
            let named = ["service", "kind", "name"].contains(&test.key.as_str());
            let found = test.found.as_ref().filter(|_| !named).map(|found| format!(" (one of them had {found})"));
            format!("{}={}{}", test.key, test.wanted, found.unwrap_or_default())
        })
        .collect();
    let (many, of) = (near.spans, if near.spans == 1 { "span" } else { "spans" });
    format!(
        "{many} {of} of {}, kind {}, name '{}'; the rule of thread {} (line {} of the map) wants {}",
        near.service,
        near.kind,
        near.name,
        entry.thread,
        entry.line,
        wants.join(" and ")
    )
}

fn nothing_near(seen: &Seen<'_>, told: &CapabilityMatching) -> String {
    let mut services: Vec<&str> = Vec::new();
    for (shape, _) in seen.shapes() {
        let service = seen.text(shape.service);
        if !services.contains(&service) {
            services.push(service);
        }
    }
    let more = services.len().saturating_sub(MOST_SERVICES);
    services.truncate(MOST_SERVICES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let rule = told.entries.first().map_or("", |entry| &entry.rule);
    format!("no span matched, and none comes near; the rule wants {rule}; spans come from {}{more}", services.join(", "))
}

fn spans(number: u64, what: &str) -> String {
    if number == 1 { format!("1 span {what}") } else { format!("{number} spans {what}") }
}
