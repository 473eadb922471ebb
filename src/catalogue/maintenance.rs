//! Announced work: stretches of time that no budget pays for.
//!
//! It stands in the map and not in a setting or a table of its own, because who is asked about a budget a year later must find what
//! was left out of it where the promise is written. An entry without `capabilities` is about all of them. The road not taken: rules
//! such as "each Sunday night", which would take time out of budgets in which nobody worked.

use super::compiled::Maintenance;
use super::fields::{Fields, list, text};
use super::problems::{Findings, nearest, quote};
use super::values;
use super::written::WrittenCapability;
use super::yaml::Node;
use std::collections::HashMap;
use std::sync::Arc;

/// More are no announced work any more, and each is held against every window that is asked about.
const MOST: usize = 1_000;

const KEYS: [&str; 4] = ["from", "to", "capabilities", "reason"];

const EXAMPLE: &str = "[{from: …, to: …, capabilities: […], reason: …}]";

/// Reads `maintenance` of the map, and gives each capability what is about it.
pub fn read(fields: &Fields<'_>, capabilities: &mut [WrittenCapability], findings: &mut Findings) {
    let nodes = fields.list("maintenance", EXAMPLE, findings);
    if let Some(node) = nodes.get(MOST) {
        let wrong = format!("more than {MOST} entries under `maintenance`");
        findings.add(node.place, wrong, "leave out those that lie before every window that is still asked about");
        return;
    }
    let known: HashMap<String, usize> =
        capabilities.iter().enumerate().map(|(at, one)| (one.id.text.clone(), at)).filter(|(id, _)| !id.is_empty()).collect();
    for node in nodes {
        let Some((maintenance, about)) = entry(node, &known, findings) else { continue };
        let maintenance = Arc::new(maintenance);
        let mut give = |one: &mut WrittenCapability| one.resolved.maintenance.push(Arc::clone(&maintenance));
        match about {
            None => capabilities.iter_mut().for_each(give),
            Some(about) => about.into_iter().filter_map(|at| capabilities.get_mut(at).map(&mut give)).collect(),
        }
    }
}

/// An entry, and the positions of the capabilities that it is about; `None`: of all.
fn entry(node: &Node, known: &HashMap<String, usize>, findings: &mut Findings) -> Option<(Maintenance, Option<Vec<usize>>)> {
    let fields = Fields::new(node, "a maintenance", &KEYS, findings)?;
    let mut moment = |key, instead| fields.need(key, instead, findings).and_then(|node| values::moment(node, key, findings));
    let from_ns = moment("from", "write when it began, such as `from: 2026-10-03T22:00:00Z`");
    let to_ns = moment("to", "write when it ended, such as `to: 2026-10-04T02:00:00Z`");
    let reason = fields.need("reason", "write what was done, such as `reason: database upgrade`", findings);
    let reason = reason.and_then(|node| text(node, "reason", findings));
    let about = fields.get("capabilities").map(|node| about(node, known, findings));
    let maintenance = Maintenance { from_ns: from_ns?, to_ns: to_ns?, reason: reason?.to_owned() };
    if maintenance.from_ns >= maintenance.to_ns {
        findings.add(fields.place, "a maintenance that ends before it began", "write the earlier moment under `from`");
        return None;
    }
    Some((maintenance, about))
}

fn about(node: &Node, known: &HashMap<String, usize>, findings: &mut Findings) -> Vec<usize> {
    let nodes = list(node, "capabilities", "[book-flight]", findings).unwrap_or_default();
    let mut found = Vec::with_capacity(nodes.len());
    for node in nodes {
        let Some(id) = text(node, "capabilities", findings) else { continue };
        match known.get(id) {
            Some(at) => found.push(*at),
            None => {
                let mut ids: Vec<&str> = known.keys().map(String::as_str).collect();
                ids.sort_unstable();
                let instead = nearest(id, &ids).map_or_else(
                    || "write the id of a capability of this map".to_owned(),
                    |near| format!("write {}", quote(near)),
                );
                findings.add(node.place, format!("there is no capability {}", quote(id)), instead);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
