//! Alerts are told to sinks: what the server starts with, tells about it, and ends with.

use super::pipeline::Pipeline;
use super::{AlertSettings, Error, clock};
use crate::notify::{Couriers, Figures, State};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long alerts that wait have to be told when the server stops.
pub(super) const LAST_CHANCE: Duration = Duration::from_secs(5);

/// A figure for each kind of sink.
macro_rules! by_sink {
    ($family:literal) => {
        [
            ("alertmanager", concat!($family, "{sink=\"alertmanager\"}")),
            ("pagerduty", concat!($family, "{sink=\"pagerduty\"}")),
            ("slack", concat!($family, "{sink=\"slack\"}")),
            ("webhook", concat!($family, "{sink=\"webhook\"}")),
        ]
    };
}

type Family = ([(&'static str, &'static str); 4], &'static str, fn(&Figures) -> u64);

const FAMILIES: [Family; 6] = [
    (by_sink!("alerts_told_total"), "Alerts in messages that a sink took, each time it did.", |it| it.counts.told),
    (by_sink!("alerts_failed_attempts_total"), "Messages to a sink that failed and are sent again.", |it| it.counts.failed),
    (by_sink!("alerts_refused_total"), "Messages that a sink refused for good.", |it| it.counts.refused),
    (by_sink!("alerts_dropped_total"), "Alerts for which there was no room.", |it| it.counts.dropped),
    (by_sink!("alerts_waiting"), "Alerts of which a sink has not been told how they are.", |it| it.waiting as u64),
    (by_sink!("alert_sinks_failing"), "Sinks that did not take the last message.", |it| it.failing as u64),
];

/// Starts to tell, with what was kept. `None` if there is nobody to tell.
pub(super) fn start(settings: &AlertSettings, kept: State) -> Result<Option<Couriers>, Error> {
    if settings.sinks.is_empty() {
        return Ok(None);
    }
    let couriers = Couriers::start(settings.clone(), kept, clock::now_ns);
    couriers.map(Some).map_err(|why| Error(format!("alerts cannot be told to {why}")))
}

impl Pipeline {
    /// Figures of the sinks there are.
    pub(super) fn alert_gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        self.couriers.get().map_or_else(Vec::new, |couriers| gauges(&couriers.figures(clock::now_ns())))
    }

    /// Gives what waits so much time to be told. What became of it, for the last sentence.
    pub(super) async fn finish_telling(&self, within: Duration) -> String {
        let Some(couriers) = self.couriers.get() else { return String::new() };
        couriers.finish(within).await;
        let waiting: usize = couriers.figures(clock::now_ns()).values().map(|figures| figures.waiting).sum();
        if waiting == 0 { String::new() } else { format!("; {waiting} alerts could not be told") }
    }
}

fn gauges(figures: &BTreeMap<&'static str, Figures>) -> Vec<(&'static str, &'static str, f64)> {
    let mut gauges = Vec::new();
    for (names, help, value) in FAMILIES {
        for (kind, name) in names {
            gauges.extend(figures.get(kind).map(|figures| (name, help, value(figures) as f64)));
        }
    }
    gauges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Counts;

    #[test]
    fn each_kind_of_sink_has_its_figures_and_one_that_is_not_there_has_none() {
        let slack = Figures { counts: Counts { told: 1, failed: 2, refused: 3, dropped: 4 }, waiting: 5, failing: 6 };
        let told = gauges(&BTreeMap::from([("slack", slack)]));
        let values: Vec<f64> = told.iter().map(|(.., value)| *value).collect();
        assert_eq!(values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(told.iter().all(|(name, ..)| name.ends_with("{sink=\"slack\"}")), "{told:?}");
    }

    #[test]
    fn figures_of_all_kinds_have_a_name() {
        let kinds = ["alertmanager", "pagerduty", "slack", "webhook"];
        let told = gauges(&kinds.into_iter().map(|kind| (kind, Figures::default())).collect());
        assert_eq!(told.len(), FAMILIES.len() * kinds.len());
    }
}
