//! Ranges of time, as people write them (spec 4.1).

use super::{Between, QueryError, Range};
use jiff::{Span, SpanRelativeTo, Timestamp};

/// A moment in RFC 3339, UTC.
pub fn moment_text(moment_ns: u64) -> String {
    Timestamp::from_nanosecond(i128::from(moment_ns)).map_or_else(|_| String::new(), |moment| moment.to_string())
}

impl From<Between> for Range {
    fn from(between: Between) -> Self {
        Self { from: moment_text(between.from_ns), to: moment_text(between.to_ns) }
    }
}

/// A year as lengths have it: whole days, so that a length does not hang on when it begins.
const DAYS_OF_A_YEAR: i128 = 365;

/// Why a text is no length.
enum NoLength {
    Unreadable,
    Months,
}

fn length_of(text: &str) -> Result<u64, NoLength> {
    let span = text.trim().parse::<Span>().map_err(|_| NoLength::Unreadable)?;
    if span.get_months() != 0 {
        return Err(NoLength::Months);
    }
    let rest = span.try_years(0).and_then(|rest| rest.to_duration(SpanRelativeTo::days_are_24_hours()));
    let rest = rest.map_err(|_| NoLength::Unreadable)?.as_nanos();
    let years = i128::from(span.get_years()) * DAYS_OF_A_YEAR * 24 * 3_600_000_000_000;
    u64::try_from(years + rest).ok().filter(|length| *length > 0).ok_or(NoLength::Unreadable)
}

fn months(text: &str) -> QueryError {
    QueryError::Bad(format!("'{text}': months are not equally long; write days or weeks, such as 30d, 13w or 1y"))
}

/// Reads a length of time such as `30s`, `15m`, `1h30m`, `28d`, `2w` or `2y`; nanoseconds. A day has 24 hours, a year 365 days.
///
/// # Errors
/// It is none, or not longer than nothing, or counts in months, which are not equally long.
pub fn parse_length(text: &str) -> Result<u64, QueryError> {
    length_of(text).map_err(|why| match why {
        NoLength::Unreadable => {
            QueryError::Bad(format!("'{text}' is no length of time; write for example 30s, 15m, 1h30m or 28d"))
        }
        NoLength::Months => months(text),
    })
}

/// Reads a moment: RFC 3339, `now`, or `now-1h`; nanoseconds since 1970.
///
/// # Errors
/// It is none.
pub fn parse_moment(text: &str, now_ns: u64) -> Result<u64, QueryError> {
    let bad = || QueryError::Bad(format!("'{text}' is no moment; write for example 2026-10-05T10:00:00Z, now or now-1h"));
    match text.trim().strip_prefix("now") {
        Some("") => Ok(now_ns),
        Some(rest) => {
            let length = rest.strip_prefix('-').ok_or_else(bad)?;
            let length = length_of(length).map_err(|why| if matches!(why, NoLength::Months) { months(text) } else { bad() })?;
            Ok(now_ns.saturating_sub(length))
        }
        None => {
            let moment = text.trim().parse::<Timestamp>().map_err(|_| a_day(text).unwrap_or_else(bad))?;
            u64::try_from(moment.as_nanosecond()).map_err(|_| bad())
        }
    }
}

/// What to say of a day, which is no moment: nobody can know in which zone it begins.
fn a_day(text: &str) -> Option<QueryError> {
    let day = text.trim();
    let is_day = day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok();
    is_day.then(|| QueryError::Bad(format!("'{day}' is a day and no moment; write {day}T00:00:00Z, or with another zone")))
}

/// The range that `--last`, `--from` and `--to` ask for; `None` if none of them is given: everything there is. Without `--from` it
/// begins with the beginning, without `--to` it ends now.
///
/// # Errors
/// A part cannot be read, `--last` stands beside the others, or nothing lies between.
pub fn parse_range(last: Option<&str>, from: Option<&str>, to: Option<&str>, now_ns: u64) -> Result<Option<Between>, QueryError> {
    if let Some(last) = last {
        if from.is_some() || to.is_some() {
            return Err(QueryError::Bad("--last and --from/--to ask for different ranges; give one or the other".into()));
        }
        return Ok(Some(Between { from_ns: now_ns.saturating_sub(parse_length(last)?), to_ns: now_ns }));
    }
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let from_ns = from.map_or(Ok(0), |text| parse_moment(text, now_ns))?;
    let to_ns = to.map_or(Ok(now_ns), |text| parse_moment(text, now_ns))?;
    if from_ns >= to_ns {
        let (from, to) = (moment_text(from_ns), moment_text(to_ns));
        return Err(QueryError::Bad(format!("nothing lies between {from} and {to}; the first moment must be the earlier one")));
    }
    Ok(Some(Between { from_ns, to_ns }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const NOW: u64 = 1_791_194_400_000_000_000;
    const HOUR: u64 = 3_600_000_000_000;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30s", 30),
            ("15m", 900),
            ("1h", 3600),
            ("1h30m", 5400),
            ("28d", 28 * 86_400),
            ("1w", 604_800),
            ("90d", 90 * 86_400),
        ] {
            assert_eq!(parse_length(text).unwrap(), seconds * 1_000_000_000, "{text}");
        }
    }

    #[test]
    fn a_year_has_365_days_and_months_are_refused_with_what_to_write_instead() {
        const DAY: u64 = 86_400_000_000_000;
        for (text, days) in [("1y", 365), ("2y", 730), ("1y1d", 366), ("2 years", 730), ("1y 2w", 379)] {
            assert_eq!(parse_length(text), Ok(days * DAY), "{text}");
            assert_eq!(parse_moment(&format!("now-{text}"), NOW), Ok(NOW - days * DAY), "{text}");
        }
        for text in ["2 months", "1mo", "1y2mo", "P3M"] {
            let told = format!("'{text}': months are not equally long; write days or weeks, such as 30d, 13w or 1y");
            assert_eq!(parse_length(text).unwrap_err().to_string(), told);
            let told = parse_moment(&format!("now-{text}"), NOW).unwrap_err().to_string();
            assert!(told.starts_with(&format!("'now-{text}': months are not equally long; write days")), "{told}");
        }
        for text in ["-1y", "0y", "9999y"] {
            assert!(parse_length(text).unwrap_err().to_string().contains("is no length of time"), "{text}");
        }
        assert_eq!(parse_moment("now-100y", NOW), Ok(0));
    }

    #[test]
    fn ranges_may_lie_years_back() {
        let read = |last, from, to| parse_range(last, from, to, NOW).unwrap().unwrap();
        let told = |between: Between| (moment_text(between.from_ns), moment_text(between.to_ns));
        let (from, to) = (Some("2019-03-01T00:00:00Z"), Some("2019-04-01T02:00:00+02:00"));
        assert_eq!(told(read(None, from, to)), ("2019-03-01T00:00:00Z".into(), "2019-04-01T00:00:00Z".into()));
        assert_eq!(told(read(Some("2y"), None, None)), ("2024-10-05T10:00:00Z".into(), "2026-10-05T10:00:00Z".into()));
        assert_eq!(told(read(None, Some("now-3y"), Some("now-90d"))).0, "2023-10-06T10:00:00Z");
    }

    #[test]
    fn what_is_no_length_is_told_with_an_example() {
        for text in ["", "1", "h", "-1h", "0s", "1 parsec"] {
            let told = parse_length(text).unwrap_err().to_string();
            assert_eq!(told, format!("'{text}' is no length of time; write for example 30s, 15m, 1h30m or 28d"));
        }
    }

    #[test]
    fn moments_are_rfc_3339_or_count_back_from_now() {
        assert_eq!(parse_moment("2026-10-05T10:00:00Z", 0).unwrap(), NOW);
        assert_eq!(parse_moment("2026-10-05T12:00:00.5+02:00", 0).unwrap(), NOW + 500_000_000);
        assert_eq!(parse_moment("now", NOW).unwrap(), NOW);
        assert_eq!(parse_moment("now-1h", NOW).unwrap(), NOW - HOUR);
        assert_eq!(moment_text(NOW), "2026-10-05T10:00:00Z");
        for text in ["yesterday", "now+1h", "now-", "nowhere", "2026-13-05", "1960-01-01T00:00:00Z"] {
            let told = parse_moment(text, NOW).unwrap_err().to_string();
            assert_eq!(told, format!("'{text}' is no moment; write for example 2026-10-05T10:00:00Z, now or now-1h"));
        }
        let told = parse_moment("2024-02-29", NOW).unwrap_err().to_string();
        assert_eq!(told, "'2024-02-29' is a day and no moment; write 2024-02-29T00:00:00Z, or with another zone");
    }

    #[test]
    fn a_range_is_given_in_one_way_and_not_backwards() {
        let read = |last, from, to| parse_range(last, from, to, NOW).map_err(|error| error.to_string());
        assert_eq!(read(None, None, None), Ok(None));
        assert_eq!(read(Some("1h"), None, None), Ok(Some(Between { from_ns: NOW - HOUR, to_ns: NOW })));
        assert_eq!(read(None, Some("now-2h"), Some("now-1h")), Ok(Some(Between { from_ns: NOW - 2 * HOUR, to_ns: NOW - HOUR })));
        assert_eq!(read(None, Some("now-2h"), None), Ok(Some(Between { from_ns: NOW - 2 * HOUR, to_ns: NOW })));
        assert!(read(Some("1h"), Some("now-2h"), None).unwrap_err().contains("give one or the other"));
        assert_eq!(
            read(None, Some("now"), Some("now-1h")).unwrap_err(),
            "nothing lies between 2026-10-05T10:00:00Z and 2026-10-05T09:00:00Z; the first moment must be the earlier one"
        );
    }
}
