//! Incidents: stretches of time in which a capability broke an objective, begun with those that alerts told (spec 5.4).
//!
//! An alert says that something is wrong; an incident says from when to when it was. The alert is too late at both ends: it begins when enough is
//! broken to be sure, and ends when what came since is surely better. So the stretch is looked for in the windows around it: back
//! from the detection to the moment since which most is broken beyond what is borne, and forward from there likewise. A blip long before an
//! incident is not its beginning, because what was good in between outweighs it, and no length of a pause has to be made up.
//!
//! What is remembered is small: who, what, when. Figures are made of windows when somebody asks, so that they hold what came late.

use super::engine::Shown;
use super::rule::{rank_of, rules_of};
use super::state::{Alert, Kind};
use super::{Labels, Severity};
use crate::catalogue::Capability;
use crate::objective::{Counts, DAY_NS, MIN_FAILURES, Period};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// More are not remembered: the oldest are forgotten.
pub const MOST_INCIDENTS: usize = 10_000;
/// An incident is not looked for longer before it was detected.
const MOST_BACK_NS: u64 = 3 * DAY_NS;

/// An incident, as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// What it is asked for by: the second in which it was detected, and a number made of capability and objective. Sorts by time.
    pub id: String,
    /// Id of the capability.
    pub capability: String,
    /// Id of the objective; of a hop's objective `hop/objective`.
    pub objective: String,
    /// The most urgent tier that told it.
    pub tier: String,
    /// How urgent that is.
    pub severity: Severity,
    /// As it was when it was detected; empty if nobody is named.
    pub owner: String,
    /// Since when somebody was told, Unix nanoseconds.
    pub detected_ns: u64,
    /// When its last alert ended; `None` while one lasts.
    pub resolved_ns: Option<u64>,
    /// So far back its beginning is looked for, nanoseconds.
    pub back_ns: u64,
    /// A window with more than this share of bad is broken.
    pub borne: f64,
    /// From the first broken window to the end of the last one, Unix nanoseconds; `None` until it was looked for. While it goes on, the end is what
    /// is known so far.
    pub stretch: Option<Range<u64>>,
    /// Its stretch was looked for since an alert of it began or ended.
    pub settled: bool,
}

impl Incident {
    fn new(alert: &Alert, capability: Option<&Capability>) -> Self {
        let Labels { capability: id, objective, tier, severity, owner, .. } = alert.labels.clone();
        let (borne, back_ns) = capability.and_then(|one| rule_of(one, &objective, &tier)).unwrap_or((0.0, MOST_BACK_NS));
        Self {
            id: id_of(&id, &objective, alert.starts_ns),
            capability: id,
            objective,
            tier,
            severity,
            owner,
            detected_ns: alert.starts_ns,
            resolved_ns: None,
            back_ns: back_ns.min(MOST_BACK_NS),
            borne,
            stretch: None,
            settled: false,
        }
    }

    fn around(&self, until_ns: u64) -> Range<u64> {
        self.detected_ns.saturating_sub(self.back_ns)..self.resolved_ns.unwrap_or(until_ns).max(self.detected_ns)
    }

    /// Finds its stretch in what was counted around it, sorted by time: start, end, good and bad of each window.
    pub fn settle(&mut self, counted: &[(Range<u64>, Counts)]) {
        self.stretch = Some(stretch(counted, self.detected_ns, self.borne));
        self.settled = true;
    }

    fn takes(&self, alert: &Alert) -> bool {
        let same = self.capability == alert.labels.capability && self.objective == alert.labels.objective;
        same && self.detected_ns <= alert.starts_ns && self.resolved_ns.is_none_or(|resolved_ns| alert.starts_ns <= resolved_ns)
    }

    fn more_urgent(&mut self, labels: &Labels) {
        if rank_of(&labels.tier) < rank_of(&self.tier) {
            self.tier.clone_from(&labels.tier);
            self.severity = labels.severity;
        }
    }
}

/// From which share of bad on a window is broken, and how far back this tier looks.
fn rule_of(capability: &Capability, objective: &str, tier: &str) -> Option<(f64, u64)> {
    let own = capability.objectives.iter().map(|one| (one.id.clone(), one));
    let of_hops = capability.hops.iter().flat_map(|hop| hop.objectives.iter().map(|one| (format!("{}/{}", hop.id, one.id), one)));
    let (_, found) = own.chain(of_hops).find(|(id, _)| id == objective)?;
    let rules = rules_of(Period::of(found).length_ns(), found.target, MIN_FAILURES);
    let rule = rules.iter().find(|rule| rule.tier.name == tier)?;
    Some((rule.calm_below, rule.tier.long_ns))
}

fn id_of(capability: &str, objective: &str, detected_ns: u64) -> String {
    // FNV-1a: the same on every machine and in every version.
    let bytes = capability.bytes().chain([0xff]).chain(objective.bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{:010}-{hash:08x}", detected_ns / 1_000_000_000)
}

/// From the first broken window to the end of the last one.
fn stretch(counted: &[(Range<u64>, Counts)], detected_ns: u64, borne: f64) -> Range<u64> {
    let beyond = |counts: &Counts| counts.bad.units as f64 - borne * counts.all().units as f64;
    let detected = counted.partition_point(|(window, _)| window.end <= detected_ns);
    let Some(first) = best(counted[..detected].iter().rev().map(|(_, counts)| beyond(counts))) else {
        return detected_ns..detected_ns;
    };
    let first = detected - 1 - first;
    let last = best(counted[first..].iter().map(|(_, counts)| beyond(counts))).unwrap_or_default();
    counted[first].0.start..counted[first + last].0.end
}

/// After which of these their sum is largest, and more than nothing; the first of equals.
fn best(numbers: impl Iterator<Item = f64>) -> Option<usize> {
    let (mut sum, mut most, mut best) = (0.0, 0.0, None);
    for (at, number) in numbers.enumerate() {
        sum += number;
        if sum > most {
            (most, best) = (sum, Some(at));
        }
    }
    best
}

/// The incidents that are remembered, by id.
#[derive(Debug, Default)]
pub struct Incidents {
    all: BTreeMap<String, Incident>,
}

impl Incidents {
    /// Those that were kept.
    pub fn of(kept: impl IntoIterator<Item = Incident>) -> Self {
        Self { all: kept.into_iter().map(|one| (one.id.clone(), one)).collect() }
    }

    /// Looks at the alerts that last, or ended of late, as they are at this moment. Gives back the ids of incidents that are not as they were.
    pub fn observe<'a>(&mut self, alerts: impl Iterator<Item = Shown<'a>>, until_ns: u64) -> Vec<String> {
        let mut burns: Vec<Shown<'_>> = alerts.filter(|shown| shown.alert.kind == Kind::BudgetBurn).collect();
        burns.sort_by_key(|shown| shown.alert.starts_ns);
        // Until when the alerts of an incident last.
        let mut ends: BTreeMap<String, Option<u64>> = BTreeMap::new();
        let mut changed = Vec::new();
        for shown in burns {
            let id = self.all.values_mut().rev().find(|one| one.takes(shown.alert)).map(|one| {
                one.more_urgent(&shown.alert.labels);
                one.id.clone()
            });
            let id = id.unwrap_or_else(|| self.begin(&shown, &mut changed));
            let end = ends.entry(id).or_insert(Some(0));
            *end = end.zip(shown.alert.resolved_ns).map(|(one, other)| one.max(other));
        }
        for one in self.all.values_mut() {
            let end = match ends.get(&one.id) {
                Some(end) => *end,
                // Its alert is not known any more: it cannot last.
                None => Some(one.resolved_ns.unwrap_or(until_ns)),
            };
            if end != one.resolved_ns {
                one.resolved_ns = end;
                one.settled = false;
                changed.push(one.id.clone());
            }
        }
        changed
    }

    fn begin(&mut self, shown: &Shown<'_>, changed: &mut Vec<String>) -> String {
        let fresh = Incident::new(shown.alert, shown.capability.map(AsRef::as_ref));
        let id = fresh.id.clone();
        changed.push(id.clone());
        self.all.insert(id.clone(), fresh);
        id
    }

    /// Forgets the oldest that are too many; gives back their ids.
    pub fn forget(&mut self) -> Vec<String> {
        let too_many = self.all.len().saturating_sub(MOST_INCIDENTS);
        (0..too_many).filter_map(|_| self.all.pop_first().map(|(id, _)| id)).collect()
    }

    /// Those whose stretch is to be looked for, so many at most.
    pub fn unsettled(&self, most: usize) -> Vec<Incident> {
        self.all.values().filter(|one| !one.settled).take(most).cloned().collect()
    }

    /// Where to look for the stretch of one: around it, but not in what another one of the same objective holds already.
    pub fn around(&self, incident: &Incident, until_ns: u64) -> Range<u64> {
        let Range { start, end } = incident.around(until_ns);
        let same = |one: &&Incident| one.capability == incident.capability && one.objective == incident.objective;
        let earlier = self.all.range(..incident.id.clone()).map(|(_, one)| one).filter(same);
        let told_ns = earlier.filter_map(|one| one.stretch.as_ref()).map(|stretch| stretch.end).max();
        start.max(told_ns.unwrap_or(0)).min(incident.detected_ns)..end
    }

    /// The one with this id.
    pub fn get(&self, id: &str) -> Option<&Incident> {
        self.all.get(id)
    }

    /// Puts one back whose stretch was found.
    pub fn put(&mut self, incident: Incident) {
        self.all.insert(incident.id.clone(), incident);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::rule::Fire;
    use super::*;
    use crate::measure::Tally;
    use crate::model::Weight;

    const S: u64 = 1_000_000_000;

    fn counted(windows: &[(u64, u64)]) -> Vec<(Range<u64>, Counts)> {
        let tally = |many| {
            let mut tally = Tally::default();
            tally.add(Weight::ONE, many);
            tally
        };
        let at = |at: usize| at as u64 * 10 * S;
        let one = |(i, (good, bad)): (usize, &(u64, u64))| (at(i)..at(i + 1), Counts { good: tally(*good), bad: tally(*bad) });
        windows.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_stretch_reaches_from_the_first_broken_window_to_the_last_and_a_blip_before_it_is_none_of_it() {
        let windows = [(99, 1), (100, 0), (100, 0), (50, 50), (100, 0), (60, 40), (60, 40), (100, 0), (100, 0), (99, 1)];
        assert_eq!(stretch(&counted(&windows), 60 * S, 0.01), 30 * S..70 * S);
        // It was over when it was detected.
        assert_eq!(stretch(&counted(&windows[..5]), 50 * S, 0.01), 30 * S..40 * S);
        // Nothing is broken.
        assert_eq!(stretch(&counted(&[(100, 0), (100, 0)]), 10 * S, 0.01), 10 * S..10 * S);
    }

    fn alert(tier: &str, starts_s: u64, resolved_s: Option<u64>) -> Alert {
        let severity = if tier == "1h/5m" { Severity::Page } else { Severity::Ticket };
        let labels = Labels {
            alertname: Kind::BudgetBurn.as_str().into(),
            capability: "pay".into(),
            objective: "available".into(),
            tier: tier.into(),
            severity,
            owner: String::new(),
        };
        let alert = Alert::new(Kind::BudgetBurn, labels, starts_s * S, Fire::at(starts_s * S));
        Alert { resolved_ns: resolved_s.map(|s| s * S), ..alert }
    }

    fn observe(incidents: &mut Incidents, alerts: &[Alert], until_s: u64) -> usize {
        let shown = alerts.iter().map(|alert| Shown { alert, capability: None, burning: None });
        incidents.observe(shown, until_s * S).len()
    }

    #[test]
    fn alerts_that_overlap_are_one_incident_and_what_comes_after_is_another() {
        let mut incidents = Incidents::default();
        assert_eq!(observe(&mut incidents, &[alert("1d/2h", 100, None)], 100), 1);
        let both = [alert("1d/2h", 100, None), alert("1h/5m", 200, None)];
        observe(&mut incidents, &both, 200);
        let all: Vec<_> = incidents.unsettled(9);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].tier.as_str(), all[0].severity, all[0].detected_ns), ("1h/5m", Severity::Page, 100 * S));
        let id = all[0].id.clone();
        // It ends with the last of its alerts.
        observe(&mut incidents, &[alert("1d/2h", 100, Some(300)), alert("1h/5m", 200, None)], 300);
        assert_eq!(incidents.get(&id).unwrap().resolved_ns, None);
        let over = [alert("1d/2h", 100, Some(300)), alert("1h/5m", 200, Some(400))];
        assert_eq!(observe(&mut incidents, &over, 400), 1);
        assert_eq!(incidents.get(&id).unwrap().resolved_ns, Some(400 * S));
        assert_eq!(observe(&mut incidents, &over, 500), 0);
        let later = [over[0].clone(), over[1].clone(), alert("1h/5m", 900, None)];
        assert_eq!(observe(&mut incidents, &later, 900), 1);
        assert_eq!(incidents.unsettled(9).len(), 2);
        // One whose alert is not known any more is over; those that are over stay as they were.
        assert_eq!(observe(&mut incidents, &[], 1000), 1);
        assert_eq!(incidents.get(&id).unwrap().resolved_ns, Some(400 * S));
    }

    #[test]
    fn an_incident_has_the_same_id_wherever_it_is_made() {
        let one = Incident::new(&alert("1h/5m", 1_767_571_200, None), None);
        assert_eq!(one.id, id_of("pay", "available", 1_767_571_200 * S));
        assert_ne!(one.id, id_of("paya", "vailable", 1_767_571_200 * S));
        let kept: Incident = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert_eq!(kept, one);
    }

    #[test]
    fn of_too_many_incidents_the_oldest_are_forgotten() {
        let many = (0..MOST_INCIDENTS as u64 + 2).map(|at| Incident::new(&alert("1h/5m", 1000 + at, Some(2000 + at)), None));
        let mut incidents = Incidents::of(many);
        assert_eq!(incidents.forget(), [id_of("pay", "available", 1000 * S), id_of("pay", "available", 1001 * S)]);
        assert!(incidents.forget().is_empty());
    }
}
