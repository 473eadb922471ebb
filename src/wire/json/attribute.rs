//! Attributes in OTLP/JSON.

use crate::model::{Attribute, Value};
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, quoted, scalar, skip};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::borrow::Cow;

/// Attributes as read, at most as many as are to be shown.
#[derive(Debug, Default)]
pub(super) struct Attributes<'de> {
    kept: Vec<(Cow<'de, str>, Given<'de>)>,
    wrong: Option<String>,
}

/// A value as read.
#[derive(Debug, Default)]
enum Given<'de> {
    #[default]
    Empty,
    Text(Cow<'de, str>),
    Int(i64),
    Double(f64),
    Bool(bool),
    Other,
    /// What is wrong with it.
    Wrong(String),
}

impl<'de> Attributes<'de> {
    /// As the model has them, in `shown`; or what is wrong with the first one that is.
    pub(super) fn show<'a>(&'a self, shown: &mut Vec<Attribute<'a>>) -> Result<(), String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        for (key, given) in &self.kept {
            let value = match given {
                Given::Empty => Value::Empty,
                Given::Text(text) => Value::Text(text.as_bytes()),
                Given::Int(value) => Value::Int(*value),
                Given::Double(value) => Value::Double(*value),
                Given::Bool(value) => Value::Bool(*value),
                Given::Other => Value::Other,
                Given::Wrong(why) => return Err(format!("attribute {}: {why}", quoted(key))),
            };
            shown.push(Attribute { key: key.as_bytes(), value });
        }
        Ok(())
    }
}

/// Wants a list of attributes and keeps the first `most`.
pub(super) struct WantAttributes {
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantAttributes {
    type Out = Attributes<'de>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Attributes<'de>, A::Error> {
        let mut attributes = Attributes::default();
        while attributes.kept.len() < self.most {
            match list.next_element_seed(Reading(WantKeyValue))? {
                Some(Ok(Some(pair))) => attributes.kept.push(pair),
                Some(Ok(None)) => {}
                Some(Err(why)) => attributes.wrong = attributes.wrong.or(Some(why)),
                None => return Ok(attributes),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(attributes)
    }

    fn other(self, found: Scalar<'de>) -> Attributes<'de> {
        let wrong = (found != Scalar::Absent).then(|| format!("`attributes` must be a list, not {}", found.found()));
        Attributes { kept: Vec::new(), wrong }
    }
}

struct WantKeyValue;

type KeyValue<'de> = Result<Option<(Cow<'de, str>, Given<'de>)>, String>;

impl<'de> Wanted<'de> for WantKeyValue {
    type Out = KeyValue<'de>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<KeyValue<'de>, A::Error> {
        let (mut key, mut value) = (Scalar::Absent, Given::Empty);
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "key" => key = scalar(&mut map)?,
                "value" => value = map.next_value_seed(Reading(WantAnyValue))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(match key {
            Scalar::Text(key) => Ok(Some((key, value))),
            Scalar::Absent => Ok(Some((Cow::Borrowed(""), value))),
            other => Err(format!("the key of an attribute must be text, not {}", other.found())),
        })
    }

    fn other(self, found: Scalar<'de>) -> KeyValue<'de> {
        if found == Scalar::Absent {
            return Ok(None);
        }
        Err(format!("an attribute must be an object with `key` and `value`, not {}", found.found()))
    }
}

struct WantAnyValue;

impl<'de> Wanted<'de> for WantAnyValue {
    type Out = Given<'de>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Given<'de>, A::Error> {
        let mut given = Given::Empty;
        while let Some(name) = next_name(&mut map)? {
            match scalar(&mut map)? {
                Scalar::Absent => {}
                found => given = one_of(&name, found).unwrap_or(given),
            }
        }
        Ok(given)
    }

    fn other(self, found: Scalar<'de>) -> Given<'de> {
        if found == Scalar::Absent {
            return Given::Empty;
        }
        Given::Wrong(format!("its value must be an object such as {{\"stringValue\": \"…\"}}, not {}", found.found()))
    }
}

/// The value in a field of this name; `None` if values do not stand in fields of this name.
fn one_of<'de>(field: &str, found: Scalar<'de>) -> Option<Given<'de>> {
    let found = match found {
        Scalar::Text(text) if field == "stringValue" => return Some(Given::Text(text)),
        other => other,
    };
    let wanted = |wanted: &str| Given::Wrong(format!("`{field}` must be {wanted}, not {}", found.found()));
    Some(match (field, &found) {
        ("intValue", _) => found.int().map_or_else(|| wanted("an integer of 64 bits or one as text"), Given::Int),
        ("doubleValue", _) => found.double().map_or_else(|| wanted("a number or one as text"), Given::Double),
        ("boolValue", Scalar::Bool(value)) => Given::Bool(*value),
        ("boolValue", _) => wanted("true or false"),
        ("arrayValue" | "kvlistValue" | "bytesValue", _) => Given::Other,
        ("stringValue", _) => wanted("text"),
        _ => return None,
    })
}

/// The `exception.type` among attributes, if it is text; of several the last.
pub(super) struct WantExceptionType;

impl<'de> Wanted<'de> for WantExceptionType {
    type Out = Option<Cow<'de, str>>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Out, A::Error> {
        let mut exception_type = None;
        while let Some(pair) = list.next_element_seed(Reading(WantKeyValue))? {
            if let Ok(Some((key, Given::Text(text)))) = pair
                && key == "exception.type"
            {
                exception_type = Some(text);
            }
        }
        Ok(exception_type)
    }

    fn other(self, _: Scalar<'de>) -> Self::Out {
        None
    }
}
