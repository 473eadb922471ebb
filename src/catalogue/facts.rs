//! The tests of the map, each once, with their numbers, and which of them a value meets.
//!
//! Literal tests, the many, are found by hash; globs, expressions and ranges, the few, are tried one by one.

use super::compiled::{Field, Scope};
use super::predicate::{Predicate, texts_of};
use crate::model::{FactId, Value};
use foldhash::fast::RandomState;
use smallvec::SmallVec;
use std::collections::HashMap;

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An attribute of the span or of its resource.
    Attribute(Scope, String),
    /// Something that all spans have, or that is read from several attributes.
    Field(Field),
}

/// Tests of one subject.
#[derive(Debug, Default)]
struct Tests {
    present: Option<FactId>,
    absent: Option<FactId>,
    literals: HashMap<String, FactId, RandomState>,
    others: Vec<(Predicate, FactId)>,
}

impl Tests {
    fn add(&mut self, predicate: Predicate, fact: FactId) {
        match predicate {
            Predicate::Present => self.present = Some(fact),
            Predicate::Absent => self.absent = Some(fact),
            Predicate::Literal(text) => drop(self.literals.insert(text, fact)),
            other => self.others.push((other, fact)),
        }
    }

    /// Adds what holds if it is there (or not) and has these texts; each fact once.
    fn holding<T: AsRef<str>>(&self, is_there: bool, texts: &[T], facts: &mut Vec<FactId>) {
        facts.extend(if is_there { self.present } else { self.absent });
        let mut found: SmallVec<[FactId; 8]> =
            texts.iter().filter_map(|text| self.literals.get(text.as_ref())).copied().collect();
        let others = self.others.iter().filter(|(test, _)| texts.iter().any(|text| test.meets(text.as_ref())));
        found.extend(others.map(|(_, fact)| *fact));
        found.sort_unstable();
        found.dedup();
        facts.extend(found);
    }
}

/// Attribute keys of one scope that tests are made on.
#[derive(Debug, Default)]
struct Keys {
    names: Vec<String>,
    tests: Vec<Tests>,
    positions: HashMap<String, usize, RandomState>,
}

impl Keys {
    fn tests_of(&mut self, key: String) -> Option<&mut Tests> {
        let next = self.names.len();
        let position = *self.positions.entry(key.clone()).or_insert(next);
        if position == next {
            self.names.push(key);
            self.tests.push(Tests::default());
        }
        self.tests.get_mut(position)
    }
}

/// All tests of the map.
#[derive(Debug, Default)]
pub struct FactTable {
    span: Keys,
    resource: Keys,
    service: Tests,
    namespace: Tests,
    name: Tests,
    peer: Tests,
    known: HashMap<(Subject, Predicate), FactId, RandomState>,
}

impl FactTable {
    /// The number of a test; the same test has the same one.
    pub fn fact(&mut self, subject: &Subject, predicate: &Predicate) -> FactId {
        let test = (subject.clone(), predicate.clone());
        if let Some(known) = self.known.get(&test) {
            return *known;
        }
        let fact = FactId(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        let tests = match subject {
            Subject::Attribute(Scope::Span, key) => self.span.tests_of(key.clone()),
            Subject::Attribute(Scope::Resource, key) => self.resource.tests_of(key.clone()),
            Subject::Field(Field::Service) => Some(&mut self.service),
            Subject::Field(Field::Namespace) => Some(&mut self.namespace),
            Subject::Field(Field::Name) => Some(&mut self.name),
            Subject::Field(Field::Peer) => Some(&mut self.peer),
        };
        if let Some(tests) = tests {
            tests.add(predicate.clone(), fact);
        }
        self.known.insert(test, fact);
        fact
    }

    /// All tests have their numbers: what was only needed to give them is let go.
    pub fn seal(&mut self) {
        self.known = HashMap::default();
    }

    /// Keys of this scope, each once.
    pub fn keys(&self, scope: Scope) -> &[String] {
        &self.of(scope).names
    }

    /// Adds the facts that hold for an attribute.
    pub fn of_attribute(&self, scope: Scope, key: usize, value: Option<&Value<'_>>, facts: &mut Vec<FactId>) {
        let Some(tests) = self.of(scope).tests.get(key) else { return };
        let texts = value.map(texts_of).unwrap_or_default();
        tests.holding(value.is_some(), &texts, facts);
    }

    /// Whether there is any test on the names of peers.
    pub fn tests_peers(&self) -> bool {
        let Tests { present, absent, literals, others } = &self.peer;
        present.is_some() || absent.is_some() || !literals.is_empty() || !others.is_empty()
    }

    /// Adds the facts that hold for a field.
    pub fn of_field(&self, field: Field, texts: &[&str], facts: &mut Vec<FactId>) {
        let tests = match field {
            Field::Service => &self.service,
            Field::Namespace => &self.namespace,
            Field::Name => &self.name,
            Field::Peer => &self.peer,
        };
        tests.holding(!texts.is_empty(), texts, facts);
    }

    fn of(&self, scope: Scope) -> &Keys {
        match scope {
            Scope::Span => &self.span,
            Scope::Resource => &self.resource,
        }
    }
}
