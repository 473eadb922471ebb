//! Reads protobuf's few primitives from the front of a slice. Everything is bounds-checked; nothing is allocated.

use super::malformed::{Fault, Problem};
use smallvec::SmallVec;

/// What is left of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'m> {
    rest: &'m [u8],
}

impl<'m> Cursor<'m> {
    #[inline(always)]
    pub(super) fn over(message: &'m [u8]) -> Self {
        Self { rest: message }
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, as it lies.
    pub(super) fn rest(&self) -> &'m [u8] {
        self.rest
    }

    pub(super) fn fault(&self, problem: Problem) -> Fault {
        Fault::at(self.rest, problem)
    }

    /// A number of up to 64 bits. Most are one byte, lengths of spans are two.
    #[inline(always)]
    pub(super) fn varint(&mut self) -> Result<u64, Fault> {
        match *self.rest {
            [low, ref rest @ ..] if low < 0x80 => {
                self.rest = rest;
                Ok(u64::from(low))
            }
            [low, high, ref rest @ ..] if high < 0x80 => {
                self.rest = rest;
                Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            _ => {
                let (value, rest) = long_varint(self.rest)?;
                self.rest = rest;
                Ok(value)
            }
        }
    }

    /// A field's key, not yet checked for a number of 0 or a wire type that is none: a key of the schema has neither.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Result<u32, Fault> {
        let begin = *self;
        u32::try_from(self.varint()?).map_err(|_| begin.fault(Problem::KeyTooLarge))
    }

    /// The next `count` bytes.
    #[inline(always)]
    fn take(&mut self, count: u64) -> Result<&'m [u8], Fault> {
        match usize::try_from(count).ok().and_then(|count| self.rest.split_at_checked(count)) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.fault(Problem::ValueCutOff)),
        }
    }

    /// A length and that many bytes.
    #[inline(always)]
    pub(super) fn bytes(&mut self) -> Result<&'m [u8], Fault> {
        let length = self.varint()?;
        self.take(length)
    }

    #[inline(always)]
    pub(super) fn fixed64(&mut self) -> Result<u64, Fault> {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(u64::from_le_bytes(*taken))
            }
            None => Err(self.fault(Problem::ValueCutOff)),
        }
    }

    #[inline(always)]
    pub(super) fn skip_fixed32(&mut self) -> Result<(), Fault> {
        self.take(4).map(drop)
    }

    /// Refuses a key that cannot be: field number 0, or a wire type that protobuf does not have.
    pub(super) fn check_key(&self, key: u32) -> Result<(), Fault> {
        if key & 7 > 5 {
            return Err(self.fault(Problem::NoWireType((key & 7) as u8)));
        }
        if key >> 3 == 0 {
            return Err(self.fault(Problem::FieldZero));
        }
        Ok(())
    }

    /// Behind the value of a field, groups included, at most `depth` deep. Its key has been read.
    pub(super) fn skip(mut self, key: u32, depth: usize) -> Result<Self, Fault> {
        let mut groups = SmallVec::<[u32; 8]>::new();
        let mut key = key;
        loop {
            self.check_key(key)?;
            if key & 7 != 4 && groups.len() >= depth {
                return Err(self.fault(Problem::TooDeep));
            }
            match key & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.fixed64()?),
                2 => drop(self.bytes()?),
                3 => groups.push(key >> 3),
                4 if groups.pop() == Some(key >> 3) => {}
                4 => return Err(self.fault(Problem::StrayGroupEnd)),
                _ => self.skip_fixed32()?,
            }
            if groups.is_empty() {
                return Ok(self);
            }
            key = self.key()?;
        }
    }
}

/// A varint of any length, and what is behind it. Apart from the cursor, so that the cursor can stay in registers.
#[inline(never)]
fn long_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Fault> {
    let mut value = 0_u64;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        if index == 9 && byte > 1 {
            return Err(Fault::at(bytes, Problem::NumberTooLong));
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok((value, &bytes[index + 1..]));
        }
    }
    Err(Fault::at(bytes, Problem::NumberCutOff))
}
