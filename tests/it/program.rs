//! The program as its users start it.

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tonic::transport::Channel;

/// The program, with nothing of the caller's environment that could change what it does.
pub fn steelthread() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelthread"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STEELTHREAD_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    steelthread().args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Exit code and standard error.
pub fn refused(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Standard output as JSON.
pub fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The shop's map, as a file.
pub fn shop_map(folder: &Path) -> String {
    let path = folder.join("map.yaml");
    std::fs::write(&path, steelthread::demo::MAP).unwrap();
    path.display().to_string()
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    pub otlp: String,
    /// The URL of OTLP/HTTP.
    pub otlp_http: String,
    pub api: String,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = steelthread();
        command
            .args(["serve", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--api", "127.0.0.1:0"])
            .args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (mut otlp, mut http, mut api) = (None, None, None);
        while otlp.is_none() || api.is_none() {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "the server ended before it said where it listens");
            let word =
                |start: &str| line.trim().strip_prefix(start).and_then(|rest| rest.split_whitespace().next().map(str::to_owned));
            otlp = otlp.or_else(|| word("spans come in at"));
            http = http.or_else(|| word("and at"));
            api = api.or_else(|| word("questions go to"));
        }
        Self { child, stderr, otlp: otlp.unwrap(), otlp_http: http.unwrap_or_default(), api: api.unwrap() }
    }

    /// Sends a signal, such as `-HUP`.
    pub fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// The next line that it says and that holds this. Blocks until it has been said.
    pub fn said(&mut self, part: &str) -> String {
        let mut said = String::new();
        loop {
            let from = said.len();
            assert!(self.stderr.read_line(&mut said).unwrap() > 0, "it never said '{part}', but: {said}");
            if said[from..].contains(part) {
                return said.split_off(from);
            }
        }
    }

    /// SIGTERM, then exit code and what it said last.
    pub fn terminate(self) -> (i32, String) {
        self.signal("-TERM");
        self.ended()
    }

    /// When it has ended: exit code and what it said last.
    pub fn ended(mut self) -> (i32, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code().unwrap(), rest)
    }

    /// Reads what it says on standard error up to a line with these words. A server that does not say them in two minutes is killed,
    /// and the test fails.
    pub fn says(&mut self, words: &str) -> String {
        let (said, waits) = std::sync::mpsc::channel::<()>();
        let id = self.child.id().to_string();
        std::thread::spawn(move || {
            if waits.recv_timeout(Duration::from_secs(120)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "it never said '{words}': {all}");
            if line.contains(words) {
                drop(said);
                return line;
            }
            all.push_str(&line);
        }
    }

    /// An answer of the API.
    pub fn get(&self, path: &str) -> Value {
        let text = ureq::get(format!("{}{path}", self.api)).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// A figure of its own in `/metrics`.
    pub fn metric(&self, name: &str) -> f64 {
        let text = ureq::get(format!("{}/metrics", self.api)).call().unwrap().body_mut().read_to_string().unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until this figure is this.
    pub fn until(&self, name: &str, value: f64) {
        for _ in 0..300 {
            if self.metric(name) == value {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{name} is {} and not {value}", self.metric(name));
    }

    /// Posts OTLP/JSON; code and document.
    pub fn post_json(&self, document: &[u8]) -> (u16, Value) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut response = agent.post(&self.otlp_http).content_type("application/json").send(document).unwrap();
        (response.status().as_u16(), serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap())
    }

    /// The most memory it has ever had, in bytes.
    pub fn peak_rss(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
    }

    /// Waits until nothing is in flight.
    pub fn settle(&self) -> Value {
        for _ in 0..300 {
            let status = self.get("/api/v1/status");
            if status["spans"]["fates"]["in_flight"] == 0 && status["spans"]["received"].as_u64().unwrap() > 0 {
                return status;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("spans stay in flight: {}", self.get("/api/v1/status"));
    }

    pub fn sender(&self) -> Sender {
        Sender::new(&self.otlp)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends OTLP over gRPC.
pub struct Sender {
    runtime: tokio::runtime::Runtime,
    channel: Channel,
}

impl Sender {
    /// Connects at once.
    pub fn new(address: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Self { runtime, channel }
    }

    pub fn send(&self, request: ExportTraceServiceRequest) -> Result<ExportTraceServiceResponse, tonic::Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export".parse().unwrap();
        self.runtime.block_on(async {
            client.ready().await.unwrap();
            let answer = client.unary(tonic::Request::new(request), path, tonic_prost::ProstCodec::default()).await;
            answer.map(tonic::Response::into_inner)
        })
    }

    /// Begins a request that never ends, as long as what is handed back is there. The server has seen its beginning.
    pub fn hold_open(self) -> Self {
        let channel = self.channel.clone();
        let (begun, begins) = std::sync::mpsc::channel();
        self.runtime.spawn(async move {
            let mut client = tonic::client::Grpc::new(channel);
            let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export".parse().unwrap();
            client.ready().await.unwrap();
            let codec = tonic_prost::ProstCodec::<ExportTraceServiceRequest, ExportTraceServiceResponse>::default();
            let polled = std::future::poll_fn(move |_| {
                let _ = begun.send(());
                std::task::Poll::Pending
            });
            drop(client.client_streaming(tonic::Request::new(Never(Box::pin(polled))), path, codec).await);
        });
        begins.recv().unwrap();
        // What comes after it on the same connection is answered.
        self.send(ExportTraceServiceRequest::default()).unwrap();
        self
    }
}

/// A stream without end or item.
struct Never(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);

impl tonic::codegen::tokio_stream::Stream for Never {
    type Item = ExportTraceServiceRequest;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.as_mut().poll(context).map(|()| None)
    }
}

impl Sender {
    /// Sends one message as it is, with this compressed-flag.
    pub fn send_raw(&self, coding: &str, flag: u8, message: &[u8]) -> Result<(), tonic::Status> {
        use tonic::codegen::{Service, http};
        let framed = [&[flag][..], &(message.len() as u32).to_be_bytes(), message].concat();
        let call = http::Request::post("http://here/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            .header("content-type", "application/grpc")
            .header("grpc-encoding", coding)
            .body(tonic::body::Body::new(axum::body::Body::from(framed)))
            .unwrap();
        let mut channel = self.channel.clone();
        self.runtime.block_on(async {
            std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
            let response = channel.call(call).await.unwrap();
            tonic::Status::from_header_map(response.headers()).map_or(Ok(()), Err)
        })
    }
}
