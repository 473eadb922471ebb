//! How likely a count is by chance alone.

/// Natural logarithm of the gamma function (Lanczos), for positive numbers.
fn ln_gamma(x: f64) -> f64 {
    const SERIES: [f64; 6] = [
        76.180_091_729_471_46,
        -86.505_320_329_416_77,
        24.014_098_240_830_91,
        -1.231_739_572_450_155,
        0.120_865_097_386_617_9e-2,
        -0.539_523_938_495_3e-5,
    ];
    let shifted = x + 5.5 - (x + 0.5) * (x + 5.5).ln();
    let sum: f64 = (1..).zip(SERIES).map(|(at, one)| one / (x + f64::from(at))).sum();
    (2.506_628_274_631_000_5 * (1.000_000_000_190_015 + sum) / x).ln() - shifted
}

/// How likely at least `x` of `n` are, after `seen` of `of` were (beta-binomial; half a case of each sort is known beforehand). Need
/// not be whole numbers. What is not known of the true share is in it, so no margin is to be added.
pub(super) fn at_least_after(x: f64, n: f64, (seen, of): (f64, f64)) -> f64 {
    let (a, b) = (seen + 0.5, (of - seen).max(0.0) + 0.5);
    if x <= 0.0 || x / n.max(1e-9) <= a / (a + b) {
        return 1.0;
    }
    let beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let term =
        |k: f64| (ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) + beta(k + a, n - k + b) - beta(a, b)).exp();
    let (mut sum, mut k) = (0.0, x);
    // Beyond the mean terms only fall.
    while k <= n {
        let more = term(k);
        sum += more;
        if more < 1e-6 * sum {
            break;
        }
        k += 1.0;
    }
    sum.clamp(0.0, 1.0)
}

/// How likely a normally distributed number is over its mean by `z` standard deviations.
pub(super) fn above(z: f64) -> f64 {
    if z <= 0.0 {
        return 0.5;
    }
    // Bounds the true value from above within a few percent where it matters (z over 2).
    (-0.5 * z * z).exp() / (z * (2.0 * std::f64::consts::PI).sqrt()).max(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_after_what_was_seen_are_those_of_summed_terms() {
        // By numeric integration over the true share, whose density is that of Beta(seen + 1/2, rest + 1/2).
        for (x, n, seen, expected) in
            [(3.0, 8.0, (5.0, 100.0), 0.010_39), (1.0, 10.0, (0.0, 300.0), 0.016_47), (5.0, 5.0, (2.0, 40.0), 9.60e-6)]
        {
            let told = at_least_after(x, n, seen);
            assert!((told - expected).abs() < 0.02 * expected, "{x} of {n} after {seen:?}: {told}");
        }
        assert_eq!(at_least_after(0.0, 5.0, (1.0, 10.0)), 1.0);
        assert_eq!(at_least_after(1.0, 10.0, (1.0, 10.0)), 1.0);
        assert!(at_least_after(90_000.0, 100_000.0, (5e5, 1e6)) < 1e-12);
    }
}
