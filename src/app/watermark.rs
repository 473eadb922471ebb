//! Up to which moment everything is counted, but for what comes very late.
//!
//! A trace is judged when the log's clock has gone on for so long without news of it. That clock stands still while nobody could take anything in, and
//! stays behind the machine's from then on. So the watermark is behind now by that wait, and by what the log's clock has lost *since the
//! wait began*; what it lost before is past.

use crate::measure::SLICE_NS;
use std::collections::VecDeque;

/// Readings that are remembered: with one each five seconds, twelve minutes.
const MOST: usize = 150;

/// Readings of two clocks.
#[derive(Debug, Default)]
pub(super) struct Watermark {
    /// When, and by how much the log's clock was behind.
    readings: VecDeque<(u64, u64)>,
}

impl Watermark {
    /// The watermark at this reading of the clocks, where a trace is counted when the log's clock has gone on for this long. A multiple of
    /// ten seconds.
    pub(super) fn at(&mut self, now_ns: u64, log_ns: u64, wait_ns: u64) -> u64 {
        let behind_ns = now_ns.saturating_sub(log_ns);
        self.readings.push_back((now_ns, behind_ns));
        if self.readings.len() > MOST {
            self.readings.pop_front();
        }
        let before = self.readings.iter().rev().find(|(at_ns, _)| at_ns.saturating_add(wait_ns) <= now_ns);
        let (_, before_ns) = before.or_else(|| self.readings.front()).copied().unwrap_or((now_ns, behind_ns));
        let lost_ns = behind_ns.saturating_sub(before_ns);
        let moment_ns = now_ns.saturating_sub(wait_ns).saturating_sub(lost_ns);
        moment_ns - moment_ns % SLICE_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn the_watermark_is_behind_by_the_wait_and_by_what_the_log_has_lost_meanwhile() {
        let mut mark = Watermark::default();
        let mut at = |now: u64, log: u64| mark.at(now * S, log * S, 9 * S) / S;
        assert_eq!(at(1000, 1000), 990);
        assert_eq!(at(1009, 1009), 1000);
        assert_eq!(at(1020, 1020), 1010);
        // It stands still for thirty seconds: what came then is not judged.
        assert_eq!(at(1050, 1020), 1010);
        assert_eq!(at(1055, 1025), 1010);
        assert_eq!(at(1060, 1030), 1050, "and is when the wait is over");
        assert_eq!(at(1071, 1041), 1060);
    }
}
