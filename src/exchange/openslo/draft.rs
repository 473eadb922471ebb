//! The draft of a map: objectives, and room for what OpenSLO does not say.

use crate::exchange::text::{list, scalar};
use std::collections::HashMap;

/// Capabilities in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct Draft {
    capabilities: Vec<DraftCapability>,
    positions: HashMap<String, usize>,
}

/// A capability, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct DraftCapability {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) audience: Vec<String>,
    objectives: Vec<DraftObjective>,
    hops: Vec<(String, Vec<DraftObjective>)>,
}

/// An objective. All but the id are texts that the map takes.
#[derive(Debug)]
pub(super) struct DraftObjective {
    pub(super) id: String,
    pub(super) target: String,
    pub(super) under: Option<String>,
    pub(super) window: Option<String>,
}

impl Draft {
    pub(super) fn is_empty(&self) -> bool {
        self.capabilities.is_empty()
    }

    /// The capability with this id, which may be new.
    pub(super) fn capability(&mut self, id: &str) -> &mut DraftCapability {
        let at = *self.positions.entry(id.to_owned()).or_insert_with(|| {
            self.capabilities.push(DraftCapability { id: id.to_owned(), ..DraftCapability::default() });
            self.capabilities.len() - 1
        });
        &mut self.capabilities[at]
    }

    /// Adds an objective to a capability or to one of its hops. Gives back its id where it had to be another one than it has.
    pub(super) fn add(&mut self, capability: &str, hop: Option<&str>, mut objective: DraftObjective) -> Option<String> {
        let capability = self.capability(capability);
        let list = match hop {
            None => &mut capability.objectives,
            Some(hop) => {
                let at = capability.hops.iter().position(|(id, _)| id == hop).unwrap_or_else(|| {
                    capability.hops.push((hop.to_owned(), Vec::new()));
                    capability.hops.len() - 1
                });
                &mut capability.hops[at].1
            }
        };
        let taken = |id: &str| list.iter().any(|one| one.id == id);
        let further = (2..=list.len() + 1).map(|number| format!("{}-{number}", objective.id));
        let renamed = if taken(&objective.id) { further.into_iter().find(|id| !taken(id)) } else { None };
        if let Some(id) = &renamed {
            objective.id.clone_from(id);
        }
        list.push(objective);
        renamed
    }

    /// As a map. What is missing in it stands there as a remark.
    pub(super) fn text(&self) -> String {
        let mut text = String::from(
            "# A draft: OpenSLO does not say how executions are recognised. Write the threads of each capability, then run steelthread check.\n\
             apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n",
        );
        for one in &self.capabilities {
            text += &one.text();
        }
        text
    }
}

impl DraftCapability {
    fn text(&self) -> String {
        let mut text = format!("  - id: {}\n", scalar(&self.id));
        for (key, value) in [("title", &self.title), ("owner", &self.owner), ("customer", &self.customer)] {
            if let Some(value) = value {
                text += &format!("    {key}: {}\n", scalar(value));
            }
        }
        if !self.audience.is_empty() {
            text += &format!("    audience: {}\n", list(self.audience.iter().map(String::as_str)));
        }
        text += "    # threads: [{id: web, entry: {service: …, kind: server, name: \"…\"}}]\n";
        if !self.hops.is_empty() {
            text += "    hops:\n";
        }
        for (id, objectives) in &self.hops {
            let id = scalar(id);
            text += &format!("      - id: {id}\n        match: {{service: {id}}} # a guess\n        objectives:\n");
            text += &lines(objectives, "          ");
        }
        if !self.objectives.is_empty() {
            text += &format!("    objectives:\n{}", lines(&self.objectives, "      "));
        }
        text
    }
}

fn lines(objectives: &[DraftObjective], indented: &str) -> String {
    let line = |one: &DraftObjective| {
        let under = one.under.iter().map(|under| format!(", under: {under}"));
        let window = one.window.iter().map(|window| format!(", window: {window}"));
        let more: String = under.chain(window).collect();
        format!("{indented}- {{id: {}, target: {}{more}}}\n", scalar(&one.id), one.target)
    };
    objectives.iter().map(line).collect()
}
