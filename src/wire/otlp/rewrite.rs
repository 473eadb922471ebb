//! Writes a request again: attributes are added to spans, spans are left out, and all else goes on as it came, byte for byte, unknown
//! fields too.
//!
//! The message is walked twice. The first time lengths are found, because a message stands behind its length; the second time bytes are
//! copied into memory that is exactly large enough. The road not taken: decoding, adding and encoding, which loses what the schema of today
//! does not know.

use super::cursor::Cursor;
use super::malformed::{Fault, Malformed};
use super::{DEPTH, schema, value};

/// A text attribute that may be added to spans, as it is written in a `Span`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    key: Box<[u8]>,
    field: Box<[u8]>,
}

impl Addition {
    /// An attribute with this key and this text.
    pub fn text(key: &str, text: &str) -> Self {
        const KEY: u8 = schema::key_value::KEY as u8;
        const VALUE: u8 = schema::key_value::VALUE as u8;
        let (mut value, mut pair, mut field) = (Vec::new(), Vec::new(), Vec::new());
        put_bytes(&mut value, schema::any_value::TEXT as u8, text.as_bytes());
        put_bytes(&mut pair, KEY, key.as_bytes());
        put_bytes(&mut pair, VALUE, &value);
        put_bytes(&mut field, schema::span::ATTRIBUTES as u8, &pair);
        Self { key: key.as_bytes().into(), field: field.into() }
    }

    /// How many bytes it takes in a span.
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.field.len()
    }
}

/// Messages within messages down to the spans: the key of the field in which each lies. All are one byte.
const LEVELS: [u32; 3] = [schema::request::RESOURCE_SPANS, schema::resource_spans::SCOPE_SPANS, schema::scope_spans::SPANS];

/// In the place of a length: the span is left out.
const LEFT_OUT: usize = usize::MAX;

/// The message with `changes` made, one for each span in the order of [`super::walk`]: `None` leaves the span out, `Some` adds those
/// attributes, at most 32, whose key the span does not have yet. Spans without a change are kept as they are.
///
/// # Errors
/// The message is none that [`super::walk`] takes.
pub fn rewrite<A: AsRef<[Addition]>>(message: &[u8], changes: &[Option<A>]) -> Result<Vec<u8>, Malformed> {
    if changes.iter().all(|change| change.as_ref().is_some_and(|added| added.as_ref().is_empty())) {
        return Ok(message.to_vec());
    }
    Rewriter { changes, span: 0, plan: Vec::new(), read: 0 }.run(message).map_err(|fault| fault.within(message))
}

struct Rewriter<'c, A> {
    changes: &'c [Option<A>],
    /// Spans seen so far.
    span: usize,
    /// In the order of the walk: of each message its new length; of a span also which additions it gets, as bits.
    plan: Vec<usize>,
    /// How far the plan has been carried out.
    read: usize,
}

/// A field of a message.
enum Field<'m> {
    /// The body of one that is looked for.
    Inner(&'m [u8]),
    /// Another one, with its key.
    Other(&'m [u8]),
}

/// The fields of a message; those with the key `wanted` are opened.
struct Fields<'m> {
    cursor: Cursor<'m>,
    wanted: u32,
}

impl<'m> Fields<'m> {
    fn next(&mut self) -> Result<Option<Field<'m>>, Fault> {
        if self.cursor.is_empty() {
            return Ok(None);
        }
        let begin = self.cursor.rest();
        let key = self.cursor.key()?;
        if key == self.wanted {
            return self.cursor.bytes().map(|body| Some(Field::Inner(body)));
        }
        self.cursor = self.cursor.skip(key, DEPTH)?;
        Ok(Some(Field::Other(&begin[..begin.len() - self.cursor.rest().len()])))
    }
}

fn fields(body: &[u8], wanted: u32) -> Fields<'_> {
    Fields { cursor: Cursor::over(body), wanted }
}

impl<A: AsRef<[Addition]>> Rewriter<'_, A> {
    fn run(mut self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let length = self.measure(0, message)?;
        let mut out = Vec::with_capacity(length);
        (self.span, self.read) = (0, 1);
        self.write(0, message, &mut out)?;
        Ok(out)
    }

    /// Plans a message on this level, and gives back its new length. Calls itself as deep as there are levels: three.
    fn measure(&mut self, level: usize, body: &[u8]) -> Result<usize, Fault> {
        let Some(wanted) = LEVELS.get(level) else { return self.measure_span(body) };
        let at = self.plan.len();
        self.plan.push(0);
        let (mut length, mut fields) = (0, fields(body, *wanted));
        while let Some(field) = fields.next()? {
            length += match field {
                Field::Other(bytes) => bytes.len(),
                Field::Inner(body) => match self.measure(level + 1, body)? {
                    LEFT_OUT => 0,
                    inner => 1 + varint_length(inner) + inner,
                },
            };
        }
        self.plan[at] = length;
        Ok(length)
    }

    fn measure_span(&mut self, body: &[u8]) -> Result<usize, Fault> {
        let change = self.changes.get(self.span);
        self.span += 1;
        let (mut length, mut chosen) = (body.len(), 0);
        match change {
            Some(None) => length = LEFT_OUT,
            Some(Some(additions)) => {
                let additions = additions.as_ref();
                chosen = absent(body, additions)?;
                length += chosen_of(additions, chosen).map(|addition| addition.field.len()).sum::<usize>();
            }
            None => {}
        }
        self.plan.extend([length, chosen]);
        Ok(length)
    }

    fn planned(&mut self) -> usize {
        self.read += 1;
        self.plan.get(self.read - 1).copied().unwrap_or(LEFT_OUT)
    }

    fn write(&mut self, level: usize, body: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(wanted) = LEVELS.get(level) else {
            self.write_span(body, out);
            return Ok(());
        };
        let mut fields = fields(body, *wanted);
        while let Some(field) = fields.next()? {
            match field {
                Field::Other(bytes) => out.extend_from_slice(bytes),
                Field::Inner(body) => {
                    let length = self.planned();
                    if length == LEFT_OUT {
                        // Of all messages only spans are left out, and a span has two places in the plan.
                        (self.span, self.read) = (self.span + 1, self.read + 1);
                        continue;
                    }
                    out.push(*wanted as u8);
                    put_varint(out, length);
                    self.write(level + 1, body, out)?;
                }
            }
        }
        Ok(())
    }

    fn write_span(&mut self, body: &[u8], out: &mut Vec<u8>) {
        let chosen = self.planned();
        out.extend_from_slice(body);
        if let Some(Some(additions)) = self.changes.get(self.span) {
            chosen_of(additions.as_ref(), chosen).for_each(|addition| out.extend_from_slice(&addition.field));
        }
        self.span += 1;
    }
}

/// Which additions have a key that the span does not have, as bits.
fn absent(span: &[u8], additions: &[Addition]) -> Result<usize, Fault> {
    let mut absent = (1 << additions.len().min(32)) - 1;
    if absent == 0 {
        return Ok(0);
    }
    let mut fields = fields(span, schema::span::ATTRIBUTES);
    while let Some(field) = fields.next()? {
        let Field::Inner(body) = field else { continue };
        let key = match value::usual(body) {
            Some((key, _)) => key,
            None => value::attribute(body, DEPTH)?.key,
        };
        for (bit, addition) in additions.iter().enumerate().take(32) {
            if *addition.key == *key {
                absent &= !(1 << bit);
            }
        }
    }
    Ok(absent)
}

fn chosen_of(additions: &[Addition], chosen: usize) -> impl Iterator<Item = &Addition> {
    additions.iter().take(32).enumerate().filter(move |(bit, _)| chosen & (1 << bit) != 0).map(|(_, addition)| addition)
}

fn varint_length(number: usize) -> usize {
    (number.max(1).ilog2() / 7 + 1) as usize
}

fn put_varint(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(out: &mut Vec<u8>, key: u8, bytes: &[u8]) {
    out.push(key);
    put_varint(out, bytes.len());
    out.extend_from_slice(bytes);
}
