//! The budget of an objective, as a sum that a person can follow (spec 5.1): allowed, used, left, and when it will be gone.

use super::Counts;

/// How fast something was lost lately.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How many were bad, weighted.
    pub bad: f64,
    /// In how many nanoseconds.
    pub in_ns: u64,
}

/// What a budget is and what is left of it; in executions (of a hop: calls), weighted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// How many may be bad among those that there were in the period.
    pub allowed: f64,
    /// How many were.
    pub used: f64,
    /// `allowed - used`; negative once it is gone.
    pub left: f64,
    /// What is left as a share of what is allowed; `None` where nothing is allowed.
    pub left_share: Option<f64>,
    /// In how many nanoseconds it is gone at the rate of late, 0 if it is gone; `None` if it never is, or nothing is known.
    pub gone_in_ns: Option<u64>,
}

impl Budget {
    /// Whether it is gone: something was bad, and nothing is left.
    pub fn is_gone(&self) -> bool {
        self.used > 0.0 && self.left <= 0.0
    }
}

/// The budget of a period in which so much was good and bad. What is left is divided by what is lost lately; that the period goes on, and gives and
/// takes with it, is left out: a person must be able to follow the sum.
pub fn budget(counts: &Counts, target: f64, rate: Option<Rate>) -> Budget {
    let all = counts.all().count();
    // Without the noise that 1 - 0.9 leaves at the end of a binary fraction.
    let allowed = tidy(all * (1.0 - target));
    let used = counts.bad.count();
    let left = tidy(allowed - used);
    let left_share = (allowed > 0.0).then(|| tidy(left / allowed));
    let budget = Budget { allowed, used, left, left_share, gone_in_ns: None };
    let gone_in_ns = if budget.is_gone() { Some(0) } else { goes_in_ns(left, rate) };
    Budget { gone_in_ns, ..budget }
}

fn goes_in_ns(left: f64, rate: Option<Rate>) -> Option<u64> {
    let rate = rate.filter(|rate| rate.bad > 0.0 && rate.in_ns > 0)?;
    // A float that is too large becomes the largest integer: never, as far as anybody can say.
    let in_ns = (left / rate.bad * rate.in_ns as f64) as u64;
    (in_ns < u64::MAX).then_some(in_ns)
}

fn tidy(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}
