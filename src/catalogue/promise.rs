//! The objectives of a map, with whose they are and where they are written.
//!
//! The map as the other rooms see it has no places: nothing that is decided hangs on them. Whoever has something to say about an
//! objective that was read before finds its place here, from the text that is kept beside the map.

use super::compiled::{Capability, Catalogue, Objective};
use super::problems::{Findings, Place};
use super::yaml::{Body, Node, read};

/// An objective of a capability, or of one of its hops.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise<'a> {
    pub(crate) capability: &'a Capability,
    /// Id of the hop.
    pub(crate) hop: Option<&'a str>,
    pub(crate) objective: &'a Objective,
    /// Where it is written.
    pub(crate) place: Place,
}

/// The tree of a map that was read before; `file` is the name that it has.
pub(crate) fn tree(file: &str, map: &Catalogue) -> Option<Node> {
    // The text is a right one: nothing is found in it that was not told then.
    read(map.text(), &mut Findings::new(file))
}

/// The objectives of a capability and of its hops, each list in map order. `node` is what is written of it.
pub(crate) fn promises<'a>(capability: &'a Capability, node: Option<&Node>) -> Vec<Promise<'a>> {
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
pub(crate) fn under<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Body::Map(entries) = &node.body else { return None };
    entries.iter().find(|(name, _)| is(name, key)).map(|(_, value)| value)
}

/// Whether a node is this text.
pub(crate) fn is(node: &Node, text: &str) -> bool {
    matches!(&node.body, Body::Text(found) if found == text)
}

/// The nodes of a list.
pub(crate) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.body) {
        Some(Body::List(nodes)) => nodes,
        _ => &[],
    }
}
