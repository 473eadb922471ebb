//! B14: errors that did not matter.

use super::descent::{Attempt, Descent};

impl Descent<'_, '_> {
    /// The span whose error this one explains: nearest ancestor that is no transparent wrapper.
    fn explained(&self, at: usize) -> Option<usize> {
        let mut above = self.ex.tree.up[at]?;
        while above != self.ex.root && self.is_wrapper(above) {
            let next = self.ex.tree.up[above]?;
            if self.ex.is_step(above) || self.ex.span(next).service != self.ex.span(above).service {
                return Some(above);
            }
            above = next;
        }
        Some(above)
    }

    /// The error is part of a chain that begins above it. `starts`: spans that are read as errored whatever they say.
    fn belongs_to_chain(&self, at: usize, starts: &[usize]) -> bool {
        if self.ex.is_step(at) || at == self.ex.root {
            return at == self.ex.root;
        }
        let Some(above) = self.explained(at) else { return false };
        if self.ex.is_error(above) || starts.contains(&above) {
            return true;
        }
        // B8 looks through a silent server for its timed-out calls.
        let caller = self.ex.tree.up[above];
        caller.is_some_and(|caller| self.silent_server(caller) == Some(above) && self.own_timeouts(above).contains(&at))
    }

    /// Hop and kind, one for each chain. `blamed`: where the blame of the execution ended; `starts`: where its descent began.
    pub fn absorbed(&self, blamed: Option<usize>, starts: &[usize]) -> Vec<(super::hops::Hop, &'static str)> {
        let mut found = Vec::new();
        for at in self.ex.members.iter().copied().filter(|at| self.ex.is_error(*at)) {
            let attempt = self.attempt(at);
            if attempt == Attempt::Spent || starts.contains(&at) {
                continue;
            }
            if attempt == Attempt::Decides && self.belongs_to_chain(at, starts) {
                continue;
            }
            if self.ex.is_step(at) && self.ex.is_required(at) {
                continue; // it fails the execution, or stands beside another failure
            }
            let blame = self.from(at);
            if blamed.is_some_and(|blamed| blame.way.contains(&blamed)) {
                continue; // B11: an error so found is not absorbed
            }
            let kind = match () {
                () if attempt == Attempt::Masked => "masked_retry",
                () if self.ex.is_step(at) => "async_error",
                () => "suppressed",
            };
            found.push((blame.hop, kind));
        }
        found.sort();
        found
    }
}
