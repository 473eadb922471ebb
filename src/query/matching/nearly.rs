//! What comes near to an entry rule, and which of its tests fail.

use super::seen::{Seen, is_entry};
use super::{FailedTest, Nearly, called};
use crate::catalogue::{Catalogue, EntryRule, EntryTest, Field, Scope, Tested};
use crate::model::{Names, Shape, TraceId};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Near ones that are told of a rule.
const MOST_NEAR: usize = 3;
/// Shapes whose texts are compared with what is wanted, letter by letter.
const MOST_COMPARED: usize = 2000;

/// How near a shape comes to a rule: smaller is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Far {
    fails: usize,
    not_meant: bool,
    entry_of_another: bool,
    letters: usize,
}

/// Positions of the tests of a rule that fail for a shape; `None` if nothing but the kind holds.
pub(super) fn fails(rule: &EntryRule, shape: &Shape) -> Option<Vec<usize>> {
    let holds = |test: &EntryTest| test.holds(shape.kind, &shape.facts);
    let somewhat = rule.tests.iter().any(|test| test.on != Tested::Kind && holds(test));
    let failing = rule.tests.iter().enumerate().filter(|(_, test)| !holds(test));
    somewhat.then(|| failing.map(|(at, _)| at).collect())
}

/// The text that a test looked at, of one span of this shape, if it is kept.
fn text_of<'a>(test: &EntryTest, shape: &'a Shape, catalogue: &Catalogue, names: &'a Names) -> Found<'a> {
    let known = |text: &'a str| if text.is_empty() { Found::Nothing } else { Found::Text(text) };
    match &test.on {
        Tested::Kind => Found::Word(shape.kind.as_str()),
        Tested::Field(Field::Service) => known(names.text(shape.service)),
        Tested::Field(Field::Namespace) => known(names.text(shape.namespace)),
        Tested::Field(Field::Name) => known(names.text(shape.name)),
        Tested::Field(Field::Peer) => known(names.text(shape.peer_services.first().copied().unwrap_or(shape.peer))),
        Tested::Attribute(Scope::Resource, _) => Found::NotKept,
        Tested::Attribute(Scope::Span, key) => {
            let number = catalogue.keys(Scope::Span).iter().position(|one| one == key);
            match shape.first_values.iter().find(|(at, _)| Some(*at as usize) == number) {
                Some((_, Some(value))) => Found::Text(value),
                Some((_, None)) => Found::Nothing,
                None => Found::NotKept,
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Found<'a> {
    Word(&'a str),
    Text(&'a str),
    Nothing,
    NotKept,
}

/// A test that fails, in words.
pub(super) fn failed(test: &EntryTest, shape: &Shape, catalogue: &Catalogue, names: &Names) -> FailedTest {
    let found = match text_of(test, shape, catalogue, names) {
        Found::Word(word) => Some(word.to_owned()),
        Found::Text(text) => Some(format!("'{text}'")),
        Found::Nothing => Some("nothing".into()),
        Found::NotKept => None,
    };
    FailedTest { key: test.on.key(), wanted: test.wanted.clone(), found }
}

/// How near a shape comes whose tests at these positions fail.
pub(super) fn far(
    rule: &EntryRule,
    failing: &[usize],
    shape: &Shape,
    capability: u32,
    catalogue: &Catalogue,
    names: &Names,
) -> Far {
    let mut letters = 0usize;
    let mut meant = true;
    for test in failing.iter().map(|at| &rule.tests[*at]) {
        let far = match text_of(test, shape, catalogue, names) {
            Found::Text(text) => test.far(text),
            _ => None,
        };
        meant &= far.is_some_and(|far| test.is_near(far));
        letters = letters.saturating_add(far.unwrap_or(1000));
    }
    let entry_of_another = !shape.tags.entries.is_empty() && !is_entry(shape, capability);
    Far { fails: failing.len(), not_meant: !meant, entry_of_another, letters }
}

/// Shapes that come near to a rule which nothing met, nearest first.
pub(super) fn nearly(seen: &Seen<'_>, rule: &EntryRule, capability: u32) -> Vec<Nearly> {
    let (catalogue, names) = (seen.catalogue(), seen.names());
    let mut groups: HashMap<_, Group<'_>> = HashMap::new();
    for (shape, row) in seen.shapes() {
        let Some(failing) = fails(rule, shape).or_else(|| one_and_only(rule, shape)) else { continue };
        let key = (shape.service, shape.kind, shape.name, failing);
        groups.entry(key).or_insert(Group { shape, spans: 0, example: row.example }).spans += row.spans;
    }
    let mut near: Vec<_> = groups.into_iter().map(|((.., failing), group)| (failing, group)).collect();
    near.sort_unstable_by_key(|(failing, group)| (failing.len(), Reverse(group.spans), group.name(names)));
    let least = near.first().map_or(0, |(failing, _)| failing.len());
    near.retain(|(failing, _)| failing.len() == least);
    near.truncate(MOST_COMPARED);
    let mut near: Vec<_> = near
        .into_iter()
        .map(|(failing, group)| (far(rule, &failing, group.shape, capability, catalogue, names), failing, group))
        // Where there is but one test that says who or what, only what was perhaps meant is near.
        .filter(|(far, failing, _)| failing.len() < texts(rule) || !far.not_meant)
        .collect();
    near.sort_by_key(|(far, _, group)| (*far, Reverse(group.spans)));
    near.truncate(MOST_NEAR);
    near.into_iter().map(|(_, failing, group)| group.told(rule, &failing, seen)).collect()
}

/// How many tests say something of a span but its kind.
fn texts(rule: &EntryRule) -> usize {
    rule.tests.iter().filter(|test| test.on != Tested::Kind).count()
}

/// A rule with one test beside the kind: that it fails is all that can be said.
fn one_and_only(rule: &EntryRule, shape: &Shape) -> Option<Vec<usize>> {
    let kind_holds = rule.tests.iter().filter(|test| test.on == Tested::Kind).all(|test| test.holds(shape.kind, &shape.facts));
    let at = rule.tests.iter().position(|test| test.on != Tested::Kind)?;
    (texts(rule) == 1 && kind_holds).then(|| vec![at])
}

struct Group<'a> {
    shape: &'a Shape,
    spans: u64,
    example: TraceId,
}

impl Group<'_> {
    fn name<'n>(&self, names: &'n Names) -> &'n str {
        names.text(self.shape.name)
    }

    fn told(&self, rule: &EntryRule, failing: &[usize], seen: &Seen<'_>) -> Nearly {
        let holding = rule.tests.iter().enumerate().filter(|(at, _)| !failing.contains(at));
        let fails = failing.iter().map(|at| failed(&rule.tests[*at], self.shape, seen.catalogue(), seen.names()));
        Nearly {
            what: called(self.shape, seen.names()),
            service: seen.text(self.shape.service).into(),
            kind: self.shape.kind.as_str().into(),
            name: seen.text(self.shape.name).into(),
            spans: self.spans,
            example_trace_id: self.example.to_string(),
            holds: holding.map(|(_, test)| test.on.key()).collect(),
            fails: fails.collect(),
        }
    }
}
