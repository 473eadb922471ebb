//! What it costs a server to read its journal again after a crash, beside decoding the same bytes by prost.
//!
//! `cargo run --release --example replay_cost FOLDER [ROUNDS] [MILLION_SPANS]`. Each round writes a journal of which no commit knows
//! anything, as requests of 512 spans that come 5 ms apart, each trace spread over three of them. Then a server starts on it and reads it
//! again: walk, tag, assemble, judge, count, commits every five seconds. All its CPU time counts, from the start until it is ready. The
//! goal is half of what prost takes, and two million spans a second on a core.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example talks"
)]

#[allow(dead_code, reason = "other examples use more of it")]
mod hostile;

use hostile::door::{NOW_NS, Span};
use hostile::ordinary;
use hostile::shapes::MAP;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use steelthread::app::{AlertSettings, ConnectionLimits, ExportSettings, Limits, ServeSettings, serve};
use steelthread::catalogue;
use steelthread::journal::{Format, Journal, Log, Opening};
use steelthread::query::{Count, StatusQuestion};

/// As the program has it: prost lives on allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SPANS: usize = 512;
const STEP_NS: u64 = 5_000_000;
/// Requests between two parts of a trace.
const APART: u64 = 150;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder for the journal and the store"));
    let rounds: u64 = arguments.next().map_or(3, |text| text.parse().unwrap());
    let millions: f64 = arguments.next().map_or(2.0, |text| text.parse().unwrap());
    assert!(!folder.exists(), "{} must not be there yet: it is removed in the end", folder.display());
    let mut ratios: Vec<f64> = (0..rounds).map(|round| measure(&folder, round, (millions * 1e6) as u64)).collect();
    ratios.sort_by(f64::total_cmp);
    let (first, middle, last) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    println!("replay / prost: {middle:.3} ({first:.3} to {last:.3} in {rounds} rounds); the goal is 0.5");
}

/// One journal: written, read, decoded, read again by a server. Gives CPU of the server to that of prost.
fn measure(folder: &Path, round: u64, spans: u64) -> f64 {
    let load = Load::new(round, spans);
    let each = |seconds: f64| seconds * 1e9 / load.spans as f64;
    write(&folder.join("journal"), &load);
    let read = Cost::of(|| read(&folder.join("journal")));
    let before = Cost::of(|| decode(&load));
    let replay = replay(folder, &load);
    let after = Cost::of(|| decode(&load));
    let prost = f64::midpoint(before.cpu, after.cpu);
    println!(
        "round {round}: {} spans of {} bytes; replay {:.0} ns CPU a span ({:.2} M spans/s), of it reading {:.0}; prost {:.0}, {:.0}",
        load.spans,
        load.bytes() / load.spans,
        each(replay.cpu),
        load.spans as f64 / replay.wall / 1e6,
        each(read.cpu),
        each(before.cpu),
        each(after.cpu),
    );
    std::fs::remove_dir_all(folder).unwrap();
    replay.cpu / prost
}

fn write(folder: &Path, load: &Load) {
    let (journal, _) = Journal::open(folder, Opening::default()).unwrap();
    let append = |message: &[u8], now_ns: u64| journal.append(Format::Protobuf, message, now_ns).unwrap();
    let slots = NOW_NS..;
    let last = load.requests.iter().zip(slots.step_by(STEP_NS as usize)).map(|(message, now_ns)| append(message, now_ns)).last();
    // Time passes until nothing is open any more: the log's clock only counts steps of up to a second.
    let from_ns = last.unwrap().time_ns;
    for second in 1..=70 {
        append(&[], from_ns + second * 1_000_000_000);
    }
}

fn read(folder: &Path) {
    let (journal, found) = Journal::open(folder, Opening::default()).unwrap();
    let replayed = journal.replay(0, &mut |record| {
        black_box(record.message.len());
        ControlFlow::Continue(())
    });
    assert!(replayed.damages.is_empty() && replayed.records == found.next_offset);
}

fn decode(load: &Load) {
    for message in &load.requests {
        drop(black_box(ExportTraceServiceRequest::decode(black_box(&message[..])).unwrap()));
    }
}

/// Starts a server, waits until it has read everything again and looks whether it has.
fn replay(folder: &Path, load: &Load) -> Cost {
    let any = ([127, 0, 0, 1], 0).into();
    let settings = ServeSettings {
        catalogue: catalogue::parse("map.yaml", MAP).unwrap(),
        otlp_grpc: any,
        otlp_http: None,
        api: any,
        connections: ConnectionLimits::default(),
        sender_bytes_per_second: None,
        tls: None,
        tokens: Arc::default(),
        store: Some(folder.into()),
        journal: Opening::default(),
        limits: Limits::default(),
        map_file: None,
        export: ExportSettings::default(),
        alerts: AlertSettings::default(),
        trace_url: None,
    };
    let ready = Arc::new(Mutex::new(None));
    let (tell, told) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let start = Cost::now();
    let served = serve(settings, async { told.await.unwrap() }, {
        let ready = ready.clone();
        move |_, answers| {
            *ready.lock().unwrap() = Some(Cost::since(&start));
            let status = answers.status(&StatusQuestion::default()).unwrap();
            tell.send(()).unwrap();
            assert_eq!(status.spans.received, load.spans);
            assert_eq!(status.spans.fates["in_flight"], 0, "{:?}", status.spans);
            assert_eq!(status.capabilities[0].executions, Count(load.traces as f64));
        }
    });
    runtime.block_on(served).unwrap();
    ready.lock().unwrap().take().unwrap()
}

/// Requests as a collector sends them.
struct Load {
    requests: Vec<Vec<u8>>,
    spans: u64,
    traces: u64,
}

impl Load {
    fn new(round: u64, most_spans: u64) -> Self {
        let pool: Vec<Vec<Span>> = (0..2000).map(ordinary::trace).collect();
        let mut load = Self { requests: Vec::new(), spans: 0, traces: 0 };
        let mut waiting: BTreeMap<u64, Vec<(u64, Range<usize>)>> = BTreeMap::new();
        for slot in 0.. {
            let more = load.spans < most_spans;
            if !more && waiting.is_empty() {
                break;
            }
            let mut parts = waiting.remove(&slot).unwrap_or_default();
            while more && parts.iter().map(|(_, part)| part.len()).sum::<usize>() < SPANS {
                let (trace, spans) = (load.traces, pool[load.traces as usize % pool.len()].len());
                load.traces += 1;
                parts.push((trace, 0..spans / 3));
                waiting.entry(slot + APART).or_default().push((trace, spans / 3..spans * 2 / 3));
                waiting.entry(slot + 2 * APART).or_default().push((trace, spans * 2 / 3..spans));
            }
            load.spans += parts.iter().map(|(_, part)| part.len() as u64).sum::<u64>();
            // An odd number times an odd number: distinct, and spread over all bits.
            let id = |trace: u64| u128::from(trace * 1000 + round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            let spans = parts
                .into_iter()
                .flat_map(|(trace, part)| pool[trace as usize % pool.len()][part].iter().map(move |span| (id(trace), span)));
            let mut request = ordinary::request(spans);
            let scopes = request.resource_spans.iter_mut().flat_map(|resource| &mut resource.scope_spans);
            for span in scopes.flat_map(|scope| &mut scope.spans) {
                span.start_time_unix_nano += slot * STEP_NS;
                span.end_time_unix_nano += slot * STEP_NS;
            }
            load.requests.push(request.encode_to_vec());
        }
        load
    }

    fn bytes(&self) -> u64 {
        self.requests.iter().map(|request| request.len() as u64).sum()
    }
}

/// Seconds.
struct Cost {
    cpu: f64,
    wall: f64,
}

/// A moment.
struct Moment(f64, Instant);

impl Cost {
    fn now() -> Moment {
        Moment(cpu_seconds(), Instant::now())
    }

    fn since(moment: &Moment) -> Self {
        Self { cpu: cpu_seconds() - moment.0, wall: moment.1.elapsed().as_secs_f64() }
    }

    fn of(work: impl FnOnce()) -> Self {
        let moment = Self::now();
        work();
        Self::since(&moment)
    }
}

/// Of this process, in user and system mode. Linux counts it in hundredths of a second.
fn cpu_seconds() -> f64 {
    let about = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = about.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
