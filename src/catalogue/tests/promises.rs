//! Windows of objectives, and maintenance: what a right map says, and what is told of a wrong one.

use super::super::{Calendar, parse};
use super::*;

const DAY_NS: u64 = 86_400_000_000_000;

fn told(text: &str) -> Vec<String> {
    parse("map.yaml", text).map_or_else(|problems| problems.0, |_| Vec::new())
}

/// Windows of an objective with this `window`.
fn window(text: &str) -> (Option<u64>, Option<Calendar>) {
    let map = read(&capability(&format!("objectives: [{{id: a, target: 99%, window: {text}}}]")));
    let one = &map.capabilities()[0].objectives[0];
    (one.window_ns, one.calendar)
}

#[test]
fn a_window_rolls_or_is_one_of_the_calendar() {
    for (text, days) in [("7d", 7), ("28d", 28), ("30d", 30), ("90d", 90), ("48h", 2), ("'365d'", 365)] {
        assert_eq!(window(text), (Some(days * DAY_NS), None), "{text}");
    }
    assert_eq!(window("month"), (None, Some(Calendar::Month)));
    assert_eq!(window("quarter"), (None, Some(Calendar::Quarter)));
}

#[test]
fn maintenance_is_given_to_the_capabilities_that_it_names_and_without_names_to_all() {
    let map = read(
        "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities: [{id: a}, {id: b}]\nmaintenance:\n\
         - {from: 2026-10-03T22:00:00Z, to: 2026-10-04T02:00:00+02:00, capabilities: [b, b], reason: new disks}\n\
         - {from: 2026-11-01T00:00:00Z, to: 2026-11-01T00:00:10Z, reason: move}\n",
    );
    let told = |at: usize| -> Vec<(u64, &str)> {
        let list = &map.capabilities()[at].maintenance;
        list.iter().map(|one| ((one.to_ns - one.from_ns) / 1_000_000_000, one.reason.as_str())).collect()
    };
    assert_eq!(told(0), [(10, "move")]);
    assert_eq!(told(1), [(7200, "new disks"), (10, "move")]);
}

/// The problems of a map with these entries of `maintenance`, which begin at line 4, column 14.
fn of_maintenance(list: &str) -> Vec<String> {
    told(&format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities: [{{id: shop}}]\nmaintenance: {list}"))
}

#[test]
fn windows_that_cannot_be_summed_are_refused() {
    let instead = "write a number above 0 and one of m, h, d, such as `28d`, or `month` or `quarter` for those of the calendar";
    for text in ["year", "28", "28 days", "0d", "-7d", "1h30m", "45s", "99999999999999d", "Month"] {
        let told = told(&capability(&format!("objectives: [{{id: a, target: 99%, window: {text}}}]")));
        assert_eq!(told, [format!("map.yaml:5:47: `{text}` under `window` is no window; {instead}")]);
    }
}

#[test]
fn all_that_is_wrong_with_maintenance_is_told_at_once() {
    assert_eq!(
        of_maintenance(
            "[{from: yesterday, to: 2026-10-04, capabilities: [shopp], reason: ''}, {}, {to: 2026-10-03T22:00:05Z, reason: a}]"
        ),
        [
            "map.yaml:4:22: `yesterday` under `from` is no moment; write day, time and zone, such as `2026-10-03T22:00:00Z`",
            "map.yaml:4:37: `2026-10-04` under `to` is no moment; write day, time and zone, such as `2026-10-03T22:00:00Z`",
            "map.yaml:4:64: there is no capability `shopp`; write `shop`",
            "map.yaml:4:80: empty text under `reason`; fill it in or leave it out",
            "map.yaml:4:85: a maintenance that says nothing; fill it in or leave it out",
            "map.yaml:4:89: a maintenance without `from`; write when it began, such as `from: 2026-10-03T22:00:00Z`",
            "map.yaml:4:94: `2026-10-03T22:00:05Z` under `to` lies within ten seconds that are counted as one; write a whole minute, such as `2026-10-03T22:00:00Z`",
        ]
    );
    assert_eq!(
        of_maintenance("[{from: 2026-10-04T02:00:00Z, to: 2026-10-03T22:00:00Z, reason: a}]"),
        ["map.yaml:4:15: a maintenance that ends before it began; write the earlier moment under `from`"]
    );
    assert_eq!(of_maintenance("[]").len(), 1);
    let many = vec!["{from: 2026-10-03T22:00:00Z, to: 2026-10-04T02:00:00Z, reason: a}"; 1001].join(", ");
    assert!(of_maintenance(&format!("[{many}]"))[0].contains("more than 1000 entries under `maintenance`; leave out those"));
}
