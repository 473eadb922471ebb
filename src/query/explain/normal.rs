//! What is normal: many stretches of time, of which those that stand out are left out.
//!
//! A baseline holds other faults. Pooled, they would hide what is asked about; so each stretch is one voice, those far from the
//! median are left out, and the rest is pooled. How far the remaining stretches differ from each other, beyond what chance does, says
//! how much a share moves without any reason: that spread is the yardstick, and not the one of independent coin tosses.

use super::chance::{above, at_least_after};

/// Cases in a stretch, at least: fewer say little about a share.
pub(super) const A_STRETCH: f64 = 10.0;

/// So many standard deviations off, a stretch is left out.
const FAR: f64 = 3.5;

/// The median deviation of the normal distribution times this is its standard deviation.
const TO_DEVIATION: f64 = 1.4826;

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    match (values.len(), values.get(values.len() / 2)) {
        (0, _) | (_, None) => 0.0,
        (length, Some(middle)) if length % 2 == 1 => *middle,
        (length, Some(middle)) => f64::midpoint(values[length / 2 - 1], *middle),
    }
}

/// Median, and the standard deviation as the median deviation tells it.
pub(super) fn middle(values: &[f64]) -> (f64, f64) {
    let median_of = median(values.to_vec());
    (median_of, TO_DEVIATION * median(values.iter().map(|value| (value - median_of).abs()).collect()))
}

/// Middle and spread of the half that lies closest together: even if nearly half of the values are something else, these are the
/// normal ones. The spread is the standard deviation, if they are distributed normally.
fn densest(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2 + 1;
    let spans = sorted
        .windows(half.min(sorted.len()).max(1))
        .map(|some| (some[some.len() - 1] - some[0], f64::midpoint(some[0], some[some.len() - 1])));
    let (length, middle) = spans.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((0.0, 0.0));
    // The half of a normal distribution lies within 0.6745 deviations. Of few values the closest half lies closer than that.
    (middle, length / (2.0 * 0.6745) * (1.0 + 4.0 / sorted.len().max(1) as f64))
}

/// Which stretches are like most of them. `chance` is how far each may be off by chance alone (standard deviation).
pub(super) fn alike(values: &[f64], chance: impl Fn(usize) -> f64) -> Vec<bool> {
    let (middle, deviation) = densest(values);
    (0..).zip(values).map(|(at, value)| (value - middle).abs() <= FAR * deviation.max(chance(at))).collect()
}

/// Joins neighbours until each has at least [`A_STRETCH`] cases. `cases` tells how many one has.
pub(super) fn stretches<T>(items: &[T], cases: impl Fn(&T) -> f64) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    let (mut start, mut sum) = (0, 0.0);
    for (at, item) in items.iter().enumerate() {
        sum += cases(item);
        if sum >= A_STRETCH {
            ranges.push(start..at + 1);
            (start, sum) = (at + 1, 0.0);
        }
    }
    if sum > 0.0 {
        match ranges.last_mut() {
            Some(last) => last.end = items.len(),
            None => ranges.push(start..items.len()),
        }
    }
    ranges
}

/// A share that is normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NormalShare {
    /// 0 to 1; for calls per execution also more.
    pub share: f64,
    /// Of so many cases.
    pub cases: f64,
    /// Cases in a stretch.
    a_stretch: f64,
    /// How alike the cases of one stretch are, beyond what all cases share: 0 (not at all) to 1 (one case says what all say).
    likeness: f64,
}

/// Variance of one case. Calls per execution may be over 1; there that of a count is the yardstick.
fn variance(share: f64) -> f64 {
    if share <= 1.0 { share * (1.0 - share) } else { share }
}

impl NormalShare {
    /// Nothing was counted: one in a hundred is taken for normal.
    pub(super) const UNKNOWN: Self = Self { share: 0.0, cases: 100.0, a_stretch: 1.0, likeness: 0.0 };

    /// From stretches of (so many, of so many), of which those that stand out are left out.
    pub(super) fn of(stretches: &[(f64, f64)]) -> Option<Self> {
        let rates: Vec<f64> = stretches.iter().map(|(part, all)| part / all.max(1.0)).collect();
        let (median, _) = middle(&rates);
        let chance = |at: usize| {
            let all = stretches[at].1.max(1.0);
            let near = if median <= 1.0 { (median + 0.5 / all) * (1.0 - median + 0.5 / all) } else { median };
            (near / all).sqrt()
        };
        let keep = alike(&rates, chance);
        let kept: Vec<(f64, f64)> = stretches.iter().zip(keep).filter(|(_, keep)| *keep).map(|(one, _)| *one).collect();
        Self::pooled(&kept)
    }

    /// From stretches none of which is left out.
    pub(super) fn pooled(kept: &[(f64, f64)]) -> Option<Self> {
        let (part, cases) = kept.iter().fold((0.0, 0.0), |(part, all), one| (part + one.0, all + one.1));
        if cases <= 0.0 {
            return None;
        }
        let (share, many) = (part / cases, kept.len() as f64);
        let differ: f64 = kept.iter().map(|(part, all)| (part - share * all).powi(2) / all.max(1.0)).sum();
        let variance = variance(share);
        let unrest = if variance > 0.0 && many > 1.0 { (differ / variance / (many - 1.0)).max(1.0) } else { 1.0 };
        // Of few stretches nobody knows how much they differ.
        let unrest = unrest * (1.0 + 6.0 / (many + 1.0));
        let a_stretch = cases / many;
        let likeness = ((unrest - 1.0) / (a_stretch - 1.0).max(1.0)).clamp(0.0, 1.0);
        Some(Self { share, cases, a_stretch, likeness })
    }

    /// Of so many cases one tells as much as one of independent cases does, divided by this.
    fn unrest(&self, cases: f64) -> f64 {
        1.0 + (cases.min(self.a_stretch) - 1.0).max(0.0) * self.likeness
    }

    /// So many of so many independent cases are known.
    fn known(&self) -> (f64, f64) {
        let cases = self.cases / self.unrest(self.cases);
        (self.share.min(1.0) * cases, cases)
    }

    /// How many standard deviations off a count is that may be over one per case. The root of a count varies alike whatever it is.
    fn off(&self, part: f64, cases: f64) -> f64 {
        let expected = self.share * cases;
        let deviation = (self.unrest(cases) + self.unrest(self.cases) * cases / self.cases).sqrt();
        2.0 * ((part + 0.375).sqrt() - (expected + 0.375).sqrt()) / deviation
    }

    /// How likely at least `part` of `cases` are, if all is as normal.
    pub(super) fn at_least(&self, part: f64, cases: f64) -> f64 {
        if self.share > 1.02 || part > cases {
            return above(self.off(part, cases));
        }
        let unrest = self.unrest(cases);
        at_least_after(part / unrest, cases / unrest, self.known())
    }

    /// How likely at most `part` of `cases` are, if all is as normal.
    pub(super) fn at_most(&self, part: f64, cases: f64) -> f64 {
        if self.share > 1.02 {
            return above(-self.off(part, cases));
        }
        let (unrest, (seen, of)) = (self.unrest(cases), self.known());
        at_least_after((cases - part).max(0.0) / unrest, cases / unrest, (of - seen, of))
    }
}
