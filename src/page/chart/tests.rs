//! What charts say, and that no number makes one that is none.

use super::area::shares;
use super::*;
use proptest::prelude::*;
use scraper::{Html, Selector};

const MINUTE: i64 = 60_000;
/// 2026-11-27 09:00 UTC.
const NINE: i64 = 1_795_770_000_000;

/// All text in what a selector finds, with plain spaces.
fn texts(html: &str, selector: &str) -> Vec<String> {
    let found = Html::parse_fragment(html);
    let text =
        |element: scraper::ElementRef<'_>| element.text().collect::<String>().replace('\u{202f}', " ").replace('\u{2212}', "-");
    found.select(&Selector::parse(selector).unwrap()).map(text).collect()
}

fn attributes(html: &str, selector: &str, name: &str) -> Vec<String> {
    let found = Html::parse_fragment(html);
    found.select(&Selector::parse(selector).unwrap()).filter_map(|one| one.attr(name).map(str::to_owned)).collect()
}

fn labels(from_ms: i64, length_ms: i64) -> Vec<String> {
    TimeAxis::new(from_ms, from_ms + length_ms, 50.0, 1000.0).ticks().into_iter().map(|(_, text)| text).collect()
}

#[test]
fn ticks_stand_at_times_that_people_count_in() {
    assert_eq!(labels(NINE, 60 * MINUTE)[..3], ["09:00", "09:05", "09:10"]);
    assert_eq!(labels(NINE + 1, 2 * MINUTE)[..2], ["09:00:10", "09:00:20"]);
    assert_eq!(
        labels(NINE, 24 * 60 * MINUTE),
        ["10:00", "12:00", "14:00", "16:00", "18:00", "20:00", "22:00", "28 Nov", "02:00", "04:00", "06:00", "08:00"]
    );
    assert_eq!(labels(NINE, 28 * 24 * 60 * MINUTE), ["3 Dec", "10 Dec", "17 Dec", "24 Dec"]);
    assert_eq!(labels(0, 50 * 365 * 24 * 60 * MINUTE).len(), 12);
}

proptest! {
    #[test]
    fn ticks_lie_in_their_time_and_keep_apart(from in -10_i64.pow(15)..10_i64.pow(15), length in 1..10_i64.pow(14)) {
        let axis = TimeAxis::new(from, from + length, 0.0, 900.0);
        let ticks: Vec<f64> = axis.ticks().into_iter().map(|(at, _)| axis.x(at)).collect();
        prop_assert!(ticks.len() <= 14);
        prop_assert!(ticks.windows(2).all(|pair| pair[1] - pair[0] > 60.0), "{ticks:?}");
        prop_assert!(axis.ticks().iter().all(|(at, _)| (from..=axis.to_ms).contains(at)));
    }

    #[test]
    fn values_have_round_ticks_that_hold_the_largest(most in 1e-9..1e9_f64) {
        let axis = ValueAxis::up_to(most, 0.0, 100.0);
        let ticks = axis.ticks();
        prop_assert!(axis.high >= most && axis.high <= most * 2.0 + 1e-9, "{axis:?}");
        prop_assert!((3..=7).contains(&ticks.len()), "{ticks:?}");
    }

    #[test]
    fn no_number_makes_a_picture_that_is_none(numbers in proptest::collection::vec(any::<f64>(), 12), times in proptest::collection::vec(any::<i64>(), 4)) {
        let n = |at: usize| numbers[at];
        let spark = spark(&[Some(n(0)), None, Some(n(1)), Some(n(2))]).into_string();
        let points = vec![FailuresPoint { from_ms: times[0], to_ms: times[1], executions: n(3), hops: vec![("a".into(), n(4)), ("b".into(), n(5))] }];
        let area = failures(&Failures { word: "failed".into(), points, markers: vec![] }).into_string();
        let spent = vec![Spent { from_ms: times[0], to_ms: times[1], by: vec![("a".into(), n(6))] }];
        let burn = burn(&Burn { from_ms: times[0], to_ms: times[2], now_ms: times[1], spent, left: Some(n(2)), gone_ms: Some(times[3]) }).into_string();
        let column = HeatColumn { from_ms: times[0], to_ms: times[1], buckets: vec![(n(7), n(8), n(9))], p50_ms: Some(n(10)), p95_ms: None };
        let heat = heat(&Heat { columns: vec![column], limit_ms: Some(n(11)) }).into_string();
        for text in [spark, area, burn, heat, score(n(0)).into_string()] {
            prop_assert!(!text.contains("NaN") && !text.contains("inf\"") && !text.contains("inf "), "{text}");
            prop_assert!(text.len() < 8000, "{}", text.len());
        }
    }
}

fn minute(at: i64, hops: &[(&str, f64)]) -> FailuresPoint {
    let hops = hops.iter().map(|(hop, many)| ((*hop).to_owned(), *many)).collect();
    FailuresPoint { from_ms: NINE + at * MINUTE, to_ms: NINE + (at + 1) * MINUTE, executions: 100.0, hops }
}

#[test]
fn the_worst_hop_is_the_first_area_and_many_small_ones_are_one() {
    let small: Vec<String> = (0..9).map(|at| format!("small-{at}")).collect();
    let mut hops: Vec<(&str, f64)> = small.iter().map(|name| (name.as_str(), 1.0)).collect();
    hops.push(("card-network", 12.0));
    let points = vec![minute(0, &hops), minute(1, &[]), minute(2, &[("card-network", 50.0)])];
    let told = shares(&points);
    assert_eq!(
        told.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(),
        ["card-network", "small-0", "small-1", "small-2", "small-3", "5 others"]
    );
    assert_eq!(told[0].1, [0.12, 0.0, 0.5]);
    assert!((told[5].1[0] - 0.05).abs() < 1e-12);
    let of = Failures { word: "failed".into(), points, markers: vec![] };
    let html = failures(&of).into_string();
    assert_eq!(texts(&html, ".legend span")[0], "card-network 62");
    assert_eq!(attributes(&html, "svg.time", "data-from"), [NINE.to_string()]);
    assert_eq!(
        attributes(&html, "svg.time", "aria-label")[0].replace('\u{202f}', " "),
        "Share of failed attempts by guilty hop: 71 of 300; 87 % by card-network"
    );
    assert_eq!(failures(&Failures::default()).into_string(), "");
}

#[test]
fn markers_have_words_that_do_not_cover_each_other() {
    let mark = |at: i64, words: &str, kind| Marker { at_ms: NINE + at * MINUTE, words: words.into(), kind };
    let markers = vec![
        mark(19, "deploy payment 4.12", MarkerKind::Change),
        mark(22, "began 09:22", MarkerKind::Began),
        mark(24, "paged 09:24", MarkerKind::Paged),
        mark(59, "over", MarkerKind::Over),
        mark(500, "long after", MarkerKind::Change),
    ];
    let points = (0..60).map(|at| minute(at, &[("a", 1.0)])).collect();
    let html = failures(&Failures { word: "failed".into(), points, markers }).into_string();
    assert_eq!(texts(&html, "text.halo"), ["deploy payment 4.12", "began 09:22", "paged 09:24", "over"]);
    let rows = attributes(&html, "text.halo", "y");
    assert!(rows[0] != rows[1] && rows[1] != rows[2] && rows[0] == rows[3], "{rows:?}");
    assert_eq!(texts(&html, ".mark.paged title"), ["paged 09:24"]);
}

#[test]
fn a_budget_goes_down_by_what_each_spends_and_says_when_it_ends() {
    let day = 24 * 60 * MINUTE;
    let spent = |at: i64, share: f64| Spent {
        from_ms: NINE + at * day,
        to_ms: NINE + (at + 1) * day,
        by: vec![("card-network".into(), share), ("b".into(), 0.01)],
    };
    let of = Burn {
        from_ms: NINE,
        to_ms: NINE + 28 * day,
        now_ms: NINE + 3 * day,
        spent: vec![spent(0, 0.2), spent(1, 0.3), spent(2, 0.0)],
        left: None,
        gone_ms: Some(NINE + 6 * day),
    };
    let html = burn(&of).into_string();
    assert_eq!(texts(&html, "text.nn"), ["47 % left"]);
    assert_eq!(texts(&html, "text.gone"), ["gone on 3 Dec"]);
    assert_eq!(texts(&html, ".legend span"), ["card-network 50 %", "b 3 %", "even pace"]);
    let over = Burn { spent: vec![spent(0, 1.6)], gone_ms: None, ..of };
    let html = burn(&over).into_string();
    assert_eq!(texts(&html, "text.nn"), ["-61 % left"]);
    assert!(
        texts(&html, "text.ax").contains(&"-50 %".to_owned()) && texts(&html, "text.gone").is_empty(),
        "{:?}",
        texts(&html, "text.ax")
    );
}

#[test]
fn a_heatmap_has_a_shade_by_share_a_limit_and_percentiles() {
    let column = |at: i64| HeatColumn {
        from_ms: NINE + at * MINUTE,
        to_ms: NINE + (at + 1) * MINUTE,
        buckets: vec![(100.0, 120.0, 99.0), (120.0, 140.0, 1.0), (140.0, 160.0, 0.0)],
        p50_ms: Some(110.0),
        p95_ms: Some(118.0),
    };
    let html = heat(&Heat { columns: vec![column(0), column(1)], limit_ms: Some(800.0) }).into_string();
    assert_eq!(attributes(&html, "svg.time > path[class^=heat]", "class"), ["heat-1", "heat-8"]);
    assert_eq!(texts(&html, "svg text.halo"), ["limit 800 ms"]);
    assert_eq!(attributes(&html, "svg.time > path.p95", "d")[0].matches("h0").count(), 2);
    let label = attributes(&html, "svg.time", "aria-label")[0].replace('\u{202f}', " ");
    assert_eq!(label, "How long 200 executions took over time; the highest p95 was 118 ms; the limit is 800 ms");
    assert_eq!(heat(&Heat { columns: vec![HeatColumn::default()], limit_ms: Some(1.0) }).into_string(), "");
}

#[test]
fn a_sparkline_has_gaps_where_nothing_is_known() {
    let drawn = |values: &[Option<f64>]| attributes(&spark(values).into_string(), "path", "d").concat();
    assert_eq!(drawn(&[Some(1.0), Some(2.0), None, Some(0.0)]), "M0 13.5h0L30 3M90 24h0");
    assert_eq!(drawn(&[]), "");
    assert_eq!(drawn(&[Some(0.0), Some(0.0)]), "M0 24h0L90 24");
}

#[test]
fn something_is_never_drawn_as_nothing() {
    assert_eq!(attributes(&score(0.0001).into_string(), ".b-score", "width"), ["2"]);
    assert!(attributes(&score(0.0).into_string(), ".b-score", "width").is_empty());
    assert_eq!(attributes(&score(0.5).into_string(), ".b-score", "width"), ["55"]);
}
