//! The capability map: what the organisation does for customers, and how to recognise it in spans.
//!
//! This room turns text into tests. A map is read, all its problems are told at once with their positions, and what is left is
//! compiled to *facts*: numbered tests that a span meets or does not. Whoever looks at spans asks only which facts hold; which
//! hop, entry or outcome rule follows from a set of facts is answered here, so that the map is consulted once per shape and not
//! once per span. The road not taken: matchers that are run on each span, which makes the cost of a span grow with the map.
//!
//! The way of a map: `yaml` (text to a tree with places); `written`, `hop`, `matcher`, `condition`, `values` (tree to the map as
//! written, with `fields` for what all of them read); `clash` (what is wrong between two places); `compile` (to `facts` and
//! `rules`). All that is wrong goes to `problems` and nothing stops at the first; only a file that is not YAML has but one
//! problem.

mod change;
mod clash;
mod compile;
mod compiled;
mod condition;
mod entry;
mod facts;
mod fields;
mod glob;
mod hop;
mod maintenance;
mod matcher;
mod predicate;
mod problems;
mod promise;
mod rules;
#[cfg(test)]
mod tests;
mod values;
mod worth;
mod written;
mod yaml;

pub use change::Changes;
pub use problems::nearest;

pub use entry::{EntryRule, EntryTest, Tested};

pub use compiled::{
    Calendar, CallerErrors, Capability, Catalogue, Expect, Field, HopRule, Maintenance, Objective, ObjectiveKind, Problems,
    Scope, Thread, ValueRule,
};

/// How a map is read and its problems are told, for other files in YAML.
pub(crate) mod document {
    pub(crate) use super::fields::{Fields, mapping, text};
    pub(crate) use super::problems::{Findings, Place, nearest, quote};
    pub(crate) use super::promise::{Promise, is, items, promises, tree, under};
    pub(crate) use super::values::{decimal, duration};
    pub(crate) use super::yaml::{Body, Node, read, read_all};
}

/// Reads and compiles a map. `file` is the name that problems are reported under.
///
/// # Errors
/// All problems of the map at once, sorted by position; `Display` writes one line a problem.
pub fn parse(file: &str, text: &str) -> Result<Catalogue, Problems> {
    let mut findings = problems::Findings::new(file);
    let capabilities = yaml::read(text, &mut findings).map(|root| written::map(&root, &mut findings)).unwrap_or_default();
    clash::check(&capabilities, &mut findings);
    if !findings.is_empty() {
        return Err(findings.into_problems());
    }
    let digests = capabilities.iter().map(|one| one.digest).collect();
    let (capabilities, compiled) = compile::compile(capabilities);
    Ok(Catalogue::new(capabilities, compiled, text, digests))
}
