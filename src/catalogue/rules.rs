//! Rules over facts, found by one fact that they need.
//!
//! A rule is listed under its rarest test, so that asking which rules hold costs what the few rules cost that could hold, and not
//! what the map costs. The road not taken: counting met tests a rule, which touches every rule that shares a common test.

use crate::model::{FactId, Kind};

/// Kinds of spans, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kinds(u8);

impl Kinds {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(0b1_1111);
    /// CLIENT and PRODUCER: the side that asks.
    pub const ASKING: Self = Self(1 << Kind::Client as u8 | 1 << Kind::Producer as u8);
    /// SERVER, CONSUMER and INTERNAL.
    pub const WORKING: Self = Self(Self::ALL.0 & !Self::ASKING.0);

    /// With this one.
    pub fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// In both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is in it.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// Whether all of `other` are in it.
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }
}

/// What must hold, and what follows.
#[derive(Debug)]
pub struct Rule<T> {
    /// The span is of one of these kinds.
    pub kinds: Kinds,
    /// Of each clause at least one fact holds.
    pub clauses: Box<[Box<[FactId]>]>,
    /// What follows.
    pub then: T,
}

impl<T> Rule<T> {
    /// Whether it holds. `facts` is sorted.
    pub fn holds(&self, kind: Kind, facts: &[FactId]) -> bool {
        let met = |clause: &[FactId]| clause.iter().any(|fact| facts.binary_search(fact).is_ok());
        self.kinds.has(kind) && self.clauses.iter().all(|clause| met(clause))
    }
}

/// Rules, and where to find them.
#[derive(Debug)]
pub struct Rules<T> {
    list: Vec<Rule<T>>,
    by_fact: Vec<Vec<u32>>,
    /// Rules that ask for the kind alone.
    of_kind: Vec<u32>,
}

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Self { list: Vec::new(), by_fact: Vec::new(), of_kind: Vec::new() }
    }
}

impl<T> Rules<T> {
    /// Lists each rule under the facts of the clause that the fewest rules share.
    pub fn new(list: Vec<Rule<T>>) -> Self {
        let mut uses: Vec<u32> = Vec::new();
        for fact in list.iter().flat_map(|rule| rule.clauses.iter().flatten()) {
            let at = fact.0 as usize;
            if uses.len() <= at {
                uses.resize(at + 1, 0);
            }
            uses[at] += 1;
        }
        let cost = |clause: &[FactId]| clause.iter().map(|fact| u64::from(uses[fact.0 as usize])).sum::<u64>();
        let mut by_fact = vec![Vec::new(); uses.len()];
        let mut of_kind = Vec::new();
        for (number, rule) in list.iter().enumerate() {
            match rule.clauses.iter().min_by_key(|clause| cost(clause)) {
                Some(clause) => clause.iter().for_each(|fact| by_fact[fact.0 as usize].push(number as u32)),
                None => of_kind.push(number as u32),
            }
        }
        Self { list, by_fact, of_kind }
    }

    /// In the order they were given in.
    pub fn list(&self) -> &[Rule<T>] {
        &self.list
    }

    /// What follows from the rules that hold, in no order, perhaps more than once. `facts` is sorted.
    pub fn holding<'a>(&'a self, kind: Kind, facts: &'a [FactId]) -> impl Iterator<Item = &'a T> {
        let listed = facts.iter().filter_map(|fact| self.by_fact.get(fact.0 as usize)).flatten();
        let rules = listed.chain(&self.of_kind).filter_map(|number| self.list.get(*number as usize));
        rules.filter(move |rule| rule.holds(kind, facts)).map(|rule| &rule.then)
    }
}
