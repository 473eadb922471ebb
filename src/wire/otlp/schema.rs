//! The part of OTLP's protobuf schema that a request of spans is made of (opentelemetry-proto 1.x), as constants and as a table.

/// A key on the wire: field number and wire type.
const fn key(number: u32, form: Form) -> u32 {
    number << 3 | form.wire_type()
}

/// Keys of `ExportTraceServiceRequest`.
pub(super) mod request {
    use super::{Form, Message, key};
    pub const RESOURCE_SPANS: u32 = key(1, Form::Message(Message::ResourceSpans));
}

/// Keys of `ResourceSpans`.
pub(super) mod resource_spans {
    use super::{Form, Message, key};
    pub const RESOURCE: u32 = key(1, Form::Message(Message::Resource));
    pub const SCOPE_SPANS: u32 = key(2, Form::Message(Message::ScopeSpans));
    pub const SCHEMA_URL: u32 = key(3, Form::Bytes);
}

/// Keys of `Resource`.
pub(super) mod resource {
    use super::{Form, Message, key};
    pub const ATTRIBUTES: u32 = key(1, Form::Message(Message::KeyValue));
    pub const DROPPED: u32 = key(2, Form::Varint);
    pub const ENTITY_REFS: u32 = key(3, Form::Message(Message::EntityRef));
}

/// Keys of `ScopeSpans`.
pub(super) mod scope_spans {
    use super::{Form, Message, key};
    pub const SCOPE: u32 = key(1, Form::Message(Message::Scope));
    pub const SPANS: u32 = key(2, Form::Message(Message::Span));
    pub const SCHEMA_URL: u32 = key(3, Form::Bytes);
}

/// Keys of `Span`.
pub(super) mod span {
    use super::{Form, Message, key};
    pub const TRACE_ID: u32 = key(1, Form::Bytes);
    pub const SPAN_ID: u32 = key(2, Form::Bytes);
    pub const TRACE_STATE: u32 = key(3, Form::Bytes);
    pub const PARENT_SPAN_ID: u32 = key(4, Form::Bytes);
    pub const NAME: u32 = key(5, Form::Bytes);
    pub const KIND: u32 = key(6, Form::Varint);
    pub const START: u32 = key(7, Form::Fixed64);
    pub const END: u32 = key(8, Form::Fixed64);
    pub const ATTRIBUTES: u32 = key(9, Form::Message(Message::KeyValue));
    pub const DROPPED_ATTRIBUTES: u32 = key(10, Form::Varint);
    pub const EVENTS: u32 = key(11, Form::Message(Message::Event));
    pub const DROPPED_EVENTS: u32 = key(12, Form::Varint);
    pub const LINKS: u32 = key(13, Form::Message(Message::Link));
    pub const DROPPED_LINKS: u32 = key(14, Form::Varint);
    pub const STATUS: u32 = key(15, Form::Message(Message::Status));
    pub const FLAGS: u32 = key(16, Form::Fixed32);
}

/// Keys of `Span.Event`.
pub(super) mod event {
    use super::{Form, Message, key};
    pub const TIME: u32 = key(1, Form::Fixed64);
    pub const NAME: u32 = key(2, Form::Bytes);
    pub const ATTRIBUTES: u32 = key(3, Form::Message(Message::KeyValue));
    pub const DROPPED: u32 = key(4, Form::Varint);
}

/// Keys of `Span.Link`.
pub(super) mod link {
    use super::{Form, Message, key};
    pub const TRACE_ID: u32 = key(1, Form::Bytes);
    pub const SPAN_ID: u32 = key(2, Form::Bytes);
    pub const TRACE_STATE: u32 = key(3, Form::Bytes);
    pub const ATTRIBUTES: u32 = key(4, Form::Message(Message::KeyValue));
    pub const DROPPED: u32 = key(5, Form::Varint);
    pub const FLAGS: u32 = key(6, Form::Fixed32);
}

/// Keys of `Status`.
pub(super) mod status {
    use super::{Form, key};
    pub const MESSAGE: u32 = key(2, Form::Bytes);
    pub const CODE: u32 = key(3, Form::Varint);
}

/// Keys of `KeyValue`.
pub(super) mod key_value {
    use super::{Form, Message, key};
    pub const KEY: u32 = key(1, Form::Bytes);
    pub const VALUE: u32 = key(2, Form::Message(Message::AnyValue));
    pub const KEY_INDEX: u32 = key(3, Form::Varint);
}

/// Keys of `AnyValue`.
pub(super) mod any_value {
    use super::{Form, Message, key};
    pub const TEXT: u32 = key(1, Form::Bytes);
    pub const BOOL: u32 = key(2, Form::Varint);
    pub const INT: u32 = key(3, Form::Varint);
    pub const DOUBLE: u32 = key(4, Form::Fixed64);
    pub const ARRAY: u32 = key(5, Form::Message(Message::ArrayValue));
    pub const MAP: u32 = key(6, Form::Message(Message::KeyValueList));
    pub const BYTES: u32 = key(7, Form::Bytes);
    pub const TEXT_INDEX: u32 = key(8, Form::Varint);
}

/// How the value of a field lies on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number of one to ten bytes.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// Four bytes.
    Fixed32,
    /// A length and that many bytes: text or an id.
    Bytes,
    /// A length and a message of that many bytes.
    Message(Message),
}

impl Form {
    /// The wire type in protobuf's encoding.
    pub const fn wire_type(self) -> u32 {
        match self {
            Self::Varint => 0,
            Self::Fixed64 => 1,
            Self::Bytes | Self::Message(_) => 2,
            Self::Fixed32 => 5,
        }
    }

    /// In words, for an error message.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Varint => "a varint",
            Self::Fixed64 => "8 bytes",
            Self::Fixed32 => "4 bytes",
            Self::Bytes => "a length and bytes",
            Self::Message(_) => "a length and a message",
        }
    }
}

/// The messages that a request of spans is made of, named as in opentelemetry-proto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// `ExportTraceServiceRequest`.
    Request,
    /// `ResourceSpans`.
    ResourceSpans,
    /// `Resource`.
    Resource,
    /// `EntityRef`.
    EntityRef,
    /// `ScopeSpans`.
    ScopeSpans,
    /// `InstrumentationScope`.
    Scope,
    /// `Span`.
    Span,
    /// `Span.Event`.
    Event,
    /// `Span.Link`.
    Link,
    /// `Status`.
    Status,
    /// `KeyValue`.
    KeyValue,
    /// `AnyValue`.
    AnyValue,
    /// `ArrayValue`.
    ArrayValue,
    /// `KeyValueList`.
    KeyValueList,
}

impl Message {
    /// How field `number` of this message lies on the wire; `None` for a number that the schema does not know.
    pub const fn field(self, number: u32) -> Option<Form> {
        let form = match (self, number) {
            (Self::Request, 1) => Form::Message(Self::ResourceSpans),
            (Self::ResourceSpans, 1) => Form::Message(Self::Resource),
            (Self::ResourceSpans, 2) => Form::Message(Self::ScopeSpans),
            (Self::ScopeSpans, 1) => Form::Message(Self::Scope),
            (Self::ScopeSpans, 2) => Form::Message(Self::Span),
            (Self::ResourceSpans | Self::ScopeSpans, 3) => Form::Bytes,
            (Self::Resource, 1) | (Self::Scope | Self::Event, 3) | (Self::Span, 9) | (Self::Link, 4) => {
                Form::Message(Self::KeyValue)
            }
            (Self::Resource, 2) | (Self::Scope | Self::Event, 4) | (Self::Link, 5) => Form::Varint,
            (Self::Resource, 3) => Form::Message(Self::EntityRef),
            (Self::EntityRef, 1..=4) | (Self::Scope, 1..=2) | (Self::Link, 1..=3) => Form::Bytes,
            (Self::Span, 1..=5) => Form::Bytes,
            (Self::Span, 6 | 10 | 12 | 14) => Form::Varint,
            (Self::Span, 7..=8) | (Self::Event, 1) => Form::Fixed64,
            (Self::Span, 11) => Form::Message(Self::Event),
            (Self::Span, 13) => Form::Message(Self::Link),
            (Self::Span, 15) => Form::Message(Self::Status),
            (Self::Span, 16) | (Self::Link, 6) => Form::Fixed32,
            (Self::Event | Self::Status, 2) => Form::Bytes,
            (Self::Status, 3) => Form::Varint,
            (Self::KeyValue, 1) => Form::Bytes,
            (Self::KeyValue, 2) | (Self::ArrayValue, 1) => Form::Message(Self::AnyValue),
            (Self::KeyValue, 3) => Form::Varint,
            (Self::AnyValue, 1 | 7) => Form::Bytes,
            (Self::AnyValue, 2 | 3 | 8) => Form::Varint,
            (Self::AnyValue, 4) => Form::Fixed64,
            (Self::AnyValue, 5) => Form::Message(Self::ArrayValue),
            (Self::AnyValue, 6) => Form::Message(Self::KeyValueList),
            (Self::KeyValueList, 1) => Form::Message(Self::KeyValue),
            _ => return None,
        };
        Some(form)
    }
}
