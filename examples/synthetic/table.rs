//! How many were found, by sort of fault.

use super::case::Case;
use super::fault::Kind;
use steelthread::query::{ExplainKind, Explanation};

/// Of one sort of fault.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    /// Played.
    pub cases: u32,
    /// Named first.
    pub first: u32,
    /// Named among the first three.
    pub near: u32,
}

impl Row {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.first += other.first;
        self.near += other.near;
    }
}

/// At which place the culprit is named, from 1.
pub fn rank(answer: &Explanation, label: &str) -> Option<usize> {
    // A database's name has its system before its address; the address alone tells it.
    answer.suspects.iter().position(|one| one.service == label || one.service.contains(&format!(":{label}"))).map(|at| at + 1)
}

/// Plays so many cases of a sort, beginning at this seed, and shows each.
pub fn faults(kind: Kind, seeds: std::ops::Range<u64>, show: &mut dyn FnMut(&Case, &Explanation, Option<usize>)) -> Row {
    let mut row = Row::default();
    for case in seeds.filter_map(|seed| Case::draw(seed * 100 + kind as u64, Some(kind))) {
        let played = case.play(&mut |_, _, _| ());
        let rank = rank(&played.answer, &case.label().unwrap_or_default());
        row.cases += 1;
        row.first += u32::from(rank == Some(1));
        row.near += u32::from(rank.is_some_and(|rank| rank <= 3));
        show(&case, &played.answer, rank);
    }
    row
}

/// Alarms in so many cases without a fault.
pub fn quiet(seeds: std::ops::Range<u64>, show: &mut dyn FnMut(&Case, &Explanation)) -> Row {
    let mut row = Row::default();
    for case in seeds.filter_map(|seed| Case::draw(seed * 100 + 99, None)) {
        let played = case.play(&mut |_, _, _| ());
        row.cases += 1;
        if played.answer.kind != ExplainKind::NothingUnusual {
            row.first += 1;
            show(&case, &played.answer);
        }
    }
    row
}
