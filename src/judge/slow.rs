//! Who made an execution slow (spec 2.4, last part): the hop with the most critical-path time beyond what is normal for it, or with
//! the most time where nothing is known yet.

use super::case::Case;
use crate::model::{Cause, HopId, HopUse, Hops, Section, SectionKind, SlowBlame};

/// Time of one hop, and how much of it is too much.
struct Excess {
    known: bool,
    own: f64,
    edge: f64,
    all: f64,
}

/// `None` only where no time was spent at all.
pub fn blame(case: &Case<'_>, uses: &[HopUse], path: &[Section]) -> SlowBlame {
    let spent = || uses.iter().filter(|one| one.critical_path_ns > 0 && one.hop != Hops::UNKNOWN);
    let all: Vec<(&HopUse, Excess)> = spent().map(|one| (one, excess(case, one))).collect();
    // Of equals the first.
    let worst = all.iter().rev().max_by(|one, other| one.1.all.total_cmp(&other.1.all));
    if let Some((one, excess)) = worst
        && excess.all > 0.0
        && all.iter().any(|(_, excess)| excess.known)
    {
        let edge = excess.edge > excess.own;
        return SlowBlame { hop: one.hop, cause: cause(one.hop, edge, path) };
    }
    match spent().rev().max_by_key(|one| one.critical_path_ns) {
        Some(one) => SlowBlame { hop: one.hop, cause: cause(one.hop, one.edge_gap_ns > one.self_ns, path) },
        None => SlowBlame { hop: Hops::UNKNOWN, cause: Cause::SelfTime },
    }
}

/// Of a hop that was never on the path before, all time is too much.
fn excess(case: &Case<'_>, one: &HopUse) -> Excess {
    let normal = |kind| case.context.normal.normal_ns(case.name, one.hop, kind);
    let (own, edge) = (normal(SectionKind::SelfTime), normal(SectionKind::Gap));
    let known = own.is_some() || edge.is_some();
    let own = one.self_ns as f64 - own.unwrap_or(0.0);
    let edge = one.edge_gap_ns as f64 - edge.unwrap_or(0.0);
    Excess { known, own, edge, all: own + edge }
}

fn cause(hop: HopId, edge: bool, path: &[Section]) -> Cause {
    let time = |kind| {
        let sections = path.iter().filter(|section| section.hop == hop && section.kind == kind);
        sections.map(|section| section.end_ns - section.start_ns).sum::<u64>()
    };
    match edge {
        false => Cause::SelfTime,
        true if time(SectionKind::Queue) > time(SectionKind::Gap) => Cause::Queue,
        true => Cause::EdgeGap,
    }
}
