//! What is decided about an execution, with its reasons.

use super::{HopId, Name, SpanId, TraceId, TreeHop, Weight};

/// How an attempt ended (spec 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The customer got what they came for.
    Ok,
    /// They did not.
    Failed,
    /// Their request was refused as wrong.
    Rejected,
    /// They left.
    Abandoned,
    /// The entry span never came.
    Incomplete,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Failed, Self::Rejected, Self::Abandoned, Self::Incomplete];

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
            Self::Incomplete => "incomplete",
        }
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in answers.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// From the word in answers.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// Why an execution failed, or was slow (spec 2.4).
    Cause {
        /// The operation itself failed.
        AppError = "app_error",
        /// Something outside answered with an error.
        DependencyError = "dependency_error",
        /// Nothing answered: no connection.
        Unreachable = "unreachable",
        /// No answer in time, and no sign that the callee began.
        TimeoutNoServer = "timeout_no_server",
        /// No answer in time from a callee that was at work.
        TimeoutSlowServer = "timeout_slow_server",
        /// Somebody before used up the time.
        TimeoutBudget = "timeout_budget",
        /// The caller asked for something wrong.
        CallerError = "caller_error",
        /// Out of capacity or quota.
        Saturation = "saturation",
        /// A required asynchronous step failed.
        AsyncError = "async_error",
        /// No error anywhere; the business outcome says so.
        BusinessFailure = "business_failure",
        /// A step that must be there is not.
        MissingStep = "missing_step",
        /// No reason can be named.
        Unknown = "unknown",
        /// Slow: own work.
        SelfTime = "self_time",
        /// Slow: between caller and callee.
        EdgeGap = "edge_gap",
        /// Slow: waiting before the callee began.
        Queue = "queue",
    }
}

words! {
    /// How sure a blame is.
    Confidence {
        /// The spans say so.
        High = "high",
        /// The spans say so indirectly.
        Medium = "medium",
        /// Spans are missing.
        Low = "low",
    }
}

words! {
    /// Why an error did not fail its execution (spec 2.4, B14).
    AbsorbedKind {
        /// A later attempt worked.
        MaskedRetry = "masked_retry",
        /// The caller did without.
        Suppressed = "suppressed",
        /// In an asynchronous step that is not required.
        AsyncError = "async_error",
    }
}

words! {
    /// What a stretch of the critical path was spent on (spec 2.5).
    SectionKind {
        /// Own work of the hop, or the answer of an external hop.
        SelfTime = "self",
        /// Between a client span and its server span; charged to the callee.
        Gap = "gap",
        /// The same, where the callee had not begun yet.
        Queue = "queue",
    }
}

words! {
    /// A remark that goes with a blame.
    Evidence {
        /// The peer sends spans, answered, and its span did not come.
        MissingServerSpan = "missing_server_span",
        /// The client failed although the server had finished without error.
        ServerFinishedWithoutError = "server_finished_without_error",
        /// Part of the way is known only by an orphan.
        Orphan = "orphan",
    }
}

words! {
    /// How calls of a hop ended, the better first: of several the worst.
    Ending {
        /// Well.
        Ok = "ok",
        /// The caller left, or did not want to know any more.
        Cancelled = "cancelled",
        /// The request was refused as wrong.
        Refused = "refused",
        /// In error.
        Error = "error",
    }
}

/// Who is to blame for a failed execution, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blame {
    /// The culprit.
    pub hop: HopId,
    /// Why.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
    /// A remark, where there is one.
    pub evidence: Option<Evidence>,
    /// The span at which the descent ended; [`SpanId::NONE`] where there is none (a missing step, the caller).
    pub span: SpanId,
    /// Number of the rule of spec 2.4 that decided, such as 5 for B5; 0 where section 2.3 alone decided.
    pub rule: u8,
}

/// Which hop made an execution slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowBlame {
    /// The hop.
    pub hop: HopId,
    /// `self_time`, `edge_gap` or `queue`.
    pub cause: Cause,
}

/// An error that did not fail its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absorbed {
    /// Who would have been blamed.
    pub hop: HopId,
    /// Why it did not matter.
    pub kind: AbsorbedKind,
}

/// A stretch of the critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The span it is cut from.
    pub span: SpanId,
    /// Who is charged with it.
    pub hop: HopId,
    /// Nanoseconds since 1970.
    pub start_ns: u64,
    /// Nanoseconds since 1970.
    pub end_ns: u64,
    /// What it was spent on.
    pub kind: SectionKind,
}

/// What one execution made of one hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopUse {
    /// The hop.
    pub hop: HopId,
    /// How often it was called.
    pub calls: u32,
    /// Calls of class error.
    pub errors: u32,
    /// Attempts after a failed attempt.
    pub retries: u32,
    /// 1 if the map expects it and it was not there.
    pub missing: u32,
    /// On the critical path, nanoseconds: sum of the sections charged to it.
    pub critical_path_ns: u64,
    /// Of these, sections of kind `self`.
    pub self_ns: u64,
    /// Of these, sections of kind `gap` and `queue`.
    pub edge_gap_ns: u64,
    /// Duration of each call, nanoseconds.
    pub latencies_ns: Vec<u64>,
    /// Who called it, each once; calls without a caller in the execution (its entry) are not among them.
    pub callers: Vec<CallerUse>,
}

/// What one caller made of a hop in one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerUse {
    /// The operation that called.
    pub hop: HopId,
    /// How often.
    pub calls: u32,
    /// Of these, calls that it does not wait for.
    pub asynchronous: u32,
    /// The execution failed, and the failure came by these calls.
    pub failed: bool,
    /// The execution was slow, and what made it slow lies beyond these calls.
    pub slow: bool,
    /// Of the durations of its calls, what was not spent in the callee, nanoseconds; on the critical path or not.
    pub gap_ns: u64,
}

impl CallerUse {
    /// Of this caller, nothing yet.
    pub fn new(hop: HopId) -> Self {
        Self { hop, calls: 0, asynchronous: 0, failed: false, slow: false, gap_ns: 0 }
    }
}

impl HopUse {
    /// A hop of which nothing is known yet.
    pub fn new(hop: HopId) -> Self {
        Self {
            hop,
            calls: 0,
            errors: 0,
            retries: 0,
            missing: 0,
            critical_path_ns: 0,
            self_ns: 0,
            edge_gap_ns: 0,
            latencies_ns: Vec::new(),
            callers: Vec::new(),
        }
    }
}

/// What is decided about an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its trace.
    pub trace_id: TraceId,
    /// Id of the capability in the map.
    pub capability: Name,
    /// Id of the thread in the map; empty where the entry span names none, or never came.
    pub thread: Name,
    /// The entry span; [`SpanId::NONE`] if it never came.
    pub entry_span_id: SpanId,
    /// How it ended.
    pub outcome: Outcome,
    /// Over a latency limit of the capability.
    pub slow: bool,
    /// Nanoseconds since 1970: start of the entry span.
    pub start_ns: u64,
    /// Nanoseconds since 1970: end of the entry span, the moment that says in which window it counts.
    pub end_ns: u64,
    /// Nanoseconds; to the end of the last required asynchronous step, if that is later.
    pub duration_ns: u64,
    /// How many executions it stands for.
    pub weight: Weight,
    /// Who is to blame; always there when `outcome` is failed, and never otherwise.
    pub blame: Option<Blame>,
    /// Best first, the culprit in front; each hop once.
    pub suspects: Vec<HopId>,
    /// Who made it slow; there if and only if `slow`.
    pub slow_blame: Option<SlowBlame>,
    /// Errors that did not matter.
    pub absorbed: Vec<Absorbed>,
    /// In the order of time; tiles the interval from `start_ns` for `duration_ns`.
    pub critical_path: Vec<Section>,
    /// One entry per hop.
    pub hops: Vec<HopUse>,
    /// Who called whom, callers before those they call; cut where it is too wide.
    pub tree: Vec<TreeHop>,
    /// Spans of the execution.
    pub spans: u32,
    /// Of these, spans whose parent never came: where they hang is a guess (E3).
    pub orphans: u32,
    /// The culprit is another one than the one that was counted first, because spans came late (spec 3.2).
    pub corrected: bool,
}

impl Verdict {
    /// Whether spans that come after it was taken may show that somebody else is to blame (spec 3.2): a server was missed.
    pub fn may_be_corrected(&self) -> bool {
        let missed = |blame: &Blame| {
            let unseen = matches!(blame.cause, Cause::TimeoutNoServer | Cause::Unreachable);
            unseen || blame.evidence == Some(Evidence::MissingServerSpan)
        };
        self.outcome == Outcome::Failed && self.blame.as_ref().is_some_and(missed)
    }
}
