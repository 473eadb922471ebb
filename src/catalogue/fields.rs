//! Reading nodes: what each may be, said in the words of who writes maps.

use super::problems::{Findings, Place, nearest, quote};
use super::yaml::{Body, Node};
use std::collections::HashMap;

/// The keys of a mapping, each known and each once.
#[derive(Debug)]
pub struct Fields<'a> {
    /// Where the mapping begins.
    pub place: Place,
    what: &'a str,
    entries: HashMap<&'a str, &'a Node>,
}

impl<'a> Fields<'a> {
    /// Reads a mapping whose keys are all in `known`. `what` says what it describes, such as `a hop`.
    pub fn new(node: &'a Node, what: &'a str, known: &[&str], findings: &mut Findings) -> Option<Self> {
        let list = mapping(node, what, findings)?;
        let mut entries = HashMap::with_capacity(list.len());
        for (key, place, value) in list {
            if known.contains(&key) {
                entries.insert(key, value);
            } else {
                unknown(key, place, what, known, findings);
            }
        }
        Some(Self { place: node.place, what, entries })
    }

    /// What stands under a key that may be left out.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.get(key).copied()
    }

    /// What stands under a key that must not be left out.
    pub fn need(&self, key: &str, instead: &str, findings: &mut Findings) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            findings.add(self.place, format!("{} without {}", self.what, quote(key)), instead);
        }
        found
    }

    /// Text under a key that may be left out.
    pub fn text(&self, key: &str, findings: &mut Findings) -> Option<String> {
        self.get(key).and_then(|node| text(node, key, findings)).map(str::to_owned)
    }

    /// One of some words under a key that may be left out.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        self.get(key).and_then(|node| word(node, key, words, findings))
    }

    /// A list under a key that may be left out.
    pub fn list(&self, key: &str, example: &str, findings: &mut Findings) -> &'a [Node] {
        self.get(key).and_then(|node| list(node, key, example, findings)).unwrap_or_default()
    }

    /// A list of texts under a key that may be left out.
    pub fn texts(&self, key: &str, example: &str, findings: &mut Findings) -> Option<Vec<String>> {
        let nodes = list(self.get(key)?, key, example, findings)?;
        Some(nodes.iter().filter_map(|node| text(node, key, findings)).map(str::to_owned).collect())
    }
}

fn unknown(key: &str, place: Place, what: &str, known: &[&str], findings: &mut Findings) {
    let wrong = format!("unknown key {} in {what}", quote(key));
    match nearest(key, known) {
        Some(near) => findings.add(place, wrong, format!("write {}", quote(near))),
        None => {
            let known: Vec<String> = known.iter().map(|one| quote(one)).collect();
            findings.add(place, wrong, format!("leave it out, or write one of {}", known.join(", ")));
        }
    }
}

/// The entries of a mapping whose keys are texts, each once; not empty.
pub fn mapping<'a>(node: &'a Node, what: &str, findings: &mut Findings) -> Option<Vec<(&'a str, Place, &'a Node)>> {
    let Body::Map(entries) = &node.body else {
        findings.add(node.place, format!("{} where {what} is expected", kind_of(node)), "write a mapping, `key: value`");
        return None;
    };
    if entries.is_empty() {
        findings.add(node.place, format!("{what} that says nothing"), "fill it in or leave it out");
        return None;
    }
    let mut first: HashMap<&str, Place> = HashMap::with_capacity(entries.len());
    let mut list = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let Body::Text(text) = &key.body else {
            findings.add(key.place, format!("{} as a key of {what}", kind_of(key)), "write the key as text");
            continue;
        };
        if let Some(before) = first.get(text.as_str()) {
            let wrong = format!("duplicate key {} in {what}, first at {}", quote(text), findings.at(*before));
            findings.add(key.place, wrong, "leave one of the two out");
            continue;
        }
        first.insert(text, key.place);
        list.push((text.as_str(), key.place, value));
    }
    Some(list)
}

/// A list that is not empty.
pub fn list<'a>(node: &'a Node, key: &str, example: &str, findings: &mut Findings) -> Option<&'a [Node]> {
    match &node.body {
        Body::List(nodes) if nodes.is_empty() => {
            findings.add(
                node.place,
                format!("empty list under {}", quote(key)),
                format!("write at least one entry, such as {}, or leave the key out", quote(example)),
            );
            None
        }
        Body::List(nodes) => Some(nodes),
        _ => {
            let wrong = format!("{} under {} where a list is expected", kind_of(node), quote(key));
            findings.add(node.place, wrong, format!("write {}", quote(example)));
            None
        }
    }
}

/// Text that is not empty; numbers and truth values are text too.
pub fn text<'a>(node: &'a Node, key: &str, findings: &mut Findings) -> Option<&'a str> {
    match scalar(node, key, findings)? {
        "" => {
            findings.add(node.place, format!("empty text under {}", quote(key)), "fill it in or leave it out");
            None
        }
        text => Some(text),
    }
}

/// Text, number or truth value.
pub fn scalar<'a>(node: &'a Node, key: &str, findings: &mut Findings) -> Option<&'a str> {
    match &node.body {
        Body::Text(text) => Some(text),
        Body::Null => {
            findings.add(node.place, format!("nothing under {}", quote(key)), "fill it in or leave it out");
            None
        }
        _ => {
            let wrong = format!("{} under {} where text is expected", kind_of(node), quote(key));
            findings.add(node.place, wrong, "write a single text");
            None
        }
    }
}

/// One of some words.
pub fn word<T: Copy>(node: &Node, key: &str, words: &[(&str, T)], findings: &mut Findings) -> Option<T> {
    let text = scalar(node, key, findings)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let instead = nearest(text, &known).map_or_else(
            || format!("write one of {}", known.iter().map(|one| quote(one)).collect::<Vec<_>>().join(", ")),
            |near| format!("write {}", quote(near)),
        );
        findings.add(node.place, format!("unknown word {} under {}", quote(text), quote(key)), instead);
    }
    found.map(|(_, meaning)| *meaning)
}

/// The two truth values.
pub const TRUTHS: &[(&str, bool)] = &[("true", true), ("false", false)];

/// What a node is, in plain words.
pub fn kind_of(node: &Node) -> &'static str {
    match &node.body {
        Body::Null => "nothing",
        Body::Text(_) => "a text",
        Body::List(_) => "a list",
        Body::Map(_) => "a mapping",
    }
}
