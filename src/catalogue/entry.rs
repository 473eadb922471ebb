//! Entry rules test by test, for whoever asks why nothing matched.

use super::compiled::{Field, Scope};
use super::facts::Subject;
use super::predicate::{Bound, Predicate};
use super::problems::distance;
use super::rules::Kinds;
use crate::model::{FactId, Kind};

/// Texts whose lengths differ by more are not compared letter by letter.
const MOST_LONGER: usize = 6;

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    /// The span's kind.
    Kind,
    /// Service, namespace, name or peer.
    Field(Field),
    /// An attribute of the span or its resource.
    Attribute(Scope, String),
}

impl Tested {
    /// As it is written in the map.
    pub fn key(&self) -> String {
        match self {
            Self::Kind => "kind".into(),
            Self::Field(Field::Service) => "service".into(),
            Self::Field(Field::Namespace) => "namespace".into(),
            Self::Field(Field::Name) => "name".into(),
            Self::Field(Field::Peer) => "peer".into(),
            Self::Attribute(Scope::Span, key) => format!("attributes.{key}"),
            Self::Attribute(Scope::Resource, key) => format!("resource.{key}"),
        }
    }
}

/// One test of an entry rule.
#[derive(Debug, Clone)]
pub struct EntryTest {
    /// What it looks at.
    pub on: Tested,
    /// What it wants, in words, such as `'POST /bookings'`, or `'a' or 'b'`.
    pub wanted: String,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    Kinds(Kinds),
    /// Any of these facts; texts that meet it and stand for themselves.
    Facts(Box<[FactId]>, Box<[String]>),
}

impl EntryTest {
    pub(super) fn of_kinds(kinds: Kinds) -> Self {
        let all = [Kind::Internal, Kind::Server, Kind::Client, Kind::Producer, Kind::Consumer];
        let words = all.into_iter().filter(|kind| kinds.has(*kind)).map(Kind::as_str);
        Self { on: Tested::Kind, wanted: words.collect::<Vec<_>>().join(" or "), how: How::Kinds(kinds) }
    }

    pub(super) fn of_facts(subject: &Subject, predicates: &[Predicate], facts: Box<[FactId]>) -> Self {
        let on = match subject {
            Subject::Field(field) => Tested::Field(*field),
            Subject::Attribute(scope, key) => Tested::Attribute(*scope, key.clone()),
        };
        let literals = predicates.iter().filter_map(|one| match one {
            Predicate::Literal(text) => Some(text.clone()),
            _ => None,
        });
        let wanted = predicates.iter().map(words).collect::<Vec<_>>().join(" or ");
        Self { on, wanted, how: How::Facts(facts, literals.collect()) }
    }

    /// Whether it holds for a span of this kind with these facts, sorted.
    pub fn holds(&self, kind: Kind, facts: &[FactId]) -> bool {
        match &self.how {
            How::Kinds(kinds) => kinds.has(kind),
            How::Facts(wanted, _) => wanted.iter().any(|fact| facts.binary_search(fact).is_ok()),
        }
    }

    /// By how many characters a text differs from the nearest one that would meet it; capital letters for small ones are one
    /// difference in all. `None` where that cannot be told, or is so much that nobody mistook the one for the other.
    pub fn far(&self, found: &str) -> Option<usize> {
        let How::Facts(_, literals) = &self.how else { return None };
        let long = |text: &str| text.chars().count();
        let alike = literals.iter().filter(|wanted| long(wanted).abs_diff(long(found)) <= MOST_LONGER);
        alike.map(|wanted| distance(&found.to_lowercase(), &wanted.to_lowercase()).max(usize::from(found != wanted))).min()
    }

    /// Whether a text that differs by so much was perhaps meant.
    pub fn is_near(&self, far: usize) -> bool {
        let How::Facts(_, literals) = &self.how else { return false };
        let shortest = literals.iter().map(|wanted| wanted.chars().count()).min().unwrap_or(0);
        far <= (shortest / 4).clamp(1, 3)
    }
}

/// An entry rule: all of its tests must hold.
#[derive(Debug, Clone)]
pub struct EntryRule {
    /// Position of its thread in the capability.
    pub thread: u32,
    /// Where it is written in the map, from 1.
    pub line: u32,
    /// Never empty.
    pub tests: Box<[EntryTest]>,
}

impl EntryRule {
    /// In words, such as `service='web-bff' kind=server name='POST /bookings'`.
    pub fn words(&self) -> String {
        let tests: Vec<String> = self.tests.iter().map(|test| format!("{}={}", test.on.key(), test.wanted)).collect();
        tests.join(" ")
    }
}

fn words(predicate: &Predicate) -> String {
    match predicate {
        Predicate::Present => "anything".into(),
        Predicate::Absent => "nothing".into(),
        Predicate::Literal(text) => format!("'{text}'"),
        Predicate::Glob(glob) => format!("'{glob}'"),
        Predicate::Regex(pattern) => format!("/{}/", pattern.text()),
        Predicate::Between(over, under) => match (over, under) {
            (Bound(Some(over)), Bound(Some(under))) => format!("a number over {over} and under {under}"),
            (Bound(Some(over)), _) => format!("a number over {over}"),
            (_, Bound(Some(under))) => format!("a number under {under}"),
            _ => "a number".into(),
        },
    }
}
