//! From buckets as this server counts them to those of OTLP's exponential histogram.
//!
//! Ours are log-linear, 64 in each power of two; OTLP's are powers of a base, `(base^i, base^(i+1)]` with `base = 2^(2^-scale)`. A bucket of
//! ours is put whole where its middle lies. So a value can only stand in the wrong one of two neighbours, and only if it is within 0.8 % of
//! the border between them. The number of values, their sum and the largest are exact; the smallest is not known.
//!
//! The scale is 5, 32 buckets for each power of two, each 2.2 % wide, which is about as fine as ours are; it is lowered until there are at most 160
//! buckets, the limit that SDKs have. Where spans are weighted, a bucket may hold a part of a count: it is rounded down, so that no count ever falls.

use super::figures::SourceBucket;

const FINEST: i32 = 5;
const COARSEST: i32 = -10;
const MOST_BUCKETS: i64 = 160;
const NANOSECONDS: f64 = 1e9;

/// An exponential histogram of seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exponential {
    /// How fine it is.
    pub scale: i32,
    /// Values that are 0.
    pub zeros: u64,
    /// Number of the first bucket.
    pub offset: i32,
    /// Counts.
    pub buckets: Vec<u64>,
}

impl Exponential {
    /// All values.
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(self.zeros, |sum, count| sum.saturating_add(*count))
    }
}

/// The same values as an exponential histogram.
pub fn exponential(source: &[SourceBucket]) -> Exponential {
    let zeros = source.iter().filter(|bucket| bucket.middle_ns == 0).map(|bucket| bucket.units).sum();
    let values: Vec<_> = source.iter().filter(|bucket| bucket.middle_ns > 0 && bucket.units > 0).collect();
    let ends = |scale: i32| {
        let of = |bucket: &&SourceBucket| index(bucket.middle_ns, scale);
        Some((values.iter().map(of).min()?, values.iter().map(of).max()?))
    };
    let mut scale = FINEST;
    while scale > COARSEST && ends(scale).is_some_and(|(first, last)| last - first >= MOST_BUCKETS) {
        scale -= 1;
    }
    let (first, last) = ends(scale).unwrap_or((0, -1));
    let mut units = vec![0u128; usize::try_from(last - first + 1).unwrap_or(0)];
    for bucket in values {
        if let Some(there) = usize::try_from(index(bucket.middle_ns, scale) - first).ok().and_then(|at| units.get_mut(at)) {
            *there = there.saturating_add(bucket.units);
        }
    }
    Exponential {
        scale,
        zeros: whole(zeros),
        offset: i32::try_from(first).unwrap_or(0),
        buckets: units.into_iter().map(whole).collect(),
    }
}

/// The bucket of a value: `base^index < value <= base^(index + 1)`.
fn index(nanoseconds: u64, scale: i32) -> i64 {
    let position = (nanoseconds as f64 / NANOSECONDS).log2() * f64::from(scale).exp2();
    position.ceil() as i64 - 1
}

fn whole(units: u128) -> u64 {
    u64::try_from(units >> 16).unwrap_or(u64::MAX)
}
