//! The books on spans: every one that was received has exactly one fate (spec 3.1).

use crate::model::{Fate, Fates, Name};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values of `steelthread.capability` that are named apart; further ones are `(other)`.
pub const MOST_UNKNOWN_CAPABILITIES: usize = 100;

/// Spans by fate. Received is the sum at every moment, because whatever changes together is written under one lock. Meant to be
/// called once a request and once a batch of judged traces, not once a span.
#[derive(Debug, Default)]
pub struct Ledger {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    fates: Fates,
    /// Spans that left before they were told to have come: `moved` may overtake `received`.
    ahead: u64,
    unknown: HashMap<Name, u64, RandomState>,
}

impl Ledger {
    /// Spans came in: those taken are [`Fate::InFlight`], the others have their last fate already.
    pub fn received(&self, fates: &Fates) {
        let mut inside = self.lock();
        inside.fates += *fates;
        let (ahead, waiting) = (inside.ahead, inside.fates[Fate::InFlight]);
        inside.ahead = ahead.saturating_sub(waiting);
        inside.fates[Fate::InFlight] = waiting.saturating_sub(ahead);
    }

    /// Spans that were in flight have a last fate now. How many are received does not change.
    pub fn moved(&self, to: &Fates) {
        let mut inside = self.lock();
        let leaving = to.received();
        let waiting = inside.fates[Fate::InFlight];
        inside.ahead += leaving.saturating_sub(waiting);
        inside.fates[Fate::InFlight] = waiting.saturating_sub(leaving);
        inside.fates += *to;
    }

    /// Spans carried a value of `steelthread.capability` that is not in the map.
    pub fn unknown_capability(&self, value: Name, spans: u64) {
        let mut inside = self.lock();
        let known = inside.unknown.contains_key(&value) || inside.unknown.len() < MOST_UNKNOWN_CAPABILITIES;
        *inside.unknown.entry(if known { value } else { Name::OTHER }).or_default() += spans;
    }

    /// All spans by fate, of one moment.
    pub fn fates(&self) -> Fates {
        self.lock().fates
    }

    /// Values of `steelthread.capability` that are not in the map, with how many spans carried them.
    pub fn unknown_capabilities(&self) -> Vec<(Name, u64)> {
        self.lock().unknown.iter().map(|(name, spans)| (*name, *spans)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
