//! From OpenSLO to the draft of a map.

use super::document::{self, Document, Kind, id};
use super::draft::{Draft, DraftObjective};
use super::indicator::{self, Whose};
use super::{HOP, OBJECTIVE, UNDER, window};
use crate::catalogue::Problems;
use crate::catalogue::document::{Body, Fields, Findings, Node, Place, decimal, duration, quote, read_all, text};
use crate::exchange::Carried;
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// The draft of a map from documents of OpenSLO v1, and what of them it does not say. `file` is the name that places are told under.
///
/// # Errors
/// The text is not OpenSLO v1: all problems at once.
pub fn import(file: &str, text: &str) -> Result<Carried, Problems> {
    let (mut problems, lost) = (Findings::new(file), Findings::new(file));
    let nodes = read_all(text, &mut problems).unwrap_or_default();
    let documents: Vec<Document<'_>> =
        nodes.iter().filter(|node| node.body != Body::Null).filter_map(|node| document::read(node, &mut problems)).collect();
    let mut reader = Reader { draft: Draft::default(), indicators: HashMap::new(), used: HashSet::new(), problems, lost };
    reader.all(&documents);
    let Reader { draft, mut problems, lost, .. } = reader;
    if draft.is_empty() && problems.is_empty() {
        problems.add(
            Place { line: 1, column: 1 },
            "neither a service nor an SLO",
            "write documents of OpenSLO v1, parted by `---`",
        );
    }
    if !problems.is_empty() {
        return Err(problems.into_problems());
    }
    Ok(Carried { text: draft.text(), lost: lost.into_problems().0 })
}

struct Reader<'a> {
    draft: Draft,
    /// SLIs by name.
    indicators: HashMap<&'a str, &'a Document<'a>>,
    /// Names of those that an SLO names.
    used: HashSet<&'a str>,
    problems: Findings,
    lost: Findings,
}

impl<'a> Reader<'a> {
    fn all(&mut self, documents: &'a [Document<'a>]) {
        let mut services: HashMap<&str, Place> = HashMap::new();
        for one in documents {
            match one.kind {
                Kind::Service => {
                    if let Some(first) = services.insert(&one.name, one.name_place) {
                        self.twice("service", one, first);
                    }
                    self.service(one);
                }
                Kind::Sli => {
                    if let Some(first) = self.indicators.insert(&one.name, one) {
                        self.twice("SLI", one, first.name_place);
                    }
                }
                Kind::Other(kind) => {
                    let wrong = format!("the {kind} {} is not carried over", quote(&one.name));
                    self.lost.add(one.place, wrong, "spans come in and alerts go out by settings of the server");
                }
                Kind::Slo => {}
            }
        }
        for one in documents.iter().filter(|one| one.kind == Kind::Slo) {
            self.slo(one);
        }
        for one in documents.iter().filter(|one| one.kind == Kind::Sli) {
            let told = format!("the SLI {} is not carried over", quote(&one.name));
            if !self.used.contains(one.name.as_str()) {
                self.lost.add(one.place, told, "no SLO names it");
            }
        }
    }

    fn twice(&mut self, what: &str, one: &Document<'_>, first: Place) {
        let wrong = format!("duplicate {what} {}, first at {}", quote(&one.name), self.problems.at(first));
        self.problems.add(one.name_place, wrong, "write another name, or leave one of the two out");
    }

    /// What a document says and the map has no place for.
    fn no_place(&mut self, node: Option<&Node>, key: &str) {
        if let Some(node) = node {
            self.lost.add(node.place, format!("{} is not carried over", quote(key)), "the map has no place for it");
        }
    }

    fn service(&mut self, one: &Document<'_>) {
        let capability = id(&one.name, one.name_place, &mut self.lost);
        let title = one.display_name.and_then(|node| text(node, "displayName", &mut self.problems));
        let title = title.map_or_else(|| one.name.clone(), str::to_owned);
        let capability = self.draft.capability(&capability);
        capability.title = Some(title).filter(|title| *title != capability.id);
        for (key, place, node) in &one.labels {
            let texts = texts(node);
            match (*key, texts.as_slice()) {
                ("owner", [only]) => capability.owner = Some((*only).to_owned()),
                ("customer", [only]) => capability.customer = Some((*only).to_owned()),
                ("audience", [_, ..]) => capability.audience = texts.into_iter().map(str::to_owned).collect(),
                ("owner" | "customer" | "audience", _) => {
                    self.lost.add(*place, format!("the label {} is not carried over", quote(key)), "it is no text");
                }
                _ => {}
            }
        }
        one.others_are_lost(&["owner", "customer", "audience"], &mut self.lost);
        let empty = |node: &&Node| matches!(&node.body, Body::Map(entries) if entries.is_empty());
        let Some(spec) = one.spec.filter(|node| !empty(node)) else { return };
        if let Some(fields) = Fields::new(spec, "a service", &["description"], &mut self.problems) {
            self.no_place(fields.get("description"), "description");
        }
    }

    fn slo(&mut self, one: &'a Document<'a>) {
        const KEYS: [&str; 8] = [
            "description",
            "service",
            "indicator",
            "indicatorRef",
            "timeWindow",
            "budgetingMethod",
            "objectives",
            "alertPolicies",
        ];
        let Some(spec) = one.spec else {
            self.problems.add(one.place, "an SLO without `spec`", "write its service, indicator and objectives under `spec`");
            return;
        };
        let Some(fields) = Fields::new(spec, "an SLO", &KEYS, &mut self.problems) else { return };
        self.no_place(one.display_name, "displayName");
        self.no_place(fields.get("description"), "description");
        one.others_are_lost(&[OBJECTIVE, HOP, UNDER], &mut self.lost);
        if let Some(node) = fields.get("alertPolicies") {
            self.lost.add(
                node.place,
                "`alertPolicies` is not carried over",
                "burn rates and their alerts follow from the target here",
            );
        }
        self.budgeting(&fields);
        let window = self.window(&fields);
        let service = fields.need("service", "write whose it is, such as `service: checkout`", &mut self.problems);
        let service = service.and_then(|node| Some((text(node, "service", &mut self.problems)?, node.place)));
        let name = one.annotation(OBJECTIVE).and_then(|node| Some((text(node, OBJECTIVE, &mut self.problems)?, node.place)));
        let (name, place) = name.unwrap_or((&one.name, one.name_place));
        let name = id(name, place, &mut self.lost);
        let Some((service, place)) = service else { return };
        let capability = id(service, place, &mut self.lost);
        let hop = self.hop(one);
        let whose = Whose { capability: &capability, hop: hop.as_deref(), objective: &name };
        let measured = self.indicator(one, &fields, whose);
        let under = one.annotation(UNDER).and_then(|node| {
            duration(node, UNDER, &mut self.problems)?;
            text(node, UNDER, &mut self.problems).map(str::to_owned)
        });
        let nodes = fields.need("objectives", "write what is promised, `objectives: [{target: 0.999}]`", &mut self.problems);
        let nodes = nodes.map(|_| fields.list("objectives", "[{target: 0.999}]", &mut self.problems));
        for node in nodes.unwrap_or_default() {
            let Some(target) = self.target(node) else { continue };
            if !measured {
                let wrong = "an objective over a threshold is not carried over";
                self.lost.add(
                    node.place,
                    wrong,
                    "how long an execution may take is said with a unit here: write `under: 800ms` and a target",
                );
                continue;
            }
            let objective = DraftObjective { id: name.clone(), target, under: under.clone(), window: window.clone() };
            if let Some(other) = self.draft.add(&capability, hop.as_deref(), objective) {
                let wrong = format!("a second objective {} of {}", quote(&name), quote(&capability));
                self.lost.add(node.place, wrong, format!("it is {} here", quote(&other)));
            }
        }
    }

    fn budgeting(&mut self, fields: &Fields<'_>) {
        let words = [("Occurrences", true), ("Timeslices", false), ("RatioTimeslices", false)];
        let node = fields.need("budgetingMethod", "write `budgetingMethod: Occurrences`", &mut self.problems);
        if let (Some(node), Some(false)) = (node, fields.word("budgetingMethod", &words, &mut self.problems)) {
            self.lost.add(
                node.place,
                "budgets by slices of time are not carried over",
                "executions are counted here: `Occurrences`",
            );
        }
    }

    fn window(&mut self, fields: &Fields<'_>) -> Option<String> {
        let node = fields.get("timeWindow")?;
        match fields.list("timeWindow", "[{duration: 28d, isRolling: true}]", &mut self.problems) {
            [only] => window::read(only, &mut self.problems, &mut self.lost),
            [] => None,
            _ => {
                self.problems.add(node.place, "more than one time window", "write one SLO a window");
                None
            }
        }
    }

    fn hop(&mut self, one: &Document<'_>) -> Option<String> {
        let node = one.annotation(HOP)?;
        let hop = id(text(node, HOP, &mut self.problems)?, node.place, &mut self.lost);
        let wrong = format!("nothing says how spans of the hop {} are recognised", quote(&hop));
        self.lost.add(node.place, wrong, format!("`match: {{service: {hop}}}` is a guess; write what its spans are known by"));
        Some(hop)
    }

    /// Whether it is a ratio; what it is a ratio of is told where it is not what is counted here.
    fn indicator(&mut self, one: &Document<'_>, fields: &Fields<'a>, whose: Whose<'_>) -> bool {
        let spec = match (fields.get("indicator"), fields.get("indicatorRef")) {
            (Some(node), None) => self.inline(node),
            (None, Some(node)) => self.named(node),
            _ => {
                let wrong = format!("the SLO {} has not exactly one indicator", quote(&one.name));
                self.problems.add(one.place, wrong, "write either `indicator` or `indicatorRef`");
                return false;
            }
        };
        let Some(spec) = spec else { return false };
        let known = ["description", "ratioMetric", "thresholdMetric"];
        let Some(fields) = Fields::new(spec, "an indicator", &known, &mut self.problems) else { return false };
        self.no_place(fields.get("description"), "description");
        match (fields.get("ratioMetric"), fields.get("thresholdMetric")) {
            (Some(ratio), None) => {
                if !indicator::is_ours(ratio, whose) {
                    let why = "executions that come in as spans are counted here: ok against ok and failed";
                    self.lost.add(ratio.place, "where the ratio comes from is not carried over", why);
                }
                true
            }
            (None, Some(threshold)) => {
                let why = "executions that come in as spans are counted here";
                self.lost.add(threshold.place, "where the values come from is not carried over", why);
                false
            }
            _ => {
                self.problems.add(
                    spec.place,
                    "an indicator that is not exactly one metric",
                    "write either `ratioMetric` or `thresholdMetric`",
                );
                false
            }
        }
    }

    fn inline(&mut self, node: &'a Node) -> Option<&'a Node> {
        // Whoever repeats kind and version inside an SLO says nothing new.
        let fields = Fields::new(node, "an indicator", &["apiVersion", "kind", "metadata", "spec"], &mut self.problems)?;
        fields.need("spec", "write its metric under `spec`", &mut self.problems)
    }

    fn named(&mut self, node: &'a Node) -> Option<&'a Node> {
        let name = text(node, "indicatorRef", &mut self.problems)?;
        let Some(found) = self.indicators.get(name).copied() else {
            let wrong = format!("there is no SLI {} in this file", quote(name));
            self.problems.add(node.place, wrong, "write it into the same file, as a document of `kind: SLI`");
            return None;
        };
        if self.used.insert(name) {
            self.no_place(found.display_name, "displayName");
            found.others_are_lost(&[], &mut self.lost);
        }
        if found.spec.is_none() {
            self.problems.add(found.place, "an SLI without `spec`", "write its metric under `spec`");
        }
        found.spec
    }

    /// As the map writes it.
    fn target(&mut self, node: &Node) -> Option<String> {
        const LOST: [&str; 8] =
            ["displayName", "op", "value", "timeSliceTarget", "timeSliceWindow", "compositeWeight", "indicator", "indicatorRef"];
        let known: Vec<&str> = LOST.into_iter().chain(["target", "targetPercent"]).collect();
        let fields = Fields::new(node, "an objective", &known, &mut self.problems)?;
        for key in LOST {
            self.no_place(fields.get(key), key);
        }
        let (given, most) = match (fields.get("target"), fields.get("targetPercent")) {
            (Some(node), None) => (node, Decimal::ONE),
            (None, Some(node)) => (node, Decimal::ONE_HUNDRED),
            _ => {
                self.problems.add(
                    node.place,
                    "an objective without exactly one target",
                    "write either `target: 0.999` or `targetPercent: 99.9`",
                );
                return None;
            }
        };
        let written = text(given, "target", &mut self.problems)?;
        let found = decimal(written).filter(|share| !share.is_sign_negative() && *share < most);
        let percent = found.and_then(|share| share.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(most));
        if percent.is_none() {
            let wrong = format!("target {} is not from 0 to under {most}", quote(written));
            self.problems.add(
                given.place,
                wrong,
                "write a share such as `target: 0.999`, or a percentage such as `targetPercent: 99.9`",
            );
        }
        Some(format!("{}%", percent?.normalize()))
    }
}

/// A text, or all texts of a list.
fn texts(node: &Node) -> Vec<&str> {
    match &node.body {
        Body::Text(text) => vec![text.as_str()],
        Body::List(nodes) => nodes.iter().map(plain).collect::<Option<_>>().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn plain(node: &Node) -> Option<&str> {
    if let Body::Text(text) = &node.body { Some(text) } else { None }
}
