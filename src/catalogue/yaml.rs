//! Text to a tree in which each node knows its place. The only module that knows the YAML library.
//!
//! Why the events of the parser and not typed deserialisation: that stops at the first wrong value, and a map is to be told all
//! that is wrong with it at once. The tree is built without recursion; its size and depth, aliases included, are bounded, so that
//! a file that unfolds without end is refused instead of read.

use super::problems::{Findings, Place};
use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, ScanError, Span};
use std::collections::{HashMap, HashSet};

/// A map's text may be this long, in bytes.
const MOST_BYTES: usize = 64 << 20;
/// Nodes that aliases may add. Each is a copy.
const MOST_COPIES: usize = 200_000;
/// How deep lists and mappings may lie in each other. A right map needs 9.
const MOST_DEPTH: usize = 48;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins; an alias where it is used.
    pub place: Place,
    /// What it is.
    pub body: Body,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing, `~` or `null`.
    Null,
    /// Text, number or truth value: in a map all are compared by their text.
    Text(String),
    /// `[…]` or lines with `-`.
    List(Vec<Node>),
    /// Keys and values in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Reads one YAML document. If it is none, the first error is reported and there is no tree.
pub fn read(text: &str, findings: &mut Findings) -> Option<Node> {
    let root = trees(text, Tree::default(), findings)?.pop();
    if root.is_none() {
        let start = Place { line: 1, column: 1 };
        findings.add(start, "the file is empty", "write a map that begins with `apiVersion: steelthread/v1`");
    }
    root
}

/// Reads the YAML documents of a file, which `---` parts. If one is none, the first error is reported and there is no tree.
pub fn read_all(text: &str, findings: &mut Findings) -> Option<Vec<Node>> {
    trees(text, Tree { many: true, ..Tree::default() }, findings)
}

fn trees(text: &str, mut tree: Tree, findings: &mut Findings) -> Option<Vec<Node>> {
    if text.len() > MOST_BYTES {
        let start = Place { line: 1, column: 1 };
        findings.add(start, "the file is larger than 64 MiB", "write several files");
        return None;
    }
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MOST_DEPTH;
    options.block_nesting_limit = MOST_DEPTH;
    for next in Parser::new_from_str_with_options(text, options) {
        let taken = match next {
            Ok((event, span)) => tree.take(event, span),
            Err(error) => Err(told(&error)),
        };
        if let Err((place, wrong, instead)) = taken {
            findings.add(place, wrong, instead);
            return None;
        }
    }
    Some(tree.roots)
}

type Refused = (Place, String, &'static str);

fn told(error: &ScanError) -> Refused {
    let mark = error.marker();
    let place = place_of(mark.line(), mark.col());
    let info = error.info();
    let instead = if info.contains("tab") {
        "indent with spaces"
    } else if info.contains("recursion") {
        "lists and mappings must not lie that deep in each other"
    } else if info.contains("anchor") {
        "define the anchor with `&name` before it is used"
    } else if info.contains("quote") || info.contains("escape") {
        "close the quotes, and use single quotes for text with backslashes"
    } else {
        "close what is open, line up what belongs together, and put text that holds `: ` or ` #` in quotes"
    };
    (place, format!("not YAML: {info}"), instead)
}

fn place_of(line: usize, column: usize) -> Place {
    let fit = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: fit(line.max(1)), column: fit(column.saturating_add(1)) }
}

/// A node with what must be known of it to copy it safely.
#[derive(Debug, Clone)]
struct Built {
    node: Node,
    /// Nodes in it, itself included.
    size: usize,
    /// Levels in it, itself included.
    height: usize,
}

/// A list or mapping that is not closed yet. A mapping holds keys and values in turn.
#[derive(Debug)]
struct Open {
    place: Place,
    anchor: usize,
    is_map: bool,
    children: Vec<Node>,
    size: usize,
    height: usize,
}

#[derive(Debug, Default)]
struct Tree {
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    copies: usize,
    documents: usize,
    /// Whether a file may hold more than one.
    many: bool,
    roots: Vec<Node>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Refused> {
        let place = place_of(span.start.line(), span.start.col());
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 && !self.many {
                    return Err((place, "a second document begins here".to_owned(), "write one map a file, without `---`"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let node = Node { place, body: scalar(&text, style) };
                self.put(Built { node, size: 1, height: 1 }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(place, anchor, false),
            Event::MappingStart(_, anchor, _) => self.begin(place, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.copy(anchor, place),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, place: Place, anchor: usize, is_map: bool) -> Result<(), Refused> {
        self.check_depth(place, 1)?;
        self.open.push(Open { place, anchor, is_map, children: Vec::new(), size: 1, height: 1 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refused> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let body = if open.is_map { Body::Map(entries(open.children)) } else { Body::List(open.children) };
        let node = Node { place: open.place, body };
        self.put(Built { node, size: open.size, height: open.height }, open.anchor)
    }

    fn copy(&mut self, anchor: usize, place: Place) -> Result<(), Refused> {
        let Some(known) = self.anchors.get(&anchor) else {
            return Err((place, "an alias inside the value it stands for".to_owned(), "write the value out"));
        };
        self.copies += known.size;
        if self.copies > MOST_COPIES {
            return Err((place, "the aliases of this file unfold to too much".to_owned(), "write the values out"));
        }
        self.check_depth(place, known.height)?;
        let mut copied = known.clone();
        copied.node.place = place;
        self.put(copied, 0)
    }

    fn check_depth(&self, place: Place, more: usize) -> Result<(), Refused> {
        if self.open.len() + more > MOST_DEPTH {
            let instead = "lists and mappings must not lie that deep in each other";
            return Err((place, format!("more than {MOST_DEPTH} levels"), instead));
        }
        Ok(())
    }

    fn put(&mut self, built: Built, anchor: usize) -> Result<(), Refused> {
        if anchor > 0 {
            self.copies += built.size;
            if self.copies > MOST_COPIES {
                let wrong = "the anchors of this file hold too much".to_owned();
                return Err((built.node.place, wrong, "write the values out"));
            }
            self.anchors.insert(anchor, built.clone());
        }
        match self.open.last_mut() {
            Some(open) => {
                open.size += built.size;
                open.height = open.height.max(built.height + 1);
                open.children.push(built.node);
            }
            None => self.roots.push(built.node),
        }
        Ok(())
    }
}

/// Plain words for nothing and for truth values are told apart from quoted ones here, and only here.
fn scalar(text: &str, style: ScalarStyle) -> Body {
    if style != ScalarStyle::Plain {
        return Body::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Body::Null,
        "True" | "TRUE" => Body::Text("true".to_owned()),
        "False" | "FALSE" => Body::Text("false".to_owned()),
        _ => Body::Text(text.to_owned()),
    }
}

/// Pairs keys with values, and puts the entries of `<<` mappings where the mapping has none of its own.
fn entries(children: Vec<Node>) -> Vec<(Node, Node)> {
    let mut own = Vec::with_capacity(children.len() / 2);
    let mut merged = Vec::new();
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        match (&key.body, value.body) {
            (Body::Text(text), Body::Map(inner)) if text == "<<" => merged.extend(inner),
            (_, body) => own.push((key, Node { place: value.place, body })),
        }
    }
    let mut taken: HashSet<String> = own.iter().filter_map(|(key, _)| key_text(key)).collect();
    for (key, value) in merged {
        if key_text(&key).is_none_or(|text| taken.insert(text)) {
            own.push((key, value));
        }
    }
    own
}

fn key_text(key: &Node) -> Option<String> {
    match &key.body {
        Body::Text(text) => Some(text.clone()),
        _ => None,
    }
}
