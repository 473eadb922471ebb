//! What a map says that OpenSLO has no word for, each with its place.

use crate::catalogue::document::{Body, Findings, Node, items, quote, under};

/// Keys of the map, of a capability and of a hop that are not carried over, and why. Those that are, are not here.
const OF_MAP: [(&str, &str); 1] = [("maintenance", "OpenSLO leaves no time out of a budget")];
const OF_CAPABILITY: [(&str, &str); 3] = [
    ("value", "OpenSLO knows no money"),
    ("threads", "OpenSLO does not say how executions are recognised"),
    ("outcome", "OpenSLO does not say what a failure is"),
];
const OF_HOP: [(&str, &str); 7] = [
    ("external", HOPS),
    ("match", "OpenSLO does not say how spans are recognised"),
    ("supplier", HOPS),
    ("failure_domain", HOPS),
    ("expect", HOPS),
    ("called_by", HOPS),
    ("async", HOPS),
];
const HOPS: &str = "OpenSLO knows no hops";

/// Names all of it. The map is a right one.
pub(super) fn name(map: &Node, lost: &mut Findings) {
    named(map, "", &OF_MAP, lost);
    for capability in items(under(map, "capabilities")) {
        named(capability, &of(capability, "capability"), &OF_CAPABILITY, lost);
        for hop in items(under(capability, "hops")) {
            let whole = under(hop, "objectives").is_none();
            if whole {
                let wrong = format!("the hop {} is not carried over", quote(id(hop)));
                lost.add(hop.place, wrong, "it has no objective, and OpenSLO knows no hops");
            } else {
                named(hop, &of(hop, "hop"), &OF_HOP, lost);
            }
        }
    }
}

fn named(node: &Node, whose: &str, known: &[(&str, &str)], lost: &mut Findings) {
    let Body::Map(entries) = &node.body else { return };
    for (key, _) in entries {
        let Body::Text(text) = &key.body else { continue };
        if let Some((name, why)) = known.iter().find(|(name, _)| name == text) {
            lost.add(key.place, format!("{}{whose} is not carried over", quote(name)), why);
        }
    }
}

fn of(node: &Node, what: &str) -> String {
    format!(" of the {what} {}", quote(id(node)))
}

fn id(node: &Node) -> &str {
    match under(node, "id").map(|id| &id.body) {
        Some(Body::Text(text)) => text,
        _ => "",
    }
}
