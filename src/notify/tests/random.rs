//! An outbox against a plain reading of what a sink should know, over random lives of alerts, failures and restarts.

use super::{SECOND, START, firing, labels};
use crate::alert::{Labels, Notice, Severity};
use crate::notify::{Habit, Outbox, Sent};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// An alert begins, or ends.
    Turn(usize),
    /// A message that is due is taken.
    Taken,
    /// It is not, and did not arrive.
    Lost,
    /// The server starts again, with what it kept.
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![4 => (0..6usize).prop_map(Event::Turn), 3 => Just(Event::Taken), 2 => Just(Event::Lost), 1 => Just(Event::Restart)]
}

/// Three objectives, two tiers of each.
fn label(at: usize) -> Labels {
    let (tier, severity) = if at.is_multiple_of(2) { ("1h/5m", Severity::Page) } else { ("1d/2h", Severity::Ticket) };
    labels(&format!("o{}", at / 2), tier, severity)
}

/// What a sink that takes alerts for one thing should know: whether it lasts.
fn lasting(alerts: &BTreeMap<usize, u64>, habit: Habit) -> BTreeMap<String, ()> {
    alerts.keys().map(|at| (habit.key(&label(*at)), ())).collect()
}

proptest! {
    #[test]
    fn in_the_end_a_sink_knows_what_lasts_and_never_hears_the_same_twice(events in proptest::collection::vec(event(), 0..120)) {
        for habit in [Habit::OncePerAlert, Habit::OncePerObjective] {
            let mut outbox = Outbox::new(habit);
            let mut alerts: BTreeMap<usize, u64> = BTreeMap::new();
            let mut known: BTreeMap<String, (bool, u64, Severity)> = BTreeMap::new();
            let mut now_ns = START;
            for event in events.iter().copied().chain([Event::Taken; 20]) {
                now_ns += 100 * SECOND;
                match event {
                    Event::Turn(at) => {
                        if alerts.remove(&at).is_none() {
                            alerts.insert(at, now_ns);
                        }
                        let all: Vec<Arc<Notice>> =
                            alerts.iter().map(|(at, starts_ns)| Arc::new(firing(label(*at), *starts_ns))).collect();
                        outbox.observe(&all, now_ns);
                    }
                    Event::Restart => outbox = Outbox::restore(habit, outbox.state()),
                    Event::Taken => {
                        let Some(parcel) = outbox.next(now_ns) else { continue };
                        let notice = &parcel.notices[0];
                        let now = (parcel.is_firing(), notice.starts_ns, notice.labels.severity);
                        let before = known.insert(habit.key(&notice.labels), now);
                        prop_assert!(before != Some(now), "{now:?} was told before");
                        prop_assert!(now.0 || before.is_some(), "an end of what was never told");
                        outbox.done(&parcel, &Sent::Taken, now_ns);
                    }
                    Event::Lost => {
                        let Some(parcel) = outbox.next(now_ns) else { continue };
                        let sent = Sent::Later { why: String::new(), after: None, may_have_arrived: false };
                        outbox.done(&parcel, &sent, now_ns);
                    }
                }
            }
            let told: BTreeMap<String, ()> =
                known.iter().filter(|(_, (is_firing, ..))| *is_firing).map(|(key, _)| (key.clone(), ())).collect();
            prop_assert_eq!(told, lasting(&alerts, habit));
        }
    }
}
