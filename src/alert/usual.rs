//! How many executions a capability usually has, and when silence is no chance any more.
//!
//! Traffic has days and weeks. What is usual for a stretch of time is what came in the same stretch one, two, three and four weeks ago, and while
//! fewer than two of these are known, on the days before. Of these the smallest counts, because a false alarm on each holiday teaches people to look away.
//! Silence is sure when half of that would still have made fifteen executions: were traffic only half of what is usual, so long a gap would
//! come by chance once in three million times. The road not taken: the mean rate of the last hours, which sounds the alarm every evening.

use crate::objective::{DAY_NS, HOUR_NS};

/// Hours that are remembered: four weeks and the hour that runs, and one for what is ahead.
const HOURS: u64 = 4 * 7 * 24 + 2;
const WEEK_NS: u64 = 7 * DAY_NS;
/// So many usual executions must be missing. With half of them by chance none comes in one of 3,000,000 cases.
const SURE: f64 = 30.0;

/// Executions by hour: 2.7 KB.
#[derive(Debug, Clone)]
pub(super) struct Usual {
    hours: Box<[u32]>,
    /// Number after that of the newest hour; 0 while there is none.
    end: u64,
    /// Start of the first slice.
    since_ns: u64,
    /// End of the last slice.
    last_ns: u64,
}

impl Default for Usual {
    fn default() -> Self {
        Self { hours: vec![0; HOURS as usize].into(), end: 0, since_ns: u64::MAX, last_ns: 0 }
    }
}

impl Usual {
    /// Adds executions of a slice, however late they come.
    pub(super) fn add(&mut self, slice_ns: u64, slice_length_ns: u64, executions: u64) {
        if executions == 0 {
            return;
        }
        self.since_ns = self.since_ns.min(slice_ns);
        self.last_ns = self.last_ns.max(slice_ns.saturating_add(slice_length_ns));
        let hour = slice_ns / HOUR_NS;
        if hour >= self.end {
            for fresh in self.end.max((hour + 1).saturating_sub(HOURS))..=hour {
                self.hours[(fresh % HOURS) as usize] = 0;
            }
            self.end = hour + 1;
        }
        if hour + HOURS >= self.end {
            let there = &mut self.hours[(hour % HOURS) as usize];
            *there = there.saturating_add(u32::try_from(executions).unwrap_or(u32::MAX));
        }
    }

    /// End of the last slice with an execution; 0 if there was none.
    pub(super) fn last_ns(&self) -> u64 {
        self.last_ns
    }

    fn hour(&self, hour: u64) -> f64 {
        let known = hour < self.end && hour + HOURS >= self.end;
        if known { f64::from(self.hours[(hour % HOURS) as usize]) } else { 0.0 }
    }

    /// Executions between two moments, as if those of an hour had come evenly.
    fn between(&self, from_ns: u64, to_ns: u64) -> f64 {
        let mut sum = 0.0;
        for hour in from_ns / HOUR_NS..=to_ns / HOUR_NS {
            let (start_ns, end_ns) = (hour * HOUR_NS, (hour + 1) * HOUR_NS);
            let part_ns = to_ns.min(end_ns).saturating_sub(from_ns.max(start_ns));
            sum += self.hour(hour) * part_ns as f64 / HOUR_NS as f64;
        }
        sum
    }

    /// The fewest that came in the same stretch so many times this long ago, and of how many such stretches all is known.
    fn fewest(&self, from_ns: u64, to_ns: u64, back_ns: u64, times: u64) -> (usize, f64) {
        let oldest_ns = self.since_ns.max(self.end.saturating_sub(HOURS) * HOUR_NS);
        let shifted = (1..=times).map_while(|time| Some((from_ns.checked_sub(time * back_ns)?, to_ns - time * back_ns)));
        let known: Vec<f64> = shifted
            .filter(|(from_ns, to_ns)| *from_ns >= oldest_ns && to_ns - from_ns <= back_ns)
            .map(|(from_ns, to_ns)| self.between(from_ns, to_ns))
            .collect();
        (known.len(), known.into_iter().fold(f64::INFINITY, f64::min))
    }

    /// How many executions would usually have come between these moments; `None` while too little is known.
    pub(super) fn expected(&self, from_ns: u64, to_ns: u64) -> Option<f64> {
        let weeks = self.fewest(from_ns, to_ns, WEEK_NS, 4);
        let (known, fewest) = if weeks.0 >= 2 { weeks } else { self.fewest(from_ns, to_ns, DAY_NS, 7) };
        (known >= 2).then_some(fewest)
    }

    /// Whether it is no chance that nothing came between these moments.
    pub(super) fn is_missed(&self, from_ns: u64, to_ns: u64) -> bool {
        from_ns < to_ns && self.expected(from_ns, to_ns).is_some_and(|expected| expected >= SURE)
    }
}
