//! Trace and span ids: numbers inside, lower-case hex outside.

use std::fmt;

/// A trace id: its 16 bytes read as a big-endian number. Zero is not a valid id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TraceId(pub u128);

/// A span id: its 8 bytes read as a big-endian number. Zero means "no span".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanId(pub u64);

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}; write {digits} hexadecimal digits, not all zero")]
pub struct ParseIdError {
    text: String,
    what: &'static str,
    digits: usize,
}

impl TraceId {
    /// From the bytes of the wire; `None` unless there are 16 and one of them is not zero.
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        let id = u128::from_be_bytes(bytes.try_into().ok()?);
        (id != 0).then_some(Self(id))
    }

    /// From 32 hexadecimal digits of either case.
    ///
    /// # Errors
    /// [`ParseIdError`] says what to write instead.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        let number = hex(text, 32).and_then(|_| u128::from_str_radix(text, 16).ok());
        number.filter(|id| *id != 0).map(Self).ok_or_else(|| ParseIdError { text: text.into(), what: "a trace id", digits: 32 })
    }

    /// The bytes of the wire.
    pub fn to_wire(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl SpanId {
    /// No span: what a root names as its parent.
    pub const NONE: Self = Self(0);

    /// From the bytes of the wire; `None` unless there are 8 and one of them is not zero.
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        let id = u64::from_be_bytes(bytes.try_into().ok()?);
        (id != 0).then_some(Self(id))
    }

    /// From 16 hexadecimal digits of either case.
    ///
    /// # Errors
    /// [`ParseIdError`] says what to write instead.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        let number = hex(text, 16).and_then(|_| u64::from_str_radix(text, 16).ok());
        number.filter(|id| *id != 0).map(Self).ok_or_else(|| ParseIdError { text: text.into(), what: "a span id", digits: 16 })
    }

    /// The bytes of the wire.
    pub fn to_wire(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// `from_str_radix` takes a sign; an id has none.
fn hex(text: &str, digits: usize) -> Option<()> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(())
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_either_case_and_go_out_in_lower_case() {
        let id = TraceId::parse("0AF7651916CD43DD8448EB211C80319C").map(|id| id.to_string());
        assert_eq!(id.as_deref(), Ok("0af7651916cd43dd8448eb211c80319c"));
        assert_eq!(SpanId::from_wire(&[0, 0, 0, 0, 0, 0, 1, 2]), Some(SpanId(258)));
        assert_eq!(SpanId(258).to_string(), "0000000000000102");
    }

    #[test]
    fn zeros_signs_and_wrong_lengths_are_no_ids() {
        assert!(TraceId::from_wire(&[0; 16]).is_none());
        assert!(TraceId::from_wire(&[1; 15]).is_none());
        assert!(SpanId::parse("+000000000000001").is_err());
        let told = TraceId::parse("12").map_err(|error| error.to_string());
        assert_eq!(told, Err("'12' is not a trace id; write 32 hexadecimal digits, not all zero".into()));
    }
}
