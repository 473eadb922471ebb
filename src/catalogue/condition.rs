//! The right side of a test in a matcher: text, list, `{regex: …}`, `{exists: …}`, `{gt: …, lt: …}`.

use super::compiled::Field;
use super::facts::Subject;
use super::fields::{TRUTHS, kind_of, mapping, scalar, word};
use super::predicate::{Bound, Pattern, Predicate, number};
use super::problems::{Findings, Place, quote};
use super::yaml::{Body, Node};

/// The predicates of one key: one, or a list of which any may hold.
pub fn predicates(node: &Node, key: &str, subject: &Subject, findings: &mut Findings) -> Option<Vec<Predicate>> {
    let nodes = match &node.body {
        Body::List(nodes) if nodes.is_empty() => {
            findings.add(
                node.place,
                format!("empty list under {}", quote(key)),
                "write at least one value, or leave the key out",
            );
            return None;
        }
        Body::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let found: Vec<Option<Predicate>> = nodes.iter().map(|node| predicate(node, key, subject, findings)).collect();
    found.into_iter().collect()
}

fn predicate(node: &Node, key: &str, subject: &Subject, findings: &mut Findings) -> Option<Predicate> {
    match &node.body {
        Body::Map(_) => special(node, key, subject, findings),
        Body::Text(text) if text.is_empty() && !matches!(subject, Subject::Attribute(..)) => {
            findings.add(node.place, format!("empty text under {}", quote(key)), "write a text, or `{exists: false}`");
            None
        }
        Body::Text(text) => Some(Predicate::of_text(text)),
        Body::Null => {
            findings.add(
                node.place,
                format!("nothing under {}", quote(key)),
                "write a value, or `{exists: false}` where there must be none",
            );
            None
        }
        Body::List(_) => {
            let wrong = format!("{} inside a list under {}", kind_of(node), quote(key));
            findings.add(node.place, wrong, "write the values in one list");
            None
        }
    }
}

const SPECIAL: &str = "write `{regex: …}`, `{exists: true}`, `{exists: false}` or `{gt: …, lt: …}`";

fn special(node: &Node, key: &str, subject: &Subject, findings: &mut Findings) -> Option<Predicate> {
    let entries = match &node.body {
        Body::Map(entries) if entries.is_empty() => {
            findings.add(node.place, format!("empty test under {}", quote(key)), SPECIAL);
            return None;
        }
        _ => mapping(node, "a test", findings)?,
    };
    let mut all_known = true;
    for (word, place, _) in &entries {
        if !["regex", "exists", "gt", "lt"].contains(word) {
            findings.add(*place, format!("unknown test {} under {}", quote(word), quote(key)), SPECIAL);
            all_known = false;
        }
    }
    if !all_known {
        return None;
    }
    match entries.as_slice() {
        [("regex", _, value)] => regex(value, findings),
        [("exists", _, value)] => exists(value, subject, findings),
        range if range.iter().all(|(word, ..)| matches!(*word, "gt" | "lt")) => between(node, range, findings),
        _ => {
            findings.add(node.place, format!("several tests in one mapping under {}", quote(key)), SPECIAL);
            None
        }
    }
}

fn regex(node: &Node, findings: &mut Findings) -> Option<Predicate> {
    let text = scalar(node, "regex", findings)?;
    match Pattern::new(text) {
        Ok(pattern) => Some(Predicate::Regex(pattern)),
        Err(why) => {
            let wrong = format!("regular expression {} does not compile: {why}", quote(text));
            findings.add(node.place, wrong, "write one in the syntax of the Rust crate `regex`");
            None
        }
    }
}

fn exists(node: &Node, subject: &Subject, findings: &mut Findings) -> Option<Predicate> {
    let there = word(node, "exists", TRUTHS, findings)?;
    match subject {
        _ if there => Some(Predicate::Present),
        Subject::Field(Field::Service) => {
            findings.add(node.place, "a span always has a service", "write `unknown_service` for spans without `service.name`");
            None
        }
        Subject::Field(Field::Name) => {
            findings.add(node.place, "a span always has a name", "leave the test out");
            None
        }
        _ => Some(Predicate::Absent),
    }
}

fn between(node: &Node, entries: &[(&str, Place, &Node)], findings: &mut Findings) -> Option<Predicate> {
    let mut bound = |wanted: &str| match entries.iter().find(|(word, ..)| *word == wanted) {
        Some((word, _, value)) => limit(value, word, findings).map(Some),
        None => Some(None),
    };
    let (over, under) = (bound("gt"), bound("lt"));
    let (over, under) = (over?, under?);
    if let (Some(low), Some(high)) = (over, under)
        && low >= high
    {
        findings.add(node.place, format!("no number is over {low} and under {high}"), "write `gt` smaller than `lt`");
        return None;
    }
    Some(Predicate::Between(Bound(over), Bound(under)))
}

fn limit(node: &Node, word: &str, findings: &mut Findings) -> Option<f64> {
    let text = scalar(node, word, findings)?;
    let found = number(text);
    if found.is_none() {
        findings.add(node.place, format!("{} under {} is no number", quote(text), quote(word)), "write a number, such as `500`");
    }
    found
}
