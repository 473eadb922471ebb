//! One test on one text or number, and when one test makes another one needless.

use super::glob::Glob;
use crate::model::Value;
use regex::{Regex, RegexBuilder};
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// What is asked of an attribute or field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// It is there: `{exists: true}`, and `*`.
    Present,
    /// It is not there: `{exists: false}`.
    Absent,
    /// It is this text.
    Literal(String),
    /// It meets this glob.
    Glob(Glob),
    /// This expression is found in it.
    Regex(Pattern),
    /// It is a number, or text that is a number, strictly between the two.
    Between(Bound, Bound),
}

/// An end of a range; open if there is no number.
#[derive(Debug, Clone, Copy)]
pub struct Bound(pub Option<f64>);

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.0.map(f64::to_bits) == other.0.map(f64::to_bits)
    }
}

impl Eq for Bound {}

impl Hash for Bound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.map(f64::to_bits).hash(state);
    }
}

/// A regular expression, compiled once; the same if its text is the same.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles.
    ///
    /// # Errors
    /// Why it cannot be compiled, on one line.
    pub fn new(text: &str) -> Result<Self, String> {
        const MOST_MEMORY: usize = 1 << 20;
        let built = RegexBuilder::new(text).size_limit(MOST_MEMORY).build();
        built.map(|regex| Self { regex }).map_err(|error| one_line(&error))
    }
}

/// The library draws the place of an error over several lines; the last one says what is wrong.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

impl Pattern {
    /// As written.
    pub fn text(&self) -> &str {
        self.regex.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.regex.as_str().hash(state);
    }
}

/// The texts that stand for what was seen. A whole floating-point number has two, `5` and `5.0`.
pub type Texts<'a> = SmallVec<[Cow<'a, str>; 2]>;

/// The texts of an attribute's value; none if it is no text, number or truth value. Numbers are written as Rust writes them;
/// bytes that are not UTF-8 are replaced, as in names.
pub fn texts_of<'a>(value: &Value<'a>) -> Texts<'a> {
    match *value {
        Value::Text(bytes) => smallvec![String::from_utf8_lossy(bytes)],
        Value::Int(number) => smallvec![Cow::Owned(number.to_string())],
        Value::Bool(truth) => smallvec![Cow::Borrowed(if truth { "true" } else { "false" })],
        Value::Double(number) if number.is_finite() && number.fract() == 0.0 => {
            smallvec![Cow::Owned(number.to_string()), Cow::Owned(format!("{number}.0"))]
        }
        Value::Double(number) => smallvec![Cow::Owned(number.to_string())],
        Value::Other | Value::Empty => SmallVec::new(),
    }
}

impl Predicate {
    /// The test that a text in the map means: `*` asks for presence, other wildcards for a glob, all else for itself.
    pub fn of_text(text: &str) -> Self {
        if Glob::is_literal(text) {
            return Self::Literal(text.to_owned());
        }
        let glob = Glob::new(text);
        if glob.is_any() { Self::Present } else { Self::Glob(glob) }
    }

    /// Whether it holds for a text. Presence is a matter of who asks.
    pub fn meets(&self, text: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Absent => false,
            Self::Literal(mine) => mine == text,
            Self::Glob(glob) => glob.meets(text),
            Self::Regex(pattern) => pattern.regex.is_match(text),
            Self::Between(over, under) => number(text)
                .is_some_and(|number| over.0.is_none_or(|bound| number > bound) && under.0.is_none_or(|bound| number < bound)),
        }
    }

    /// Whether it holds wherever `narrow` holds. Says no where it cannot tell.
    pub fn covers(&self, narrow: &Self) -> bool {
        if self == narrow {
            return true;
        }
        match (self, narrow) {
            (Self::Present, other) => *other != Self::Absent,
            (_, Self::Literal(text)) => self.meets(text),
            (Self::Glob(wide), Self::Glob(narrow)) => wide.covers(narrow),
            (Self::Between(over, under), Self::Between(more, less)) => {
                let low = over.0.is_none_or(|bound| more.0.is_some_and(|other| other >= bound));
                let high = under.0.is_none_or(|bound| less.0.is_some_and(|other| other <= bound));
                low && high
            }
            _ => false,
        }
    }
}

/// A text that is a number. Words such as `inf` and `nan` are none.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !plain {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
