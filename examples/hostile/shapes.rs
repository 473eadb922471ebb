//! Shapes of traces that would cost the square of their length if somewhere each span looked at all others.

use super::door::{CLIENT, CONSUMER, INTERNAL, NOW_NS, PRODUCER, SERVER, Span};

/// `buy` begins at `shop`; `many-0` to `many-4` at every span with the attributes `m0` to `m4`.
pub const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    threads: [{id: web, entry: {service: shop, kind: server, name: buy}}]
    outcome: {failed_when: [{attributes: {order: declined}}]}
    hops:
      - {id: basket, match: {service: cart}, expect: always, called_by: [shop]}
      - {id: pack, match: {service: worker}, async: required}
    objectives: [{id: fast, target: 99%, under: 1ms}]
  - {id: many-0, threads: [{id: any, entry: {attributes: {m0: \"yes\"}}}]}
  - {id: many-1, threads: [{id: any, entry: {attributes: {m1: \"yes\"}}}]}
  - {id: many-2, threads: [{id: any, entry: {attributes: {m2: \"yes\"}}}]}
  - {id: many-3, threads: [{id: any, entry: {attributes: {m3: \"yes\"}}}]}
  - {id: many-4, threads: [{id: any, entry: {attributes: {m4: \"yes\"}}}]}
";

/// A shape: its name, and the spans of a trace of this many spans.
pub type Shape = (&'static str, fn(u64) -> Vec<Span>);

/// All of them.
pub const ALL: &[Shape] = &[
    ("deep chain, all well", |n| chain(n, |_| Ending::Well)),
    ("deep chain, all in error", |n| chain(n, |_| Ending::Error)),
    ("deep chain, every other one in error", |n| chain(n, |at| if at % 2 == 0 { Ending::Error } else { Ending::Well })),
    ("deep chain, out of time", |n| chain(n, |at| if at % 4 == 2 { Ending::Timeout } else { Ending::Well })),
    ("deep chain of own work, silent", |n| own_work(n, 0)),
    ("deep chain of own work, in error", |n| own_work(n, 2)),
    ("wide, all well", |n| wide(n, |_| Ending::Well)),
    ("wide, all in error", |n| wide(n, |_| Ending::Error)),
    ("wide, all out of time", |n| wide(n, |_| Ending::Timeout)),
    ("wide, nobody can be reached", |n| wide(n, |_| Ending::Unreachable)),
    ("wide and silent, an error below each", |n| silent_between(n)),
    ("retries of one call", |n| retries(n, 0)),
    ("retries of one call, the last one works", |n| retries(n, 1)),
    ("retries of one call, overlapping", |n| retries(n, 2)),
    ("absorbed errors", |n| absorbed(n)),
    ("one cycle of all", |n| each(n, |at, span| span.parent = at % n + 1)),
    ("cycles of two", |n| each(n, |at, span| span.parent = if at % 2 == 0 { at - 1 } else { at + 1 })),
    ("parents of themselves", |n| each(n, |at, span| span.parent = at)),
    ("one cycle, and an entry below each second", |n| {
        each(n, |at, span| {
            span.parent = if at % 2 == 0 { at - 1 } else { (at + 1) % n + 1 };
            if at % 2 == 0 {
                enter(span);
            }
        })
    }),
    ("every span an orphan", |n| each(n, |at, span| span.parent = if at == 1 { 0 } else { 10 * n + at })),
    ("orphans of one lost parent", |n| each(n, |at, span| span.parent = if at == 1 { 0 } else { 10 * n })),
    ("orphans that calls are waiting for", |n| orphans_and_calls(n)),
    ("times of 0 and of u64::MAX", |n| extreme_times(n)),
    ("all at one moment, deep", |n| still(chain(n, |_| Ending::Well))),
    ("all at one moment, wide", |n| still(wide(n, |_| Ending::Error))),
    ("all with one id and kind", |n| each(n, |at, span| (span.id, span.status) = (7, (at % 3) as i32))),
    ("all client or server of one id", |n| each(n, |at, span| (span.id, span.kind) = (7, 2 + (at % 2) as i32))),
    ("each id twice with other content", |n| each(n, |at, span| (span.id, span.parent) = (at / 2 + 1, at % 97))),
    ("links, each to the one before", |n| links(n, |at| at - 1)),
    ("links, all to one", |n| links(n, |_| 1)),
    ("links of entries", |n| linked_entries(n)),
    ("consumers of one producer", |n| consumers(n, false)),
    ("required steps of one producer", |n| consumers(n, true)),
    ("required steps below each other", |n| nested_steps(n)),
    ("entries of five capabilities side by side", |n| each(n, |_, span| enter(span))),
    ("entries of five capabilities nested", |n| {
        each(n, |at, span| {
            enter(span);
            span.parent = at - 1;
        })
    }),
    ("every span a hop of its own, wide", |n| hops(n, false)),
    ("every span a hop of its own, deep", |n| hops(n, true)),
    ("every span another service and peer, in error", |n| strangers(n)),
    ("every span declined", |n| declined(n)),
];

/// How a span ends.
enum Ending {
    Well,
    Error,
    Timeout,
    Unreachable,
}

fn apply(span: &mut Span, ending: &Ending) {
    span.status = if matches!(ending, Ending::Well) { 0 } else { 2 };
    match ending {
        Ending::Timeout => span.text.push(("error.type", "timeout".into())),
        Ending::Unreachable => span.text.push(("error.type", "connection refused".into())),
        Ending::Well | Ending::Error => {}
    }
}

/// Makes a span an entry of five capabilities.
fn enter(span: &mut Span) {
    span.text.extend(["m0", "m1", "m2", "m3", "m4"].map(|key| (key, "yes".to_owned())));
}

fn plain(id: u64, n: u64) -> Span {
    let (service, name) = ("shop".to_owned(), "do".to_owned());
    Span { id, kind: SERVER, service, name, start: NOW_NS + id, end: NOW_NS + 3 * n, ..Span::default() }
}

fn entry(n: u64) -> Span {
    Span { name: "buy".into(), end: NOW_NS + 4 * n, ..plain(1, n) }
}

/// Roots of a trace by number, changed.
fn each(n: u64, change: impl Fn(u64, &mut Span)) -> Vec<Span> {
    (1..=n)
        .map(|at| {
            let mut span = if at == 1 { entry(n) } else { plain(at, n) };
            change(at, &mut span);
            span
        })
        .collect()
}

/// Requests and their servers below each other.
fn chain(n: u64, ending: impl Fn(u64) -> Ending) -> Vec<Span> {
    each(n, |at, span| {
        span.parent = at - 1;
        (span.start, span.end) = (NOW_NS + at, NOW_NS + 3 * n - at);
        span.kind = if at % 2 == 0 { CLIENT } else { SERVER };
        if at % 2 == 0 {
            span.text.push(("server.address", "cart".into()));
        }
        apply(span, &ending(at));
    })
}

fn own_work(n: u64, status: i32) -> Vec<Span> {
    each(n, |at, span| {
        (span.parent, span.kind, span.status) = (at - 1, if at == 1 { SERVER } else { INTERNAL }, status);
        if at == 1 || at == n {
            span.status = 2;
        }
    })
}

/// Calls below one entry, one after the other.
fn wide(n: u64, ending: impl Fn(u64) -> Ending) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 {
            (span.parent, span.kind) = (1, CLIENT);
            (span.start, span.end) = (NOW_NS + 2 * at, NOW_NS + 2 * at + 1);
            span.text.push(("server.address", format!("cart-{}", at % 7)));
        }
        apply(span, &ending(at));
    })
}

fn silent_between(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 && at % 2 == 0 {
            (span.parent, span.kind) = (1.max(at.saturating_sub(2) / 4 * 2), INTERNAL);
        } else if at > 1 {
            (span.parent, span.kind, span.status) = (at - 1, CLIENT, 2);
        }
    })
}

fn retries(n: u64, how: u64) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 {
            (span.parent, span.kind, span.status) = (1, CLIENT, if how == 1 && at == n { 0 } else { 2 });
            span.start = NOW_NS + 2 * at;
            span.end = if how == 2 { span.start + 9 } else { span.start + 1 };
            span.text = vec![("server.address", "cart".into()), ("http.request.resend_count", (at - 2).to_string())];
        }
    })
}

/// Errors that nobody noticed, below servers that are fine.
fn absorbed(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 {
            (span.parent, span.kind) = if at % 2 == 0 { (1, SERVER) } else { (at - 1, CLIENT) };
            span.status = if at % 2 == 0 { 0 } else { 2 };
            span.service = if at % 2 == 0 { "cart".into() } else { "shop".into() };
        }
    })
}

fn orphans_and_calls(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 && at % 2 == 0 {
            (span.parent, span.kind) = (1, CLIENT);
            span.text.push(("server.address", "cart".into()));
        } else if at > 1 {
            (span.parent, span.service, span.status) = (10 * n + at, "cart".into(), 2);
        }
        (span.start, span.end) = (NOW_NS + at, NOW_NS + 3 * n - at);
    })
}

fn extreme_times(n: u64) -> Vec<Span> {
    let ends = [0, u64::MAX, u64::MAX - 1, 1, NOW_NS];
    each(n, |at, span| {
        span.parent = at / 3;
        (span.start, span.end) = (ends[(at % 5) as usize], ends[(at / 5 % 5) as usize]);
        span.kind = 1 + (at % 5) as i32;
        span.status = (at % 3) as i32;
    })
}

fn still(mut spans: Vec<Span>) -> Vec<Span> {
    spans.iter_mut().for_each(|span| (span.start, span.end) = (NOW_NS, NOW_NS));
    spans
}

fn links(n: u64, to: impl Fn(u64) -> u64) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 {
            (span.kind, span.link, span.service) = (CONSUMER, to(at), "mail".into());
        }
    })
}

/// Entries nested below each other, and other entries that link to them.
fn linked_entries(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        if at <= n / 2 {
            (span.parent, span.name) = (at - 1, "buy".into());
        } else {
            enter(span);
            (span.link, span.kind) = (at - n / 2, CONSUMER);
        }
    })
}

fn consumers(n: u64, required: bool) -> Vec<Span> {
    each(n, |at, span| {
        if at == 2 {
            (span.parent, span.kind) = (1, PRODUCER);
        } else if at > 2 {
            (span.parent, span.kind, span.status) = (2, CONSUMER, 2 * i32::from(at % 2 == 0));
            span.service = if required { "worker".into() } else { "mail".into() };
            (span.start, span.end) = (NOW_NS + 4 * n + 2 * at, NOW_NS + 4 * n + 2 * at + 1);
        }
    })
}

fn nested_steps(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        span.parent = at - 1;
        if at > 1 {
            (span.kind, span.service) = (if at % 2 == 0 { PRODUCER } else { CONSUMER }, "worker".into());
            (span.start, span.end) = (NOW_NS + at, NOW_NS + 5 * n + at);
        }
    })
}

fn hops(n: u64, deep: bool) -> Vec<Span> {
    each(n, |at, span| {
        if at > 1 {
            (span.parent, span.name) = (if deep { at - 1 } else { 1 }, format!("do-{at}"));
            (span.service, span.status) = (format!("service-{}", at % 1000), (at % 3) as i32);
            if !deep {
                (span.start, span.end) = (NOW_NS + 2 * at, NOW_NS + 2 * at + 1);
            }
        }
    })
}

fn strangers(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        span.status = 2;
        if at > 1 {
            (span.parent, span.kind, span.service) = (at / 2, CLIENT, format!("service-{at}"));
            span.text = vec![("server.address", format!("peer-{at}")), ("http.response.status_code", "503".into())];
        }
    })
}

fn declined(n: u64) -> Vec<Span> {
    each(n, |at, span| {
        span.parent = at / 2;
        span.kind = if at == 1 { SERVER } else { INTERNAL };
        span.text.push(("order", "declined".into()));
    })
}
