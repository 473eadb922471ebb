//! `history` as a picture with a table, and as rows.

use super::figures::{NOTHING, count, ms, percent, share};
use super::output::{Look, lines};
use super::status::{latency, number, seen, worst};
use crate::query::{Count, History, HistoryPoint, length_text};
use comfy_table::ColumnConstraint;
use std::fmt::Write;

const NUMBERS: [&str; 10] =
    ["executions", "ok", "failed", "rejected", "abandoned", "incomplete", "success", "slow", "p50", "p95"];

/// In a terminal that is narrower than this, the table has only what a glance needs.
const NARROW: usize = 140;
const NEEDED: [&str; 6] = ["from", "executions", "failed", "success", "p95", "worst hop"];
/// The same for one that is very narrow.
const VERY_NARROW: usize = 80;
const MOST_NEEDED: [&str; 4] = ["from", "failed", "success", "worst hop"];

/// Signs of a picture, and what stands beside them.
const MOST_SIGNS: usize = 120;
const BESIDE: usize = 40;

/// From little to much.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where there is nothing to show.
const EMPTY: char = '·';

/// For people.
pub(super) fn table(history: &History, look: Look) -> String {
    of_width(history, look, look.width())
}

/// The same for a terminal of so many columns; `None`: what is written has no width.
fn of_width(history: &History, look: Look, width: Option<usize>) -> String {
    if history.points.is_empty() {
        return format!("{}: no point to show\n\n{}", history.capability, below(history));
    }
    let mut head = vec!["from"];
    head.extend(NUMBERS);
    head.push("worst hop");
    let shown = match width {
        Some(..VERY_NARROW) => &MOST_NEEDED[..],
        Some(..NARROW) => &NEEDED[..],
        _ => &head[..],
    };
    let columns: Vec<usize> = (0..head.len()).filter(|at| shown.contains(&head[*at])).collect();
    let names: Vec<&str> = columns.iter().map(|at| head[*at]).collect();
    let mut table = look.table(&names, &NUMBERS);
    for point in &history.points {
        let row = row(point, shown.len() < head.len());
        table.add_row(columns.iter().map(|at| row[*at].clone()));
    }
    // A moment or a number that is broken in two cannot be read.
    table.column_iter_mut().take(names.len() - 1).for_each(|column| {
        column.set_constraint(ColumnConstraint::ContentWidth);
    });
    let signs = width.map_or(MOST_SIGNS, |width| width.saturating_sub(BESIDE).clamp(10, MOST_SIGNS));
    format!("{}\n{}\n{}", picture(&history.points, signs), lines(&table), below(history))
}

fn row(point: &HistoryPoint, narrow: bool) -> Vec<String> {
    let counts = [point.executions, point.ok, point.failed, point.rejected, point.abandoned, point.incomplete];
    let mut row = vec![point.from.clone()];
    row.extend(counts.map(count));
    row.push(percent(point.success_rate, 2));
    row.push(count(point.slow));
    row.push(ms(point.latency_ms.p50));
    row.push(ms(point.latency_ms.p95));
    row.push(match &point.worst_hop {
        Some(it) if narrow => format!("{} {}", it.hop, share(Some(it.share))),
        it => worst(it.as_ref()),
    });
    row
}

/// Several points that share a sign.
#[derive(Default)]
struct Folded {
    executions: f64,
    ok: f64,
    failed: f64,
}

impl Folded {
    fn of(points: &[HistoryPoint]) -> Self {
        points.iter().fold(Self::default(), |sum, point| Self {
            executions: sum.executions + point.executions.0,
            ok: sum.ok + point.ok.0,
            failed: sum.failed + point.failed.0,
        })
    }

    fn success(&self) -> Option<f64> {
        (self.ok + self.failed > 0.0).then(|| self.ok / (self.ok + self.failed))
    }
}

/// Two lines of blocks: how much there was, and how much of it worked. The lowest block of the second is its worst.
fn picture(points: &[HistoryPoint], signs: usize) -> String {
    let together = points.len().div_ceil(signs.max(1)).max(1);
    let folded: Vec<Folded> = points.chunks(together).map(Folded::of).collect();
    let most = folded.iter().map(|one| one.executions).fold(0.0, f64::max);
    let (worst, best) = folded
        .iter()
        .filter_map(Folded::success)
        .fold((1.0_f64, 0.0_f64), |(worst, best), rate| (worst.min(rate), best.max(rate)));
    let traffic: String = folded.iter().map(|one| sign(Some(one.executions).filter(|it| *it > 0.0), 0.0, most)).collect();
    let success: String = folded.iter().map(|one| sign(one.success(), worst, 1.0)).collect();
    let known = folded.iter().any(|one| one.success().is_some());
    let rates = if known { format!("{} to {}", percent(Some(worst), 2), percent(Some(best), 2)) } else { NOTHING.into() };
    let mut text = format!("executions  {traffic}  at most {}\nsuccess     {success}  {rates}\n", count(Count(most)));
    if together > 1 {
        let _ = writeln!(text, "            each sign stands for {together} points");
    }
    text
}

/// The lowest block is the lower end, and the full one the upper end.
fn sign(value: Option<f64>, low: f64, high: f64) -> char {
    let Some(value) = value else { return EMPTY };
    let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 1.0 };
    BLOCKS[((share * 7.0).round() as usize).min(BLOCKS.len() - 1)]
}

fn below(history: &History) -> String {
    let (range, step) = (&history.range, length_text(history.step_seconds));
    let mut text = format!("{}, from {} to {}, a point every {step}\n", history.capability, range.from, range.to);
    if let Some(note) = &history.note {
        let _ = writeln!(text, "{note}");
    }
    if history.estimated {
        text.push_str("counts are estimates: spans were sampled before they came here, and are weighted\n");
    }
    text
}

/// One row a point, with a head.
pub(super) fn rows(history: &History) -> Vec<Vec<String>> {
    let head = "capability,from,to,executions,ok,failed,rejected,abandoned,incomplete,slow,success_rate,success_rate_low,\
        success_rate_high,p50_ms,p90_ms,p95_ms,p99_ms,max_ms,masked_retry,suppressed,async_error,worst_hop,worst_hop_service,\
        worst_hop_failures,worst_hop_share,sampled_executions,sampled_failed";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    rows.extend(history.points.iter().map(|point| csv_row(&history.capability, point)));
    rows
}

fn csv_row(capability: &str, point: &HistoryPoint) -> Vec<String> {
    let absorbed = |kind: &str| point.absorbed.get(kind).map_or(0.0, |count| count.0).to_string();
    let worst = point.worst_hop.as_ref();
    let mut row = vec![capability.to_owned(), point.from.clone(), point.to.clone()];
    let counts = [point.executions, point.ok, point.failed, point.rejected, point.abandoned, point.incomplete, point.slow];
    row.extend(counts.map(|count| count.0.to_string()));
    row.extend([point.success_rate, point.success_rate_low, point.success_rate_high].map(number));
    row.extend(latency(&point.latency_ms));
    row.extend(["masked_retry", "suppressed", "async_error"].map(absorbed));
    row.push(worst.map_or(String::new(), |worst| worst.hop.clone()));
    row.push(worst.map_or(String::new(), |worst| worst.service.clone()));
    row.push(number(worst.map(|worst| worst.failures.0)));
    row.push(number(worst.map(|worst| worst.share)));
    row.extend(["executions", "failed"].map(|name| seen(point.sampled.as_ref(), name)));
    row
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::serve::fakes;

    /// So many points, of which the n-th has `of(n)` ok and failed executions.
    fn points(number: usize, of: impl Fn(usize) -> (f64, f64)) -> Vec<HistoryPoint> {
        let empty = fakes::history().points.remove(1);
        let point = |at: usize| {
            let (ok, failed) = of(at);
            HistoryPoint { executions: Count(ok + failed), ok: Count(ok), failed: Count(failed), ..empty.clone() }
        };
        (0..number).map(point).collect()
    }

    #[test]
    fn a_history_is_a_picture_above_a_table() {
        let expected = "\
executions  █·  at most 120
success     ▁·  88.00% to 88.00%

from                  executions  ok  failed  rejected  abandoned  incomplete  success  slow      p50     p95  worst hop
2026-09-01T11:00:00Z         120  88      12        15          4           1   88.00%     9  84.2 ms  812 ms  card-network (pay.acmepay.example) 75.0%
2026-09-01T11:30:00Z           0   0       0         0          0           0        -     0        -       -  -

book-flight, from 2026-09-01T11:00:00Z to 2026-09-01T12:00:00Z, a point every 30m
";
        assert_eq!(table(&fakes::history(), Look::PLAIN), expected);
    }

    #[test]
    fn blocks_run_from_the_worst_to_all_and_from_nothing_to_the_most() {
        let drawn = picture(&points(4, |at| [(100.0, 0.0), (199.0, 1.0), (0.0, 0.0), (98.0, 2.0)][at]), 120);
        assert_eq!(drawn, "executions  ▅█·▅  at most 200\nsuccess     █▆·▁  98.00% to 100.00%\n");
        assert!(picture(&points(2, |_| (5.0, 0.0)), 120).contains("success     ██  100.00% to 100.00%"));
        assert!(picture(&points(2, |_| (0.0, 0.0)), 120).contains("success     ··  -\n"));
    }

    #[test]
    fn a_long_history_is_folded_to_the_width_and_a_narrow_table_keeps_what_matters() {
        let drawn = picture(&points(1000, |at| (10.0, f64::from(u8::from(at == 500)))), 40);
        let signs = drawn.lines().next().unwrap().chars().filter(|sign| BLOCKS.contains(sign)).count();
        assert_eq!((signs, drawn.contains("each sign stands for 25 points")), (40, true), "{drawn}");
        let fitted = Look { fitted: true, coloured: false };
        let narrow = of_width(&fakes::history(), fitted, Some(80));
        assert!(narrow.contains("\nfrom                  executions  failed  success     p95  worst hop\n"), "{narrow}");
        assert!(narrow.contains("\n2026-09-01T11:00:00Z         120      12   88.00%  812 ms  card-network 75.0%\n"), "{narrow}");
        let narrower = of_width(&fakes::history(), fitted, Some(40));
        assert!(narrower.contains("\nfrom                  failed  success  worst hop\n"), "{narrower}");
        assert!(!table(&fakes::history(), Look { fitted: false, coloured: true }).contains('\u{1b}'));
    }

    #[test]
    fn an_empty_history_says_why_and_a_note_stands_below() {
        let note = Some("nothing is kept of the time before 2026-09-01T12:00:00Z".to_owned());
        let empty = History { points: Vec::new(), note, estimated: true, ..fakes::history() };
        let told = table(&empty, Look::PLAIN);
        assert!(told.starts_with("book-flight: no point to show\n"), "{told}");
        assert!(told.contains("nothing is kept of the time before") && told.ends_with("and are weighted\n"), "{told}");
    }
}
