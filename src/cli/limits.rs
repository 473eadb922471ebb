//! Limits as written become limits.

use super::args::{SizeArgs, WaitArgs};
use crate::app::Limits;
use crate::query::parse_length;
use anyhow::{Context, bail, ensure};
use std::time::Duration;

/// What was not given is as the specification says.
pub(super) fn resolve(waits: &WaitArgs, sizes: &SizeArgs) -> anyhow::Result<Limits> {
    let usual = Limits::default();
    let limits = Limits {
        quiet: wait("--quiet", waits.quiet.as_deref(), usual.quiet)?,
        max_age: wait("--max-age", waits.max_age.as_deref(), usual.max_age)?,
        no_entry: wait("--no-entry", waits.no_entry.as_deref(), usual.no_entry)?,
        open_trace_bytes: sizes.open_trace_bytes.as_deref().map(|text| size("--open-trace-bytes", text)).transpose()?,
        spans_per_trace: number("--spans-per-trace", sizes.spans_per_trace, usual.spans_per_trace)?,
        names: number("--names", sizes.names, usual.names)?,
        hops_per_capability: number("--hops-per-capability", sizes.hops_per_capability, usual.hops_per_capability)?,
        attributes_per_span: number("--attributes-per-span", sizes.attributes_per_span, usual.attributes_per_span)?,
        message_bytes: sizes.message_bytes.as_deref().map_or(Ok(usual.message_bytes), |text| size("--message-bytes", text))?,
        retention: usual.retention,
        clock_skew: sizes.clock_skew.as_deref().map_or(Ok(usual.clock_skew), clock_skew)?,
    };
    ensure!(
        limits.quiet <= limits.max_age,
        "--quiet ({}) is longer than --max-age ({}), so that it would never be waited for; write a shorter one",
        told(limits.quiet),
        told(limits.max_age)
    );
    Ok(limits)
}

fn told(wait: Duration) -> String {
    if wait.subsec_millis() == 0 { format!("{}s", wait.as_secs()) } else { format!("{}ms", wait.as_millis()) }
}

pub(super) fn wait(flag: &'static str, text: Option<&str>, usual: Duration) -> anyhow::Result<Duration> {
    text.map_or(Ok(usual), |text| parse_length(text).map(Duration::from_nanos).context(flag))
}

/// `off`, or a length of time.
fn clock_skew(text: &str) -> anyhow::Result<Option<Duration>> {
    if text.trim().eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let most = parse_length(text).context("--clock-skew takes off, or the most by which a span may be moved")?;
    Ok(Some(Duration::from_nanos(most)))
}

pub(super) fn number(flag: &'static str, given: Option<usize>, usual: usize) -> anyhow::Result<usize> {
    ensure!(given != Some(0), "{flag}: '0' leaves no room at all; write a larger number");
    Ok(given.unwrap_or(usual))
}

/// `64MiB`, `2GiB`, `500MB`, `1000000`.
pub(super) fn size(flag: &'static str, text: &str) -> anyhow::Result<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: usize = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => bail!("{flag}: '{text}' is no size; write a number with a unit (KiB, MiB, GiB), such as 64MiB"),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(unit)).filter(|bytes| *bytes > 0);
    bytes.with_context(|| format!("{flag}: '{text}' is no size; write a number with a unit (KiB, MiB, GiB), such as 64MiB"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn told_of(waits: &WaitArgs, sizes: &SizeArgs) -> String {
        format!("{:#}", resolve(waits, sizes).unwrap_err())
    }

    #[test]
    fn what_is_not_given_is_as_the_specification_says() {
        assert_eq!(resolve(&WaitArgs::default(), &SizeArgs::default()).unwrap(), Limits::default());
    }

    #[test]
    fn sizes_and_waits_are_read_with_their_units() {
        let waits = WaitArgs { quiet: Some("500ms".into()), ..WaitArgs::default() };
        let sizes =
            SizeArgs { open_trace_bytes: Some("64MiB".into()), message_bytes: Some("1 MB".into()), ..SizeArgs::default() };
        let limits = resolve(&waits, &sizes).unwrap();
        assert_eq!((limits.quiet, limits.open_trace_bytes), (Duration::from_millis(500), Some(64 << 20)));
        assert_eq!(limits.message_bytes, 1_000_000);
    }

    #[test]
    fn clocks_are_believed_unless_a_limit_is_given() {
        let given = |text: &str| SizeArgs { clock_skew: Some(text.into()), ..SizeArgs::default() };
        let resolved = |text: &str| resolve(&WaitArgs::default(), &given(text)).map(|limits| limits.clock_skew);
        assert_eq!(resolved("off").unwrap(), None);
        assert_eq!(resolved("1500ms").unwrap(), Some(Duration::from_millis(1500)));
        for text in ["", "on", "0s", "-5s", "5"] {
            let told = told_of(&WaitArgs::default(), &given(text));
            assert!(
                told.starts_with("--clock-skew takes off, or ") && told.contains("such as") | told.contains("for example"),
                "{told}"
            );
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_refused_with_the_way_out() {
        let no_size = |text: &str| SizeArgs { message_bytes: Some(text.into()), ..SizeArgs::default() };
        for text in ["", "many", "0", "1TiB", "99999999999999999999", "99999999999GiB"] {
            let told = told_of(&WaitArgs::default(), &no_size(text));
            assert!(told.starts_with("--message-bytes: ") && told.contains("such as 64MiB"), "{told}");
        }
        let waits = WaitArgs { quiet: Some("40s".into()), ..WaitArgs::default() };
        assert!(told_of(&waits, &SizeArgs::default()).contains("--quiet (40s) is longer than --max-age (30s)"));
        let sizes = SizeArgs { names: Some(0), ..SizeArgs::default() };
        assert!(told_of(&WaitArgs::default(), &sizes).contains("--names"));
    }
}
