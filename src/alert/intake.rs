//! Silence of all capabilities at once: what has stopped is the way in, not twenty businesses.
//!
//! Where a collector dies or a certificate runs out, nothing comes of anything. Twenty pages would say it twenty times, and to twenty teams that can do nothing
//! about it. So the executions of all capabilities are taken together: when it is sure that none of them came, one alert says so, and capabilities are
//! silent about their own silence while it lasts. Together they are also sooner sure than each alone. Where only one capability has ever had
//! executions nobody can tell the two apart, and it speaks for itself.

use super::rule::{Fire, LEAST_CALM_NS};
use super::state::{Alert, Kind};
use super::usual::SURE;
use super::watched::{Watched, is_maintained};
use super::{Labels, Severity};

/// So many capabilities must usually have executions.
const SEVERAL: usize = 2;
/// So many executions must have come before it is said that there are some again.
const BACK: u64 = 3;

/// An alert about the way in.
pub(super) fn is_about_intake(alert: &Alert) -> bool {
    alert.kind == Kind::NoData && alert.labels.capability.is_empty()
}

/// Whether it is no chance that nothing at all came up to this moment.
pub(super) fn is_missed<'a>(all: impl Iterator<Item = &'a Watched> + Clone, awake_since_ns: u64, until_ns: u64) -> bool {
    let last_ns = all.clone().map(|one| one.usual.last_ns()).max().unwrap_or(0);
    let from_ns = last_ns.max(awake_since_ns);
    if last_ns == 0 || from_ns >= until_ns {
        return false;
    }
    // Of whose work is announced nobody expects anything.
    let at_work = all.filter(|one| !is_maintained(&one.capability, until_ns));
    let expected = at_work.map(|one| one.usual.expected(from_ns, until_ns).unwrap_or(0.0)).filter(|expected| *expected > 0.0);
    let (several, sum) = expected.fold((0, 0.0), |(several, sum), expected| (several + 1, sum + expected));
    several >= SEVERAL && sum >= SURE
}

/// Whether the alert ends, after so many executions of any capability; remembers if nothing comes still.
pub(super) fn ends(alert: &mut Alert, missed: bool, back: u64, until_ns: u64) -> bool {
    if missed {
        alert.fire.burnt_ns = until_ns;
        return false;
    }
    back >= BACK && until_ns.saturating_sub(alert.fire.burnt_ns) >= LEAST_CALM_NS
}

pub(super) fn alert(until_ns: u64) -> Alert {
    let labels = Labels {
        alertname: Kind::NoData.as_str().to_owned(),
        capability: String::new(),
        objective: String::new(),
        tier: String::new(),
        severity: Severity::Page,
        owner: String::new(),
    };
    Alert::new(Kind::NoData, labels, until_ns, Fire::at(until_ns))
}
