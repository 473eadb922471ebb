//! What one sink knows and should know about one thing.

use super::pagerduty::dedup_key;
use crate::alert::{Labels, Notice, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How a sink wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Everything again and again, what has ended for a while longer: Alertmanager.
    Repeat {
        /// How often.
        every: Duration,
        /// How long what has ended is told.
        ended_for: Duration,
    },
    /// Each alert when it begins and when it ends: webhook, Slack.
    OncePerAlert,
    /// Alerts about one objective as one thing, when the first begins and the last ends: PagerDuty.
    OncePerObjective,
}

impl Habit {
    /// What an alert is filed under.
    pub(super) fn key(self, labels: &Labels) -> String {
        match self {
            Self::OncePerObjective => dedup_key(labels),
            Self::Repeat { .. } | Self::OncePerAlert => {
                labels.pairs().flat_map(|(name, value)| [name, "\u{1}", value, "\u{2}"]).collect()
            }
        }
    }
}

/// What is told, without the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// It lasts.
    pub is_firing: bool,
    /// Since when, Unix nanoseconds.
    pub starts_ns: u64,
    /// How urgent it is.
    pub severity: Severity,
}

impl Fact {
    fn of(notice: &Notice) -> Self {
        Self { is_firing: notice.is_firing(), starts_ns: notice.starts_ns, severity: notice.labels.severity }
    }
}

/// Alerts that a sink takes for one thing, and what it knows of it.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub(super) alerts: BTreeMap<Labels, Arc<Notice>>,
    /// What the sink has taken.
    pub(super) told: Option<Fact>,
    /// A message is on its way.
    pub(super) is_on_its_way: bool,
    /// A message got there, or may have, that nothing was told about.
    pub(super) may_know: bool,
    /// What it never will take.
    pub(super) refused: Option<Fact>,
    /// When it was told, or last tried, Unix nanoseconds.
    pub(super) told_ns: u64,
    pub(super) tried_ns: u64,
}

impl Subject {
    /// The one that speaks for all: what lasts before what has ended, then the most urgent, then the oldest.
    pub(super) fn leading(&self) -> Option<&Arc<Notice>> {
        self.alerts.values().min_by_key(|notice| {
            let urgency = std::cmp::Reverse(notice.labels.severity);
            (!notice.is_firing(), urgency, notice.starts_ns)
        })
    }

    pub(super) fn fact(&self) -> Option<Fact> {
        self.leading().map(|notice| Fact::of(notice))
    }

    /// What is to be told next. Where alerts are one thing that has become more or less urgent, its end comes first: who has seen the ticket must be
    /// woken for the page, and whoever was woken need not be for the ticket that remains, perhaps for days.
    pub(super) fn to_tell(&self, habit: Habit) -> Option<Fact> {
        let now = self.fact()?;
        match (self.told, habit) {
            (Some(told), Habit::OncePerObjective) if told.is_firing && now.is_firing && told.severity != now.severity => {
                Some(Fact { is_firing: false, ..told })
            }
            _ => Some(now),
        }
    }

    /// From when on there is something to tell, Unix nanoseconds.
    pub(super) fn due_ns(&self, habit: Habit) -> Option<u64> {
        let now = self.to_tell(habit)?;
        let again = |every: Duration| self.told_ns.saturating_add(every.as_nanos() as u64);
        if self.refused == Some(now) {
            return if let Habit::Repeat { every, .. } = habit { Some(again(every)) } else { None };
        }
        match (self.told, habit) {
            // An alert that came and went before anybody could be told is no news, unless an answer was lost on its way back.
            (None, Habit::OncePerAlert | Habit::OncePerObjective) => (now.is_firing || self.may_know).then_some(0),
            (None, Habit::Repeat { .. }) => Some(0),
            (Some(told), Habit::Repeat { every, .. }) => Some(if is_other(told, now) { 0 } else { again(every) }),
            (Some(told), Habit::OncePerAlert) => is_other(told, now).then_some(0),
            (Some(told), Habit::OncePerObjective) => (told.is_firing != now.is_firing).then_some(0),
        }
    }

    /// Whether nothing will ever be told of it any more.
    pub(super) fn is_over(&self, habit: Habit, now_ns: u64) -> bool {
        if self.alerts.values().any(|notice| notice.is_firing()) {
            return false;
        }
        match habit {
            Habit::Repeat { ended_for, .. } => self.alerts.values().all(|notice| is_past(notice, ended_for, now_ns)),
            Habit::OncePerAlert | Habit::OncePerObjective => !self.is_on_its_way && self.due_ns(habit).is_none(),
        }
    }

    /// What has ended says nothing beside what lasts.
    pub(super) fn forget_ended(&mut self) {
        if self.alerts.values().any(|notice| notice.is_firing()) {
            self.alerts.retain(|_, notice| notice.is_firing());
        }
    }
}

fn is_other(told: Fact, now: Fact) -> bool {
    (told.is_firing, told.starts_ns) != (now.is_firing, now.starts_ns)
}

/// Whether an alert ended so long ago.
pub(super) fn is_past(notice: &Notice, by: Duration, now_ns: u64) -> bool {
    notice.resolved_ns.is_some_and(|resolved_ns| now_ns >= resolved_ns.saturating_add(by.as_nanos() as u64))
}
