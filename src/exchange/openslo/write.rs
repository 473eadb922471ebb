//! From a map to OpenSLO.

use super::indicator::{self, Whose};
use super::lost;
use super::{API_VERSION, HOP, OBJECTIVE, UNDER, window};
use crate::catalogue::document::{Findings, Promise, items, promises, quote, tree, under};
use crate::catalogue::{Capability, Catalogue, ObjectiveKind};
use crate::exchange::Carried;
use crate::exchange::text::{list, scalar};
use std::collections::HashSet;

/// The objectives of a map in OpenSLO v1, and what of the map that does not say. `file` is the name that places are told under.
pub fn export(file: &str, map: &Catalogue) -> Carried {
    let mut lost = Findings::new(file);
    let root = tree(file, map);
    let nodes = items(root.as_ref().and_then(|root| under(root, "capabilities")));
    let mut out = Writer { text: String::new(), names: HashSet::new(), lost: &mut lost };
    for (at, one) in map.capabilities().iter().enumerate() {
        out.service(one);
        promises(one, nodes.get(at)).into_iter().for_each(|promise| out.objective(promise));
    }
    let text = out.text;
    if let Some(root) = &root {
        lost::name(root, &mut lost);
    }
    Carried { text, lost: lost.into_problems().0 }
}

struct Writer<'a> {
    text: String,
    /// Names of SLOs that are taken.
    names: HashSet<String>,
    lost: &'a mut Findings,
}

impl Writer<'_> {
    fn service(&mut self, one: &Capability) {
        self.text += &format!("---\napiVersion: {API_VERSION}\nkind: Service\nmetadata:\n  name: {}\n", scalar(&one.id));
        if one.title != one.id {
            self.text += &format!("  displayName: {}\n", scalar(&one.title));
        }
        let labels = [("owner", &one.owner), ("customer", &one.customer)];
        let labels = labels.into_iter().filter_map(|(key, text)| Some(format!("    {key}: {}\n", scalar(text.as_ref()?))));
        let audience = one.audience.iter().map(|all| format!("    audience: {}\n", list(all.iter().map(String::as_str))));
        let labels: String = labels.chain(audience).collect();
        if !labels.is_empty() {
            self.text += &format!("  labels:\n{labels}");
        }
        self.text += "spec: {}\n";
    }

    fn objective(&mut self, promise: Promise<'_>) {
        let Promise { capability: one, hop, objective, place } = promise;
        let told = format!("the objective {} is not carried over", quote(&objective.id));
        if objective.target >= 1.0 {
            self.lost.add(place, told, "OpenSLO knows no target of 100 %");
            return;
        }
        let Some(window) = window::written(objective) else {
            self.lost.add(place, told, "OpenSLO knows no window that is not whole minutes");
            return;
        };
        let whose = Whose { capability: &one.id, hop, objective: &objective.id };
        let name = self.name(whose);
        let mut annotations = format!("    {OBJECTIVE}: {}\n", scalar(&objective.id));
        if let Some(hop) = hop {
            annotations += &format!("    {HOP}: {}\n", scalar(hop));
        }
        if let ObjectiveKind::Latency { under_ns } = objective.kind {
            annotations += &format!("    {UNDER}: {}\n", scalar(&duration(under_ns)));
        }
        self.text += &format!(
            "---\napiVersion: {API_VERSION}\nkind: SLO\nmetadata:\n  name: {name}\n  annotations:\n{annotations}spec:\n  service: {}\n  indicator:\n{}  timeWindow:\n{window}  budgetingMethod: Occurrences\n  objectives:\n    - target: {}\n",
            scalar(&one.id),
            indicator::written(whose, &name),
            objective.target
        );
    }

    /// One that no other SLO has: `a-b` of `c` and `a` of `b-c` would be called the same.
    fn name(&mut self, whose: Whose<'_>) -> String {
        let parts = [Some(whose.capability), whose.hop, Some(whose.objective)];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
        let further = (2..).map(|number: u64| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(further).find(|name| !self.names.contains(name)).unwrap_or(name);
        self.names.insert(free.clone());
        scalar(&free)
    }
}

/// As the map writes it.
fn duration(length_ns: u64) -> String {
    let units = [(3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms")];
    match units.into_iter().find(|(unit, _)| length_ns.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", length_ns / unit),
        // Six digits are enough for nanoseconds, and exact.
        None => format!("{}.{:06}ms", length_ns / 1_000_000, length_ns % 1_000_000),
    }
}
