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

/// Regularized incomplete beta function, by its continued fraction.
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) { front * fraction(x, a, b) / a } else { 1.0 - front * fraction(1.0 - x, b, a) / b }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |number: f64| if number.abs() < 1e-300 { 1e-300 } else { number };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut product = d;
    for step in 1..300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        product *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        product *= d * c;
        if (d * c - 1.0).abs() < 1e-12 {
            break;
        }
    }
    product
}

/// How likely at least `x` of `n` are, if each is so with chance `p`. Need not be whole numbers.
pub(super) fn at_least(x: f64, n: f64, p: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    beta(p, x, (n - x + 1.0).max(1e-9)).clamp(0.0, 1.0)
}

/// How likely at most `x` of `n` are.
pub(super) fn at_most(x: f64, n: f64, p: f64) -> f64 {
    at_least(n - x, n, 1.0 - p)
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
    fn tails_of_the_binomial_distribution_are_those_of_the_tables() {
        // By summing the terms.
        for (x, n, p, expected) in [(3.0, 8.0, 0.05, 0.005_788), (1.0, 10.0, 0.1, 0.651_322), (4.0, 240.0, 0.001, 0.000_110)] {
            let told = at_least(x, n, p);
            assert!((told - expected).abs() < 0.02 * expected, "{x} of {n} at {p}: {told}");
        }
        assert!((at_most(3.0, 8.0, 0.5) - 0.363_281).abs() < 1e-5);
        assert_eq!(at_least(0.0, 5.0, 0.1), 1.0);
        assert!(at_most(5.0, 5.0, 0.3) > 0.999);
    }
}
