//! Who is to blame in a stretch of time: failures and slow executions by hop.

use super::Count;
use super::IncidentHop;
use super::stats::share;
use super::status::failures_by_hop;
use crate::measure::{Window, units_to_count};
use crate::model::{HopId, Hops, Names};
use std::collections::HashMap;

/// Failed and slow executions by hop, in fixed-point units.
#[derive(Debug, Default, Clone)]
pub(super) struct Blamed(HashMap<HopId, (u128, u128)>);

impl Blamed {
    pub(super) fn add(&mut self, window: &Window) {
        failures_by_hop(window).for_each(|(hop, units)| self.put(hop, units, 0));
        let slow = window.hops.iter().filter_map(|(hop, figures)| Some((*hop, figures.trouble.as_ref()?.slow_blamed.units)));
        slow.for_each(|(hop, units)| self.put(hop, 0, units));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(hop, (failed, slow))| self.put(*hop, *failed, *slow));
    }

    fn put(&mut self, hop: HopId, failed: u128, slow: u128) {
        if failed > 0 || slow > 0 {
            let sum = self.0.entry(hop).or_default();
            *sum = (sum.0.saturating_add(failed), sum.1.saturating_add(slow));
        }
    }
}

/// Those to blame, most first; between equals by name. Shares are of the slow ones, or of those that failed.
pub(super) fn listed(blamed: &Blamed, by_slow: bool, names: &Names, hops: &Hops) -> Vec<IncidentHop> {
    let weight = |failed: u128, slow: u128| if by_slow { slow } else { failed };
    let all = blamed.0.values().fold(0_u128, |sum, (failed, slow)| sum.saturating_add(weight(*failed, *slow)));
    let mut list: Vec<(u128, IncidentHop)> = blamed
        .0
        .iter()
        .map(|(id, (failed, slow))| {
            let (hop, units) = (hops.get(*id), weight(*failed, *slow));
            let told = IncidentHop {
                hop: names.text(hop.hop).into(),
                service: names.text(hop.service).into(),
                lost: Count(units_to_count(*failed)),
                slow: Count(units_to_count(*slow)),
                share: share(units, all).unwrap_or(0.0),
            };
            (units, told)
        })
        .collect();
    list.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| (&a.hop, &a.service).cmp(&(&b.hop, &b.service))));
    list.into_iter().map(|(_, told)| told).collect()
}
