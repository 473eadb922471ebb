//! Settings for people and programs to read. No secret is among what is printed.

use super::settings::{Origin, Setting, Settings};
use crate::cli::args::Listing;
use serde_json::json;
use std::fmt::Write as _;

/// All settings.
pub(super) fn listing(form: Listing, settings: &Settings) -> String {
    match form {
        Listing::Yaml => yaml(settings),
        Listing::Json => json(settings),
    }
}

/// A file that says the same.
fn yaml(settings: &Settings) -> String {
    let mut out = String::from("# What 'steelthread serve' would run with, and who says so.\n");
    if let Some(file) = &settings.file {
        let _ = writeln!(out, "# Read: {}", one_line(&file.display().to_string()));
    }
    for setting in &settings.all {
        let shown: Vec<_> = shown(setting).iter().map(|value| scalar(value, setting.is_switch)).collect();
        let value = match (&shown[..], setting.is_list) {
            ([], _) => "null".into(),
            ([one], false) => one.clone(),
            (many, _) => format!("[{}]", many.join(", ")),
        };
        let _ = writeln!(out, "{}: {value} # {}", setting.key(), one_line(&origin(setting)));
    }
    out
}

fn json(settings: &Settings) -> String {
    let value = |setting: &Setting| match (&shown(setting)[..], setting.is_list) {
        ([], _) => serde_json::Value::Null,
        ([one], false) if setting.is_switch => json!(one == "true"),
        ([one], false) => json!(one),
        (many, _) => json!(many),
    };
    let rows: Vec<_> = settings
        .all
        .iter()
        .map(|setting| json!({ "key": setting.key(), "value": value(setting), "origin": origin(setting) }))
        .collect();
    let file = settings.file.as_ref().map(|file| file.display().to_string());
    let document = json!({ "apiVersion": crate::query::API_VERSION, "file": file, "settings": rows });
    format!("{document:#}\n")
}

fn origin(setting: &Setting) -> String {
    match &setting.origin {
        Origin::Flag => "flag".into(),
        Origin::Environment(name) => format!("environment {name}"),
        Origin::File { line, .. } => line.clone(),
        Origin::Default => match &setting.usual {
            Some(usual) if setting.values.is_empty() => format!("default: {usual}"),
            _ => "default".into(),
        },
    }
}

/// What may be shown: the names of files that hold secrets, but no secret, should a setting ever be one; no password and no query of a URL.
fn shown(setting: &Setting) -> Vec<String> {
    const SECRET: [&str; 4] = ["token", "secret", "password", "authorization"];
    let sounds_secret = SECRET.iter().any(|word| setting.flag.contains(word)) || setting.flag.ends_with("-header");
    let is_file = setting.flag.ends_with("-file");
    let is_secret = |value: &str| if is_file { looks_secret(value) } else { sounds_secret };
    let hide = |value: &String| if is_secret(value) { "(hidden)".into() } else { without_password(value) };
    setting.values.iter().map(hide).collect()
}

/// A secret in the place of the name of the file that should hold it: a URL, or a long word that is no path.
fn looks_secret(value: &str) -> bool {
    const LONG: usize = 24;
    value.contains("://") || (value.len() >= LONG && !value.contains(['/', '\\', '.']))
}

/// `https://user:password@host/path?key=…` without what stands before the host and behind the path: keys are written into both.
pub(super) fn without_password(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (place, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let authority = place.split('/').next().unwrap_or(place);
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, _)) => ("(hidden)", &place[login.len()..]),
        None => ("", place),
    };
    let query = if query.len() > 1 { format!("{}(hidden)", &query[..1]) } else { query.to_owned() };
    format!("{scheme}://{login}{place}{query}")
}

/// As YAML: plain where nobody can take it for anything else.
fn scalar(value: &str, is_switch: bool) -> String {
    const OTHERS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let plain = |one: char| one.is_ascii_alphanumeric() || "._/:-+".contains(one);
    let begins_plain = value.starts_with(|one: char| one.is_ascii_alphanumeric() || "./".contains(one));
    let is_plain = begins_plain && value.chars().all(plain) && !value.ends_with(':');
    if is_switch || (is_plain && !OTHERS.contains(&value.to_ascii_lowercase().as_str())) {
        return value.to_owned();
    }
    json!(value).to_string()
}

fn one_line(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}
