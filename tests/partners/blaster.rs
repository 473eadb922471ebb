//! The fastest load that the machine can produce: a request that is encoded once, in which only the trace ids are new each time, over many
//! HTTP/2 connections, and no regard for what the server asks.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::codegen::http::Request;
use tonic::codegen::http::response::Parts;
use tonic::{Code, Status};

/// An encoded request, framed for gRPC, and where its trace ids lie.
pub struct Template {
    framed: Vec<u8>,
    ids: Vec<(usize, u64)>,
    pub traces: u64,
    pub spans: u64,
}

impl Template {
    /// The request's traces must have the ids 0, 1, 2 and so on, after eight bytes that are the same in all of them.
    pub fn new(request: &ExportTraceServiceRequest) -> Self {
        let spans = request.resource_spans.iter().flat_map(|one| &one.scope_spans).flat_map(|one| &one.spans);
        let wanted: Vec<&[u8]> = spans.map(|span| &span.trace_id[..]).collect();
        let message = request.encode_to_vec();
        let framed = [&[0][..], &(message.len() as u32).to_be_bytes(), &message].concat();
        let (mut ids, mut from) = (Vec::new(), 0);
        for id in &wanted {
            from += framed[from..].windows(16).position(|bytes| bytes == *id).unwrap();
            ids.push((from + 8, u64::from_be_bytes(id[8..].try_into().unwrap())));
            from += 16;
        }
        let traces = 1 + ids.iter().map(|(_, number)| *number).max().unwrap();
        Self { framed, spans: ids.len() as u64, ids, traces }
    }

    /// With trace ids that no other number has.
    fn numbered(&self, number: u64) -> Bytes {
        let mut bytes = self.framed.clone();
        for (at, trace) in &self.ids {
            bytes[*at..at + 8].copy_from_slice(&(number * self.traces + trace).to_be_bytes());
        }
        bytes.into()
    }
}

/// Which of the server's doors.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Door {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP, protobuf.
    Http,
}

/// How a request was answered.
enum Answer {
    Taken,
    /// With the time to wait.
    Refused,
    /// In any other way.
    Other(String),
}

/// How the server answered, requests.
#[derive(Default, Debug)]
pub struct Answers {
    pub acknowledged: u64,
    pub refused: u64,
    /// Everything but success and a refusal with the time to wait.
    pub others: Vec<String>,
}

/// `google.rpc.Status`, as far as it is looked at.
#[derive(Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.RetryInfo`.
#[derive(Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

/// What a refusal asks the sender to wait; `None` if it does not say.
fn delay(status: &Status) -> Option<Duration> {
    let details = Details::decode(status.details()).ok()?.details;
    let info = details.iter().find(|any| any.type_url == "type.googleapis.com/google.rpc.RetryInfo")?;
    let delay = RetryInfo::decode(&info.value[..]).ok()?.retry_delay?;
    Some(Duration::new(delay.seconds.try_into().ok()?, delay.nanos.try_into().ok()?)).filter(|delay| !delay.is_zero())
}

impl Answers {
    fn add(&mut self, answer: Answer) {
        match answer {
            Answer::Taken => self.acknowledged += 1,
            Answer::Refused => self.refused += 1,
            Answer::Other(words) => self.others.push(words),
        }
    }
}

/// Sends for so long; ends when all answers are there.
pub fn blast(port: u16, door: Door, template: Template, lasting: Duration, connections: usize, streams: usize) -> Answers {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (template, next) = (Arc::new(template), Arc::new(AtomicU64::new(0)));
    runtime.block_on(async {
        let until = Instant::now() + lasting;
        let mut senders = JoinSet::new();
        for _ in 0..connections {
            let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let (client, connection) = h2::client::handshake(socket).await.unwrap();
            tokio::spawn(connection);
            for _ in 0..streams {
                let (client, template, next) = (client.clone(), template.clone(), next.clone());
                senders.spawn(async move {
                    let mut answers = Answers::default();
                    while Instant::now() < until {
                        let body = template.numbered(next.fetch_add(1, Ordering::Relaxed));
                        let answer = export(client.clone(), door, body).await;
                        answers.add(answer.unwrap_or_else(|error| Answer::Other(error.to_string())));
                    }
                    answers
                });
            }
        }
        let mut all = Answers::default();
        for mut answers in senders.join_all().await {
            all.acknowledged += answers.acknowledged;
            all.refused += answers.refused;
            all.others.append(&mut answers.others);
        }
        all
    })
}

async fn export(client: h2::client::SendRequest<Bytes>, door: Door, framed: Bytes) -> Result<Answer, h2::Error> {
    let (path, kind, body) = match door {
        Door::Grpc => ("opentelemetry.proto.collector.trace.v1.TraceService/Export", "application/grpc", framed),
        Door::Http => ("v1/traces", "application/x-protobuf", framed.slice(5..)),
    };
    let request = Request::post(format!("http://localhost/{path}")).header("content-type", kind).header("te", "trailers");
    let (response, mut stream) = client.ready().await?.send_request(request.body(()).unwrap(), false)?;
    // A refusal may come before all is sent, and ends the stream: then this fails, and the answer is there all the same.
    let _ = stream.send_data(body, true);
    let (head, mut body) = response.await?.into_parts();
    while let Some(bytes) = body.data().await {
        body.flow_control().release_capacity(bytes?.len())?;
    }
    if door == Door::Http {
        return Ok(by_http(&head));
    }
    let status = match Status::from_header_map(&head.headers) {
        Some(status) => Some(status),
        None => Status::from_header_map(&body.trailers().await?.unwrap_or_default()),
    };
    Ok(status.map_or_else(|| Answer::Other("no status".into()), by_grpc))
}

fn by_grpc(status: Status) -> Answer {
    match status.code() {
        Code::Ok => Answer::Taken,
        Code::Unavailable | Code::ResourceExhausted if delay(&status).is_some() => Answer::Refused,
        _ => Answer::Other(format!("{status:?}")),
    }
}

fn by_http(head: &Parts) -> Answer {
    let seconds = head.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match head.status.as_u16() {
        200 => Answer::Taken,
        429 | 503 if seconds.is_some_and(|seconds| seconds > 0) => Answer::Refused,
        _ => Answer::Other(format!("{head:?}")),
    }
}
