//! Attributes: a key and a value.

use super::check::{check, skip_or_refuse};
use super::cursor::Cursor;
use super::malformed::Fault;
use super::schema::{Message, any_value, key_value};
use crate::model::{Attribute, Value};

/// The key and the body of the value of a `KeyValue` that is written as every sender writes it: the key, then the value, nothing else, lengths of one
/// byte. `None` if it is not so.
#[inline(always)]
pub(super) fn usual(body: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY: u8 = key_value::KEY as u8;
    const VALUE: u8 = key_value::VALUE as u8;
    let [KEY, length @ 0..0x80, rest @ ..] = body else { return None };
    let (key, rest) = rest.split_at_checked(usize::from(*length))?;
    match rest {
        [VALUE, length @ 0..0x80, value @ ..] if usize::from(*length) == value.len() => Some((key, value)),
        _ => None,
    }
}

/// Reads a `KeyValue` however it is written. `depth` is how many levels may still begin within it.
#[inline(never)]
pub(super) fn attribute(body: &[u8], depth: usize) -> Result<Attribute<'_>, Fault> {
    let mut attribute = Attribute { key: &[], value: Value::Empty };
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            key_value::KEY => attribute.key = cursor.bytes()?,
            key_value::VALUE => any_value(cursor.bytes()?, &mut attribute.value, depth - 1)?,
            key_value::KEY_INDEX => drop(cursor.varint()?),
            other => cursor = skip_or_refuse(cursor, Message::KeyValue, other, depth)?,
        }
    }
    Ok(attribute)
}

/// Reads an `AnyValue` into `value`: the last of its fields wins, and an empty one changes nothing.
///
/// A reference into a profile's table of texts counts as no value, as the schema says for other signals.
#[inline]
fn any_value<'m>(body: &'m [u8], value: &mut Value<'m>, depth: usize) -> Result<(), Fault> {
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        *value = match cursor.key()? {
            any_value::TEXT => Value::Text(cursor.bytes()?),
            any_value::INT => Value::Int(cursor.varint()? as i64),
            any_value::BOOL => Value::Bool(cursor.varint()? != 0),
            any_value::DOUBLE => Value::Double(f64::from_bits(cursor.fixed64()?)),
            any_value::BYTES => cursor.bytes().map(|_| Value::Other)?,
            any_value::ARRAY => check(Message::ArrayValue, cursor.bytes()?, depth - 1).map(|()| Value::Other)?,
            any_value::MAP => check(Message::KeyValueList, cursor.bytes()?, depth - 1).map(|()| Value::Other)?,
            any_value::TEXT_INDEX => cursor.varint().map(|_| Value::Empty)?,
            other => {
                cursor = skip_or_refuse(cursor, Message::AnyValue, other, depth)?;
                continue;
            }
        };
    }
    Ok(())
}
