//! A server under load, and what it must come to.

use super::life::Life;
use super::load::Load;
use crate::program::shop_map;
use std::path::Path;
use std::time::Duration;

/// Longer than the parts of a trace are apart on a machine that stalls for a while, and short enough for traces to be closed between
/// two crashes.
pub const QUIET: Duration = Duration::from_secs(3);

/// Traces a second.
const PACE: u64 = if cfg!(debug_assertions) { 50 } else { 200 };

pub struct Trial {
    pub life: Life,
    pub load: Load,
    _folder: tempfile::TempDir,
}

impl Trial {
    /// The load begins at once, the server when it is started. `place`: where its store is, if it is to be elsewhere than usual.
    pub fn new(seed: u64, quiet: Duration, place: Option<&Path>, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = place.unwrap_or(folder.path()).join("store").display().to_string();
        let [quiet, no_entry] = [1, 2].map(|times| format!("{}s", times * quiet.as_secs()));
        let waits = ["--quiet", &*quiet, "--no-entry", &*no_entry];
        let life = Life::new(&shop_map(folder.path()), &store, &[&waits, more].concat());
        let load = Load::start(&life.otlp, &life.otlp_http, seed, PACE);
        Self { life, load, _folder: folder }
    }

    /// Lets all that was made be acknowledged and judged; then the answers are the truth.
    pub fn holds(&self, when: &str) {
        self.load.rest();
        self.life.settle();
        let truth = self.load.truth();
        let differences = truth.differences(&self.life.counts());
        assert!(differences.is_empty(), "{when}:\n{}\n{}", differences.join("\n"), self.story());
        let twice = self.life.fate("duplicate") + self.life.fate("late");
        assert!(
            twice <= self.load.again(),
            "{when}: {twice} spans came twice or late, but {} were sent again",
            self.load.again()
        );
    }

    /// What was counted has happened, even while spans come in.
    pub fn holds_so_far(&self, when: &str) {
        let counts = self.life.counts();
        let excess = self.load.truth().excess(&counts);
        assert!(excess.is_empty(), "{when}:\n{}\n{}", excess.join("\n"), self.story());
    }

    /// The end: SIGTERM, and the store says the same.
    pub fn ends(mut self) {
        self.holds("at the end");
        self.life.terminate();
        let differences = self.load.truth().differences_of_store(&self.life.counts_of_store());
        assert!(differences.is_empty(), "in the store:\n{}\n{}", differences.join("\n"), self.story());
    }

    /// What happened, for whoever looks for a fault.
    pub fn story(&self) -> String {
        let said = self.life.said();
        let last: Vec<&str> = said.lines().rev().take(60).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        let (again, refused, slowest) = (self.load.again(), self.load.refused(), self.load.slowest_ms());
        let last = last.join("\n");
        format!("sent again: {again} spans; refused: {refused} requests; slowest part where all went well: {slowest} ms\n{last}")
    }
}
