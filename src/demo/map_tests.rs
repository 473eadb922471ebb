//! The map and the plans speak of the same things.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::catalogue::{self, Capability};
use std::collections::BTreeSet;
use std::time::Duration;

fn capabilities() -> Vec<Capability> {
    let map = catalogue::parse("demo/map.yaml", MAP).unwrap_or_else(|problems| panic!("{problems}"));
    map.capabilities().to_vec()
}

#[test]
fn the_map_is_accepted_and_its_limits_are_those_that_the_plans_know() {
    let known = [(plan::CHECKOUT, plan::CHECKOUT_UNDER_US), (plan::BROWSE, plan::BROWSE_UNDER_US)];
    let mapped = capabilities();
    assert_eq!(mapped.len(), known.len());
    for (id, under_us) in known {
        let capability = mapped.iter().find(|one| one.id == id).unwrap();
        assert_eq!(capability.slow_over_ns(), Some(under_us * 1000), "{id}");
    }
}

#[test]
fn every_hop_that_the_shop_breaks_is_in_the_map_of_its_capability() {
    let mapped = capabilities();
    let script = Script::new("all", Duration::from_secs(60)).unwrap();
    let mut broken = BTreeSet::new();
    for arrival in Traffic::new(script, 3, 40) {
        let made = arrival.plan.made;
        if let Ending::Failed { hop, .. } = made.ending {
            broken.insert((made.capability, hop));
        }
        broken.extend(made.slow_by.map(|hop| (made.capability, hop)));
        broken.extend(made.absorbed.map(|(hop, _)| (made.capability, hop)));
    }
    assert_eq!(broken.len(), 6, "{broken:?}");
    for (id, hop) in broken {
        let capability = mapped.iter().find(|one| one.id == id).unwrap();
        assert!(capability.hops.iter().any(|rule| rule.id == hop), "{id} has no hop {hop}");
    }
}
