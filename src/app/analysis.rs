//! `analyze`: recorded traces, at event time.
//!
//! All input is read before anything is judged, so order and spacing of spans mean nothing. Then traces are judged in the order in
//! which they ended, and what is normal is learnt slice by slice, so that the same input gives the same verdicts, to the byte.

use super::clock;
use super::judging::Bench;
use super::pipeline::{NO_MESSAGE, Pipeline, Place, Staged, Worker};
use super::{Analysis, AnalyzeSettings, Error, Progress};
use crate::assemble::Complete;
use crate::catalogue::{self, Catalogue};
use crate::judge::PathMode;
use crate::measure::{SLICE_NS, SeriesLimits, Windows};
use crate::model::{Fates, Hops, Names, Verdict};
use crate::query::{self, Desk};
use crate::store::{Keeper, Store};
use crate::wire::files::{Limits as FileLimits, Reader, Step};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Progress is told after this many traces.
const TELL_EVERY: u64 = 1000;

/// Reads recorded traces and judges them. Blocks.
///
/// # Errors
/// An input that cannot be opened, a store that cannot be opened or written, verdicts that cannot be written.
pub fn analyze(settings: AnalyzeSettings, progress: &mut dyn FnMut(Progress)) -> Result<Analysis, Error> {
    run(settings, (query::verdict_line, false), progress)
}

/// The same, and each verdict line has its tree of hops.
///
/// # Errors
/// See [`analyze`].
pub fn analyze_with_trees(settings: AnalyzeSettings, progress: &mut dyn FnMut(Progress)) -> Result<Analysis, Error> {
    run(settings, (query::verdict_with_tree, true), progress)
}

/// What is written of a verdict.
type LineOf = fn(&Verdict, &Names, &Hops) -> query::VerdictLine;

fn run(
    settings: AnalyzeSettings,
    (line_of, trees): (LineOf, bool),
    progress: &mut dyn FnMut(Progress),
) -> Result<Analysis, Error> {
    let limits = settings.limits.with_budget_of_this_machine();
    let file_limits =
        FileLimits { message: limits.message_bytes, attributes: limits.attributes_per_span, ..FileLimits::default() };
    let mut reader = Reader::open(&settings.inputs, file_limits).map_err(|error| Error(error.to_string()))?;
    let place = settings.store.as_deref().map_or(Place::Nowhere, Place::Folder);
    let pipeline = Arc::new(Pipeline::new(settings.catalogue, limits, place)?);
    let path = if settings.reference_path { PathMode::Reference } else { PathMode::Default };
    let mut run = Run {
        pipeline: &pipeline,
        bench: Bench::new(path).with_trees(trees),
        lines: settings.verdicts.as_deref().map(Lines::open).transpose()?,
        line_of,
        early: 0,
        learnt_ns: 0,
    };
    run.read(&mut reader, progress)?;
    run.judge_all(progress)?;
    let early = run.early;
    if let Some(lines) = run.lines {
        lines.finish()?;
    }
    if settings.store.is_some() {
        pipeline.keep(u64::MAX, 0).map_err(|error| Error(error.to_string()))?;
        // Ages are those of the recording: the store takes its newest slice for now, unless that is still to come. One span of a
        // clock that runs years ahead must not age all others.
        while !pipeline.roll(clock::now_ns()).map_err(|error| Error(error.to_string()))? {}
    }
    let unread = reader.warnings();
    let mut warnings = unread.kept().to_vec();
    if unread.more() > 0 {
        warnings.push(format!("{} more places could not be read", unread.more()));
    }
    if early > 0 {
        warnings.push(format!(
            "the memory budget forced {early} judgements before all was read: spans that came later are late, and counts may be wrong; give more memory by --open-trace-bytes"
        ));
    }
    let adjusted = pipeline.adjusted_spans.load(Ordering::Relaxed);
    if adjusted > 0 {
        warnings.push(format!("{adjusted} spans were moved, because the clocks of two hosts disagreed (--clock-skew)"));
    }
    let nothing_read = pipeline.ledger.fates().received() == 0;
    Ok(Analysis { answers: pipeline.answers(), warnings, judged_early: early > 0, nothing_read })
}

/// Opens a store folder for questions. It holds its map.
///
/// # Errors
/// There is no store, or it cannot be read.
pub fn open_store(folder: &Path) -> Result<Arc<dyn query::Answers>, Error> {
    let (names, hops) = (Arc::new(Names::default()), Arc::new(Hops::default()));
    let store = Store::open(folder, names.clone(), hops.clone()).map_err(|error| Error(error.to_string()))?;
    let catalogue = map_in(&store, folder)?;
    let windows = Arc::new(Windows::new(hops.clone(), [], SeriesLimits::default()));
    let keeper = Arc::new(Keeper::new(windows, Some(store)));
    Ok(Arc::new(Desk::new(catalogue.capabilities(), names, hops, keeper, None, None)))
}

/// The map that a store holds.
///
/// # Errors
/// There is no store, another process has it open, or its map is not accepted.
pub fn map_of_store(folder: &Path) -> Result<Catalogue, Error> {
    let store = Store::open(folder, Arc::default(), Arc::default()).map_err(|error| Error(error.to_string()))?;
    map_in(&store, folder)
}

fn map_in(store: &Store, folder: &Path) -> Result<Catalogue, Error> {
    let map = store.map().map_err(|error| Error(error.to_string()))?;
    catalogue::parse(&folder.display().to_string(), &map)
        .map_err(|problems| Error(format!("the map in the store is not accepted any more:\n{problems}")))
}

struct Run<'p> {
    pipeline: &'p Arc<Pipeline>,
    bench: Bench,
    lines: Option<Lines>,
    line_of: LineOf,
    /// Traces that had to be judged before all was read.
    early: u64,
    /// Windows that end up to here have been learnt from.
    learnt_ns: u64,
}

impl Run<'_> {
    fn read(&mut self, reader: &mut Reader, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        let mut worker = self.pipeline.worker();
        let mut spans = 0;
        loop {
            let mut staging = worker.staging(self.pipeline);
            let step = reader.step(&mut staging).map_err(|error| Error(error.to_string()))?;
            let staged = staging.staged;
            spans += worker.staged_spans();
            if step == Step::Refused {
                self.pipeline.drop_malformed(&mut worker, &staged);
            } else if self.pipeline.append(&mut worker, &staged, NO_MESSAGE, 0).is_err() {
                self.make_room(&mut worker, &staged, progress)?;
            }
            progress(Progress::Reading { bytes: reader.bytes_read(), of: reader.bytes_total(), spans });
            if step == Step::End {
                self.pipeline.give_back(worker);
                return Ok(());
            }
        }
    }

    /// Judges everything that is open, and then takes what is staged.
    fn make_room(&mut self, worker: &mut Worker, staged: &Staged, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        self.early += self.judge_all(progress)?;
        self.pipeline
            .append(worker, staged, NO_MESSAGE, 0)
            .map(drop)
            .map_err(|_| Error("a single message needs more memory than is allowed; give more by --open-trace-bytes".into()))
    }

    /// Judges all open traces in the order of their ends. Returns how many that were.
    fn judge_all(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<u64, Error> {
        let mut open: Vec<Complete> = Vec::new();
        (0..self.pipeline.table.shards()).for_each(|shard| self.pipeline.table.drain(shard, &mut open));
        let end_of = |trace: &Complete| trace.spans.iter().map(|span| span.end_ns).max().unwrap_or(0);
        open.sort_by_cached_key(|trace| (end_of(trace), trace.trace));
        let of = open.len() as u64;
        for (done, trace) in (0..).zip(open.drain(..)) {
            let starts_ns = end_of(&trace) / SLICE_NS * SLICE_NS;
            if starts_ns > self.learnt_ns {
                self.pipeline.baseline.learn(&self.pipeline.windows.closed_between(self.learnt_ns, starts_ns));
                self.learnt_ns = starts_ns;
            }
            self.judge(&trace)?;
            if done % TELL_EVERY == 0 {
                progress(Progress::Judging { traces: done, of });
            }
        }
        progress(Progress::Judging { traces: of, of });
        Ok(of)
    }

    fn judge(&mut self, trace: &Complete) -> Result<(), Error> {
        let (pipeline, lines, line_of) = (self.pipeline, &mut self.lines, self.line_of);
        let mut written = Ok(());
        let fates: Fates = pipeline.judge_one(&pipeline.maps.load(), trace, &mut self.bench, |verdict: &Verdict| {
            pipeline.windows.record(verdict);
            if let (Some(lines), Ok(())) = (lines.as_mut(), &written) {
                written = lines.write(&line_of(verdict, &pipeline.names, &pipeline.hops));
            }
        });
        pipeline.ledger.moved(&fates);
        written
    }
}

/// Where verdict lines go.
struct Lines {
    out: BufWriter<Box<dyn Write>>,
    name: String,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let out: Box<dyn Write> = if name == "-" {
            Box::new(std::io::stdout())
        } else {
            Box::new(File::create(path).map_err(|error| Error(format!("cannot write verdicts to {name}: {error}")))?)
        };
        Ok(Self { out: BufWriter::with_capacity(1 << 20, out), name })
    }

    fn write(&mut self, line: &query::VerdictLine) -> Result<(), Error> {
        let written = serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(|error| self.failed(&error))
    }

    fn finish(mut self) -> Result<(), Error> {
        self.out.flush().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error(format!("cannot write verdicts to {}: {error}", self.name))
    }
}
