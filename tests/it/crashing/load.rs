//! Load with truth: senders that behave as collectors do. A request is sent again until it is acknowledged, on a new connection each
//! time, so that a request whose answer was lost comes twice. Most of them speak OTLP/gRPC, and one OTLP/HTTP with JSON.

use super::as_json;
use super::dice::Dice;
use super::recording::Recording;
use super::truth::Truth;
use crate::shop;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steelthread::app::clock::now_ns;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

const SENDERS: u64 = 4;

/// Parts of a trace are sent at most so much apart, if the server is there.
const APART_MS: u64 = 300;

/// More parts do not wait for a server that is away; fewer, if they are large.
const MOST_WAITING: u64 = 2000;
const MOST_WAITING_LARGE: u64 = 40;

/// A request is not made longer than this, unless by its last part.
const MOST_SPANS: usize = 512;
const MOST_BYTES: usize = 4 << 20;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(3);

type Spans = Vec<(&'static str, Span)>;

struct Part {
    due_ns: u64,
    spans: Spans,
}

#[derive(Default)]
struct Shared {
    grpc: String,
    http: String,
    truth: Mutex<Truth>,
    paused: AtomicBool,
    ended: AtomicBool,
    /// Bytes in every part that mean nothing.
    padding: AtomicU64,
    /// Parts that were made and are not acknowledged.
    waiting: AtomicU64,
    /// Spans that were sent again although the server may have taken them.
    again: AtomicU64,
    refused: AtomicU64,
    /// The longest that a part had to wait for its turn or its answer where no attempt failed: whether this machine was fast enough.
    slowest_ms: AtomicU64,
    /// An answer that no server may give.
    wrong: Mutex<Option<String>>,
}

pub struct Load {
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Load {
    /// Begins to send so many traces a second to these addresses.
    pub fn start(grpc: &str, http: &str, seed: u64, per_second: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let shared = Arc::new(Shared { grpc: grpc.into(), http: http.into(), ..Shared::default() });
        let senders = (0..SENDERS).map(|number| {
            let (parts, arriving) = unbounded_channel();
            let door = if number == 0 { Door::Json } else { Door::Grpc(None) };
            runtime.spawn(send(shared.clone(), door, arriving));
            parts
        });
        let senders = senders.collect();
        runtime.spawn(make(shared.clone(), senders, seed, per_second));
        Self { shared, _runtime: runtime }
    }

    /// The truth about all that was made until now.
    pub fn truth(&self) -> Truth {
        self.shared.truth.lock().unwrap().clone()
    }

    /// Requests that were refused, to be sent again.
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(SeqCst)
    }

    /// Spans that were sent again although the server may have taken them.
    pub fn again(&self) -> u64 {
        self.shared.again.load(SeqCst)
    }

    /// The longest that a part had to wait for its turn or its answer, milliseconds, where no attempt failed.
    pub fn slowest_ms(&self) -> u64 {
        self.shared.slowest_ms.load(SeqCst)
    }

    /// Parts of traces that wait for being acknowledged.
    pub fn waiting(&self) -> u64 {
        self.shared.waiting.load(SeqCst)
    }

    /// Fails if the server has given an answer that it may not give.
    pub fn fine(&self) {
        if let Some(wrong) = &*self.shared.wrong.lock().unwrap() {
            panic!("{wrong}");
        }
    }

    /// Makes no more traces, until [`Load::go_on`], and waits until all that were made are acknowledged.
    pub fn rest(&self) {
        self.shared.paused.store(true, SeqCst);
        // Whoever is making one now has finished then.
        super::pause(100);
        for _ in 0..1200 {
            self.fine();
            if self.waiting() == 0 {
                return;
            }
            super::pause(100);
        }
        panic!("{} requests are not acknowledged after two minutes", self.waiting());
    }

    pub fn go_on(&self) {
        self.shared.paused.store(false, SeqCst);
    }

    /// From now on so many bytes that mean nothing are in every part of a trace.
    pub fn pad(&self, bytes: u64) {
        self.shared.padding.store(bytes, SeqCst);
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
    }
}

/// Makes traces and spreads their spans.
async fn make(shared: Arc<Shared>, senders: Vec<UnboundedSender<Part>>, seed: u64, per_second: u64) {
    let (mut recording, mut dice) = (Recording::new(seed), Dice::new(!seed));
    while !shared.ended.load(SeqCst) {
        tokio::time::sleep(Duration::from_micros(1_000_000 / per_second)).await;
        let padding = shared.padding.load(SeqCst);
        let most = if padding > 0 { MOST_WAITING_LARGE } else { MOST_WAITING };
        if shared.paused.load(SeqCst) || shared.waiting.load(SeqCst) > most {
            continue;
        }
        let now_ns = now_ns();
        let trace = recording.next(now_ns);
        shared.truth.lock().unwrap().add(trace.made.as_ref(), trace.spans.len());
        for mut spans in spread(trace.spans, &mut dice) {
            if padding > 0 {
                spans[0].1.attributes.push(shop::text("padding", &".".repeat(padding as usize)));
            }
            shared.waiting.fetch_add(1, SeqCst);
            let due_ns = now_ns + dice.between(0, APART_MS) * 1_000_000;
            let _ = senders[dice.between(0, SENDERS - 1) as usize].send(Part { due_ns, spans });
        }
    }
}

/// Shares out the spans of a trace among one to four requests, each with at least one.
fn spread(spans: Spans, dice: &mut Dice) -> Vec<Spans> {
    let mut parts: Vec<Spans> = vec![Vec::new(); dice.between(1, 4) as usize];
    for span in spans {
        let part = dice.between(0, parts.len() as u64 - 1) as usize;
        parts[part].push(span);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// One sender: what is due goes out in one request, and nothing else until that is acknowledged.
async fn send(shared: Arc<Shared>, mut door: Door, mut arriving: UnboundedReceiver<Part>) {
    let mut parts: BTreeMap<(u64, u64), Spans> = BTreeMap::new();
    let (mut number, mut had_failed_before_ns) = (0, 0);
    while !shared.ended.load(SeqCst) {
        while let Ok(part) = arriving.try_recv() {
            number += 1;
            parts.insert((part.due_ns, number), part.spans);
        }
        let (mut taken, mut bytes, mut spans) = (0, 0, Spans::new());
        let due_ns = parts.first_key_value().map_or(0, |(key, _)| key.0);
        while spans.len() < MOST_SPANS && bytes < MOST_BYTES {
            let Some(first) = parts.first_entry().filter(|first| first.key().0 <= now_ns()) else { break };
            let part = first.remove();
            bytes += part.iter().map(|(_, span)| span.encoded_len()).sum::<usize>();
            spans.extend(part);
            taken += 1;
        }
        if taken == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        }
        let at_once = deliver(&shared, &mut door, shop::request(&spans), spans.len() as u64).await;
        if at_once && had_failed_before_ns < due_ns {
            shared.slowest_ms.fetch_max(now_ns().saturating_sub(due_ns) / 1_000_000, SeqCst);
        }
        if !at_once {
            had_failed_before_ns = now_ns();
        }
        shared.waiting.fetch_sub(taken, SeqCst);
    }
}

/// Sends a request until it is acknowledged; whether it was with the first attempt.
async fn deliver(shared: &Shared, door: &mut Door, request: ExportTraceServiceRequest, spans: u64) -> bool {
    let mut pause = FIRST_PAUSE;
    while !shared.ended.load(SeqCst) {
        let came_to = match door {
            Door::Grpc(channel) => {
                let attempt = by_grpc(&shared.grpc, channel, request.clone());
                tokio::time::timeout(TIMEOUT, attempt).await.unwrap_or(CameTo::Lost)
            }
            Door::Json => {
                let (address, document) = (shared.http.clone(), as_json::document(&request).to_string());
                tokio::task::spawn_blocking(move || by_json(&address, &document)).await.unwrap()
            }
        };
        match came_to {
            CameTo::Taken => return pause == FIRST_PAUSE,
            CameTo::NotSent => {}
            CameTo::Lost => {
                shared.again.fetch_add(spans, SeqCst);
            }
            CameTo::Refused => {
                shared.refused.fetch_add(1, SeqCst);
            }
            CameTo::Wrong(why) => {
                shared.wrong.lock().unwrap().get_or_insert(why);
                return false;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
    false
}

/// By which door a sender comes.
enum Door {
    /// With the connection that has carried a request well.
    Grpc(Option<Channel>),
    Json,
}

/// What came of an attempt.
enum CameTo {
    Taken,
    /// Nobody was there.
    NotSent,
    /// No answer: the server may have taken it.
    Lost,
    /// The server asks to try again later.
    Refused,
    Wrong(String),
}

async fn by_grpc(address: &str, kept: &mut Option<Channel>, request: ExportTraceServiceRequest) -> CameTo {
    let channel = match kept.take() {
        Some(channel) => channel,
        None => match Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await {
            Ok(channel) => channel,
            Err(_) => return CameTo::NotSent,
        },
    };
    let mut client = tonic::client::Grpc::new(channel.clone());
    if client.ready().await.is_err() {
        return CameTo::NotSent;
    }
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export".parse().unwrap();
    let codec = tonic_prost::ProstCodec::<_, ExportTraceServiceResponse>::default();
    match client.unary(tonic::Request::new(request), path, codec).await.map(tonic::Response::into_inner) {
        Ok(ExportTraceServiceResponse { partial_success: Some(partial) }) => {
            CameTo::Wrong(format!("the server has taken a part only: {partial:?}"))
        }
        Ok(_) => {
            *kept = Some(channel);
            CameTo::Taken
        }
        // Made by the client out of a broken connection, not by the server.
        Err(status) if status.source().is_some() => CameTo::Lost,
        Err(status) if status.code() == Code::Unavailable => CameTo::Refused,
        Err(status) => CameTo::Wrong(format!("the server answers what is not to be sent again: {status:?}")),
    }
}

fn by_json(address: &str, document: &str) -> CameTo {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build().new_agent();
    match agent.post(format!("http://{address}/v1/traces")).content_type("application/json").send(document) {
        Ok(mut response) => {
            let said = response.body_mut().read_to_string();
            match (response.status().as_u16(), said) {
                (200, Ok(said)) if said.contains("artial") => CameTo::Wrong(format!("the server has taken a part only: {said}")),
                (200, Ok(_)) => CameTo::Taken,
                (429 | 503, _) => CameTo::Refused,
                (_, Err(_)) => CameTo::Lost,
                (code, Ok(said)) => CameTo::Wrong(format!("the server answers what is not to be sent again: {code} {said}")),
            }
        }
        Err(ureq::Error::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => CameTo::NotSent,
        Err(_) => CameTo::Lost,
    }
}
