//! Exact counts through crashes, with the real program: whatever is killed, stopped, torn, flipped or full, an acknowledged span counts
//! exactly once.
//!
//! The truth does not come from the program: a [`load::Load`] makes executions whose capability, outcome, culprit and cause are known, and
//! sends them as a collector does, again and again until they are acknowledged. At the end all was acknowledged, so the counts must
//! be the truth, however often the server died on the way.
//!
//! `STEELTHREAD_CRASHES` says how often it dies (`just crashes 200`), `STEELTHREAD_STOP_SECONDS` how long it is stopped; where the
//! first is set, what the machine cannot show (a file system of its own for a full disk) fails, and is otherwise told and passed over.

// How far a long run is.
#![allow(clippy::print_stderr)]

mod as_json;
mod damage;
mod dice;
mod full;
mod killing;
mod life;
mod load;
mod recording;
mod refusing;
mod replaying;
mod room;
mod trial;
mod truth;

use std::time::Duration;

/// A number out of the environment.
fn asked(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is '{text}'; write a number")))
}

fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}
