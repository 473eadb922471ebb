//! Attributes and their values, nested ones included.

use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, scalar, skip};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use serde::de::{MapAccess, SeqAccess};

/// Values nested deeper than this are left out: each level is up to four of JSON, of which its reader takes 128, and up to three messages of
/// protobuf, of which readers take 100. It also bounds how deep the functions here call each other.
pub(super) const DEEPEST: u32 = 28;

/// What stands in `bytesValue`: either alphabet, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// Reads a list of attributes behind those that are there; a list given again replaces the first.
pub(super) fn attributes<'de, A: MapAccess<'de>>(into: &mut Vec<KeyValue>, map: &mut A) -> Result<(), A::Error> {
    *into = map.next_value_seed(Reading(Pairs { deeper: DEEPEST }))?;
    Ok(())
}

struct Pairs {
    deeper: u32,
}

impl<'de> Wanted<'de> for Pairs {
    type Out = Vec<KeyValue>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<KeyValue>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = list.next_element_seed(Reading(Pair { deeper: self.deeper }))? {
            pairs.extend(pair);
        }
        Ok(pairs)
    }

    fn other(self, _: Scalar<'de>) -> Vec<KeyValue> {
        Vec::new()
    }
}

struct Pair {
    deeper: u32,
}

impl<'de> Wanted<'de> for Pair {
    type Out = Option<KeyValue>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<KeyValue>, A::Error> {
        let mut pair = KeyValue::default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "key" => super::text(&mut pair.key, &mut map)?,
                "value" => pair.value = map.next_value_seed(Reading(Any { deeper: self.deeper }))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(Some(pair))
    }

    fn other(self, _: Scalar<'de>) -> Option<KeyValue> {
        None
    }
}

/// Wants an `AnyValue`.
struct Any {
    deeper: u32,
}

impl<'de> Wanted<'de> for Any {
    type Out = Option<AnyValue>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<AnyValue>, A::Error> {
        let mut value = None;
        while let Some(name) = next_name(&mut map)? {
            value = match &*name {
                "arrayValue" | "kvlistValue" if self.deeper == 0 => skip(&mut map).map(|()| value)?,
                "arrayValue" => {
                    let values = map.next_value_seed(Reading(Values { deeper: self.deeper - 1 }))?;
                    values.map(|values| Value::ArrayValue(ArrayValue { values })).or(value)
                }
                "kvlistValue" => {
                    let values = map.next_value_seed(Reading(ValuesOfList { deeper: self.deeper - 1 }))?;
                    values.map(|values| Value::KvlistValue(KeyValueList { values })).or(value)
                }
                simple => one_of(simple, scalar(&mut map)?).or(value),
            };
        }
        Ok(Some(AnyValue { value }))
    }

    fn other(self, _: Scalar<'de>) -> Option<AnyValue> {
        None
    }
}

fn one_of(field: &str, found: Scalar<'_>) -> Option<Value> {
    match (field, found) {
        ("stringValue", Scalar::Text(text)) => Some(Value::StringValue(text.into_owned())),
        ("boolValue", Scalar::Bool(value)) => Some(Value::BoolValue(value)),
        ("intValue", found) => found.int().map(Value::IntValue),
        ("doubleValue", found) => found.double().map(Value::DoubleValue),
        ("bytesValue", Scalar::Text(text)) => bytes(&text).map(Value::BytesValue),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let standard = text.replace('-', "+").replace('_', "/");
    BASE64.decode(standard).ok()
}

/// Wants `{"values": […]}` of values; `None` where nothing stands.
struct Values {
    deeper: u32,
}

impl<'de> Wanted<'de> for Values {
    type Out = Option<Vec<AnyValue>>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let mut values = Vec::new();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "values" => values = map.next_value_seed(Reading(Anys { deeper: self.deeper }))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(Some(values))
    }

    fn other(self, _: Scalar<'de>) -> Self::Out {
        None
    }
}

/// Wants a list of values. One that is `null` stays in its place, without a value.
struct Anys {
    deeper: u32,
}

impl<'de> Wanted<'de> for Anys {
    type Out = Vec<AnyValue>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<AnyValue>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Reading(Any { deeper: self.deeper }))? {
            values.push(value.unwrap_or_default());
        }
        Ok(values)
    }

    fn other(self, _: Scalar<'de>) -> Vec<AnyValue> {
        Vec::new()
    }
}

/// Wants `{"values": […]}` of pairs; `None` where nothing stands.
struct ValuesOfList {
    deeper: u32,
}

impl<'de> Wanted<'de> for ValuesOfList {
    type Out = Option<Vec<KeyValue>>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let mut values = Vec::new();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "values" => values = map.next_value_seed(Reading(Pairs { deeper: self.deeper }))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(Some(values))
    }

    fn other(self, _: Scalar<'de>) -> Self::Out {
        None
    }
}
