#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::catalogue::Capability;
use crate::measure::testing::{START_NS, World, verdict};
use crate::measure::{SLICE_NS, Windows};
use crate::model::{Absorbed, AbsorbedKind, Blame, CallerUse, Cause, Confidence, HopUse, Hops, Outcome, SpanId, Verdict};
use crate::query::{Answers, Between, Desk, ExplainKind, ExplainQuestion, Explanation, Level, moment_text};
use crate::store::{Beside, Keeper, Kept, Store};
use proptest::prelude::*;
use std::sync::Arc;

/// Hops of [`World`]: web calls booking, pricing and payment; payment calls the card network, which sends no spans.
const WEB: usize = 0;
const BOOKING: usize = 1;
const PRICING: usize = 2;
const PAYMENT: usize = 3;
const CARD: usize = 4;
const CALLER: [usize; 5] = [WEB, WEB, WEB, WEB, PAYMENT];

/// How things are for a while.
#[derive(Clone, Copy)]
struct Weather {
    /// Own work by hop, milliseconds, at the median.
    own: [f64; 5],
    /// On the way to it, milliseconds.
    way: [f64; 5],
    /// How often it is called by an execution that calls its caller.
    called: [f64; 5],
    /// Of a thousand executions so many fail, because of this hop.
    failed: (u64, usize, Cause),
    /// So often each callee is called by an execution that calls it.
    tries: u32,
    /// Of a thousand, so many have an error of the card network that the customer does not see.
    absorbed: u64,
    /// Of a thousand.
    rejected: u64,
    /// The whole takes this many times as long as its parts.
    whole: f64,
    /// Executions in a slice.
    rate: u64,
}

const FAIR: Weather = Weather {
    own: [5.0, 20.0, 10.0, 15.0, 40.0],
    way: [0.0, 2.0, 2.0, 2.0, 0.0],
    called: [1.0, 1.0, 0.7, 0.4, 1.0],
    failed: (2, CARD, Cause::Unreachable),
    tries: 1,
    absorbed: 0,
    rejected: 5,
    whole: 1.0,
    rate: 20,
};

struct Dice(u64);

impl Dice {
    /// 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Around this, as service times are.
    fn about(&mut self, median: f64) -> u64 {
        let bell: f64 = (0..6).map(|_| self.next()).sum::<f64>() - 3.0;
        (median * 1e6 * (0.6 * bell).exp()) as u64
    }
}

struct Scene {
    world: World,
    windows: Arc<Windows>,
    keeper: Arc<Keeper>,
    desk: Desk,
    dice: Dice,
    slices: u64,
    traces: u128,
}

impl Scene {
    fn new(seed: u64, store: bool) -> Self {
        let world = World::default();
        let windows = Arc::new(world.windows());
        let kept = store.then(|| Store::in_memory(world.names.clone(), world.hops.clone()).unwrap());
        let keeper = Arc::new(Keeper::new(windows.clone(), kept));
        let capability = |id: &str| Capability { id: id.into(), title: String::new(), ..Capability::default() };
        let capabilities = [capability("book-flight")];
        let desk = Desk::new(&capabilities, world.names.clone(), world.hops.clone(), keeper.clone(), None, None);
        Self { world, windows, keeper, desk, dice: Dice(seed ^ 0x5eed), slices: 0, traces: 0 }
    }

    /// So many slices of this weather.
    fn pass(&mut self, slices: u64, weather: Weather) -> &mut Self {
        for _ in 0..slices {
            for _ in 0..weather.rate {
                let verdict = self.execution(weather);
                self.windows.record(&verdict);
            }
            self.slices += 1;
        }
        self
    }

    fn execution(&mut self, weather: Weather) -> Verdict {
        self.traces += 1;
        let mut verdict = self.world.ok(self.traces);
        verdict.end_ns = START_NS + self.slices * SLICE_NS + 1;
        let (mut uses, mut there) = (Vec::new(), [false; 5]);
        for at in [WEB, BOOKING, PRICING, PAYMENT, CARD] {
            there[at] = (at == WEB || there[CALLER[at]]) && self.dice.next() < weather.called[at];
            if there[at] {
                uses.push(self.usage(at, weather));
            }
        }
        let time: u64 = uses.iter().map(|usage| usage.critical_path_ns).sum();
        verdict.duration_ns = (time as f64 * weather.whole) as u64;
        verdict.hops = uses;
        let (failed, hop, cause) = weather.failed;
        let lot = (self.dice.next() * 1000.0) as u64;
        let blamed = if hop == usize::MAX { Hops::CALLER } else { self.world.hop(hop) };
        if lot < failed {
            verdict.outcome = Outcome::Failed;
            let span = SpanId(9);
            verdict.blame = Some(Blame { hop: blamed, cause, confidence: Confidence::High, evidence: None, span, rule: 5 });
        } else if lot < failed + weather.rejected {
            verdict.outcome = Outcome::Rejected;
        } else if lot < failed + weather.rejected + weather.absorbed {
            verdict.absorbed = vec![Absorbed { hop: self.world.hop(CARD), kind: AbsorbedKind::MaskedRetry }];
        }
        verdict
    }

    fn usage(&mut self, at: usize, weather: Weather) -> HopUse {
        let (own, way) = (self.dice.about(weather.own[at]), self.dice.about(weather.way[at]));
        let mut usage = HopUse::new(self.world.hop(at));
        (usage.calls, usage.self_ns, usage.edge_gap_ns, usage.critical_path_ns) = (1, own, way, own + way);
        usage.latencies_ns = vec![own];
        if at != WEB {
            usage.callers = vec![CallerUse { calls: weather.tries, gap_ns: way, ..CallerUse::new(self.world.hop(CALLER[at])) }];
        }
        usage
    }

    fn at(&self, slice: u64) -> u64 {
        START_NS + slice * SLICE_NS
    }

    /// Why were the last slices as they were?
    fn why(&self, last: u64) -> Explanation {
        self.asked(last, None, Level::Service)
    }

    fn asked(&self, last: u64, baseline: Option<Between>, level: Level) -> Explanation {
        let between = Some(Between { from_ns: self.at(self.slices - last), to_ns: self.at(self.slices) });
        let question = ExplainQuestion { capability: "book-flight".into(), between, baseline, level };
        self.desk.explain(&question).unwrap()
    }
}

/// Ten minutes of fair weather, then two of this.
fn after_fair(weather: Weather) -> Explanation {
    let mut scene = Scene::new(1, false);
    scene.pass(60, FAIR).pass(12, weather);
    scene.why(12)
}

fn first(answer: &Explanation) -> (ExplainKind, &str) {
    (answer.kind, answer.suspects.first().map_or("-", |one| one.service.as_str()))
}

fn times(base: [f64; 5], at: usize, factor: f64) -> [f64; 5] {
    let mut times = base;
    times[at] *= factor;
    times
}

#[test]
fn a_hop_that_fails_more_than_normal_is_told_with_its_executions() {
    let answer = after_fair(Weather { failed: (150, PRICING, Cause::AppError), ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::HopFailure, "pricing"));
    let pricing = &answer.suspects[0];
    assert_eq!((pricing.share, pricing.trace_ids.len()), (1.0, 3));
    assert_eq!(pricing.evidence[1].kind, "new_cause");
}

#[test]
fn a_hop_that_works_longer_and_one_that_is_reached_later_are_told_apart() {
    let slow = after_fair(Weather { own: times(FAIR.own, PRICING, 4.0), ..FAIR });
    assert_eq!(first(&slow), (ExplainKind::HopSlow, "pricing"));
    assert_eq!(slow.suspects[0].evidence[0].kind, "self_time");
    assert_eq!(slow.suspects[0].trace_ids.len(), 1);
    let far = after_fair(Weather { way: times(FAIR.way, PRICING, 40.0), ..FAIR });
    assert_eq!(first(&far), (ExplainKind::Edge, "pricing"));
    assert_eq!(far.suspects[0].evidence[0].kind, "edge_gap");
    assert_eq!(far.suspects.len(), 1, "whom a slow way leads to, nobody else is suspected for");
}

#[test]
fn a_tenth_of_the_executions_slow_is_told_too() {
    let mut scene = Scene::new(2, false);
    scene.pass(60, FAIR);
    for _ in 0..12 {
        scene.pass(1, Weather { rate: 17, ..FAIR });
        scene.slices -= 1;
        scene.pass(1, Weather { rate: 3, own: times(FAIR.own, BOOKING, 20.0), ..FAIR });
    }
    assert_eq!(first(&scene.why(12)), (ExplainKind::HopSlow, "booking"));
}

#[test]
fn a_starved_caller_is_told_and_not_those_whom_it_calls() {
    let way = [0.0, 60.0, 60.0, 60.0, 0.0];
    let answer = after_fair(Weather { way, own: times(FAIR.own, WEB, 1.6), ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::HopSlow, "web"));
    let evidence = &answer.suspects[0].evidence[0];
    assert_eq!(evidence.kind, "starved_caller");
    assert!(
        evidence.text.starts_with("3 of the 3 that web calls take longer on the way (booking, payment, pricing)"),
        "{}",
        evidence.text
    );
    assert!(answer.suspects[0].share > 0.9);
}

#[test]
fn two_slow_ways_of_three_are_not_the_caller_s_doing() {
    let answer = after_fair(Weather { way: [0.0, 60.0, 40.0, 2.0, 0.0], ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::Edge, "booking"));
    assert_eq!(answer.suspects[1].service, "pricing");
}

#[test]
fn who_returns_early_is_told_before_whom_it_does_not_call() {
    let answer = after_fair(Weather { called: times(FAIR.called, CARD, 0.2), ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::MissingStep, "payment"));
    assert_eq!(answer.suspects[1].service, "card-network");
    let gone = after_fair(Weather { called: times(FAIR.called, CARD, 0.0), ..FAIR });
    assert_eq!(gone.suspects[0].evidence[0].kind, "vanished");
    assert!(
        gone.suspects[0].evidence[0]
            .text
            .starts_with("payment called card-network 0.000 times an execution, normally 1.00 times: 100.0% fewer")
    );
}

#[test]
fn a_caller_that_is_called_less_itself_is_not_blamed_for_calling_less() {
    // Payment is called half as often, and so is the card network, each time payment is.
    let answer = after_fair(Weather { called: times(FAIR.called, PAYMENT, 0.4), ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::MissingStep, "web"));
    assert!(answer.suspects.iter().all(|one| one.service != "card-network"));
}

#[test]
fn a_step_that_must_be_there_and_is_not_is_a_missing_step() {
    let answer = after_fair(Weather { failed: (200, BOOKING, Cause::MissingStep), ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::MissingStep, "booking"));
}

#[test]
fn wrong_requests_are_the_caller_s_whether_refused_or_failed() {
    assert_eq!(first(&after_fair(Weather { rejected: 200, ..FAIR })), (ExplainKind::Caller, "(caller)"));
    let failed = (200, usize::MAX, Cause::CallerError);
    assert_eq!(first(&after_fair(Weather { failed, ..FAIR })), (ExplainKind::Caller, "(caller)"));
}

#[test]
fn errors_that_the_customer_does_not_see_are_told_but_weigh_less() {
    let answer = after_fair(Weather { absorbed: 200, ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::HopFailure, "card-network"));
    assert_eq!(answer.suspects[0].evidence[0].kind, "absorbed");
    let both = after_fair(Weather { absorbed: 200, failed: (150, PRICING, Cause::AppError), ..FAIR });
    assert_eq!(first(&both).1, "pricing");
}

#[test]
fn calls_that_grew_in_number_are_told_of_a_suspect_and_are_no_reason_by_themselves() {
    assert_eq!(after_fair(Weather { tries: 3, ..FAIR }).kind, ExplainKind::NothingUnusual);
    let answer = after_fair(Weather { tries: 3, failed: (150, PRICING, Cause::AppError), ..FAIR });
    let texts: Vec<&str> = answer.suspects[0].evidence.iter().map(|line| line.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("web called pricing 2.") && text.contains("normally 0.")), "{texts:?}");
}

#[test]
fn many_more_and_many_fewer_executions_are_traffic() {
    for (rate, normal) in
        [(60, "60.0 executions in ten seconds, normally 20.0"), (6, "6.0 executions in ten seconds, normally 20.0")]
    {
        let answer = after_fair(Weather { rate, ..FAIR });
        assert_eq!(first(&answer), (ExplainKind::Traffic, "(caller)"));
        assert_eq!(answer.suspects[0].evidence[0].text, normal);
    }
}

#[test]
fn worse_as_a_whole_without_a_hop_to_name_is_a_system_accident() {
    let answer = after_fair(Weather { whole: 2.0, ..FAIR });
    assert_eq!(first(&answer), (ExplainKind::SystemAccident, "(unknown)"));
    assert_eq!(answer.suspects[0].evidence[0].kind, "duration");
}

#[test]
fn sentences_say_the_numbers_that_were_counted() {
    let mut scene = Scene::new(3, false);
    let none = (0, CARD, Cause::Unreachable);
    scene.pass(50, Weather { failed: none, rejected: 0, ..FAIR });
    scene.pass(9, Weather { failed: none, rejected: 0, ..FAIR });
    // The last slice: all of it fails.
    scene.pass(1, Weather { failed: (1000, CARD, Cause::Unreachable), ..FAIR });
    let answer = scene.why(10);
    let evidence = &answer.suspects[0].evidence[0];
    let text = "20 of 200 executions failed because of card-network (10.0%), normally 0.0%: unreachable 20";
    assert_eq!((evidence.text.as_str(), evidence.value, evidence.normal), (text, 0.1, Some(0.0)));
    assert_eq!((answer.executions.0, answer.baseline_executions.0), (200.0, 1000.0));
    assert_eq!(answer.suspects[0].score, 0.3);
}

#[test]
fn a_baseline_full_of_other_faults_hides_nothing_and_alarms_nobody() {
    let faults = [
        Weather { own: times(FAIR.own, BOOKING, 30.0), ..FAIR },
        Weather { way: times(FAIR.way, PRICING, 50.0), ..FAIR },
        Weather { failed: (400, PAYMENT, Cause::AppError), ..FAIR },
        Weather { called: times(FAIR.called, PRICING, 0.1), ..FAIR },
    ];
    let mut scene = Scene::new(4, false);
    faults.iter().for_each(|fault| {
        scene.pass(12, FAIR).pass(8, *fault);
    });
    scene.pass(12, FAIR);
    assert_eq!(scene.why(12).kind, ExplainKind::NothingUnusual);
    let expected = ["booking", "pricing", "payment", "web"];
    for (fault, service) in faults.iter().zip(expected) {
        // The same again, milder.
        let mild = Weather { own: fault.own.map(|own| own.min(80.0)), way: fault.way.map(|way| way.min(20.0)), ..*fault };
        scene.pass(10, mild);
        assert_eq!(first(&scene.why(10)).1, service);
    }
}

#[test]
fn a_range_is_left_out_of_a_baseline_that_spans_it() {
    let mut scene = Scene::new(5, false);
    scene.pass(20, FAIR).pass(20, Weather { own: times(FAIR.own, PRICING, 4.0), ..FAIR });
    let whole = Between { from_ns: START_NS, to_ns: scene.at(40) };
    let (spanned, before) = (scene.asked(20, Some(whole), Level::Service), scene.why(20));
    assert_eq!(spanned.baseline_executions.0, 400.0);
    assert_eq!(spanned.baseline.to, moment_text(scene.at(40)));
    assert_eq!(spanned.suspects, before.suspects);
}

#[test]
fn without_anything_to_compare_with_failures_are_told_and_a_note_says_so() {
    let mut scene = Scene::new(6, false);
    scene.pass(12, Weather { failed: (200, CARD, Cause::Unreachable), ..FAIR });
    let answer = scene.desk.explain(&ExplainQuestion { capability: "book-flight".into(), ..ExplainQuestion::default() }).unwrap();
    assert_eq!(first(&answer), (ExplainKind::HopFailure, "card-network"));
    assert_eq!(answer.suspects[0].evidence[0].normal, None);
    assert!(answer.note.unwrap().starts_with("nothing was counted in the baseline"));
}

#[test]
fn a_short_baseline_is_told_in_words_and_a_long_one_is_not() {
    let mut scene = Scene::new(6, false);
    scene.pass(12, FAIR).pass(6, FAIR);
    let note = scene.why(6).note.unwrap();
    assert!(note.starts_with("executions were counted in only 120 s of the baseline, and in 60 s of the range"), "{note}");
    let mut scene = Scene::new(6, false);
    scene.pass(6, Weather { rate: 5, ..FAIR }).pass(6, FAIR);
    let note = scene.why(6).note.unwrap();
    assert!(note.starts_with("the baseline holds only 30 executions"), "{note}");
    assert!(note.contains("only 60 s of the baseline"), "{note}");
    let mut scene = Scene::new(6, false);
    scene.pass(30, FAIR).pass(6, FAIR);
    assert_eq!(scene.why(6).note, None);
}

#[test]
fn nothing_counted_is_nothing_unusual_and_an_unknown_capability_is_refused() {
    let scene = Scene::new(7, false);
    let question = |capability: &str| ExplainQuestion { capability: capability.into(), ..ExplainQuestion::default() };
    let answer = scene.desk.explain(&question("book-flight")).unwrap();
    assert_eq!(
        (answer.kind, answer.note.as_deref()),
        (ExplainKind::NothingUnusual, Some("no execution was counted in this range"))
    );
    assert!(scene.desk.explain(&question("nope")).is_err());
}

#[test]
fn what_is_live_and_what_is_kept_give_the_same_answer() {
    let told = |keep: bool| {
        let mut scene = Scene::new(8, true);
        scene.pass(60, FAIR);
        if keep {
            scene
                .keeper
                .keep(|windows| (windows.take_closed(u64::MAX), Beside::default()), &crate::measure::Recent::default(), &|_| {
                    String::new()
                })
                .unwrap();
        }
        scene.pass(12, Weather { way: times(FAIR.way, PRICING, 40.0), ..FAIR });
        scene.asked(12, None, Level::Hop)
    };
    let (live, kept) = (told(false), told(true));
    assert_eq!(live, kept);
    assert_eq!((live.kind, live.suspects[0].hop.as_str()), (ExplainKind::Edge, "pricing op0"));
}

#[test]
fn a_long_baseline_is_held_in_a_bounded_number_of_blocks() {
    let world = World::default();
    let windows = world.windows();
    windows.record(&world.ok(1));
    let (_, window) = windows.take_closed(u64::MAX).remove(0);
    let mut blocks = super::Blocks::new(SLICE_NS, SLICE_NS);
    let kept = |at| Kept { slice_ns: START_NS + at * SLICE_NS, length_ns: SLICE_NS, capability: world.capabilities[0] };
    (0..5000).for_each(|at| blocks.add(kept(at), &window));
    assert!(blocks.list().len() <= 512);
    assert_eq!(blocks.sum().executions().raw, 5000);
    assert!(blocks.rates().iter().all(|rate| (rate - 1.0).abs() < 1e-9));
    assert_eq!(blocks.seconds(), 50_000);
}

#[test]
fn noise_alone_is_hardly_ever_unusual() {
    let mut alarms = Vec::new();
    for seed in 0..120 {
        let mut scene = Scene::new(1000 + seed, false);
        let (slices, last) = ([12, 40, 80][seed as usize % 3], [2, 6, 12][seed as usize / 3 % 3]);
        scene.pass(slices, FAIR).pass(last, FAIR);
        let answer = scene.asked(last, None, [Level::Hop, Level::Service][seed as usize % 2]);
        if answer.kind != ExplainKind::NothingUnusual {
            alarms.push((seed, answer.kind, answer.suspects));
        }
    }
    assert!(alarms.len() <= 2, "{alarms:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_was_counted_numbers_are_finite_and_parts_of_one_whole(
        verdicts in prop::collection::vec(verdict(), 1..120),
        cut in 0u64..4,
    ) {
        let scene = Scene::new(9, false);
        verdicts.iter().for_each(|one| scene.windows.record(one));
        let between = Some(Between { from_ns: scene.at(cut), to_ns: scene.at(4) });
        let baseline = Some(Between { from_ns: START_NS, to_ns: scene.at(4) });
        for level in [Level::Hop, Level::Service] {
            let question = ExplainQuestion { capability: "book-flight".into(), between, baseline, level };
            let answer = scene.desk.explain(&question).unwrap();
            let failing = answer.suspects.iter().filter(|one| one.evidence.first().is_some_and(|line| line.kind == "failures"));
            prop_assert!(failing.map(|one| one.share).sum::<f64>() <= 1.001);
            for one in &answer.suspects {
                prop_assert!(one.score.is_finite() && one.score >= 0.0 && (0.0..=1.0).contains(&one.share));
                prop_assert!(!one.evidence.is_empty());
                prop_assert!(one.evidence.iter().all(|line| line.value.is_finite() && line.normal.is_none_or(f64::is_finite)));
            }
            prop_assert_eq!(answer.suspects.is_empty(), answer.kind == ExplainKind::NothingUnusual);
        }
    }
}

#[test]
fn the_order_of_counting_does_not_show() {
    let told = |backwards: bool| {
        let mut scene = Scene::new(10, false);
        let verdicts: Vec<Verdict> = (0..400)
            .map(|at| {
                scene.slices = at / 10;
                scene.execution(if at < 300 { FAIR } else { Weather { failed: (300, PRICING, Cause::AppError), ..FAIR } })
            })
            .collect();
        let mut order: Vec<&Verdict> = verdicts.iter().collect();
        if backwards {
            order.reverse();
        }
        order.into_iter().for_each(|one| scene.windows.record(one));
        scene.slices = 40;
        scene.why(10)
    };
    assert_eq!(told(false), told(true));
    assert_eq!(told(false).kind, ExplainKind::HopFailure);
}
