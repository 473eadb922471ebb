//! The stages joined: a message goes in, counts come out. Time is an argument here too; who calls reads the clock.

use super::alerting::Alerting;
use super::correcting::Correcting;
use super::generation::{Generation, Hand, Maps, latency_limits};
use super::incidents::Noted;
use super::labels::Labeller;
use super::source::{Behind, Source};
use super::{Error, Limits};
use crate::assemble::{self, Appended, Batch, Overloaded, Room, Table, When};
use crate::catalogue::Catalogue;
use crate::export::Forwarder;
use crate::journal::{Format, Opening, PassThrough};
use crate::judge::HopLimit;
use crate::measure::{Arriving, Baseline, Ledger, Recent, SeriesLimits, Windows};
use crate::model::{Attribute, Fate, Fates, Hops, Names, RawSpan, SpanId, TraceId};
use crate::notify::Couriers;
use crate::query::{Answers, Desk, Listing, Sources};
use crate::serve::Encoding;
use crate::store::{Keeper, Store};
use crate::tag::TagWorker;
use crate::wire::{SpanSink, json, otlp};
use arc_swap::ArcSwap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

/// A worker with room for more staged spans than this is given up after use.
const MOST_SPANS_KEPT: usize = 64 << 10;

/// What was read from a file needs no log: it can be read again.
pub(super) const NO_MESSAGE: (Format, &[u8]) = (Format::Protobuf, &[]);

/// The stages and the tables that they share.
pub(super) struct Pipeline {
    /// The map in use, with what belongs to it.
    pub(super) maps: ArcSwap<Maps>,
    /// What answers are about.
    pub(super) listing: Arc<Listing>,
    pub(super) names: Arc<Names>,
    pub(super) hops: Arc<Hops>,
    pub(super) hop_limit: HopLimit,
    pub(super) table: Table,
    pub(super) windows: Arc<Windows>,
    pub(super) baseline: Arc<Baseline>,
    pub(super) recent: Arc<Recent>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) sources: Arc<ArcSwap<Sources>>,
    pub(super) limits: Limits,
    pub(super) keeper: Arc<Keeper>,
    /// The store ends with the process.
    pub(super) only_in_memory: bool,
    /// The map that the store does not hold yet.
    unkept_map: Mutex<Option<Arc<Catalogue>>>,
    /// Spans that were moved because two clocks disagreed.
    pub(super) adjusted_spans: AtomicU64,
    /// Culprits that may still be corrected.
    pub(super) correcting: Correcting,
    /// Passes spans on, if that is asked for; set before the first message comes.
    pub(super) forwarder: OnceLock<Forwarder>,
    /// Set if anybody is told of alerts.
    pub(super) couriers: OnceLock<Couriers>,
    /// Where a message gets its position and its time before it is handed on, and how far that was worked off.
    pub(super) source: Source,
    /// What an earlier server has left to do, until it is done.
    pub(super) behind: Mutex<Option<Behind>>,
    /// Which objectives burn, and who is to know.
    pub(super) alerting: Arc<Alerting>,
    /// Incidents that alerts made.
    pub(super) noted: Noted,
    /// Held by whoever moves spans: from the log to the open traces, from there to the counts. Taken by a commit, for which nothing
    /// may be on its way.
    pub(super) gate: RwLock<()>,
}

/// Where closed windows go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// To this folder, which is made if it is not there.
    Folder(&'a Path),
    /// The same, and what comes in goes to a journal in it first.
    Journaled(&'a Path, Opening),
    /// To a store that ends with the process.
    Memory,
    /// They stay where they are counted.
    Nowhere,
}

/// Where windows go, and where messages come from.
pub(super) struct Backing {
    pub(super) store: Option<Store>,
    pub(super) only_in_memory: bool,
    pub(super) source: Source,
    pub(super) behind: Behind,
}

impl Backing {
    pub(super) fn open(place: Place<'_>, map: &str, names: &Arc<Names>, hops: &Arc<Hops>) -> Result<Self, Error> {
        let store = match place {
            Place::Folder(folder) | Place::Journaled(folder, _) => Some(Store::create(folder, map, names.clone(), hops.clone())),
            Place::Memory => Some(Store::in_memory(names.clone(), hops.clone())),
            Place::Nowhere => None,
        };
        let store = store.transpose().map_err(|error| Error(error.to_string()))?;
        let (source, behind) = match (place, &store) {
            (Place::Journaled(folder, opening), Some(store)) => Source::beside(store, folder, opening)?,
            (Place::Memory, _) => (Source::passing(PassThrough::live()), Behind::default()),
            _ => (Source::passing(PassThrough::default()), Behind::default()),
        };
        Ok(Self { store, only_in_memory: matches!(place, Place::Memory), source, behind })
    }
}

/// What is needed to read one message; lent and given back.
pub(super) struct Worker {
    tag: TagWorker,
    scratch: otlp::Scratch,
    batch: Batch,
    arriving: Arriving,
    /// While maps are swapped: the same spans, read by the other map.
    also: Option<Hand>,
    maps: Arc<Maps>,
    /// Only where spans are passed on.
    pub(super) labeller: Option<Labeller>,
}

/// The spans of a message, staged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Staged {
    /// Spans that cannot be spans: wrong ids.
    pub(super) rejected: u64,
    /// What is wrong with the first of them.
    pub(super) why: String,
    /// Where the message stands in the log, when it was taken.
    pub(super) offset: u64,
}

/// Takes spans as they are read, and stages them.
pub(super) struct Staging<'w> {
    worker: &'w mut Worker,
    pipeline: &'w Pipeline,
    /// What was staged so far.
    pub(super) staged: Staged,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It cannot be read.
    Malformed(String),
    /// There is no room.
    Overloaded(Overloaded),
    /// The log could not keep it.
    NotKept(String),
}

impl Pipeline {
    /// # Errors
    /// The store or the journal cannot be opened.
    pub(super) fn new(catalogue: Catalogue, limits: Limits, place: Place<'_>) -> Result<Self, Error> {
        Self::with_backing(catalogue, limits, |map, names, hops| Backing::open(place, map, names, hops))
    }

    /// The same, with what is given for text of map, names and hops.
    pub(super) fn with_backing(
        catalogue: Catalogue,
        limits: Limits,
        open: impl FnOnce(&str, &Arc<Names>, &Arc<Hops>) -> Result<Backing, Error>,
    ) -> Result<Self, Error> {
        let names = Arc::new(Names::new(limits.names));
        let hops = Arc::new(Hops::default());
        let first = Generation::first(catalogue, &names);
        let catalogue = &first.catalogue;
        let series = SeriesLimits { hops_per_capability: limits.hops_per_capability, ..SeriesLimits::default() };
        let windows = Arc::new(Windows::new(hops.clone(), latency_limits(catalogue, &names), series));
        let Backing { store, only_in_memory, source, behind } = open(catalogue.text(), &names, &hops)?;
        let table = Table::new(assemble::Settings { tell_closed: source.journal().is_some(), ..table_settings(&limits) });
        table.remember(behind.closed.iter().copied());
        Ok(Self {
            table,
            keeper: Arc::new(Keeper::new(windows.clone(), store)),
            only_in_memory,
            windows,
            baseline: Arc::default(),
            recent: Arc::default(),
            ledger: Arc::default(),
            unkept_map: Mutex::default(),
            adjusted_spans: AtomicU64::new(0),
            correcting: Correcting::default(),
            forwarder: OnceLock::new(),
            couriers: OnceLock::new(),
            source,
            behind: Mutex::new(Some(behind)),
            alerting: Arc::new(Alerting::new(&first.catalogue, &names, &hops)),
            noted: Noted::default(),
            gate: RwLock::default(),
            listing: Arc::new(Listing::new(catalogue.capabilities(), &names)),
            sources: Arc::new(ArcSwap::from_pointee(first.sources())),
            maps: ArcSwap::from_pointee(Maps { fresh: Arc::new(first), also: None }),
            names,
            hop_limit: HopLimit::new(limits.hops_per_capability),
            hops,
            limits,
        })
    }

    /// Takes a whole `ExportTraceServiceRequest`, or nothing of it.
    pub(super) fn take(&self, message: &[u8], encoding: Encoding, now_ns: u64) -> Result<Staged, NotTaken> {
        let mut worker = self.worker();
        let taken = self.take_by(&mut worker, message, encoding, now_ns);
        self.give_back(worker);
        taken
    }

    fn take_by(&self, worker: &mut Worker, message: &[u8], encoding: Encoding, now_ns: u64) -> Result<Staged, NotTaken> {
        let (staged, read) = match encoding {
            Encoding::Protobuf => self.stage_protobuf(worker, message),
            Encoding::Json => self.stage_json(worker, message),
        };
        if let Err(why) = read {
            self.drop_malformed(worker, &staged);
            return Err(NotTaken::Malformed(why));
        }
        let format = match encoding {
            Encoding::Protobuf => Format::Protobuf,
            Encoding::Json => Format::Json,
        };
        match self.append(worker, &staged, (format, message), now_ns) {
            Ok(offset) => {
                self.pass_on(worker, message, encoding);
                Ok(Staged { offset, ..staged })
            }
            Err(why) => {
                self.shed(worker, &staged);
                Err(why)
            }
        }
    }

    pub(super) fn stage_protobuf(&self, worker: &mut Worker, message: &[u8]) -> (Staged, Result<(), String>) {
        let mut scratch = std::mem::take(&mut worker.scratch);
        let mut staging = worker.staging(self);
        let walked = otlp::walk(message, self.limits.attributes_per_span, &mut scratch, &mut staging);
        let staged = staging.staged;
        worker.scratch = scratch;
        (staged, walked.map_err(|malformed| malformed.to_string()))
    }

    /// Unknown fields are to be ignored, so a document that has only those is a request without spans. That is said, for it is hardly
    /// what was meant.
    pub(super) fn stage_json(&self, worker: &mut Worker, message: &[u8]) -> (Staged, Result<(), String>) {
        let mut staging = worker.staging(self);
        let decoded = json::decode(message, self.limits.attributes_per_span, &mut staging);
        let mut staged = staging.staged;
        match decoded {
            Ok(()) => (staged, Ok(())),
            Err(json::Unreadable::NoSpans) => {
                staged.why = json::Unreadable::NoSpans.to_string();
                (staged, Ok(()))
            }
            Err(why) => (staged, Err(why.to_string())),
        }
    }

    /// Hands what is staged to the open traces; all of it or, where there is no room, nothing. `message` is what it was read from.
    pub(super) fn append(
        &self,
        worker: &mut Worker,
        staged: &Staged,
        (format, message): (Format, &[u8]),
        now_ns: u64,
    ) -> Result<u64, NotTaken> {
        let room = self.table.admit(&worker.batch, now_ns).map_err(NotTaken::Overloaded)?;
        let _passing = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let position = match self.source.log().append(format, message, now_ns) {
            Ok(position) => position,
            Err(error) => {
                self.table.give_back(room);
                self.source.refused(&error, self.limits.quiet, now_ns);
                return Err(NotTaken::NotKept(error.to_string()));
            }
        };
        self.source.taken();
        let when = When { time_ns: position.time_ns, received_ns: position.received_ns };
        let appended = self.hand_over(worker, room, when);
        self.count_late(worker, &appended, when);
        worker.clear();
        let mut fates = Fates::default();
        fates[Fate::Malformed] = staged.rejected;
        fates[Fate::InFlight] = appended.kept;
        fates[Fate::Late] = appended.late;
        fates[Fate::OverLimit] = appended.over_limit;
        self.ledger.received(&fates);
        Ok(position.offset)
    }

    /// Hands what is staged to the open traces.
    pub(super) fn hand_over(&self, worker: &mut Worker, room: Room, when: When) -> Appended {
        let also = worker.also.as_ref().map(|also| &also.batch);
        let appended = self.table.append_read_twice(&mut worker.batch, also, room, when);
        worker.maps.fresh.arrivals.take(&mut worker.arriving, when.received_ns);
        appended
    }

    /// Counts late spans where they belong.
    pub(super) fn count_late(&self, worker: &Worker, appended: &Appended, when: When) {
        if appended.late > 0 {
            // Files are read without a clock.
            self.count_late_spans(worker.batch.late(), &worker.maps.fresh, (when.received_ns > 0).then_some(when.received_ns));
        }
    }

    /// What is staged cannot be read to its end: nothing of it is taken.
    pub(super) fn drop_malformed(&self, worker: &mut Worker, staged: &Staged) {
        // The span that cannot be read, and those before it.
        let spans = worker.batch.len() as u64 + staged.rejected + 1;
        worker.clear();
        self.ledger.received(&one_fate(Fate::Malformed, spans));
    }

    /// What is staged was refused and will be sent again.
    pub(super) fn shed(&self, worker: &mut Worker, staged: &Staged) {
        self.ledger.received(&one_fate(Fate::Shed, worker.batch.len() as u64 + staged.rejected));
        worker.clear();
    }

    /// Who answers questions about what is counted here, and what is kept.
    pub(super) fn answers(&self) -> Arc<dyn Answers> {
        Arc::new(self.desk())
    }

    /// The same, about what was counted since the process began.
    pub(super) fn counted(&self) -> Arc<dyn Answers> {
        Arc::new(self.desk().since_start())
    }

    pub(super) fn desk(&self) -> Desk {
        let (names, hops) = (self.names.clone(), self.hops.clone());
        let desk = Desk::new(&[], names, hops, self.keeper.clone(), Some(self.ledger.clone()), Some(self.recent.clone()));
        desk.listing(self.listing.clone()).with_arrivals(self.sources.clone()).watched_by(self.alerting.clone())
    }

    /// The store is to hold this map, from the next commit on.
    pub(super) fn keep_map(&self, catalogue: Arc<Catalogue>) {
        *self.unkept_map.lock().unwrap_or_else(PoisonError::into_inner) = Some(catalogue);
    }

    /// The map that the store does not hold yet.
    pub(super) fn unkept_map(&self) -> Option<Arc<Catalogue>> {
        self.unkept_map.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The store holds this map now.
    pub(super) fn map_is_kept(&self, kept: &Arc<Catalogue>) {
        let mut unkept = self.unkept_map.lock().unwrap_or_else(PoisonError::into_inner);
        unkept.take_if(|unkept| Arc::ptr_eq(unkept, kept));
    }

    /// For one message by the maps in use now.
    pub(super) fn worker(&self) -> Worker {
        let maps = self.maps.load_full();
        let Hand { tag, scratch, batch, labeller, arriving } = maps.fresh.hand();
        let labeller = labeller.or_else(|| self.forwarder.get().map(|_| Labeller::default()));
        Worker { tag, scratch, batch, labeller, arriving, also: maps.also.as_ref().map(|also| also.hand()), maps }
    }

    /// One that has grown for a huge message is not kept: there would be as many huge ones as there were messages at one time.
    pub(super) fn give_back(&self, worker: Worker) {
        if worker.batch.capacity() > MOST_SPANS_KEPT {
            return;
        }
        let Worker { tag, scratch, batch, labeller, arriving, also, maps } = worker;
        maps.fresh.give_back(Hand { tag, scratch, batch, labeller, arriving });
        if let (Some(generation), Some(hand)) = (&maps.also, also) {
            generation.give_back(hand);
        }
    }
}

impl Worker {
    pub(super) fn clear(&mut self) {
        self.batch.clear();
        self.arriving.forget();
        if let Some(also) = &mut self.also {
            also.batch.clear();
        }
    }

    /// Unstages spans of traces that are not wanted.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(TraceId) -> bool) {
        self.batch.retain(&mut wanted);
        if let Some(also) = &mut self.also {
            also.batch.retain(&mut wanted);
        }
    }

    /// Spans that wait for being handed on.
    pub(super) fn staged_spans(&self) -> u64 {
        self.batch.len() as u64
    }

    pub(super) fn staging<'w>(&'w mut self, pipeline: &'w Pipeline) -> Staging<'w> {
        if let Some(labeller) = &mut self.labeller {
            labeller.of_spans.clear();
        }
        Staging { worker: self, pipeline, staged: Staged::default() }
    }
}

impl Staging<'_> {
    fn bad(&mut self, why: impl FnOnce() -> String) {
        if self.staged.rejected == 0 {
            self.staged.why = why();
        }
        self.staged.rejected += 1;
        if let Some(labeller) = &mut self.worker.labeller {
            labeller.rejected();
        }
    }
}

impl SpanSink for Staging<'_> {
    fn resource(&mut self, attributes: &[Attribute<'_>]) {
        self.worker.tag.resource(attributes);
        if let Some(also) = &mut self.worker.also {
            also.tag.resource(attributes);
        }
    }

    fn span(&mut self, span: &RawSpan<'_>) {
        match self.worker.tag.span(span) {
            Ok(tagged) => {
                let (record, trace) = (&tagged.record, tagged.trace);
                self.worker.arriving.note(record.shape, trace, record.parent == SpanId::NONE, record.end_ns);
                if let Some(labeller) = &mut self.worker.labeller {
                    labeller.taken(span, &tagged.record, &self.worker.maps.fresh, &self.pipeline.names);
                }
                self.worker.batch.push(tagged.trace, tagged.record, tagged.extra);
                // Whether a span can be taken does not hang on the map, so that both batches hold the same spans.
                if let Some(also) = &mut self.worker.also
                    && let Ok(tagged) = also.tag.span(span)
                {
                    also.batch.push(tagged.trace, tagged.record, tagged.extra);
                }
            }
            Err(bad) => self.bad(|| bad.to_string()),
        }
    }

    fn reject(&mut self, why: &str) {
        self.bad(|| why.to_owned());
    }
}

fn one_fate(fate: Fate, spans: u64) -> Fates {
    let mut fates = Fates::default();
    fates[fate] = spans;
    fates
}

fn table_settings(limits: &Limits) -> assemble::Settings {
    let nanos = |duration: std::time::Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let default = assemble::Settings::default();
    assemble::Settings {
        quiet_ns: nanos(limits.quiet),
        max_age_ns: nanos(limits.max_age),
        no_entry_ns: nanos(limits.no_entry),
        budget_bytes: limits.open_trace_bytes.unwrap_or(default.budget_bytes),
        most_spans_per_trace: limits.spans_per_trace,
        ..default
    }
}
