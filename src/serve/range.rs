//! Ranges in words: `last=1h`, `from=now-1h`, `to=2026-09-01T12:00:00Z`. The same on the command line and in addresses.

use crate::query::Between;
use std::time::Duration;

/// The range that is asked about; `None` where nothing is said: everything there is.
///
/// # Errors
/// One sentence that says what to write instead.
pub fn parse(from: Option<&str>, to: Option<&str>, last: Option<&str>, now_ns: u64) -> Result<Option<Between>, String> {
    match (from, to, last) {
        (None, None, None) => Ok(None),
        (None, None, Some(last)) => {
            let length = u64::try_from(duration(last)?.as_nanos()).unwrap_or(u64::MAX);
            ordered(now_ns.saturating_sub(length), now_ns).map(Some)
        }
        (_, _, Some(_)) => Err("'last' and 'from'/'to' exclude each other; write one of them".into()),
        (from, to, None) => {
            let from_ns = from.map_or(Ok(0), |text| moment(text, now_ns))?;
            let to_ns = to.map_or(Ok(now_ns), |text| moment(text, now_ns))?;
            ordered(from_ns, to_ns).map(Some)
        }
    }
}

fn ordered(from_ns: u64, to_ns: u64) -> Result<Between, String> {
    if from_ns < to_ns {
        return Ok(Between { from_ns, to_ns });
    }
    Err(format!("the range ends ({}) before it begins ({}); write 'from' before 'to'", written(to_ns), written(from_ns)))
}

/// A moment as RFC 3339, UTC.
pub fn written(ns: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ns)).map_or_else(|_| ns.to_string(), |moment| moment.to_string())
}

/// RFC 3339, `now` or `now-1h`; nanoseconds since 1970.
fn moment(text: &str, now_ns: u64) -> Result<u64, String> {
    if text == "now" {
        return Ok(now_ns);
    }
    if let Some(ago) = text.strip_prefix("now-") {
        let ago = u64::try_from(duration(ago)?.as_nanos()).unwrap_or(u64::MAX);
        return Ok(now_ns.saturating_sub(ago));
    }
    let parsed: Option<jiff::Timestamp> = text.parse().ok();
    parsed
        .and_then(|moment| u64::try_from(moment.as_nanosecond()).ok())
        .ok_or_else(|| format!("'{text}' is no moment; write 2026-09-01T12:00:00Z, now, or now-1h"))
}

/// A duration such as `500ms`, `10s`, `15m`, `1h30m`, `7d`, `4w`.
///
/// # Errors
/// One sentence that says what to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no duration; write a number with a unit (ms, s, m, h, d, w), such as 30s or 1h30m");
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let part = unit_ms(unit).and_then(|ms| number.parse::<u64>().ok()?.checked_mul(ms)).map(Duration::from_millis);
        whole = part.and_then(|part| whole.checked_add(part)).ok_or_else(wrong)?;
        rest = after;
    }
    if whole.is_zero() { Err(wrong()) } else { Ok(whole) }
}

fn unit_ms(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const NOW: u64 = 1_788_264_000_000_000_000;
    const HOUR: u64 = 3_600_000_000_000;

    #[test]
    fn a_range_is_the_last_hour_or_lies_between_two_moments() {
        let last_hour = Some(Between { from_ns: NOW - HOUR, to_ns: NOW });
        assert_eq!(parse(None, None, None, NOW), Ok(None));
        assert_eq!(parse(None, None, Some("1h"), NOW), Ok(last_hour));
        assert_eq!(parse(Some("now-1h"), Some("now"), None, NOW), Ok(last_hour));
        assert_eq!(parse(Some("now-1h"), None, None, NOW), Ok(last_hour));
        assert_eq!(parse(Some(&written(NOW - HOUR)), Some(&written(NOW)), None, NOW), Ok(last_hour));
        assert_eq!(
            parse(Some("2026-09-01T13:00:00+01:00"), None, None, NOW + 1),
            Ok(Some(Between { from_ns: NOW, to_ns: NOW + 1 }))
        );
    }

    #[test]
    fn a_range_that_makes_no_sense_is_refused_with_the_way_out() {
        let told = parse(Some("now"), Some("now-1h"), None, NOW).unwrap_err();
        assert!(told.contains("write 'from' before 'to'"), "{told}");
        let told = parse(Some("now-1h"), None, Some("1h"), NOW).unwrap_err();
        assert!(told.contains("exclude each other"), "{told}");
        let told = parse(Some("yesterday"), None, None, NOW).unwrap_err();
        assert_eq!(told, "'yesterday' is no moment; write 2026-09-01T12:00:00Z, now, or now-1h");
        for wrong in ["", "1", "h", "1x", "-1h", "1h-", "0s", "99999999999999999999w"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_add_up() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("4w"), Ok(Duration::from_secs(28 * 86_400)));
    }
}
