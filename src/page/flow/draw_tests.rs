//! What the flow map says, and that names of others stay names.

use super::{Edge, Links, Mode, Node, Picture, map, strip::drawn as strip, strip_symbols, table, words};
use scraper::{Html, Selector};

fn hop(name: &str, operation: &str, p95_ms: f64) -> Node {
    let service = name.to_owned();
    Node { hop: name.into(), service, operation: Some(operation.into()), share: 1.0, p95_ms: Some(p95_ms), ..Node::default() }
}

fn edge(from: Option<usize>, to: usize, share: f64, strand: f64) -> Edge {
    Edge { from, to, share, is_async: false, strand }
}

/// The flow of the specification: most failures end at the card network.
pub(super) fn book_a_flight() -> Picture {
    let passing = |node: Node| Node { passes_on: true, ..node };
    let nodes = vec![
        passing(hop("web-bff", "POST /bookings", 1240.0)),
        Node { absorbed: 12.0, ..passing(hop("booking", "book", 1190.0)) },
        Node { ends: 30.0, cause: Some("app_error".into()), ..hop("pricing", "quote", 85.0) },
        passing(hop("payment", "authorise", 960.0)),
        Node {
            ends: 920.0,
            external: true,
            supplier: Some("AcmePay".into()),
            cause: Some("timeout_no_server".into()),
            href: Some("/c/book-flight?hop=card-network".into()),
            ..hop("card-network", "pay", 910.0)
        },
        Node { queue: true, operation: None, p95_ms: None, ..hop("tickets", "", 0.0) },
        hop("audit", "write", 3.0),
    ];
    let mut edges = vec![
        edge(None, 0, 1.0, 950.0),
        edge(Some(0), 1, 1.0, 950.0),
        edge(Some(1), 2, 0.96, 30.0),
        edge(Some(1), 3, 0.92, 920.0),
        edge(Some(3), 4, 0.92, 920.0),
        edge(Some(1), 5, 0.8, 0.0),
        edge(Some(1), 6, 0.004, 0.0),
    ];
    edges[5].is_async = true;
    Picture {
        title: "Book a flight".into(),
        customer: "traveller".into(),
        executions: 8400.0,
        harmed: 1000.0,
        caller: 40.0,
        unknown: 10.0,
        nodes,
        edges,
        ..Picture::default()
    }
}

/// All text in what a selector finds, with plain spaces.
fn texts(html: &str, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = Html::parse_fragment(html);
    let text = |element: scraper::ElementRef<'_>| element.text().collect::<String>().replace('\u{202f}', " ");
    found.select(&selector).map(text).collect()
}

fn drawn(picture: &Picture) -> String {
    map(picture, Links { more: Some("/c/x?more=1"), fewer: None }).into_string()
}

#[test]
fn the_strand_ends_at_the_culprit_with_a_sentence() {
    let html = drawn(&book_a_flight());
    assert_eq!(texts(&html, "svg .hop.bad .nn"), ["card-network"]);
    assert_eq!(texts(&html, "svg .hop.bad .ns"), ["AcmePay \u{b7} 910 ms"]);
    assert_eq!(texts(&html, "svg .verdict"), ["92 % of failures end here:", "no answer in time"]);
    assert_eq!(texts(&html, "svg.flow g.cut:not(.lesser)").len(), 1);
    assert_eq!(texts(&html, "svg .ns.halo"), ["passes errors on", "passes errors on", "passes errors on", "3 % of failures"]);
    assert_eq!(texts(&html, "svg .customer .ns.harm"), ["11.9 % turned away"]);
    assert_eq!(texts(&html, "svg .customer .ns:not(.harm)").len(), 2, "the caller and the unknown");
}

#[test]
fn kinds_of_hops_and_ways_are_told_apart() {
    let html = drawn(&book_a_flight());
    assert_eq!(texts(&html, "svg .hop.queue .nn"), ["tickets"]);
    assert_eq!(texts(&html, "svg .hop.ext .nn"), ["card-network"]);
    assert_eq!(texts(&html, "svg.flow path.band.async").len(), 1);
    assert_eq!(texts(&html, "svg.flow .absorbed text"), ["12 absorbed"]);
    assert_eq!(texts(&html, "svg.flow a.more text"), ["+ 1 more"]);
    assert_eq!(texts(&html, "p.folded a"), ["+ 1 more"]);
    assert!(!html.contains(">audit<"));
    let open = map(&book_a_flight(), Links { more: None, fewer: Some("/c/x") }).into_string();
    assert!(open.contains(">audit<") && !open.contains("+ 1 more"));
}

#[test]
fn the_picture_tells_its_story_in_words() {
    let html = drawn(&book_a_flight());
    let story = &texts(&html, "svg.flow desc")[0];
    assert_eq!(
        story,
        "Book a flight: 1 000 of 8 400 attempts of the traveller were turned away. 92 % of them end at card-network: no answer in time. \
         The way there: traveller, web-bff, booking, payment, card-network. 4 % had asked for something wrong. 1 % cannot be blamed on a hop."
    );
    assert_eq!(texts(&html, "svg.flow > title"), ["Flow of Book a flight"]);
    let well = Picture { harmed: 0.0, ..book_a_flight() };
    assert_eq!(words::story(&well).replace('\u{202f}', " "), "Book a flight: nobody was turned away in 8 400 attempts.");
    assert_eq!(words::story(&Picture { executions: 0.0, ..well }), "Book a flight: no attempt in this time.");
}

#[test]
fn nothing_is_red_where_nobody_was_turned_away() {
    let mut picture = Picture { harmed: 0.0, caller: 0.0, unknown: 0.0, ..book_a_flight() };
    picture.nodes.iter_mut().for_each(|node| (node.ends, node.passes_on) = (0.0, false));
    picture.edges.iter_mut().for_each(|edge| edge.strand = 0.0);
    let html = drawn(&picture) + &strip(&picture).into_string();
    for class in ["strand", "cut", "bad", "verdict", "harm", "stl"] {
        assert!(texts(&html, &format!(".{class}")).is_empty(), "{class}");
    }
}

/// How far to the right the strand ends.
fn cut_at(html: &str) -> f64 {
    let html = Html::parse_fragment(html);
    let cut = html.select(&Selector::parse("svg.flow g.cut:not(.lesser) circle").unwrap()).next().unwrap();
    cut.attr("cx").unwrap().parse().unwrap()
}

#[test]
fn slow_mode_is_the_same_picture_in_amber_and_may_end_on_the_way() {
    let mut picture = Picture { mode: Mode::Slow, caller: 0.0, unknown: 0.0, ..book_a_flight() };
    for node in &mut picture.nodes {
        (node.on_the_way, node.cause) = (node.ends, node.cause.as_ref().map(|_| "edge_gap".into()));
    }
    let html = drawn(&picture);
    assert_eq!(texts(&html, "svg.flow.slow .verdict"), ["92 % of slow ones end here:", "mostly the way to it"]);
    let (on_the_way, at_hop) = (cut_at(&html), cut_at(&drawn(&book_a_flight())));
    assert!(on_the_way + 10.0 < at_hop, "{on_the_way} {at_hop}");
}

#[test]
fn the_table_has_all_hops_and_the_buckets_and_adds_up() {
    let html = table(&book_a_flight()).into_string();
    let names = texts(&html, "tbody th");
    assert_eq!(names[..2], ["card-network", "pricing"]);
    assert_eq!(names[names.len() - 2..], ["the caller", "cannot know"]);
    assert_eq!(names.len(), 9);
    let counts: f64 = texts(&html, "tbody td:nth-child(5)").iter().map(|text| text.replace(' ', "").parse().unwrap_or(0.0)).sum();
    assert!((counts - 1000.0).abs() < 1e-9, "{counts}");
}

#[test]
fn the_strip_shows_the_path_to_the_worst_hop() {
    let html = strip(&book_a_flight()).into_string();
    assert!(html.contains("web-bff, booking, payment, card-network; failures end at card-network"), "{html}");
    assert!(html.contains("#thread-4") && strip_symbols().into_string().contains("id=\"thread-4\""));
    assert_eq!(texts(&html, "text.stl"), ["card-network"]);
    assert!(html.len() < 700, "{}", html.len());
    assert_eq!(strip(&Picture::default()).into_string(), "");
}

#[test]
fn a_long_path_has_a_short_strip_with_its_worst_hop() {
    let nodes: Vec<Node> =
        (0..40).map(|at| Node { ends: f64::from(u8::from(at == 20)), ..hop(&format!("hop-{at}"), "", 1.0) }).collect();
    let edges = (0..40_usize).map(|to| edge(to.checked_sub(1), to, 1.0, f64::from(u8::from(to <= 20)))).collect();
    let picture = Picture { executions: 10.0, harmed: 1.0, nodes, edges, ..Picture::default() };
    let html = strip(&picture).into_string();
    assert!(html.contains("#thread-8") && html.contains("hop-0, ") && html.contains("hop-39; failures end at hop-20"), "{html}");
}

#[test]
fn a_flow_that_is_wider_than_the_page_leads_to_its_culprit() {
    let nodes: Vec<Node> =
        (0..12).map(|at| Node { ends: f64::from(u8::from(at == 11)), ..hop(&format!("hop-{at}"), "", 1.0) }).collect();
    let edges = (0..12_usize).map(|to| edge(to.checked_sub(1), to, 1.0, 1.0)).collect();
    let html = drawn(&Picture { executions: 10.0, harmed: 1.0, nodes, edges, ..Picture::default() });
    assert_eq!(texts(&html, "a[href='#culprit']"), ["go to hop-11"]);
    assert_eq!(texts(&html, "#culprit .nn"), ["hop-11"]);
    assert!(!drawn(&book_a_flight()).contains("#culprit"));
}

#[test]
fn names_of_others_stay_names() {
    let hostile = [
        "</title></svg><script>alert(1)</script>",
        "\" onload=\"alert(1)",
        "javascript:alert(1)",
        "\u{202e}evil",
        &"w".repeat(9000),
        "",
        "支付网关",
    ];
    let mut picture = book_a_flight();
    for (node, name) in picture.nodes.iter_mut().zip(hostile) {
        (node.hop, node.service, node.operation) = (name.into(), name.into(), Some(name.into()));
        node.supplier = Some(name.into());
    }
    (picture.title, picture.customer) = (hostile[0].into(), hostile[1].into());
    let html = drawn(&picture) + &table(&picture).into_string() + &strip(&picture).into_string();
    let parsed = Html::parse_fragment(&html);
    for element in parsed.select(&Selector::parse("*").unwrap()) {
        assert_ne!(element.value().name(), "script");
        assert!(element.value().attrs().all(|(name, _)| !name.starts_with("on") && name != "style"), "{element:?}");
    }
    assert!(html.len() < 60_000, "{}", html.len());
}
