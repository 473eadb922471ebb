#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::tests::{Office, office};
use super::*;
use crate::measure::testing::{START_NS, verdict};
use crate::model::{Cause, Verdict, Weight};
use proptest::prelude::*;
use serde_json::Value;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 86_400 * SECOND;

/// Seconds after 10:00:00 of 2026-10-05.
fn at(seconds: u64) -> u64 {
    START_NS + seconds * SECOND
}

fn between(from: u64, to: u64) -> Option<Between> {
    Some(Between { from_ns: at(from), to_ns: at(to) })
}

fn ask(office: &Office, between: Option<Between>, step_ns: Option<u64>) -> Result<History, String> {
    let question = HistoryQuestion { capability: "book-flight".into(), between, step_ns, durations: true };
    office.desk.history(&question).map_err(|error| error.to_string())
}

/// Executions that ended so many seconds after ten; those of an odd second failed at the hop of that number.
fn ended_at(office: &Office, seconds: &[u64]) {
    let verdicts = (1..).zip(seconds).map(|(id, second)| {
        let verdict = match second % 2 {
            0 => office.world.ok(id),
            _ => office.world.failed(id, office.world.hop(*second as usize % 10), Cause::AppError),
        };
        Verdict { end_ns: at(*second), ..verdict }
    });
    office.record(&verdicts.collect::<Vec<_>>());
}

/// `HH:MM:SS` from and to, and executions.
fn points(history: &History) -> Vec<(String, String, f64)> {
    let clock = |moment: &str| moment["2026-10-05T".len()..].trim_end_matches('Z').to_owned();
    history.points.iter().map(|point| (clock(&point.from), clock(&point.to), point.executions.0)).collect()
}

fn point(from: &str, to: &str, executions: u64) -> (String, String, f64) {
    (from.into(), to.into(), executions as f64)
}

#[test]
fn points_are_aligned_without_a_hole_and_the_first_and_the_last_are_cut() {
    let office = office(None);
    ended_at(&office, &[70, 74, 130, 190, 430]);
    let told = ask(&office, between(70, 440), Some(2 * MINUTE)).unwrap();
    let expected = [
        point("10:01:10", "10:02:00", 2),
        point("10:02:00", "10:04:00", 2),
        point("10:04:00", "10:06:00", 0),
        point("10:06:00", "10:07:20", 1),
    ];
    assert_eq!(points(&told), expected);
    assert_eq!((told.step_seconds, told.range.from.as_str(), told.note), (120, "2026-10-05T10:01:10Z", None));
    let empty = &told.points[2];
    assert_eq!((empty.success_rate, empty.latency_ms, &empty.worst_hop), (None, LatencyMs::default(), &None));
    assert_eq!((empty.absorbed.len(), empty.ok), (3, Count(0.0)));
}

#[test]
fn a_window_belongs_to_the_point_in_which_it_starts_and_borders_belong_to_the_later_one() {
    let office = office(None);
    ended_at(&office, &[59, 60, 119, 120]);
    let told = ask(&office, None, Some(MINUTE)).unwrap();
    let expected = [point("10:00:50", "10:01:00", 1), point("10:01:00", "10:02:00", 2), point("10:02:00", "10:02:10", 1)];
    assert_eq!(points(&told), expected);
    assert_eq!((told.points[1].ok, told.points[1].failed, told.points[1].success_rate), (Count(1.0), Count(1.0), Some(0.5)));
    let worst: Vec<_> = told.points.iter().map(|point| point.worst_hop.as_ref().map(|worst| worst.hop.as_str())).collect();
    assert_eq!(worst, [Some("card-network"), Some("card-network"), None]);
}

#[test]
fn a_range_that_begins_before_all_that_is_kept_is_cut_and_says_so() {
    let office = office(None);
    ended_at(&office, &[600]);
    let note = Some("nothing is kept of the time before 2026-10-05T10:10:00Z".to_owned());
    for from_ns in [0, at(300)] {
        let told = ask(&office, Some(Between { from_ns, to_ns: at(640) }), Some(10 * SECOND)).unwrap();
        assert_eq!((told.points.len(), told.range.from.as_str(), &told.note), (4, "2026-10-05T10:10:00Z", &note));
    }
    let before = ask(&office, between(0, 300), None).unwrap();
    assert_eq!((before.points.len(), before.range.from.as_str(), &before.note), (0, "2026-10-05T10:00:00Z", &note));
    let after = ask(&office, between(3600, 3620), Some(10 * SECOND)).unwrap();
    assert_eq!(points(&after), [point("11:00:00", "11:00:10", 0), point("11:00:10", "11:00:20", 0)]);
}

#[test]
fn where_nothing_was_counted_there_are_no_points_and_a_sentence() {
    for asked in [None, between(0, 3600)] {
        let told = ask(&office(None), asked, None).unwrap();
        assert_eq!((told.points.len(), told.note.as_deref()), (0, Some("nothing has been counted yet")));
    }
    let unknown = HistoryQuestion { capability: "nope".into(), ..HistoryQuestion::default() };
    let told = office(None).desk.history(&unknown).unwrap_err().to_string();
    assert!(told.starts_with("there is no capability 'nope' in the map"), "{told}");
}

#[test]
fn the_step_that_is_chosen_makes_a_picture() {
    let office = office(None);
    ended_at(&office, &[0]);
    for (seconds, step, number) in [
        (10, 10, 1),
        (1200, 10, 120),
        (1210, 60, 21),
        (3600, 60, 60),
        (6 * 3600, 300, 72),
        (86_400, 900, 96),
        (2 * 86_400, 3600, 48),
        (7 * 86_400, 6 * 3600, 29),
        (90 * 86_400, 86_400, 91),
        (730 * 86_400, 7 * 86_400, 105),
    ] {
        let told = ask(&office, between(0, seconds), None).unwrap();
        assert_eq!((told.step_seconds, told.points.len()), (step, number), "{seconds}");
    }
}

#[test]
fn too_many_points_are_refused_with_the_step_to_write() {
    let office = office(None);
    ended_at(&office, &[0]);
    assert_eq!(ask(&office, between(0, 100_000), Some(10 * SECOND)).unwrap().points.len(), 10_000);
    assert_eq!(
        ask(&office, between(0, 100_010), Some(10 * SECOND)).unwrap_err(),
        "a point every 10s makes 10001 points of this range, and at most 10000 are told; write a step of 1m or more, or ask about less time"
    );
    let years = Some(Between { from_ns: at(0), to_ns: at(0) + 730 * DAY });
    assert!(ask(&office, years, Some(MINUTE)).unwrap_err().contains("write a step of 6h or more"));
    assert!(ask(&office, Some(Between { from_ns: at(0), to_ns: u64::MAX }), Some(10 * SECOND)).is_err());
    assert!(ask(&office, between(0, 100), Some(7 * SECOND)).unwrap_err().contains("'7000000000ns' is no step"));
    assert!(ask(&office, between(0, 100), Some(0)).unwrap_err().contains("is no step"));
}

#[test]
fn the_traffic_of_all_is_the_executions_of_each_history() {
    let office = office(None);
    ended_at(&office, &[1, 2, 3, 59, 61, 130, 131]);
    for (range, step) in [(between(0, 180), 60 * SECOND), (between(5, 125), 10 * SECOND), (between(0, 600), 120 * SECOND)] {
        let all = office.desk.traffic(range.unwrap(), step).unwrap();
        let points = ask(&office, range, Some(step)).unwrap().points;
        assert_eq!(all["book-flight"], points.iter().map(|point| point.executions).collect::<Vec<_>>());
        assert!(all["book-flight"].iter().any(|count| count.0 > 0.0));
        assert!(all.iter().filter(|(id, _)| *id != "book-flight").all(|(_, counts)| counts.iter().all(|count| count.0 == 0.0)));
    }
    assert!(office.desk.traffic(between(0, 60).unwrap(), 7 * SECOND).is_err());
}

#[test]
fn a_step_is_a_multiple_of_ten_seconds() {
    for (text, seconds) in [("10s", 10), ("90s", 90), ("15m", 900), ("1h", 3600), ("1d", 86_400), ("1w", 604_800)] {
        assert_eq!(parse_step(text), Ok(seconds * SECOND), "{text}");
    }
    for text in ["1s", "15s", "100ms"] {
        let told = parse_step(text).unwrap_err().to_string();
        assert!(told.starts_with(&format!("'{text}' is no step")) && told.contains("write a multiple of 10s"), "{told}");
    }
    assert!(parse_step("soon").unwrap_err().to_string().contains("is no length of time"));
    assert!(parse_step("1 month").unwrap_err().to_string().contains("write days or weeks"));
    let told: Vec<_> = [10, 90, 900, 3600, 5400, 86_400, 604_800].map(length_text).into();
    assert_eq!(told, ["10s", "90s", "15m", "1h", "90m", "1d", "7d"]);
}

#[test]
fn years_are_asked_about_as_minutes_are() {
    let folder = tempfile::tempdir().unwrap();
    let office = office(Some(folder.path()));
    let years: Vec<Verdict> = (0..4u32)
        .map(|year| {
            let verdict = office.world.ok(u128::from(year) + 1);
            Verdict { end_ns: START_NS - u64::from(year) * 365 * DAY, ..verdict }
        })
        .collect();
    office.record(&years);
    office.keep();
    let asked = parse_range(Some("2y"), None, None, at(10)).unwrap();
    let told = ask(&office, asked, Some(365 * DAY)).unwrap();
    assert_eq!(told.points.iter().map(|point| point.executions.0).sum::<f64>(), 2.0);
    let all = ask(&office, None, Some(DAY)).unwrap();
    assert_eq!((all.points.len(), all.points.iter().filter(|point| point.executions.0 > 0.0).count()), (1096, 4));
    assert_eq!(all.points[0].from, "2023-10-06T10:00:00Z");
}

#[test]
fn weighted_points_say_what_was_seen() {
    let office = office(None);
    let weight = Weight::from_threshold(0xf0 << 48);
    office.record(&[Verdict { weight, end_ns: at(0), ..office.world.ok(1) }, Verdict { end_ns: at(10), ..office.world.ok(2) }]);
    let told = ask(&office, None, Some(10 * SECOND)).unwrap();
    assert!(told.estimated);
    assert_eq!((told.points[0].executions, told.points[0].sampled.as_ref().unwrap()["executions"]), (Count(16.0), 1));
    assert_eq!((told.points[1].executions, &told.points[1].sampled, &told.points[1].intervals), (Count(1.0), &None, &None));
}

/// What the status of a stretch says, in the fields of a point.
fn status_of(office: &Office, point: &HistoryPoint) -> Value {
    let asked = parse_range(None, Some(&point.from), Some(&point.to), 0).unwrap();
    let question = StatusQuestion { capability: Some("book-flight".into()), between: asked };
    let status = office.desk.status(&question).unwrap().capabilities.remove(0);
    let mut told = serde_json::to_value(status).unwrap();
    let fields = serde_json::to_value(point).unwrap();
    told.as_object_mut().unwrap().retain(|name, _| fields.get(name).is_some());
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_point_is_the_status_of_its_stretch_live_and_kept(
        verdicts in prop::collection::vec(verdict(), 1..40),
        step in 1u64..5,
        cut in 0u64..20 * SECOND,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let office = office(Some(folder.path()));
        let (kept, live) = verdicts.split_at(verdicts.len() / 2);
        office.record(kept);
        office.keep();
        office.record(live);
        let everything = office.desk.status(&StatusQuestion::default()).unwrap().range;
        let asked = Between { from_ns: parse_moment(&everything.from, 0).unwrap() + cut, to_ns: parse_moment(&everything.to, 0).unwrap() + cut + 1 };
        let history = ask(&office, Some(asked), Some(step * 10 * SECOND)).unwrap();
        prop_assert!(history.points.windows(2).all(|pair| pair[0].to == pair[1].from));
        prop_assert_eq!(&Range { from: history.points[0].from.clone(), to: history.points.last().unwrap().to.clone() }, &history.range);
        for point in &history.points {
            let mut told = serde_json::to_value(point).unwrap();
            let own = ["from", "to", "hops", "durations"];
            told.as_object_mut().unwrap().retain(|name, _| !own.contains(&name.as_str()));
            prop_assert_eq!(told, status_of(&office, point));
            let blamed: f64 = point.hops.iter().map(|hop| hop.failures.0).sum();
            prop_assert!(point.hops.len() == 6 || (blamed - point.failed.0).abs() < 1e-6, "{:?}", point);
            let lasted: f64 = point.durations.iter().map(|bucket| bucket.executions.0).sum();
            prop_assert!((lasted - point.ok.0).abs() < 1e-6, "{:?}", point);
        }
        office.keep();
        prop_assert_eq!(ask(&office, Some(asked), Some(step * 10 * SECOND)).unwrap(), history);
    }
}

#[test]
fn a_point_names_who_is_to_blame_and_how_long_the_others_took() {
    let office = office(None);
    ended_at(&office, &[1, 3, 13, 2, 4]);
    let told = ask(&office, between(0, 20), Some(20 * SECOND)).unwrap();
    let point = &told.points[0];
    let blamed: Vec<(&str, f64)> = point.hops.iter().map(|hop| (hop.hop.as_str(), hop.failures.0)).collect();
    let names = |number| office.world.names.text(office.world.hops.get(office.world.hop(number)).hop);
    assert_eq!(blamed, [(names(3), 2.0), (names(1), 1.0)]);
    let lasted: Vec<(bool, f64)> =
        point.durations.iter().map(|bucket| (bucket.from_ms <= 100.0 && 100.0 < bucket.to_ms, bucket.executions.0)).collect();
    assert_eq!(lasted, [(true, 2.0)]);
    let question = HistoryQuestion { capability: "book-flight".into(), between: between(0, 20), ..HistoryQuestion::default() };
    assert!(office.desk.history(&question).unwrap().points.iter().all(|point| point.durations.is_empty()), "only if asked for");
}
