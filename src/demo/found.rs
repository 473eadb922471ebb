//! What steelthread found, in the form in which the shop keeps its truth.

use super::Truth;
use crate::query::{Answers, Count, HopRow, HopsQuestion, QueryError, Status, StatusQuestion};
use std::collections::BTreeMap;

/// What is counted: `checkout: failures at pricing (app_error)`.
pub(super) type What = String;

/// Counts by what is counted; whoever is not there is zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Counts(BTreeMap<What, f64>);

impl Counts {
    /// Asks a server about all its capabilities.
    pub(super) fn ask(answers: &dyn Answers) -> Result<Self, QueryError> {
        let status = answers.status(&StatusQuestion::default())?;
        let mut counts = Self::default();
        counts.put("spans received".into(), status.spans.received as f64);
        counts.put("spans measured".into(), fate(&status, "measured") as f64);
        for one in &status.capabilities {
            let id = &one.id;
            let outcomes = [
                ("executions", one.executions),
                ("ok", one.ok),
                ("failed", one.failed),
                ("rejected", one.rejected),
                ("abandoned", one.abandoned),
                ("incomplete", one.incomplete),
                ("slow", one.slow),
            ];
            for (name, Count(count)) in outcomes {
                counts.put(format!("{id}: {name}"), count);
            }
            let hops = answers.hops(&HopsQuestion { capability: Some(id.clone()), ..HopsQuestion::default() })?;
            hops.hops.iter().for_each(|hop| counts.hop(id, hop));
            counts.put(format!("{id}: failures nobody can be named for"), hops.buckets.unknown.0 + hops.buckets.caller.0);
        }
        Ok(counts)
    }

    /// What the shop made, in the same words.
    pub(super) fn made(truth: &Truth) -> Self {
        let mut counts = Self::default();
        counts.put("spans received".into(), truth.spans as f64);
        counts.put("spans measured".into(), truth.spans as f64);
        let total = truth.total();
        for (id, endings) in &total.endings {
            let outcomes = [
                ("executions", endings.executions()),
                ("ok", endings.ok),
                ("failed", endings.failed),
                ("rejected", endings.rejected),
                ("slow", endings.slow),
            ];
            for (name, count) in outcomes {
                counts.put(format!("{id}: {name}"), count as f64);
            }
        }
        for ((id, hop, cause), count) in &total.failures {
            counts.put(failures(id, hop, cause), *count as f64);
        }
        for ((id, hop), count) in &total.slow {
            counts.put(slow(id, hop), *count as f64);
        }
        for ((id, hop, kind), count) in &total.absorbed {
            counts.put(absorbed(id, hop, kind), *count as f64);
        }
        counts
    }

    fn hop(&mut self, capability: &str, row: &HopRow) {
        for (cause, count) in &row.causes {
            self.put(failures(capability, &row.hop, cause), count.0);
        }
        for (kind, count) in &row.absorbed {
            self.put(absorbed(capability, &row.hop, kind), count.0);
        }
        self.put(slow(capability, &row.hop), row.slow_blamed.0);
    }

    fn put(&mut self, what: What, count: f64) {
        *self.0.entry(what).or_default() += count;
    }

    /// How many.
    pub(super) fn get(&self, what: &str) -> f64 {
        self.0.get(what).copied().unwrap_or(0.0)
    }

    /// Where this and the other differ: what, mine, theirs.
    pub(super) fn differences<'a>(&'a self, other: &'a Self) -> Vec<(&'a str, f64, f64)> {
        let mut all: Vec<&str> = self.0.keys().chain(other.0.keys()).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|what| (what, self.get(what), other.get(what))).filter(|(_, mine, theirs)| mine != theirs).collect()
    }
}

/// How many spans have this fate.
pub(super) fn fate(status: &Status, name: &str) -> u64 {
    status.spans.fates.get(name).copied().unwrap_or(0)
}

pub(super) fn failures(capability: &str, hop: &str, cause: &str) -> What {
    format!("{capability}: failures at {hop} ({cause})")
}

pub(super) fn slow(capability: &str, hop: &str) -> What {
    format!("{capability}: slow because of {hop}")
}

pub(super) fn absorbed(capability: &str, hop: &str, kind: &str) -> What {
    format!("{capability}: errors absorbed at {hop} ({kind})")
}
