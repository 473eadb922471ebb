//! The map's file is looked at again: when it changes, and when somebody asks.
//!
//! What counts is the file's text, not its time: so it makes no difference whether a file was written in place, renamed into place or
//! a link to it was changed. A file that is being written is not believed before two looks found the same. A map that is refused is
//! told once, with all its problems, and the one in use stays. While a swap is under way a further map waits; of several the newest
//! is taken, because the file is read again when the swap is over.

use super::pipeline::Pipeline;
use super::swap::{Step, Swap};
use super::{MapFile, clock};
use crate::catalogue::{self, Catalogue, Changes};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it is seen whether somebody asks, and whether a swap can go on.
const TICK: Duration = Duration::from_millis(100);
/// A text that is new is looked at again after this long.
const SETTLE: Duration = Duration::from_millis(300);

/// A figure of the server: name without prefix, help, value.
type Gauge = (&'static str, &'static str, f64);

/// The thread that looks at the map.
pub(super) struct Reloading {
    thread: Mutex<Option<JoinHandle<()>>>,
    told: Arc<Told>,
}

/// What the thread is told, and what it tells.
#[derive(Debug, Default)]
struct Told {
    stop: AtomicBool,
    loaded_ns: AtomicU64,
    reloads: AtomicU64,
    failures: AtomicU64,
    refused: AtomicBool,
}

impl Reloading {
    /// Begins to look, if there is a file to look at.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(super) fn start(pipeline: &Arc<Pipeline>, file: Option<MapFile>) -> std::io::Result<Self> {
        let told = Arc::new(Told::default());
        told.loaded_ns.store(clock::now_ns(), Ordering::Relaxed);
        let spawn = |file: MapFile| {
            let mut watcher = Watcher::new(pipeline.clone(), file, told.clone());
            thread::Builder::new().name("map".into()).spawn(move || {
                while !watcher.told.stop.load(Ordering::Relaxed) {
                    watcher.tick(clock::now_ns());
                    thread::park_timeout(TICK);
                }
            })
        };
        let thread = file.map(spawn).transpose()?;
        Ok(Self { thread: Mutex::new(thread), told })
    }

    /// Looks no more. A swap that is under way stays as it is: both maps are in use.
    pub(super) fn finish(&self) {
        self.told.stop.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        thread.thread().unpark();
        if thread.join().is_err() {
            tracing::error!("the thread that looks at the map has failed; the map was not read again");
        }
    }

    pub(super) fn gauges(&self) -> Vec<Gauge> {
        let told = &self.told;
        let number = |of: &AtomicU64| of.load(Ordering::Relaxed) as f64;
        let refused = told.refused.load(Ordering::Relaxed);
        vec![
            (
                "map_loaded_timestamp_seconds",
                "When the map in use was taken into use, seconds since 1970.",
                number(&told.loaded_ns) / 1e9,
            ),
            (
                "map_reload_failed",
                "1 while the map's file was refused as it is, so that an older map is in use.",
                f64::from(refused),
            ),
            ("map_reloads_total", "Maps taken into use in the place of another.", number(&told.reloads)),
            ("map_reload_failures_total", "Maps refused while another was in use.", number(&told.failures)),
        ]
    }
}

/// What is known of the file.
struct Watcher {
    pipeline: Arc<Pipeline>,
    file: MapFile,
    told: Arc<Told>,
    /// The newest map that was accepted and not put off.
    current: Arc<Catalogue>,
    swap: Option<(Swap, Changes)>,
    /// Time until the next look.
    until_look: Duration,
    /// A text that was found once.
    seen: Option<u64>,
    /// The text that was refused last, if it is still there.
    refused: Option<u64>,
    /// A text that was accepted and waits for the swap under way.
    waiting: Option<u64>,
}

impl Watcher {
    fn new(pipeline: Arc<Pipeline>, mut file: MapFile, told: Arc<Told>) -> Self {
        // A pipe is empty once it has been read: whoever gives one has no file to change.
        if std::fs::metadata(&file.path).is_ok_and(|about| !about.is_file()) {
            file.poll = None;
        }
        let current = pipeline.maps.load().fresh.catalogue.clone();
        let until_look = file.poll.unwrap_or_default();
        Self { pipeline, file, told, current, swap: None, until_look, seen: None, refused: None, waiting: None }
    }

    fn tick(&mut self, now_ns: u64) {
        self.advance(now_ns);
        if self.file.asked.swap(false, Ordering::Relaxed) {
            self.look(true);
        } else if let Some(poll) = self.file.poll {
            self.until_look = self.until_look.saturating_sub(TICK);
            if self.until_look.is_zero() {
                self.until_look = poll;
                self.look(false);
            }
        }
    }

    /// Goes on with the swap that is under way.
    fn advance(&mut self, now_ns: u64) {
        let Some((swap, changes)) = &mut self.swap else { return };
        let before = swap.step();
        let step = swap.advance(&self.pipeline);
        if step != before && step == Step::Begun {
            let (path, many) = (self.file.path.display(), self.current.capabilities().len());
            tracing::info!("the map {path} is in use from now on: {many} capabilities, {changes}");
            self.told.loaded_ns.store(now_ns, Ordering::Relaxed);
            self.told.reloads.fetch_add(1, Ordering::Relaxed);
        }
        if step == Step::Over {
            self.swap = None;
            if self.waiting.take().is_some() {
                self.look(true);
            }
        }
    }

    /// Reads the file, and does what follows. Whoever asks gets an answer, and at once; else only what is new is told.
    fn look(&mut self, asked: bool) {
        let text = read(&self.file.path);
        if text.as_deref() == Ok(self.current.text()) {
            return self.is_current(asked);
        }
        let hash = hash(&text);
        if !asked {
            if self.refused == Some(hash) || self.waiting == Some(hash) {
                return;
            }
            if self.seen != Some(hash) {
                self.seen = Some(hash);
                self.until_look = self.until_look.min(SETTLE);
                return;
            }
        }
        self.seen = None;
        match text.and_then(|text| self.parse(&text)) {
            Err(why) => self.refuse(hash, &why),
            Ok(catalogue) => self.accept(hash, catalogue),
        }
    }

    fn is_current(&mut self, asked: bool) {
        let path = self.file.path.display();
        if self.refused.is_some() || self.waiting.is_some() {
            tracing::info!("the map {path} is again the one that is in use");
        } else if asked {
            tracing::info!("the map {path} has not changed");
        }
        (self.seen, self.refused, self.waiting) = (None, None, None);
        self.told.refused.store(false, Ordering::Relaxed);
    }

    fn parse(&self, text: &str) -> Result<Catalogue, String> {
        let path = self.file.path.display().to_string();
        let catalogue = catalogue::parse(&path, text).map_err(|problems| problems.to_string())?;
        let names = &self.pipeline.names;
        // A capability without a name of its own would be counted together with others.
        let nameless = catalogue.capabilities().iter().find(|one| names.text(names.intern(one.id.as_bytes())) != one.id);
        match nameless {
            Some(one) => Err(format!(
                "{path}: there is no room for the name of capability `{}`; start again with more room by --names",
                one.id
            )),
            None => Ok(catalogue),
        }
    }

    fn refuse(&mut self, hash: u64, why: &str) {
        (self.refused, self.waiting) = (Some(hash), None);
        tracing::error!("the map {} is refused as it is now, and the one in use stays:", self.file.path.display());
        why.lines().for_each(|line| tracing::error!("{line}"));
        self.told.failures.fetch_add(1, Ordering::Relaxed);
        self.told.refused.store(true, Ordering::Relaxed);
    }

    fn accept(&mut self, hash: u64, catalogue: Catalogue) {
        self.refused = None;
        self.told.refused.store(false, Ordering::Relaxed);
        if self.swap.is_some() {
            self.waiting = Some(hash);
            let path = self.file.path.display();
            return tracing::info!(
                "the map {path} has changed again: it waits until the traces that began under the map before the last are judged"
            );
        }
        let changes = Changes::between(&self.current, &catalogue);
        let swap = Swap::begin(&self.pipeline, catalogue);
        self.current = swap.newer().catalogue.clone();
        self.swap = Some((swap, changes));
    }
}

fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let cannot = |error: std::io::Error| format!("{name}: cannot be read: {error}");
    if !std::fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(format!("{name}: cannot be read again, because it is no file on a disk; start again with one"));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|_| format!("{name}: not UTF-8 text; save it as UTF-8"))
}

fn hash(text: &Result<String, String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::Limits;
    use super::super::pipeline::Place;
    use super::*;

    fn map(capability: &str) -> String {
        format!(
            "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n- id: {capability}\n  threads:\n  \
             - id: web\n    entry: {{service: web}}\n"
        )
    }

    /// A watcher of a file with the map `first`, looked at every second.
    fn watcher(folder: &Path) -> Watcher {
        let path = folder.join("map.yaml");
        std::fs::write(&path, map("first")).unwrap();
        let catalogue = catalogue::parse("map.yaml", &map("first")).unwrap();
        let pipeline = Arc::new(Pipeline::new(catalogue, Limits { names: 100, ..Limits::default() }, Place::Nowhere).unwrap());
        let file = MapFile { path, poll: Some(Duration::from_secs(1)), ..MapFile::default() };
        Watcher::new(pipeline, file, Arc::default())
    }

    impl Watcher {
        fn write(&self, text: &str) {
            std::fs::write(&self.file.path, text).unwrap();
        }

        fn ticks(&mut self, many: usize) {
            (0..many).for_each(|_| self.tick(1));
        }

        fn in_use(&self) -> String {
            self.pipeline.maps.load().fresh.catalogue.capabilities()[0].id.clone()
        }

        fn counts(&self) -> (u64, u64, bool) {
            let number = |of: &AtomicU64| of.load(Ordering::Relaxed);
            (number(&self.told.reloads), number(&self.told.failures), self.told.refused.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_text_is_believed_when_two_looks_find_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = watcher(folder.path());
        watcher.write(&map("half-wri"));
        watcher.ticks(10);
        watcher.write(&map("half-written"));
        watcher.ticks(3);
        assert_eq!((watcher.in_use(), watcher.counts()), ("first".into(), (0, 0, false)));
        watcher.ticks(10);
        assert_eq!((watcher.in_use(), watcher.counts()), ("half-written".into(), (1, 0, false)));
    }

    #[test]
    fn a_bad_text_is_told_once_unless_somebody_asks_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = watcher(folder.path());
        watcher.write("bad");
        watcher.ticks(100);
        assert_eq!(watcher.counts(), (0, 1, true));
        watcher.write("worse");
        watcher.ticks(100);
        assert_eq!(watcher.counts(), (0, 2, true));
        watcher.file.asked.store(true, Ordering::Relaxed);
        watcher.ticks(1);
        assert_eq!(watcher.counts(), (0, 3, true));
        watcher.write(&map("first"));
        watcher.ticks(11);
        assert_eq!((watcher.in_use(), watcher.counts()), ("first".into(), (0, 3, false)));
    }

    #[test]
    fn maps_that_come_while_a_swap_is_under_way_wait_and_of_several_the_newest_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = watcher(folder.path());
        // Somebody holds the first map, so that the swap cannot end.
        let held = watcher.pipeline.maps.load_full();
        for capability in ["second", "third", "fourth"] {
            watcher.write(&map(capability));
            watcher.ticks(20);
        }
        assert_eq!((watcher.in_use(), watcher.counts()), ("first".into(), (0, 0, false)));
        watcher.write("bad");
        watcher.ticks(20);
        assert_eq!(watcher.counts(), (0, 1, true));
        watcher.write(&map("fifth"));
        watcher.ticks(20);
        drop(held);
        watcher.ticks(1);
        assert_eq!(watcher.in_use(), "second");
        watcher.ticks(5);
        assert_eq!((watcher.in_use(), watcher.counts()), ("fifth".into(), (2, 1, false)));
    }

    #[test]
    fn a_map_whose_names_find_no_room_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = watcher(folder.path());
        while !watcher.pipeline.names.is_full() {
            watcher.pipeline.names.intern(watcher.pipeline.names.len().to_string().as_bytes());
        }
        watcher.write(&map("second"));
        watcher.ticks(20);
        assert_eq!((watcher.in_use(), watcher.counts()), ("first".into(), (0, 1, true)));
    }
}
