//! Checks what is not shown: whether a message is as the schema wants it, and nothing more.

use super::cursor::Cursor;
use super::malformed::{Fault, Problem};
use super::schema::{Form, Message};
use smallvec::SmallVec;

/// How deep messages and groups may be nested below the request: prost's limit.
pub(super) const DEPTH: usize = 100;

/// Deals with a field that the walk has no arm for, and gives back what is behind it: reads over it if the schema does not know it, refuses it if it has a wire type other than the schema's.
#[inline(never)]
pub(super) fn skip_or_refuse<'m>(cursor: Cursor<'m>, message: Message, key: u32, depth: usize) -> Result<Cursor<'m>, Fault> {
    cursor.check_key(key)?;
    match message.field(key >> 3) {
        Some(wanted) => Err(cursor.fault(Problem::WrongWireType { message, field: key >> 3, wanted })),
        None => cursor.skip(key, depth),
    }
}

/// Checks the body of a message and all messages in it, without recursion. `depth` is how many levels may still begin within it.
pub(super) fn check(message: Message, body: &[u8], depth: usize) -> Result<(), Fault> {
    let mut around = SmallVec::<[(Message, Cursor<'_>); 8]>::new();
    let (mut message, mut cursor) = (message, Cursor::over(body));
    loop {
        while cursor.is_empty() {
            match around.pop() {
                Some(outer) => (message, cursor) = outer,
                None => return Ok(()),
            }
        }
        let key = cursor.key()?;
        match message.field(key >> 3) {
            Some(Form::Message(inner)) if key & 7 == 2 => {
                let body = cursor.bytes()?;
                if around.len() >= depth {
                    return Err(cursor.fault(Problem::TooDeep));
                }
                around.push((message, cursor));
                (message, cursor) = (inner, Cursor::over(body));
            }
            Some(form) if key & 7 == form.wire_type() => cursor = cursor.skip(key, 1)?,
            _ => cursor = skip_or_refuse(cursor, message, key, depth - around.len())?,
        }
    }
}
