//! A real folder, and folders that cannot be a journal.

use super::*;
use crate::journal::OpenError;
use std::path::Path;

fn refusal(folder: &Path) -> OpenError {
    Journal::open(folder, opening()).map(|_| ()).unwrap_err()
}

#[test]
fn a_real_folder_keeps_messages_and_recycles_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way");
    for durability in [Durability::Os, Durability::Fsync, Durability::None] {
        let opening = Opening { durability, ..opening() };
        let (journal, found) = Journal::open(&path, opening).unwrap();
        assert_eq!(found.torn, None);
        for _ in 0..20 {
            let appended = fill(&journal, 12, 900);
            assert_eq!(read_sound(&journal, appended[0].0.offset), appended);
            journal.sync().unwrap();
            assert!(journal.synced(journal.next_offset() - 1));
            journal.release(journal.next_offset()).unwrap();
        }
        let large = fill(&journal, 1, 3_000_000 / 4);
        drop(journal);
        let (journal, _) = Journal::open(&path, opening).unwrap();
        assert_eq!(read_sound(&journal, large[0].0.offset), large);
    }
    let files = std::fs::read_dir(&path).unwrap().count();
    assert!(files <= 14, "{files} files");
}

#[test]
fn a_folder_is_opened_by_one_only() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(folder.path(), opening()).unwrap();
    let error = refusal(folder.path());
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    assert!(error.to_string().contains("is in use by another steelthread; stop that one first"), "{error}");
    drop(journal);
    Journal::open(folder.path(), opening()).unwrap();
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = refusal(&path);
        assert!(matches!(error, OpenError::NotAFolder(_)), "{error}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"text");
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["notes.txt", "1.log", "spare-x.log", "0000000000000000000x.log", "store.redb", "+0000000000000000001.log"];
    for name in names {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    std::fs::create_dir(folder.path().join("00000000000000000003.log")).unwrap();
    let (journal, found) = Journal::open(folder.path(), opening()).unwrap();
    assert_eq!(found, Found::default());
    fill(&journal, 30, 900);
    journal.release(30).unwrap();
    for name in names {
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), name.as_bytes());
    }
}

#[test]
fn a_file_with_our_name_and_other_content_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("00000000000000000007.log");
    std::fs::write(&file, "this is the log of something else, and it is long enough to hold a header").unwrap();
    let error = refusal(folder.path());
    assert!(matches!(error, OpenError::Foreign(_)), "{error}");
    assert!(error.to_string().contains("00000000000000000007.log' does not begin as a segment of a journal"), "{error}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is the log"));
}

#[test]
fn a_newer_format_is_not_touched() {
    let mut bytes = crate::journal::layout::segment_header(0, 77);
    bytes[8] = 9;
    let sum = crc32fast::hash(&bytes[..24]);
    bytes[24..28].copy_from_slice(&sum.to_le_bytes());
    let disk = SimulatedDisk::default();
    disk.put("00000000000000000000.log", &bytes);
    let error = Journal::open_on(Arc::new(disk.clone()), opening()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("is in format 9, and this steelthread reads up to 1; use a newer one"), "{error}");
    assert_eq!(disk.contents().values().next().unwrap(), &bytes);
}

#[test]
fn files_that_somebody_removed_stop_neither_appending_nor_releasing() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(folder.path(), opening()).unwrap();
    fill(&journal, 30, 900);
    journal.release(12).unwrap();
    let newest = crate::journal::layout::segment_name(28);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().into_string().unwrap() != newest {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let (records, damages) = read(&journal, 12);
    assert_eq!((offsets(&records), damages.lost), (vec![28, 29], 16));
    journal.release(28).unwrap();
    let appended = fill(&journal, 30, 900);
    assert_eq!(read_sound(&journal, 30), appended);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o555)).unwrap();
    // To root every folder is open.
    if rustix::process::geteuid().is_root() {
        Journal::open(&path, opening()).unwrap();
        return;
    }
    let error = refusal(&path);
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("give it to the user who runs steelthread"), "{error}");
}
