//! Stand-ins for what lies behind the doors, for tests of this room and of the command line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod budgets;
mod explained;
mod flows;
mod incidents;
mod over_time;
mod verdicts;

pub(crate) use budgets::{budget, gate};
pub(crate) use explained::explanation;
pub(crate) use flows::flow;
pub(crate) use incidents::{alerts, annotations, incidents};
pub(crate) use over_time::history;
pub(crate) use verdicts::{tree_line, verdict};

use super::{Accepted, Encoding, Health, Intake, NoSnapshot, Refusal};
use crate::model::TraceId;
use crate::query::*;
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// 2026-09-01T12:00:00Z.
pub(crate) const NOON: u64 = 1_788_264_000_000_000_000;
/// The trace that is known.
pub(crate) const KNOWN: &str = "0af7651916cd43dd8448eb211c80319c";

/// Answers `result` and remembers what came.
pub(crate) struct FakeIntake {
    pub(crate) result: Result<Accepted, Refusal>,
    pub(crate) messages: Mutex<Vec<(Encoding, Vec<u8>)>>,
}

impl FakeIntake {
    pub(crate) fn new(result: Result<Accepted, Refusal>) -> Self {
        Self { result, messages: Mutex::default() }
    }
}

impl Intake for FakeIntake {
    fn take(&self, message: &[u8], encoding: Encoding) -> Result<Accepted, Refusal> {
        self.messages.lock().unwrap().push((encoding, message.to_vec()));
        self.result.clone()
    }
}

/// Ready until told otherwise.
#[derive(Default)]
pub(crate) struct FakeHealth(pub(crate) AtomicBool);

impl Health for FakeHealth {
    fn ready(&self) -> Result<(), String> {
        if self.0.load(Ordering::Relaxed) { Err("the store is gone".into()) } else { Ok(()) }
    }

    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        vec![("open_traces", "Traces that wait for spans.", 3.0), ("requests_total", "Requests taken.", 7.0)]
    }

    fn snapshot(&self) -> Result<std::fs::File, NoSnapshot> {
        self.ready().map_err(NoSnapshot::Failed)?;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(kept().as_bytes()).unwrap();
        file.rewind().unwrap();
        Ok(file)
    }
}

/// What [`FakeHealth`] keeps: more than fits in a few pieces.
pub(crate) fn kept() -> String {
    "what is kept\n".repeat(100_000)
}

/// A shop with two capabilities, of which one fails at the card network.
#[derive(Default)]
pub(crate) struct FakeAnswers {
    pub(crate) asked: Mutex<Vec<String>>,
}

fn known(capability: Option<&String>) -> Result<(), QueryError> {
    match capability {
        Some(id) if !["book-flight", "search"].contains(&id.as_str()) => {
            Err(QueryError::NoSuchCapability { asked: id.clone(), known: "book-flight, search".into() })
        }
        _ => Ok(()),
    }
}

impl Answers for FakeAnswers {
    fn status(&self, question: &StatusQuestion) -> Result<Status, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(question.capability.as_ref())?;
        let mut status = status();
        if let Some(id) = &question.capability {
            status.capabilities.retain(|one| one.id == *id);
        }
        Ok(status)
    }

    fn hops(&self, question: &HopsQuestion) -> Result<HopsAnswer, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(question.capability.as_ref())?;
        Ok(HopsAnswer { capability: question.capability.clone(), level: question.level, ..hops() })
    }

    fn history(&self, question: &HistoryQuestion) -> Result<History, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(Some(&question.capability))?;
        Ok(History { capability: question.capability.clone(), ..history() })
    }

    fn explain(&self, question: &ExplainQuestion) -> Result<Explanation, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(Some(&question.capability))?;
        Ok(Explanation { capability: question.capability.clone(), level: question.level, ..explanation() })
    }

    fn latest_flows(&self, _: Between) -> Result<std::collections::HashMap<String, Flow>, QueryError> {
        Ok([("book-flight".to_owned(), flows::flow())].into())
    }

    fn flow(&self, question: &FlowQuestion) -> Result<Flow, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(Some(&question.capability))?;
        Ok(Flow { capability: question.capability.clone(), ..flow() })
    }

    fn budget(&self, question: &BudgetQuestion) -> Result<BudgetAnswer, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(question.capability.as_ref())?;
        let mut told = budget();
        told.budgets.retain(|one| question.capability.as_ref().is_none_or(|id| one.capability == *id));
        Ok(told)
    }

    fn gate(&self, question: &GateQuestion) -> Result<GateAnswer, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        known(Some(&question.capability))?;
        Ok(GateAnswer { capability: question.capability.clone(), ..gate() })
    }

    fn matching(&self, capability: Option<&str>) -> Result<Matching, QueryError> {
        self.asked.lock().unwrap().push(format!("matching {capability:?}"));
        known(capability.map(str::to_owned).as_ref())?;
        let mut told = matching();
        told.capabilities.retain(|one| capability.is_none_or(|id| one.id == id));
        Ok(told)
    }

    fn alerts(&self) -> Result<Alerts, QueryError> {
        self.asked.lock().unwrap().push("alerts".to_owned());
        Ok(alerts())
    }

    fn incidents(&self, question: &IncidentsQuestion) -> Result<IncidentsAnswer, QueryError> {
        self.asked.lock().unwrap().push(format!("{question:?}"));
        let mut told = incidents();
        if let Some(id) = &question.id {
            told.incidents.retain(|one| one.id == *id);
            return if told.incidents.is_empty() { Err(QueryError::NoSuchIncident(id.clone())) } else { Ok(told) };
        }
        Ok(told)
    }

    fn annotations(&self, between: Option<Between>) -> Result<Annotations, QueryError> {
        self.asked.lock().unwrap().push(format!("annotations {between:?}"));
        Ok(annotations())
    }

    fn annotate(&self, posted: &NewAnnotation, now_ns: u64) -> Result<Annotations, QueryError> {
        self.asked.lock().unwrap().push(format!("{} at {now_ns}", posted.text));
        Ok(annotations())
    }

    fn trace(&self, trace: TraceId) -> Result<TraceAnswer, QueryError> {
        if trace.to_string() != KNOWN {
            return Err(QueryError::NoSuchTrace(trace));
        }
        Ok(TraceAnswer { api_version: API_VERSION.into(), verdicts: vec![verdict()] })
    }
}

fn range() -> Range {
    Range { from: "2026-09-01T11:00:00Z".into(), to: "2026-09-01T12:00:00Z".into() }
}

fn counts(list: &[(&str, f64)]) -> BTreeMap<String, Count> {
    list.iter().map(|(name, count)| ((*name).into(), Count(*count))).collect()
}

pub(crate) fn status() -> Status {
    let fates = [
        ("measured", 900),
        ("unmatched", 80),
        ("ignored", 0),
        ("late", 3),
        ("duplicate", 2),
        ("malformed", 1),
        ("over_limit", 0),
        ("shed", 0),
        ("in_flight", 14),
    ];
    Status {
        api_version: API_VERSION.into(),
        range: range(),
        capabilities: vec![book_flight(), search()],
        spans: Spans { received: 1000, fates: fates.map(|(fate, spans)| (fate.into(), spans)).into() },
        estimated: false,
        unknown_capabilities: BTreeMap::from([("bok-flight".into(), 4)]),
    }
}

pub(crate) fn matching() -> Matching {
    let status = status();
    let failed = FailedTest { key: "name".into(), wanted: "'GET /search'".into(), found: Some("'GET /serch'".into()) };
    let near = Nearly {
        what: "service='search' kind=server name='GET /serch'".into(),
        service: "search".into(),
        kind: "server".into(),
        name: "GET /serch".into(),
        spans: 412,
        example_trace_id: KNOWN.into(),
        holds: vec!["service".into(), "kind".into()],
        fails: vec![failed],
    };
    let entry = |rule: &str, matched, nearly| EntryMatching { thread: "web".into(), rule: rule.into(), line: 7, matched, nearly };
    let booked = entry("service='web-bff' kind=server name='POST /bookings'", 120, Vec::new());
    let searched = entry("service='search' kind=server name='GET /search'", 0, vec![near]);
    let capability = |id: &str, executions, why: Option<&str>, entry| CapabilityMatching {
        id: id.into(),
        title: id.into(),
        executions: Count(executions),
        sampled: None,
        last_matched: why.is_none().then(|| "2026-09-01T12:00:00Z".into()),
        tagged: 0,
        why: why.map(str::to_owned),
        entries: vec![entry],
    };
    let arriving = |service: &str, name: &str, spans, entry_of: &[&str]| ArrivingSpans {
        service: service.into(),
        kind: "server".into(),
        name: name.into(),
        spans,
        roots: spans,
        entry_of: entry_of.iter().map(|one| (*one).into()).collect(),
        example_trace_id: KNOWN.into(),
        last_seen: "2026-09-01T12:00:00Z".into(),
    };
    let root = UnmatchedRoot {
        service: "search".into(),
        kind: "server".into(),
        name: "GET /serch".into(),
        traces: 412,
        example_trace_id: KNOWN.into(),
    };
    Matching {
        api_version: API_VERSION.into(),
        spans: status.spans,
        arriving: vec![arriving("search", "GET /serch", 412, &[]), arriving("web-bff", "POST /bookings", 120, &["book-flight"])],
        arriving_more: 3,
        capabilities: vec![
            capability("book-flight", 120.0, None, booked),
            capability("search", 0.0, Some("no span matched; nearest: 412 spans of search"), searched),
        ],
        capabilities_more: 0,
        unknown_capabilities: status.unknown_capabilities,
        unmatched: UnmatchedTraces { traces: 412, roots: vec![root] },
        estimated: false,
    }
}

fn book_flight() -> CapabilityStatus {
    CapabilityStatus {
        id: "book-flight".into(),
        title: "Book a flight".into(),
        owner: Some("team-booking".into()),
        state: State::Failing,
        executions: Count(120.0),
        ok: Count(88.0),
        failed: Count(12.0),
        rejected: Count(15.0),
        abandoned: Count(4.0),
        incomplete: Count(1.0),
        slow: Count(9.0),
        success_rate: Some(0.88),
        success_rate_low: Some(0.802),
        success_rate_high: Some(0.93),
        latency_ms: LatencyMs { p50: Some(84.2), p90: Some(310.0), p95: Some(812.5), p99: Some(1904.0), max: Some(2310.0) },
        absorbed: counts(&[("masked_retry", 5.0), ("suppressed", 2.0)]),
        worst_hop: Some(WorstHop {
            hop: "card-network".into(),
            service: "pay.acmepay.example".into(),
            failures: Count(9.0),
            share: 0.75,
            supplier: Some("AcmePay".into()),
        }),
        objectives: vec![ObjectiveStatus {
            id: "available".into(),
            kind: "availability".into(),
            target: 0.999,
            under_ms: None,
            actual: Some(0.88),
            actual_low: Some(0.802),
            actual_high: Some(0.93),
            budget_left: Some(-119.0),
            burn: BTreeMap::new(),
            good: Count(88.0),
            bad: Count(12.0),
        }],
        lost_value: Some(LostValue { amount: "498.00".into(), currency: "EUR".into() }),
        sampled: None,
        intervals: None,
        skewed: 0,
        why_empty: None,
        completeness: Completeness {
            late: 7,
            orphan: 3,
            orphaned: Count(2.0),
            incomplete: Count(1.0),
            corrected: Count(4.0),
            weight: 1.0,
        },
    }
}

fn search() -> CapabilityStatus {
    CapabilityStatus {
        id: "search".into(),
        title: "Search".into(),
        owner: None,
        state: State::NoData,
        executions: Count(0.0),
        ok: Count(0.0),
        failed: Count(0.0),
        rejected: Count(0.0),
        abandoned: Count(0.0),
        incomplete: Count(0.0),
        slow: Count(0.0),
        success_rate: None,
        success_rate_low: None,
        success_rate_high: None,
        latency_ms: LatencyMs::default(),
        absorbed: BTreeMap::new(),
        worst_hop: None,
        objectives: Vec::new(),
        lost_value: None,
        sampled: None,
        intervals: None,
        skewed: 0,
        why_empty: Some("no span matched; nearest: 412 spans of search, kind server, name 'GET /serch'".into()),
        completeness: Completeness::default(),
    }
}

pub(crate) fn hops() -> HopsAnswer {
    HopsAnswer {
        api_version: API_VERSION.into(),
        capability: Some("book-flight".into()),
        level: Level::Hop,
        range: range(),
        hops: vec![card_network(), pricing()],
        buckets: Buckets { caller: Count(0.0), unknown: Count(1.0) },
        failed: Count(12.0),
        estimated: false,
        sampled: None,
        intervals: None,
    }
}

fn card_network() -> HopRow {
    HopRow {
        hop: "card-network".into(),
        service: "pay.acmepay.example".into(),
        external: true,
        executions: Count(100.0),
        calls: Count(108.0),
        errors: Count(14.0),
        failures: Count(9.0),
        failure_share: Some(0.75),
        failure_share_low: Some(0.468),
        failure_share_high: Some(0.911),
        causes: counts(&[("dependency_error", 2.0), ("timeout_no_server", 7.0)]),
        slow_blamed: Count(3.0),
        absorbed: counts(&[("masked_retry", 5.0)]),
        retries: Count(8.0),
        resilience: Some(0.357),
        resilience_low: Some(0.163),
        resilience_high: Some(0.612),
        latency_ms: LatencyMs { p50: Some(41.0), p90: Some(120.0), p95: Some(1502.0), p99: Some(2000.0), max: Some(2000.0) },
        critical_path_ms: CriticalPathMs { mean: Some(66.4), p95: Some(1490.0), share: Some(0.521) },
        self_ms: MeanMs { mean: Some(66.4), p95: Some(1490.0) },
        edge_gap_ms: MeanMs::default(),
        missing: Count(0.0),
        lost_value: Some(LostValue { amount: "373.50".into(), currency: "EUR".into() }),
        sampled: None,
        intervals: None,
    }
}

fn pricing() -> HopRow {
    HopRow {
        hop: "pricing".into(),
        service: "pricing".into(),
        external: false,
        executions: Count(120.0),
        calls: Count(120.0),
        errors: Count(2.0),
        failures: Count(2.0),
        failure_share: Some(0.1667),
        failure_share_low: Some(0.047),
        failure_share_high: Some(0.448),
        causes: counts(&[("app_error", 2.0)]),
        slow_blamed: Count(0.0),
        absorbed: BTreeMap::new(),
        retries: Count(0.0),
        resilience: Some(0.0),
        resilience_low: Some(0.0),
        resilience_high: Some(0.658),
        latency_ms: LatencyMs { p50: Some(8.0), p90: Some(11.0), p95: Some(12.5), p99: Some(30.0), max: Some(41.0) },
        critical_path_ms: CriticalPathMs { mean: Some(7.9), p95: Some(12.0), share: Some(0.074) },
        self_ms: MeanMs { mean: Some(7.1), p95: Some(11.0) },
        edge_gap_ms: MeanMs { mean: Some(0.8), p95: Some(1.0) },
        missing: Count(0.0),
        lost_value: None,
        sampled: None,
        intervals: None,
    }
}
