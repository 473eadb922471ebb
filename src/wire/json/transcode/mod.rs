//! OTLP/JSON to OTLP protobuf: a document that is passed on in the other encoding, with all there is in it.
//!
//! It is read as leniently as [`super::decode`] reads it, and gives one span for each span or rejection that `decode` tells, in the same
//! order, so that what is known of a span by its number holds in both. A span that cannot be taken stands there with what could be read of
//! it, for whoever passes the request on to leave out. A value in a place where nothing is decided about a span (an event, a link's
//! attribute) is kept if it can be written and left out if not.
//!
//! This is no hot path, hence the structs that prost generates. The road not taken: their serde, which refuses what the specification
//! allows and loses a batch for one bad span.

mod fill;
mod span;
#[cfg(test)]
mod tests;
mod value;

use super::Unreadable;
use crate::wire::lenient::{next_name, skip, whole_document};
use fill::{Each, Fill, Only, text};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message;
use serde::de::MapAccess;
use value::attributes;

/// A document that [`super::decode`] takes, as an `ExportTraceServiceRequest` in protobuf.
///
/// # Errors
/// It is not JSON.
pub fn transcode(document: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut request = ExportTraceServiceRequest::default();
    whole_document(document, Only(&mut request))?;
    Ok(request.encode_to_vec())
}

impl Fill for ExportTraceServiceRequest {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resourceSpans" => Each(&mut self.resource_spans).read(map),
            _ => skip(map),
        }
    }
}

impl Fill for ResourceSpans {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resource" => fill::optional(&mut self.resource, map),
            "scopeSpans" => Each(&mut self.scope_spans).read(map),
            "schemaUrl" => text(&mut self.schema_url, map),
            _ => skip(map),
        }
    }
}

impl Fill for Resource {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "attributes" => attributes(&mut self.attributes, map),
            "droppedAttributesCount" => fill::uint32(&mut self.dropped_attributes_count, map),
            "entityRefs" => Each(&mut self.entity_refs).read(map),
            _ => skip(map),
        }
    }
}

impl Fill for EntityRef {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "schemaUrl" => text(&mut self.schema_url, map),
            "type" => text(&mut self.r#type, map),
            "idKeys" => fill::texts(&mut self.id_keys, map),
            "descriptionKeys" => fill::texts(&mut self.description_keys, map),
            _ => skip(map),
        }
    }
}

impl Fill for ScopeSpans {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "scope" => fill::optional(&mut self.scope, map),
            "spans" => Each(&mut self.spans).read(map),
            "schemaUrl" => text(&mut self.schema_url, map),
            _ => skip(map),
        }
    }
}

impl Fill for InstrumentationScope {
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "name" => text(&mut self.name, map),
            "version" => text(&mut self.version, map),
            "attributes" => attributes(&mut self.attributes, map),
            "droppedAttributesCount" => fill::uint32(&mut self.dropped_attributes_count, map),
            _ => skip(map),
        }
    }
}

/// The name of the next field is all that a message needs to be filled.
fn fill_all<'de, A: MapAccess<'de>>(message: &mut impl Fill, map: &mut A) -> Result<(), A::Error> {
    while let Some(name) = next_name(map)? {
        message.field(&name, map)?;
    }
    Ok(())
}
