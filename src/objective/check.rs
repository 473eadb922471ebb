//! What of a right map will not do what its writer thinks.

use super::{Period, never_fires, tiers};
use crate::catalogue::document::{Findings, Promise, items, promises, quote, tree, under};
use crate::catalogue::{Catalogue, ObjectiveKind};

/// What a map promises and nobody will be told of: tiers whose burn rate cannot be reached (spec 5.2), and times of hops, which are not counted. One line each,
/// `FILE:LINE:COLUMN: what is wrong; what to write instead`; the map is a right one all the same.
pub fn warnings(file: &str, map: &Catalogue) -> Vec<String> {
    let mut found = Findings::new(file);
    let root = tree(file, map);
    let nodes = items(root.as_ref().and_then(|root| under(root, "capabilities")));
    for (at, one) in map.capabilities().iter().enumerate() {
        for promise in promises(one, nodes.get(at)) {
            match (promise.hop, promise.objective.kind) {
                (Some(hop), ObjectiveKind::Latency { .. }) => uncounted(hop, &promise, &mut found),
                _ => silent_tiers(promise, &mut found),
            }
        }
    }
    found.into_problems().0
}

/// Calls of a hop are only known by a histogram, and a share that is read from one would be a guess (spec 5.1).
fn uncounted(hop: &str, promise: &Promise<'_>, found: &mut Findings) {
    let id = quote(&promise.objective.id);
    let wrong = format!(
        "the objective {id} of the hop {} is never told of: its calls are not counted against a limit of time",
        quote(hop)
    );
    found.add(promise.place, wrong, "write it among the objectives of the capability, or leave it out");
}

fn silent_tiers(promise: Promise<'_>, found: &mut Findings) {
    let Promise { objective, place, .. } = promise;
    for tier in tiers(Period::of(objective).length_ns()) {
        if !never_fires(tier.factor, objective.target) {
            continue;
        }
        let most = 1.0 / (1.0 - objective.target);
        let wrong = format!(
            "the tier {} of the objective {} never fires: its burn rate is {}, and {} where everything fails",
            tier.name,
            quote(&objective.id),
            short(tier.factor),
            short(most)
        );
        // Rounded up: what stands here must be enough.
        let enough = ((1.0 - 1.0 / tier.factor) * 1e4).ceil() / 1e2;
        found.add(place, wrong, format!("write a target of {enough}% or more, or a shorter window, if it is to be told so soon"));
    }
}

/// With two digits at most.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(objectives: &str) -> Vec<String> {
        let text = format!(
            "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n- id: a\n  hops: [{{id: b, match: {{service: b}}, objectives: [{objectives}]}}]\n"
        );
        warnings("map.yaml", &crate::catalogue::parse("map.yaml", &text).unwrap())
    }

    #[test]
    fn tiers_that_can_never_fire_are_told_with_the_place_of_their_objective() {
        assert_eq!(
            told("{id: lax, target: 93.05%, window: 30d}"),
            [
                "map.yaml:5:52: the tier 1h/5m of the objective `lax` never fires: its burn rate is 14.4, and 14.39 where everything fails; \
                 write a target of 93.06% or more, or a shorter window, if it is to be told so soon"
            ]
        );
        assert!(told("{id: lax, target: 93.06%, window: 30d}").is_empty());
        assert!(told("{id: all, target: 100%}, {id: most, target: 99.9%, window: month}").is_empty());
    }

    #[test]
    fn a_time_that_a_hop_promises_is_told_to_be_counted_by_nobody() {
        assert_eq!(
            told("{id: fast, target: 99%, under: 50ms}"),
            [
                "map.yaml:5:52: the objective `fast` of the hop `b` is never told of: its calls are not counted against a limit of time; \
              write it among the objectives of the capability, or leave it out"
            ]
        );
    }

    #[test]
    fn the_longer_the_window_and_the_laxer_the_target_the_more_tiers_are_silent() {
        let silent = |objective: &str| told(&format!("{{id: a, {objective}}}")).len();
        let of = |window: &str| ["95%", "80%", "50%", "0%"].map(|target| silent(&format!("target: {target}, window: {window}")));
        assert_eq!((of("7d"), of("30d"), of("quarter")), ([0, 0, 1, 2], [0, 2, 3, 3], [1, 3, 4, 4]));
    }
}
