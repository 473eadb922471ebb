//! The collector and its generator, as `collector.sh` builds them.

use crate::processes::{Process, free_port};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A partner that is not there fails the test: that nobody looked must not look like success.
fn partner(name: &str) -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/partners/collector");
    let folder = std::env::var_os("STEELTHREAD_COLLECTOR").map_or_else(usual, PathBuf::from);
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "there is no {name} in {}; build it with `tests/partners/collector.sh install`, \
         or name the folder that has it with STEELTHREAD_COLLECTOR",
        folder.display()
    );
    path
}

/// A collector with doors for OTLP/gRPC and OTLP/HTTP.
pub struct Collector {
    process: Process,
    pub grpc: u16,
    pub http: u16,
}

impl Collector {
    /// `rest` is its configuration without receivers: `otlp` is there. `NAME.collector.yaml` is written to `folder`.
    pub fn start(folder: &Path, name: &str, rest: &str) -> Self {
        let (grpc, http) = (free_port(), free_port());
        let config = folder.join(format!("{name}.collector.yaml"));
        let receivers = format!(
            "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{grpc}}}, http: {{endpoint: 127.0.0.1:{http}}}}}}}}}"
        );
        std::fs::write(&config, format!("{receivers}\n{rest}")).unwrap();
        let mut command = Command::new(partner("otelcol"));
        // Its own metrics would take a fixed port.
        command.arg("--config").arg(&config).args(["--set", "service::telemetry::metrics::level=none"]);
        let mut process = Process::start(command, &folder.join(format!("{name}.collector.log")));
        process.wait_for_port(grpc);
        process.wait_for_port(http);
        Self { process, grpc, http }
    }

    /// Ends it: what is in its batches is sent, its files are written.
    pub fn stop(mut self) -> String {
        let code = self.process.terminate();
        let said = self.process.said();
        assert_eq!(code, 0, "{said}");
        said
    }
}

/// telemetrygen, run to its end: so many traces, each a span `lets-go` (client) over `children` spans `okey-dokey-N` (server).
pub struct Generated<'a> {
    pub service: &'a str,
    pub traces: u64,
    pub children: u64,
    /// `Unset`, `Ok` or `Error`, of every span.
    pub status: &'a str,
}

impl Generated<'_> {
    pub fn send(&self, port: u16) {
        let mut command = Command::new(partner("telemetrygen"));
        command.args(["traces", "--otlp-insecure", "--rate", "0", "--workers", "1", "--otlp-endpoint"]);
        command.arg(format!("127.0.0.1:{port}")).args(["--service", self.service, "--status-code", self.status]);
        command.args(["--traces", &self.traces.to_string(), "--child-spans", &self.children.to_string()]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn spans(&self) -> u64 {
        self.traces * (1 + self.children)
    }
}
