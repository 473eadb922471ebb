#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(missing_docs)]

pub(in crate::wire) mod compare;
mod rewriting;
mod rules;
pub(in crate::wire) mod tape;

use super::Scratch;
use crate::wire::seen;
use compare::{Agreed, compare};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// How many cases: `STEELTHREAD_CASES`, else few enough for a debug build.
fn cases() -> u32 {
    std::env::var("STEELTHREAD_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

fn tapes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..300)
}

#[test]
fn the_walk_equals_prost_on_arbitrary_messages() {
    let edits = proptest::collection::vec(any::<(u8, u16, u8)>(), 0..3);
    let strategy = (tapes(), prop_oneof![2 => Just(Vec::new()), 1 => edits], 0..6_usize);
    let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
    let scratch = std::cell::RefCell::new(Scratch::default());
    let outcome = TestRunner::new(config).run(&strategy, |(tape, edits, most)| {
        let mut message = tape::message(&tape);
        tape::edit(&mut message, &edits);
        let most = if most == 0 { 2 } else { 128 };
        compare(&message, most, &mut scratch.borrow_mut())
            .map(drop)
            .map_err(|differ| TestCaseError::fail(format!("{differ}\nmessage {message:02x?}")))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn arbitrary_messages_are_taken_and_refused_often_enough_to_mean_something() {
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut with_spans, mut refused) = (0, 0, 0);
    for _ in 0..1_000 {
        let tape = tapes().new_tree(&mut runner).unwrap().current();
        match compare(&tape::message(&tape), 128, &mut Scratch::default()).unwrap() {
            Agreed::Taken { spans } => {
                taken += 1;
                with_spans += usize::from(spans > 0);
            }
            Agreed::Refused => refused += 1,
            Agreed::NotText => {}
        }
    }
    assert!(taken > 400, "{taken} taken");
    assert!(with_spans > 200, "{with_spans} with spans");
    assert!(refused > 100, "{refused} refused");
}

#[test]
fn arbitrary_bytes_never_panic_and_get_the_verdict_of_prost() {
    let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
    let bytes = proptest::collection::vec(prop_oneof![any::<u8>(), 0..20_u8], 0..60);
    let outcome = TestRunner::new(config)
        .run(&bytes, |bytes| compare(&bytes, 128, &mut Scratch::default()).map(drop).map_err(TestCaseError::fail));
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
