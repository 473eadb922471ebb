//! How sure a share is.

/// Two-sided 95 % of the normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// Wilson interval (95 %) of a share, 0 to 1, seen in so many cases; `None` without cases. Cases of unequal weight are as good as
/// [`super::Tally::effective`] says.
pub fn wilson(share: f64, cases: f64) -> Option<(f64, f64)> {
    wilson_at(share, cases, Z)
}

/// The same for so many standard deviations.
pub fn wilson_at(share: f64, cases: f64, z: f64) -> Option<(f64, f64)> {
    if cases <= 0.0 {
        return None;
    }
    let n = cases;
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).max(0.0).sqrt();
    let (middle, scale) = (share + z * z / (2.0 * n), 1.0 + z * z / n);
    // At the ends the bounds are exact; rounding must not make 100 % a little less.
    let low = if share <= 0.0 { 0.0 } else { ((middle - spread) / scale).clamp(0.0, 1.0) };
    let high = if share >= 1.0 { 1.0 } else { ((middle + spread) / scale).clamp(0.0, 1.0) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn wilson_bounds_are_those_of_the_specification() {
        let percent = |failed: u64, seen: u64| {
            let (low, high) = wilson(failed as f64 / seen as f64, seen as f64).unwrap();
            (format!("{:.2}", 100.0 * low), format!("{:.2}", 100.0 * high))
        };
        assert_eq!(percent(1, 10), ("1.79".into(), "40.42".into()));
        assert_eq!(percent(14, 1000), ("0.84".into(), "2.34".into()));
        assert_eq!(wilson(0.5, 0.0), None);
    }

    #[test]
    fn bounds_stay_between_nothing_and_all() {
        assert_eq!(wilson(0.0, 3.0).unwrap().0, 0.0);
        assert_eq!(wilson(1.0, 3.0).unwrap().1, 1.0);
    }
}
