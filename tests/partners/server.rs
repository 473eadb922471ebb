//! A steelthread server on ports that it keeps when it comes back.

use crate::processes::{PATIENCE, Process, free_port, poll};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, with nothing of the caller's environment that could change what it does.
pub fn steelthread() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelthread"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STEELTHREAD_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command
}

/// Flags with which no trace is judged before the server is told to stop: then it does not matter how slow a machine is.
pub const NOT_BEFORE_THE_END: [&str; 6] = ["--quiet", "1h", "--max-age", "1h", "--no-entry", "1h"];

pub struct Server {
    process: Option<Process>,
    arguments: Vec<String>,
    log: PathBuf,
    store: PathBuf,
    /// OTLP/gRPC.
    pub grpc: u16,
    /// OTLP/HTTP.
    pub http: u16,
    api: u16,
}

impl Server {
    /// `name` is for its files in `folder`: `NAME.yaml` is the map, `NAME.log` what it said, `NAME.store` what it keeps.
    pub fn start(folder: &Path, name: &str, map: &str, arguments: &[&str]) -> Self {
        let (grpc, http, api) = (free_port(), free_port(), free_port());
        let written = folder.join(format!("{name}.yaml"));
        std::fs::write(&written, map).unwrap();
        let store = folder.join(format!("{name}.store"));
        let mut all = vec!["serve".to_owned(), "--map".into(), written.display().to_string()];
        all.extend(["--store".to_owned(), store.display().to_string()]);
        for (flag, port) in [("--otlp-grpc", grpc), ("--otlp-http", http), ("--api", api)] {
            all.extend([flag.into(), format!("127.0.0.1:{port}")]);
        }
        all.extend(arguments.iter().map(|&word| word.to_owned()));
        let log = folder.join(format!("{name}.log"));
        let mut server = Self { process: None, arguments: all, log, store, grpc, http, api };
        server.come();
        server
    }

    /// Starts it again, as it was.
    pub fn come(&mut self) {
        let mut command = steelthread();
        command.args(&self.arguments);
        let mut process = Process::start(command, &self.log);
        process.wait_for_port(self.grpc);
        process.wait_for_port(self.api);
        self.process = Some(process);
    }

    /// SIGTERM; ends when the server has ended, well.
    pub fn go(&mut self) {
        let mut process = self.process.take().unwrap();
        assert_eq!(process.terminate(), 0, "{}", process.said());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        drop(self.process.take().unwrap());
    }

    /// What its store tells when it is gone, such as `status`.
    pub fn kept(&self, question: &[&str]) -> Value {
        let output = steelthread().args(question).args(["-o", "json", "--store"]).arg(&self.store).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    fn text(&self, path: &str) -> String {
        ureq::get(format!("http://127.0.0.1:{}{path}", self.api)).call().unwrap().body_mut().read_to_string().unwrap()
    }

    /// Waits until so many spans came in and none is in flight; gives the status. What was refused is not among them: it comes again.
    pub fn settle(&self, spans: u64) -> Value {
        self.wait_for(spans, |fates| fates["in_flight"] == 0)
    }

    /// Waits until so many spans came in; gives the status.
    pub fn arrived(&self, spans: u64) -> Value {
        self.wait_for(spans, |_| true)
    }

    fn wait_for(&self, spans: u64, settled: impl Fn(&Value) -> bool) -> Value {
        let mut status = Value::Null;
        let there = poll(PATIENCE, || {
            status = self.get("/api/v1/status");
            let fates = &status["spans"]["fates"];
            let kept = status["spans"]["received"].as_u64().unwrap() - fates["shed"].as_u64().unwrap();
            (kept >= spans && settled(fates)).then_some(())
        });
        assert!(there.is_some(), "{spans} spans were sent: {}", status["spans"]);
        status
    }

    /// A line of the server's own account of its memory in /proc, bytes: `VmRSS` now, `VmHWM` at most.
    pub fn memory(&self, line: &str) -> u64 {
        let id = self.process.as_ref().unwrap().id();
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = text.lines().find_map(|one| one.strip_prefix(line)).unwrap();
        let kib: u64 = line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap();
        kib * 1024
    }
}
