//! Questions about what arrives, as a desk answers them.

use super::why::{Books, empty, why};
use super::{Empty, Matching, Seen, arriving, entries, unmatched};
use crate::model::Name;
use crate::query::status::count;
use crate::query::{API_VERSION, CapabilityStatus, Desk, QueryError};
use std::collections::HashSet;

/// Capabilities that an answer holds against what arrives; each costs what all shapes that arrive cost.
const MOST_EXPLAINED: usize = 200;

impl Desk {
    /// Of each capability that has no execution at all, whatever the range: why.
    pub(in crate::query) fn say_why_empty(
        &self,
        asked: &[usize],
        status: &mut [CapabilityStatus],
        whole: bool,
    ) -> Result<(), QueryError> {
        // Counters are read often, and by machines: sentences are for those who look.
        let Some(sources) = self.arriving.as_ref().filter(|_| !self.since_start) else { return Ok(()) };
        let is_empty = |one: &CapabilityStatus| one.executions.0 == 0.0;
        if !status.iter().any(is_empty) {
            return Ok(());
        }
        let seen = Seen::now(sources, &self.names);
        let books = self.books()?;
        for (at, one) in asked.iter().zip(status).filter(|(_, one)| is_empty(one)).take(MOST_EXPLAINED) {
            let told = entries(&seen, *at as u32);
            one.why_empty = Some(match &told.last_matched {
                Some(last) if !whole => format!("no execution in this range; the last span that matched came at {last}"),
                _ => why(&seen, *at as u32, &told, &books),
            });
        }
        Ok(())
    }

    /// Capabilities that had no execution since the process began, each with why: for the log.
    ///
    /// # Errors
    /// What is kept cannot be read.
    pub fn why_empty(&self) -> Result<Vec<Empty>, QueryError> {
        let Some(sources) = &self.arriving else { return Ok(Vec::new()) };
        let mut known: HashSet<Name> = HashSet::new();
        self.keeper.read_since_start(None, &mut |capability, window| {
            if window.executions().raw > 0 {
                known.insert(capability);
            }
        });
        let mut without = (0..self.ids.len()).filter(|at| !known.contains(&self.ids[*at])).take(MOST_EXPLAINED).peekable();
        if without.peek().is_none() {
            return Ok(Vec::new());
        }
        let (seen, books) = (Seen::now(sources, &self.names), self.books()?);
        let told = without.map(|at| {
            let told = entries(&seen, at as u32);
            empty(&seen, at as u32, &told, &books)
        });
        Ok(told.collect())
    }

    fn books(&self) -> Result<Books, QueryError> {
        Ok(Books { fates: self.fates()?, unknown: self.unknown_capabilities()? })
    }

    pub(in crate::query) fn told_matching(&self, capability: Option<&str>) -> Result<Matching, QueryError> {
        let Some(sources) = &self.arriving else {
            return Err(QueryError::Bad(
                "a store keeps what was counted, and not what arrived; ask a running server, or recorded traces (--map MAP INPUT)".into(),
            ));
        };
        let mut asked = self.asked(capability)?;
        let capabilities_more = asked.len().saturating_sub(MOST_EXPLAINED) as u64;
        asked.truncate(MOST_EXPLAINED);
        let between = self.range(None)?;
        let windows = self.windows(&asked, None, between)?;
        let (seen, books) = (Seen::now(sources, &self.names), self.books()?);
        let capability = |at: &usize| {
            let mut told = entries(&seen, *at as u32);
            told.title.clone_from(&self.capabilities[*at].title);
            told.executions = windows.get(&self.ids[*at]).map(|window| count(window.executions())).unwrap_or_default();
            told.why = (told.executions.0 == 0.0).then(|| why(&seen, *at as u32, &told, &books));
            told
        };
        let (list, arriving_more) = arriving(&seen);
        Ok(Matching {
            api_version: API_VERSION.into(),
            spans: self.spans()?,
            arriving: list,
            arriving_more,
            capabilities: asked.iter().map(capability).collect(),
            capabilities_more,
            unknown_capabilities: self.unknown_capabilities()?,
            unmatched: unmatched(&seen),
        })
    }
}
