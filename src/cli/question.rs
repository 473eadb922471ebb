//! `status`, `hops` and `trace`: a question is put, and its answer printed, once or again and again.

use super::args::{
    AlertsArgs, BudgetArgs, ExplainArgs, FlowArgs, GateArgs, HistoryArgs, HopsArgs, IncidentsArgs, MatchingArgs, RangeArgs,
    StatusArgs, TraceArgs, WatchArgs,
};
use super::exit::Ended;
use super::output::{self, Look};
use super::source::{self, Opened, Source};
use super::{alerts, budget, explain, flow, history, hops, incidents, matching, status, trace, why_not};
use crate::app::clock;
use crate::model::TraceId;
use crate::query::{
    API_VERSION, Between, BudgetQuestion, Decision, ExplainQuestion, FlowQuestion, GateAnswer, GateQuestion, HistoryQuestion,
    HopsQuestion, IncidentsQuestion, StatusQuestion, TraceAnswer, VerdictLine, parse_length, parse_range, parse_step,
};
use anyhow::{Context, ensure};
use std::io::{BufRead, BufReader, IsTerminal};
use std::time::Duration;

pub(super) fn status(args: StatusArgs) -> anyhow::Result<Ended> {
    let (opened, capability, every) = open(args.source, args.words, &args.range, args.watch)?;
    let look = Look::of_stdout();
    repeat(every, || {
        let between = between(&args.range, &opened)?;
        let answer = opened.answers.status(&StatusQuestion { capability: capability.clone(), between })?;
        output::render(args.output.output, &answer, |answer| status::table(answer, look), status::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn hops(args: HopsArgs) -> anyhow::Result<Ended> {
    let (opened, capability, every) = open(args.source, args.words, &args.range, args.watch)?;
    let look = Look::of_stdout();
    repeat(every, || {
        let between = between(&args.range, &opened)?;
        let question = HopsQuestion { capability: capability.clone(), between, by: args.by, level: args.level };
        let answer = opened.answers.hops(&question)?;
        output::render(args.output.output, &answer, |answer| hops::table(answer, look), hops::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn history(args: HistoryArgs) -> anyhow::Result<Ended> {
    let step_ns = args.step.as_deref().map(parse_step).transpose().context("--step")?;
    let (opened, capability, every) = open(args.source, args.words, &args.range, args.watch)?;
    let capability = capability.context("which capability? write: steelthread history CAP")?;
    let look = Look::of_stdout();
    repeat(every, || {
        let between = between(&args.range, &opened)?;
        let answer =
            opened.answers.history(&HistoryQuestion { capability: capability.clone(), between, step_ns, durations: false })?;
        output::render(args.output.output, &answer, |answer| history::table(answer, look), history::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn explain(args: ExplainArgs) -> anyhow::Result<Ended> {
    let normal = RangeArgs { last: None, from: args.baseline_from, to: args.baseline_to };
    parse_range(None, normal.from.as_deref(), normal.to.as_deref(), clock::now_ns()).context("the baseline")?;
    let (opened, capability, every) = open(args.source, args.words, &args.range, args.watch)?;
    let capability = capability.context("which capability? write: steelthread explain CAP")?;
    repeat(every, || {
        let (between, baseline) = (between(&args.range, &opened)?, between(&normal, &opened)?);
        let question = ExplainQuestion { capability: capability.clone(), between, baseline, level: args.level };
        let answer = opened.answers.explain(&question)?;
        output::render(args.output.output, &answer, explain::text, explain::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn flow(args: FlowArgs) -> anyhow::Result<Ended> {
    let (opened, capability, every) = open(args.source, args.words, &args.range, args.watch)?;
    let capability = capability.context("which capability? write: steelthread flow CAP")?;
    let look = Look::of_stdout();
    repeat(every, || {
        let question = FlowQuestion { capability: capability.clone(), between: between(&args.range, &opened)? };
        let answer = opened.answers.flow(&question)?;
        output::render(args.output.output, &answer, |answer| flow::text(answer, look), flow::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn budget(args: BudgetArgs) -> anyhow::Result<Ended> {
    let (opened, capability, every) = open(args.source, args.words, &RangeArgs::default(), args.watch)?;
    let look = Look::of_stdout();
    repeat(every, || {
        let answer = opened.answers.budget(&BudgetQuestion { capability: capability.clone(), at_ns: None })?;
        output::render(args.output.output, &answer, |answer| budget::table(answer, look), |answer| budget::rows(&answer.budgets))
    })?;
    Ok(ended(&opened))
}

pub(super) fn gate(args: GateArgs) -> anyhow::Result<Ended> {
    let (opened, capability, _) = open(args.source, args.words, &RangeArgs::default(), WatchArgs::default())?;
    let capability = capability.context("which capability? write: steelthread gate CAP")?;
    let look = Look::of_stdout();
    let answer = opened.answers.gate(&GateQuestion { capability, at_ns: None })?;
    let told = |answer: &GateAnswer| budget::gate_text(answer, look);
    output::print(&output::render(args.output.output, &answer, told, budget::gate_rows)?)?;
    Ok(if answer.decision == Decision::Freeze { Ended::No } else { ended(&opened) })
}

pub(super) fn matching(args: MatchingArgs) -> anyhow::Result<Ended> {
    let (opened, capability, every) = open(args.source, args.words, &RangeArgs::default(), args.watch)?;
    let look = Look::of_stdout();
    repeat(every, || {
        let answer = opened.answers.matching(capability.as_deref())?;
        output::render(args.output.output, &answer, |answer| matching::text(answer, look), matching::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn alerts(args: AlertsArgs) -> anyhow::Result<Ended> {
    let (opened, _, every) = open(args.source, Vec::new(), &RangeArgs::default(), args.watch)?;
    let look = Look::of_stdout();
    repeat(every, || {
        let answer = opened.answers.alerts()?;
        output::render(args.output.output, &answer, |answer| alerts::text(answer, look), alerts::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn incidents(args: IncidentsArgs) -> anyhow::Result<Ended> {
    let (opened, _, every) = open(args.source, Vec::new(), &args.range, args.watch)?;
    let look = Look::of_stdout();
    repeat(every, || {
        let question = IncidentsQuestion { id: args.id.clone(), between: between(&args.range, &opened)? };
        let answer = opened.answers.incidents(&question)?;
        output::render(args.output.output, &answer, |answer| incidents::text(answer, look), incidents::rows)
    })?;
    Ok(ended(&opened))
}

pub(super) fn trace(args: TraceArgs) -> anyhow::Result<Ended> {
    let id = TraceId::parse(&args.trace_id)?;
    if let Some(capability) = args.why_not {
        let source = Source::of_inputs(args.source, args.inputs)?;
        return why_not::run(id, &capability, source, args.output.output);
    }
    let source = Source::of_inputs(args.source, args.inputs)?;
    let (answer, ended) = match source {
        Source::Files { catalogue, inputs } => in_files(id, source::analysis(*catalogue, inputs))?,
        other => (other.open()?.answers.trace(id)?, Ended::Done),
    };
    let look = Look::of_stdout();
    output::print(&output::render(args.output.output, &answer, |answer| trace::text(answer, look), trace::rows)?)?;
    Ok(ended)
}

/// A finished analysis remembers only recent verdicts; so all are written down, and those of the trace are read back.
fn in_files(id: TraceId, mut settings: crate::app::AnalyzeSettings) -> anyhow::Result<(TraceAnswer, Ended)> {
    let lines = tempfile::NamedTempFile::new().context("cannot write a temporary file")?;
    settings.verdicts = Some(lines.path().into());
    let opened = source::analyze_with_trees(settings)?;
    let wanted = id.to_string();
    let mut verdicts = Vec::new();
    for line in BufReader::new(lines.reopen()?).lines() {
        let line = line?;
        // Most lines are of other traces: looked at, not read.
        if line.contains(&wanted) {
            let verdict: VerdictLine = serde_json::from_str(&line)?;
            verdicts.extend((verdict.trace_id == wanted).then_some(verdict));
        }
    }
    if verdicts.is_empty() {
        return Err(NoExecution(id).into());
    }
    Ok((TraceAnswer { api_version: API_VERSION.into(), verdicts }, ended(&opened)))
}

/// The recording was read to its end.
#[derive(Debug, thiserror::Error)]
#[error("trace {0} is in no execution: either no span of it was read, or no entry rule of the map holds for its spans")]
pub(super) struct NoExecution(TraceId);

fn open(
    source: super::args::SourceArgs,
    words: Vec<String>,
    range: &RangeArgs,
    watch: WatchArgs,
) -> anyhow::Result<(Opened, Option<String>, Option<Duration>)> {
    // A range that cannot be read is told before anything long begins.
    parse_range(range.last.as_deref(), range.from.as_deref(), range.to.as_deref(), clock::now_ns())?;
    let every = watch.watch.as_deref().map(parse_length).transpose().context("--watch")?.map(Duration::from_nanos);
    let (source, capability) = Source::resolve(source, words)?;
    ensure!(every.is_none() || !matches!(source, Source::Files { .. }), "--watch: recorded traces do not change; ask once");
    Ok((source.open()?, capability, every))
}

/// What is kept or recorded has a time of its own: there, `now` is its end. Of nothing there is no end, and it is now.
fn between(range: &RangeArgs, opened: &Opened) -> anyhow::Result<Option<Between>> {
    let absolute = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.starts_with("now"));
    let needs_no_now = range.last.is_none() && absolute(&range.from) && absolute(&range.to) && range.to.is_some();
    let end_ns = if opened.live || needs_no_now { 0 } else { opened.answers.extent()?.to_ns };
    let now_ns = if end_ns > 0 { end_ns } else { clock::now_ns() };
    Ok(parse_range(range.last.as_deref(), range.from.as_deref(), range.to.as_deref(), now_ns)?)
}

fn ended(opened: &Opened) -> Ended {
    if opened.judged_early { Ended::No } else { Ended::Done }
}

/// Once, or until Ctrl-C. A server that is gone for a moment is no reason to stop looking.
fn repeat(every: Option<Duration>, mut once: impl FnMut() -> anyhow::Result<String>) -> anyhow::Result<()> {
    let mut text = once()?;
    let Some(every) = every else { return Ok(output::print(&text)?) };
    let clear = if std::io::stdout().is_terminal() { "\x1b[2J\x1b[H" } else { "" };
    loop {
        output::print(&format!("{clear}{text}"))?;
        std::thread::sleep(every);
        text = once().unwrap_or_else(|error| format!("{error:#}\n"));
    }
}
