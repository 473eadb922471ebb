//! The OpenAPI document, held against a real server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::fakes::KNOWN;
use super::http;
use super::openapi::{Answer, Route};
use super::query_tests::{Running, server};
use serde_json::Value;

/// A path with real words in it.
fn filled(route: &Route) -> String {
    route.path.replace("{id}", "search").replace("{trace_id}", KNOWN).replace("{incident_id}", "1788262200-1a2b3c4d")
}

async fn document(server: &Running) -> Value {
    server.document("/api/openapi.json").await
}

#[tokio::test]
async fn each_route_is_described_and_each_described_path_is_there() {
    let server = server().await;
    let document = document(&server).await;
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let routes = http::described();
    let known: Vec<_> = routes.iter().map(|route| route.path).collect();
    assert!(known.contains(&"/api/v1/status") && known.contains(&"/api/openapi.json"), "{known:?}");
    assert_eq!(paths.len(), known.len());
    for route in &routes {
        assert!(paths.contains_key(route.path), "{}", route.path);
        // Of events there is no end that could be waited for.
        let code = if route.answer == Answer::Events {
            server.response(route.path, "text/event-stream").await.status().as_u16()
        } else {
            server.get(&filled(route)).await.0
        };
        assert_eq!(code, 200, "{}", route.path);
    }
    let told = server.error("/api/v2/status", 404).await;
    assert!(
        known.iter().all(|path| told
            .contains(&path.replace("{id}", "ID").replace("{trace_id}", "TRACE_ID").replace("{incident_id}", "INCIDENT_ID"))),
        "{told}"
    );
}

#[tokio::test]
async fn the_words_that_are_described_are_those_that_are_taken() {
    let server = server().await;
    for route in http::described().iter().filter(|route| matches!(route.answer, Answer::Document(_))) {
        let (code, told) = server.get(&format!("{}?nonsense=1", filled(route))).await;
        // Who asks for a trace has said everything.
        if code == 200 && route.path.contains("{trace_id}") {
            continue;
        }
        assert_eq!(code, 400, "{}: {told}", route.path);
        let taken = told.split_once("expected").map_or("", |(_, taken)| taken);
        let taken: Vec<_> = taken.split('`').skip(1).step_by(2).collect();
        assert_eq!(taken, route.words, "{}: {told}", route.path);
    }
}

#[tokio::test]
async fn the_documents_that_are_answered_are_as_they_are_described() {
    let server = server().await;
    let document = document(&server).await;
    for route in http::described() {
        let Answer::Document(message) = route.answer else { continue };
        let answer = server.document(&filled(&route)).await;
        let mut wrong = Vec::new();
        holds(&answer, &document["components"]["schemas"][message], &document, route.path, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    let error = &document["components"]["schemas"]["Error"];
    let mut wrong = Vec::new();
    let told = serde_json::from_str(&server.get("/api/v1/capabilities/nope").await.1).unwrap();
    holds(&told, error, &document, "error", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comments_of_the_messages_are_told() {
    let document = super::openapi::document(&http::described());
    let capability = &document["components"]["schemas"]["CapabilityStatus"];
    assert_eq!(capability["description"], "Counts are doubles because weighted counts may be fractions.");
    assert_eq!(capability["properties"]["sampled"]["description"], "Unweighted counts, where estimated.");
    assert_eq!(capability["properties"]["state"]["$ref"], Value::Null);
}

/// Whether a value is as a schema has it: as much of JSON Schema as is written here.
fn holds(value: &Value, schema: &Value, document: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return holds(value, &document["components"]["schemas"][name], document, at, wrong);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let schema = if value.is_null() { &either[1] } else { &either[0] };
        return holds(value, schema, document, at, wrong);
    }
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted: Vec<_> = match &schema["type"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let fits = wanted.contains(&is) || (is == "integer" && wanted.contains(&"number"));
    if !fits {
        wrong.push(format!("{at} is {value}, and is described as {schema}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        wrong.push(format!("{at} is {value}, and is described as one of {words:?}"));
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        holds(item, &schema["items"], document, &format!("{at}[{number}]"), wrong);
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let field_schema = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
        if field_schema.is_null() {
            wrong.push(format!("{at}.{name} is not described"));
        } else {
            holds(field, field_schema, document, &format!("{at}.{name}"), wrong);
        }
    }
}
