//! The objectives of a map, with whose they are and where they are written.

use crate::catalogue::document::{Body, Findings, Node, Place, read};
use crate::catalogue::{Capability, Catalogue, Objective};

/// An objective of a capability, or of one of its hops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise<'a> {
    pub(super) capability: &'a Capability,
    /// Id of the hop.
    pub(super) hop: Option<&'a str>,
    pub(super) objective: &'a Objective,
    /// Where it is written.
    pub(super) place: Place,
}

/// The tree of a map that was read before; `file` is the name that it has.
pub(super) fn tree(file: &str, map: &Catalogue) -> Option<Node> {
    // The text is a right one: nothing is found in it that was not told then.
    read(map.text(), &mut Findings::new(file))
}

/// The objectives of a capability and of its hops, each list in map order. `node` is what is written of it.
pub(super) fn promises<'a>(capability: &'a Capability, node: Option<&Node>) -> Vec<Promise<'a>> {
    let mut promises = Vec::new();
    let mut add = |hop: Option<&'a str>, objectives: &'a [Objective], node: Option<&Node>| {
        let nodes = items(node.and_then(|node| under(node, "objectives")));
        for (at, objective) in objectives.iter().enumerate() {
            let place = nodes.get(at).map_or_else(Place::default, |node| node.place);
            promises.push(Promise { capability, hop, objective, place });
        }
    };
    add(None, &capability.objectives, node);
    let hops = items(node.and_then(|node| under(node, "hops")));
    for (at, hop) in capability.hops.iter().enumerate() {
        add(Some(&hop.id), &hop.objectives, hops.get(at));
    }
    promises
}

/// What stands under a key.
pub(super) fn under<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Body::Map(entries) = &node.body else { return None };
    entries.iter().find(|(name, _)| is(name, key)).map(|(_, value)| value)
}

/// Whether a node is this text.
pub(super) fn is(node: &Node, text: &str) -> bool {
    matches!(&node.body, Body::Text(found) if found == text)
}

/// The nodes of a list.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.body) {
        Some(Body::List(nodes)) => nodes,
        _ => &[],
    }
}
