#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::acyclic::ordered;
use super::strands::{Way, shared_out, strands};
use proptest::prelude::*;

/// Edges among so many nodes; each node has one.
fn edges() -> impl Strategy<Value = (usize, Vec<(Option<usize>, usize)>)> {
    (1_usize..12).prop_flat_map(|nodes| {
        let above = prop::collection::vec(prop::option::of(0..nodes), nodes);
        let further = prop::collection::btree_set((0..nodes, 0..nodes), 0..20);
        (Just(nodes), above, further).prop_map(|(nodes, above, further)| {
            let mut all: std::collections::BTreeSet<(Option<usize>, usize)> =
                further.into_iter().map(|(from, to)| (Some(from), to)).collect();
            // Whoever has no caller of a smaller number has the customer: so all can be reached.
            all.extend(above.into_iter().enumerate().map(|(to, from)| (from.filter(|from| *from < to), to)));
            (nodes, all.into_iter().collect())
        })
    })
}

#[test]
fn a_hop_that_is_called_back_keeps_the_way_that_leads_from_the_customer() {
    // The customer calls 0, 0 calls 1, 1 calls 2, and 2 calls 1 and 0 back; 1 calls itself.
    let edges = [(None, 0), (Some(0), 1), (Some(1), 1), (Some(1), 2), (Some(2), 0), (Some(2), 1)];
    let found = ordered(3, &edges);
    assert_eq!(found.forward, [true, true, false, true, false, false]);
    assert_eq!((found.order, found.layers), (vec![0, 1, 2], vec![0, 1, 2]));
}

#[test]
fn what_is_shared_out_adds_up_and_stays_whole() {
    let one = 1 << 16;
    assert_eq!(shared_out(10 * one, &[1, 1, 1]), [4 * one, 3 * one, 3 * one]);
    assert_eq!(shared_out(one, &[1, 5]), [0, one]);
    assert_eq!(shared_out(5, &[0, 0]), [3, 2]);
    assert_eq!(shared_out(7 * one, &[0, 3]), [0, 7 * one]);
    assert_eq!(shared_out(one, &[]), Vec::<u128>::new());
}

proptest! {
    #[test]
    fn parts_add_up_and_none_is_more_than_one_away_from_its_due(
        all in 0_u128..1 << 90, weights in prop::collection::vec(0_u128..1 << 100, 1..9),
    ) {
        let parts = shared_out(all, &weights);
        prop_assert_eq!(parts.iter().sum::<u128>(), all);
        let sum: f64 = weights.iter().map(|weight| *weight as f64).sum();
        if sum > 0.0 {
            for (part, weight) in parts.iter().zip(&weights) {
                let due = all as f64 * (*weight as f64 / sum);
                // Weights are cut to 40 bits.
                prop_assert!((*part as f64 - due).abs() <= 65_536.0 + all as f64 * 1e-9, "{} of {}", part, due);
            }
        }
    }

    #[test]
    fn an_order_has_callers_first_and_keeps_a_way_to_each((nodes, edges) in edges()) {
        let found = ordered(nodes, &edges);
        let mut places = vec![0; nodes];
        found.order.iter().enumerate().for_each(|(place, node)| places[*node] = place);
        let forward: Vec<_> = edges.iter().zip(&found.forward).filter(|(_, forward)| **forward).map(|(edge, _)| *edge).collect();
        for (from, to) in &forward {
            if let Some(from) = from {
                prop_assert!(places[*from] < places[*to]);
                prop_assert!(found.layers[*from] < found.layers[*to]);
            }
        }
        // By this order one pass finds all that can be reached.
        let mut reached = vec![false; nodes];
        for node in &found.order {
            reached[*node] = forward.iter().any(|(from, to)| to == node && from.is_none_or(|from| reached[from]));
        }
        prop_assert!(reached.iter().all(|reached| *reached));
    }

    #[test]
    fn only_calls_in_a_circle_are_left_out((nodes, edges) in edges()) {
        let found = ordered(nodes, &edges);
        for ((from, to), _) in edges.iter().zip(&found.forward).filter(|(_, forward)| !**forward) {
            let (mut reached, mut next) = (vec![false; nodes], vec![*to]);
            while let Some(node) = next.pop() {
                if !std::mem::replace(&mut reached[node], true) {
                    next.extend(edges.iter().filter(|(from, _)| *from == Some(node)).map(|(_, to)| *to));
                }
            }
            prop_assert!(reached[from.unwrap()]);
        }
    }

    #[test]
    fn what_comes_in_at_a_node_is_what_ends_there_and_what_goes_on(
        (nodes, edges) in edges(),
        own in prop::collection::vec(0_u128..1 << 70, 12),
        weights in prop::collection::vec((0_u128..1 << 80, any::<bool>()), 64),
    ) {
        let found = ordered(nodes, &edges);
        let forward = edges.iter().zip(&found.forward).filter(|(_, forward)| **forward);
        let ways: Vec<Way> =
            forward.zip(&weights).map(|((&(from, to), _), &(weight, rest))| Way { from, to, weight, rest: rest && from.is_none() }).collect();
        let own = &own[..nodes];
        let flows = strands(own, &found.order, &ways);
        let sum = |wanted: &dyn Fn(&Way) -> bool| -> u128 {
            ways.iter().zip(&flows).filter(|(way, _)| wanted(way)).map(|(_, flow)| *flow).sum()
        };
        for (node, own) in own.iter().enumerate() {
            prop_assert_eq!(sum(&|way| way.to == node), own + sum(&|way| way.from == Some(node)));
        }
        prop_assert_eq!(sum(&|way| way.from.is_none()), own.iter().sum::<u128>());
    }
}
