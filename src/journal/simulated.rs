//! A disk in memory that loses power, runs full and fails to sync, for tests of what must survive that.
//!
//! It keeps what a real one keeps at worst: of the writes since the last sync of a file any may have reached the disk, in part, by
//! sectors; of the names given since the last sync of the folder only the first so many.

use super::disk::{Disk, SegmentFile};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a disk writes whole.
const SECTOR: u64 = 512;

/// A disk that outlives the journals on it: clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    names_durable: BTreeMap<String, usize>,
    names_pending: Vec<NameChange>,
    /// Counts power cuts: who opened a file before one can do nothing with it afterwards.
    power_cuts: u64,
    most_bytes: Option<u64>,
    syncs_until_failure: Option<u64>,
    syncs: u64,
    bytes_read: u64,
    opened: u64,
    promises_no_room: bool,
}

#[derive(Debug, Default)]
struct Contents {
    now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug)]
enum NameChange {
    Set(String, usize),
    Rename(String, String),
    Remove(String),
}

impl SimulatedDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power: what was not synced is forgotten, or not, as the seed decides. Files that are open cannot be used any more.
    pub fn cut_power(&self, seed: u64) {
        let mut random = Random(seed);
        let mut state = self.lock();
        state.power_cuts += 1;
        let kept = random.below(state.names_pending.len() as u64 + 1) as usize;
        let changes = std::mem::take(&mut state.names_pending);
        for change in changes.into_iter().take(kept) {
            change.apply(&mut state.names_durable);
        }
        state.names = state.names_durable.clone();
        state.files.iter_mut().for_each(|file| file.lose_power(&mut random));
    }

    /// From now on all files together can have so many bytes; without a number as many as they like.
    pub fn limit(&self, most_bytes: Option<u64>) {
        self.lock().most_bytes = most_bytes;
    }

    /// The sync after this many more fails, and forgets what it should have written. Later ones succeed.
    pub fn fail_sync_after(&self, syncs: u64) {
        self.lock().syncs_until_failure = Some(syncs);
    }

    /// From now on files take their room only when they are written, as on file systems that cannot set it aside.
    pub fn promise_no_room(&self) {
        self.lock().promises_no_room = true;
    }

    /// How often files were synced.
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// Bytes read from files so far.
    pub fn bytes_read(&self) -> u64 {
        self.lock().bytes_read
    }

    /// How often a file that was there was opened.
    pub fn opened(&self) -> u64 {
        self.lock().opened
    }

    /// Names and contents as they are now.
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.lock();
        state.names.iter().map(|(name, file)| (name.clone(), state.files[*file].now.clone())).collect()
    }

    /// Puts a file there, on the disk for good.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut state = self.lock();
        let file = state.files.len();
        state.files.push(Contents { now: bytes.to_vec(), durable: bytes.to_vec(), pending: Vec::new() });
        state.names.insert(name.into(), file);
        state.names_durable.insert(name.into(), file);
    }
}

impl State {
    fn change(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.names_pending.push(change);
    }

    /// How many more bytes there is room for.
    fn room(&self) -> u64 {
        let used: usize = self.names.values().map(|file| self.files[*file].now.len()).sum();
        self.most_bytes.map_or(u64::MAX, |most| most.saturating_sub(used as u64))
    }

    fn sync_fails(&mut self) -> bool {
        self.syncs += 1;
        match self.syncs_until_failure {
            Some(0) => {
                self.syncs_until_failure = None;
                true
            }
            Some(left) => {
                self.syncs_until_failure = Some(left - 1);
                false
            }
            None => false,
        }
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Set(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl Contents {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            change.apply(&mut self.durable);
        }
    }

    fn lose_power(&mut self, random: &mut Random) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::Write(at, bytes) => write_in_part(&mut self.durable, at, &bytes, random),
                Change::Length(_) if random.below(2) == 0 => {}
                length => length.apply(&mut self.durable),
            }
        }
        self.now.clone_from(&self.durable);
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, written) => write(bytes, *at, written),
            Self::Length(length) => bytes.resize(*length as usize, 0),
        }
    }
}

fn write(bytes: &mut Vec<u8>, at: u64, written: &[u8]) {
    let (at, end) = (at as usize, at as usize + written.len());
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

/// All of it, nothing of it, its beginning, or some of its sectors.
fn write_in_part(bytes: &mut Vec<u8>, at: u64, written: &[u8], random: &mut Random) {
    let way = random.below(4);
    let cut = random.below(written.len() as u64 / SECTOR + 1);
    let end = at + written.len() as u64;
    let mut from = at;
    for sector in 0.. {
        if from >= end {
            return;
        }
        let to = end.min((from / SECTOR + 1) * SECTOR);
        let kept = match way {
            0 => true,
            1 => false,
            2 => sector < cut,
            _ => random.below(2) == 0,
        };
        if kept {
            write(bytes, from, &written[(from - at) as usize..(to - at) as usize]);
        }
        from = to;
    }
}

impl Disk for SimulatedDisk {
    fn folder(&self) -> &Path {
        Path::new("simulated")
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let state = self.lock();
        Ok(state.names.iter().map(|(name, file)| (name.clone(), state.files[*file].now.len() as u64)).collect())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let mut state = self.lock();
        let promised = if state.promises_no_room { 0 } else { bytes };
        if promised > state.room() {
            return Err(ErrorKind::StorageFull.into());
        }
        let file = state.files.len();
        state.files.push(Contents::default());
        state.files[file].change(Change::Length(promised));
        state.change(NameChange::Set(name.into(), file));
        Ok(Arc::new(OpenFile { disk: self.clone(), file, power_cuts: state.power_cuts }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn SegmentFile>> {
        let mut state = self.lock();
        let file = *state.names.get(name).ok_or(ErrorKind::NotFound)?;
        state.opened += 1;
        Ok(Arc::new(OpenFile { disk: self.clone(), file, power_cuts: state.power_cuts }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        if !state.names.contains_key(from) {
            return Err(ErrorKind::NotFound.into());
        }
        state.change(NameChange::Rename(from.into(), to.into()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.lock().change(NameChange::Remove(name.into()));
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.names_durable = state.names.clone();
        state.names_pending.clear();
        Ok(())
    }
}

#[derive(Debug)]
struct OpenFile {
    disk: SimulatedDisk,
    file: usize,
    power_cuts: u64,
}

impl OpenFile {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.lock();
        if state.power_cuts != self.power_cuts {
            return Err(io::Error::other("the power was cut"));
        }
        work(&mut state)
    }
}

impl SegmentFile for OpenFile {
    fn write_at(&self, parts: [&[u8]; 2], at: u64) -> io::Result<()> {
        let mut bytes = parts.concat();
        self.with(|state| {
            let room = state.room();
            let file = &mut state.files[self.file];
            let most = (file.now.len() as u64).saturating_add(room).saturating_sub(at);
            let is_full = bytes.len() as u64 > most;
            if is_full {
                bytes.truncate(most as usize);
            }
            file.change(Change::Write(at, bytes));
            if is_full { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.with(|state| {
            let bytes = state.files[self.file].now.get(at as usize..).unwrap_or_default();
            let read = bytes.len().min(into.len());
            into[..read].copy_from_slice(&bytes[..read]);
            state.bytes_read += read as u64;
            Ok(read)
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|state| {
            if state.sync_fails() {
                // As a kernel does: it is in memory still, and nobody will write it any more.
                state.files[self.file].pending.clear();
                return Err(io::Error::other("input/output error"));
            }
            state.files[self.file].sync();
            Ok(())
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.with(|state| Ok(state.files[self.file].now.len() as u64))
    }

    fn cut(&self, bytes: u64) -> io::Result<()> {
        self.with(|state| {
            state.files[self.file].change(Change::Length(bytes));
            Ok(())
        })
    }
}

/// Splitmix64: the same seed loses the same.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}
