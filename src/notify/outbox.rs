//! What one sink is still to be told: the state of each alert, not a history.

use super::alertmanager;
use super::sink::Sent;
use super::subject::{Fact, Habit, Subject, is_past};
use crate::alert::{Labels, Notice};
use crate::outgoing::Backoff;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Alerts that one outbox holds; further ones are dropped, and counted.
const MOST_ALERTS: usize = 10_000;
/// Between two attempts, usually: a page is urgent, and small.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What became of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Alerts in messages that were taken, each time they were.
    pub told: u64,
    /// Attempts that failed and are made again.
    pub failed: u64,
    /// Messages that will never be taken.
    pub refused: u64,
    /// Alerts for which there was no room.
    pub dropped: u64,
}

/// A message about to be sent: what it is about, and what will then have been told.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// What the alerts are filed under, with what is told of each.
    facts: Vec<(String, Fact)>,
    /// The alert that speaks for each; never empty.
    pub notices: Vec<Arc<Notice>>,
}

impl Parcel {
    /// Whether what it is about lasts; for a parcel about one thing.
    pub fn is_firing(&self) -> bool {
        self.facts.iter().any(|(_, fact)| fact.is_firing)
    }

    /// One about a single alert, for a message that stands in no outbox.
    pub fn of_one(notice: Notice, habit: Habit) -> Self {
        let fact = Fact { is_firing: notice.is_firing(), starts_ns: notice.starts_ns, severity: notice.labels.severity };
        Self { facts: vec![(habit.key(&notice.labels), fact)], notices: vec![Arc::new(notice)] }
    }
}

/// What an outbox knows, to be kept over a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SavedOutbox {
    subjects: Vec<SavedSubject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SavedSubject {
    alerts: Vec<Notice>,
    told: Option<Fact>,
    /// It may know more than it was told.
    may_know: bool,
}

/// What one sink knows and should know. Time is Unix nanoseconds, and an argument.
#[derive(Debug)]
pub struct Outbox {
    habit: Habit,
    subjects: BTreeMap<String, Subject>,
    backoff: Backoff,
    /// Nothing is sent before.
    closed_until_ns: u64,
    counts: Counts,
}

impl Outbox {
    /// An empty one.
    pub fn new(habit: Habit) -> Self {
        Self {
            habit,
            subjects: BTreeMap::new(),
            backoff: Backoff::up_to(LONGEST_WAIT),
            closed_until_ns: 0,
            counts: Counts::default(),
        }
    }

    /// Takes in how things are: **all** alerts that last, and those that ended lately. One that lasted before and is not among them has ended
    /// now; so an alert that nobody speaks of any more, because the map has changed, does not last for ever.
    pub fn observe(&mut self, all: &[Arc<Notice>], now_ns: u64) {
        for notice in all {
            self.put(notice, now_ns);
        }
        let spoken_of: BTreeSet<&Labels> = all.iter().map(|notice| &notice.labels).collect();
        for alert in self.subjects.values_mut().flat_map(|subject| subject.alerts.values_mut()) {
            if alert.is_firing() && !spoken_of.contains(&alert.labels) {
                *alert = Arc::new(Notice { resolved_ns: Some(now_ns), ..(**alert).clone() });
            }
        }
        self.tidy(now_ns);
    }

    fn put(&mut self, notice: &Arc<Notice>, now_ns: u64) {
        let key = self.habit.key(&notice.labels);
        let known = self.subjects.get(&key).is_some_and(|subject| subject.alerts.contains_key(&notice.labels));
        if !known {
            let is_news = notice.is_firing()
                || matches!(self.habit, Habit::Repeat { ended_for, .. } if !is_past(notice, ended_for, now_ns));
            if !is_news {
                return;
            }
            if self.len() >= MOST_ALERTS {
                self.counts.dropped += 1;
                return;
            }
        }
        self.subjects.entry(key).or_default().alerts.insert(notice.labels.clone(), notice.clone());
    }

    /// Forgets what will never be told again.
    fn tidy(&mut self, now_ns: u64) {
        let habit = self.habit;
        self.subjects.values_mut().for_each(Subject::forget_ended);
        self.subjects.retain(|_, subject| !subject.is_over(habit, now_ns));
    }

    /// The next message, if one may be sent now. Whoever takes it says by [`Self::done`] what became of it before taking another.
    pub fn next(&mut self, now_ns: u64) -> Option<Parcel> {
        if now_ns < self.closed_until_ns {
            return None;
        }
        self.tidy(now_ns);
        let mut all: Vec<(u64, &String, &Subject)> =
            self.subjects.iter().filter_map(|(key, subject)| Some((subject.due_ns(self.habit)?, key, subject))).collect();
        let is_due = |due_ns: u64| due_ns <= now_ns;
        let chosen = match self.habit {
            Habit::Repeat { .. } => {
                if !all.iter().any(|(due_ns, ..)| is_due(*due_ns)) {
                    return None;
                }
                all.sort_by_key(|(due_ns, ..)| *due_ns);
                all.truncate(alertmanager::MOST);
                all
            }
            // One that fails again and again must not stand in the way of the others.
            Habit::OncePerAlert | Habit::OncePerObjective => {
                let urgency = |subject: &Subject| subject.fact().map(|fact| (std::cmp::Reverse(fact.severity), fact.starts_ns));
                let due = all.into_iter().filter(|(due_ns, ..)| is_due(*due_ns));
                due.min_by_key(|(_, _, subject)| (subject.tried_ns, urgency(subject))).into_iter().collect()
            }
        };
        let facts: Vec<_> =
            chosen.iter().filter_map(|(_, key, subject)| Some(((*key).clone(), subject.to_tell(self.habit)?))).collect();
        let notices: Vec<_> = chosen.iter().filter_map(|(_, _, subject)| subject.leading().cloned()).collect();
        for (key, _) in &facts {
            if let Some(subject) = self.subjects.get_mut(key) {
                subject.is_on_its_way = true;
            }
        }
        (!notices.is_empty()).then_some(Parcel { facts, notices })
    }

    /// What became of a message.
    pub fn done(&mut self, parcel: &Parcel, sent: &Sent, now_ns: u64) {
        match sent {
            Sent::Taken => {
                self.counts.told += parcel.notices.len() as u64;
                (self.backoff, self.closed_until_ns) = (Backoff::up_to(LONGEST_WAIT), 0);
            }
            Sent::Later { after, .. } => {
                self.counts.failed += 1;
                let wait = self.backoff.wait(*after);
                self.closed_until_ns = now_ns.saturating_add(wait.as_nanos() as u64);
            }
            Sent::Never { .. } => self.counts.refused += 1,
        }
        for (key, fact) in &parcel.facts {
            let Some(subject) = self.subjects.get_mut(key) else { continue };
            (subject.tried_ns, subject.is_on_its_way) = (now_ns, false);
            match sent {
                Sent::Taken => {
                    (subject.told, subject.refused, subject.told_ns) = (Some(*fact), None, now_ns);
                    subject.may_know = false;
                }
                Sent::Later { may_have_arrived, .. } => subject.may_know |= *may_have_arrived,
                Sent::Never { .. } => (subject.refused, subject.told_ns) = (Some(*fact), now_ns),
            }
        }
        self.tidy(now_ns);
    }

    /// From when on there is something to send, Unix nanoseconds; `None` for nothing.
    pub fn due_ns(&self) -> Option<u64> {
        let first = self.subjects.values().filter_map(|subject| subject.due_ns(self.habit)).min()?;
        Some(first.max(self.closed_until_ns))
    }

    /// Alerts that it holds.
    pub fn len(&self) -> usize {
        self.subjects.values().map(|subject| subject.alerts.len()).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// Things of which the sink has not been told how they are.
    pub fn waiting(&self, now_ns: u64) -> usize {
        let is_due = |subject: &&Subject| subject.due_ns(self.habit).is_some_and(|due_ns| due_ns <= now_ns);
        self.subjects.values().filter(is_due).count()
    }

    /// What became of messages since it was made.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What to keep over a restart.
    pub fn state(&self) -> SavedOutbox {
        let saved = |subject: &Subject| SavedSubject {
            alerts: subject.alerts.values().map(|notice| (**notice).clone()).collect(),
            told: subject.told,
            may_know: subject.may_know || subject.is_on_its_way,
        };
        SavedOutbox { subjects: self.subjects.values().map(saved).collect() }
    }

    /// One that knows what was kept. What a sink refused is tried again: somebody may have written the right key meanwhile. A sink that
    /// wants everything again and again gets it at once.
    pub fn restore(habit: Habit, saved: SavedOutbox) -> Self {
        let mut outbox = Self::new(habit);
        for saved in saved.subjects {
            for notice in saved.alerts.into_iter().take(MOST_ALERTS.saturating_sub(outbox.len())) {
                let subject = outbox.subjects.entry(habit.key(&notice.labels)).or_default();
                subject.told = saved.told.filter(|_| !matches!(habit, Habit::Repeat { .. }));
                subject.may_know = saved.may_know;
                subject.alerts.insert(notice.labels.clone(), Arc::new(notice));
            }
        }
        outbox
    }
}
