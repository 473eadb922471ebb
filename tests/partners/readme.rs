//! What README tells to paste into a collector works, under the exporters' names of today and of former times.

use crate::collector::{Collector, Generated};
use crate::server::Server;

/// The parts of README that a collector is to be given: YAML with exporters, as indented there.
fn pasted() -> Vec<String> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks = readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.filter(|block| block.trim_start().starts_with("exporters:")).collect()
}

/// The same with the exporter that the block's comment offers instead of its own.
fn other(block: &str) -> Option<String> {
    let line = block.lines().find(|line| line.contains("# or "))?;
    let (_, offered) = line.split_once("# or ")?;
    let indent = &line[..line.len() - line.trim_start().len()];
    let key = |text: &str| text.trim().split(": ").next().unwrap().to_owned();
    Some(block.replace(line, &format!("{indent}{offered}")).replace(&key(line), &key(offered)))
}

/// Without the indentation of README's list, as somebody who pastes takes it.
fn flush(block: &str) -> String {
    let indent = block.len() - block.trim_start().len();
    block.lines().map(|line| line.get(indent..).unwrap_or_default().to_owned() + "\n").collect()
}

const MAP: &str = "
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: go
    title: Go
    threads: [{id: only, entry: {service: telemetrygen, name: lets-go}}]
";

#[test]
fn what_readme_tells_to_paste_into_a_collector_works() {
    let mut blocks = pasted();
    blocks.extend(blocks.iter().filter_map(|block| other(block)).collect::<Vec<_>>());
    for name in ["otlp_grpc/", "otlp_http/", "otlp/", "otlphttp/"] {
        assert!(blocks.iter().any(|block| block.contains(&format!("  {name}"))), "README shows no exporter {name}");
    }
    for block in blocks {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), "server", MAP, &["--quiet", "1s"]);
        // The usual ports may be taken on this machine.
        let text = flush(&block)
            .replace("127.0.0.1:4317", &format!("127.0.0.1:{}", server.grpc))
            .replace("127.0.0.1:4318", &format!("127.0.0.1:{}", server.http));
        assert_ne!(text, flush(&block), "no usual address of steelthread in {block}");
        let collector = Collector::start(folder.path(), "readme", &format!("processors: {{batch: {{}}}}\n{text}"));
        let generated = Generated { service: "telemetrygen", traces: 20, children: 2, status: "Ok" };
        generated.send(collector.grpc);
        let status = server.settle(generated.spans());
        assert_eq!(status["capabilities"][0]["ok"], 20, "{block}");
        assert_eq!(status["spans"]["fates"]["measured"], generated.spans(), "{block}");
    }
}
