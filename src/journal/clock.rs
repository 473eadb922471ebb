//! The clock of a log: the machine's clock without the time in which nobody could take anything in.
//!
//! Traces are complete by this clock. If it ran on while the process was stopped, every trace open then would be over at the first
//! reading afterwards, and its spans that the senders kept meanwhile would be late. Pure: the machine's clock is an argument.

use std::sync::{Mutex, PoisonError};

/// A longer time between two readings is one in which the process did not run: the clock is read many times a second.
const LONGEST_STEP_NS: u64 = 1_000_000_000;

/// Runs with the machine's clock, never backwards, and skips silences. See the module.
#[derive(Debug, Default)]
pub struct LogClock {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The machine's clock at the last reading; `None` before the first.
    machine_ns: Option<u64>,
    /// What the last reading gave; `None` if the clock takes the machine's time at its first reading.
    log_ns: Option<u64>,
    /// For how much longer it stands still.
    hold_ns: u64,
}

impl LogClock {
    /// A clock that continues from its last time, and stands still for this long after its first reading: senders that were turned
    /// away while the server was down come back in that time.
    pub fn resumed(last_log_ns: u64, hold_ns: u64) -> Self {
        Self { state: Mutex::new(State { machine_ns: None, log_ns: Some(last_log_ns), hold_ns }) }
    }

    /// Stands still for this long from now on, nanoseconds, if not longer anyway.
    pub fn hold(&self, hold_ns: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hold_ns = state.hold_ns.max(hold_ns);
    }

    /// For how much longer it stands still, nanoseconds.
    #[cfg(test)]
    pub fn held_ns(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).hold_ns
    }

    /// The log's time at this moment of the machine's clock; both in nanoseconds since 1970.
    pub fn read(&self, now_ns: u64) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).read(now_ns)
    }
}

impl State {
    fn read(&mut self, now_ns: u64) -> u64 {
        let log_ns = self.log_ns.unwrap_or(now_ns);
        let before_ns = self.machine_ns.unwrap_or(now_ns);
        let step_ns = now_ns.saturating_sub(before_ns);
        // Threads read the clock and come here in another order: a little backwards is no step, and counting from there would
        // count the same time twice.
        if before_ns.saturating_sub(now_ns) <= LONGEST_STEP_NS {
            self.machine_ns = Some(before_ns.max(now_ns));
        } else {
            self.machine_ns = Some(now_ns);
        }
        let counted_ns = if step_ns > LONGEST_STEP_NS { 0 } else { step_ns };
        let held_ns = counted_ns.min(self.hold_ns);
        self.hold_ns -= held_ns;
        let log_ns = log_ns.saturating_add(counted_ns - held_ns);
        self.log_ns = Some(log_ns);
        log_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;
    const MILLI: u64 = 1_000_000;

    /// Reads ten times a second over this long; gives the machine's clock afterwards.
    fn run(clock: &LogClock, from_ns: u64, for_ns: u64) -> u64 {
        (0..=for_ns / (100 * MILLI)).for_each(|step| {
            clock.read(from_ns + step * 100 * MILLI);
        });
        from_ns + for_ns
    }

    #[test]
    fn a_fresh_clock_runs_with_the_machine() {
        let clock = LogClock::default();
        assert_eq!(clock.read(50 * SECOND), 50 * SECOND);
        assert_eq!(clock.read(51 * SECOND), 51 * SECOND);
        assert_eq!(clock.read(51 * SECOND + 1), 51 * SECOND + 1);
    }

    #[test]
    fn a_silence_of_more_than_a_second_does_not_count() {
        let clock = LogClock::default();
        clock.read(50 * SECOND);
        assert_eq!(clock.read(51 * SECOND), 51 * SECOND, "a second is no silence");
        assert_eq!(clock.read(52 * SECOND + 1), 51 * SECOND, "one nanosecond more is one");
        assert_eq!(clock.read(4000 * SECOND), 51 * SECOND);
        assert_eq!(clock.read(4000 * SECOND + 7), 51 * SECOND + 7, "it goes on from where it was");
    }

    #[test]
    fn a_clock_that_steps_backward_goes_on_from_where_it_was() {
        let clock = LogClock::default();
        clock.read(5000 * SECOND);
        assert_eq!(clock.read(100 * SECOND), 5000 * SECOND);
        assert_eq!(clock.read(100 * SECOND + 9), 5000 * SECOND + 9);
    }

    #[test]
    fn readings_that_come_out_of_order_count_no_time_twice() {
        let clock = LogClock::default();
        clock.read(50 * SECOND);
        assert_eq!(clock.read(50 * SECOND + 300 * MILLI), 50 * SECOND + 300 * MILLI);
        assert_eq!(clock.read(50 * SECOND + 100 * MILLI), 50 * SECOND + 300 * MILLI);
        assert_eq!(clock.read(50 * SECOND + 400 * MILLI), 50 * SECOND + 400 * MILLI);
    }

    #[test]
    fn a_reading_taken_before_the_process_was_stopped_and_used_after_it_changes_nothing() {
        let clock = LogClock::default();
        clock.read(50 * SECOND);
        clock.read(90 * SECOND);
        assert_eq!(clock.read(50 * SECOND + MILLI), 50 * SECOND);
        assert_eq!(clock.read(90 * SECOND + MILLI), 50 * SECOND, "the forty seconds are still none");
    }

    #[test]
    fn a_resumed_clock_stands_still_at_first_and_then_runs_on() {
        let clock = LogClock::resumed(1000 * SECOND, 10 * SECOND);
        assert_eq!(clock.read(7000 * SECOND), 1000 * SECOND);
        let now_ns = run(&clock, 7000 * SECOND, 10 * SECOND);
        assert_eq!(clock.read(now_ns), 1000 * SECOND);
        let now_ns = run(&clock, now_ns, 3 * SECOND);
        assert_eq!(clock.read(now_ns), 1003 * SECOND);
    }

    #[test]
    fn a_resumed_clock_splits_the_step_in_which_it_begins_to_run() {
        let clock = LogClock::resumed(1000 * SECOND, 300 * MILLI);
        clock.read(7000 * SECOND);
        assert_eq!(clock.read(7000 * SECOND + 500 * MILLI), 1000 * SECOND + 200 * MILLI);
    }

    #[test]
    fn the_hold_of_a_resumed_clock_is_not_used_up_by_a_silence() {
        let clock = LogClock::resumed(1000 * SECOND, 500 * MILLI);
        clock.read(7000 * SECOND);
        clock.read(7100 * SECOND);
        assert_eq!(clock.read(7100 * SECOND + 500 * MILLI), 1000 * SECOND);
        assert_eq!(clock.read(7100 * SECOND + 501 * MILLI), 1000 * SECOND + MILLI);
    }

    #[test]
    fn the_last_moments_of_time_do_not_overflow() {
        let clock = LogClock::resumed(u64::MAX, 0);
        clock.read(u64::MAX - 5);
        assert_eq!(clock.read(u64::MAX), u64::MAX);
        assert_eq!(clock.read(0), u64::MAX);
    }

    proptest! {
        #[test]
        fn it_never_goes_backward_and_never_faster_than_the_machine(readings in prop::collection::vec(any::<u32>(), 1..60)) {
            let clock = LogClock::default();
            let (mut before, mut forward) = (None::<(u64, u64)>, 0u64);
            for reading in readings {
                let now_ns = u64::from(reading) * 10;
                let log_ns = clock.read(now_ns);
                if let Some((machine_ns, earlier_ns)) = before {
                    prop_assert!(log_ns >= earlier_ns);
                    forward += now_ns.saturating_sub(machine_ns);
                    prop_assert!(log_ns - earlier_ns <= SECOND);
                }
                before = Some((now_ns, log_ns));
            }
            let start_ns = clock.read(0).saturating_sub(forward);
            prop_assert!(start_ns <= before.map_or(0, |(_, log_ns)| log_ns));
        }
    }
}
