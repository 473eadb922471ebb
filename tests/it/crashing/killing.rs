//! `kill -9` and SIGSTOP under load.

use super::dice::Dice;
use super::trial::{QUIET, Trial};
use super::{asked, pause};
use steelthread::app::clock::now_ns;

/// Starts the server, and kills it at a moment of this kind.
fn live_and_die(trial: &mut Trial, dice: &mut Dice, when: &str) {
    trial.life.start();
    match dice.between(1, 100) {
        // Before it is ready, or just then.
        1..=15 => pause(dice.between(0, 400)),
        // As soon as it is ready: replayed, and nothing of that is committed.
        16..=25 => {
            trial.life.ready();
        }
        26..=70 => {
            trial.life.ready();
            trial.holds_so_far(when);
            pause(dice.between(50, 1500));
        }
        // Traces that began after the crash are closed and committed, too.
        _ => {
            trial.life.ready();
            pause(QUIET.as_millis() as u64 + dice.between(1000, 5000));
            trial.holds_so_far(when);
        }
    }
    trial.life.kill();
}

fn killed_again_and_again(crashes: u64, more: &[&str]) {
    let seed = asked("STEELTHREAD_SEED").unwrap_or_else(|| now_ns() / 1000 % 1_000_000);
    eprintln!("STEELTHREAD_SEED={seed}, {crashes} crashes, {more:?}");
    let mut dice = Dice::new(seed);
    let mut trial = Trial::new(seed, QUIET, None, more);
    for crash in 1..=crashes {
        let when = format!("seed {seed}, crash {crash}");
        live_and_die(&mut trial, &mut dice, &when);
        trial.load.fine();
        if crash % 20 == 0 {
            trial.life.start();
            trial.life.ready();
            trial.holds(&when);
            trial.life.kill();
            trial.load.go_on();
            let truth = trial.load.truth();
            eprintln!("{crash} crashes, {} executions, {} spans: exact", truth.executions(), truth.spans());
        }
    }
    trial.life.start();
    trial.life.ready();
    pause(500);
    trial.ends();
}

#[test]
fn every_acknowledged_execution_counts_once_however_often_the_server_is_killed() {
    killed_again_and_again(asked("STEELTHREAD_CRASHES").unwrap_or(5), &[]);
}

#[test]
fn so_it_is_when_every_request_is_synced() {
    killed_again_and_again(asked("STEELTHREAD_CRASHES").map_or(2, |crashes| (crashes / 10).max(2)), &["--durability", "fsync"]);
}

#[test]
fn time_in_which_the_server_was_stopped_closes_no_trace() {
    let mut trial = Trial::new(77, QUIET, None, &[]);
    trial.life.start();
    trial.life.ready();
    pause(1500);
    let stopped = asked("STEELTHREAD_STOP_SECONDS").unwrap_or(3 * QUIET.as_secs());
    trial.life.signal("-STOP");
    pause(stopped * 1000);
    trial.life.signal("-CONT");
    pause(1500);
    trial.holds("after the stop");
    // Killed while it is stopped.
    trial.load.go_on();
    pause(1500);
    trial.life.signal("-STOP");
    pause(1000);
    trial.life.kill();
    trial.life.start();
    trial.life.ready();
    trial.ends();
}
