//! JSON read as it comes: a value of the wrong type is something to say, not the end of the document.
//!
//! serde's derived readers give up at the first surprise. The readers here take whatever stands in a place and let the caller decide. Nothing
//! is built that is not asked for, and lists and objects nobody wants are read over without recursion.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A JSON value without what is in it, if something is in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Scalar<'de> {
    /// `null`, or not there.
    #[default]
    Absent,
    Bool(bool),
    Int(i64),
    /// An integer too large for `Int`.
    Uint(u64),
    Float(f64),
    Text(Cow<'de, str>),
    List,
    Object,
}

impl Scalar<'_> {
    /// As a signed integer: a number without a fraction, or such a number as text.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Float(value) => whole(*value),
            Self::Text(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
            _ => None,
        }
    }

    /// As text; nothing where it is absent. `field` is how it is called where it is something else.
    pub(super) fn text(&self, field: &str) -> Result<&[u8], String> {
        match self {
            Self::Absent => Ok(&[]),
            Self::Text(text) => Ok(text.as_bytes()),
            other => Err(format!("{field} must be text, not {}", other.found())),
        }
    }

    /// As an integer from 0 on.
    pub(super) fn uint(&self) -> Option<u64> {
        match self {
            Self::Uint(value) => Some(*value),
            Self::Text(text) => text.parse().ok().or_else(|| u64::try_from(self.int()?).ok()),
            _ => u64::try_from(self.int()?).ok(),
        }
    }

    /// As a floating-point number: a number, or one as text, `NaN` and `-Infinity` included.
    pub(super) fn double(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Uint(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What it is, in words and shortened, for a message.
    pub(super) fn found(&self) -> String {
        match self {
            Self::Absent => "nothing".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Uint(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(text) => quoted(text),
            Self::List => "a list".to_owned(),
            Self::Object => "an object".to_owned(),
        }
    }
}

/// A text in quotes, shortened, for a message.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    format!("{short:?}{}", if short.len() < text.len() { "…" } else { "" })
}

/// The integer that a floating-point number is, if it is one that fits.
fn whole(value: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && (-BEYOND..BEYOND).contains(&value)).then_some(value as i64)
}

/// What is wanted in a place of the document, and what to do with what is found there instead.
pub(super) trait Wanted<'de>: Sized {
    type Out;

    /// An object stands there.
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.other(Scalar::Object))
    }

    /// A list stands there.
    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.other(Scalar::List))
    }

    /// Anything else stands there, or an object or a list that is not wanted and has been read over.
    fn other(self, found: Scalar<'de>) -> Self::Out;
}

/// Reads a value for a [`Wanted`].
pub(super) struct Reading<W>(pub(super) W);

impl<'de, W: Wanted<'de>> DeserializeSeed<'de> for Reading<W> {
    type Value = W::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Wanted<'de>> Visitor<'de> for Reading<W> {
    type Value = W::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.0.other(Scalar::Absent))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.0.other(Scalar::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.0.other(Scalar::Int(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.0.other(i64::try_from(value).map_or(Scalar::Uint(value), Scalar::Int)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.0.other(Scalar::Float(value)))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.0.other(Scalar::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.other(Scalar::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.object(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        self.0.list(list)
    }
}

/// Wants whatever is there.
pub(super) struct Anything;

impl<'de> Wanted<'de> for Anything {
    type Out = Scalar<'de>;

    fn other(self, found: Scalar<'de>) -> Scalar<'de> {
        found
    }
}

/// A field's value, whatever it is.
pub(super) fn scalar<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Scalar<'de>, A::Error> {
    map.next_value_seed(Reading(Anything))
}

/// Reads over a field's value.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// The name of a field, borrowed where it has no escapes.
pub(super) struct FieldName<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for FieldName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(Reading(Anything))? {
            Scalar::Text(name) => Ok(Self(name)),
            _ => Err(D::Error::custom("a field's name must be text")),
        }
    }
}

/// The name of the next field.
pub(super) fn next_name<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(map.next_key::<FieldName<'de>>()?.map(|FieldName(name)| name))
}

/// Text that is not JSON: where, and what the parser says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not JSON ({why} at line {line}, column {column})")]
pub struct NotJson {
    /// Line in the document, counted from 1.
    pub line: usize,
    /// Column in the line, counted from 1 in bytes.
    pub column: usize,
    /// What is wrong there.
    pub why: String,
}

impl From<serde_json::Error> for NotJson {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Self { line: error.line(), column: error.column(), why: text.strip_suffix(&place).unwrap_or(&text).to_owned() }
    }
}

/// Reads a whole document, with nothing behind it but space.
pub(super) fn whole_document<'de, W: Wanted<'de>>(document: &'de [u8], wanted: W) -> Result<W::Out, NotJson> {
    let mut deserializer = serde_json::Deserializer::from_slice(document);
    let out = Reading(wanted).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(out)
}
