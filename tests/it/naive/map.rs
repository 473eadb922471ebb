//! A capability map, its matchers run on each span anew, and the same map as YAML for the real catalogue.

use super::span::{Kind, Span};
use std::fmt::Write;

#[derive(Debug, Clone, Default)]
pub struct Matcher {
    pub service: Option<&'static str>,
    pub name: Option<&'static str>,
    pub peer: Option<&'static str>,
    pub kind: Option<Kind>,
    pub attribute: Option<(&'static str, &'static str)>,
}

#[derive(Debug, Clone, Default)]
pub struct HopRule {
    pub id: &'static str,
    pub external: bool,
    pub matcher: Matcher,
    pub always: bool,
    pub called_by: Vec<&'static str>,
    pub required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerErrors {
    Reject,
    Fail,
    Ok,
}

#[derive(Debug, Clone)]
pub struct Capability {
    pub id: &'static str,
    pub entries: Vec<Matcher>,
    pub failed_when: Vec<Matcher>,
    pub ignored_when: Vec<Matcher>,
    pub caller_errors: CallerErrors,
    pub hops: Vec<HopRule>,
    /// Milliseconds.
    pub under: Vec<u64>,
}

#[derive(Debug, Clone)]
pub struct Map {
    pub capabilities: Vec<Capability>,
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.first() {
        None => text.is_empty(),
        Some(b'*') => (0..=text.len()).any(|skipped| glob(&pattern[1..], &text[skipped..])),
        Some(byte) => text.first().is_some_and(|one| one == byte || *byte == b'?') && glob(&pattern[1..], &text[1..]),
    }
}

pub fn meets(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

impl Matcher {
    pub fn holds(&self, span: &Span) -> bool {
        self.service.is_none_or(|want| meets(want, &span.service))
            && self.name.is_none_or(|want| meets(want, &span.name))
            && self.kind.is_none_or(|want| want == span.kind)
            && self.peer.is_none_or(|want| span.peers().iter().any(|peer| meets(want, peer)))
            && self.attribute.is_none_or(|(key, want)| span.attribute(key).is_some_and(|value| meets(want, value)))
    }

    /// It is about the asking side: it names the caller's service.
    pub fn asks(&self) -> bool {
        self.peer.is_some() || matches!(self.kind, Some(Kind::Client | Kind::Producer))
    }

    /// H1: on which kinds it is tried.
    pub fn holds_as_hop(&self, span: &Span) -> bool {
        span.asks() == self.asks() && self.holds(span)
    }

    fn yaml(&self) -> String {
        let mut parts = Vec::new();
        let kind = self.kind.map(|kind| format!("{kind:?}").to_lowercase());
        for (key, value) in [("service", self.service), ("name", self.name), ("peer", self.peer), ("kind", kind.as_deref())] {
            parts.extend(value.map(|value| format!("{key}: \"{value}\"")));
        }
        parts.extend(self.attribute.map(|(key, value)| format!("attributes: {{{key}: \"{value}\"}}")));
        format!("{{{}}}", parts.join(", "))
    }
}

fn list(matchers: &[Matcher]) -> String {
    format!("[{}]", matchers.iter().map(Matcher::yaml).collect::<Vec<_>>().join(", "))
}

impl Capability {
    fn yaml(&self, out: &mut String) {
        writeln!(out, "  - id: {}", self.id).unwrap();
        writeln!(out, "    threads:").unwrap();
        for (at, entry) in self.entries.iter().enumerate() {
            writeln!(out, "      - {{id: t{at}, entry: {}}}", entry.yaml()).unwrap();
        }
        let word = format!("{:?}", self.caller_errors).to_lowercase();
        writeln!(out, "    outcome:\n      caller_errors: {word}").unwrap();
        for (key, matchers) in [("failed_when", &self.failed_when), ("ignored_when", &self.ignored_when)] {
            if !matchers.is_empty() {
                writeln!(out, "      {key}: {}", list(matchers)).unwrap();
            }
        }
        if !self.hops.is_empty() {
            writeln!(out, "    hops:").unwrap();
        }
        for hop in &self.hops {
            write!(out, "      - {{id: {}, match: {}", hop.id, hop.matcher.yaml()).unwrap();
            let flags =
                [(hop.external, ", external: true"), (hop.always, ", expect: always"), (hop.required, ", async: required")];
            flags.iter().filter(|(on, _)| *on).for_each(|(_, text)| out.push_str(text));
            if !hop.called_by.is_empty() {
                let quoted: Vec<String> = hop.called_by.iter().map(|name| format!("\"{name}\"")).collect();
                write!(out, ", called_by: [{}]", quoted.join(", ")).unwrap();
            }
            out.push_str("}\n");
        }
        if !self.under.is_empty() {
            writeln!(out, "    objectives:").unwrap();
        }
        for (at, under) in self.under.iter().enumerate() {
            writeln!(out, "      - {{id: fast{at}, target: 99%, under: {under}ms}}").unwrap();
        }
    }
}

impl Map {
    pub fn yaml(&self) -> String {
        let mut out = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n".to_owned();
        for capability in &self.capabilities {
            capability.yaml(&mut out);
        }
        out
    }
}
