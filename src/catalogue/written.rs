//! The map as it is written: ids with their places, matchers not yet numbered.

use super::change;
use super::compiled::{CallerErrors, Capability, Thread, ValueRule};
use super::fields::{Fields, kind_of, text};
use super::hop::{self, WrittenHop};
use super::maintenance;
use super::matcher::{Matcher, matchers};
use super::problems::{Findings, Place, quote};
use super::values;
use super::yaml::{Body, Node};
use rust_decimal::Decimal;

/// An id and where it stands. The text is empty if there is none, which is reported already.
#[derive(Debug, Clone, Default)]
pub struct Id {
    /// `[a-z0-9-]`.
    pub text: String,
    /// Of the id, or of what has none.
    pub place: Place,
}

/// A thread as written.
#[derive(Debug)]
pub struct WrittenThread {
    /// Its id.
    pub id: Id,
    /// Any of these makes a span an entry.
    pub entry: Vec<Matcher>,
}

/// A capability as written.
#[derive(Debug)]
pub struct WrittenCapability {
    /// Its id.
    pub id: Id,
    /// A number for all that is written of it.
    pub digest: u64,
    /// What needs no compiling.
    pub resolved: Capability,
    /// In map order.
    pub threads: Vec<WrittenThread>,
    /// In map order.
    pub hops: Vec<WrittenHop>,
    /// Ids of its objectives.
    pub objectives: Vec<Id>,
    /// `outcome.failed_when`.
    pub failed_when: Vec<Matcher>,
    /// `outcome.ignored_when`.
    pub ignored_when: Vec<Matcher>,
}

const API_VERSION: &str = "steelthread/v1";
const KIND: &str = "CapabilityMap";

/// Reads the whole map. What is wrong is reported, and the rest is returned as well as it could be read.
pub fn map(node: &Node, findings: &mut Findings) -> Vec<WrittenCapability> {
    let Some(fields) = Fields::new(node, "the map", &["apiVersion", "kind", "capabilities", "maintenance"], findings) else {
        return Vec::new();
    };
    fixed(&fields, "apiVersion", API_VERSION, findings);
    fixed(&fields, "kind", KIND, findings);
    if fields.need("capabilities", "write a list of capabilities under `capabilities`", findings).is_none() {
        return Vec::new();
    }
    let list = fields.list("capabilities", "[{id: …, threads: […]}]", findings);
    let mut capabilities: Vec<_> = list.iter().map(|node| capability(node, findings)).collect();
    maintenance::read(&fields, &mut capabilities, findings);
    capabilities
}

fn fixed(fields: &Fields<'_>, key: &str, only: &str, findings: &mut Findings) {
    let instead = format!("write {}", quote(&format!("{key}: {only}")));
    let Some(node) = fields.need(key, &instead, findings) else { return };
    match &node.body {
        Body::Text(text) if text == only => {}
        Body::Text(text) => findings.add(node.place, format!("{} {} is not known", quote(key), quote(text)), instead),
        _ => findings.add(node.place, format!("{} under {}", kind_of(node), quote(key)), instead),
    }
}

/// Reads the id of `what`; checks its letters.
pub fn id(fields: &Fields<'_>, findings: &mut Findings) -> Id {
    let missing = Id { text: String::new(), place: fields.place };
    let Some(node) = fields.need("id", "write `id:` and a name of small letters, digits and `-`", findings) else {
        return missing;
    };
    let Some(found) = text(node, "id", findings) else { return missing };
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !found.bytes().all(good) {
        let fixed: String =
            found.to_lowercase().chars().map(|one| if one.is_ascii() && good(one as u8) { one } else { '-' }).collect();
        let wrong = format!("id {} holds other than small letters, digits and `-`", quote(found));
        findings.add(node.place, wrong, format!("write {}", quote(&fixed)));
    }
    Id { text: found.to_owned(), place: node.place }
}

const CALLER_ERRORS: &[(&str, CallerErrors)] =
    &[("reject", CallerErrors::Reject), ("fail", CallerErrors::Fail), ("ok", CallerErrors::Ok)];

const KEYS: [&str; 10] = ["id", "title", "owner", "customer", "audience", "value", "threads", "outcome", "hops", "objectives"];

fn capability(node: &Node, findings: &mut Findings) -> WrittenCapability {
    let mut written = WrittenCapability::nothing(node.place);
    let Some(fields) = Fields::new(node, "a capability", &KEYS, findings) else { return written };
    written.digest = change::digest(node);
    written.id = id(&fields, findings);
    written.threads =
        fields.list("threads", "[{id: web, entry: {…}}]", findings).iter().map(|node| thread(node, findings)).collect();
    written.hops = fields.list("hops", "[{id: …, match: {…}}]", findings).iter().map(|node| hop::read(node, findings)).collect();
    let (ids, objectives) = hop::objectives(&fields, findings);
    written.objectives = ids;
    let resolved = &mut written.resolved;
    resolved.id.clone_from(&written.id.text);
    resolved.title = fields.text("title", findings).unwrap_or_else(|| written.id.text.clone());
    resolved.owner = fields.text("owner", findings);
    resolved.customer = fields.text("customer", findings);
    resolved.audience = fields.texts("audience", "[booking]", findings);
    resolved.value = fields.get("value").and_then(|node| value(node, findings));
    resolved.threads = written.threads.iter().map(|thread| Thread { id: thread.id.text.clone() }).collect();
    resolved.objectives = objectives;
    if let Some(node) = fields.get("outcome") {
        outcome(node, &mut written, findings);
    }
    written
}

impl WrittenCapability {
    fn nothing(place: Place) -> Self {
        Self {
            id: Id { text: String::new(), place },
            digest: 0,
            resolved: Capability::default(),
            threads: Vec::new(),
            hops: Vec::new(),
            objectives: Vec::new(),
            failed_when: Vec::new(),
            ignored_when: Vec::new(),
        }
    }
}

fn thread(node: &Node, findings: &mut Findings) -> WrittenThread {
    let nothing = WrittenThread { id: Id { text: String::new(), place: node.place }, entry: Vec::new() };
    let Some(fields) = Fields::new(node, "a thread", &["id", "entry"], findings) else { return nothing };
    let id = id(&fields, findings);
    let entry = fields.need("entry", "write the matcher of its entry span, `entry: {service: …}`", findings);
    WrittenThread { id, entry: entry.map(|node| matchers(node, "entry", findings)).unwrap_or_default() }
}

fn outcome(node: &Node, written: &mut WrittenCapability, findings: &mut Findings) {
    let known = ["failed_when", "ignored_when", "caller_errors"];
    let Some(fields) = Fields::new(node, "an outcome", &known, findings) else { return };
    let mut list = |key| fields.get(key).map(|node| matchers(node, key, findings)).unwrap_or_default();
    written.failed_when = list("failed_when");
    written.ignored_when = list("ignored_when");
    written.resolved.caller_errors = fields.word("caller_errors", CALLER_ERRORS, findings).unwrap_or_default();
}

fn value(node: &Node, findings: &mut Findings) -> Option<ValueRule> {
    let known = ["per_execution", "currency", "from_attribute", "recovered_share"];
    let fields = Fields::new(node, "a value", &known, findings)?;
    let per_execution = fields.get("per_execution").and_then(|node| values::amount(node, findings));
    let from_attribute = fields.text("from_attribute", findings);
    if fields.get("per_execution").is_none() && fields.get("from_attribute").is_none() {
        let instead = "write `per_execution: \"41.50\"`, or `from_attribute:` and an attribute's key";
        findings.add(node.place, "a value without an amount", instead);
    }
    let currency = fields.need("currency", "write a code of ISO 4217, such as `currency: EUR`", findings);
    let currency = currency.and_then(|node| values::currency(node, findings));
    let recovered_share = fields.get("recovered_share").and_then(|node| values::share(node, "recovered_share", findings));
    Some(ValueRule {
        per_execution,
        currency: currency?,
        from_attribute,
        recovered_share: recovered_share.unwrap_or(Decimal::ZERO),
    })
}
