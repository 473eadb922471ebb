//! Places in a map, and the list of what is wrong at them.

use super::compiled::Problems;
use std::fmt::{self, Write as _};

/// Where something stands in the map: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// What is wrong with a map, as it is found.
#[derive(Debug)]
pub struct Findings {
    file: String,
    list: Vec<(Place, String)>,
}

impl Findings {
    /// Nothing is wrong yet with the file of this name.
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    /// Adds a problem: what is wrong, and what to write instead.
    pub fn add(&mut self, place: Place, wrong: impl fmt::Display, instead: impl fmt::Display) {
        let at = self.at(place);
        self.list.push((place, format!("{at}: {wrong}; {instead}")));
    }

    /// A place of this file as text, for problems that name two.
    pub fn at(&self, place: Place) -> String {
        format!("{}:{}:{}", self.file, place.line, place.column)
    }

    /// Whether anything is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of it, in the order of the file, each once.
    pub fn into_problems(mut self) -> Problems {
        self.list.sort();
        self.list.dedup();
        Problems(self.list.into_iter().map(|(_, line)| line).collect())
    }
}

/// Text of the map inside a problem: in backticks, on one line, not longer than a reader needs.
pub fn quote(text: &str) -> String {
    const MOST: usize = 60;
    let mut out = String::from("`");
    for (count, one) in text.chars().enumerate() {
        if count == MOST {
            out.push('…');
            break;
        }
        if one.is_control() {
            let _ = write!(out, "{}", one.escape_default());
        } else {
            out.push(one);
        }
    }
    out.push('`');
    out
}

/// The known word that is nearest to this one, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let near = known.iter().map(|one| (distance(&word.to_lowercase(), &one.to_lowercase()), *one));
    near.filter(|(far, _)| *far <= allowed).min_by_key(|(far, _)| *far).map(|(_, one)| one)
}

/// How many characters must be changed, added, left out or swapped with their neighbour.
pub fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let left: Vec<char> = left.chars().take(right.len() + 4).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, &mine) in left.iter().enumerate() {
        let mut here = vec![row + 1];
        for (column, &theirs) in right.iter().enumerate() {
            let mut least = above[column] + usize::from(mine != theirs);
            least = least.min(above[column + 1] + 1).min(here[column] + 1);
            if row > 0 && column > 0 && mine == right[column - 1] && left[row - 1] == theirs {
                least = least.min(before[column - 1] + 1);
            }
            here.push(least);
        }
        before = std::mem::replace(&mut above, here);
    }
    above.last().copied().unwrap_or(0)
}
