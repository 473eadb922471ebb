//! In which order rows stand, and what belongs to each.

use super::BoardFacts;
use crate::query::{CapabilityStatus, IncidentLine, ObjectiveBudget, ObjectiveStatus, State};

/// A capability, with what is told beside its status.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) one: &'a CapabilityStatus,
    /// The budget of which least is left.
    pub(super) budget: Option<&'a ObjectiveBudget>,
    /// What goes on.
    pub(super) incident: Option<&'a IncidentLine>,
    /// Something was counted in the windows of its budgets.
    pub(super) had_traffic: bool,
}

/// All rows: failing; no data where there used to be traffic; degraded, least budget left first; too few, and never any; ok. Between
/// equals in the order of the map.
pub(super) fn rows(facts: &BoardFacts) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = facts.status.capabilities.iter().map(|one| Row::new(one, facts)).collect();
    rows.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| a.left().total_cmp(&b.left())));
    rows
}

/// Rows by owner, the owner of the worst one first; those without an owner last.
pub(super) fn by_owner<'a, 'b>(rows: &[&'b Row<'a>]) -> Vec<(Option<&'a str>, Vec<&'b Row<'a>>)> {
    let mut groups: Vec<(Option<&str>, Vec<&Row<'_>>)> = Vec::new();
    for row in rows {
        let owner = row.one.owner.as_deref();
        match groups.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, group)) => group.push(row),
            None => groups.push((owner, vec![row])),
        }
    }
    groups.sort_by_key(|(owner, _)| owner.is_none());
    groups
}

impl<'a> Row<'a> {
    fn new(one: &'a CapabilityStatus, facts: &'a BoardFacts) -> Self {
        let own = || facts.budget.budgets.iter().filter(|budget| budget.capability == one.id && budget.hop.is_none());
        let known = own().filter(|budget| budget.left_share.is_some());
        let budget = known.min_by(|a, b| a.left_share.unwrap_or(1.0).total_cmp(&b.left_share.unwrap_or(1.0)));
        let incident = facts.open.iter().find(|incident| incident.capability == one.id);
        let had_traffic = own().any(|budget| budget.counted.0 > 0.0);
        Self { one, budget, incident, had_traffic }
    }

    fn rank(&self) -> u8 {
        match self.one.state {
            State::Failing => 0,
            State::NoData if self.had_traffic => 1,
            State::Degraded => 2,
            State::TooFew => 3,
            State::NoData => 4,
            State::Ok => 5,
        }
    }

    /// Only where it orders.
    fn left(&self) -> f64 {
        let orders = matches!(self.one.state, State::Failing | State::Degraded);
        if orders { self.budget.and_then(|budget| budget.left_share).unwrap_or(1.0) } else { 0.0 }
    }

    /// The objective that success is held against.
    pub(super) fn availability(&self) -> Option<&'a ObjectiveStatus> {
        self.one.objectives.iter().find(|objective| objective.kind == "availability")
    }

    /// Whether there are enough attempts to tell a rate of.
    pub(super) fn can_be_told(&self) -> bool {
        !matches!(self.one.state, State::NoData | State::TooFew)
    }

    /// Whether a word that is searched for is part of it.
    pub(super) fn is_found(&self, word: Option<&str>) -> bool {
        let Some(word) = word.map(str::trim).filter(|word| !word.is_empty()) else { return true };
        let word = word.to_lowercase();
        let worst = self.one.worst_hop.as_ref();
        let texts = [
            Some(self.one.id.as_str()),
            Some(self.one.title.as_str()),
            self.one.owner.as_deref(),
            worst.map(|worst| worst.hop.as_str()),
            worst.map(|worst| worst.service.as_str()),
            worst.and_then(|worst| worst.supplier.as_deref()),
        ];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&word))
    }
}
