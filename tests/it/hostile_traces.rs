//! Traces that nobody's services send: every span has a fate, and no shape costs the square of its length.
//!
//! `cargo run --release --example hostile_traces` prints what they cost at full size.

#[allow(clippy::disallowed_methods, reason = "what it measures is time")]
#[path = "../../examples/hostile/mod.rs"]
pub mod hostile;

use hostile::door::Door;
use hostile::shapes::{ALL, MAP, Shape};
use std::time::Duration;
use steelthread::model::{Fate, Outcome};

const SMALL: u64 = 1_000;
const LARGE: u64 = 8_000;

/// The fastest of several, on a machine that may be busy with something else.
fn fastest((_, make): &Shape, spans: u64, times: usize) -> Duration {
    let made = make(spans);
    let judge = |_| {
        let mut door = Door::new(MAP, 1_000_000);
        door.send(&made, false).times[1..].iter().sum::<Duration>()
    };
    (0..times).map(judge).min().unwrap()
}

/// Eight times as long; a step that looks at all others for each would take 64 times as long.
#[test]
fn a_trace_that_is_eight_times_as_long_does_not_cost_its_square() {
    let is_steep = |small: Duration, large: Duration| large > small * 28 && large > Duration::from_millis(30);
    for shape in ALL {
        // Where it looks steep, it is measured again before it is believed.
        let steep = (1..=4).all(|times| is_steep(fastest(shape, SMALL, 2 * times), fastest(shape, LARGE, times)));
        assert!(!steep, "{}: more than 28 times as long for 8 times as many spans", shape.0);
    }
}

#[test]
fn every_span_of_a_hostile_trace_has_one_fate_and_every_failure_one_culprit() {
    for (name, make) in ALL {
        let spans = make(700);
        let mut door = Door::new(MAP, 10_000);
        let judged = door.send(&spans, true);
        let fates = door.ledger.fates();
        assert_eq!((fates.received(), fates[Fate::InFlight]), (700, 0), "{name}");
        for verdict in &judged.verdicts {
            assert_eq!(verdict.blame.is_some(), verdict.outcome == Outcome::Failed, "{name}");
        }
    }
}

#[test]
fn spans_over_the_limit_of_a_trace_are_counted_as_that() {
    let (_, make) = ALL[0];
    let spans = make(100_007);
    let mut door = Door::new(MAP, 10_000);
    let judged = door.send(&spans, false);
    let fates = door.ledger.fates();
    assert_eq!((fates[Fate::OverLimit], fates[Fate::Measured], judged.executions), (7, 100_000, 1));
}
