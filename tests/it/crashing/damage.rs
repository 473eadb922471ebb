//! A journal that is not what was written: the last record torn, a bit flipped. Each request holds one whole trace, and nothing was
//! committed, so a record that is lost is one trace that is missing, and no other may be.

use super::life::Life;
use super::pause;
use super::recording::{Recording, Trace};
use super::truth::Truth;
use crate::program::{Sender, shop_map};
use crate::shop;
use std::fs;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use steelthread::app::clock::now_ns;

const TRACES: usize = 24;

/// A folder that a server has left behind when it was killed, with so many acknowledged traces in its journal.
struct LeftBehind {
    life: Life,
    traces: Vec<Trace>,
    _folder: tempfile::TempDir,
}

impl LeftBehind {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store").display().to_string();
        // No trace is complete, so that all records are needed for a replay.
        let waits = ["--quiet", "1h", "--max-age", "1h", "--no-entry", "1h"];
        let mut life = Life::new(&shop_map(folder.path()), &store, &waits);
        life.start();
        life.ready();
        let traces = Recording::new(seed).executions(TRACES, now_ns());
        let sender = Sender::new(&life.otlp);
        for trace in &traces {
            sender.send(shop::request(&trace.spans)).unwrap();
        }
        // A commit more, if there is one every second: it finds nothing to commit.
        pause(1500);
        life.kill();
        life.set("--quiet", "1s");
        life.set("--max-age", "20s");
        life.set("--no-entry", "1s");
        Self { life, traces, _folder: folder }
    }

    /// The file of the journal that holds the spans of this trace; where its id stands first and last.
    fn place_of(&self, trace: usize) -> (PathBuf, usize, usize) {
        let id = self.traces[trace].id.to_be_bytes();
        let files = fs::read_dir(format!("{}/journal", self.life.store)).unwrap().map(|file| file.unwrap().path());
        for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "log")) {
            let bytes = beginning_of(&file);
            let found: Vec<usize> = memchr::memmem::find_iter(&bytes, &id).collect();
            if let (Some(first), Some(last)) = (found.first(), found.last()) {
                return (file, *first, *last);
            }
        }
        panic!("no file of the journal holds trace {trace}");
    }

    fn truth_without(&self, missing: Option<usize>) -> Truth {
        let mut truth = Truth::default();
        for (_, trace) in self.traces.iter().enumerate().filter(|(at, _)| Some(*at) != missing) {
            truth.add(trace.made.as_ref(), trace.spans.len());
        }
        truth
    }

    /// Starts again; gives what it says from then on.
    fn comes_back(&mut self) -> String {
        let before = self.life.said().len();
        self.life.start();
        self.life.ready();
        self.life.settle();
        self.life.said()[before..].to_owned()
    }

    fn misses(&self, missing: Option<usize>) -> Vec<String> {
        self.truth_without(missing).differences(&self.life.counts())
    }

    /// What was lost is sent again and counts, and all of it is there after another crash, too.
    fn takes_again(&mut self, missing: usize) {
        Sender::new(&self.life.otlp).send(shop::request(&self.traces[missing].spans)).unwrap();
        self.life.kill();
        self.life.start();
        self.life.ready();
        self.life.settle();
        assert_eq!(self.misses(None), Vec::<String>::new(), "{}", self.life.said());
    }
}

/// A segment is long and mostly empty; all that was written is in here.
fn beginning_of(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    fs::File::open(file).unwrap().take(1 << 20).read_to_end(&mut bytes).unwrap();
    bytes
}

fn names(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

#[test]
fn without_damage_all_is_replayed() {
    let mut left = LeftBehind::new(30);
    left.comes_back();
    assert_eq!(left.misses(None), Vec::<String>::new(), "{}", left.life.said());
}

/// All at the same time: most of it is waiting.
fn all_at_once<C: Copy + Send>(cases: &[C], look_at: impl Fn(C) + Sync) {
    std::thread::scope(|scope| {
        for case in cases.iter().copied() {
            let look_at = &look_at;
            scope.spawn(move || look_at(case));
        }
    });
}

#[test]
fn a_torn_last_record_is_the_only_one_lost_and_that_is_said() {
    // Shortly before the spans, among them, and the last byte.
    all_at_once(&[(31, -30), (32, 7), (33, i64::MAX)], |(seed, cut)| {
        let mut left = LeftBehind::new(seed);
        let last = TRACES - 1;
        let (file, first, _) = left.place_of(last);
        let end = beginning_of(&file).iter().rposition(|byte| *byte != 0).unwrap() as i64;
        let keeps = (first as i64).saturating_add(cut).min(end);
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(keeps as u64).unwrap();
        let said = left.comes_back();
        assert_eq!(left.misses(Some(last)), Vec::<String>::new(), "cut at {keeps} of {end}: {said}");
        assert!(said.contains(names(&file)), "cut at {keeps} of {end}: {said}");
        left.takes_again(last);
    });
}

#[test]
fn a_flipped_bit_loses_the_record_it_is_in_and_no_other_and_that_is_said() {
    let middle = TRACES / 2;
    // Between the last span of one record and the first of the next: in tenths of the way.
    all_at_once(&[(34, 0), (35, 6), (36, 10)], |(seed, part)| {
        let mut left = LeftBehind::new(seed);
        let (file, _, before) = left.place_of(middle - 1);
        let (_, first, _) = left.place_of(middle);
        let at = before + (first - before) * part / 10;
        let flipped = beginning_of(&file)[at] ^ 0b0001_0000;
        fs::OpenOptions::new().write(true).open(&file).unwrap().write_all_at(&[flipped], at as u64).unwrap();
        let said = left.comes_back();
        let lost = [middle - 1, middle].into_iter().find(|missing| left.misses(Some(*missing)).is_empty());
        let Some(lost) = lost else {
            panic!("bit at {at}, between {before} and {first}: {}\n{said}", left.misses(None).join("\n"));
        };
        assert!(said.contains(names(&file)), "bit at {at}: {said}");
        left.takes_again(lost);
    });
}
