//! The geometry of the flow map, on random graphs: what spec 8.1 promises of it.

use super::draw::Drawing;
use super::fold::fold;
use super::grid::{Grid, Who};
use super::place::{Lines, place, size};
use super::route::{THIN_STRAND, routes, strand_width, whole_strand};
use super::{Edge, Links, Node, Picture, list, map};
use proptest::prelude::*;

/// Hops of a tree with ways across it, circles too if asked for, and failures that run back along the tree.
pub(super) fn random(most: usize, circles: bool) -> impl Strategy<Value = Picture> {
    let hop = (any::<u32>(), 0..1000_u32, any::<bool>(), 0..4_u8, 0..40_u8);
    let hops = proptest::collection::vec(hop, 1..=most);
    let across = proptest::collection::vec((any::<u32>(), any::<u32>(), 0..1000_u32), 0..most);
    (hops, across, 1..20_usize).prop_map(move |(hops, across, spread)| {
        let mut picture = Picture { title: "T".into(), customer: "traveller".into(), executions: 2000.0, ..Picture::default() };
        let mut callers = Vec::new();
        for (at, (pick, share, outside, ends, absorbed)) in hops.iter().enumerate() {
            let from = at.checked_sub(1 + *pick as usize % spread);
            callers.push(from);
            let ends = if *ends == 0 { f64::from(pick % 50) } else { 0.0 };
            let hop = format!("hop-{at}");
            picture.nodes.push(Node {
                service: hop.clone(),
                hop,
                external: *outside,
                queue: pick % 7 == 0,
                ends,
                share: 0.5,
                absorbed: f64::from(absorbed / 20),
                ..Node::default()
            });
            let share = f64::from(*share) / 1000.0;
            picture.edges.push(Edge { from, to: at, share, is_async: share > 0.9, strand: 0.0 });
        }
        for at in 0..picture.nodes.len() {
            let many = picture.nodes[at].ends;
            let mut on = Some(at);
            while let Some(hop) = on {
                picture.edges[hop].strand += many;
                on = callers[hop];
            }
            picture.harmed += many;
        }
        for (one, other, share) in across {
            let many = hops.len();
            let (one, other) = (one as usize % many, other as usize % many);
            if circles || one < other {
                let share = f64::from(share) / 1000.0;
                picture.edges.push(Edge { from: Some(one), to: other, share, ..Edge::default() });
            }
        }
        picture
    })
}

/// The same facts in another order.
fn shuffled(picture: &Picture, seed: u64) -> Picture {
    let many = picture.nodes.len();
    let mut order: Vec<usize> = (0..many).collect();
    let key = |at: &usize| (*at as u64 + 1).wrapping_mul(seed | 1).rotate_left(17);
    order.sort_by_key(key);
    let position = |old: usize| order.iter().position(|at| *at == old).unwrap();
    let mut edges: Vec<Edge> =
        picture.edges.iter().map(|edge| Edge { from: edge.from.map(position), to: position(edge.to), ..edge.clone() }).collect();
    edges.sort_by_key(|edge| (edge.to as u64 + 7).wrapping_mul(seed | 1).rotate_left(11));
    Picture { nodes: order.iter().map(|old| picture.nodes[*old].clone()).collect(), edges, ..picture.clone() }
}

/// Left, top, right, bottom.
type Frame = (f64, f64, f64, f64);

fn apart(one: Frame, other: Frame) -> bool {
    one.2 <= other.0 || other.2 <= one.0 || one.3 <= other.1 || other.3 <= one.1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_order_of_the_input_changes_nothing(picture in random(40, true), seed in any::<u64>()) {
        let drawn = map(&picture, Links::default()).into_string();
        prop_assert_eq!(drawn, map(&shuffled(&picture, seed), Links::default()).into_string());
    }

    #[test]
    fn numbers_alone_move_no_hop(picture in random(40, true)) {
        let mut later = picture.clone();
        later.executions *= 3.0;
        for edge in &mut later.edges {
            edge.share = (edge.share * 0.9).max(if edge.share >= 0.01 { 0.01 } else { 0.0 });
            edge.strand *= 2.0;
        }
        for node in &mut later.nodes {
            node.ends *= 2.0;
        }
        let (folded, later) = (fold(&picture, false), fold(&later, false));
        prop_assert_eq!(folded.picture.nodes.len(), later.picture.nodes.len());
        let (one, other) = (Drawing::new(&folded), Drawing::new(&later));
        for node in 0..folded.picture.nodes.len() {
            prop_assert_eq!(one.frame(node), other.frame(node));
        }
    }

    #[test]
    fn no_hop_covers_another_or_a_way(picture in random(60, true)) {
        let folded = fold(&picture, true);
        let drawing = Drawing::new(&folded);
        let (width, height) = drawing.size();
        let frames: Vec<Frame> = (0..folded.picture.nodes.len()).map(|node| {
            let (x, y, wide, high) = drawing.frame(node);
            (x, y, x + wide, y + high)
        }).collect();
        for (at, one) in frames.iter().enumerate() {
            prop_assert!(one.0 >= size::CUSTOMER && one.1 >= 0.0 && one.2 <= width && one.3 <= height, "{one:?}");
            for other in &frames[..at] {
                prop_assert!(apart(*one, *other), "{one:?} {other:?}");
            }
            for route in &drawing.routes {
                for (from, to, y) in &route.lanes {
                    let lane = (from.min(*to) + 0.1, y - route.band / 2.0, from.max(*to) - 0.1, y + route.band / 2.0);
                    prop_assert!(apart(*one, lane), "{one:?} {lane:?}");
                }
            }
        }
    }

    #[test]
    fn ways_are_stacked_at_a_port_in_the_order_in_which_they_go_on(picture in random(60, false)) {
        let folded = fold(&picture, true);
        let picture = &folded.picture;
        let grid = Grid::new(picture);
        let places = place(&grid, picture, &|_| Lines::default());
        let routes = routes(picture, &grid, &places);
        for one in &routes {
            for other in &routes {
                let (from, to) = (&picture.edges[one.edge], &picture.edges[other.edge]);
                let next = |route: &super::route::Route| route.lanes.first().map_or(places.y[Grid::ends(&picture.edges[route.edge]).1], |lane| lane.2);
                let last = |route: &super::route::Route| route.lanes.last().map_or(places.y[Grid::ends(&picture.edges[route.edge]).0], |lane| lane.2);
                if from.from == to.from && next(one) < next(other) {
                    prop_assert!(one.start.1 < other.start.1, "leave");
                }
                if from.to == to.to && last(one) < last(other) {
                    prop_assert!(one.end.1 < other.end.1, "arrive");
                }
            }
            let (from, to) = Grid::ends(&picture.edges[one.edge]);
            prop_assert!((one.start.1 - places.y[from]).abs() < size::NODE / 2.0);
            prop_assert!((one.end.1 - places.y[to]).abs() < size::NODE / 2.0);
        }
    }

    #[test]
    fn strands_are_conserved_and_lie_in_their_bands(picture in random(60, false)) {
        let folded = fold(&picture, false);
        let picture = &folded.picture;
        let width = |count: f64| whole_strand(picture) * picture.part(count);
        for (at, node) in picture.nodes.iter().enumerate() {
            let into: f64 = picture.edges.iter().filter(|edge| edge.to == at).map(|edge| width(edge.strand)).sum();
            let out: f64 = picture.edges.iter().filter(|edge| edge.from == Some(at)).map(|edge| width(edge.strand)).sum();
            prop_assert!((into - out - width(node.ends)).abs() < 1e-6, "{into} {out} {node:?}");
        }
        let drawing = Drawing::new(&folded);
        for route in &drawing.routes {
            let count = picture.edges[route.edge].strand;
            prop_assert_eq!(route.strand > 0.0, count > 0.0);
            if count > 0.0 {
                prop_assert!(route.strand >= THIN_STRAND && route.strand <= route.band);
                prop_assert!((route.strand - strand_width(picture, count)).abs() <= 0.051);
                let low = route.strand_end().1 + route.strand / 2.0;
                prop_assert!((low - (route.end.1 + route.band / 2.0)).abs() <= 0.11, "on the lower side");
            }
        }
    }

    #[test]
    fn a_layer_is_the_longest_way_from_the_customer(picture in random(30, false)) {
        let picture = picture.in_order();
        let grid = Grid::new(&picture);
        for at in 0..picture.nodes.len() {
            let callers = picture.edges.iter().filter(|edge| edge.to == at);
            let deepest = callers.map(|edge| grid.cells[Grid::ends(edge).0].layer).max().unwrap_or(0);
            prop_assert_eq!(grid.cells[at + 1].layer, deepest + 1);
        }
        prop_assert!(grid.back.iter().all(|back| !back));
        prop_assert_eq!(&grid.rows[0], &vec![0]);
        prop_assert_eq!(grid.cells[0].who, Who::Customer);
    }

    #[test]
    fn each_drawn_hop_is_in_the_list_once(picture in random(40, true)) {
        let folded = fold(&picture, false);
        let drawing = Drawing::new(&folded);
        let mut listed: Vec<String> = list::order(&folded.picture, drawing.reading()).into_iter().map(|(hop, _)| hop).collect();
        listed.sort();
        let mut hops: Vec<String> = folded.picture.nodes.iter().map(|node| node.hop.clone()).collect();
        hops.sort();
        prop_assert_eq!(listed, hops);
    }

    #[test]
    fn folding_hides_nothing_that_failed_and_counts_the_rest(picture in random(60, true)) {
        let folded = fold(&picture, false);
        prop_assert_eq!(folded.picture.edges.len() + folded.hidden, picture.edges.len());
        let ends = |picture: &Picture| picture.nodes.iter().map(|node| node.ends).sum::<f64>();
        let strands = |picture: &Picture| picture.edges.iter().map(|edge| edge.strand).sum::<f64>();
        prop_assert_eq!((ends(&folded.picture), strands(&folded.picture)), (ends(&picture), strands(&picture)));
        let shown: usize = folded.more.iter().sum::<usize>() + folded.more_entries;
        prop_assert!(shown <= folded.hidden);
        let open = fold(&picture, true);
        prop_assert_eq!((open.hidden, open.picture.nodes.len()), (0, picture.nodes.len()));
    }
}

fn hop(name: &str) -> Node {
    Node { hop: name.into(), service: name.into(), share: 1.0, ..Node::default() }
}

#[test]
fn a_chain_of_sixty_and_a_fan_of_sixty_are_drawn_whole() {
    let nodes: Vec<Node> = (0..60).map(|at| hop(&format!("hop-{at:02}"))).collect();
    let chain = (0..60_usize).map(|to| Edge { from: to.checked_sub(1), to, share: 1.0, ..Edge::default() }).collect();
    let fan = (0..60).map(|to| Edge { from: (to > 0).then_some(0), to, share: 0.5, ..Edge::default() }).collect();
    for edges in [chain, fan] {
        let picture = Picture { executions: 10.0, nodes: nodes.clone(), edges, ..Picture::default() };
        let folded = fold(&picture, false);
        let drawing = Drawing::new(&folded);
        assert_eq!(drawing.reading().len(), 60);
        let text = drawing.svg(None).into_string();
        assert!((0..60).all(|at| text.contains(&format!(">hop-{at:02}<"))), "{text}");
    }
}

#[test]
fn broken_input_is_drawn_as_far_as_it_goes() {
    let picture = Picture {
        executions: f64::NAN,
        harmed: f64::INFINITY,
        nodes: vec![Node { ends: f64::NAN, share: -1.0, p95_ms: Some(f64::NAN), ..hop("a") }],
        edges: vec![
            Edge { from: None, to: 7, ..Edge::default() },
            Edge { from: Some(9), to: 0, ..Edge::default() },
            Edge { from: Some(0), to: 0, share: f64::NAN, ..Edge::default() },
            Edge { from: None, to: 0, share: 7.0, strand: -3.0, ..Edge::default() },
        ],
        ..Picture::default()
    };
    let text = map(&picture, Links::default()).into_string();
    assert!(text.contains(">a<") && !text.contains("NaN") && !text.contains("inf"), "{text}");
    assert!(map(&Picture::default(), Links::default()).into_string().contains("No hop was called"));
}
