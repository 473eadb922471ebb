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

/// Reads a length of time such as `30s`, `15m`, `1h30m` or `28d`; nanoseconds. A day has 24 hours.
///
/// # Errors
/// It is none, or not longer than nothing.
pub fn parse_length(text: &str) -> Result<u64, QueryError> {
    let span = text.trim().parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let length = span.ok().and_then(|length| u64::try_from(length.as_nanos()).ok()).filter(|length| *length > 0);
    length.ok_or_else(|| QueryError::Bad(format!("'{text}' is no length of time; write for example 30s, 15m, 1h30m or 28d")))
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
            let length = rest.strip_prefix('-').and_then(|length| parse_length(length).ok()).ok_or_else(bad)?;
            Ok(now_ns.saturating_sub(length))
        }
        None => {
            let moment = text.trim().parse::<Timestamp>().map_err(|_| bad())?;
            u64::try_from(moment.as_nanosecond()).map_err(|_| bad())
        }
    }
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
        for (text, seconds) in [("30s", 30), ("15m", 900), ("1h", 3600), ("1h30m", 5400), ("28d", 28 * 86_400), ("1w", 604_800)] {
            assert_eq!(parse_length(text).unwrap(), seconds * 1_000_000_000, "{text}");
        }
    }

    #[test]
    fn what_is_no_length_is_told_with_an_example() {
        for text in ["", "1", "h", "-1h", "0s", "1 parsec", "2 months"] {
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
        for text in ["yesterday", "now+1h", "now-", "nowhere", "2026-10-05", "1960-01-01T00:00:00Z"] {
            let told = parse_moment(text, NOW).unwrap_err().to_string();
            assert_eq!(told, format!("'{text}' is no moment; write for example 2026-10-05T10:00:00Z, now or now-1h"));
        }
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
