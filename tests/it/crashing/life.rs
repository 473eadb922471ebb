//! A server that dies and comes back: the same ports, the same folder, and all that it ever said.

use super::pause;
use super::truth::{Counts, GROWING_FATES, answered};
use crate::program::{json, steelthread};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long anything may take on a machine that stalls.
const PATIENCE_MS: u64 = 120_000;

/// Ranges of questions: longer than any test.
const FROM: &str = "now-12h";

pub struct Life {
    arguments: Vec<String>,
    /// Where it takes spans.
    pub otlp: String,
    pub otlp_http: String,
    api: String,
    pub store: String,
    child: Option<Child>,
    said: Arc<Mutex<Vec<String>>>,
    agent: ureq::Agent,
}

impl Life {
    /// Does not start it.
    pub fn new(map: &str, store: &str, more: &[&str]) -> Self {
        let [otlp, otlp_http, api] = [(); 3].map(|()| free_address());
        let fixed = ["serve", "--map", map, "--store", store, "--otlp-grpc", &otlp, "--otlp-http", &otlp_http, "--api", &api];
        let arguments = fixed.iter().chain(more).map(|word| (*word).to_owned()).collect();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .max_idle_connections(0)
            .build()
            .new_agent();
        Self { arguments, otlp, otlp_http, api, store: store.into(), child: None, said: Arc::default(), agent }
    }

    /// Another value for this flag from the next start on.
    pub fn set(&mut self, flag: &str, value: &str) {
        let at = self.arguments.iter().position(|word| word == flag).unwrap();
        self.arguments[at + 1] = value.into();
    }

    pub fn start(&mut self) {
        let mut child = self.command().stderr(Stdio::piped()).spawn().unwrap();
        let (stderr, said) = (child.stderr.take().unwrap(), self.said.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut said = said.lock().unwrap();
                let over = said.len().saturating_sub(2000);
                said.drain(..over);
                said.push(line);
            }
        });
        self.child = Some(child);
    }

    /// The program with its arguments, not started.
    pub fn command(&self) -> Command {
        let mut command = steelthread();
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// What it said so far, in all its lives.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Waits until it says that it is ready; gives the reasons why it was not, before.
    pub fn ready(&mut self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for _ in 0..PATIENCE_MS / 20 {
            match self.readiness() {
                Some((200, _)) => return reasons,
                Some((code, why)) => {
                    assert!(code == 503 && why.trim().len() > 5, "/readyz: {code} '{why}'");
                    if reasons.last() != Some(&why) {
                        reasons.push(why);
                    }
                }
                None => {}
            }
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            if let Some(code) = ended {
                pause(200);
                panic!("the server ended ({code}) and did not become ready:\n{}", self.said());
            }
            pause(20);
        }
        panic!("the server does not become ready: {reasons:?}\n{}", self.said());
    }

    /// Code and text of `/readyz`; `None` where nobody answers.
    pub fn readiness(&self) -> Option<(u16, String)> {
        let mut response = self.agent.get(format!("{}/readyz", self.url())).call().ok()?;
        Some((response.status().as_u16(), response.body_mut().read_to_string().ok()?))
    }

    /// Posts OTLP/JSON; the code, or `None` where nobody answers.
    pub fn post(&self, document: &str) -> Option<u16> {
        let request = self.agent.post(format!("http://{}/v1/traces", self.otlp_http)).content_type("application/json");
        Some(request.send(document).ok()?.status().as_u16())
    }

    fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// SIGTERM; it must end well.
    pub fn terminate(&mut self) {
        self.signal("-TERM");
        let code = self.ended();
        assert_eq!(code, Some(0), "{}", self.said());
    }

    /// Its exit code, if it has ended by itself.
    pub fn has_ended(&mut self) -> Option<i32> {
        let status = self.child.as_mut()?.try_wait().unwrap()?;
        // What it said last may still be on its way.
        pause(200);
        Some(status.code().unwrap_or(-1))
    }

    /// Waits for its end; `None`: by a signal.
    pub fn ended(&mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        for _ in 0..PATIENCE_MS / 50 {
            if let Some(status) = child.try_wait().unwrap() {
                pause(100);
                return status.code();
            }
            pause(50);
        }
        let _ = child.kill();
        panic!("the server does not end:\n{}", self.said());
    }

    pub fn get(&self, path: &str) -> Value {
        let mut response = self.agent.get(format!("{}{path}", self.url())).call().unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What the running server answers. Its figures of spans begin with its start; only the store knows all.
    pub fn counts(&self) -> Counts {
        let mut counts = answered(&|capability| match capability {
            None => self.get(&format!("/api/v1/status?from={FROM}")),
            Some(id) => self.get(&format!("/api/v1/capabilities/{id}/hops?from={FROM}")),
        });
        counts.retain(|key, _| !GROWING_FATES.contains(&key.as_str()));
        counts
    }

    /// What the store answers while no server runs.
    pub fn counts_of_store(&self) -> Counts {
        assert!(self.child.is_none());
        answered(&|capability| match capability {
            None => json(&["status", "--store", &self.store, "--from", FROM, "-o", "json"]),
            Some(id) => json(&["hops", id, "--store", &self.store, "--from", FROM, "-o", "json"]),
        })
    }

    /// Spans by fate since it was started.
    pub fn fate(&self, name: &str) -> u64 {
        super::truth::number(&self.get("/api/v1/status")["spans"]["fates"][name])
    }

    /// Waits until nothing is in flight.
    pub fn settle(&self) {
        for _ in 0..PATIENCE_MS / 100 {
            if self.fate("in_flight") == 0 {
                return;
            }
            pause(100);
        }
        panic!("spans stay in flight: {}", self.get("/api/v1/status")["spans"]);
    }
}

/// An address that is free, and stays so while the server is away: the system gives ports of this range to nobody who does not ask
/// for them.
fn free_address() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let first = u64::from(std::process::id()) * 97;
    for _ in 0..10_000 {
        let address = format!("127.0.0.1:{}", 15_000 + (first + NEXT.fetch_add(1, SeqCst)) % 15_000);
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
    panic!("no port is free");
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
    }
}
