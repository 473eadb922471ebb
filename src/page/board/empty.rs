//! What the board says where there is nothing to tell, or nothing new: always what to do next.

use super::BoardFacts;
use crate::page::{Asked, words};
use crate::query::moment_text;
use maud::{Markup, html};

/// Data that is older than this is told to be old, nanoseconds. Traces are judged some seconds after their last span, and kept a few
/// seconds later.
const OLD_NS: u64 = 120_000_000_000;

/// Instead of a board: no capability, or nothing ever arrived.
pub(super) fn instead(asked: &Asked, facts: &BoardFacts) -> Option<Markup> {
    if facts.status.capabilities.is_empty() {
        return Some(html! {
            h1 { "No capability yet" }
            p.say { "The map names none. Write what the business does for its customers, and how a trace of it begins; the server takes a \
                     changed map at once." }
            pre.card { (MAP) }
            p { code { "steelthread check map.yaml" } " tells what is wrong with a map, with line and column." }
        });
    }
    if facts.status.spans.received > 0 || facts.counted_until_ns > 0 {
        return None;
    }
    let host = facts.host.as_deref().unwrap_or("THIS-MACHINE");
    Some(html! {
        h1 { "Nothing has arrived yet" }
        p.say { strong { "The server runs and waits for spans." } " Point an OpenTelemetry Collector here, before anything that samples:" }
        pre.card { "exporters:\n  otlp_grpc/steelthread:\n    endpoint: " (host) ":4317\n    tls: {insecure: true}\nservice:\n  pipelines:\n    \
                    traces/steelthread:\n      receivers: [otlp]\n      exporters: [otlp_grpc/steelthread]" }
        p { "Older collectors call the exporter " code { "otlp" } ". Another port, or TLS: see " code { "--otlp-grpc" } " and "
            code { "--tls-cert" } " of " code { "steelthread serve --help" } ". Without a collector: " code { "steelthread demo" } " sends a shop of its own." }
        p { "As soon as spans come in, " a href=(asked.link("/matching")) { "Matching" } " tells which of them begin a capability, and why others do not." }
    })
}

const MAP: &str = "apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: book-flight
    title: Book a flight
    owner: team-booking
    threads:
      - id: web
        entry: {service: web-bff, kind: server, name: \"POST /bookings\"}
    objectives:
      - {id: available, target: 99.9%, window: 28d}";

/// A remark where nothing was counted of late, although now is asked about.
pub(super) fn stale(asked: &Asked, facts: &BoardFacts) -> Markup {
    let until_ns = facts.counted_until_ns;
    let age_ns = asked.now_ns().saturating_sub(until_ns);
    let is_now = asked.word("to").is_none_or(|to| to.trim() == "now");
    html! {
        @if until_ns == 0 {
            p.remark { strong { "Spans arrive, and none of them is part of a capability yet." } " "
                a href=(asked.link("/matching")) { "See what came and what it lacks" } }
        } @else if is_now && age_ns > OLD_NS {
            p.remark { strong { "Nothing was counted for " (words::lasting(age_ns as f64 / 1e9)) "." } " The last execution was counted before "
                (words::moment(&moment_text(until_ns))) ". " a href=(asked.link("/matching")) { "See whether spans still arrive" } }
        }
    }
}
