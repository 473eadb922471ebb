//! Spans, events, links and status.

use super::fill::{Each, Fill, id, int32, optional, text, uint32, uint64};
use super::value::attributes;
use crate::wire::lenient::skip;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde::de::MapAccess;

impl Fill for Span {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" => id(&mut self.trace_id, map),
            "spanId" => id(&mut self.span_id, map),
            "parentSpanId" => id(&mut self.parent_span_id, map),
            "traceState" => text(&mut self.trace_state, map),
            "flags" => uint32(&mut self.flags, map),
            "name" => text(&mut self.name, map),
            "kind" => int32(&mut self.kind, map),
            "startTimeUnixNano" => uint64(&mut self.start_time_unix_nano, map),
            "endTimeUnixNano" => uint64(&mut self.end_time_unix_nano, map),
            "attributes" => attributes(&mut self.attributes, map),
            "droppedAttributesCount" => uint32(&mut self.dropped_attributes_count, map),
            "events" => Each(&mut self.events).read(map),
            "droppedEventsCount" => uint32(&mut self.dropped_events_count, map),
            "links" => Each(&mut self.links).read(map),
            "droppedLinksCount" => uint32(&mut self.dropped_links_count, map),
            "status" => optional(&mut self.status, map),
            _ => skip(map),
        }
    }
}

impl Fill for Status {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "code" => int32(&mut self.code, map),
            "message" => text(&mut self.message, map),
            _ => skip(map),
        }
    }
}

impl Fill for Event {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "timeUnixNano" => uint64(&mut self.time_unix_nano, map),
            "name" => text(&mut self.name, map),
            "attributes" => attributes(&mut self.attributes, map),
            "droppedAttributesCount" => uint32(&mut self.dropped_attributes_count, map),
            _ => skip(map),
        }
    }
}

impl Fill for Link {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" => id(&mut self.trace_id, map),
            "spanId" => id(&mut self.span_id, map),
            "traceState" => text(&mut self.trace_state, map),
            "attributes" => attributes(&mut self.attributes, map),
            "droppedAttributesCount" => uint32(&mut self.dropped_attributes_count, map),
            "flags" => uint32(&mut self.flags, map),
            _ => skip(map),
        }
    }
}
