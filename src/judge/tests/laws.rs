//! What holds for any trace whatever: nothing panics, fates add up, blame is conserved, paths tile, the order of arrival is of no
//! matter, and no trace costs the square of its length.

use super::scene::{Scene, Told};
use crate::judge::{Context, Judge, PathMode, SkewLimit};
use crate::model::{Fate, Fates, Kind, Name, Outcome, Shape, ShapeId, SpanExtra, SpanId, SpanRecord, Status, Verdict};
use proptest::prelude::*;
use std::collections::HashSet;
use std::time::Duration;

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    title: Buy
    outcome: {failed_when: [{attributes: {lost: \"yes\"}}], ignored_when: [{attributes: {probe: \"yes\"}}]}
    hops:
      - {id: basket, match: {service: cart}, expect: always, called_by: [shop]}
      - {id: pack, match: {service: worker}, async: required}
      - {id: base, external: true, match: {peer: db*}}
    objectives: [{id: fast, target: 99%, under: 0.00001ms}]
  - id: pay
    title: Pay
    outcome: {caller_errors: fail}
    hops: [{id: basket, match: {service: cart}}]
";

thread_local! {
    static SCENE: Scene = {
        let scene = Scene::new(MAP);
        fill(&scene);
        scene
    };
    static REFERENCE: Scene = {
        let mut scene = Scene::new(MAP);
        scene.path = PathMode::Reference;
        fill(&scene);
        scene
    };
}

/// Shapes to choose from: all kinds, many endings.
fn fill(scene: &Scene) {
    let words = [
        "",
        "",
        "",
        "E",
        "OK",
        "http=500",
        "http=404",
        "http=499",
        "http=429",
        "http=504",
        "grpc=4",
        "grpc=1",
        "grpc=14",
        "flag",
        "E type=timeout",
        "E type=refused",
        "E type=cancelled",
        "resend",
        "receives",
        "entry",
        "entry=pay",
        "entry E",
        "entry http=404",
        "entry http=499",
        "entry E http=504",
        "lost:yes",
        "entry probe:yes",
        "entry=pay http=400",
    ];
    for service in ["shop", "cart", "worker"] {
        for kind in ["internal", "server", "client", "producer", "consumer"] {
            for words in words {
                for peer in if kind == "client" { &[">cart", "to=db:1", ""][..] } else { &[""] } {
                    scene.trace(&format!("{service} {kind} 0-1 {words} {peer}"));
                }
            }
        }
    }
}

fn span(time: impl Strategy<Value = u64> + Clone) -> impl Strategy<Value = (SpanRecord, Option<SpanExtra>)> {
    let ids = (1_u64..24, prop_oneof![3 => 1_u64..24, 1 => Just(0), 1 => 90_u64..93]);
    let shapes = SCENE.with(|scene| scene.shapes.len() as u32);
    let rest = (0..shapes, 0_u32..3, 0_u32..3, prop_oneof![4 => Just(0_u64), 1 => 1_u64..24], 0_u64..3);
    (ids, (time.clone(), time), rest).prop_map(|((id, parent), (start_ns, end_ns), (shape, operation, host, link, threshold))| {
        let has_extra = link != 0 || threshold != 0;
        let flags = if has_extra { SpanRecord::EXTRA } else { 0 };
        let (id, parent, shape) = (SpanId(id), SpanId(parent), ShapeId(shape));
        let record = SpanRecord { id, parent, start_ns, end_ns, shape, operation, host, flags };
        (record, has_extra.then_some(SpanExtra { span: id, link: SpanId(link), threshold }))
    })
}

fn told(spans: Vec<(SpanRecord, Option<SpanExtra>)>) -> Told {
    Told { spans: spans.iter().map(|span| span.0).collect(), extras: spans.iter().filter_map(|span| span.1).collect() }
}

fn check(verdict: &Verdict) {
    assert_eq!(verdict.blame.is_some(), verdict.outcome == Outcome::Failed, "B: exactly one culprit per failed execution");
    assert_eq!(verdict.suspects.first().copied(), verdict.blame.map(|blame| blame.hop));
    assert_eq!(verdict.suspects.len(), verdict.suspects.iter().collect::<HashSet<_>>().len());
    assert_eq!(verdict.slow_blame.is_some(), verdict.slow);
    assert_eq!(verdict.entry_span_id == SpanId::NONE, verdict.outcome == Outcome::Incomplete);
    let mut at = verdict.start_ns;
    for section in &verdict.critical_path {
        assert_eq!(section.start_ns, at, "sections touch");
        assert!(section.end_ns > section.start_ns);
        at = section.end_ns;
    }
    assert_eq!(at, verdict.start_ns + verdict.duration_ns, "sections tile the interval");
    let hops: HashSet<_> = verdict.hops.iter().map(|one| one.hop).collect();
    assert_eq!(hops.len(), verdict.hops.len(), "one entry per hop");
    for one in &verdict.hops {
        assert_eq!(one.latencies_ns.len(), one.calls as usize);
        assert!(one.errors <= one.calls, "{one:?}");
        assert_eq!(one.critical_path_ns, one.self_ns + one.edge_gap_ns);
    }
}

fn judge(scene: &Scene, told: &Told) -> (Vec<Verdict>, Fates) {
    let (verdicts, fates) = scene.judge_trace(told);
    verdicts.iter().for_each(check);
    assert_eq!(fates.received(), told.spans.len() as u64, "fates add up");
    (verdicts, fates)
}

/// The same, with spans moved by up to this much (2.6). The judge has judged the trace before, without that.
fn judge_moved(scene: &Scene, told: &Told, most: u64) -> (Vec<Verdict>, Fates) {
    let (mut judge, mut verdicts) = (Judge::default(), Vec::new());
    judge.judge(&told.trace(), &scene.context(), &mut |_| ());
    let context = Context { skew: Some(SkewLimit::new(Duration::from_nanos(most))), ..scene.context() };
    let fates = judge.judge(&told.trace(), &context, &mut |verdict| verdicts.push(verdict.clone()));
    verdicts.iter().for_each(check);
    (verdicts, fates)
}

/// The first of each id and kind.
fn distinct(scene: &Scene, spans: Vec<(SpanRecord, Option<SpanExtra>)>) -> Vec<(SpanRecord, Option<SpanExtra>)> {
    let mut seen = HashSet::new();
    let kind = |span: &SpanRecord| scene.shapes.get(span.shape).kind;
    spans.into_iter().filter(|span| seen.insert((span.0.id, kind(&span.0)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_spans_are_judged(
        spans in prop::collection::vec(span(0_u64..60), 0..40),
        reference in any::<bool>(),
    ) {
        let judged = |scene: &Scene| (judge(scene, &told(spans.clone())).1, distinct(scene, spans.clone()).len());
        let (fates, kept) = if reference { REFERENCE.with(judged) } else { SCENE.with(judged) };
        prop_assert_eq!(fates[Fate::Duplicate] as usize, spans.len() - kept);
    }

    #[test]
    fn any_times_are_judged_and_the_path_tiles(
        spans in prop::collection::vec(
            span(prop_oneof![Just(0), Just(u64::MAX), Just(u64::MAX - 1), any::<u64>()]),
            0..20,
        ),
    ) {
        SCENE.with(|scene| judge(scene, &told(spans.clone())));
        SCENE.with(|scene| judge_moved(scene, &told(spans), u64::MAX));
    }

    #[test]
    fn moving_spans_changes_no_count_but_of_what_depends_on_times(
        spans in prop::collection::vec(span(0_u64..60), 0..40),
        most in prop_oneof![0_u64..60, Just(u64::MAX)],
    ) {
        let of = |verdict: &Verdict| (verdict.capability, verdict.entry_span_id, verdict.start_ns, verdict.end_ns, verdict.spans);
        SCENE.with(|scene| {
            let (as_it_came, fates) = judge(scene, &told(spans.clone()));
            let (moved, fates_moved) = judge_moved(scene, &told(spans), most);
            assert_eq!(fates, fates_moved);
            assert_eq!(as_it_came.iter().map(of).collect::<Vec<_>>(), moved.iter().map(of).collect::<Vec<_>>());
        });
    }

    #[test]
    fn nothing_moves_by_nothing_or_on_one_host(
        mut spans in prop::collection::vec(span(0_u64..60), 0..40),
        most in any::<u64>(),
    ) {
        SCENE.with(|scene| {
            assert_eq!(judge(scene, &told(spans.clone())), judge_moved(scene, &told(spans.clone()), 0));
            spans.iter_mut().for_each(|span| span.0.host = 1);
            assert_eq!(judge(scene, &told(spans.clone())), judge_moved(scene, &told(spans), most));
        });
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(
        (spans, other) in prop::collection::vec(span(0_u64..60), 0..30)
            .prop_flat_map(|spans| (Just(spans.clone()), Just(spans).prop_shuffle())),
    ) {
        SCENE.with(|scene| {
            // Of duplicates the first counts: let the same ones be first.
            let kept = distinct(scene, spans);
            let other: Vec<_> = other.into_iter().filter(|span| kept.contains(span)).collect();
            let other = distinct(scene, other);
            assert_eq!(kept.len(), other.len());
            assert_eq!(judge(scene, &told(kept.clone())), judge(scene, &told(other.clone())));
            assert_eq!(judge_moved(scene, &told(kept), 20), judge_moved(scene, &told(other), 20));
        });
    }

    #[test]
    fn a_span_sent_twice_counts_once(
        spans in prop::collection::vec(span(0_u64..60), 0..20),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        SCENE.with(|scene| {
            let once = distinct(scene, spans);
            let mut twice = once.clone();
            if !once.is_empty() {
                twice.extend(again.iter().map(|index| *index.get(&once)));
            }
            let (expected, mut fates) = judge(scene, &told(once.clone()));
            fates[Fate::Duplicate] += (twice.len() - once.len()) as u64;
            assert_eq!(judge(scene, &told(twice)), (expected, fates));
        });
    }
}

/// Spans of a trace that is built by number.
fn built(scene: &Scene, count: u64, shape_of: impl Fn(u64) -> Shape, place: impl Fn(u64) -> (u64, u64, u64)) -> Told {
    let mut shapes: Vec<(Shape, ShapeId)> = Vec::new();
    let mut told = Told::default();
    for number in 1..=count {
        let shape = shape_of(number);
        let known = shapes.iter().find(|(one, _)| *one == shape).map(|(_, id)| *id);
        let shape = known.unwrap_or_else(|| {
            let id = scene.shapes.push(shape.clone());
            shapes.push((shape, id));
            id
        });
        let (parent, start_ns, end_ns) = place(number);
        let (id, parent) = (SpanId(number), SpanId(parent));
        told.spans.push(SpanRecord { id, parent, start_ns, end_ns, shape, operation: 0, host: 0, flags: 0 });
    }
    told
}

fn shape(scene: &Scene, kind: Kind, error: bool, entry: bool) -> Shape {
    let intern = |text: &str| scene.names.intern(text.as_bytes());
    let mut shape = Shape::plain(intern("shop"), intern("do"), kind);
    shape.status = if error { Status::Error } else { Status::Unset };
    shape.says_timeout = error && kind == Kind::Client;
    shape.peer = if kind.asks() { intern("cart") } else { Name::EMPTY };
    shape.tags.entries = if entry { [(0, None)].into() } else { Box::default() };
    shape
}

/// Judges a trace that is so long that a quadratic step would not end before people lose patience: 10^10 turns.
fn quick(scene: &Scene, told: &Told) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let fates = Judge::default().judge(&told.trace(), &scene.context(), &mut |verdict| verdicts.push(verdict.clone()));
    assert_eq!(fates.received(), told.spans.len() as u64);
    verdicts
}

const MANY: u64 = 100_000;

#[test]
fn a_chain_of_100_000_spans_is_quick() {
    let scene = Scene::new(MAP);
    for error in [false, true] {
        let kinds = [Kind::Server, Kind::Client, Kind::Internal];
        let shape_of = |number: u64| shape(&scene, kinds[(number % 3) as usize], error && !number.is_multiple_of(5), number == 1);
        let told = built(&scene, MANY, shape_of, |number| (number - 1, number, 2 * MANY - number));
        let verdicts = quick(&scene, &told);
        assert_eq!(verdicts.len(), 1);
        check(&verdicts[0]);
    }
}

#[test]
fn a_chain_of_100_000_spans_each_by_another_clock_is_quick() {
    let scene = Scene::new(MAP);
    let shape_of = |number: u64| shape(&scene, if number == 1 { Kind::Server } else { Kind::Internal }, false, number == 1);
    let mut told = built(&scene, MANY, shape_of, |number| {
        (number - 1, 7 * MANY * (number % 3), 7 * MANY * (number % 3) + 2 * (MANY - number))
    });
    for (number, span) in (0_u32..).zip(&mut told.spans) {
        span.host = 1 + number % 5;
    }
    let (verdicts, _) = judge_moved(&scene, &told, u64::MAX);
    assert_eq!(verdicts[0].spans as u64, MANY);
}

#[test]
fn calls_that_ran_out_of_time_below_each_other_are_quick() {
    let scene = Scene::new(MAP);
    // A call out of time, its server, a call that is fine, its server, and so on: each chain ends before the next begins.
    let shape_of = |number: u64| match number % 4 {
        1 => shape(&scene, Kind::Server, false, number == 1),
        2 => shape(&scene, Kind::Client, true, false),
        3 => shape(&scene, Kind::Server, false, false),
        _ => shape(&scene, Kind::Client, false, false),
    };
    let told = built(&scene, MANY, shape_of, |number| (number - 1, number, 2 * MANY - number));
    let verdicts = quick(&scene, &told);
    assert_eq!(verdicts[0].absorbed.len() as u64, MANY / 4);
}

#[test]
fn a_star_of_100_000_spans_is_quick() {
    let scene = Scene::new(MAP);
    for (error, words) in [(false, ""), (true, ""), (true, "refused")] {
        for step in [0, 2] {
            let shape_of = |number: u64| {
                let mut shape =
                    shape(&scene, if number == 1 { Kind::Server } else { Kind::Client }, error && number > 1, number == 1);
                if words == "refused" {
                    (shape.says_timeout, shape.says_unreachable) = (false, number > 1);
                }
                shape
            };
            let place =
                |number: u64| (u64::from(number > 1), number * step, if number == 1 { 3 * MANY } else { number * step + 2 });
            let told = built(&scene, MANY, shape_of, place);
            check(&quick(&scene, &told)[0]);
        }
    }
}

#[test]
fn orphans_links_and_cycles_by_the_ten_thousand_are_quick() {
    let scene = Scene::new(MAP);
    let shape_of = |number: u64| match number % 3 {
        _ if number == 1 => shape(&scene, Kind::Server, false, true),
        0 => shape(&scene, Kind::Server, false, false),
        1 => shape(&scene, Kind::Client, true, false),
        _ => shape(&scene, Kind::Consumer, true, false),
    };
    // Lost parents; one cycle through all; links to the span before.
    let lost = built(&scene, MANY, shape_of, |number| (if number == 1 { 0 } else { MANY + number }, number, 3 * MANY - number));
    quick(&scene, &lost);
    let ring = built(&scene, MANY, shape_of, |number| (number % MANY + 1, number, number + 5));
    quick(&scene, &ring);
    let mut linked = built(&scene, MANY, shape_of, |number| (0, number, number + 5));
    for span in &mut linked.spans {
        span.flags |= SpanRecord::EXTRA;
        linked.extras.push(SpanExtra { span: span.id, link: SpanId(span.id.0 - 1), threshold: 0 });
    }
    quick(&scene, &linked);
    let entries = built(&scene, MANY, |_| shape(&scene, Kind::Server, true, true), |number| (number - 1, number, number + 5));
    assert_eq!(quick(&scene, &entries).len(), 1);
}
