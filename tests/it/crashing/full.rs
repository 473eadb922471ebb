//! A disk that is full for a while.

use super::life::Life;
use super::pause;
use super::refusing::{refused, state_of};
use super::room::Room;
use super::trial::{QUIET, Trial};
use crate::program::shop_map;

const MIB: u64 = 1 << 20;

/// For two segments of a journal, and a store.
const SIZE: u64 = 192 * MIB;

/// The segment that is written to has its room already, so it is filled until a new one is needed: then requests are refused.
fn until_refused(trial: &Trial) {
    let before = trial.load.refused();
    trial.load.pad(200_000);
    for _ in 0..600 {
        trial.load.fine();
        if trial.load.refused() > before + 5 {
            trial.load.pad(0);
            return;
        }
        pause(100);
    }
    panic!("the disk is full, and no request is refused: {}", trial.story());
}

#[test]
fn while_the_disk_is_full_requests_are_refused_for_now_and_nothing_acknowledged_is_lost() {
    let Some(room) = Room::new(SIZE) else { return };
    let mut trial = Trial::new(51, 2 * QUIET, Some(&room.path), &[]);
    trial.life.start();
    trial.life.ready();
    pause(4000);
    room.fill_but(0);
    until_refused(&trial);
    // Long enough for traces to be complete that cannot be committed.
    pause(4000);
    trial.holds_so_far("while the disk is full");
    let waiting = trial.load.waiting();
    assert!(waiting > 0);
    room.clear();
    trial.holds("with room again");
    trial.load.go_on();
    pause(1000);
    trial.life.kill();
    trial.life.start();
    trial.life.ready();
    trial.ends();
}

#[test]
fn a_server_that_is_killed_and_started_while_the_disk_is_full_has_lost_nothing() {
    let Some(room) = Room::new(SIZE) else { return };
    let mut trial = Trial::new(52, 2 * QUIET, Some(&room.path), &[]);
    trial.life.start();
    trial.life.ready();
    pause(4000);
    room.fill_but(0);
    until_refused(&trial);
    trial.life.kill();
    // It may do what can be done without room, or say that it cannot.
    trial.life.start();
    let mut ended = None;
    for _ in 0..100 {
        ended = trial.life.has_ended();
        if ended.is_some() {
            break;
        }
        pause(100);
    }
    match ended {
        Some(code) => {
            assert!(code == 1 || code == 2, "{code}: {}", trial.story());
            let said = trial.life.said();
            let last = said.lines().last().unwrap();
            assert!(last.contains("store") && !said.contains("panicked"), "{said}");
        }
        None => trial.life.kill(),
    }
    room.clear();
    trial.life.start();
    trial.life.ready();
    pause(1000);
    trial.ends();
}

#[test]
fn a_disk_that_is_full_at_the_first_start_is_said_and_the_next_start_goes_well() {
    let Some(room) = Room::new(8 * MIB) else { return };
    room.fill_but(16 << 10);
    let folder = tempfile::tempdir().unwrap();
    let store = room.path.join("store");
    let mut life = Life::new(&shop_map(folder.path()), &store.display().to_string(), &[]);
    let said = refused(&mut life.command());
    assert!(said.contains(&store.display().to_string()), "{said}");
    assert!(said.contains("space") || said.contains("full"), "{said}");
    room.clear();
    life.start();
    life.ready();
    life.terminate();
    assert!(state_of(&store).len() > 1);
}
