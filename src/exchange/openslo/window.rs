//! Windows of time in both languages.

use crate::catalogue::document::{Fields, Findings, Node, quote};
use crate::catalogue::{Calendar, Objective};

const MINUTE_NS: u64 = 60_000_000_000;
const HOUR_NS: u64 = 60 * MINUTE_NS;
const DAY_NS: u64 = 24 * HOUR_NS;

/// What holds where the map gives no window.
const USUAL_NS: u64 = 30 * DAY_NS;

/// The `timeWindow` of an objective, each line indented by four; `None` where OpenSLO has no word for its length.
pub(super) fn written(objective: &Objective) -> Option<String> {
    let Some(calendar) = objective.calendar else {
        let length = length(objective.window_ns.unwrap_or(USUAL_NS))?;
        return Some(format!("    - duration: {length}\n      isRolling: true\n"));
    };
    let duration = match calendar {
        Calendar::Month => "1M",
        Calendar::Quarter => "1Q",
    };
    Some(format!(
        "    - duration: {duration}\n      calendar:\n        startTime: \"2020-01-01 00:00:00\"\n        timeZone: UTC\n      isRolling: false\n"
    ))
}

/// A length in the largest unit that both languages have.
fn length(length_ns: u64) -> Option<String> {
    let unit = [(DAY_NS, 'd'), (HOUR_NS, 'h'), (MINUTE_NS, 'm')].into_iter().find(|(unit, _)| length_ns.is_multiple_of(*unit));
    unit.map(|(unit, name)| format!("{}{name}", length_ns / unit))
}

/// The `window` of the map that says what a `timeWindow` says; `None` where nothing does, which is told.
pub(super) fn read(node: &Node, problems: &mut Findings, lost: &mut Findings) -> Option<String> {
    let known = ["duration", "isRolling", "calendar"];
    let fields = Fields::new(node, "a time window", &known, problems)?;
    let duration = fields.need("duration", "write its length, such as `duration: 28d`", problems)?;
    let text = crate::catalogue::document::text(duration, "duration", problems)?;
    let rolling = fields.word("isRolling", &[("true", true), ("false", false)], problems);
    let calendar = fields.get("calendar");
    if rolling == Some(true) && calendar.is_some() {
        problems.add(
            node.place,
            "a window that is rolling and of the calendar",
            "leave `calendar` out, or write `isRolling: false`",
        );
        return None;
    }
    let Some((number, unit)) = shorthand(text) else {
        let instead = "write a whole number above 0 and one of m, h, d, w, M, Q, Y, such as `28d`";
        problems.add(duration.place, format!("{} is no duration", quote(text)), instead);
        return None;
    };
    let found = match calendar {
        Some(calendar) => return of_calendar(calendar, (number, unit), duration, problems, lost),
        None => match unit {
            'w' => number.checked_mul(7).map(|days| format!("{days}d")),
            'm' | 'h' | 'd' => Some(format!("{number}{unit}")),
            _ => None,
        },
    };
    if found.is_none() {
        let why = "months and years are not equally long; write days, or a window of the calendar. Without a window 30 days hold";
        lost.add(duration.place, format!("a rolling window of {} is not carried over", quote(text)), why);
    }
    found
}

fn of_calendar(
    node: &Node,
    length: (u64, char),
    duration: &Node,
    problems: &mut Findings,
    lost: &mut Findings,
) -> Option<String> {
    let fields = Fields::new(node, "a calendar", &["startTime", "timeZone"], problems)?;
    let (start, zone) = (fields.text("startTime", problems)?, fields.text("timeZone", problems)?);
    let (word, months): (_, &[&str]) = match length {
        (1, 'M') => ("month", &["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"]),
        (1, 'Q') | (3, 'M') => ("quarter", &["01", "04", "07", "10"]),
        _ => {
            let why = "only a month and a quarter of the calendar are known. Without a window 30 days hold";
            lost.add(duration.place, "this window of the calendar is not carried over", why);
            return None;
        }
    };
    let starts =
        |month: &str| start.get(4..).is_some_and(|rest| rest.strip_prefix(&format!("-{month}-01")).is_some_and(is_midnight));
    if !months.iter().copied().any(starts) {
        let why = format!("a {word} begins with its first day here");
        lost.add(node.place, format!("the start {} is not carried over", quote(&start)), why);
    }
    if !["UTC", "Etc/UTC", "GMT", "Z"].contains(&zone.as_str()) {
        lost.add(node.place, format!("the zone {} is not carried over", quote(&zone)), format!("a {word} is one of UTC here"));
    }
    Some(word.to_owned())
}

fn is_midnight(rest: &str) -> bool {
    ["", " 00:00:00", "T00:00:00", " 00:00", "T00:00:00Z"].contains(&rest)
}

/// A whole number and a letter; together not more than the map can count.
fn shorthand(text: &str) -> Option<(u64, char)> {
    let unit = text.chars().last().filter(|unit| "mhdwMQY".contains(*unit))?;
    let digits = text.get(..text.len() - 1)?;
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    let unit_ns = match unit {
        'm' => MINUTE_NS,
        'h' => HOUR_NS,
        'd' => DAY_NS,
        _ => 7 * DAY_NS,
    };
    let fits = number.checked_mul(unit_ns).is_some() && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some((number, unit))
}
