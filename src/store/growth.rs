//! A new file of a store, which grows in steps.
//!
//! The library divides a file into regions, doubles it until it is as long as one, and from then on adds a region at a time. How long
//! they are stands in the head of the file, for good; left to itself, the library writes 4 GiB, so that one megabyte too many makes two
//! gigabytes of one. It has no setting for that, but reads the head again that it has begun a file with; so a smaller number is put in
//! its place on the way to the disk. Files of other stores keep what they have. The road not taken: to stay below the next doubling,
//! which is a figure that nobody can keep to for years.

use redb::{BackendError, StorageBackend};
use std::io;
use std::ops::{Bound, Range};

/// Pages of a region: 128 MiB. No value can be longer than a region.
pub(super) const REGION_PAGES: u32 = 1 << 15;

/// In the head of a file: length of a page, pages that each region begins with, pages of a region (little-endian, four bytes each).
const GEOMETRY: Range<usize> = 12..24;

/// What holds the bytes of a store. If it is empty, a file that grows in steps is begun in it.
#[derive(Debug)]
pub(super) struct Growing<B> {
    bytes: B,
    /// Pages of a region of a file that is begun; nothing if it was there.
    region_pages: Option<u32>,
}

impl<B: StorageBackend> Growing<B> {
    /// # Errors
    /// Its length cannot be told.
    pub(super) fn new(bytes: B, region_pages: u32) -> io::Result<Self> {
        let region_pages = (bytes.len()? == 0).then_some(region_pages);
        Ok(Self { bytes, region_pages })
    }
}

fn geometry(region_pages: u32) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&4096u32.to_le_bytes());
    bytes[8..].copy_from_slice(&region_pages.to_le_bytes());
    bytes
}

/// The head with regions of so many pages, if it is one as the library begins a file with. Any other stays as it is: should another
/// version of the library write it differently, files double again, and nothing is lost.
fn stepped(head: &[u8], region_pages: u32) -> Option<Vec<u8>> {
    let found = head.get(GEOMETRY)?;
    let mut head = (found == geometry(1 << 20)).then(|| head.to_vec())?;
    head[GEOMETRY].copy_from_slice(&geometry(region_pages));
    Some(head)
}

impl<B: StorageBackend> StorageBackend for Growing<B> {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self.region_pages.filter(|_| offset == 0).and_then(|pages| stepped(data, pages)) {
            Some(head) => self.bytes.write(0, &head),
            None => self.bytes.write(offset, data),
        }
    }

    fn close(&self) -> io::Result<()> {
        self.bytes.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.bytes.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.bytes.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.bytes.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.bytes.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.bytes.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.bytes.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::SimulatedDisk;
    use super::*;
    use redb::{Database, ReadableDatabase, TableDefinition};

    const TABLE: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("values");

    /// So many values of a page.
    fn write(database: &Database, values: std::ops::Range<u32>) {
        let transaction = database.begin_write().unwrap();
        let mut table = transaction.open_table(TABLE).unwrap();
        values.for_each(|at| drop(table.insert(at, [at as u8; 4000].as_slice()).unwrap()));
        drop(table);
        transaction.commit().unwrap();
    }

    #[test]
    fn a_new_file_grows_by_a_region_at_a_time_and_is_opened_again_as_any() {
        let (disk, region_bytes) = (SimulatedDisk::default(), 64 * 4096);
        let database = Database::builder().create_with_backend(Growing::new(disk.connect(), 64).unwrap()).unwrap();
        let mut lengths = Vec::from([disk.bytes()]);
        (0..40).for_each(|at| {
            write(&database, at * 10..at * 10 + 10);
            lengths.push(disk.bytes());
        });
        drop(database);
        let steps: Vec<u64> = lengths.windows(2).map(|two| two[1].saturating_sub(two[0])).filter(|step| *step > 0).collect();
        assert!(steps.len() > 3 && steps.iter().all(|step| *step <= 2 * region_bytes), "{steps:?}");
        // By the library alone, and by what wraps it, which must leave alone what is there.
        for _ in 0..2 {
            let database = Database::builder().create_with_backend(disk.connect()).unwrap();
            write(&database, 400..410);
            drop(database);
            let database = Database::builder().create_with_backend(Growing::new(disk.connect(), 32).unwrap()).unwrap();
            let table = database.begin_read().unwrap().open_table(TABLE).unwrap();
            assert!((0..410).all(|at| table.get(at).unwrap().is_some_and(|value| value.value() == [at as u8; 4000])));
        }
    }

    #[test]
    fn a_head_that_is_not_as_expected_stays_as_it_is() {
        let mut head = vec![0; 320];
        assert_eq!(stepped(&head, 64), None);
        assert_eq!(stepped(&head[..20], 64), None);
        head[12..24].copy_from_slice(&geometry(1 << 20));
        assert_eq!(stepped(&head, 64).unwrap()[12..24], geometry(64));
        head[12..24].copy_from_slice(&geometry(1 << 19));
        assert_eq!(stepped(&head, 64), None);
    }
}
