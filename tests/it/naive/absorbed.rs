//! B14: errors that did not matter.

use super::descent::{Attempt, Blame, Descent};
use super::reading::Class;

impl Descent<'_, '_> {
    /// The span whose error this one explains: nearest ancestor that is no transparent wrapper.
    fn explained(&self, at: usize, starts: &[usize]) -> Option<usize> {
        let mut above = self.ex.tree.up[at]?;
        while above != self.ex.root && self.is_wrapper(above) && !starts.contains(&above) {
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
        let Some(above) = self.explained(at, starts) else { return false };
        // A refused call in the chain is looked at like an error (B3).
        let refused = self.ex.class(above) == Class::CallerError && above != self.ex.root;
        if self.ex.is_error(above) || starts.contains(&above) || (refused && self.belongs_to_chain(above, starts)) {
            return true;
        }
        self.is_own_timeout(at)
    }

    /// B8 looks through a silent server for its timed-out calls.
    fn is_own_timeout(&self, at: usize) -> bool {
        let asks_of = |client: usize| self.silent_server(client).is_some() && self.own_timeouts(client).contains(&at);
        self.ex.tree.has_above(at, &asks_of)
    }

    /// Hop and kind, one for each chain. `blame`: that of the execution; `starts`: where its descent began.
    pub fn absorbed(&self, blame: Option<&Blame>, starts: &[usize]) -> Vec<(super::hops::Hop, &'static str)> {
        let mut found = Vec::new();
        let way = blame.map(|blame| blame.way.clone()).unwrap_or_default();
        let blamed = way.last().copied();
        // Suspects are told as suspects.
        let explained = |at: &&usize| self.ex.is_error(**at) || self.ex.class(**at) == Class::CallerError || starts.contains(at);
        let suspects: Vec<usize> =
            way.iter().filter(|_| !starts.is_empty()).filter(explained).flat_map(|at| self.choices(*at)).collect();
        let mut told: Vec<usize> = way.into_iter().chain(suspects.into_iter().flat_map(|at| self.from(at).way)).collect();
        for at in self.ex.members.iter().copied().filter(|at| self.ex.is_error(*at)) {
            if told.contains(&at) {
                continue; // a chain that began above led through it
            }
            let attempt = self.attempt(at);
            if attempt == Attempt::Spent {
                told.extend(self.from(at).way); // none, and what it leads to is none either
                continue;
            }
            if starts.contains(&at) {
                continue;
            }
            if attempt == Attempt::Decides && self.belongs_to_chain(at, starts) {
                if self.silent_server(at).is_some() {
                    told.extend(self.from(at).way); // and so does all on the way to what it waited for
                }
                continue;
            }
            if self.ex.required_steps().contains(&at) {
                continue; // it fails the execution, or stands beside another failure
            }
            let blame = self.from(at);
            told.extend(&blame.way);
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
