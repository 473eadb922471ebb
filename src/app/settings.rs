//! What the program is told to do, resolved, and what it tells in turn.

use super::{AlertSettings, ExportSettings};
use crate::catalogue::Catalogue;
use crate::journal::Opening;
use crate::query::Answers;
use crate::serve::{ConnectionLimits, Tls, Tokens};
use crate::store::Retention;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What holds for `serve` and `analyze` alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// An entry has been seen and no span came for this long: judge.
    pub quiet: Duration,
    /// An entry has been seen and the first span is this old: judge.
    pub max_age: Duration,
    /// No entry has been seen and the first span is this old: give up waiting.
    pub no_entry: Duration,
    /// Bytes that open traces may take; `None`: a quarter of the machine's memory, at most 2 GiB.
    pub open_trace_bytes: Option<usize>,
    /// Further spans of a trace are over the limit.
    pub spans_per_trace: usize,
    /// Further names become `(other)`.
    pub names: usize,
    /// Further hops of a capability become `(other)`.
    pub hops_per_capability: usize,
    /// Attributes of a span or resource that are looked at.
    pub attributes_per_span: usize,
    /// Bytes of a message, also after decompression.
    pub message_bytes: usize,
    /// How long windows are kept in a store folder.
    pub retention: Retention,
    /// Spans are moved by at most this much where the clocks of two hosts disagree; `None`: all times are taken as they come.
    pub clock_skew: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(7),
            max_age: Duration::from_secs(30),
            no_entry: Duration::from_secs(60),
            open_trace_bytes: None,
            spans_per_trace: 100_000,
            names: 1_000_000,
            hops_per_capability: 10_000,
            attributes_per_span: 128,
            message_bytes: 64 << 20,
            retention: Retention::default(),
            clock_skew: None,
        }
    }
}

impl Limits {
    /// With the budget for open traces filled in: a quarter of this machine's memory, at most 2 GiB.
    pub(super) fn with_budget_of_this_machine(mut self) -> Self {
        const MOST: usize = 2 << 30;
        let quarter = || memory_bytes().map_or(MOST, |bytes| (bytes / 4).min(MOST));
        self.open_trace_bytes = Some(self.open_trace_bytes.unwrap_or_else(quarter));
        self
    }
}

/// `MemTotal` of Linux; `None` elsewhere.
fn memory_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.split_whitespace().next()?;
    kib.parse::<usize>().ok()?.checked_mul(1024)
}

/// What `serve` is to do.
#[derive(Debug)]
pub struct ServeSettings {
    /// The map.
    pub catalogue: Catalogue,
    /// Where OTLP/gRPC comes in.
    pub otlp_grpc: SocketAddr,
    /// Where OTLP/HTTP comes in; `None`: nowhere.
    pub otlp_http: Option<SocketAddr>,
    /// Where questions are answered: HTTP and gRPC.
    pub api: SocketAddr,
    /// What connections of one port may cost.
    pub connections: ConnectionLimits,
    /// What one sender may send in a second, decompressed; `None`: as much as it likes.
    pub sender_bytes_per_second: Option<u64>,
    /// TLS on all ports, if there is to be TLS.
    pub tls: Option<Arc<Tls>>,
    /// Who may send and ask.
    pub tokens: Arc<Tokens>,
    /// Where windows are kept; `None`: only in memory.
    pub store: Option<PathBuf>,
    /// How the journal beside the store is kept.
    pub journal: Opening,
    /// Limits.
    pub limits: Limits,
    /// Where the map was read from, if it is to be read again when it changes.
    pub map_file: Option<MapFile>,
    /// What goes out.
    pub export: ExportSettings,
    /// Who is told of alerts.
    pub alerts: AlertSettings,
    /// The address of a trace at the users' own viewer, with `{trace_id}` in it: pages link there.
    pub trace_url: Option<Arc<str>>,
}

/// A map that is read again while a server runs: when it changes, and when somebody asks for it.
#[derive(Debug, Clone, Default)]
pub struct MapFile {
    /// The file.
    pub path: PathBuf,
    /// How often it is looked at; `None`: only when asked.
    pub poll: Option<Duration>,
    /// Set to ask for a look; it is taken back when that begins.
    pub asked: Arc<AtomicBool>,
}

/// A running server is told to its owner by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// Where OTLP/gRPC comes in, with the real port.
    pub otlp_grpc: SocketAddr,
    /// Where OTLP/HTTP comes in, with the real port; `None`: nowhere.
    pub otlp_http: Option<SocketAddr>,
    /// Where questions are answered, with the real port.
    pub api: SocketAddr,
}

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// One sentence for people: what was drained.
    pub said: String,
}

/// What `analyze` is to do.
#[derive(Debug)]
pub struct AnalyzeSettings {
    /// The map.
    pub catalogue: Catalogue,
    /// Files; `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// Where windows are to be kept.
    pub store: Option<PathBuf>,
    /// Where verdict lines are to be written; `-` is standard output.
    pub verdicts: Option<PathBuf>,
    /// Critical path by the reference semantics.
    pub reference_path: bool,
    /// Limits.
    pub limits: Limits,
}

/// How far an analysis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes of the inputs as they lie (compressed), of all where that is known; spans so far.
    Reading {
        /// So far.
        bytes: u64,
        /// `None` for standard input.
        of: Option<u64>,
        /// So far.
        spans: u64,
    },
    /// Traces judged so far, of all.
    Judging {
        /// So far.
        traces: u64,
        /// All.
        of: u64,
    },
}

/// An analysis that has ended.
pub struct Analysis {
    /// What came out.
    pub answers: Arc<dyn Answers>,
    /// What should be said on standard error, one line each (such as a line that is not JSON, by file and number).
    pub warnings: Vec<String>,
    /// The memory budget forced an earlier judgement: exit code 1.
    pub judged_early: bool,
    /// No span could be read: exit code 2.
    pub nothing_read: bool,
}

/// Why it cannot be done: one sentence that says what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);
