//! Globs: `*` is any text, `?` is one character, all else is itself (spec 1).
//!
//! A matcher of our own, because a library that reads braces or slashes in a special way reads the routes of web servers wrongly,
//! and because ten thousand of them must not each cost an automaton. It goes back at most to the last `*`: no recursion, no
//! blow-up.

use std::fmt::{self, Write as _};

/// A pattern. `**` is kept as `*`, so that equal meanings are equal patterns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob {
    parts: Box<[Part]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Just(char),
    One,
    Any,
}

impl fmt::Display for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| {
            out.write_char(match part {
                Part::Just(one) => *one,
                Part::One => '?',
                Part::Any => '*',
            })
        })
    }
}

impl Glob {
    /// Reads a pattern; all texts are patterns.
    pub fn new(pattern: &str) -> Self {
        let mut parts: Vec<Part> = Vec::with_capacity(pattern.len());
        for one in pattern.chars() {
            let part = match one {
                '*' => Part::Any,
                '?' => Part::One,
                other => Part::Just(other),
            };
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        Self { parts: parts.into() }
    }

    /// Whether the text is only itself.
    pub fn is_literal(pattern: &str) -> bool {
        !pattern.contains(['*', '?'])
    }

    /// Whether it is `*`, which every text meets.
    pub fn is_any(&self) -> bool {
        *self.parts == [Part::Any]
    }

    /// Whether the whole text meets the pattern.
    pub fn meets(&self, text: &str) -> bool {
        self.fits(text.chars().map(Part::Just))
    }

    /// Whether every text that meets `narrow` meets this one too. Says no where it cannot tell.
    pub fn covers(&self, narrow: &Self) -> bool {
        self.fits(narrow.parts.iter().copied())
    }

    /// The text may itself hold `?` and `*`, which then stand for texts unknown: `?` needs a `?` or `*` here, and `*` a `*`.
    fn fits(&self, mut text: impl Iterator<Item = Part> + Clone) -> bool {
        let mut at = 0;
        let mut again = None;
        loop {
            let rest = text.clone();
            let here = self.parts.get(at);
            if here == Some(&Part::Any) {
                again = Some((at, rest));
                at += 1;
                continue;
            }
            match (here, text.next()) {
                (None, None) => return true,
                (Some(&mine), Some(theirs)) if mine == theirs || (mine == Part::One && theirs != Part::Any) => at += 1,
                (_, None) => return false,
                _ => {
                    // Let the last `*` take one more, and try again from there.
                    let Some((star, mut later)) = again else { return false };
                    if later.next().is_none() {
                        return false;
                    }
                    text = later.clone();
                    again = Some((star, later));
                    at = star + 1;
                }
            }
        }
    }
}
