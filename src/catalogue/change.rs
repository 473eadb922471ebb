//! What differs between two maps, in words for people: which capabilities came, went, or are written in another way.

use super::compiled::Catalogue;
use super::yaml::{Body, Node};
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Ids of capabilities, in map order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Not in the map before.
    pub added: Vec<String>,
    /// Not in the map any more.
    pub removed: Vec<String>,
    /// In both, but not as written before. Layout and comments do not count.
    pub changed: Vec<String>,
}

impl Changes {
    /// From one map to the next.
    pub fn between(before: &Catalogue, after: &Catalogue) -> Self {
        let ids =
            |one: &Catalogue| one.capabilities().iter().map(|it| it.id.clone()).zip(one.digests().to_vec()).collect::<Vec<_>>();
        let (before, after) = (ids(before), ids(after));
        let old: HashMap<&str, u64> = before.iter().map(|(id, digest)| (id.as_str(), *digest)).collect();
        let new: HashMap<&str, u64> = after.iter().map(|(id, digest)| (id.as_str(), *digest)).collect();
        let mut changes = Self::default();
        for (id, digest) in &after {
            match old.get(id.as_str()) {
                None => changes.added.push(id.clone()),
                Some(known) if known != digest => changes.changed.push(id.clone()),
                Some(_) => {}
            }
        }
        changes.removed = before.iter().map(|(id, _)| id).filter(|id| !new.contains_key(id.as_str())).cloned().collect();
        changes
    }
}

/// Ids that are named; further ones are only counted.
const MOST_NAMED: usize = 10;

impl fmt::Display for Changes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (ids, word)) in
            [(&self.added, "added"), (&self.removed, "removed"), (&self.changed, "changed")].iter().enumerate()
        {
            write!(out, "{}{} {word}", if at == 0 { "" } else { ", " }, ids.len())?;
            if !ids.is_empty() {
                let more = if ids.len() > MOST_NAMED { ", ..." } else { "" };
                write!(out, " ({}{more})", ids[..ids.len().min(MOST_NAMED)].join(", "))?;
            }
        }
        Ok(())
    }
}

/// A number for what a node says, wherever it stands.
pub(super) fn digest(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        std::mem::discriminant(&node.body).hash(&mut hasher);
        match &node.body {
            Body::Null => {}
            Body::Text(text) => text.hash(&mut hasher),
            Body::List(nodes) => {
                nodes.len().hash(&mut hasher);
                open.extend(nodes);
            }
            Body::Map(entries) => {
                entries.len().hash(&mut hasher);
                open.extend(entries.iter().flat_map(|(key, value)| [key, value]));
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn map(capabilities: &str) -> Catalogue {
        let text = format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n{capabilities}");
        super::super::parse("m.yaml", &text).unwrap()
    }

    #[test]
    fn what_came_what_went_and_what_is_written_in_another_way_is_told() {
        let entry = |id: &str, service: &str| {
            format!("- id: {id}\n  threads:\n  - id: web\n    entry: {{service: {service}, name: {id}}}\n")
        };
        let before = map(&[entry("book", "web"), entry("pay", "web"), entry("see", "web")].concat());
        let after =
            map(&["# moved and laid out anew\n\n", &entry("see", "web"), &entry("pay", "bank"), &entry("find", "web")].concat());
        let changes = Changes::between(&before, &after);
        assert_eq!(changes.to_string(), "1 added (find), 1 removed (book), 1 changed (pay)");
        assert_eq!(Changes::between(&before, &before).to_string(), "0 added, 0 removed, 0 changed");
    }
}
