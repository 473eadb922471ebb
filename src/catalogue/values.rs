//! Durations, shares and money: text to exact numbers.

use super::compiled::Calendar;
use super::fields::scalar;
use super::problems::{Findings, quote};
use super::yaml::Node;
use iso_currency::Currency;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A decimal number as people write it: digits, one dot, perhaps a sign. Exact or nothing.
pub fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain || !digits.starts_with(|one: char| one.is_ascii_digit()) || digits.ends_with('.') {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

const UNITS: [(&str, u64); 5] =
    [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000)];

/// A duration such as `800ms`, `1.5s`, `2m`, `1h`, `28d`, in nanoseconds; not zero.
pub fn duration(node: &Node, key: &str, findings: &mut Findings) -> Option<u64> {
    let text = scalar(node, key, findings)?;
    let found = duration_ns(text);
    if found.is_none() {
        let wrong = format!("{} under {} is no duration", quote(text), quote(key));
        findings.add(node.place, wrong, "write a number above 0 and one of ms, s, m, h, d, such as `800ms` or `28d`");
    }
    found
}

fn duration_ns(text: &str) -> Option<u64> {
    let end = text.find(|one: char| one.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(end);
    let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let total = decimal(number)?.checked_mul(Decimal::from(*nanoseconds))?;
    if total.fract().is_zero() { total.to_u64().filter(|total| *total > 0) } else { None }
}

/// Counts are kept by this; a window that cuts it in two has no exact sum.
const SLICE_NS: u64 = 10_000_000_000;

/// Over which time an objective is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last so many nanoseconds.
    Rolling(u64),
    /// The month or quarter that is.
    Calendar(Calendar),
}

/// Over which time an objective is kept: a duration, `month` or `quarter`.
pub fn window(node: &Node, findings: &mut Findings) -> Option<Window> {
    let text = scalar(node, "window", findings)?;
    let calendar = [Calendar::Month, Calendar::Quarter].into_iter().find(|one| one.as_str() == text).map(Window::Calendar);
    let rolling = || duration_ns(text).filter(|length_ns| length_ns.is_multiple_of(SLICE_NS)).map(Window::Rolling);
    let found = calendar.or_else(rolling);
    if found.is_none() {
        let wrong = format!("{} under `window` is no window", quote(text));
        let instead =
            "write a number above 0 and one of m, h, d, such as `28d`, or `month` or `quarter` for those of the calendar";
        findings.add(node.place, wrong, instead);
    }
    found
}

/// A moment as RFC 3339 has it, with its zone, nanoseconds since 1970; the start of a slice of ten seconds.
pub fn moment(node: &Node, key: &str, findings: &mut Findings) -> Option<u64> {
    let text = scalar(node, key, findings)?;
    let found = text.parse::<Timestamp>().ok().and_then(|moment| u64::try_from(moment.as_nanosecond()).ok());
    if found.is_none() {
        let wrong = format!("{} under {} is no moment", quote(text), quote(key));
        findings.add(node.place, wrong, "write day, time and zone, such as `2026-10-03T22:00:00Z`");
        return None;
    }
    let found = found.filter(|moment| moment.is_multiple_of(SLICE_NS));
    if found.is_none() {
        let wrong = format!("{} under {} lies within ten seconds that are counted as one", quote(text), quote(key));
        findings.add(node.place, wrong, "write a whole minute, such as `2026-10-03T22:00:00Z`");
    }
    found
}

/// What an objective promises, as a share from 0 to 1: `99.9%`, or `99.9`, or, under 1, the share itself.
pub fn target(node: &Node, findings: &mut Findings) -> Option<f64> {
    const INSTEAD: &str = "write a percentage from 0% to 100%, such as `99.9%`";
    let text = scalar(node, "target", findings)?;
    let number = decimal(text.strip_suffix('%').unwrap_or(text).trim_end());
    let Some(number) = number else {
        findings.add(node.place, format!("target {} is no percentage", quote(text)), INSTEAD);
        return None;
    };
    if number.is_sign_negative() && !number.is_zero() || number > Decimal::ONE_HUNDRED {
        findings.add(node.place, format!("target {} is outside 0..100 %", quote(text)), INSTEAD);
        return None;
    }
    let is_percentage = text.ends_with('%') || number > Decimal::ONE;
    if !is_percentage && number == Decimal::ONE {
        findings.add(node.place, format!("target {} may be 1 % or all", quote(text)), "write `1%` or `100%`");
        return None;
    }
    let share = if is_percentage { number.checked_div(Decimal::ONE_HUNDRED)? } else { number };
    share.to_f64()
}

/// An amount of money, not negative, without its currency.
pub fn amount(node: &Node, findings: &mut Findings) -> Option<Decimal> {
    let text = scalar(node, "per_execution", findings)?;
    let found = decimal(text).filter(|amount| amount.is_zero() || amount.is_sign_positive());
    if found.is_none() {
        findings.add(
            node.place,
            format!("value {} is no amount", quote(text)),
            "write a decimal number in quotes, such as `\"41.50\"`",
        );
    }
    found
}

/// A code of ISO 4217.
pub fn currency(node: &Node, findings: &mut Findings) -> Option<String> {
    let text = scalar(node, "currency", findings)?;
    let found = Currency::from_code(text);
    if found.is_none() {
        let upper = text.to_uppercase();
        let instead = match Currency::from_code(&upper) {
            Some(_) => format!("write {}", quote(&upper)),
            None => "write a code of ISO 4217, such as `EUR`".to_owned(),
        };
        findings.add(node.place, format!("unknown currency {}", quote(text)), instead);
    }
    found.map(|currency| currency.code().to_owned())
}

/// A share from 0 to 1.
pub fn share(node: &Node, key: &str, findings: &mut Findings) -> Option<Decimal> {
    let text = scalar(node, key, findings)?;
    let found = decimal(text).filter(|share| (Decimal::ZERO..=Decimal::ONE).contains(share));
    if found.is_none() {
        findings.add(
            node.place,
            format!("{} {} is outside 0..1", quote(key), quote(text)),
            "write a number from 0 to 1, such as `0.35`",
        );
    }
    found
}
