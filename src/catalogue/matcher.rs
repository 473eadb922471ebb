//! Matchers as written, and when one makes another one unreachable.

use super::compiled::{Field, Scope};
use super::condition::predicates;
use super::facts::Subject;
use super::fields::{mapping, word};
use super::predicate::Predicate;
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
                "write at least one matcher, such as `{service: …}`, or leave the key out",
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
                findings.add(
                    value.place,
                    "empty list under `kind`",
                    "write at least one kind, such as `server`, or leave the key out",
                );
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
