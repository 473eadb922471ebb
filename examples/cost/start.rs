//! What a restart costs: a real server on a store with a month of hours of all capabilities, and somebody who sends meanwhile.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steelthread::app::{self, AlertSettings, ConnectionLimits, ExportSettings, Limits, Listening, Opening, ServeSettings};
use steelthread::catalogue::parse;
use steelthread::measure::{Key, Window};
use steelthread::model::{Hops, Names};
use steelthread::objective::{DAY_NS, HOUR_NS};
use steelthread::query::Answers;
use steelthread::store::{Commit, Retention, Store};

/// Requests are sent for so long after the server listens.
const SENT_FOR: Duration = Duration::from_secs(60);
const SPAN: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s0"}}]},"scopeSpans":[{"spans":[{"traceId":"TRACE","spanId":"0000000000000001","name":"a","kind":2,"startTimeUnixNano":"FROM","endTimeUnixNano":"TO"}]}]}]}"#;

/// A store with so many days before now, a window an hour of each capability.
fn fill(folder: &Path, map: &str, days: u64, window: &Window) -> Result<u64, Box<dyn Error>> {
    let (names, hops) = (Arc::new(Names::default()), Arc::new(Hops::default()));
    let catalogue = parse("map.yaml", map)?;
    let capabilities: Vec<_> = catalogue.capabilities().iter().map(|one| names.intern(one.id.as_bytes())).collect();
    let store = Store::create(folder, map, names, hops)?;
    let end_ns = app::clock::now_ns() / HOUR_NS * HOUR_NS;
    let mut slice_ns = end_ns - days * DAY_NS;
    while slice_ns < end_ns {
        let windows: Vec<_> =
            capabilities.iter().map(|capability| (Key { slice_ns, capability: *capability }, window.clone())).collect();
        store.commit(&Commit { windows: &windows, ..Commit::default() })?;
        slice_ns += HOUR_NS;
        if slice_ns.is_multiple_of(DAY_NS) || slice_ns == end_ns {
            store.roll(slice_ns, &Retention::default())?;
        }
    }
    Ok(days * 24 * capabilities.len() as u64)
}

fn settings(folder: &Path, map: &str) -> Result<ServeSettings, Box<dyn Error>> {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    Ok(ServeSettings {
        catalogue: parse("map.yaml", map)?,
        otlp_grpc: free,
        otlp_http: Some(free),
        api: free,
        connections: ConnectionLimits::default(),
        sender_bytes_per_second: None,
        tls: None,
        tokens: Arc::default(),
        store: Some(folder.to_owned()),
        journal: Opening::default(),
        limits: Limits::default(),
        map_file: None,
        export: ExportSettings::default(),
        alerts: AlertSettings::default(),
        trace_url: None,
    })
}

/// Sends, one request after the other; when each was answered and how long that took.
fn send(to: SocketAddr) -> Vec<(Instant, Duration)> {
    let (mut took, begun) = (Vec::new(), Instant::now());
    let agent = ureq::Agent::new_with_defaults();
    while begun.elapsed() < SENT_FOR {
        let now_ns = app::clock::now_ns();
        let span = SPAN.replace("TRACE", &format!("{now_ns:032x}"));
        let span = span.replace("FROM", &(now_ns - 1_000_000).to_string()).replace("TO", &now_ns.to_string());
        let asked = Instant::now();
        let answer = agent.post(format!("http://{to}/v1/traces")).content_type("application/json").send(span.as_bytes());
        if answer.is_ok() {
            took.push((Instant::now(), asked.elapsed()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    took
}

fn told(all: &mut [Duration]) -> String {
    all.sort();
    let of = |share: usize| all.get((all.len().saturating_sub(1)) * share / 100).map_or(0.0, |one| one.as_secs_f64() * 1e3);
    format!("{} requests, half of them under {:.2} ms, 99 % under {:.2}, the longest {:.2}", all.len(), of(50), of(99), of(100))
}

/// Watches a server from its start on.
fn watch(begun: Instant, listening: Listening, answers: &dyn Answers) -> Result<(), Box<dyn Error>> {
    println!("  it listens after {:.2} s", begun.elapsed().as_secs_f64());
    while ureq::get(format!("http://{}/readyz", listening.api)).call().is_err() {
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("  it is ready after {:.2} s", begun.elapsed().as_secs_f64());
    let to = listening.otlp_http.ok_or("no OTLP/HTTP")?;
    let sender = std::thread::spawn(move || send(to));
    while answers.alerts()?.until.is_empty() && begun.elapsed() < SENT_FOR * 10 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let looked = Instant::now();
    println!("  alerts are looked at after {:.2} s (the first commit comes after five)", (looked - begun).as_secs_f64());
    let took = sender.join().map_err(|_| "the sender has failed")?;
    let (early, late): (Vec<_>, Vec<_>) = took.into_iter().partition(|(at, _)| *at < looked);
    let only = |all: Vec<(Instant, Duration)>| all.into_iter().map(|(_, took)| took).collect::<Vec<_>>();
    println!("  before that: {}", told(&mut only(early)));
    println!("  after it:    {}", told(&mut only(late)));
    Ok(())
}

pub fn measure(map: &str, days: u64, window: &Window) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let windows = fill(folder.path(), map, days, window)?;
    println!("a restart, with {windows} windows of {days} days in the store:");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (close, closed) = tokio::sync::oneshot::channel::<()>();
    let (open, opened) = std::sync::mpsc::channel();
    let begun = Instant::now();
    let settings = settings(folder.path(), map)?;
    let server = runtime.spawn(app::serve(settings, async { drop(closed.await) }, move |listening, answers| {
        drop(open.send((listening, answers)));
    }));
    let (listening, answers) = opened.recv()?;
    watch(begun, listening, &*answers)?;
    drop(close);
    let stopping = Instant::now();
    runtime.block_on(server)??;
    println!("  it ends within {:.2} s", stopping.elapsed().as_secs_f64());
    Ok(())
}
