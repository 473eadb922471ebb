//! The capability as a whole: refused requests, number of executions, and being worse without any hop to name.

use super::blocks::{Block, Blocks};
use super::failures::share;
use super::found::{Found, Group, line, ms, percent};
use super::normal::middle;
use super::time::{Compared, compare};
use crate::measure::{Spread, Window};
use crate::model::{Hop, Outcome};
use crate::query::{EvidenceLine, ExplainKind};

/// So many times as many or as few.
const TRAFFIC: f64 = 1.5;

/// So many standard deviations (of the logarithm) off.
const TRAFFIC_FAR: f64 = 5.0;

/// With fewer stretches nobody knows how many executions are normal.
const TRAFFIC_KNOWN: usize = 5;

fn raw(window: &Window, outcome: Outcome) -> f64 {
    window.outcome(outcome).raw as f64
}

fn all(window: &Window) -> f64 {
    window.executions().raw as f64
}

/// More refused than normal.
pub(super) fn rejected(now: &Window, baseline: &[&Block], alpha: f64, caller: Hop) -> Group {
    let rejected = raw(now, Outcome::Rejected);
    let before: Vec<(f64, f64)> =
        baseline.iter().map(|block| (raw(&block.window, Outcome::Rejected), all(&block.window))).collect();
    let (chance, normal, known) = share((rejected, all(now)), &before);
    let part = rejected / all(now).max(1.0);
    if rejected < 3.0 || chance > alpha || part <= normal.share {
        return Group::default();
    }
    let normally = if known { format!(", normally {}", percent(normal.share)) } else { String::new() };
    let text =
        format!("{rejected:.0} of {:.0} executions were refused as wrong requests ({}{normally})", all(now), percent(part));
    let mut found = Found::new(caller, ExplainKind::Caller);
    found.size = 1.0;
    found.evidence.push(line("rejected", text, part, known.then_some(normal.share)));
    Group { magnitude: part - normal.share, found: vec![found] }
}

/// Many more, or many fewer executions than normal.
pub(super) fn traffic(now: &Blocks, baseline: &Blocks, caller: Hop) -> Group {
    let (now, baseline) = (now.rates(), baseline.rates());
    if baseline.len() < TRAFFIC_KNOWN {
        return Group::default();
    }
    let (normal, _) = middle(&baseline);
    let logarithms: Vec<f64> = baseline.iter().map(|rate| rate.max(0.1).ln()).collect();
    let (center, spread) = middle(&logarithms);
    let (rate, _) = middle(&now);
    // A few executions more or less are chance; so is what the first and the last slice lack.
    let by_chance = (1.0 / normal.max(0.1) + 1.0 / (normal * now.len() as f64).max(0.1)).sqrt();
    let off = rate.max(0.1).ln() - center;
    if off.abs() < TRAFFIC.ln() || off.abs() < TRAFFIC_FAR * spread.max(0.1).max(by_chance / 2.0) {
        return Group::default();
    }
    let text = format!("{rate:.1} executions in ten seconds, normally {normal:.1}");
    let mut found = Found::new(caller, ExplainKind::Traffic);
    found.size = 1.0;
    found.evidence.push(line("executions", text, rate, Some(normal)));
    Group { magnitude: (1.0 - (-off.abs()).exp()).clamp(0.0, 1.0), found: vec![found] }
}

/// Worse as a whole: surely more failures, or surely longer.
pub(super) fn worse(now: &Window, baseline: &[&Block], alpha: f64) -> Option<EvidenceLine> {
    let failed = raw(now, Outcome::Failed);
    let before: Vec<(f64, f64)> =
        baseline.iter().map(|block| (raw(&block.window, Outcome::Failed), all(&block.window))).collect();
    let (chance, normal, known) = share((failed, all(now)), &before);
    let part = failed / all(now).max(1.0);
    if failed >= 3.0 && chance <= alpha && part > normal.share {
        let text =
            format!("{failed:.0} of {:.0} executions failed ({}), and no hop surely more than normal", all(now), percent(part));
        return Some(line("failures", text, part, known.then_some(normal.share)));
    }
    let served = |window: &Window| raw(window, Outcome::Ok);
    let spreads: Vec<(&Spread, f64)> = baseline.iter().map(|block| (&block.window.durations, served(&block.window))).collect();
    let Compared { share, normal: before, limit, .. } = compare((&now.durations, served(now)), &spreads)?;
    let over = super::time::over(&now.durations, limit);
    let surely = share.at_least(over * served(now), served(now)) <= alpha;
    let [Some(median)] = now.durations.percentiles([500]) else { return None };
    let [Some(normal)] = before.percentiles([500]) else { return None };
    if !surely || over - share.share < 0.05 || (median as f64) < 1.1 * normal as f64 {
        return None;
    }
    let text = format!(
        "executions took {} at the median, normally {}; {} were over the normal 95th percentile, and no hop is surely slower by itself",
        ms(median as f64),
        ms(normal as f64),
        percent(over)
    );
    Some(line("duration", text, median as f64 / 1e6, Some(normal as f64 / 1e6)))
}
