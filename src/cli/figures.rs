//! Figures for people: few digits, and never rounded to what is not true.

use crate::query::Count;

/// What stands where there is nothing to tell.
pub(super) const NOTHING: &str = "-";

/// A count: whole, or with two digits where it is weighted.
pub(super) fn count(count: Count) -> String {
    if count.0.fract() == 0.0 { format!("{:.0}", count.0) } else { format!("{:.2}", count.0) }
}

/// A share of 0 to 1 as a percentage with so many digits, cut off rather than rounded: 99.97 % is not 100 %.
pub(super) fn percent(share: Option<f64>, digits: usize) -> String {
    let Some(share) = share else { return NOTHING.into() };
    let scale = 10_f64.powi(digits as i32);
    // A hair, so that 0.29 (in binary a little less) is 29 and not 28.
    let cut = (share * 100.0 * scale + 1e-6).floor() / scale;
    format!("{cut:.digits$}%")
}

/// A part of a whole as a percentage, rounded; but only the whole is 100 %.
pub(super) fn share(share: Option<f64>) -> String {
    let rounded = share.map(|share| (share * 1000.0).round() / 1000.0);
    percent(rounded.map(|rounded| if share < Some(1.0) { rounded.min(0.999) } else { rounded }), 1)
}

/// Digits of a target such as 0.9995 (99.95 %), at least one.
pub(super) fn digits_of(target: f64) -> usize {
    let text = format!("{:.6}", target * 100.0);
    text.trim_end_matches('0').split_once('.').map_or(1, |(_, digits)| digits.len().max(1))
}

/// Milliseconds as `4.21 ms`, `84.2 ms`, `812 ms`, `1.90 s`.
pub(super) fn ms(ms: Option<f64>) -> String {
    let Some(ms) = ms else { return NOTHING.into() };
    if ms < 999.5 {
        return format!("{} ms", three(ms));
    }
    format!("{} s", three(ms / 1000.0))
}

/// Three digits that matter, where there are that many.
fn three(number: f64) -> String {
    match number {
        _ if number == 0.0 => "0".into(),
        _ if number < 9.995 => format!("{number:.2}"),
        _ if number < 99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_never_rounded_up_to_the_goal() {
        assert_eq!(percent(Some(0.99949), 2), "99.94%");
        assert_eq!(percent(Some(0.999_999), 1), "99.9%");
        assert_eq!(percent(Some(1.0), 1), "100.0%");
        assert_eq!(percent(Some(0.29), 0), "29%");
        assert_eq!(percent(None, 1), "-");
        assert_eq!((digits_of(0.99), digits_of(0.9995), digits_of(0.999)), (1, 2, 1));
    }

    #[test]
    fn parts_of_a_whole_are_rounded_and_only_the_whole_is_a_hundred() {
        let told: Vec<_> = [0.0, 1.0 / 6.0, 0.9996, 1.0].map(|one| share(Some(one))).into();
        assert_eq!(told, ["0.0%", "16.7%", "99.9%", "100.0%"]);
        assert_eq!(share(None), "-");
    }

    #[test]
    fn durations_have_a_unit_and_three_digits() {
        let told: Vec<_> = [0.0, 0.04, 4.214, 84.21, 812.5, 999.6, 1904.0, 62_000.0, 125_000.0].map(|one| ms(Some(one))).into();
        assert_eq!(told, ["0 ms", "0.04 ms", "4.21 ms", "84.2 ms", "812 ms", "1.00 s", "1.90 s", "62.0 s", "125 s"]);
        assert_eq!(ms(None), "-");
    }

    #[test]
    fn weighted_counts_show_that_they_are() {
        assert_eq!((count(Count(12.0)), count(Count(12.5))), ("12".into(), "12.50".into()));
    }
}
