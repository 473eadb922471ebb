//! Makes messages that look like OTLP, and messages that nearly do, from a tape of arbitrary bytes. Also part of the fuzz crate.
//!
//! The tape says at each place what comes next, so a random tape is a random message and a shorter tape is a smaller message. Fields
//! come in any order and number, so merging, last-one-wins and late resources all happen. An empty tape is an empty message.

use crate::wire::otlp::{Form, Message};

/// Writes the message that a tape describes.
pub fn message(tape: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Tape(tape).body(Message::Request, &mut out);
    out
}

/// Edits a message in few places: bytes changed, put in, taken out, or everything behind a place cut off.
pub fn edit(message: &mut Vec<u8>, edits: &[(u8, u16, u8)]) {
    for &(what, place, byte) in edits {
        let place = if message.is_empty() { 0 } else { usize::from(place) % message.len() };
        match what % 4 {
            _ if message.is_empty() => message.push(byte),
            0 => message[place] = byte,
            1 => message.insert(place, byte),
            2 => drop(message.remove(place)),
            _ => message.truncate(place),
        }
    }
}

const TEXTS: [&str; 9] = [
    "exception",
    "exception.type",
    "service.name",
    "",
    "http.response.status_code",
    "é",
    "card declined",
    "GET /carts/{id}",
    "exception",
];

/// A field that should be there more often than chance has it, so that messages have spans and spans have something to show.
fn often(message: Message, byte: u8) -> Option<u32> {
    Some(match message {
        Message::Request => 1,
        Message::ResourceSpans | Message::ScopeSpans => 2,
        Message::Span if byte.is_multiple_of(2) => 9,
        Message::Span => 11,
        Message::Event if byte.is_multiple_of(2) => 3,
        Message::Event | Message::KeyValue => 2,
        _ => return None,
    })
}

struct Tape<'t>(&'t [u8]);

impl Tape<'_> {
    fn next(&mut self) -> u8 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            [] => 0,
        }
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.next()) % of.len()]
    }

    /// Writes the fields of a message.
    fn body(&mut self, message: Message, out: &mut Vec<u8>) {
        let fields: Vec<(u32, Form)> = (1..=16).filter_map(|number| Some((number, message.field(number)?))).collect();
        for _ in 0..24 {
            match self.next() {
                0..20 => return,
                20..24 => self.unknown(out),
                24 => self.misplaced(&fields, out),
                25 => out.push(self.next()),
                likely @ 26..130 if often(message, likely).is_some() => {
                    let number = often(message, likely).unwrap_or(1);
                    self.field((number, message.field(number).unwrap_or(Form::Bytes)), out);
                }
                _ => {
                    let field = self.pick(&fields);
                    self.field(field, out);
                }
            }
        }
    }

    fn field(&mut self, (number, form): (u32, Form), out: &mut Vec<u8>) {
        self.varint(u64::from(number << 3 | form.wire_type()), out);
        self.value(form, out);
    }

    fn value(&mut self, form: Form, out: &mut Vec<u8>) {
        match form {
            Form::Varint => {
                let value = match self.next() {
                    250 => {
                        // Ten bytes, of which the last has a bit too many or not.
                        out.extend([0xff; 9]);
                        return out.push(self.pick(&[1, 2, 3]));
                    }
                    0..40 => u64::MAX,
                    40..60 => 1 << 63,
                    60..80 => 1 << 31,
                    80..140 => u64::from(self.next()) << 7,
                    small => u64::from(small) % 6,
                };
                self.varint(value, out);
            }
            Form::Fixed64 => out.extend([self.next(), 0, 0xf0, self.next(), 0, 0, 0xf8, self.next()]),
            Form::Fixed32 => out.extend([self.next(), 0, 0, 1]),
            Form::Bytes => self.text(out),
            Form::Message(message) => {
                let mut body = Vec::new();
                match (message, self.next()) {
                    (Message::AnyValue, 0..4) => self.nested(&mut body),
                    (Message::Event, 0..60) => self.exception(&mut body),
                    _ => self.body(message, &mut body),
                }
                self.sized(&body, out);
            }
        }
    }

    fn text(&mut self, out: &mut Vec<u8>) {
        match self.next() {
            0..100 => {
                let length = self.pick(&[16, 16, 8, 8, 15]);
                self.sized(&[7; 16][..length], out);
            }
            100..102 => self.sized(&"long ".repeat(60).into_bytes(), out),
            number => self.sized(TEXTS[usize::from(number) % TEXTS.len()].as_bytes(), out),
        }
    }

    /// What an event of an exception is made of.
    fn exception(&mut self, out: &mut Vec<u8>) {
        let (mut value, mut pair) = (Vec::new(), Vec::new());
        self.field((1, Form::Bytes), &mut value);
        for (key, body) in [(0x0a, &b"exception.type"[..]), (0x12, &value)] {
            pair.push(key);
            self.sized(body, &mut pair);
        }
        for (key, body) in [(0x1a, &pair[..]), (0x12, b"exception")] {
            out.push(key);
            self.sized(body, out);
        }
    }

    /// Arrays in arrays, about as deep as is allowed.
    fn nested(&mut self, out: &mut Vec<u8>) {
        for _ in 0..self.pick(&[3, 40, 43, 44, 45, 46, 47, 48, 49, 50]) {
            for key in [0x0a, 0x2a] {
                let body = std::mem::take(out);
                self.varint(key, out);
                self.sized(&body, out);
            }
        }
    }

    fn sized(&mut self, body: &[u8], out: &mut Vec<u8>) {
        let wrong = if self.next() == 99 { self.pick(&[1, 2, 200]) } else { 0 };
        self.varint(body.len() as u64 + wrong, out);
        out.extend(body);
    }

    /// A known field with another wire type than the schema's.
    fn misplaced(&mut self, fields: &[(u32, Form)], out: &mut Vec<u8>) {
        let (number, _) = self.pick(fields);
        let form = self.pick(&[Form::Varint, Form::Fixed64, Form::Fixed32, Form::Bytes]);
        self.field((number, form), out);
    }

    /// A field that the schema does not know, of any wire type; a group may hold others.
    fn unknown(&mut self, out: &mut Vec<u8>) {
        let number = self.pick(&[17_u32, 18, 99, 1 << 20, (1 << 29) - 1, 2048]);
        match self.next() {
            0..100 => {
                let form = self.pick(&[Form::Varint, Form::Fixed64, Form::Fixed32, Form::Bytes]);
                self.field((number, form), out);
            }
            100..110 => self.deep_group(out),
            110..112 => self.varint(u64::from(number) << 3 | 4, out),
            112..114 => {
                let beyond = u64::from(self.next()) << 32;
                self.varint(beyond | 0x0a, out);
            }
            _ => {
                self.varint(u64::from(number) << 3 | 3, out);
                for _ in 0..self.next() % 3 {
                    self.unknown(out);
                }
                let end = if self.next() == 77 { number - 1 } else { number };
                self.varint(u64::from(end) << 3 | 4, out);
            }
        }
    }

    /// Groups in groups, about as deep as is allowed.
    fn deep_group(&mut self, out: &mut Vec<u8>) {
        let depth = self.pick(&[2_usize, 94, 95, 96, 97, 98, 99, 100, 101]);
        out.extend([0x9b, 0x06].repeat(depth));
        out.extend([0x9c, 0x06].repeat(depth));
    }

    /// A varint, now and then longer than it need be, seldom too long.
    fn varint(&mut self, mut value: u64, out: &mut Vec<u8>) {
        let padding = match self.next() {
            7..12 => 1,
            12 => 9,
            13 => 4,
            _ => 0,
        };
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        match padding {
            0 => out.push(value as u8),
            padding => {
                out.push(value as u8 | 0x80);
                out.extend(vec![0x80; padding - 1]);
                out.push(0);
            }
        }
    }
}
