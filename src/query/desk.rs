//! Where questions are answered.

use super::explain::{Blocks, LONGER, explain};
use super::hops::Table;
use super::status::{capability_status, count};
use super::{
    API_VERSION, Answers, Between, ExplainQuestion, Explanation, HopsAnswer, HopsQuestion, QueryError, Range, Spans, Status,
    StatusQuestion, TraceAnswer, VerdictLine, verdict_line,
};
use crate::catalogue::Capability;
use crate::measure::{Ledger, Recent, SLICE_NS, Window};
use crate::model::{Fates, Hops, Name, Names, TraceId};
use crate::store::{Keeper, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Answers from what is counted and what is kept.
#[derive(Debug)]
pub struct Desk {
    capabilities: Vec<Capability>,
    /// Of the capabilities, in the same order.
    ids: Vec<Name>,
    names: Arc<Names>,
    hops: Arc<Hops>,
    keeper: Arc<Keeper>,
    ledger: Option<Arc<Ledger>>,
    recent: Option<Arc<Recent>>,
    /// Without a range, answers are about what was counted since the process began, and not about all that is kept.
    since_start: bool,
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
        let ids = capabilities.iter().map(|capability| names.intern(capability.id.as_bytes())).collect();
        Self { capabilities: capabilities.to_vec(), ids, names, hops, keeper, ledger, recent, since_start: false }
    }

    /// The same desk, but without a range its answers are about what was counted since the process began.
    pub fn since_start(self) -> Self {
        Self { since_start: true, ..self }
    }

    /// Positions of the capabilities that are asked about.
    fn asked(&self, capability: Option<&str>) -> Result<Vec<usize>, QueryError> {
        let Some(asked) = capability else { return Ok((0..self.capabilities.len()).collect()) };
        match self.capabilities.iter().position(|one| one.id == asked) {
            Some(at) => Ok(vec![at]),
            None => {
                let known: Vec<&str> = self.capabilities.iter().take(20).map(|one| one.id.as_str()).collect();
                Err(QueryError::NoSuchCapability { asked: asked.into(), known: known.join(", ") })
            }
        }
    }

    /// The range of the answer: as asked; else from the first slice to the end of the last; else empty.
    fn range(&self, between: Option<Between>) -> Result<Between, QueryError> {
        let Some(between) = between else {
            let extent = self.keeper.extent()?.unwrap_or(0..0);
            return Ok(Between { from_ns: extent.start, to_ns: extent.end });
        };
        Ok(between)
    }

    /// For each capability that is asked about, what is counted of it in the slices that start in the range.
    fn windows(&self, asked: &[usize], question: Option<Between>, between: Between) -> Result<HashMap<Name, Window>, QueryError> {
        let mut windows: HashMap<Name, Window> = asked.iter().map(|at| (self.ids[*at], Window::default())).collect();
        let only = if let [one] = asked { Some(self.ids[*one]) } else { None };
        let mut add = |capability: Name, window: &Window| {
            if let Some(sum) = windows.get_mut(&capability) {
                sum.merge(window);
            }
        };
        if self.since_start && question.is_none() {
            self.keeper.read_since_start(only, &mut add);
        } else {
            self.keeper.read(between.from_ns..between.to_ns, only, &mut |key, window| add(key.capability, window))?;
        }
        Ok(windows)
    }

    fn spans(&self) -> Result<Spans, QueryError> {
        let fates = match (&self.ledger, self.keeper.store()) {
            (Some(ledger), _) => ledger.fates(),
            (None, Some(store)) => store.fates()?,
            (None, None) => Fates::default(),
        };
        let by_name = fates.iter().map(|(fate, spans)| (fate.as_str().to_string(), spans)).collect();
        Ok(Spans { received: fates.received(), fates: by_name })
    }

    fn unknown_capabilities(&self) -> Result<BTreeMap<String, u64>, QueryError> {
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
    fn status(&self, question: &StatusQuestion) -> Result<Status, QueryError> {
        let asked = self.asked(question.capability.as_deref())?;
        let between = self.range(question.between)?;
        let windows = self.windows(&asked, question.between, between)?;
        let empty = Window::default();
        let status_of = |at: &usize| {
            let window = windows.get(&self.ids[*at]).unwrap_or(&empty);
            capability_status(&self.capabilities[*at], window, &self.names, &self.hops)
        };
        Ok(Status {
            api_version: API_VERSION.into(),
            range: Range::from(between),
            capabilities: asked.iter().map(status_of).collect(),
            spans: self.spans()?,
            estimated: windows.values().any(Window::is_estimated),
            unknown_capabilities: self.unknown_capabilities()?,
        })
    }

    fn hops(&self, question: &HopsQuestion) -> Result<HopsAnswer, QueryError> {
        let asked = self.asked(question.capability.as_deref())?;
        let between = self.range(question.between)?;
        let windows = self.windows(&asked, question.between, between)?;
        let mut table = Table::default();
        for at in &asked {
            if let Some(window) = windows.get(&self.ids[*at]) {
                table.add(&self.capabilities[*at], window, question.level, &self.names, &self.hops);
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
        })
    }

    fn explain(&self, question: &ExplainQuestion) -> Result<Explanation, QueryError> {
        let asked = self.asked(Some(&question.capability))?;
        let capability = asked.first().map(|at| self.ids[*at]);
        let range = self.range(question.between)?;
        let day_before = Between { from_ns: range.from_ns.saturating_sub(A_DAY_NS), to_ns: range.from_ns };
        let baseline = question.baseline.unwrap_or(day_before);
        let (mut now, mut normal) = (Blocks::default(), Blocks::default());
        self.keeper.read(range.from_ns..range.to_ns, capability, &mut |key, window| now.add(key.slice_ns, window))?;
        // The range is left out of what it is compared with: so are the slices that it cuts, because a fault may have begun in them.
        let (from_ns, to_ns) = (range.from_ns.saturating_sub(SLICE_NS - 1), range.to_ns);
        self.keeper.read(baseline.from_ns..baseline.to_ns, capability, &mut |key, window| {
            if key.slice_ns < from_ns || key.slice_ns >= to_ns {
                normal.add(key.slice_ns, window);
            }
        })?;
        let why = explain(&now, &normal, question.level, &self.names, &self.hops);
        let (executions, before) = (now.sum().executions(), normal.sum().executions());
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
            note: note(executions.raw, before.raw, (now.seconds(), normal.seconds())),
        })
    }

    fn trace(&self, trace: TraceId) -> Result<TraceAnswer, QueryError> {
        let recent = self.recent.as_ref().map_or_else(Vec::new, |recent| recent.of_trace(trace));
        let mut verdicts: Vec<VerdictLine> =
            recent.iter().map(|verdict| verdict_line(verdict, &self.names, &self.hops)).collect();
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
