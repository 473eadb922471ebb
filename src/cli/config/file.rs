//! A configuration file as written: its mappings, flattened to keys.

use crate::catalogue::document::{Body, Findings, Node, Place, quote, read};
use std::ffi::OsString;

/// No configuration is longer, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// One value, or the values of a list, with the keys that lead there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The keys, outermost first.
    pub(super) path: Vec<String>,
    /// Where the innermost key stands.
    pub(super) key: Place,
    /// What it says; nothing if it says nothing.
    pub(super) values: Vec<(Place, String)>,
    /// It is a list, if only of one.
    pub(super) is_list: bool,
    /// Where the value begins.
    pub(super) value: Place,
}

impl Written {
    /// The flag that is meant, without dashes at its front: keys joined by `-`.
    pub(super) fn flag(&self) -> String {
        self.path.join("-").replace('_', "-")
    }

    /// The keys as a reader finds them.
    pub(super) fn keys(&self) -> String {
        self.path.join(".")
    }
}

/// A setting of the file that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Of the argument.
    pub(super) id: String,
    /// The flag without dashes at its front.
    pub(super) flag: String,
    /// `FILE:LINE:COLUMN` of the value.
    pub(super) place: String,
    /// `FILE:LINE`.
    pub(super) line: String,
    /// As they would be written behind the flag.
    pub(super) values: Vec<String>,
    /// The flag takes no value: it is there or not.
    pub(super) is_switch: bool,
}

impl Entry {
    /// As words of a command line.
    pub(super) fn words(&self) -> Vec<OsString> {
        if self.is_switch {
            let on = self.values.iter().any(|value| value == "true");
            return on.then(|| format!("--{}", self.flag).into()).into_iter().collect();
        }
        self.values.iter().map(|value| format!("--{}={value}", self.flag).into()).collect()
    }
}

/// Reads a file to what it says, key by key. What is wrong is reported.
pub(super) fn written(text: &str, findings: &mut Findings) -> Vec<Written> {
    let start = Place { line: 1, column: 1 };
    if text.len() > MOST_BYTES {
        findings.add(start, "the configuration is larger than 1 MiB", "name the right file");
        return Vec::new();
    }
    let says_nothing = |line: &str| line.is_empty() || line.starts_with('#') || line == "---";
    if text.trim_start_matches('\u{feff}').lines().all(|line| says_nothing(line.trim())) {
        return Vec::new();
    }
    let Some(root) = read(text, findings) else { return Vec::new() };
    match root.body {
        Body::Map(entries) => flattened(entries, findings),
        Body::Null => Vec::new(),
        _ => {
            findings.add(root.place, "a configuration is a mapping", "write `key: value`, a line each");
            Vec::new()
        }
    }
}

/// Mappings that wait to be looked at, innermost and first in the file last.
fn flattened(entries: Vec<(Node, Node)>, findings: &mut Findings) -> Vec<Written> {
    let mut found = Vec::new();
    let below = |path: &[String], entries: Vec<(Node, Node)>| {
        let path = path.to_vec();
        entries.into_iter().rev().map(move |(key, value)| (path.clone(), key, value))
    };
    let mut open: Vec<_> = below(&[], entries).collect();
    while let Some((mut path, key, node)) = open.pop() {
        let Body::Text(word) = key.body else {
            findings.add(key.place, "a key that is no word", "write the name of a flag without its dashes");
            continue;
        };
        path.push(word);
        let (key, value) = (key.place, node.place);
        match node.body {
            Body::Map(inner) if !inner.is_empty() => open.extend(below(&path, inner)),
            Body::Null | Body::Map(_) => found.push(Written { path, key, values: Vec::new(), is_list: false, value }),
            Body::Text(text) => found.push(Written { path, key, values: vec![(value, text)], is_list: false, value }),
            Body::List(list) => {
                let values = scalars(&path, list, findings);
                found.push(Written { path, key, values, is_list: true, value });
            }
        }
    }
    found
}

fn scalars(path: &[String], list: Vec<Node>, findings: &mut Findings) -> Vec<(Place, String)> {
    let mut values = Vec::new();
    for node in list {
        match node.body {
            Body::Text(text) => values.push((node.place, text)),
            _ => {
                let wrong = format!("a list under {} holds what is no text and no number", quote(&path.join(".")));
                findings.add(node.place, wrong, "write one value an item");
            }
        }
    }
    values
}
