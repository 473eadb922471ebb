//! Questions about what arrives, as a desk answers them.

use super::why::{Books, empty, why};
use super::{Empty, Matching, Seen, arriving, entries, unmatched};
use crate::measure::Window;
use crate::model::Name;
use crate::query::estimate::seen as seen_of;
use crate::query::listing::{self, Listed};
use crate::query::status::count;
use crate::query::{API_VERSION, CapabilityStatus, Desk, QueryError};
use std::collections::HashSet;

/// Capabilities that an answer holds against what arrives; each costs what all shapes that arrive cost.
const MOST_EXPLAINED: usize = 200;

impl Desk {
    /// Of each capability that has no execution at all, whatever the range: why.
    pub(in crate::query) fn say_why_empty(
        &self,
        asked: &[&Listed],
        status: &mut [CapabilityStatus],
        whole: bool,
    ) -> Result<(), QueryError> {
        // Counters are read often, and by machines: sentences are for those who look.
        let Some(sources) = self.arriving.as_ref().filter(|_| !self.since_start).map(|one| one.load()) else { return Ok(()) };
        let is_empty = |one: &CapabilityStatus| one.executions.0 == 0.0;
        if !status.iter().any(is_empty) {
            return Ok(());
        }
        let seen = Seen::now(&sources, &self.names);
        let books = self.books()?;
        for (listed, one) in asked.iter().zip(status).filter(|(_, one)| is_empty(one)).take(MOST_EXPLAINED) {
            // The maps of the list and of what arrives are swapped one after the other.
            let Some(at) = seen.catalogue().position(&listed.capability.id) else { continue };
            let told = entries(&seen, at);
            one.why_empty = Some(match &told.last_matched {
                Some(last) if !whole => format!("no execution in this range; the last span that matched came at {last}"),
                _ => why(&seen, at, &told, &books),
            });
        }
        Ok(())
    }

    /// Capabilities that had no execution since the process began, each with why: for the log.
    ///
    /// # Errors
    /// What is kept cannot be read.
    pub fn why_empty(&self) -> Result<Vec<Empty>, QueryError> {
        let Some(sources) = self.arriving.as_ref().map(|one| one.load()) else { return Ok(Vec::new()) };
        let mut known: HashSet<Name> = HashSet::new();
        self.keeper.read_since_start(None, &mut |capability, window| {
            if window.executions().raw > 0 {
                known.insert(capability);
            }
        });
        let listed = self.listing.now();
        let position = |one: &Listed| sources.catalogue.position(&one.capability.id);
        let without = listed.iter().filter(|one| !known.contains(&one.name)).filter_map(position);
        let mut without = without.take(MOST_EXPLAINED).peekable();
        if without.peek().is_none() {
            return Ok(Vec::new());
        }
        let (seen, books) = (Seen::now(&sources, &self.names), self.books()?);
        let told = without.map(|at| {
            let told = entries(&seen, at);
            empty(&seen, at, &told, &books)
        });
        Ok(told.collect())
    }

    fn books(&self) -> Result<Books, QueryError> {
        Ok(Books { fates: self.fates()?, unknown: self.unknown_capabilities()? })
    }

    pub(in crate::query) fn told_matching(&self, capability: Option<&str>) -> Result<Matching, QueryError> {
        let Some(sources) = self.arriving.as_ref().map(|one| one.load()) else {
            return Err(QueryError::Bad(
                "a store keeps what was counted, and not what arrived; ask a running server, or recorded traces (--map MAP INPUT)".into(),
            ));
        };
        let listed = self.listing.now();
        let mut asked = listing::asked(&listed, capability)?;
        let capabilities_more = asked.len().saturating_sub(MOST_EXPLAINED) as u64;
        asked.truncate(MOST_EXPLAINED);
        let between = self.range(None)?;
        let windows = self.windows(&asked, None, between, true)?;
        let estimated = windows.values().any(|window| window.executions().is_weighted());
        let (seen, books) = (Seen::now(&sources, &self.names), self.books()?);
        let capability = |one: &&Listed| {
            let at = seen.catalogue().position(&one.capability.id)?;
            let mut told = entries(&seen, at);
            told.title.clone_from(&one.capability.title);
            let executions = windows.get(&one.name).map(Window::executions).unwrap_or_default();
            told.executions = count(executions);
            told.sampled = estimated.then(|| seen_of([("executions".to_owned(), executions)]));
            told.why = (told.executions.0 == 0.0).then(|| why(&seen, at, &told, &books));
            Some(told)
        };
        let (list, arriving_more) = arriving(&seen);
        Ok(Matching {
            api_version: API_VERSION.into(),
            spans: self.spans()?,
            arriving: list,
            arriving_more,
            capabilities: asked.iter().filter_map(capability).collect(),
            capabilities_more,
            unknown_capabilities: self.unknown_capabilities()?,
            unmatched: unmatched(&seen),
            estimated,
        })
    }
}
