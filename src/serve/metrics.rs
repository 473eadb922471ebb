//! `/metrics`: figures for Prometheus, in its text format.

use super::Refusals;
use crate::model::Cause;
use crate::query::{Answers, CapabilityStatus, Count, HopsAnswer, HopsQuestion, QueryError, Status, StatusQuestion};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Own figures of the server: name without prefix, help, value.
pub(super) type Gauge = (&'static str, &'static str, f64);

/// Everything there is, as text.
pub(super) fn text(
    answers: &dyn Answers,
    ready: bool,
    gauges: &[Gauge],
    refusals: Option<&Refusals>,
) -> Result<String, QueryError> {
    let status = answers.status(&StatusQuestion::default())?;
    let mut page = Page::default();
    own(&mut page, ready, gauges);
    refused(&mut page, refusals);
    spans(&mut page, &status);
    executions(&mut page, &status.capabilities);
    objectives(&mut page, &status.capabilities);
    completeness(&mut page, &status.capabilities);
    hop_failures(&mut page, answers, &status.capabilities)?;
    Ok(page.0)
}

fn own(page: &mut Page, ready: bool, gauges: &[Gauge]) {
    page.family("build_info", "gauge", "1, with the version of steelthread.");
    page.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    page.family("ready", "gauge", "1 if /readyz says so, else 0.");
    page.sample("ready", &[], f64::from(u8::from(ready)));
    let mut last = "";
    for (name, help, value) in gauges {
        let family = name.split('{').next().unwrap_or_default();
        if family != last {
            page.family(family, if family.ends_with("_total") { "counter" } else { "gauge" }, help);
            last = family;
        }
        page.sample(name, &[], *value);
    }
}

fn refused(page: &mut Page, refusals: Option<&Refusals>) {
    let Some(refusals) = refusals else { return };
    page.family("refused_requests_total", "counter", "Requests that were turned away, by door and reason.");
    for (door, reason, requests) in refusals.requests() {
        page.sample("refused_requests_total", &[("door", door), ("reason", reason)], requests as f64);
    }
    page.family("refused_connections_total", "counter", "Connections that were closed at once, because there were too many.");
    for (door, connections) in refusals.connections() {
        page.sample("refused_connections_total", &[("door", door)], connections as f64);
    }
}

fn spans(page: &mut Page, status: &Status) {
    page.family("spans_received_total", "counter", "Spans received.");
    page.sample("spans_received_total", &[], status.spans.received as f64);
    // All fates are in one family, so that their sum is what was received. in_flight also falls: hence no counter.
    page.family("spans_total", "untyped", "Spans by what became of them. All but in_flight only grow.");
    for (fate, spans) in &status.spans.fates {
        page.sample("spans_total", &[("fate", fate)], *spans as f64);
    }
}

fn executions(page: &mut Page, capabilities: &[CapabilityStatus]) {
    page.family("executions_total", "counter", "Executions by outcome, weighted where the spans are sampled.");
    for one in capabilities {
        let outcomes = [
            ("ok", one.ok),
            ("failed", one.failed),
            ("rejected", one.rejected),
            ("abandoned", one.abandoned),
            ("incomplete", one.incomplete),
        ];
        for (outcome, executions) in outcomes {
            page.sample("executions_total", &[("capability", &one.id), ("outcome", outcome)], executions.0);
        }
    }
    page.family("slow_executions_total", "counter", "Executions of outcome ok that were over their latency limit.");
    for one in capabilities {
        page.sample("slow_executions_total", &[("capability", &one.id)], one.slow.0);
    }
    page.family("absorbed_errors_total", "counter", "Errors that did not fail their execution, by kind.");
    for one in capabilities {
        for (kind, errors) in &one.absorbed {
            page.sample("absorbed_errors_total", &[("capability", &one.id), ("kind", kind)], errors.0);
        }
    }
}

/// Both results of each objective are always there: a rate of what is not there is not 0, it is nothing.
fn objectives(page: &mut Page, capabilities: &[CapabilityStatus]) {
    page.family("objective_executions_total", "counter", "Executions that keep and that break an objective of their capability.");
    for one in capabilities {
        for objective in &one.objectives {
            for (result, executions) in [("good", objective.good), ("bad", objective.bad)] {
                let labels = [("capability", one.id.as_str()), ("objective", &objective.id), ("result", result)];
                page.sample("objective_executions_total", &labels, executions.0);
            }
        }
    }
}

/// What was wanting, and what was made of it.
fn completeness(page: &mut Page, capabilities: &[CapabilityStatus]) {
    page.family(
        "late_spans_total",
        "counter",
        "Spans that came after their execution was judged, by the capability that they are of.",
    );
    for one in capabilities {
        page.sample("late_spans_total", &[("capability", &one.id)], one.completeness.late as f64);
    }
    page.family("orphan_spans_total", "counter", "Spans in executions whose parent never came.");
    for one in capabilities {
        page.sample("orphan_spans_total", &[("capability", &one.id)], one.completeness.orphan as f64);
    }
    page.family("corrections_total", "counter", "Failed executions whose culprit was named anew when late spans came.");
    for one in capabilities {
        page.sample("corrections_total", &[("capability", &one.id)], one.completeness.corrected.0);
    }
}

/// Only hops with failures: the sum over a capability is its `executions_total{outcome="failed"}`.
fn hop_failures(page: &mut Page, answers: &dyn Answers, capabilities: &[CapabilityStatus]) -> Result<(), QueryError> {
    page.family(
        "hop_failures_total",
        "counter",
        "Failed executions by the hop to blame and the cause, as judged first (see corrections_total).",
    );
    for one in capabilities.iter().filter(|one| one.failed.0 > 0.0) {
        let question = HopsQuestion { capability: Some(one.id.clone()), ..HopsQuestion::default() };
        let hops = match answers.hops(&question) {
            // The map was swapped between the two questions.
            Err(QueryError::NoSuchCapability { .. }) => continue,
            hops => hops?,
        };
        for ((hop, service, cause), failures) in failures_of(&hops) {
            let labels = [("capability", one.id.as_str()), ("hop", hop), ("service", service), ("cause", cause)];
            page.sample("hop_failures_total", &labels, failures);
        }
    }
    Ok(())
}

/// Summed, because no series may stand there twice.
fn failures_of(hops: &HopsAnswer) -> BTreeMap<(&str, &str, &str), f64> {
    let mut sums = BTreeMap::new();
    let mut add = |hop, service, cause, failures: Count| {
        if failures.0 > 0.0 {
            *sums.entry((hop, service, cause)).or_insert(0.0) += failures.0;
        }
    };
    for row in &hops.hops {
        for (cause, failures) in &row.causes {
            add(row.hop.as_str(), row.service.as_str(), cause.as_str(), *failures);
        }
    }
    add("(caller)", "(caller)", Cause::CallerError.as_str(), hops.buckets.caller);
    add("(unknown)", "(unknown)", Cause::Unknown.as_str(), hops.buckets.unknown);
    sums
}

#[derive(Default)]
struct Page(String);

impl Page {
    /// Writing to a `String` cannot fail.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP steelthread_{name} {help}\n# TYPE steelthread_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.0, "steelthread_{name}");
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::fakes;
    use super::*;
    use crate::model::TraceId;
    use crate::query::{
        Alerts, Annotations, Between, BudgetAnswer, BudgetQuestion, ExplainQuestion, Explanation, Flow, FlowQuestion, GateAnswer,
        GateQuestion, History, HistoryQuestion, IncidentsAnswer, IncidentsQuestion, Matching, TraceAnswer,
    };

    /// Its map is swapped right after each question about the status.
    struct Swapped;

    fn gone<T>() -> Result<T, QueryError> {
        Err(QueryError::NoSuchCapability { asked: "book-flight".into(), known: "search".into() })
    }

    impl Answers for Swapped {
        fn status(&self, _: &StatusQuestion) -> Result<Status, QueryError> {
            Ok(fakes::status())
        }

        fn hops(&self, _: &HopsQuestion) -> Result<HopsAnswer, QueryError> {
            gone()
        }

        fn history(&self, _: &HistoryQuestion) -> Result<History, QueryError> {
            gone()
        }

        fn explain(&self, _: &ExplainQuestion) -> Result<Explanation, QueryError> {
            gone()
        }

        fn flow(&self, _: &FlowQuestion) -> Result<Flow, QueryError> {
            gone()
        }

        fn budget(&self, _: &BudgetQuestion) -> Result<BudgetAnswer, QueryError> {
            gone()
        }

        fn gate(&self, _: &GateQuestion) -> Result<GateAnswer, QueryError> {
            gone()
        }

        fn matching(&self, _: Option<&str>) -> Result<Matching, QueryError> {
            gone()
        }

        fn alerts(&self) -> Result<Alerts, QueryError> {
            gone()
        }

        fn incidents(&self, _: &IncidentsQuestion) -> Result<IncidentsAnswer, QueryError> {
            gone()
        }

        fn annotations(&self, _: Option<Between>) -> Result<Annotations, QueryError> {
            gone()
        }

        fn trace(&self, _: TraceId) -> Result<TraceAnswer, QueryError> {
            gone()
        }
    }

    #[test]
    fn a_capability_that_goes_while_the_page_is_written_is_no_reason_to_have_none() {
        let page = text(&Swapped, true, &[], None).unwrap();
        assert!(page.contains("executions_total{capability=\"search\""), "{page}");
        assert!(!page.contains("hop_failures_total{"), "{page}");
    }
}
