//! What is counted: by whom, and under which name.

use crate::catalogue::document::{Body, Node, is, under};

/// Whose objective.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) capability: &'a str,
    pub(super) hop: Option<&'a str>,
    pub(super) objective: &'a str,
}

/// Good and all of an objective: kind of the source, and the fields of its `spec`. Executions are in `/metrics`, so Prometheus has them;
/// calls of a hop are only known here.
fn sources(whose: Whose<'_>) -> [(&'static str, Vec<(&'static str, String)>); 2] {
    let Whose { capability, hop, objective } = whose;
    ["good", "total"].map(|part| match hop {
        None => {
            let result = if part == "good" { ",result=\"good\"" } else { "" };
            let labels = format!("capability=\"{capability}\",objective=\"{objective}\"{result}");
            ("Prometheus", vec![("query", format!("sum(steelthread_objective_executions_total{{{labels}}})"))])
        }
        Some(hop) => {
            let names = [("capability", capability), ("hop", hop), ("objective", objective), ("count", part)];
            ("steelthread", names.map(|(name, text)| (name, text.to_owned())).to_vec())
        }
    })
}

/// The `indicator` of an objective, each line indented by four.
pub(super) fn written(whose: Whose<'_>, name: &str) -> String {
    let mut text = format!("    metadata:\n      name: {name}\n    spec:\n      ratioMetric:\n        counter: true\n");
    for (part, (kind, spec)) in ["good", "total"].into_iter().zip(sources(whose)) {
        text += &format!("        {part}:\n          metricSource:\n            type: {kind}\n            spec:\n");
        for (key, value) in spec {
            text += &format!("              {key}: {}\n", crate::exchange::text::scalar(&value));
        }
    }
    text
}

/// Whether this `ratioMetric` is the one that is written for the objective: then nothing of it is lost.
pub(super) fn is_ours(ratio: &Node, whose: Whose<'_>) -> bool {
    let sources = sources(whose);
    let wanted = [("good", &sources[0]), ("total", &sources[1])];
    let Body::Map(entries) = &ratio.body else { return false };
    let keys = ["counter", "good", "total"];
    entries.iter().all(|(key, _)| keys.iter().any(|known| is(key, known)))
        && wanted.iter().all(|(part, (kind, spec))| {
            let source = under(ratio, part).and_then(|node| under(node, "metricSource"));
            let Some(source) = source else { return false };
            let Some(Body::Map(given)) = under(source, "spec").map(|node| &node.body) else { return false };
            under(source, "metricSourceRef").is_none()
                && under(source, "type").is_some_and(|node| is(node, kind))
                && given.len() == spec.len()
                && spec.iter().all(|(key, text)| given.iter().any(|(name, value)| is(name, key) && is(value, text)))
        })
}
