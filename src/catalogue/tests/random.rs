//! Properties: the fast way equals the plain way, and no text makes a panic.

use super::super::parse;
use super::super::predicate::Predicate;
use super::*;
use proptest::prelude::*;
use regex::Regex;
use std::fmt::Write as _;

/// A test on one text, as written and as the specification explains it.
#[derive(Debug, Clone)]
enum Plain {
    Text(&'static str),
    Any(Vec<&'static str>),
    Regex(&'static str),
    Exists(bool),
    Over(i64),
}

impl Plain {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Any(texts) => format!("['{}']", texts.join("', '")),
            Self::Regex(text) => format!("{{regex: '{text}'}}"),
            Self::Exists(there) => format!("{{exists: {there}}}"),
            Self::Over(number) => format!("{{gt: {number}}}"),
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return matches!(self, Self::Exists(false)) };
        match self {
            Self::Text(text) => meets_glob(text, value),
            Self::Any(texts) => texts.iter().any(|text| meets_glob(text, value)),
            Self::Regex("^b") => value.starts_with('b'),
            Self::Regex("^$") => value.is_empty(),
            Self::Regex(text) => value.contains(text),
            Self::Exists(there) => *there,
            Self::Over(number) => value.parse::<f64>().is_ok_and(|value| value > *number as f64),
        }
    }
}

/// A glob by trying all that a `*` may take.
fn meets_glob(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).filter_map(|at| text.get(at..)).any(|rest| meets_glob(&pattern[1..], rest)),
        Some(first) => {
            rest.next().is_some_and(|one| first == '?' || one == first) && meets_glob(&pattern[first.len_utf8()..], rest.as_str())
        }
    }
}

/// A glob as the regular expression that it stands for.
fn glob(pattern: &str) -> Regex {
    let inner = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    Regex::new(&format!(r"(?s)\A{inner}\z")).unwrap()
}

const TEXTS: [&str; 9] = ["a", "b", "ab", "5", "a*", "*b", "?", "*", "a?b*"];
const VALUES: [&str; 8] = ["a", "b", "ab", "5", "12", "acb", "a\nb", ""];
const KEYS: [&str; 4] = ["service", "attributes.x", "attributes.y", "resource.x"];
const KINDS: [Kind; 5] = [Kind::Internal, Kind::Server, Kind::Client, Kind::Producer, Kind::Consumer];

fn plain() -> impl Strategy<Value = Plain> {
    let text = || prop::sample::select(&TEXTS[..]);
    prop_oneof![
        4 => text().prop_map(Plain::Text),
        2 => prop::collection::vec(text(), 1..4).prop_map(Plain::Any),
        1 => prop::sample::select(vec!["a", "^b", "^$"]).prop_map(Plain::Regex),
        1 => any::<bool>().prop_map(Plain::Exists),
        1 => (0..13i64).prop_map(Plain::Over),
    ]
}

/// Tests by position in [`KEYS`], and a kind.
type Matcher = (Vec<Option<Plain>>, Option<Kind>);

fn matcher() -> impl Strategy<Value = Matcher> {
    let tests = (
        prop::option::of(prop::sample::select(&TEXTS[..]).prop_map(Plain::Text)),
        prop::collection::vec(prop::option::of(plain()), 3),
    );
    let kind = prop::option::of(prop::sample::select(&KINDS[..]));
    (tests, kind).prop_map(|((service, mut others), kind)| {
        others.insert(0, service);
        (others, kind)
    })
}

fn written((tests, kind): &Matcher) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(tests.iter().zip(KEYS).filter_map(|(test, key)| test.as_ref().map(|test| format!("{key}: {}", test.written()))));
    parts.extend(kind.map(|kind| format!("kind: {}", kind.as_str())));
    if parts.is_empty() { "{service: a}".to_owned() } else { format!("{{{}}}", parts.join(", ")) }
}

fn meets((tests, kind): &Matcher, values: &[Option<&str>], seen: Kind) -> bool {
    if tests.iter().all(Option::is_none) && kind.is_none() {
        return values[0] == Some("a");
    }
    let all = tests.iter().zip(values).all(|(test, value)| test.as_ref().is_none_or(|test| test.holds(*value)));
    all && kind.is_none_or(|kind| kind == seen)
}

fn seen<'a>(values: &[Option<&'a str>]) -> Seen<'a> {
    let mut seen = Seen::of(values[0].unwrap_or_default());
    for (key, value) in ["x", "y"].into_iter().zip(&values[1..3]) {
        if let Some(value) = value {
            seen = seen.text(key, value);
        }
    }
    match values[3] {
        Some(value) => seen.resource("x", value),
        None => seen,
    }
}

fn values() -> impl Strategy<Value = Vec<Option<&'static str>>> {
    let value = || prop::sample::select(&VALUES[..]);
    (value(), prop::collection::vec(prop::option::of(value()), 3)).prop_map(|(service, mut others)| {
        others.insert(0, Some(service));
        others
    })
}

/// `failed_when` and `ignored_when` of a capability.
type Outcome = (Vec<Matcher>, Vec<Matcher>);

fn map_of(rules: &[Outcome]) -> String {
    let mut text = String::from("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n");
    let list = |matchers: &[Matcher]| matchers.iter().map(written).collect::<Vec<_>>().join(", ");
    for (number, (failed, ignored)) in rules.iter().enumerate() {
        let _ = writeln!(
            text,
            "- id: c{number}\n  outcome:\n    failed_when: [{}]\n    ignored_when: [{}]",
            list(failed),
            list(ignored)
        );
    }
    text
}

/// A map of one capability with these matchers as threads or hops.
fn in_turn(matchers: &[Matcher], key: &str, inner: &str) -> String {
    let mut text = format!("{key}:\n");
    for (number, matcher) in matchers.iter().enumerate() {
        let _ = writeln!(text, "- {{id: n{number}, {inner}: {}}}", written(matcher));
    }
    capability(text.trim_end())
}

/// H1 for a matcher without peer.
fn hop_meets(matcher: &Matcher, values: &[Option<&str>], kind: Kind) -> bool {
    meets(matcher, values, kind) && (matcher.1.is_some() || !kind.asks())
}

/// Numbers in the lines that call a rule unreachable or shared, and whether other problems are told.
fn hidden(lines: &[String]) -> Vec<usize> {
    let number = |line: &String| {
        let rest = line.split_once("unreachable").or_else(|| line.split_once("the entry of"))?.1;
        rest.split_once("`n")?.1.split_once('`')?.0.parse().ok()
    };
    lines.iter().map(|line| number(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

proptest! {
    #[test]
    fn rules_found_by_a_fact_are_the_rules_that_hold(
        rules in prop::collection::vec((prop::collection::vec(matcher(), 1..4), prop::collection::vec(matcher(), 1..3)), 1..6),
        spans in prop::collection::vec((values(), prop::sample::select(&KINDS[..])), 1..12),
    ) {
        let map = read(&map_of(&rules));
        for (values, kind) in &spans {
            let tags = seen(values).tags(&map, *kind);
            let any = |matchers: &[Matcher]| matchers.iter().any(|matcher| meets(matcher, values, *kind));
            let numbers = |which: fn(&Outcome) -> &Vec<Matcher>| -> Vec<u32> {
                (0..rules.len()).filter(|at| any(which(&rules[*at]))).map(|at| at as u32).collect()
            };
            prop_assert_eq!(&*tags.failed, numbers(|rule| &rule.0));
            prop_assert_eq!(&*tags.ignored, numbers(|rule| &rule.1));
        }
    }

    #[test]
    fn the_first_that_holds_wins_and_what_is_called_unreachable_is(
        matchers in prop::collection::vec(matcher(), 1..5),
        spans in prop::collection::vec((values(), prop::sample::select(&KINDS[..])), 1..40),
    ) {
        type Holds = fn(&Matcher, &[Option<&str>], Kind) -> bool;
        for (key, inner, holds) in [("threads", "entry", meets as Holds), ("hops", "match", hop_meets as Holds)] {
            let first = |values: &[Option<&str>], kind| matchers.iter().position(|matcher| holds(matcher, values, kind));
            match parse("map.yaml", &in_turn(&matchers, key, inner)) {
                Ok(map) => for (values, kind) in &spans {
                    let seen = seen(values);
                    let found = match key {
                        "hops" => map.hop_of(0, &seen.shape(&map, *kind)),
                        _ => seen.tags(&map, *kind).entries.first().and_then(|(_, thread)| *thread).map(|at| at as usize),
                    };
                    prop_assert_eq!(found, first(values, *kind));
                },
                Err(problems) => for number in hidden(&problems.0) {
                    for (values, kind) in &spans {
                        prop_assert_ne!(first(values, *kind), Some(number), "{}", problems);
                    }
                },
            }
        }
    }

    #[test]
    fn a_glob_is_the_expression_that_it_stands_for(pattern in "[ab*?{\\n]{0,6}", text in "[ab{\\né]{0,8}") {
        let expected = glob(&pattern).is_match(&text);
        prop_assert_eq!(Predicate::of_text(&pattern).meets(&text), expected);
        prop_assert_eq!(meets_glob(&pattern, &text), expected);
    }

    #[test]
    fn a_glob_that_covers_another_holds_wherever_that_one_holds(
        wide in "[ab*?]{0,5}", narrow in "[ab*?]{0,5}", text in "[ab]{0,6}",
    ) {
        let (wide, narrow) = (Predicate::of_text(&wide), Predicate::of_text(&narrow));
        if wide.covers(&narrow) && narrow.meets(&text) {
            prop_assert!(wide.meets(&text));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_places(text in "\\PC*|[a-z:\\[\\]{}&*!|>'\"%@\\-?, \\n\\t#.]{0,80}") {
        check(&text)?;
    }

    #[test]
    fn a_right_map_that_was_changed_is_read_or_refused_with_places(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..40usize, prop::sample::select(SNIPPETS)), 1..6),
    ) {
        let mut text: Vec<char> = include_str!("../../../tests/maps/book-flight.yaml").chars().collect();
        for (at, cut, put) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }
}

const SNIPPETS: &[&str] = &[
    "",
    "\n",
    " ",
    "[]",
    "{}",
    "*",
    "?",
    ": ",
    "- ",
    "[",
    "}",
    "'",
    "\"",
    "&a ",
    "*a",
    "<<: *a\n",
    "null",
    "{exists: false}",
    "{gt: 1}",
    "id: a",
    "-1",
    "99999999999999999999999999999999%",
    "1e400",
    "\u{feff}",
    "é",
    "\t",
    "# ",
    "---\n",
    "!!int ",
    "|\n",
    "{regex: '('}",
    "0.0000000000000000000000000000001",
];

fn check(text: &str) -> Result<(), TestCaseError> {
    if let Err(problems) = parse("map.yaml", text) {
        prop_assert!(!problems.0.is_empty());
        let mut last = (0, 0);
        for line in &problems.0 {
            let mut parts = line.splitn(4, ':');
            prop_assert_eq!(parts.next(), Some("map.yaml"));
            let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).unwrap_or_default();
            let place = (number(), number());
            prop_assert!(place.0 > 0 && place.1 > 0 && place >= last, "{}", problems);
            prop_assert!(line.contains("; ") && !line.contains('\n'), "{}", line);
            last = place;
        }
    }
    Ok(())
}
