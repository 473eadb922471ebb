//! `kill -9` and SIGSTOP under load.

use super::dice::Dice;
use super::life::Life;
use super::recording::Recording;
use super::trial::{QUIET, Trial};
use super::truth::Truth;
use super::{asked, pause};
use crate::program::{Sender, shop_map};
use crate::shop;
use steelthread::app::clock::now_ns;

/// Between commits of the server, and how long its clock stands still after a crash at least.
const COMMIT: u64 = 5000;
const HOLD: u64 = QUIET.as_millis() as u64;

/// Starts the server, and kills it at a moment of this kind. The first life is long enough for a commit that knows of closed traces among
/// open ones.
fn live_and_die(trial: &mut Trial, dice: &mut Dice, first: bool, when: &str) {
    trial.life.start();
    let kind = if first { 100 } else { dice.between(1, 100) };
    if kind <= 15 {
        // Before it is ready, or just then.
        pause(dice.between(0, 400));
        return trial.life.kill();
    }
    trial.life.ready();
    match kind {
        // As soon as it is ready: replayed, and nothing of that is committed.
        16..=25 => {}
        26..=75 => {
            trial.holds_so_far(when);
            pause(dice.between(50, 1500));
        }
        // Traces are closed that were open at the crash before.
        76..=90 => pause(HOLD + dice.between(1000, 4000)),
        // Traces are closed that began after it, and committed.
        _ => pause(HOLD + COMMIT + dice.between(500, 3500)),
    }
    if kind > 75 {
        trial.holds_so_far(when);
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
        live_and_die(&mut trial, &mut dice, crash == 1, &when);
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

#[test]
fn spans_that_were_turned_away_while_the_server_was_down_find_their_trace_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let mut life = Life::new(&shop_map(folder.path()), &store, &["--quiet", "2s", "--no-entry", "2s"]);
    life.start();
    life.ready();
    let mut truth = Truth::default();
    let mut turned_away = Vec::new();
    for trace in Recording::new(78).executions(20, now_ns()) {
        truth.add(trace.made.as_ref(), trace.spans.len());
        let (early, late) = trace.spans.split_at(trace.spans.len() / 2);
        Sender::new(&life.otlp).send(shop::request(early)).unwrap();
        turned_away.push(shop::request(late));
    }
    life.kill();
    pause(8000);
    life.start();
    life.ready();
    // Senders come back about as late as the server was away: twice as late as a trace is waited for usually.
    pause(4000);
    let sender = Sender::new(&life.otlp);
    turned_away.into_iter().for_each(|request| drop(sender.send(request).unwrap()));
    life.settle();
    assert_eq!(truth.differences(&life.counts()), Vec::<String>::new(), "{}", life.said());
    assert_eq!(life.fate("late"), 0);
}
