//! Tags: a key, a type and a value.

use crate::model::{Attribute, Value};
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, scalar, skip};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::borrow::Cow;

/// A tag as read. A value that is not of its type keeps the type it has.
#[derive(Debug)]
pub(super) struct Tag<'de> {
    pub(super) key: Cow<'de, str>,
    value: TagValue<'de>,
}

#[derive(Debug)]
enum TagValue<'de> {
    Empty,
    Text(Cow<'de, str>),
    Int(i64),
    Double(f64),
    Bool(bool),
    Other,
}

impl Tag<'_> {
    pub(super) fn show(&self) -> Attribute<'_> {
        let value = match &self.value {
            TagValue::Empty => Value::Empty,
            TagValue::Text(text) => Value::Text(text.as_bytes()),
            TagValue::Int(value) => Value::Int(*value),
            TagValue::Double(value) => Value::Double(*value),
            TagValue::Bool(value) => Value::Bool(*value),
            TagValue::Other => Value::Other,
        };
        Attribute { key: self.key.as_bytes(), value }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            TagValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The text of the last tag with this key that has one.
pub(super) fn text_of<'a>(tags: &'a [Tag<'_>], key: &str) -> Option<&'a str> {
    tags.iter().rev().filter(|tag| tag.key == key).find_map(Tag::text)
}

/// Wants a list of tags, keeps the first `most`, and passes over what is none.
pub(super) struct WantTags {
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantTags {
    type Out = Vec<Tag<'de>>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        let mut tags = Vec::new();
        while tags.len() < self.most {
            match list.next_element_seed(Reading(WantTag))? {
                Some(tag) => tags.extend(tag),
                None => return Ok(tags),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(tags)
    }

    fn other(self, _: Scalar<'de>) -> Self::Out {
        Vec::new()
    }
}

struct WantTag;

impl<'de> Wanted<'de> for WantTag {
    type Out = Option<Tag<'de>>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let (mut key, mut kind, mut value) = (Scalar::Absent, Scalar::Absent, Scalar::Absent);
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "key" => key = scalar(&mut map)?,
                "type" => kind = scalar(&mut map)?,
                "value" => value = scalar(&mut map)?,
                _ => skip(&mut map)?,
            }
        }
        let Scalar::Text(key) = key else { return Ok(None) };
        let kind = if let Scalar::Text(kind) = &kind { kind } else { "" };
        Ok(Some(Tag { key, value: typed(kind, value) }))
    }

    fn other(self, _: Scalar<'de>) -> Self::Out {
        None
    }
}

/// The value by the type that is written beside it; Jaeger writes large integers as text.
fn typed<'de>(kind: &str, found: Scalar<'de>) -> TagValue<'de> {
    let by_type = match kind {
        "int64" => found.int().map(TagValue::Int),
        "float64" => found.double().map(TagValue::Double),
        "bool" => truth(&found).map(TagValue::Bool),
        "binary" => Some(TagValue::Other),
        _ => None,
    };
    if let Some(value) = by_type {
        return value;
    }
    match found {
        Scalar::Absent => TagValue::Empty,
        Scalar::Text(text) => TagValue::Text(text),
        Scalar::Bool(value) => TagValue::Bool(value),
        Scalar::Int(value) => TagValue::Int(value),
        Scalar::Uint(value) => TagValue::Double(value as f64),
        Scalar::Float(value) => TagValue::Double(value),
        Scalar::List | Scalar::Object => TagValue::Other,
    }
}

fn truth(found: &Scalar<'_>) -> Option<bool> {
    match found {
        Scalar::Bool(value) => Some(*value),
        Scalar::Text(text) => text.parse().ok(),
        _ => None,
    }
}
