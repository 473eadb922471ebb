//! What is said about a message that cannot be read.

use super::schema::{Form, Message};
use std::fmt;

/// A message that is no OTLP request: where, and what was expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {problem}")]
pub struct Malformed {
    /// Byte in the message, counted from 0.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong at a place of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A varint does not end within its message.
    NumberCutOff,
    /// A varint has more than 64 bits.
    NumberTooLong,
    /// A value is longer than what is left of its message.
    ValueCutOff,
    /// A field key has more than 32 bits.
    KeyTooLarge,
    /// A field has number 0.
    FieldZero,
    /// A field has a wire type that protobuf does not have.
    NoWireType(u8),
    /// A field of the schema does not have the wire type of the schema.
    WrongWireType {
        /// The message that holds the field.
        message: Message,
        /// The field's number.
        field: u32,
        /// How it should lie on the wire.
        wanted: Form,
    },
    /// A group ends that did not begin.
    StrayGroupEnd,
    /// Messages or groups are nested more than 100 deep.
    TooDeep,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NumberCutOff => f.write_str("expected a varint, but the message around it ends first"),
            Self::NumberTooLong => f.write_str("expected a varint of at most 64 bits, but it is longer"),
            Self::ValueCutOff => f.write_str("expected a value as long as announced, but the message around it ends first"),
            Self::KeyTooLarge => f.write_str("expected a field key of at most 32 bits, but it is larger"),
            Self::FieldZero => f.write_str("expected a field number from 1 on, but it is 0"),
            Self::NoWireType(number) => write!(f, "expected a wire type from 0 to 5, but it is {number}"),
            Self::WrongWireType { message, field, wanted } => {
                write!(f, "expected {} for field {field} of {message:?}, but the wire type is another", wanted.words())
            }
            Self::StrayGroupEnd => f.write_str("expected a field, but a group ends that did not begin"),
            Self::TooDeep => f.write_str("expected messages nested at most 100 deep, but they are deeper"),
        }
    }
}

/// A problem at an address in memory. It is turned into an offset once, at the end, so that the walk need not carry the message along. One pointer wide:
/// each step of the walk returns one or none.
#[derive(Debug)]
pub(super) struct Fault(Box<(usize, Problem)>);

impl Fault {
    #[cold]
    #[inline(never)]
    pub(super) fn at(rest: &[u8], problem: Problem) -> Self {
        Self(Box::new((rest.as_ptr() as usize, problem)))
    }

    pub(super) fn within(self, message: &[u8]) -> Malformed {
        let (address, problem) = *self.0;
        Malformed { offset: address.saturating_sub(message.as_ptr() as usize), problem }
    }
}
