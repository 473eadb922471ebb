//! A shape of failure and its near misses: what is changed in it, and what is said then.
//!
//! A change is written as one fact, or several joined by `; `:
//!
//! ```text
//! =503 E -> =404 E         this text becomes that one, wherever it stands
//! - cart server            lines with this text did not come
//! +     cart server ...    this line came too, last, so many blanks further right than the first line
//! map: always -> usually   the same, in the map; `map: + line` adds one
//! ```

use super::bench::judge_with;

/// Real spans, and lines of the map.
pub struct Shape {
    map: String,
    text: String,
}

impl Shape {
    /// By the map without hops.
    pub fn new(text: &str) -> Self {
        Self::by("", text)
    }

    /// With these lines below the capability.
    pub fn by(map: &str, text: &str) -> Self {
        Self { map: map.into(), text: text.trim_end().into() }
    }

    /// This is said about it.
    #[track_caller]
    pub fn says(self, answer: &str) -> Self {
        assert_eq!(self.answer(), answer, "{}{}", self.map, self.text);
        self
    }

    /// One fact is another one, and so is the answer.
    #[track_caller]
    pub fn near_misses(self, rows: &[(&str, &str)]) -> Self {
        let answer = self.answer();
        for (changes, other) in rows {
            let near = self.but(changes);
            assert_eq!(near.answer(), *other, "[{changes}]\n{}{}", near.map, near.text);
            assert_ne!(answer, *other, "[{changes}] changes nothing, so it is no near miss");
        }
        self
    }

    /// A fact is another one that does not matter.
    #[track_caller]
    pub fn all_the_same(self, rows: &[&str]) -> Self {
        let answer = self.answer();
        for changes in rows {
            let other = self.but(changes);
            assert_eq!(other.answer(), answer, "[{changes}]\n{}{}", other.map, other.text);
        }
        self
    }

    /// The shape with these changes.
    #[track_caller]
    pub fn but(&self, changes: &str) -> Self {
        let mut near = Self { map: self.map.clone(), text: self.text.clone() };
        for change in changes.split("; ") {
            match change.strip_prefix("map: ") {
                Some(change) => near.map = changed(&near.map, change, 0),
                None => near.text = changed(&near.text, change, margin(&near.text)),
            }
        }
        near
    }

    fn answer(&self) -> String {
        judge_with(&self.map, &self.text).answer()
    }
}

#[track_caller]
fn changed(text: &str, change: &str, margin: usize) -> String {
    if let Some(line) = change.strip_prefix("+ ") {
        return format!("{}\n{:margin$}{line}\n", text.trim_end(), "").trim_start_matches('\n').into();
    }
    let other = match (change.split_once(" -> "), change.strip_prefix("- ")) {
        (Some((from, to)), _) => text.replace(from, to),
        (None, Some(word)) => text.lines().filter(|line| !line.contains(word)).map(|line| format!("{line}\n")).collect(),
        (None, None) => match change.strip_suffix(" ->") {
            Some(gone) => text.replace(gone, ""),
            None => panic!("'{change}' is no change"),
        },
    };
    assert_ne!(other.trim(), text.trim(), "'{change}' finds nothing to change");
    other
}

/// Blanks before the first line.
fn margin(text: &str) -> usize {
    let first = text.lines().find(|line| !line.is_empty()).unwrap_or("");
    first.len() - first.trim_start().len()
}
