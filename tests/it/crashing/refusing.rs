//! Folders that a server cannot work in: it says so in one sentence, ends, and has touched nothing.

use super::life::Life;
use super::pause;
use super::recording::Recording;
use super::room::Room;
use super::truth::Truth;
use crate::program::{Sender, shop_map};
use crate::shop;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use steelthread::app::clock::now_ns;

/// Runs a program that must end by itself, with 1 or 2; gives the one line that it says.
pub fn refused(command: &mut Command) -> String {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..600 {
        if child.try_wait().unwrap().is_some() {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(matches!(output.status.code(), Some(1 | 2)), "{}: {said}", output.status);
            let lines = said.lines().filter(|line| !line.trim().is_empty()).count();
            assert!(lines == 1 && said.len() > 30 && !said.contains("panicked"), "{said}");
            return said;
        }
        pause(100);
    }
    let _ = child.kill();
    panic!("it was to be refused, and runs: {}", String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr));
}

/// All files below a folder, with what is in them.
pub fn state_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut state = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                state.insert(path.clone(), Vec::new());
                folders.push(path);
            } else {
                state.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    state
}

/// A store with counts and a journal in it, and the truth about it; the server has ended.
struct Kept {
    life: Life,
    truth: Truth,
    _folder: tempfile::TempDir,
}

impl Kept {
    fn new(place: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = place.unwrap_or(folder.path()).join("store").display().to_string();
        let mut life = Life::new(&shop_map(folder.path()), &store, &["--quiet", "1s", "--no-entry", "1s"]);
        life.start();
        life.ready();
        let mut kept = Self { life, truth: Truth::default(), _folder: folder };
        kept.take(61);
        kept.life.settle();
        // Killed, so that there is something to replay, or at least a file to be repaired.
        kept.life.kill();
        kept
    }

    /// The running server takes some more traces.
    fn take(&mut self, seed: u64) {
        let sender = Sender::new(&self.life.otlp);
        for trace in Recording::new(seed).executions(10, now_ns()) {
            sender.send(shop::request(&trace.spans)).unwrap();
            self.truth.add(trace.made.as_ref(), trace.spans.len());
        }
    }

    fn store(&self) -> &Path {
        Path::new(&self.life.store)
    }

    /// It is refused, this is in the sentence, and nothing has changed.
    fn refuses(&self, command: &mut Command, words: &[&str]) {
        let before = state_of(self.store());
        let said = refused(command);
        for word in words.iter().chain(&[&*self.life.store]) {
            assert!(said.contains(word), "no '{word}' in: {said}");
        }
        let after = state_of(self.store());
        let changed: Vec<_> = before.keys().chain(after.keys()).filter(|file| before.get(*file) != after.get(*file)).collect();
        assert!(changed.is_empty(), "{changed:?} have changed; {said}");
    }

    /// All is as it was, and goes on.
    fn goes_on(mut self) {
        self.life.start();
        self.life.ready();
        self.take(62);
        self.holds();
        self.life.terminate();
    }

    fn holds(&self) {
        self.life.settle();
        assert_eq!(self.truth.differences(&self.life.counts()), Vec::<String>::new());
    }
}

#[test]
fn a_store_on_a_read_only_file_system_is_refused() {
    let Some(mut room) = Room::new(160 << 20) else { return };
    let kept = Kept::new(Some(&room.path));
    room.make_read_only();
    kept.refuses(&mut kept.life.command(), &[]);
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|of_me| std::os::unix::fs::MetadataExt::uid(&of_me) == 0)
}

fn all_of(folder: &Path) -> Vec<PathBuf> {
    state_of(folder).into_keys().chain([folder.to_owned()]).collect()
}

#[test]
fn a_store_of_somebody_else_is_refused() {
    let kept = Kept::new(None);
    let before = all_of(kept.store());
    let mut command = kept.life.command();
    if is_root() {
        // Root may do everything because of what it can, not because of who it is.
        for path in &before {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
        }
        let mut without = Command::new("setpriv");
        without.args(["--bounding-set", "-all", "--inh-caps", "-all"]).arg(command.get_program()).args(command.get_args());
        without.stdin(Stdio::null()).stdout(Stdio::null());
        command = without;
    } else {
        protect(&before, 0o444, 0o555);
    }
    kept.refuses(&mut command, &["ermission"]);
    if is_root() {
        for path in &before {
            std::os::unix::fs::chown(path, Some(0), Some(0)).unwrap();
        }
    } else {
        protect(&before, 0o644, 0o755);
    }
    kept.goes_on();
}

fn protect(paths: &[PathBuf], file: u32, folder: u32) {
    for path in paths {
        let mode = if path.is_dir() { folder } else { file };
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_and_the_first_does_not_notice() {
    let mut kept = Kept::new(None);
    kept.life.start();
    kept.life.ready();
    let second = Life::new(&shop_map(kept.store().parent().unwrap()), &kept.life.store, &[]);
    let said = refused(&mut second.command());
    assert!(said.contains(&kept.life.store) && said.contains("in use"), "{said}");
    kept.take(63);
    kept.holds();
    kept.life.terminate();
    assert_eq!(kept.truth.differences_of_store(&kept.life.counts_of_store()), Vec::<String>::new());
}

#[test]
fn a_file_in_the_place_of_a_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store").display().to_string();
    fs::write(&file, "not a folder").unwrap();
    let said = refused(&mut Life::new(&shop_map(folder.path()), &file, &[]).command());
    assert!(said.contains(&file) && said.contains("not a folder"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"not a folder");
}

#[test]
fn a_store_of_a_newer_format_is_refused() {
    let kept = Kept::new(None);
    {
        let about: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("about");
        let database = redb::Database::open(kept.store().join("steelthread.redb")).unwrap();
        let writing = database.begin_write().unwrap();
        writing.open_table(about).unwrap().insert("format", 999).unwrap();
        writing.commit().unwrap();
    }
    kept.refuses(&mut kept.life.command(), &["999", "newer"]);
}
