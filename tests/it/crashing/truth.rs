//! What was made, and what is answered, both as flat lists of counts: they must be the same, line by line.

use serde_json::Value;
use std::collections::BTreeMap;
use steelthread::demo::{Made, Tally};

/// Counts by what they count, such as `checkout failures pricing app_error`; what is zero is left out.
pub type Counts = BTreeMap<String, u64>;

/// Fates that no span of this load may have. Spans that were sent twice are duplicate or late, and those refused are shed: these are
/// looked at on their own.
const NO_SPAN: [&str; 4] = ["ignored", "malformed", "over_limit", "in_flight"];

/// What a running server counts from its start on.
pub const GROWING_FATES: [&str; 2] = ["spans measured", "spans unmatched"];

#[derive(Debug, Clone, Default)]
pub struct Truth {
    tally: Tally,
    /// Distinct spans of executions.
    measured: u64,
    /// Distinct spans of traces that are nobody's execution.
    unmatched: u64,
}

impl Truth {
    /// A trace: what was made of it, if it is an execution, and how many spans it has.
    pub fn add(&mut self, made: Option<&Made>, spans: usize) {
        match made {
            Some(made) => {
                self.tally.add(made);
                self.measured += spans as u64;
            }
            None => self.unmatched += spans as u64,
        }
    }

    pub fn executions(&self) -> u64 {
        self.tally.executions()
    }

    /// Distinct spans.
    pub fn spans(&self) -> u64 {
        self.measured + self.unmatched
    }

    /// What answers must say.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for (capability, made) in &self.tally.endings {
            let endings = [made.executions(), made.ok, made.failed, made.rejected, made.slow];
            for (what, count) in ["executions", "ok", "failed", "rejected", "slow"].iter().zip(endings) {
                put(&mut counts, format!("{capability} {what}"), count);
            }
        }
        for ((capability, hop, cause), count) in &self.tally.failures {
            put(&mut counts, format!("{capability} failures {hop} {cause}"), *count);
            *counts.entry(format!("{capability} failures {hop}")).or_default() += count;
        }
        for ((capability, hop, kind), count) in &self.tally.absorbed {
            put(&mut counts, format!("{capability} absorbed {hop} {kind}"), *count);
        }
        put(&mut counts, "spans measured".into(), self.measured);
        put(&mut counts, "spans unmatched".into(), self.unmatched);
        counts
    }

    /// The same without what a running server does not know: what a running server must say.
    fn counts_of_executions(&self) -> Counts {
        let mut counts = self.counts();
        counts.retain(|key, _| !GROWING_FATES.contains(&key.as_str()));
        counts
    }

    /// Lines for people: where what a running server answers is not the truth. Empty: it is the truth.
    pub fn differences(&self, answers: &Counts) -> Vec<String> {
        Self::compare(&self.counts_of_executions(), answers)
    }

    /// The same for the answers of a store, which knows about all spans.
    pub fn differences_of_store(&self, answers: &Counts) -> Vec<String> {
        Self::compare(&self.counts(), answers)
    }

    fn compare(truth: &Counts, answers: &Counts) -> Vec<String> {
        let keys: std::collections::BTreeSet<&String> = truth.keys().chain(answers.keys()).collect();
        let count = |of: &Counts, key: &str| of.get(key).copied().unwrap_or(0);
        let lines = keys.into_iter().filter(|key| count(truth, key) != count(answers, key));
        lines.map(|key| format!("{key}: {} answered, {} in truth", count(answers, key), count(truth, key))).collect()
    }

    /// Lines for people: what was counted although it cannot have happened yet.
    pub fn excess(&self, answers: &Counts) -> Vec<String> {
        let truth = self.counts();
        let happened = |key: &str| truth.get(key).copied().unwrap_or(0);
        // While spans come in, they are in flight.
        let over = answers.iter().filter(|(key, count)| **count > happened(key) && *key != "spans in_flight");
        over.map(|(key, count)| format!("{key}: {count} answered, {} in truth so far", happened(key))).collect()
    }
}

fn put(counts: &mut Counts, key: String, count: u64) {
    if count > 0 {
        counts.insert(key, count);
    }
}

/// The counts of these answers. `ask`: for a capability its hops, else the status.
pub fn answered(ask: &dyn Fn(Option<&str>) -> Value) -> Counts {
    let status = ask(None);
    let mut counts = Counts::new();
    for row in status["capabilities"].as_array().unwrap() {
        let capability = row["id"].as_str().unwrap();
        for what in ["executions", "ok", "failed", "rejected", "abandoned", "incomplete", "slow"] {
            put(&mut counts, format!("{capability} {what}"), number(&row[what]));
        }
        of_hops(&mut counts, capability, &ask(Some(capability)));
    }
    let fates = &status["spans"]["fates"];
    for fate in ["measured", "unmatched"].iter().chain(&NO_SPAN) {
        assert!(fates[fate].is_u64(), "no {fate} in {status}");
        put(&mut counts, format!("spans {fate}"), number(&fates[fate]));
    }
    let all: u64 = fates.as_object().unwrap().values().map(number).sum();
    assert_eq!(number(&status["spans"]["received"]), all, "received is not the sum of fates: {}", status["spans"]);
    counts
}

fn of_hops(counts: &mut Counts, capability: &str, hops: &Value) {
    for row in hops["hops"].as_array().unwrap() {
        let hop = row["hop"].as_str().unwrap();
        put(counts, format!("{capability} failures {hop}"), number(&row["failures"]));
        for (cause, count) in row["causes"].as_object().unwrap() {
            put(counts, format!("{capability} failures {hop} {cause}"), number(count));
        }
        for (kind, count) in row["absorbed"].as_object().unwrap() {
            put(counts, format!("{capability} absorbed {hop} {kind}"), number(count));
        }
    }
    for (bucket, count) in hops["buckets"].as_object().unwrap() {
        put(counts, format!("{capability} failures ({bucket})"), count.as_u64().unwrap_or(0));
    }
}

pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}
