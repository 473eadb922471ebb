//! The whole demo: a server, the shop in front of it, and the summary.

use super::found::{Counts, fate};
use super::shop::{self, ShopSettings};
use super::{Error, MAP, Script, Truth, summary};
use crate::app::{self, ConnectionLimits, Limits, Listening, ServeSettings};
use crate::catalogue;
use crate::query::{Answers, StatusQuestion};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// What the demo is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSettings {
    /// How long the shop works; a few seconds more pass until the last executions are judged.
    pub lasting: Duration,
    /// One of [`super::scenarios`].
    pub scenario: String,
    /// The same seed gives the same executions.
    pub seed: u64,
    /// Where the server takes OTLP/gRPC.
    pub otlp_grpc: SocketAddr,
    /// Where the server answers.
    pub api: SocketAddr,
    /// Where the server keeps its windows; `None`: only in memory.
    pub store: Option<PathBuf>,
}

impl Default for DemoSettings {
    fn default() -> Self {
        Self {
            lasting: Duration::from_secs(60),
            scenario: "default".into(),
            seed: 42,
            otlp_grpc: SocketAddr::from(([127, 0, 0, 1], 4317)),
            api: SocketAddr::from(([127, 0, 0, 1], 4319)),
            store: None,
        }
    }
}

/// How the demo ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What the shop did.
    pub truth: Truth,
    /// Whether every count of the server is what the shop made.
    pub agrees: bool,
}

const PER_SECOND: u32 = 30;
/// Longer than the shop's services keep their spans back (1 s), short enough to wait for.
const QUIET: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Longer than the longest wait of the server's limits.
const LOOKS_AT_MOST: usize = 100;

/// Runs the demo until its time is over or `stop` is ready, and tells about it: `say` gets one line at a time.
///
/// # Errors
/// An unknown scenario; what [`app::serve`] says, for example that a port is taken.
pub async fn run(
    settings: DemoSettings,
    stop: impl Future<Output = ()> + Send,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Finished, Error> {
    Script::new(&settings.scenario, settings.lasting)?;
    let serve = ServeSettings {
        catalogue: catalogue::parse("demo/map.yaml", MAP)?,
        otlp_grpc: settings.otlp_grpc,
        otlp_http: None,
        api: settings.api,
        connections: ConnectionLimits::default(),
        sender_bytes_per_second: None,
        tls: None,
        tokens: Arc::default(),
        store: settings.store.clone(),
        journal: app::Opening::default(),
        limits: limits(),
        map_file: None,
        export: app::ExportSettings::default(),
        alerts: app::AlertSettings::default(),
        trace_url: None,
    };
    let (open, opened) = oneshot::channel();
    let (close, closed) = oneshot::channel::<()>();
    let (gone, ended) = oneshot::channel::<()>();
    let server = async {
        let wait = async { drop(closed.await) };
        let result = app::serve(serve, wait, |listening, answers| drop(open.send((listening, answers)))).await;
        drop(gone);
        result
    };
    let visitors = async {
        let Ok((listening, answers)) = opened.await else { return Ok(None) };
        let stop = async {
            tokio::select! { () = stop => {}, _ = ended => {} }
        };
        let finished = visit(&settings, listening, &answers, stop, say).await;
        drop(close);
        finished.map(Some)
    };
    let (served, finished) = tokio::join!(server, visitors);
    let served = served?;
    let finished = finished?.ok_or_else(|| app::Error(format!("the server ended before it began: {}", served.said)))?;
    Ok(finished)
}

fn limits() -> Limits {
    Limits { quiet: QUIET, max_age: Duration::from_secs(15), no_entry: Duration::from_secs(8), ..Limits::default() }
}

/// From the first customer to the summary.
async fn visit(
    settings: &DemoSettings,
    listening: Listening,
    answers: &Arc<dyn Answers>,
    stop: impl Future<Output = ()> + Send,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Finished, Error> {
    welcome(settings, listening, say);
    let shop = ShopSettings {
        endpoint: format!("http://{}", reachable(listening.otlp_grpc)),
        scenario: settings.scenario.clone(),
        seed: settings.seed,
        lasting: settings.lasting,
        per_second: PER_SECOND,
    };
    let truth = shop::run(&shop, stop, say).await?;
    say(&format!("The shop is closed. The last executions are judged when nothing came for {} s.", QUIET.as_secs()));
    settle(answers.as_ref(), truth.spans).await?;
    let script = Script::new(&settings.scenario, settings.lasting)?;
    let (lines, agrees) = summary::summary(&script, &truth, &Counts::ask(answers.as_ref())?);
    lines.iter().for_each(|line| say(line));
    Ok(Finished { truth, agrees })
}

fn welcome(settings: &DemoSettings, listening: Listening, say: &mut (dyn FnMut(&str) + Send)) {
    let api = reachable(listening.api);
    let usual = api == DemoSettings::default().api;
    let server = if usual { String::new() } else { format!(" --server http://{api}") };
    let seconds = settings.lasting.as_secs_f64();
    say(&format!(
        "A small shop works for {seconds} s, about {PER_SECOND} executions a second, and breaks on a script ('{}').",
        settings.scenario
    ));
    say(&format!(
        "Its services send OTLP to {}; steelthread answers at http://{api}. Look from another terminal:",
        listening.otlp_grpc
    ));
    for command in ["status", "hops checkout", "hops checkout --by latency"] {
        say(&format!("    steelthread {command}{server}"));
    }
    say(&format!("    curl http://{api}/api/v1/status"));
    say("");
    say(&format!("Or open the page: http://{api}/?last=15m"));
    say(
        "    The board says in a sentence what fails. Click on what is red, and follow it to the hop that did it, and to a trace of it.",
    );
    say("");
}

/// Waits until everything that was sent has been judged, or nothing can be expected any more.
async fn settle(answers: &dyn Answers, sent: u64) -> Result<(), Error> {
    for _ in 0..LOOKS_AT_MOST {
        let status = answers.status(&StatusQuestion::default())?;
        if status.spans.received >= sent && fate(&status, "in_flight") == 0 {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// An address that can be called: who listens everywhere is called on loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn on_free_ports(lasting: Duration) -> DemoSettings {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        DemoSettings { lasting, otlp_grpc: free, api: free, ..DemoSettings::default() }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_the_server_says_about_a_port_in_use_is_passed_on() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let settings = DemoSettings { otlp_grpc: taken.local_addr().unwrap(), ..on_free_ports(Duration::from_secs(60)) };
        let error = run(settings, std::future::pending(), &mut |_| ()).await.unwrap_err();
        assert!(matches!(error, Error::Server(_)), "{error}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_real_server_finds_in_every_phase_what_the_shop_made() {
        let mut said = Vec::new();
        let settings = on_free_ports(Duration::from_secs(4));
        let finished = run(settings, std::future::pending(), &mut |line| said.push(line.to_owned())).await.unwrap();
        assert!(finished.agrees, "{said:#?}");
        assert!(finished.truth.phases.iter().take(7).all(|phase| phase.executions() > 0), "{:#?}", finished.truth);
        assert!(said.iter().any(|line| line.contains("pricing         -> pricing: ")), "{said:#?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_demo_that_is_stopped_still_judges_what_was_sent() {
        let stop = tokio::time::sleep(Duration::from_millis(700));
        let finished = run(on_free_ports(Duration::from_secs(600)), stop, &mut |_| ()).await.unwrap();
        assert!(finished.agrees && finished.truth.spans > 0);
    }

    #[tokio::test]
    async fn an_unknown_scenario_is_refused_before_a_port_is_opened() {
        let settings = DemoSettings { scenario: "flood".into(), ..on_free_ports(Duration::from_secs(60)) };
        let error = run(settings, std::future::pending(), &mut |_| ()).await.unwrap_err();
        assert!(matches!(error, Error::NoSuchScenario { .. }), "{error}");
    }

    #[test]
    fn a_server_that_listens_everywhere_is_called_on_loopback() {
        assert_eq!(reachable(SocketAddr::from(([0, 0, 0, 0], 4317))), SocketAddr::from(([127, 0, 0, 1], 4317)));
        assert_eq!(reachable(SocketAddr::from(([10, 1, 2, 3], 4317))), SocketAddr::from(([10, 1, 2, 3], 4317)));
    }
}
