//! `backup` and `compact`: a copy of a store, and less room on the disk.

use super::args::{BackupArgs, CompactArgs};
use super::exit::Ended;
use super::login::Login;
use super::progress::{Bytes, Rewriting};
use super::remote::Remote;
use super::source::Source;
use super::{output, say};
use crate::app;
use crate::query::API_VERSION;
use crate::store::STORE_FILE;
use anyhow::{Context, bail, ensure};
use serde::Serialize;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What `backup` tells.
#[derive(Debug, Serialize)]
struct Backup {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    /// The folder, or the address of the server.
    source: String,
    file: String,
    /// Of the store; a server does not tell it.
    bytes_before: Option<u64>,
    /// Of the copy.
    bytes_after: u64,
}

/// What `compact` tells.
#[derive(Debug, Serialize)]
struct Compacted {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    store: String,
    bytes_before: u64,
    bytes_after: u64,
}

pub(super) fn backup(mut args: BackupArgs) -> anyhow::Result<Ended> {
    let source = Source::of_inputs(args.source(), Vec::new())?;
    let target = Target::new(&args.to)?;
    let (source, before) = match source {
        Source::Server(url, login) => {
            let login = Login::resolve(&login, |name| std::env::var(name).ok())?;
            of_server(&Remote::new(&url, login)?, &target)?;
            (url, None)
        }
        Source::Store(folder) => {
            target.is_not_in(&folder)?;
            let sizes = app::backup_store(&folder, &target.part)?;
            (folder.display().to_string(), Some(sizes.before))
        }
        Source::Files { .. } => bail!("only a server or a store can be backed up; write --server URL or --store DIR"),
    };
    let bytes_after = target.complete()?;
    let file = target.file.display().to_string();
    let told = Backup { api_version: API_VERSION, source, file, bytes_before: before, bytes_after };
    output::print(&output::render(args.output.output, &told, of_backup, rows_of_backup)?)?;
    Ok(Ended::Done)
}

pub(super) fn compact(args: &CompactArgs) -> anyhow::Result<Ended> {
    let store = args.store.display().to_string();
    say(&format!("compacting the store '{store}'; this may take minutes"));
    let mut line = Rewriting::default();
    let sizes = app::compact_store(&args.store, &mut |windows| line.show(windows))?;
    drop(line);
    let (bytes_before, bytes_after) = (sizes.before, sizes.after);
    let told = Compacted { api_version: API_VERSION, store, bytes_before, bytes_after };
    output::print(&output::render(args.output.output, &told, of_compacting, rows_of_compacting)?)?;
    Ok(Ended::Done)
}

fn of_backup(told: &Backup) -> String {
    let Backup { source, file, bytes_after, .. } = told;
    let whole = file.strip_suffix(STORE_FILE).map(|folder| folder.trim_end_matches('/')).filter(|folder| !folder.is_empty());
    let folder = whole.unwrap_or("DIR");
    let how = if whole.is_some() { String::new() } else { format!("put it into a folder as {STORE_FILE}, and ") };
    format!("backed up {source} to {file}, {}\nto use it: {how}ask with --store {folder}\n", size(*bytes_after))
}

fn rows_of_backup(told: &Backup) -> Vec<Vec<String>> {
    let before = told.bytes_before.map_or(String::new(), |bytes| bytes.to_string());
    let row = vec![told.source.clone(), told.file.clone(), before, told.bytes_after.to_string()];
    vec![["source", "file", "bytes_before", "bytes_after"].map(str::to_owned).to_vec(), row]
}

fn of_compacting(told: &Compacted) -> String {
    format!("the store {} took {} and takes {} now\n", told.store, size(told.bytes_before), size(told.bytes_after))
}

fn rows_of_compacting(told: &Compacted) -> Vec<Vec<String>> {
    let row = vec![told.store.clone(), told.bytes_before.to_string(), told.bytes_after.to_string()];
    vec![["store", "bytes_before", "bytes_after"].map(str::to_owned).to_vec(), row]
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut number = bytes as f64;
    let mut told = None;
    for unit in units {
        if number < 1024.0 {
            break;
        }
        number /= 1024.0;
        told = Some(unit);
    }
    told.map_or(format!("{bytes} bytes"), |unit| format!("{number:.1} {unit}"))
}

/// Where a copy goes: under another name until it is complete.
#[derive(Debug)]
struct Target {
    file: PathBuf,
    part: PathBuf,
}

impl Target {
    fn new(to: &Path) -> anyhow::Result<Self> {
        let file = if to.is_dir() { to.join(STORE_FILE) } else { to.to_owned() };
        let name = file.file_name().with_context(|| format!("--to: '{}' names no file", to.display()))?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            ensure!(folder.is_dir(), "--to: there is no folder '{}'; make it first", folder.display());
        }
        app::is_no_store_in_use(&file).context("--to")?;
        let mut part = OsString::from(name);
        part.push(".part");
        let part = file.with_file_name(part);
        // What a crash has left of another copy is of no use.
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("--to: '{}' is in the way", part.display()));
            }
            _ => {}
        }
        Ok(Self { file, part })
    }

    fn is_not_in(&self, store: &Path) -> anyhow::Result<()> {
        let (own, theirs) = (self.file.canonicalize(), store.join(STORE_FILE).canonicalize());
        let same = own.is_ok_and(|own| theirs.is_ok_and(|theirs| own == theirs));
        ensure!(!same, "--to: '{}' is the store itself; name another place", self.file.display());
        Ok(())
    }

    /// Gives the copy its name, when it is on the disk. Tells how long it is.
    fn complete(&self) -> anyhow::Result<u64> {
        let told = || format!("cannot write '{}'", self.file.display());
        let file = File::open(&self.part).with_context(told)?;
        file.sync_all().with_context(told)?;
        let bytes = file.metadata().with_context(told)?.len();
        std::fs::rename(&self.part, &self.file).with_context(told)?;
        Ok(bytes)
    }
}

impl Drop for Target {
    /// Half a copy is of no use to anybody. After a rename there is none.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.part);
    }
}

/// Writes what the server sends, piece by piece.
fn of_server(server: &Remote, target: &Target) -> anyhow::Result<()> {
    let cannot = || format!("cannot write '{}'", target.part.display());
    let (length, mut body) = server.download("/api/v1/backup")?;
    let mut file = File::create(&target.part).with_context(cannot)?;
    let mut bar = Bytes::new(length);
    let mut piece = vec![0; 256 << 10];
    let mut written = 0;
    loop {
        let read = body.read(&mut piece).context("the backup broke off, and nothing is kept of it; try again")?;
        if read == 0 {
            break;
        }
        file.write_all(&piece[..read]).with_context(cannot)?;
        written += read as u64;
        bar.show(written);
    }
    // A server tells the length first; who does not is none, or not this one.
    ensure!(length == Some(written), "the backup broke off after {}, and nothing is kept of it; try again", size(written));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::args::{Format, OutputArgs};
    use super::*;
    use crate::serve::fakes::{self, FakeAnswers, FakeHealth, NOON};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    #[test]
    fn a_copy_has_its_name_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let names = || std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect::<Vec<_>>();
        let target = Target::new(folder.path()).unwrap();
        std::fs::write(&target.part, "half").unwrap();
        drop(target);
        assert!(names().is_empty());
        let target = Target::new(folder.path()).unwrap();
        std::fs::write(&target.part, "whole").unwrap();
        assert_eq!(target.complete().unwrap(), 5);
        drop(target);
        assert_eq!(names(), [STORE_FILE]);
        let told = Target::new(&folder.path().join("no/such/file")).unwrap_err().to_string();
        assert!(told.contains("there is no folder") && told.contains("make it first"), "{told}");
        let own = Target::new(folder.path()).unwrap().is_not_in(folder.path()).unwrap_err().to_string();
        assert!(own.contains("is the store itself"), "{own}");
    }

    #[test]
    fn what_was_done_is_told_with_sizes_and_how_to_use_it() {
        let told = |file: &str| {
            of_backup(&Backup {
                api_version: API_VERSION,
                source: "counts".into(),
                file: file.into(),
                bytes_before: Some(2 << 20),
                bytes_after: 3 << 19,
            })
        };
        assert_eq!(
            told("b/steelthread.redb"),
            "backed up counts to b/steelthread.redb, 1.5 MiB\nto use it: ask with --store b\n"
        );
        assert!(told("b.redb").ends_with("put it into a folder as steelthread.redb, and ask with --store DIR\n"));
        let told = Compacted { api_version: API_VERSION, store: "s".into(), bytes_before: 5 << 30, bytes_after: 1000 };
        assert_eq!(of_compacting(&told), "the store s took 5.0 GiB and takes 1000 bytes now\n");
        let csv = output::render(Format::Csv, &told, of_compacting, rows_of_compacting).unwrap();
        assert_eq!(csv, "store,bytes_before,bytes_after\ns,5368709120,1000\n");
        assert_eq!(OutputArgs::default().output, Format::Table);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_sends_a_copy_whole_or_says_why_not_and_leaves_nothing_then() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (answers, health) = (Arc::new(FakeAnswers::default()), Arc::new(FakeHealth::default()));
        let port = crate::serve::Port::plain(listener);
        let never = std::future::pending();
        tokio::spawn(crate::serve::api(port, answers.clone(), answers, health.clone(), || NOON, None, never));
        let asked = tokio::task::spawn_blocking(move || {
            let folder = tempfile::tempdir().unwrap();
            let login = Login::resolve(&super::super::args::LoginArgs::default(), |_| None).unwrap();
            let server = Remote::new(&url, login).unwrap();
            let target = Target::new(&folder.path().join("copy")).unwrap();
            of_server(&server, &target).unwrap();
            assert_eq!(target.complete().unwrap(), fakes::kept().len() as u64);
            assert_eq!(std::fs::read_to_string(folder.path().join("copy")).unwrap(), fakes::kept());
            health.0.store(true, Ordering::Relaxed);
            let told = of_server(&server, &target).unwrap_err().to_string();
            assert_eq!(told, "the backup could not be made: the store is gone");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        });
        asked.await.unwrap();
    }
}
