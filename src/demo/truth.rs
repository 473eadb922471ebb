//! What the shop knows: how many executions it made, and which hop it made fail, be slow, or stumble without harm.

use std::collections::BTreeMap;
use std::ops::AddAssign;

/// How the shop made an execution end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Served.
    Ok,
    /// Not served, because of a hop, for a cause (a word of the specification).
    Failed {
        /// Hop of the map.
        hop: &'static str,
        /// Cause.
        cause: &'static str,
    },
    /// Refused as wrong.
    Rejected,
}

/// What the shop made of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Id of the map.
    pub capability: &'static str,
    /// How it ended.
    pub ending: Ending,
    /// The hop that made it take longer than the map allows.
    pub slow_by: Option<&'static str>,
    /// Hop and kind of an error that did no harm.
    pub absorbed: Option<(&'static str, &'static str)>,
}

/// A hop of a capability, with a cause or a kind.
pub type Key = (&'static str, &'static str, &'static str);

/// Executions by capability and ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Endings {
    /// Served.
    pub ok: u64,
    /// Not served.
    pub failed: u64,
    /// Refused as wrong.
    pub rejected: u64,
    /// Of the served ones: too slow.
    pub slow: u64,
}

impl Endings {
    /// All executions.
    pub fn executions(&self) -> u64 {
        self.ok + self.failed + self.rejected
    }
}

/// Counts of what was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// By capability.
    pub endings: BTreeMap<&'static str, Endings>,
    /// Failed executions by capability, hop and cause.
    pub failures: BTreeMap<Key, u64>,
    /// Slow executions, whatever their ending, by capability and hop.
    pub slow: BTreeMap<(&'static str, &'static str), u64>,
    /// Absorbed errors by capability, hop and kind.
    pub absorbed: BTreeMap<Key, u64>,
}

impl Tally {
    /// Counts an execution.
    pub fn add(&mut self, made: &Made) {
        let endings = self.endings.entry(made.capability).or_default();
        match made.ending {
            Ending::Ok => endings.ok += 1,
            Ending::Rejected => endings.rejected += 1,
            Ending::Failed { hop, cause } => {
                endings.failed += 1;
                *self.failures.entry((made.capability, hop, cause)).or_default() += 1;
            }
        }
        if let Some(hop) = made.slow_by {
            endings.slow += u64::from(made.ending == Ending::Ok);
            *self.slow.entry((made.capability, hop)).or_default() += 1;
        }
        if let Some((hop, kind)) = made.absorbed {
            *self.absorbed.entry((made.capability, hop, kind)).or_default() += 1;
        }
    }

    /// All executions.
    pub fn executions(&self) -> u64 {
        self.endings.values().map(Endings::executions).sum()
    }
}

fn merge<K: Ord + Copy>(mine: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *mine.entry(*key).or_default() += count;
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        for (capability, theirs) in &other.endings {
            let mine = self.endings.entry(capability).or_default();
            mine.ok += theirs.ok;
            mine.failed += theirs.failed;
            mine.rejected += theirs.rejected;
            mine.slow += theirs.slow;
        }
        merge(&mut self.failures, &other.failures);
        merge(&mut self.slow, &other.slow);
        merge(&mut self.absorbed, &other.absorbed);
    }
}

/// What the shop did in a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Truth {
    /// One tally per phase of the script, in its order; phases that were not reached are empty.
    pub phases: Vec<Tally>,
    /// Spans handed to the SDK.
    pub spans: u64,
}

impl Truth {
    /// Over all phases.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for phase in &self.phases {
            total += phase;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(ending: Ending, slow_by: Option<&'static str>) -> Made {
        Made { capability: "checkout", ending, slow_by, absorbed: None }
    }

    #[test]
    fn every_execution_has_one_ending_and_failures_add_up() {
        let mut tally = Tally::default();
        tally.add(&made(Ending::Ok, Some("inventory")));
        tally.add(&made(Ending::Rejected, None));
        tally.add(&made(Ending::Failed { hop: "card-network", cause: "timeout_no_server" }, Some("card-network")));
        let endings = tally.endings["checkout"];
        assert_eq!(endings, Endings { ok: 1, failed: 1, rejected: 1, slow: 1 });
        assert_eq!(tally.executions(), 3);
        assert_eq!(tally.failures.values().sum::<u64>(), endings.failed);
        assert_eq!(tally.slow.values().sum::<u64>(), 2);
    }

    #[test]
    fn the_total_is_the_sum_of_the_phases() {
        let mut one = Tally::default();
        one.add(&made(Ending::Failed { hop: "pricing", cause: "app_error" }, None));
        let truth = Truth { phases: vec![one.clone(), Tally::default(), one], spans: 0 };
        assert_eq!(truth.total().failures[&("checkout", "pricing", "app_error")], 2);
        assert_eq!(truth.total().endings["checkout"].failed, 2);
    }
}
