//! A disk that loses its power when a test says so, and one that is full.

use redb::StorageBackend;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A disk in memory that behaves as badly as a real one may: of what was not synced, a power cut leaves any part. Clones are the same
/// disk, so that a run can find what the run before has left.
#[derive(Debug, Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<Disk>>);

#[derive(Debug, Default)]
struct Disk {
    /// As it is read.
    now: Vec<u8>,
    /// As it was synced last, and what has been done to it since.
    synced: Vec<u8>,
    since: Vec<Change>,
    /// Counts power cuts: who was connected before one is not any more.
    run: u64,
    /// Changes until the power is cut.
    left: Option<u64>,
    /// Bytes it takes.
    room: Option<u64>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

fn grown(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(offset, data) => {
                grown(bytes, offset + data.len());
                bytes[*offset..offset + data.len()].copy_from_slice(data);
            }
        }
    }

    /// The parts of it that reach the disk for themselves.
    fn parts(&self) -> Vec<Self> {
        match self {
            Self::Length(_) => Vec::from([self.clone()]),
            Self::Write(offset, data) => {
                let sectors = data.chunks(SECTOR).enumerate();
                sectors.map(|(at, sector)| Self::Write(offset + at * SECTOR, sector.to_vec())).collect()
            }
        }
    }
}

/// Numbers that follow from a seed (the finalizer of SplitMix64).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl SimulatedDisk {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk for a run, until the next power cut.
    pub fn connect(&self) -> impl StorageBackend + use<> {
        Connected { disk: self.clone(), run: self.disk().run }
    }

    /// Cuts the power after so many further changes: every operation fails from then on, until [`SimulatedDisk::power_up`].
    pub fn cut_power_after(&self, changes: u64) {
        self.disk().left = Some(changes);
    }

    /// The power is cut, if it was not, and comes back. Of what was not synced, the part survives that follows from this seed: sector
    /// by sector, or all, or nothing.
    pub fn power_up(&self, seed: u64) {
        let mut disk = self.disk();
        let mut chance = Chance(seed);
        let mut bytes = std::mem::take(&mut disk.synced);
        let how = chance.next() % 4;
        for change in std::mem::take(&mut disk.since) {
            for part in change.parts() {
                let survives = match how {
                    0 => false,
                    1 => true,
                    _ => chance.next().is_multiple_of(2),
                };
                if survives {
                    part.apply(&mut bytes);
                }
            }
        }
        disk.now.clone_from(&bytes);
        disk.synced = bytes;
        disk.run += 1;
        disk.left = None;
    }

    /// Whether the power was ever cut.
    pub fn was_cut(&self) -> bool {
        self.disk().run > 0
    }

    /// From now on the disk takes no more bytes than this; without a number, as many as there is memory for.
    pub fn limit(&self, bytes: Option<u64>) {
        self.disk().room = bytes;
    }

    /// Bytes on it.
    pub fn bytes(&self) -> u64 {
        self.disk().now.len() as u64
    }

    /// Changes since the last sync.
    pub fn unsynced(&self) -> usize {
        self.disk().since.len()
    }
}

#[derive(Debug)]
struct Connected {
    disk: SimulatedDisk,
    run: u64,
}

impl Connected {
    /// The disk, if it has power.
    fn on(&self) -> io::Result<MutexGuard<'_, Disk>> {
        let disk = self.disk.disk();
        if disk.run != self.run || disk.left == Some(0) {
            return Err(io::Error::other("the power is cut"));
        }
        Ok(disk)
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut disk = self.on()?;
        let end = match &change {
            Change::Length(length) => *length,
            Change::Write(offset, data) => offset + data.len(),
        };
        if end > disk.now.len() && disk.room.is_some_and(|room| end as u64 > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.left = disk.left.map(|left| left - 1);
        let Disk { now, since, .. } = &mut *disk;
        change.apply(now);
        since.push(change);
        Ok(())
    }
}

impl StorageBackend for Connected {
    fn len(&self) -> io::Result<u64> {
        Ok(self.on()?.now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.on()?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = disk.now.get(start..start.saturating_add(out.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(usize::try_from(len).map_err(io::Error::other)?))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.on()?;
        let Disk { synced, since, .. } = &mut *disk;
        since.drain(..).for_each(|change| change.apply(synced));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Write(usize::try_from(offset).map_err(io::Error::other)?, data.to_vec()))
    }
}
