//! When executions happen: a steady trickle with some scatter. Pure: the same seed, script and pace give the same executions.

use super::plan::{self, Plan};
use super::rng::Rng;
use super::script::Script;

/// An execution and its moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// When it has ended and its spans are handed over, microseconds since the run began.
    pub at_us: u64,
    /// Position of its phase in the script.
    pub phase: usize,
    /// What happens in it.
    pub plan: Plan,
}

/// All executions of a run, in the order of time.
#[derive(Debug, Clone)]
pub struct Traffic {
    script: Script,
    rng: Rng,
    every_us: u64,
    next_us: u64,
}

impl Traffic {
    /// As many executions a second as said, at least one.
    pub fn new(script: Script, seed: u64, per_second: u32) -> Self {
        let every_us = 1_000_000 / u64::from(per_second.max(1));
        Self { script, rng: Rng::new(seed), every_us, next_us: every_us / 2 }
    }
}

impl Iterator for Traffic {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let at_us = self.next_us;
        let phase = self.script.phase_at(at_us)?;
        self.next_us = at_us + self.rng.between(self.every_us / 2, self.every_us + self.every_us / 2).max(1);
        let plan = plan::plan(&mut self.rng, self.script.phases[phase].fault);
        Some(Arrival { at_us, phase, plan })
    }
}

#[cfg(test)]
#[path = "traffic_tests.rs"]
mod tests;
