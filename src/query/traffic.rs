//! Executions over time of all capabilities, in one reading: a board of two hundred has two hundred small lines, and asking for the history of each
//! would read the same windows two hundred times over.

use super::history::{Steps, look};
use super::status::count;
use super::{Between, Count, Desk, QueryError};
use crate::measure::Tally;
use crate::model::Name;
use std::collections::{BTreeMap, HashMap};

impl Desk {
    pub(super) fn told_traffic(&self, between: Between, step_ns: u64) -> Result<BTreeMap<String, Vec<Count>>, QueryError> {
        let listed = self.listing.now();
        let (_, kept, _) = self.kept_of(Some(between))?;
        let steps = Steps::new(kept, Some(step_ns))?;
        let mut sums: HashMap<Name, Vec<Tally>> =
            listed.iter().map(|one| (one.name, vec![Tally::default(); steps.len()])).collect();
        self.keeper.read_by(kept.from_ns..kept.to_ns, None, look(step_ns, true), &mut |kept, window| {
            let of = sums.get_mut(&kept.capability).zip(steps.position(kept.slice_ns));
            if let Some(sum) = of.and_then(|(sums, at)| sums.get_mut(at)) {
                *sum += window.executions();
            }
        })?;
        let told = |name: &Name| sums.get(name).into_iter().flatten().map(|sum| count(*sum)).collect();
        Ok(listed.iter().map(|one| (one.capability.id.clone(), told(&one.name))).collect())
    }
}
