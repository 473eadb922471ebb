//! Documents as messages of `query.proto`, field by field.

use super::asked::{ExplainWords, HistoryWords, HopsWords, StatusWords};
use super::grpc::given;
use super::proto;
use crate::query;
use std::collections::BTreeMap;
use tonic::Status;

impl From<Option<proto::RangeRequest>> for StatusWords {
    fn from(range: Option<proto::RangeRequest>) -> Self {
        let range = range.unwrap_or_default();
        Self { from: given(range.from), to: given(range.to), last: given(range.last) }
    }
}

impl From<proto::HistoryRequest> for HistoryWords {
    fn from(asked: proto::HistoryRequest) -> Self {
        let StatusWords { from, to, last } = asked.range.into();
        Self { from, to, last, step: given(asked.step), durations: Some(asked.durations) }
    }
}

/// The word for a level.
fn level_word(level: i32) -> Result<Option<String>, Status> {
    Ok(match proto::Level::try_from(level).map_err(|error| Status::invalid_argument(error.to_string()))? {
        proto::Level::Unspecified => None,
        proto::Level::Hop => Some("hop".into()),
        proto::Level::Service => Some("service".into()),
    })
}

impl TryFrom<proto::ExplainRequest> for ExplainWords {
    type Error = Status;

    fn try_from(asked: proto::ExplainRequest) -> Result<Self, Status> {
        let StatusWords { from, to, last } = asked.range.into();
        let baseline: StatusWords = asked.baseline.into();
        if baseline.last.is_some() {
            return Err(Status::invalid_argument("a baseline has no 'last'; write its 'from' and 'to'"));
        }
        let level = level_word(asked.level)?;
        Ok(Self { from, to, last, baseline_from: baseline.from, baseline_to: baseline.to, level })
    }
}

impl TryFrom<proto::HopsRequest> for HopsWords {
    type Error = Status;

    fn try_from(asked: proto::HopsRequest) -> Result<Self, Status> {
        let by = match proto::By::try_from(asked.by).map_err(|error| Status::invalid_argument(error.to_string()))? {
            proto::By::Unspecified => None,
            proto::By::Failures => Some("failures"),
            proto::By::Latency => Some("latency"),
            proto::By::Cost => Some("cost"),
            proto::By::Resilience => Some("resilience"),
        };
        let level = level_word(asked.level)?;
        let StatusWords { from, to, last } = asked.range.into();
        Ok(Self { from, to, last, by: by.map(Into::into), level })
    }
}

fn numbers(counts: BTreeMap<String, query::Count>) -> BTreeMap<String, f64> {
    counts.into_iter().map(|(name, count)| (name, count.0)).collect()
}

fn each<T, M: From<T>>(list: Vec<T>) -> Vec<M> {
    list.into_iter().map(Into::into).collect()
}

impl From<query::Interval> for proto::Interval {
    fn from(it: query::Interval) -> Self {
        Self { low: it.low.0, high: it.high.map(|count| count.0) }
    }
}

fn intervals(known: Option<BTreeMap<String, query::Interval>>) -> BTreeMap<String, proto::Interval> {
    known.unwrap_or_default().into_iter().map(|(name, interval)| (name, interval.into())).collect()
}

/// Messages whose fields are called like those of the document: `same` are taken as they are, `into` are messages themselves,
/// `maybe` are messages that may be missing, then lists of messages, counts, counts by name, and
/// unweighted counts and intervals that are only there where counts are weighted.
macro_rules! mirror {
    ($($document:ident => $message:ident {
        $(same $($same:ident)+;)? $(into $($into:ident)+;)? $(maybe $($maybe:ident)+;)? $(lists $($list:ident)+;)?
        $(counts $($count:ident)+;)? $(named $($named:ident)+;)? $(seen $($seen:ident)+;)?
        $(known $($known:ident)+;)?
    })+) => {
        $(impl From<query::$document> for proto::$message {
            fn from(it: query::$document) -> Self {
                Self {
                    $($($same: it.$same,)+)?
                    $($($into: Some(it.$into.into()),)+)?
                    $($($maybe: it.$maybe.map(Into::into),)+)?
                    $($($list: each(it.$list),)+)?
                    $($($count: it.$count.0,)+)?
                    $($($named: numbers(it.$named),)+)?
                    $($($seen: it.$seen.unwrap_or_default(),)+)?
                    $($($known: intervals(it.$known),)+)?
                }
            }
        })+
    };
}

mirror! {
    Range => Range { same from to; }
    LatencyMs => LatencyMs { same p50 p90 p95 p99 max; }
    CriticalPathMs => CriticalPathMs { same mean p95 share; }
    MeanMs => MeanMs { same mean p95; }
    LostValue => LostValue { same amount currency; }
    Completeness => Completeness { same late orphan weight; counts orphaned incomplete corrected; }
    Spans => Spans { same received fates; }
    WorstHop => WorstHop { same hop service share supplier; counts failures; }
    ObjectiveStatus => ObjectiveStatus { same id kind target under_ms actual actual_low actual_high budget_left burn; counts good bad; }
    Status => StatusResponse {
        same api_version estimated unknown_capabilities;
        into range spans;
        lists capabilities;
    }
    AlertLine => AlertLine {
        same alertname capability objective tier severity owner state since resolved burn_long burn_short burn_state summary annotations;
    }
    Alerts => AlertsResponse { same api_version until; lists alerts; }
    IncidentsAnswer => IncidentsResponse { same api_version more estimated; lists incidents; }
    IncidentLine => Incident {
        same id capability objective tier severity owner state start detected recovered resolved lost_share broken_share
            system_accident hop_objectives_broken step_seconds note;
        maybe peak lost_value;
        lists hops timeline annotations;
        counts executions lost slow counted broken;
        named outcomes;
    }
    AnnotationLine => Annotation { same id from to kind text capability; }
    Annotations => AnnotationsResponse { same api_version; lists annotations; }
    IncidentPeak => IncidentPeak { same from to broken_share; counts broken; }
    IncidentHop => IncidentHop { same hop service share; counts lost slow; }
    IncidentPoint => IncidentPoint { same from to; lists hops; counts executions lost slow broken; }
    Buckets => Buckets { counts caller unknown; }
    HopRow => HopRow {
        same hop service external failure_share failure_share_low failure_share_high resilience resilience_low resilience_high;
        into latency_ms critical_path_ms self_ms edge_gap_ms;
        maybe lost_value;
        counts executions calls errors failures slow_blamed retries missing;
        named causes absorbed;
        seen sampled;
        known intervals;
    }
    Flow => FlowResponse {
        same api_version capability title customer estimated note;
        into range buckets;
        lists nodes edges left_out;
        counts executions failed slow sampled;
    }
    FlowNode => FlowNode {
        same hop service operation external queue supplier layer share failure_share cause passes_on;
        into latency_ms self_ms edge_gap_ms;
        maybe lost_value;
        counts executions calls errors failures through absorbed retries missing slow_blamed;
        named causes;
    }
    FlowBack => FlowBack { same from to; counts calls; }
    History => HistoryResponse { same api_version capability step_seconds estimated note; into range; lists points; }
    HistoryPoint => HistoryPoint {
        same from to success_rate success_rate_low success_rate_high;
        into latency_ms completeness;
        maybe worst_hop;
        lists hops durations;
        counts executions ok failed rejected abandoned incomplete slow;
        named absorbed;
        seen sampled;
        known intervals;
    }
    HistoryHop => HistoryHop { same hop service; counts failures; }
    DurationBucket => DurationBucket { same from_ms to_ms; counts executions; }
    BudgetAnswer => BudgetResponse { same api_version at estimated; lists budgets; }
    ObjectiveBudget => ObjectiveBudget {
        same capability hop objective kind target window left_share gone gone_in_seconds gone_at note;
        into range lately;
        maybe excluded;
        lists spent;
        counts counted allowed used left;
    }
    Lately => Lately { same seconds; counts used; }
    Spender => Spender { same hop service share; counts used; }
    Excluded => Excluded { lists maintenance; counts counted used; }
    MaintenanceLine => MaintenanceLine { same from to reason; }
    HopLine => Hop { same hop service; }
    BlameLine => Blame { same hop service cause confidence evidence span_id rule; }
    SlowBlameLine => SlowBlame { same hop service cause; }
    AbsorbedLine => Absorbed { same hop service kind; }
    SectionLine => Section { same span_id hop service start_ns end_ns kind; }
    VerdictLine => Verdict {
        same trace_id capability thread entry_span_id outcome slow duration_ms weight corrected;
        maybe blame slow_blame;
        lists suspects absorbed critical_path tree;
    }
    TreeLine => TreeHop {
        same hop service caller calls status errors retries longest_ms asynchronous blamed absorbed more_calls further;
    }
    EvidenceLine => EvidenceLine { same kind text value normal; }
    Suspect => Suspect { same hop service score share trace_ids; lists evidence; }
    FailedTest => FailedTest { same key wanted found; }
    Nearly => Nearly { same what service kind name spans example_trace_id holds; lists fails; }
    EntryMatching => EntryMatching { same thread rule line matched; lists nearly; }
    CapabilityMatching => CapabilityMatching { same id title last_matched tagged why; lists entries; counts executions; seen sampled; }
    ArrivingSpans => ArrivingSpans { same service kind name spans roots entry_of example_trace_id last_seen; }
    UnmatchedRoot => UnmatchedRoot { same service kind name traces example_trace_id; }
    UnmatchedTraces => UnmatchedTraces { same traces; lists roots; }
    Matching => MatchingResponse {
        same api_version arriving_more capabilities_more unknown_capabilities estimated;
        into spans unmatched;
        lists arriving capabilities;
    }
    TraceAnswer => TraceResponse { same api_version; lists verdicts; }
}

impl From<query::CapabilityStatus> for proto::CapabilityStatus {
    fn from(it: query::CapabilityStatus) -> Self {
        Self {
            id: it.id,
            title: it.title,
            owner: it.owner,
            state: proto::State::from(it.state).into(),
            executions: it.executions.0,
            ok: it.ok.0,
            failed: it.failed.0,
            rejected: it.rejected.0,
            abandoned: it.abandoned.0,
            incomplete: it.incomplete.0,
            slow: it.slow.0,
            success_rate: it.success_rate,
            success_rate_low: it.success_rate_low,
            success_rate_high: it.success_rate_high,
            latency_ms: Some(it.latency_ms.into()),
            absorbed: numbers(it.absorbed),
            worst_hop: it.worst_hop.map(Into::into),
            objectives: each(it.objectives),
            lost_value: it.lost_value.map(Into::into),
            sampled: it.sampled.unwrap_or_default(),
            intervals: intervals(it.intervals),
            skewed: it.skewed,
            why_empty: it.why_empty,
            completeness: Some(it.completeness.into()),
        }
    }
}

impl From<query::FlowEdge> for proto::FlowEdge {
    fn from(it: query::FlowEdge) -> Self {
        Self {
            from: it.from,
            to: it.to,
            calls: it.calls.0,
            executions: it.executions.0,
            share: it.share,
            r#async: it.asynchronous,
            failures: it.failures.0,
            slow: it.slow.0,
        }
    }
}

impl From<query::Level> for proto::Level {
    fn from(level: query::Level) -> Self {
        match level {
            query::Level::Hop => Self::Hop,
            query::Level::Service => Self::Service,
        }
    }
}

impl From<query::Explanation> for proto::ExplainResponse {
    fn from(it: query::Explanation) -> Self {
        Self {
            api_version: it.api_version,
            capability: it.capability,
            level: proto::Level::from(it.level).into(),
            range: Some(it.range.into()),
            baseline: Some(it.baseline.into()),
            kind: it.kind.as_str().into(),
            suspects: each(it.suspects),
            executions: it.executions.0,
            baseline_executions: it.baseline_executions.0,
            note: it.note,
            estimated: it.estimated,
            sampled: it.sampled.unwrap_or_default(),
        }
    }
}

impl From<query::HopsAnswer> for proto::HopsResponse {
    fn from(it: query::HopsAnswer) -> Self {
        let level = proto::Level::from(it.level);
        Self {
            api_version: it.api_version,
            capability: it.capability,
            level: level.into(),
            range: Some(it.range.into()),
            hops: each(it.hops),
            buckets: Some(it.buckets.into()),
            failed: it.failed.0,
            estimated: it.estimated,
            sampled: it.sampled.unwrap_or_default(),
            intervals: intervals(it.intervals),
        }
    }
}

impl From<query::GateAnswer> for proto::GateResponse {
    fn from(it: query::GateAnswer) -> Self {
        let decision = match it.decision {
            query::Decision::Allow => proto::Decision::Allow,
            query::Decision::Freeze => proto::Decision::Freeze,
        };
        Self {
            api_version: it.api_version,
            capability: it.capability,
            at: it.at,
            decision: decision.into(),
            reason: it.reason,
            exemptions: it.exemptions,
            budgets: each(it.budgets),
        }
    }
}

impl From<query::State> for proto::State {
    fn from(state: query::State) -> Self {
        match state {
            query::State::Ok => Self::Ok,
            query::State::Degraded => Self::Degraded,
            query::State::Failing => Self::Failing,
            query::State::NoData => Self::NoData,
            query::State::TooFew => Self::TooFew,
        }
    }
}
