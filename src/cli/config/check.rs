//! What a file says, matched with the flags of `serve` and checked by their parser: all problems at once.

use super::file::{self, Entry, Written};
use crate::catalogue::Problems;
use crate::catalogue::document::{Findings, nearest, quote};
use clap::builder::ValueRange;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::collections::HashMap;
use std::net::SocketAddr;

/// Flags that make no sense in a file: it would name itself, or be all that is done.
const NOT_IN_A_FILE: [&str; 4] = ["config", "print-config", "help", "version"];

/// Whether a flag may be set by a file.
pub(super) fn is_key(arg: &Arg) -> bool {
    arg.get_long().is_some_and(|flag| !NOT_IN_A_FILE.contains(&flag))
}

/// Reads a file. Each problem says where, what is wrong, and what to write instead.
pub(super) fn entries(name: &str, text: &str, serve: &Command) -> Result<Vec<Entry>, Problems> {
    let mut findings = Findings::new(name);
    let mut seen = HashMap::new();
    let mut entries = Vec::new();
    for written in file::written(text, &mut findings) {
        let flag = written.flag();
        let Some(arg) = serve.get_arguments().find(|arg| is_key(arg) && arg.get_long() == Some(&flag)) else {
            unknown(&written, serve, &mut findings);
            continue;
        };
        if let Some(before) = seen.insert(flag, written.key) {
            let before = findings.at(before);
            findings.add(written.key, format!("{} is set at {before} already", quote(&written.keys())), "leave one of them out");
            continue;
        }
        entries.extend(entry(name, &written, arg, serve, &mut findings));
    }
    if findings.is_empty() { Ok(entries) } else { Err(findings.into_problems()) }
}

fn unknown(written: &Written, serve: &Command, findings: &mut Findings) {
    let flag = written.flag();
    let known: Vec<&str> = serve.get_arguments().filter(|arg| is_key(arg)).filter_map(Arg::get_long).collect();
    let keys = quote(&written.keys());
    if NOT_IN_A_FILE.contains(&flag.as_str()) {
        findings.add(written.key, format!("{keys} cannot stand in a file"), format!("write --{flag} behind 'steelthread serve'"));
        return;
    }
    let below: Vec<String> = known.iter().filter_map(|it| it.strip_prefix(&format!("{flag}-"))).map(as_key).collect();
    let instead = match nearest(&flag, &known) {
        Some(near) => format!("write {}", quote(&as_written(near, &written.path))),
        None if !below.is_empty() => format!("write below it: {}", below.join(", ")),
        None => "a key is a flag of 'steelthread serve --help' without its dashes, such as `otlp_grpc`".into(),
    };
    findings.add(written.key, format!("{keys} is no key of a configuration"), instead);
}

/// `otlp-grpc` as it is written in a file.
pub(super) fn as_key(flag: &str) -> String {
    flag.replace('-', "_")
}

/// The key in place of the wrong one: within the same mapping if that is right, else the whole of it.
fn as_written(flag: &str, path: &[String]) -> String {
    let outer = path.iter().rev().skip(1).rev().map(|word| format!("{}-", word.replace('_', "-"))).collect::<String>();
    as_key(flag.strip_prefix(&outer).filter(|rest| !rest.is_empty()).unwrap_or(flag))
}

fn entry(name: &str, written: &Written, arg: &Arg, serve: &Command, findings: &mut Findings) -> Option<Entry> {
    let is_switch = !arg.get_action().takes_values();
    let keys = quote(&written.keys());
    if written.is_list && !may_repeat(arg) {
        findings.add(written.value, format!("{keys} is a list"), "write one value, without `-` and `[]`");
        return None;
    }
    let mut values = Vec::new();
    for (place, text) in &written.values {
        let checked = if is_switch { switch(text) } else { accepted(text, arg, serve) };
        match checked {
            Ok(text) => values.push(text),
            Err((wrong, instead)) => findings.add(*place, format!("{keys}{wrong}"), instead),
        }
    }
    if values.len() < written.values.len() || values.is_empty() {
        return None;
    }
    let at = findings.at(written.value);
    Some(Entry {
        id: arg.get_id().to_string(),
        flag: arg.get_long().unwrap_or_default().to_owned(),
        line: format!("{name}:{}", written.value.line),
        place: at,
        values,
        is_switch,
    })
}

fn may_repeat(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append) || arg.get_num_args().is_some_and(|many: ValueRange| many.max_values() > 1)
}

type Wrong = (String, String);

fn switch(text: &str) -> Result<String, Wrong> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok("true".into()),
        "false" | "no" | "off" | "0" => Ok("false".into()),
        _ => Err((" is a switch".into(), "write true or false".into())),
    }
}

/// Asks the parser of the flag, and nothing else of it: neither what else must be given, nor the environment.
fn accepted(text: &str, arg: &Arg, serve: &Command) -> Result<String, Wrong> {
    let alone = serve.clone().no_binary_name(true).mut_args(|arg| arg.required(false).env(None::<&'static str>));
    let word = format!("--{}={text}", arg.get_long().unwrap_or_default());
    match alone.try_get_matches_from([word]) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => match error.kind() {
            ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict => Ok(text.to_owned()),
            _ => Err(refused(&error, text, arg)),
        },
    }
}

/// The parser's own words, without the value: the place says enough.
fn refused(error: &Error, text: &str, arg: &Arg) -> Wrong {
    let why = std::error::Error::source(error).map(|source| format!(" ({})", without(&source.to_string(), text)));
    (format!(" cannot be this{}", why.unwrap_or_default()), instead(error, arg))
}

/// What the parser of a flag would take.
pub(super) fn instead(error: &Error, arg: &Arg) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => format!("write one of: {}", values.join(", ")),
        _ => format!("write {} as for --{}", placeholder(arg), arg.get_long().unwrap_or_default()),
    }
}

fn placeholder(arg: &Arg) -> String {
    arg.get_value_names().and_then(|names| names.first()).map_or_else(|| "a value".into(), |name| format!("a {name}"))
}

/// A sentence without the value that it is about. Short ones only where they are quoted: `5` also stands in `15m`.
pub(super) fn without(told: &str, value: &str) -> String {
    const LONG: usize = 6;
    // An address is no secret, and a sentence about one is better with it.
    if value.is_empty() || value.parse::<SocketAddr>().is_ok() {
        return told.to_owned();
    }
    let quoted =
        ["'", "`", "\""].iter().fold(told.to_owned(), |told, mark| told.replace(&format!("{mark}{value}{mark}"), "this"));
    if value.len() < LONG { quoted } else { quoted.replace(value, "…") }
}
