//! Matchers as written, and when one makes another one unreachable.

use super::compiled::{Field, Scope};
use super::facts::Subject;
use super::fields::{TRUTHS, kind_of, mapping, scalar, word};
use super::predicate::{Bound, Pattern, Predicate, number};
use super::problems::{Findings, Place, nearest, quote};
use super::rules::Kinds;
use super::yaml::{Body, Node};
use crate::model::Kind;
use std::collections::BTreeMap;

/// Tests that must all hold; of each subject any of some predicates.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Where it is written.
    pub place: Place,
    /// The kinds that it asks for.
    pub kinds: Option<Kinds>,
    /// Sorted by subject; the predicates of a subject in the order of the map.
    pub tests: BTreeMap<Subject, Vec<Predicate>>,
    /// All of it could be read. What could not be is reported already, and the rest is not compared with others.
    pub whole: bool,
}

const KINDS: &[(&str, Kind)] = &[
    ("internal", Kind::Internal),
    ("server", Kind::Server),
    ("client", Kind::Client),
    ("producer", Kind::Producer),
    ("consumer", Kind::Consumer),
];

const KNOWN: [&str; 7] = ["service", "namespace", "name", "peer", "kind", "attributes", "resource"];

impl Matcher {
    /// Kinds of spans that a hop's matcher is tried on (spec 2.2, H1).
    pub fn hop_kinds(&self) -> Kinds {
        let asked = self.kinds.unwrap_or(Kinds::ALL);
        if self.tests.contains_key(&Subject::Field(Field::Peer)) {
            asked.and(Kinds::ASKING)
        } else if self.kinds.is_some_and(|kinds| !kinds.and(Kinds::ASKING).is_empty()) {
            asked
        } else {
            asked.and(Kinds::WORKING)
        }
    }

    /// Kinds of spans that an entry's or outcome's matcher is tried on.
    pub fn any_kinds(&self) -> Kinds {
        self.kinds.unwrap_or(Kinds::ALL)
    }

    /// Whether it holds wherever `narrow` holds, as far as tests go.
    pub fn covers(&self, narrow: &Self) -> bool {
        self.tests.iter().all(|(subject, wide)| {
            let narrow = narrow.tests.get(subject);
            narrow.is_some_and(|narrow| narrow.iter().all(|one| wide.iter().any(|other| other.covers(one))))
        })
    }

    /// Its predicates on this field.
    pub fn field(&self, field: Field) -> Option<&[Predicate]> {
        self.tests.get(&Subject::Field(field)).map(Vec::as_slice)
    }

    /// The same for matchers that mean the same.
    pub fn meaning(&self) -> String {
        let mut out = format!("{:?}", self.any_kinds());
        for (subject, predicates) in &self.tests {
            let mut texts: Vec<String> = predicates.iter().map(|one| format!("{one:?}")).collect();
            texts.sort();
            texts.dedup();
            out.push_str(&format!("{subject:?}{texts:?}"));
        }
        out
    }
}

/// One matcher, or a list of which any may hold.
pub fn matchers(node: &Node, key: &str, findings: &mut Findings) -> Vec<Matcher> {
    match &node.body {
        Body::List(nodes) if nodes.is_empty() => {
            findings.add(
                node.place,
                format!("empty list under {}", quote(key)),
                "write a matcher, `{service: …}`, or leave it out",
            );
            Vec::new()
        }
        Body::List(nodes) => nodes.iter().map(|node| matcher(node, key, findings)).collect(),
        _ => vec![matcher(node, key, findings)],
    }
}

fn matcher(node: &Node, key: &str, findings: &mut Findings) -> Matcher {
    let mut reading = Reading {
        matcher: Matcher { place: node.place, kinds: None, tests: BTreeMap::new(), whole: true },
        seen: BTreeMap::new(),
    };
    match &node.body {
        Body::Map(entries) if entries.is_empty() => {
            findings.add(
                node.place,
                format!("empty matcher under {}", quote(key)),
                "write at least one test, such as `service: …`",
            );
            reading.matcher.whole = false;
        }
        _ => match mapping(node, "a matcher", findings) {
            Some(entries) => entries.into_iter().for_each(|(key, place, value)| reading.entry(key, place, value, findings)),
            None => reading.matcher.whole = false,
        },
    }
    reading.matcher
}

struct Reading {
    matcher: Matcher,
    seen: BTreeMap<Subject, Place>,
}

impl Reading {
    fn entry(&mut self, key: &str, place: Place, value: &Node, findings: &mut Findings) {
        match key {
            "service" => self.test(Subject::Field(Field::Service), key, place, value, findings),
            "namespace" => self.test(Subject::Field(Field::Namespace), key, place, value, findings),
            "name" => self.test(Subject::Field(Field::Name), key, place, value, findings),
            "peer" => self.test(Subject::Field(Field::Peer), key, place, value, findings),
            "kind" => self.kinds(value, findings),
            "attributes" => self.attributes(Scope::Span, "attributes", value, findings),
            "resource" => self.attributes(Scope::Resource, "resource", value, findings),
            _ => match key.split_once('.') {
                Some(("attributes", name)) => self.attribute(Scope::Span, name, key, place, value, findings),
                Some(("resource", name)) => self.attribute(Scope::Resource, name, key, place, value, findings),
                _ => self.unknown(key, place, findings),
            },
        }
    }

    fn attributes(&mut self, scope: Scope, what: &str, value: &Node, findings: &mut Findings) {
        let Some(entries) = mapping(value, &format!("a mapping of {}", quote(what)), findings) else {
            self.matcher.whole = false;
            return;
        };
        for (key, place, value) in entries {
            self.attribute(scope, key, key, place, value, findings);
        }
    }

    fn attribute(&mut self, scope: Scope, name: &str, key: &str, place: Place, value: &Node, findings: &mut Findings) {
        if name.is_empty() {
            findings.add(
                place,
                format!("{} names no attribute", quote(key)),
                "write the attribute's key, such as `attributes.http.route`",
            );
            self.matcher.whole = false;
            return;
        }
        self.test(Subject::Attribute(scope, name.to_owned()), key, place, value, findings);
    }

    fn test(&mut self, subject: Subject, key: &str, place: Place, value: &Node, findings: &mut Findings) {
        if let Some(first) = self.seen.get(&subject) {
            let wrong = format!("{} is tested twice in one matcher, first at {}", quote(key), findings.at(*first));
            findings.add(place, wrong, "write one test; a list means any of");
            self.matcher.whole = false;
            return;
        }
        let found = predicates(value, key, &subject, findings);
        self.matcher.whole &= found.is_some();
        self.seen.insert(subject.clone(), place);
        self.matcher.tests.insert(subject, found.unwrap_or_default());
    }

    fn kinds(&mut self, value: &Node, findings: &mut Findings) {
        let nodes = match &value.body {
            Body::List(nodes) if nodes.is_empty() => {
                findings.add(value.place, "empty list under `kind`", "write a kind, such as `server`, or leave it out");
                self.matcher.whole = false;
                return;
            }
            Body::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let mut kinds = Kinds::NONE;
        for node in nodes {
            match word(node, "kind", KINDS, findings) {
                Some(kind) => kinds = kinds.with(kind),
                None => self.matcher.whole = false,
            }
        }
        self.matcher.kinds = Some(kinds);
    }

    fn unknown(&mut self, key: &str, place: Place, findings: &mut Findings) {
        self.matcher.whole = false;
        let wrong = format!("unknown key {} in a matcher", quote(key));
        let prefixed = key.split_once('.').and_then(|(prefix, rest)| Some((nearest(prefix, &["attributes", "resource"])?, rest)));
        match (nearest(key, &KNOWN), prefixed) {
            (Some(near), _) => findings.add(place, wrong, format!("write {}", quote(near))),
            (None, Some((prefix, rest))) => findings.add(place, wrong, format!("write {}", quote(&format!("{prefix}.{rest}")))),
            (None, None) => {
                let instead = format!("write {} for an attribute of the span", quote(&format!("attributes.{key}")));
                findings.add(place, wrong, instead);
            }
        }
    }
}

/// The predicates of one key: one, or a list of which any may hold.
fn predicates(node: &Node, key: &str, subject: &Subject, findings: &mut Findings) -> Option<Vec<Predicate>> {
    let nodes = match &node.body {
        Body::List(nodes) if nodes.is_empty() => {
            findings.add(
                node.place,
                format!("empty list under {}", quote(key)),
                "write at least one value, or leave the key out",
            );
            return None;
        }
        Body::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let found: Vec<Option<Predicate>> = nodes.iter().map(|node| predicate(node, key, subject, findings)).collect();
    found.into_iter().collect()
}

fn predicate(node: &Node, key: &str, subject: &Subject, findings: &mut Findings) -> Option<Predicate> {
    match &node.body {
        Body::Map(_) => special(node, key, subject, findings),
        Body::Text(text) if text.is_empty() && !matches!(subject, Subject::Attribute(..)) => {
            findings.add(node.place, format!("empty text under {}", quote(key)), "write a text, or `{exists: false}`");
            None
        }
        Body::Text(text) => Some(Predicate::of_text(text)),
        Body::Null => {
            findings.add(
                node.place,
                format!("nothing under {}", quote(key)),
                "write a value, or `{exists: false}` where there must be none",
            );
            None
        }
        Body::List(_) => {
            let wrong = format!("{} inside a list under {}", kind_of(node), quote(key));
            findings.add(node.place, wrong, "write the values in one list");
            None
        }
    }
}

const SPECIAL: &str = "write `{regex: …}`, `{exists: true}`, `{exists: false}` or `{gt: …, lt: …}`";

fn special(node: &Node, key: &str, subject: &Subject, findings: &mut Findings) -> Option<Predicate> {
    let entries = match &node.body {
        Body::Map(entries) if entries.is_empty() => {
            findings.add(node.place, format!("empty test under {}", quote(key)), SPECIAL);
            return None;
        }
        _ => mapping(node, "a test", findings)?,
    };
    let mut all_known = true;
    for (word, place, _) in &entries {
        if !["regex", "exists", "gt", "lt"].contains(word) {
            findings.add(*place, format!("unknown test {} under {}", quote(word), quote(key)), SPECIAL);
            all_known = false;
        }
    }
    if !all_known {
        return None;
    }
    match entries.as_slice() {
        [("regex", _, value)] => regex(value, findings),
        [("exists", _, value)] => exists(value, subject, findings),
        range if range.iter().all(|(word, ..)| matches!(*word, "gt" | "lt")) => between(node, range, findings),
        _ => {
            findings.add(node.place, format!("several tests in one mapping under {}", quote(key)), SPECIAL);
            None
        }
    }
}

fn regex(node: &Node, findings: &mut Findings) -> Option<Predicate> {
    let text = scalar(node, "regex", findings)?;
    match Pattern::new(text) {
        Ok(pattern) => Some(Predicate::Regex(pattern)),
        Err(why) => {
            let wrong = format!("regular expression {} does not compile: {why}", quote(text));
            findings.add(node.place, wrong, "write one in the syntax of the Rust crate `regex`");
            None
        }
    }
}

fn exists(node: &Node, subject: &Subject, findings: &mut Findings) -> Option<Predicate> {
    let there = word(node, "exists", TRUTHS, findings)?;
    match subject {
        _ if there => Some(Predicate::Present),
        Subject::Field(Field::Service) => {
            findings.add(node.place, "a span always has a service", "write `unknown_service` for spans without `service.name`");
            None
        }
        Subject::Field(Field::Name) => {
            findings.add(node.place, "a span always has a name", "leave the test out");
            None
        }
        _ => Some(Predicate::Absent),
    }
}

fn between(node: &Node, entries: &[(&str, Place, &Node)], findings: &mut Findings) -> Option<Predicate> {
    let mut bound = |wanted: &str| match entries.iter().find(|(word, ..)| *word == wanted) {
        Some((word, _, value)) => limit(value, word, findings).map(Some),
        None => Some(None),
    };
    let (over, under) = (bound("gt"), bound("lt"));
    let (over, under) = (over?, under?);
    if let (Some(low), Some(high)) = (over, under)
        && low >= high
    {
        findings.add(node.place, format!("no number is over {low} and under {high}"), "write `gt` smaller than `lt`");
        return None;
    }
    Some(Predicate::Between(Bound(over), Bound(under)))
}

fn limit(node: &Node, word: &str, findings: &mut Findings) -> Option<f64> {
    let text = scalar(node, word, findings)?;
    let found = number(text);
    if found.is_none() {
        findings.add(node.place, format!("{} under {} is no number", quote(text), quote(word)), "write a number, such as `500`");
    }
    found
}
