//! Where questions are answered.

use super::explain::{LONGER, explain};
use super::gate::gate;
use super::hops::Table;
use super::listing::{self, Listed, Listing};
use super::matching::{Matching, Sources};
use super::status::{capability_status, count};
use super::{
    API_VERSION, Alerts, Annotations, Answers, Between, BudgetAnswer, BudgetQuestion, CapabilityStatus, Count, ExplainQuestion,
    Explanation, Flow, FlowQuestion, GateAnswer, GateQuestion, History, HistoryQuestion, HopsAnswer, HopsQuestion,
    IncidentsAnswer, IncidentsQuestion, NewAnnotation, QueryError, Range, Spans, Status, StatusQuestion, TraceAnswer,
    VerdictLine, Watching, verdict_with_tree,
};
use crate::catalogue::Capability;
use crate::measure::{Ledger, Recent, Window};
use crate::model::{Fates, Hops, Name, Names, TraceId};
use crate::store::{Keeper, Look, StoreError};
use arc_swap::ArcSwap;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Answers from what is counted and what is kept.
#[derive(Debug)]
pub struct Desk {
    pub(super) listing: Arc<Listing>,
    pub(super) names: Arc<Names>,
    pub(super) hops: Arc<Hops>,
    pub(super) keeper: Arc<Keeper>,
    ledger: Option<Arc<Ledger>>,
    recent: Option<Arc<Recent>>,
    /// Without a range, answers are about what was counted since the process began, and not about all that is kept.
    pub(super) since_start: bool,
    /// What arrives, where it is known.
    pub(super) arriving: Option<Arc<ArcSwap<Sources>>>,
    /// Who watches objectives, where somebody does.
    watching: Option<Arc<dyn Watching>>,
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl Desk {
    /// A desk for these capabilities, in the order of the map. Without `ledger`, spans are those of the store; without `recent`,
    /// only traces that the store holds are known.
    pub fn new(
        capabilities: &[Capability],
        names: Arc<Names>,
        hops: Arc<Hops>,
        keeper: Arc<Keeper>,
        ledger: Option<Arc<Ledger>>,
        recent: Option<Arc<Recent>>,
    ) -> Self {
        let listing = Arc::new(Listing::new(capabilities, &names));
        Self { listing, names, hops, keeper, ledger, recent, since_start: false, arriving: None, watching: None }
    }

    /// The same desk for the capabilities that this list holds when it is asked.
    pub fn listing(self, listing: Arc<Listing>) -> Self {
        Self { listing, ..self }
    }

    /// The same desk, but without a range its answers are about what was counted since the process began.
    pub fn since_start(self) -> Self {
        Self { since_start: true, ..self }
    }

    /// The same desk, and it is known what arrives, from what this holds when it is asked.
    pub fn with_arrivals(self, sources: Arc<ArcSwap<Sources>>) -> Self {
        Self { arriving: Some(sources), ..self }
    }

    /// The same desk, and it is known which alerts there are, and how objectives burn.
    pub fn watched_by(self, watching: Arc<dyn Watching>) -> Self {
        Self { watching: Some(watching), ..self }
    }

    fn tell_burns(&self, one: &Listed, status: &mut CapabilityStatus, until_ns: Option<u64>) {
        let mut burns = self.watching.as_ref().map_or_else(BTreeMap::new, |watching| watching.burns(one.name, until_ns));
        for objective in &mut status.objectives {
            objective.burn = burns.remove(&objective.id).unwrap_or_default();
        }
    }

    /// The range of the answer: as asked; else from the first slice to the end of the last; else empty.
    pub(super) fn range(&self, between: Option<Between>) -> Result<Between, QueryError> {
        let Some(between) = between else {
            let extent = self.keeper.extent()?.unwrap_or(0..0);
            return Ok(Between { from_ns: extent.start, to_ns: extent.end });
        };
        Ok(between)
    }

    /// For each capability that is asked about, what is counted of it in the windows that start in the range. If only `totals` are asked
    /// for, the figures of hops may be missing but for their failures.
    pub(super) fn windows(
        &self,
        asked: &[&Listed],
        question: Option<Between>,
        between: Between,
        totals: bool,
    ) -> Result<HashMap<Name, Window>, QueryError> {
        let mut windows: HashMap<Name, Window> = asked.iter().map(|one| (one.name, Window::default())).collect();
        self.each_window(asked, question, between, totals, &mut |capability, window| {
            if let Some(sum) = windows.get_mut(&capability) {
                sum.merge(window);
            }
        })?;
        Ok(windows)
    }

    /// Shows these windows one by one, in no order; if several capabilities are asked about, those of others too.
    pub(super) fn each_window(
        &self,
        asked: &[&Listed],
        question: Option<Between>,
        between: Between,
        totals: bool,
        add: &mut dyn FnMut(Name, &Window),
    ) -> Result<(), QueryError> {
        let only = if let [one] = asked { Some(one.name) } else { None };
        if self.since_start && question.is_none() {
            self.keeper.read_since_start(only, add);
            return Ok(());
        }
        let look = Look { totals, ..Look::default() };
        Ok(self.keeper.read_by(between.from_ns..between.to_ns, only, look, &mut |kept, window| add(kept.capability, window))?)
    }

    pub(super) fn fates(&self) -> Result<Fates, QueryError> {
        Ok(match (&self.ledger, self.keeper.store()) {
            (Some(ledger), _) => ledger.fates(),
            (None, Some(store)) => store.fates()?,
            (None, None) => Fates::default(),
        })
    }

    pub(super) fn spans(&self) -> Result<Spans, QueryError> {
        let fates = self.fates()?;
        let by_name = fates.iter().map(|(fate, spans)| (fate.as_str().to_string(), spans)).collect();
        Ok(Spans { received: fates.received(), fates: by_name })
    }

    pub(super) fn unknown_capabilities(&self) -> Result<BTreeMap<String, u64>, QueryError> {
        match (&self.ledger, self.keeper.store()) {
            (Some(ledger), _) => {
                let known = ledger.unknown_capabilities();
                Ok(known.into_iter().map(|(value, spans)| (self.names.text(value).to_string(), spans)).collect())
            }
            (None, Some(store)) => Ok(store.unknown_capabilities()?),
            (None, None) => Ok(BTreeMap::new()),
        }
    }
}

/// A baseline is this long unless told otherwise.
const A_DAY_NS: u64 = 24 * 3_600_000_000_000;

/// With fewer executions than this on either side, little can be sure.
const FEW: u64 = 100;

/// Chance is a matter of what was seen.
const SEEN: &str = "spans were sampled before they came here: the sentences count the executions that were seen";

/// What must be known about how an explanation came about. `seconds` are those in which something was counted, in the range and in the
/// baseline.
fn note(executions: u64, before: u64, seconds: (u64, u64)) -> Option<String> {
    let mut notes: Vec<String> = Vec::new();
    match (executions, before) {
        (0, _) => return Some("no execution was counted in this range".into()),
        (_, 0) => {
            let text = "nothing was counted in the baseline: only failures can be told, against one in a hundred; \
                        --baseline-from and --baseline-to name another one";
            return Some(text.into());
        }
        (_, before) if before < FEW => {
            notes.push(format!("the baseline holds only {before} executions: what differs little is not told"));
        }
        (executions, _) if executions < FEW => {
            notes.push(format!("the range holds only {executions} executions: what differs little is not told"));
        }
        _ => {}
    }
    if seconds.1 < LONGER * seconds.0 {
        notes.push(format!(
            "executions were counted in only {} s of the baseline, and in {} s of the range: how much this system changes by itself is hardly known",
            seconds.1, seconds.0
        ));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

impl Answers for Desk {
    /// Without reading a single figure.
    fn extent(&self) -> Result<Between, QueryError> {
        self.range(None)
    }

    fn status(&self, question: &StatusQuestion) -> Result<Status, QueryError> {
        let listed = self.listing.now();
        let asked = listing::asked(&listed, question.capability.as_deref())?;
        let between = self.range(question.between)?;
        let windows = self.windows(&asked, question.between, between, true)?;
        let empty = Window::default();
        let status_of = |one: &&Listed| {
            let window = windows.get(&one.name).unwrap_or(&empty);
            let mut status = capability_status(&one.capability, window, &self.names, &self.hops);
            self.tell_burns(one, &mut status, question.between.map(|between| between.to_ns));
            status
        };
        let mut capabilities: Vec<CapabilityStatus> = asked.iter().map(status_of).collect();
        self.say_why_empty(&asked, &mut capabilities, question.between.is_none())?;
        Ok(Status {
            api_version: API_VERSION.into(),
            range: Range::from(between),
            capabilities,
            spans: self.spans()?,
            estimated: windows.values().any(Window::is_estimated),
            unknown_capabilities: self.unknown_capabilities()?,
        })
    }

    fn hops(&self, question: &HopsQuestion) -> Result<HopsAnswer, QueryError> {
        let listed = self.listing.now();
        let asked = listing::asked(&listed, question.capability.as_deref())?;
        let between = self.range(question.between)?;
        let windows = self.windows(&asked, question.between, between, false)?;
        let mut table = Table::default();
        for one in &asked {
            if let Some(window) = windows.get(&one.name) {
                table.add(&one.capability, window, question.level, &self.names, &self.hops);
            }
        }
        Ok(HopsAnswer {
            api_version: API_VERSION.into(),
            capability: question.capability.clone(),
            level: question.level,
            range: Range::from(between),
            hops: table.rows(question.by, &self.names),
            buckets: table.buckets(),
            failed: super::status::count(table.failed),
            estimated: table.estimated,
            sampled: table.sampled(),
            intervals: table.intervals(),
        })
    }

    fn traffic(&self, between: Between, step_ns: u64) -> Result<BTreeMap<String, Vec<Count>>, QueryError> {
        self.told_traffic(between, step_ns)
    }

    fn history(&self, question: &HistoryQuestion) -> Result<History, QueryError> {
        self.told_history(question)
    }

    fn explain(&self, question: &ExplainQuestion) -> Result<Explanation, QueryError> {
        let listed = self.listing.now();
        let capability = listing::asked(&listed, Some(&question.capability))?.first().map(|one| one.name);
        let range = self.range(question.between)?;
        let day_before = Between { from_ns: range.from_ns.saturating_sub(A_DAY_NS), to_ns: range.from_ns };
        let baseline = question.baseline.unwrap_or(day_before);
        let (now, normal) = self.compared(capability, range, baseline)?;
        let why = explain(&now, &normal, question.level, &self.names, &self.hops);
        let (executions, before) = (now.sum().executions(), normal.sum().executions());
        let estimated = executions.is_weighted() || before.is_weighted();
        let counts = [("executions".to_owned(), executions), ("baseline_executions".to_owned(), before)];
        Ok(Explanation {
            api_version: API_VERSION.into(),
            capability: question.capability.clone(),
            level: question.level,
            range: Range::from(range),
            baseline: Range::from(baseline),
            kind: why.kind,
            suspects: why.suspects,
            executions: count(executions),
            baseline_executions: count(before),
            estimated,
            sampled: estimated.then(|| super::estimate::seen(counts)),
            note: note(executions.raw, before.raw, (now.seconds(), normal.seconds()))
                .into_iter()
                .chain(estimated.then(|| SEEN.to_owned()))
                .reduce(|one, other| format!("{one}; {other}")),
        })
    }

    fn flow(&self, question: &FlowQuestion) -> Result<Flow, QueryError> {
        self.told_flow(question)
    }

    fn latest_flows(&self, between: Between) -> Result<HashMap<String, Flow>, QueryError> {
        self.told_latest_flows(between)
    }

    fn budget(&self, question: &BudgetQuestion) -> Result<BudgetAnswer, QueryError> {
        self.told_budget(question)
    }

    fn gate(&self, question: &GateQuestion) -> Result<GateAnswer, QueryError> {
        let of = BudgetQuestion { capability: Some(question.capability.clone()), at_ns: question.at_ns };
        Ok(gate(&question.capability, self.told_budget(&of)?))
    }

    fn matching(&self, capability: Option<&str>) -> Result<Matching, QueryError> {
        self.told_matching(capability)
    }

    fn alerts(&self) -> Result<Alerts, QueryError> {
        let none = || QueryError::Bad("only a running server looks at alerts; ask one: steelthread alerts --server URL".into());
        self.watching.as_ref().map(|watching| watching.alerts()).ok_or_else(none)
    }

    fn incidents(&self, question: &IncidentsQuestion) -> Result<IncidentsAnswer, QueryError> {
        self.told_incidents(question)
    }

    fn annotations(&self, between: Option<Between>) -> Result<Annotations, QueryError> {
        self.told_annotations(between)
    }

    fn annotate(&self, posted: &NewAnnotation, now_ns: u64) -> Result<Annotations, QueryError> {
        self.keep_annotation(posted, now_ns)
    }

    fn trace(&self, trace: TraceId) -> Result<TraceAnswer, QueryError> {
        let recent = self.recent.as_ref().map_or_else(Vec::new, |recent| recent.of_trace(trace));
        let mut verdicts: Vec<VerdictLine> =
            recent.iter().map(|verdict| verdict_with_tree(verdict, &self.names, &self.hops)).collect();
        let kept = self.keeper.store().map_or(Ok(Vec::new()), |store| store.lines(trace))?;
        for text in kept {
            let line: VerdictLine = serde_json::from_str(&text).map_err(|error| {
                QueryError::Unreadable(format!("the verdict that is kept of trace {trace} is damaged: {error}"))
            })?;
            let same = |known: &VerdictLine| known.capability == line.capability && known.entry_span_id == line.entry_span_id;
            if !verdicts.iter().any(same) {
                verdicts.push(line);
            }
        }
        if verdicts.is_empty() {
            return Err(QueryError::NoSuchTrace(trace));
        }
        Ok(TraceAnswer { api_version: API_VERSION.into(), verdicts })
    }
}
