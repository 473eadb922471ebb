//! Hops and objectives as written.

use super::compiled::{Expect, Field, HopRule, Objective, ObjectiveKind};
use super::fields::{Fields, TRUTHS};
use super::matcher::{Matcher, matchers};
use super::predicate::Predicate;
use super::problems::Findings;
use super::rules::Kinds;
use super::values::{self, Window};
use super::written::{self, Id};
use super::yaml::Node;

/// A hop as written.
#[derive(Debug)]
pub struct WrittenHop {
    /// Its id.
    pub id: Id,
    /// What needs no compiling.
    pub resolved: HopRule,
    /// Any of these makes a span one of this hop.
    pub matchers: Vec<Matcher>,
    /// Ids of its objectives.
    pub objectives: Vec<Id>,
}

const KEYS: [&str; 9] = ["id", "external", "match", "supplier", "failure_domain", "expect", "called_by", "async", "objectives"];

const EXPECT: &[(&str, Expect)] = &[("always", Expect::Always), ("usually", Expect::Usually), ("optional", Expect::Optional)];

const ASYNC: &[(&str, bool)] = &[("required", true), ("ignored", false)];

/// Reads a hop.
pub fn read(node: &Node, findings: &mut Findings) -> WrittenHop {
    let mut hop = WrittenHop {
        id: Id { text: String::new(), place: node.place },
        resolved: HopRule {
            id: String::new(),
            external: false,
            supplier: None,
            failure_domain: None,
            expect: Expect::default(),
            called_by: Vec::new(),
            async_required: false,
            objectives: Vec::new(),
            literal_service: None,
        },
        matchers: Vec::new(),
        objectives: Vec::new(),
    };
    let Some(fields) = Fields::new(node, "a hop", &KEYS, findings) else { return hop };
    hop.id = written::id(&fields, findings);
    let matched = fields.need("match", "write what its spans are known by, `match: {service: …}`", findings);
    hop.matchers = matched.map(|node| matchers(node, "match", findings)).unwrap_or_default();
    check_kinds(&hop.matchers, findings);
    let (ids, objectives) = objectives(&fields, findings);
    hop.objectives = ids;
    hop.resolved = HopRule {
        id: hop.id.text.clone(),
        external: fields.word("external", TRUTHS, findings).unwrap_or_default(),
        supplier: fields.text("supplier", findings),
        failure_domain: fields.text("failure_domain", findings),
        expect: fields.word("expect", EXPECT, findings).unwrap_or_default(),
        called_by: fields.texts("called_by", "[booking]", findings).unwrap_or_default(),
        async_required: fields.word("async", ASYNC, findings).unwrap_or_default(),
        objectives,
        literal_service: literal_service(&hop.matchers),
    };
    hop
}

/// A peer is what the asking side names; a span of another kind never meets it (spec 2.2, H1).
fn check_kinds(matchers: &[Matcher], findings: &mut Findings) {
    for matcher in matchers.iter().filter(|matcher| matcher.whole && matcher.hop_kinds().is_empty()) {
        let instead = "leave `kind` out, or write `client` or `producer`";
        findings.add(matcher.place, "this matcher never holds: `peer` is tried on client and producer spans only", instead);
    }
}

/// The predicates on the hop's own service. Where the asking side is matched, `service` is that of the caller.
pub fn own_services(matchers: &[Matcher]) -> impl Iterator<Item = &Predicate> {
    let own = matchers.iter().filter(|matcher| !matcher.hop_kinds().and(Kinds::WORKING).is_empty());
    own.filter_map(|matcher| matcher.field(Field::Service)).flatten()
}

fn literal_service(matchers: &[Matcher]) -> Option<String> {
    let mut services = own_services(matchers);
    match (services.next(), services.next()) {
        (Some(Predicate::Literal(text)), None) => Some(text.clone()),
        _ => None,
    }
}

/// Reads the `objectives` of a capability or hop.
pub fn objectives(fields: &Fields<'_>, findings: &mut Findings) -> (Vec<Id>, Vec<Objective>) {
    let nodes = fields.list("objectives", "[{id: available, target: 99.9%}]", findings);
    let read = nodes.iter().map(|node| objective(node, findings));
    let (ids, objectives): (Vec<_>, Vec<_>) = read.unzip();
    (ids, objectives.into_iter().flatten().collect())
}

fn objective(node: &Node, findings: &mut Findings) -> (Id, Option<Objective>) {
    let nothing = Id { text: String::new(), place: node.place };
    let Some(fields) = Fields::new(node, "an objective", &["id", "target", "under", "window"], findings) else {
        return (nothing, None);
    };
    let id = written::id(&fields, findings);
    let target = fields.need("target", "write what is promised, such as `target: 99.9%`", findings);
    let target = target.and_then(|node| values::target(node, findings));
    let under = fields.get("under").map(|node| values::duration(node, "under", findings));
    let window = fields.get("window").and_then(|node| values::window(node, findings));
    let (window_ns, calendar) = match window {
        Some(Window::Rolling(length_ns)) => (Some(length_ns), None),
        Some(Window::Calendar(calendar)) => (None, Some(calendar)),
        None => (None, None),
    };
    let kind = match under {
        Some(limit) => limit.map(|under_ns| ObjectiveKind::Latency { under_ns }),
        None => Some(ObjectiveKind::Availability),
    };
    let objective = match (target, kind) {
        (Some(target), Some(kind)) => Some(Objective { id: id.text.clone(), target, kind, window_ns, calendar }),
        _ => None,
    };
    (id, objective)
}
