//! Incidents of a running server: begun and ended with alerts, kept in the store, their stretches looked for in what is counted.
//!
//! Which incidents there are follows from the alerts that are kept, so nothing is lost between the two: after a crash the next look finds
//! the same again. Stretches are looked for a few at a time, so that a thousand alerts at once do not hold up the next look.

use super::pipeline::Pipeline;
use crate::alert::{Engine, Incident, Incidents};
use crate::catalogue::Catalogue;
use crate::objective::{Counts, Indicator};
use crate::query::{Desk, INCIDENT_FIGURES, INCIDENTS, indicator_of};
use crate::store::{Look, StoreError};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Stretches that are looked for in one look at the alerts.
const MOST_AT_ONCE: usize = 10;

/// Incidents of a server.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<Incidents>);

impl Noted {
    fn lock(&self) -> MutexGuard<'_, Incidents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipeline {
    /// What an earlier server kept.
    pub(super) fn recall_incidents(&self) -> Result<(), StoreError> {
        let Some(store) = self.keeper.store() else { return Ok(()) };
        let read = |(name, text): (String, String)| {
            let told = |error| tracing::error!("what is kept as '{name}' cannot be read, and is forgotten: {error}");
            serde_json::from_str::<Incident>(&text).map_err(told).ok()
        };
        *self.noted.lock() = Incidents::of(store.texts(INCIDENTS)?.into_iter().filter_map(read));
        Ok(())
    }

    /// Lets incidents begin and end as alerts do.
    pub(super) fn note_incidents(&self, engine: &Engine) -> Result<(), StoreError> {
        let mut incidents = self.noted.lock();
        let changed = incidents.observe(engine.alerts(), engine.until_ns());
        let forgotten = incidents.forget();
        self.keep_incidents(&incidents, &changed, &forgotten)
    }

    /// Looks for the stretches of some incidents that began or ended.
    pub(super) fn settle_incidents(&self, map: &Catalogue, until_ns: u64) -> Result<(), StoreError> {
        let mut incidents = self.noted.lock();
        let (mut changed, mut figures, desk) = (Vec::new(), Vec::new(), self.desk());
        for mut incident in incidents.unsettled(MOST_AT_ONCE) {
            let counted = self.counted_around(&incident, map, incidents.around(&incident, until_ns))?;
            incident.settle(&counted);
            changed.push(incident.id.clone());
            figures.extend(self.figures_of(&desk, &incident));
            incidents.put(incident);
        }
        // Figures first: what is remembered as settled has them.
        if let Some(store) = self.keeper.store().filter(|_| !figures.is_empty()) {
            store.put_texts(&figures, &[])?;
        }
        self.keep_incidents(&incidents, &changed, &[])
    }

    /// Name and text under which the figures of one that is over are kept.
    fn figures_of(&self, desk: &Desk, incident: &Incident) -> Option<(String, String)> {
        let text = desk.figures_to_keep(incident);
        let told = |error: &_| {
            tracing::error!("the figures of incident {} cannot be kept, and are summed when asked for: {error}", incident.id)
        };
        let text = text.inspect_err(told).ok().flatten()?;
        Some((format!("{INCIDENT_FIGURES}{}", incident.id), text))
    }

    fn keep_incidents(&self, incidents: &Incidents, changed: &[String], forgotten: &[String]) -> Result<(), StoreError> {
        let Some(store) = self.keeper.store().filter(|_| !changed.is_empty() || !forgotten.is_empty()) else { return Ok(()) };
        let name = |id: &String| format!("{INCIDENTS}{id}");
        let kept = changed.iter().filter_map(|id| incidents.get(id));
        let kept: Vec<_> = kept.map(|one| (name(&one.id), serde_json::to_string(one).unwrap_or_default())).collect();
        let forgotten: Vec<_> = forgotten.iter().flat_map(|id| [name(id), format!("{INCIDENT_FIGURES}{id}")]).collect();
        store.put_texts(&kept, &forgotten)
    }

    /// Good and bad of its objective by window, sorted by time.
    fn counted_around(
        &self,
        incident: &Incident,
        map: &Catalogue,
        around: Range<u64>,
    ) -> Result<Vec<(Range<u64>, Counts)>, StoreError> {
        let capability = map.capabilities().iter().find(|one| one.id == incident.capability);
        let found = capability.and_then(|one| indicator_of(one, &incident.objective, &self.names));
        let Some((_, indicator)) = found else { return Ok(Vec::new()) };
        let name = self.names.intern(incident.capability.as_bytes());
        let look = Look { at_most_ns: crate::measure::SLICE_NS, totals: !matches!(indicator, Indicator::HopCalls { .. }) };
        let mut sums: BTreeMap<u64, (u64, Counts)> = BTreeMap::new();
        self.keeper.read_by(around, Some(name), look, &mut |kept, window| {
            let (end_ns, sum) = sums.entry(kept.slice_ns).or_default();
            *end_ns = kept.end_ns();
            // Announced work burns no budget, and breaks none.
            if !capability.is_some_and(|one| one.maintenance.iter().any(|it| (it.from_ns..it.to_ns).contains(&kept.slice_ns))) {
                *sum += indicator.counts(window, &self.hops);
            }
        })?;
        Ok(sums.into_iter().map(|(start_ns, (end_ns, counts))| (start_ns..end_ns, counts)).collect())
    }
}
