//! Alertmanager, as `alertmanager.sh` installs it, and somebody whom it notifies.

use crate::processes::{Process, free_port};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// A real Alertmanager that groups by all labels and notifies at once.
pub struct Alertmanager {
    _process: Process,
    port: u16,
}

impl Alertmanager {
    /// At this port, with what it knew before if the folder is that of one that ran before.
    pub fn start(folder: &Path, port: u16, notify: &str) -> Self {
        let config = folder.join("alertmanager.yml");
        let text = format!(
            "route: {{receiver: tests, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}\n\
             receivers: [{{name: tests, webhook_configs: [{{url: '{notify}', send_resolved: true}}]}}]\n"
        );
        std::fs::write(&config, text).unwrap();
        let program = std::env::var_os("STEELTHREAD_ALERTMANAGER").unwrap_or_else(|| "prometheus-alertmanager".into());
        let mut command = Command::new(program);
        command.arg("--config.file").arg(&config).arg("--storage.path").arg(folder.join("alertmanager"));
        command.args(["--cluster.listen-address=", &format!("--web.listen-address=127.0.0.1:{port}")]);
        let mut process = Process::start(command, &folder.join("alertmanager.log"));
        process.wait_for_port(port);
        Self { _process: process, port }
    }

    /// The alerts that it takes for lasting.
    pub fn active(&self) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/api/v2/alerts?active=true", self.port);
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Whoever is on call.
pub struct OnCall {
    notified: Arc<Mutex<Vec<Value>>>,
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl OnCall {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (notified, port) = (Arc::<Mutex<Vec<Value>>>::default(), free_port());
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", port))).unwrap();
        let take = |State(notified): State<Arc<Mutex<Vec<Value>>>>, body: String| async move {
            notified.lock().unwrap().push(serde_json::from_str(&body).unwrap());
        };
        let routes = Router::new().route("/", post(take)).with_state(notified.clone());
        runtime.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { notified, port, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// All notifications so far.
    pub fn notified(&self) -> Vec<Value> {
        self.notified.lock().unwrap().clone()
    }
}
