//! What can be asked.

use super::{
    Alerts, Annotations, BudgetAnswer, Count, Explanation, Flow, GateAnswer, History, HopsAnswer, IncidentsAnswer, Level,
    Matching, NewAnnotation, Status, TraceAnswer, parse_moment,
};
use crate::model::TraceId;
use std::collections::{BTreeMap, HashMap};

/// A stretch of time, nanoseconds since 1970: `from_ns` belongs to it, `to_ns` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// First moment.
    pub from_ns: u64,
    /// First moment after it.
    pub to_ns: u64,
}

/// `status`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusQuestion {
    /// One capability; `None`: all.
    pub capability: Option<String>,
    /// `None`: everything there is.
    pub between: Option<Between>,
}

/// In which order hops are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum By {
    /// Most failures first.
    #[default]
    Failures,
    /// Most critical-path time first.
    Latency,
    /// Most lost value first.
    Cost,
    /// Least resilient first.
    Resilience,
}

/// `hops`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HopsQuestion {
    /// One capability; `None`: all together.
    pub capability: Option<String>,
    /// `None`: everything there is.
    pub between: Option<Between>,
    /// Order.
    pub by: By,
    /// Summed at which level.
    pub level: Level,
}

/// `history`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryQuestion {
    /// The capability.
    pub capability: String,
    /// `None`: everything there is.
    pub between: Option<Between>,
    /// Length of a point, nanoseconds; a multiple of ten seconds. `None`: one that makes some 30 to 120 points.
    pub step_ns: Option<u64>,
    /// Whether points tell how durations are spread.
    pub durations: bool,
}

/// `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExplainQuestion {
    /// The capability.
    pub capability: String,
    /// `None`: everything there is, and then nothing to compare it with unless a baseline is given.
    pub between: Option<Between>,
    /// What is normal; `None`: the 24 hours before. The range itself is always left out.
    pub baseline: Option<Between>,
    /// Summed at which level.
    pub level: Level,
}

/// `flow`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowQuestion {
    /// The capability.
    pub capability: String,
    /// `None`: everything there is.
    pub between: Option<Between>,
}

/// `budget`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BudgetQuestion {
    /// One capability; `None`: all.
    pub capability: Option<String>,
    /// Where the windows end, nanoseconds since 1970; `None`: at the end of what was counted.
    pub at_ns: Option<u64>,
}

/// `gate`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateQuestion {
    /// The capability.
    pub capability: String,
    /// As in [`BudgetQuestion`].
    pub at_ns: Option<u64>,
}

/// `incidents`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentsQuestion {
    /// One, with its timeline; `None`: all.
    pub id: Option<String>,
    /// Those that touch this time; `None`: all.
    pub between: Option<Between>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Not in the map.
    #[error("there is no capability '{asked}' in the map; there are: {known}")]
    NoSuchCapability {
        /// What was asked for.
        asked: String,
        /// Ids of the map, comma-separated (at most 20).
        known: String,
    },
    /// Not kept, or never seen.
    #[error("trace {0} is not among the recent ones; ask with the file that holds it: steelthread trace {0} --map MAP INPUT")]
    NoSuchTrace(TraceId),
    /// Not kept, or never was.
    #[error("there is no incident '{0}'; 'steelthread incidents' lists those there are")]
    NoSuchIncident(String),
    /// It cannot be asked like this.
    #[error("{0}")]
    Bad(String),
    /// What is kept cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// Who answers: a running server, a store folder, or an analysis that has just ended.
pub trait Answers: Send + Sync {
    /// From the first slice that is counted to the end of the last; empty if there is none.
    ///
    /// # Errors
    /// If what is kept cannot be read.
    fn extent(&self) -> Result<Between, QueryError> {
        let everything = self.status(&StatusQuestion::default())?.range;
        Ok(Between { from_ns: parse_moment(&everything.from, 0)?, to_ns: parse_moment(&everything.to, 0)? })
    }

    /// How the capabilities are doing.
    ///
    /// # Errors
    /// If the capability is not in the map, or what is kept cannot be read.
    fn status(&self, question: &StatusQuestion) -> Result<Status, QueryError>;

    /// Which hops fail, and which are slow.
    ///
    /// # Errors
    /// If the capability is not in the map, or what is kept cannot be read.
    fn hops(&self, question: &HopsQuestion) -> Result<HopsAnswer, QueryError>;

    /// The figures of a capability over time.
    ///
    /// # Errors
    /// If the capability is not in the map, the points would be too many, or what is kept cannot be read.
    fn history(&self, question: &HistoryQuestion) -> Result<History, QueryError>;

    /// Executions over time of all capabilities at once: those of their [`Answers::history`] at this step, for pictures so small that
    /// nothing else of it would be seen. At most 10,000 points each.
    ///
    /// # Errors
    /// If the step does not fit, the points would be too many, or what is kept cannot be read.
    fn traffic(&self, between: Between, step_ns: u64) -> Result<BTreeMap<String, Vec<Count>>, QueryError> {
        let all = self.status(&StatusQuestion { capability: None, between: Some(between) })?;
        let of = |id: &String| {
            let question =
                HistoryQuestion { capability: id.clone(), between: Some(between), step_ns: Some(step_ns), durations: false };
            Ok((id.clone(), self.history(&question)?.points.iter().map(|point| point.executions).collect()))
        };
        all.capabilities.iter().map(|one| of(&one.id)).collect()
    }

    /// Why a capability was bad.
    ///
    /// # Errors
    /// If the capability is not in the map, or what is kept cannot be read.
    fn explain(&self, question: &ExplainQuestion) -> Result<Explanation, QueryError>;

    /// Who calls whom, and by which way failures come back to the customer.
    ///
    /// # Errors
    /// If the capability is not in the map, or what is kept cannot be read.
    fn flow(&self, question: &FlowQuestion) -> Result<Flow, QueryError>;

    /// Who calls whom in each capability, by id, as far as the latest executions of the range show it: for pictures of many threads, whose
    /// figures come from [`Answers::status`]. Nothing where nobody knows so quickly.
    ///
    /// # Errors
    /// If what is kept cannot be read.
    fn latest_flows(&self, _between: Between) -> Result<HashMap<String, Flow>, QueryError> {
        Ok(HashMap::new())
    }

    /// What is left of the budgets of objectives, each over its own window.
    ///
    /// # Errors
    /// If the capability is not in the map, or what is kept cannot be read.
    fn budget(&self, question: &BudgetQuestion) -> Result<BudgetAnswer, QueryError>;

    /// Whether to release.
    ///
    /// # Errors
    /// If the capability is not in the map, or what is kept cannot be read.
    fn gate(&self, question: &GateQuestion) -> Result<GateAnswer, QueryError>;

    /// What arrives, what matches, and what nearly does; of one capability, or of all (`None`).
    ///
    /// # Errors
    /// If the capability is not in the map, or it is not known what arrives: a store does not keep it.
    fn matching(&self, capability: Option<&str>) -> Result<Matching, QueryError>;

    /// Which alerts last, and which ended of late.
    ///
    /// # Errors
    /// If nobody looks: a recording is over, and nothing lasts.
    fn alerts(&self) -> Result<Alerts, QueryError>;

    /// When objectives were broken, how much was lost, and by whom.
    ///
    /// # Errors
    /// If there is no such incident, nobody looked for any, or what is kept cannot be read.
    fn incidents(&self, question: &IncidentsQuestion) -> Result<IncidentsAnswer, QueryError>;

    /// What was done to the system; what touches this time, or all (`None`).
    ///
    /// # Errors
    /// If what is kept cannot be read.
    fn annotations(&self, between: Option<Between>) -> Result<Annotations, QueryError>;

    /// Keeps an annotation, and gives it back.
    ///
    /// # Errors
    /// If something is wrong with it, its capability is not in the map, it cannot be kept, or nobody keeps it here.
    fn annotate(&self, _posted: &NewAnnotation, _now_ns: u64) -> Result<Annotations, QueryError> {
        Err(QueryError::Bad("only a running server takes annotations: POST /api/v1/annotations".into()))
    }

    /// The verdicts about a recent trace.
    ///
    /// # Errors
    /// If nothing is known of it.
    fn trace(&self, trace: TraceId) -> Result<TraceAnswer, QueryError>;
}
