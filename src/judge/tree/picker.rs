//! Two searches over spans as stretches of time, each in logarithmic time: orphans must not cost the square of a trace.

/// Stretches in the order of their starts, to be taken out one by one: which is the last one that ends late enough?
#[derive(Debug)]
pub struct Latest {
    /// A tree of largest ends in an array; an end is kept plus one, 0 is "taken".
    ends: Vec<u64>,
    leaves: usize,
    count: usize,
}

impl Latest {
    /// From the ends, in the order of the starts.
    pub fn new(ends: &[u64]) -> Self {
        let leaves = ends.len().next_power_of_two();
        let mut tree = vec![0; 2 * leaves];
        for (leaf, end) in tree[leaves..].iter_mut().zip(ends) {
            *leaf = end.saturating_add(1);
        }
        for at in (1..leaves).rev() {
            tree[at] = tree[2 * at].max(tree[2 * at + 1]);
        }
        Self { ends: tree, leaves, count: ends.len() }
    }

    /// The last of the first `before` that is still there and ends at `end` or later.
    pub fn last(&self, before: usize, end: u64) -> Option<usize> {
        let wanted = end.saturating_add(1);
        let mut at = if before >= self.count { 1 } else { self.left_of(before, wanted)? };
        if self.ends[at] < wanted {
            return None;
        }
        while at < self.leaves {
            at = if self.ends[2 * at + 1] >= wanted { 2 * at + 1 } else { 2 * at };
        }
        Some(at - self.leaves)
    }

    /// The nearest subtree wholly left of a leaf that holds an end that is wanted.
    fn left_of(&self, leaf: usize, wanted: u64) -> Option<usize> {
        let mut at = leaf + self.leaves;
        while at > 1 {
            if at & 1 == 1 && self.ends[at - 1] >= wanted {
                return Some(at - 1);
            }
            at >>= 1;
        }
        None
    }

    /// The first that is still there.
    pub fn first(&self) -> Option<usize> {
        if self.ends[1] == 0 {
            return None;
        }
        let mut at = 1;
        while at < self.leaves {
            at = if self.ends[2 * at] != 0 { 2 * at } else { 2 * at + 1 };
        }
        Some(at - self.leaves)
    }

    /// Takes one out.
    pub fn take(&mut self, which: usize) {
        let mut at = which + self.leaves;
        self.ends[at] = 0;
        while at > 1 {
            at >>= 1;
            self.ends[at] = self.ends[2 * at].max(self.ends[2 * at + 1]);
        }
    }
}

/// Stretches put in one by one: which is the narrowest of those that end late enough?
#[derive(Debug)]
pub struct Narrowest {
    /// All ends there can be, ascending.
    ends: Vec<u64>,
    /// A Fenwick tree over the ends from the latest to the earliest: smallest length, and whose it is.
    best: Vec<(u64, u32)>,
}

impl Narrowest {
    /// For stretches with these ends.
    pub fn new(mut ends: Vec<u64>) -> Self {
        ends.sort_unstable();
        ends.dedup();
        let best = vec![(u64::MAX, u32::MAX); ends.len() + 1];
        Self { ends, best }
    }

    /// Puts a stretch in.
    pub fn put(&mut self, start: u64, end: u64, which: u32) {
        let value = (end.saturating_sub(start), which);
        let mut at = self.ends.len() - self.ends.partition_point(|one| *one < end);
        while at > 0 && at < self.best.len() {
            self.best[at] = self.best[at].min(value);
            at += at & at.wrapping_neg();
        }
    }

    /// The narrowest that ends at `end` or later.
    pub fn find(&self, end: u64) -> Option<u32> {
        let mut at = self.ends.len() - self.ends.partition_point(|one| *one < end);
        let mut best = (u64::MAX, u32::MAX);
        while at > 0 {
            best = best.min(self.best[at]);
            at -= at & at.wrapping_neg();
        }
        (best.1 != u32::MAX).then_some(best.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_last_that_ends_late_enough_is_the_one_a_scan_finds(
            ends in prop::collection::vec(0_u64..20, 0..40),
            taken in prop::collection::vec(0_usize..40, 0..10),
            before in 0_usize..50,
            end in 0_u64..22,
        ) {
            let mut latest = Latest::new(&ends);
            let mut left: Vec<Option<u64>> = ends.iter().copied().map(Some).collect();
            for which in taken.into_iter().filter(|which| *which < ends.len()) {
                latest.take(which);
                left[which] = None;
            }
            let scanned = (0..before.min(ends.len())).rev().find(|&at| left[at].is_some_and(|one| one >= end));
            prop_assert_eq!(latest.last(before, end), scanned);
            prop_assert_eq!(latest.first(), left.iter().position(Option::is_some));
        }

        #[test]
        fn the_narrowest_that_ends_late_enough_is_the_one_a_scan_finds(
            spans in prop::collection::vec((0_u64..20, 0_u64..20), 0..40),
            end in 0_u64..45,
        ) {
            let spans: Vec<(u64, u64)> = spans.into_iter().map(|(start, length)| (start, start + length)).collect();
            let mut narrowest = Narrowest::new(spans.iter().map(|span| span.1).collect());
            for (which, span) in (0..).zip(&spans) {
                narrowest.put(span.0, span.1, which);
            }
            let enclosing = (0..).zip(&spans).filter(|(_, span)| span.1 >= end);
            let scanned = enclosing.min_by_key(|(which, span)| (span.1 - span.0, *which)).map(|(which, _)| which);
            prop_assert_eq!(narrowest.find(end), scanned);
        }
    }
}
