//! Which questions a view puts.

use super::{host, shown};
use crate::model::TraceId;
use crate::page::{self, Asked, BoardFacts, BudgetFacts, CapabilityFacts, HealthFacts, HeatmapFacts};
use crate::query::{
    AnnotationLine, Answers, Between, BudgetAnswer, BudgetQuestion, By, CapabilityStatus, Count, ExplainQuestion, FlowQuestion,
    GateQuestion, History, HistoryQuestion, HopsQuestion, IncidentLine, IncidentsQuestion, Level, QueryError, State,
    StatusQuestion, parse_moment, parse_range,
};
use crate::serve::asked::word;
use crate::serve::desk::Desk;
use axum::Router;
use axum::extract::{Path, State as Given};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use std::collections::BTreeMap;

type Answered<T> = Result<T, QueryError>;

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/", get(board))
        .route("/c/{id}", get(capability))
        .route("/c/{id}/hops", get(hops_of))
        .route("/c/{id}/explain", get(explain))
        .route("/c/{id}/heatmap", get(heatmap))
        .route("/c/{id}/budget", get(budget))
        .route("/c/{id}/matching", get(matching_of))
        .route("/hops", get(hops))
        .route("/incidents", get(incidents))
        .route("/incidents/{id}", get(incident))
        .route("/matching", get(matching))
        .route("/health", get(health))
        .route("/trace/{id}", get(trace))
}

async fn board(Given(desk): Given<Desk>, uri: Uri, headers: HeaderMap) -> Response {
    let host = host(&headers);
    shown(desk, uri, move |answers, asked| Ok(page::board(asked, &board_facts(answers, asked, host)?))).await
}

/// Incidents that touch so much of the time before the last slice may go on, nanoseconds.
const JUST_BEFORE_NS: u64 = 60_000_000_000;

/// Shown before and after an incident at least, nanoseconds.
const LEAST_AROUND_NS: u64 = 300_000_000_000;

fn board_facts(answers: &dyn Answers, asked: &Asked, host: Option<String>) -> Answered<BoardFacts> {
    let between = asked.between()?;
    let status = answers.status(&StatusQuestion { capability: None, between: Some(between) })?;
    let budget = answers.budget(&BudgetQuestion { capability: None, at_ns: Some(between.to_ns) })?;
    let counted_until_ns = answers.extent()?.to_ns;
    let around = Between { from_ns: counted_until_ns.saturating_sub(JUST_BEFORE_NS), to_ns: counted_until_ns.saturating_add(1) };
    // Where nobody looks for incidents there are none to tell.
    let found = answers.incidents(&IncidentsQuestion { id: None, between: Some(around) });
    let open = found.map_or_else(|_| Vec::new(), |found| found.incidents);
    let open = open.into_iter().filter(|one| one.state == "open").collect();
    let attempts = answers.traffic(between, step_ns(between))?;
    let attempts = attempts.into_iter().map(|(id, counts)| (id, line(&counts, between)));
    let threads = answers.latest_flows(between)?;
    Ok(BoardFacts { status, budget, open, attempts: attempts.collect(), threads, counted_until_ns, host })
}

/// What was counted as a line over the whole range: without the last point, of which more is to come, and with nothing before the first.
fn line(counts: &[Count], between: Between) -> Vec<Option<f64>> {
    let step_ns = step_ns(between);
    let whole = if between.to_ns.is_multiple_of(step_ns) { counts } else { &counts[..counts.len().saturating_sub(1)] };
    let steps = between.to_ns / step_ns - between.from_ns / step_ns;
    let before = usize::try_from(steps).unwrap_or(0).saturating_sub(whole.len());
    std::iter::repeat_n(None, before).chain(whole.iter().map(|count| Some(count.0))).collect()
}

/// Points of a small line: more cannot be seen.
const POINTS: u64 = 24;

/// A step that makes about so many, of a length of which windows are kept.
fn step_ns(between: Between) -> u64 {
    const SECOND_NS: u64 = 1_000_000_000;
    let seconds = between.to_ns.saturating_sub(between.from_ns) / SECOND_NS;
    let steps = [10, 20, 30, 60, 120, 300, 600, 900, 3600, 3 * 3600, 6 * 3600, 86_400, 7 * 86_400];
    let fits = steps.into_iter().find(|step| seconds / step <= POINTS);
    // Of years there are as many points as it takes.
    fits.unwrap_or_else(|| (seconds / POINTS).div_ceil(86_400) * 86_400) * SECOND_NS
}

/// The status of one capability in the range that is asked about: the head of all its views.
fn status_of(answers: &dyn Answers, asked: &Asked, id: &str) -> Answered<CapabilityStatus> {
    let status = answers.status(&StatusQuestion { capability: Some(id.to_owned()), between: Some(asked.between()?) })?;
    let none = || QueryError::NoSuchCapability { asked: id.to_owned(), known: String::new() };
    status.capabilities.into_iter().next().ok_or_else(none)
}

fn hops_question(asked: &Asked, capability: Option<String>) -> Answered<HopsQuestion> {
    let (by, level) = (word::<By>("by", asked.word("by"))?, word::<Level>("level", asked.word("level"))?);
    Ok(HopsQuestion { capability, between: Some(asked.between()?), by, level })
}

async fn capability(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let status = status_of(answers, asked, &id)?;
        let hops = answers.hops(&hops_question(asked, Some(id.clone()))?)?;
        let is_bad = matches!(status.state, State::Failing | State::Degraded);
        let question = ExplainQuestion { capability: id, between: Some(asked.between()?), ..ExplainQuestion::default() };
        let explained = if is_bad { Some(answers.explain(&question)?) } else { None };
        let between = Some(asked.between()?);
        let flow = answers.flow(&FlowQuestion { capability: status.id.clone(), between })?;
        let over = HistoryQuestion { capability: status.id.clone(), between, ..HistoryQuestion::default() };
        let history = answers.history(&over)?;
        let annotations = annotations(answers, &status.id, between)?;
        Ok(page::capability(asked, &CapabilityFacts { status, hops, flow, history, annotations, explained }))
    };
    shown(desk, uri, view).await
}

/// What was done to this capability, or to all. Where nobody keeps that there is nothing to tell.
fn annotations(answers: &dyn Answers, id: &str, between: Option<Between>) -> Answered<Vec<AnnotationLine>> {
    let kept = answers.annotations(between).map_or_else(|_| Vec::new(), |kept| kept.annotations);
    Ok(kept.into_iter().filter(|one| one.capability.as_deref().is_none_or(|about| about == id)).collect())
}

async fn heatmap(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let status = status_of(answers, asked, &id)?;
        let question = HistoryQuestion { capability: id, between: Some(asked.between()?), step_ns: None, durations: true };
        let history = answers.history(&question)?;
        Ok(page::heatmap(asked, &HeatmapFacts { status, history }))
    };
    shown(desk, uri, view).await
}

async fn hops_of(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let status = status_of(answers, asked, &id)?;
        Ok(page::hops(asked, Some(&status), &answers.hops(&hops_question(asked, Some(id))?)?))
    };
    shown(desk, uri, view).await
}

async fn hops(Given(desk): Given<Desk>, uri: Uri) -> Response {
    shown(desk, uri, |answers, asked| Ok(page::hops(asked, None, &answers.hops(&hops_question(asked, None)?)?))).await
}

async fn explain(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let status = status_of(answers, asked, &id)?;
        let baseline = parse_range(None, asked.word("baseline_from"), asked.word("baseline_to"), asked.now_ns())?;
        let level = word::<Level>("level", asked.word("level"))?;
        let question = ExplainQuestion { capability: id, between: Some(asked.between()?), baseline, level };
        Ok(page::explain(asked, &status, &answers.explain(&question)?))
    };
    shown(desk, uri, view).await
}

async fn budget(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let status = status_of(answers, asked, &id)?;
        let at_ns = Some(asked.between()?.to_ns);
        let budget = answers.budget(&BudgetQuestion { capability: Some(id.clone()), at_ns })?;
        let gate = answers.gate(&GateQuestion { capability: id.clone(), at_ns })?;
        let alerts = answers.alerts().map_or_else(|_| Vec::new(), |alerts| alerts.alerts);
        let alerts = alerts.into_iter().filter(|alert| alert.capability == id && alert.state == "firing").collect();
        let over = spent_over(answers, &budget, &id)?;
        Ok(page::budget(asked, &BudgetFacts { status, budget, gate, over, alerts }))
    };
    shown(desk, uri, view).await
}

/// The time of each window of its own objectives, by objective.
fn spent_over(answers: &dyn Answers, budget: &BudgetAnswer, id: &str) -> Answered<BTreeMap<String, History>> {
    let mut over = BTreeMap::new();
    for one in budget.budgets.iter().filter(|one| one.hop.is_none()) {
        let between = parse_range(None, Some(&one.range.from), Some(&one.range.to), 0);
        // A window of which nothing is past yet has no time.
        let Ok(between) = between else { continue };
        let question = HistoryQuestion { capability: id.to_owned(), between, ..HistoryQuestion::default() };
        over.insert(one.objective.clone(), answers.history(&question)?);
    }
    Ok(over)
}

async fn incidents(Given(desk): Given<Desk>, uri: Uri) -> Response {
    let view = |answers: &dyn Answers, asked: &Asked| {
        let question = IncidentsQuestion { id: None, between: Some(asked.between()?) };
        Ok(page::incidents(asked, &answers.incidents(&question)?))
    };
    shown(desk, uri, view).await
}

async fn incident(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let told = answers.incidents(&IncidentsQuestion { id: Some(id.clone()), between: None })?;
        let one = told.incidents.first().ok_or(QueryError::NoSuchIncident(id))?;
        Ok(page::incident(asked, one, around(answers, one, asked.now_ns()).as_ref()))
    };
    shown(desk, uri, view).await
}

/// The history of its capability, with as much time before and after an incident as a third of it, so that it can be seen how it was before. Of a
/// capability that is not in the map any more there is none.
fn around(answers: &dyn Answers, one: &IncidentLine, now_ns: u64) -> Option<History> {
    let from_ns = parse_moment(&one.start, now_ns).ok()?;
    let to_ns = one.recovered.as_deref().map_or(Ok(now_ns), |end| parse_moment(end, now_ns)).ok()?.max(from_ns);
    let more_ns = ((to_ns - from_ns) / 3).max(LEAST_AROUND_NS);
    let between =
        Between { from_ns: from_ns.saturating_sub(more_ns), to_ns: to_ns.saturating_add(more_ns).min(now_ns.max(to_ns)) };
    let question = HistoryQuestion { capability: one.capability.clone(), between: Some(between), ..HistoryQuestion::default() };
    answers.history(&question).ok()
}

async fn matching(Given(desk): Given<Desk>, uri: Uri) -> Response {
    shown(desk, uri, |answers, asked| Ok(page::matching(asked, None, &answers.matching(None)?))).await
}

async fn matching_of(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let status = status_of(answers, asked, &id)?;
        Ok(page::matching(asked, Some(&status), &answers.matching(Some(&id))?))
    };
    shown(desk, uri, view).await
}

async fn health(Given(desk): Given<Desk>, uri: Uri) -> Response {
    let health = desk.health.clone();
    let view = move |answers: &dyn Answers, asked: &Asked| {
        // Spans do not hang on a range; a short one is quickly read.
        let now_ns = asked.now_ns();
        let short = Between { from_ns: now_ns.saturating_sub(1_000_000_000), to_ns: now_ns };
        let spans = answers.status(&StatusQuestion { capability: None, between: Some(short) })?.spans;
        let gauges = health.gauges().into_iter().map(|(name, told, value)| (name.to_owned(), told.to_owned(), value));
        let not_ready = health.ready().err();
        let counted_until_ns = answers.extent()?.to_ns;
        Ok(page::health(asked, &HealthFacts { not_ready, spans, gauges: gauges.collect(), counted_until_ns }))
    };
    shown(desk, uri, view).await
}

async fn trace(Given(desk): Given<Desk>, Path(id): Path<String>, uri: Uri) -> Response {
    let view = move |answers: &dyn Answers, asked: &Asked| {
        let known = TraceId::parse(&id).map_err(|error| QueryError::Bad(error.to_string()))?;
        Ok(page::trace(asked, &known.to_string(), &answers.trace(known)?))
    };
    shown(desk, uri, view).await
}
