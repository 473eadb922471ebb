//! What can be asked over HTTP, as an OpenAPI document (spec 4.3).
//!
//! Nothing here is written twice. Routes are those that the server is built of; documents are the messages of `query.proto`, which
//! mirror them field by field, comments included. Tests hold both against what a server really answers.

use super::proto;
use crate::query::{API_VERSION, By, Level};
use clap::ValueEnum;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Something that can be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    /// As it is matched; what is in braces is part of the question.
    pub(super) path: &'static str,
    /// One sentence.
    pub(super) summary: &'static str,
    /// Words that may follow.
    pub(super) words: &'static [&'static str],
    /// What comes back.
    pub(super) answer: Answer,
    /// JSON with the fields of this message can be posted, and is kept.
    pub(super) takes: Option<&'static str>,
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// JSON with the fields of this message.
    Document(&'static str),
    /// Bytes.
    File,
    /// Server-sent events, without end.
    Events,
    /// JSON of no message.
    Json,
    /// Text for people and their tools; no token is needed.
    Health,
    /// Text for Prometheus.
    Figures,
}

/// Messages that are `null` in a document where there is nothing to tell.
const MAY_BE_MISSING: [&str; 6] = ["LostValue", "WorstHop", "Blame", "SlowBlame", "Excluded", "IncidentPeak"];

/// The whole document.
pub(super) fn document(routes: &[Route]) -> Value {
    let paths: Map<_, _> = routes.iter().map(|route| (route.path.to_owned(), methods(route))).collect();
    let mut schemas = schemas();
    schemas.insert(
        "Error".into(),
        json!({
            "type": "object", "description": "Why there is no answer.", "required": ["apiVersion", "error"],
            "properties": { "apiVersion": { "type": "string" }, "error": { "type": "string" } }
        }),
    );
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "steelthread",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("Questions about business capabilities. Each document says apiVersion {API_VERSION}: fields may be \
                added, never renamed. A token is needed only where the server is told to ask for one."),
        },
        "security": [{}, { "token": [] }],
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
    })
}

fn methods(route: &Route) -> Value {
    let mut told = json!({ "get": operation(route) });
    if let Some(message) = route.takes {
        let mut post = operation(&Route { words: &[], ..*route });
        post["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": of_name(message) } } });
        if let Some(responses) = post["responses"].as_object_mut()
            && let Some(kept) = responses.remove("200")
        {
            responses.insert("201".into(), kept);
        }
        told["post"] = post;
    }
    told
}

fn operation(route: &Route) -> Value {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let parameters: Vec<_> = in_path.chain(route.words.iter().map(|word| parameter(word))).collect();
    let text = |kind: &str, told: &str| json!({ "description": told, "content": { kind: { "schema": { "type": "string" } } } });
    let error = |told: &str| json!({ "description": told, "content": { "application/json": { "schema": of_name("Error") } } });
    let mut responses = Map::new();
    let success = match route.answer {
        Answer::Document(message) => {
            json!({ "description": route.summary, "content": { "application/json": { "schema": of_name(message) } } })
        }
        Answer::Json => {
            json!({ "description": route.summary, "content": { "application/json": { "schema": { "type": "object" } } } })
        }
        Answer::File => json!({ "description": route.summary, "content": { "application/octet-stream": {} } }),
        Answer::Events => text("text/event-stream", route.summary),
        Answer::Health => text("text/plain", route.summary),
        Answer::Figures => text("text/plain; version=0.0.4", route.summary),
    };
    responses.insert("200".into(), success);
    let mut told = json!({ "summary": route.summary, "parameters": parameters });
    if route.answer == Answer::Health {
        responses.insert("503".into(), text("text/plain", "No, and why."));
        told["security"] = json!([]);
    } else {
        responses.insert("401".into(), error("A token is needed, and none that is known was shown."));
        responses.insert("403".into(), error("The token is not for asking."));
        responses.insert("default".into(), error("Why there is no answer."));
    }
    told["responses"] = responses.into();
    told
}

fn parameter(word: &str) -> Value {
    let (told, values) = match word {
        "from" | "baseline_from" => ("RFC 3339, `now`, or such as `now-1h`; belongs to the range.", None),
        "to" | "baseline_to" => ("RFC 3339, `now`, or such as `now-1h`; does not belong to the range.", None),
        "last" => ("Instead of from and to: such as `15m`, `1h`, `7d`.", None),
        "step" => {
            ("Length of a point: a multiple of `10s`, such as `1m`, `1h`, `1d`. Not given: one that makes a picture.", None)
        }
        "durations" => ("Whether points tell how durations are spread, too.", Some(vec!["true".to_owned(), "false".to_owned()])),
        "by" => ("The order.", Some(words_of::<By>())),
        "level" => ("Each hop for itself, or all of a service together.", Some(words_of::<Level>())),
        _ => ("", None),
    };
    let mut schema = json!({ "type": "string" });
    if let Some(values) = values {
        schema["enum"] = values.into();
    }
    json!({ "name": word, "in": "query", "required": false, "description": told, "schema": schema })
}

fn words_of<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().filter_map(|one| Some(one.to_possible_value()?.get_name().to_owned())).collect()
}

/// All messages of `query.proto` by name. The file is built in: one that cannot be read gives no schemas.
fn schemas() -> Map<String, Value> {
    let files = FileDescriptorSet::decode(proto::DESCRIBED).unwrap_or_default().file;
    let Some(file) = files.iter().find(|file| file.name().ends_with("query.proto")) else { return Map::new() };
    let comments = comments(file);
    let messages = file.message_type.iter().enumerate().filter(|(_, message)| !message.name().ends_with("Request"));
    messages.map(|(at, message)| (message.name().to_owned(), schema(message, at as i32, file, &comments))).collect()
}

/// What is written above the messages and fields, by their place in the file.
fn comments(file: &FileDescriptorProto) -> HashMap<&[i32], String> {
    let places = file.source_code_info.iter().flat_map(|info| &info.location);
    let told = places.filter(|place| !place.leading_comments().is_empty());
    told.map(|place| (&place.path[..], place.leading_comments().split_whitespace().collect::<Vec<_>>().join(" "))).collect()
}

fn schema(message: &DescriptorProto, at: i32, file: &FileDescriptorProto, comments: &HashMap<&[i32], String>) -> Value {
    let fields = message.field.iter().enumerate().map(|(number, field)| {
        // Numbers of `message_type` in a file and of `field` in a message.
        let comment = comments.get(&[4, at, 2, number as i32][..]);
        let mut told = of_field(field, message, &file.enum_type);
        if let Some(comment) = comment {
            told["description"] = comment.as_str().into();
        }
        (if field.name() == "api_version" { "apiVersion" } else { field.name() }.to_owned(), told)
    });
    let mut told = json!({ "type": "object", "properties": fields.collect::<Map<_, _>>() });
    if let Some(comment) = comments.get(&[4, at][..]) {
        told["description"] = comment.as_str().into();
    }
    told
}

fn of_field(field: &FieldDescriptorProto, message: &DescriptorProto, enums: &[EnumDescriptorProto]) -> Value {
    let name = field.type_name().rsplit('.').next().unwrap_or_default();
    let entry = message.nested_type.iter().find(|nested| nested.name() == name && field.r#type() == Type::Message);
    if let Some(value) = entry.and_then(|entry| entry.field.iter().find(|part| part.name() == "value")) {
        return json!({ "type": "object", "additionalProperties": of_field(value, message, enums) });
    }
    let one = match field.r#type() {
        Type::Message if MAY_BE_MISSING.contains(&name) => json!({ "anyOf": [of_name(name), { "type": "null" }] }),
        Type::Message => of_name(name),
        Type::Enum => json!({ "type": "string", "enum": enums.iter().find(|one| one.name() == name).map(words_of_enum) }),
        plain => {
            let plain = match plain {
                Type::Double => "number",
                Type::Uint64 | Type::Uint32 => "integer",
                Type::Bool => "boolean",
                _ => "string",
            };
            if field.proto3_optional() { json!({ "type": [plain, "null"] }) } else { json!({ "type": plain }) }
        }
    };
    if field.label() == Label::Repeated { json!({ "type": "array", "items": one }) } else { one }
}

/// `STATE_TOO_FEW` of `State` stands as `too_few` in a document.
fn words_of_enum(one: &EnumDescriptorProto) -> Vec<String> {
    let words = one.value.iter().filter_map(|value| value.name().to_lowercase().split_once('_').map(|(_, word)| word.to_owned()));
    words.filter(|word| word != "unspecified").collect()
}

fn of_name(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
