//! Each span's place in one execution: whose it is (H1 to H3 with the tree at hand), and whether it is waited for (E4).

use super::case::Place;
use super::hops::{Book, Named};
use super::tree::{Forest, NONE, Node};
use super::{Context, Trace};
use crate::catalogue::HopRule;
use crate::model::Kind;

/// Places of the spans of an execution, by node.
#[derive(Debug, Default)]
pub struct Places {
    /// By node.
    pub list: Vec<Place>,
    /// By position in the capability's hops: whether some span belongs to it.
    pub seen: Vec<bool>,
    /// Topmost spans of required asynchronous steps.
    pub steps: Vec<u32>,
}

/// What does not change from span to span.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The trace.
    pub trace: &'a Trace<'a>,
    /// Map and names.
    pub context: &'a Context<'a>,
    /// Its forest.
    pub forest: &'a Forest,
    /// Hops of the map.
    pub rules: &'a [HopRule],
    /// Position in the map.
    pub capability: u32,
}

impl Places {
    /// Finds the places of all spans below these roots.
    pub fn find(&mut self, inputs: &Inputs<'_>, roots: &[u32], book: &mut Book) {
        let nowhere = Named { hop: crate::model::Hops::UNKNOWN, rule: super::hops::NO_RULE };
        let place = Place { hop: nowhere, operation: nowhere, depth: 0, asynchronous: false, required: false };
        if self.list.len() < inputs.forest.nodes.len() {
            self.list.resize(inputs.forest.nodes.len(), place);
        }
        self.seen.clear();
        self.seen.resize(inputs.rules.len(), false);
        self.steps.clear();
        for &root in roots {
            for at in inputs.forest.below(root) {
                let place = self.place(inputs, at, root, book);
                self.list[at as usize] = place;
                if let Some(seen) = self.seen.get_mut(place.hop.rule as usize) {
                    *seen = true;
                }
            }
        }
    }

    fn place(&mut self, inputs: &Inputs<'_>, at: u32, root: u32, book: &mut Book) -> Place {
        let node = &inputs.forest.nodes[at as usize];
        let above = (at != root).then(|| self.list[node.parent as usize]);
        let (hop, operation) = whose(inputs, node, above.as_ref(), book);
        let Some(above) = above else {
            return Place { hop, operation, depth: 0, asynchronous: false, required: false };
        };
        let begins = node.is(Node::ASYNC);
        let asynchronous = begins || above.asynchronous;
        let is_required = |named: Named| inputs.rules.get(named.rule as usize).is_some_and(|rule| rule.async_required);
        let required = if begins {
            let sender = &inputs.forest.nodes[node.parent as usize];
            is_required(hop) || (sender.kind == Kind::Producer && is_required(above.hop))
        } else {
            // A CONSUMER in the step may be the one that the map means (`receive`, then `process`). Who is asked on the way may not: the
            // step itself decides what an error there means.
            asynchronous && (above.required || (node.kind == Kind::Consumer && is_required(hop)))
        };
        if required && (begins || !above.required) {
            self.steps.push(at);
        }
        Place { hop, operation, depth: above.depth + 1, asynchronous, required }
    }
}

/// A span's hop, and the operation that it is part of.
fn whose(inputs: &Inputs<'_>, node: &Node, above: Option<&Place>, book: &mut Book) -> (Named, Named) {
    let shape_of = |node: &Node| inputs.trace.spans[node.record as usize].shape;
    let known = book.shape(inputs.capability, shape_of(node), inputs.context);
    // An operation goes on in spans of its own service. A step that begins asynchronously is another one.
    let goes_on = above.filter(|_| !node.is(Node::ASYNC) && inputs.forest.nodes[node.parent as usize].service == node.service);
    match node.kind {
        Kind::Server | Kind::Consumer => (known.alone, known.alone),
        Kind::Internal => {
            let hop = goes_on.filter(|_| !known.mapped).map_or(known.alone, |above| above.operation);
            (hop, hop)
        }
        Kind::Client | Kind::Producer => {
            let operation = goes_on.map_or(known.asker, |above| above.operation);
            let served = (node.server != NONE && !known.mapped).then(|| &inputs.forest.nodes[node.server as usize]);
            let hop = served.map_or(known.alone, |server| book.shape(inputs.capability, shape_of(server), inputs.context).alone);
            (hop, operation)
        }
    }
}
