//! `serve`: settings, start, what to try next, stop.

use super::access::Access;
use super::args::ServeArgs;
use super::exit::Ended;
use super::{alerting, doors, forwarding, keeping, limits, logs, maps, remote, stop};
use crate::app::{self, Limits, Listening, ServeSettings};
use crate::export::Telemetry;
use crate::page::links;
use crate::serve::Scope;
use anyhow::{Context, anyhow, ensure};
use std::net::{SocketAddr, ToSocketAddrs};

pub(super) fn run(mut args: ServeArgs) -> anyhow::Result<Ended> {
    let map = args.map.display().to_string();
    let login = Shown { tls: args.access.tls_cert.is_some(), token: args.access.api_token_file.is_some() };
    let origins = std::mem::take(&mut args.settings);
    let settings = resolve(args).map_err(|error| origins.placed(error))?;
    let capabilities = settings.catalogue.capabilities().len();
    let stored = settings.store.as_ref().map(|folder| folder.display().to_string());
    runtime()?.block_on(async {
        let telemetry = started(&settings)?;
        let warnings = app::warnings(&map, &settings.catalogue);
        let stop = stop::asked()?;
        if let Some(file) = &settings.map_file {
            stop::reload_on_hangup(file.asked.clone())?;
        }
        let ended = app::serve(settings, stop, move |listening, _| {
            super::say(&format!("steelthread {}: {capabilities} capabilities from {map}", env!("CARGO_PKG_VERSION")));
            super::say(&announcement(listening, stored.as_deref(), login));
            // What a right map will not do is in the log, too: whoever starts a server seldom runs `check` before. Not sooner, as a server
            // that cannot start says why, and nothing else.
            for line in warnings {
                tracing::warn!("{line}");
            }
        });
        let ended = ended.await;
        if let Some(telemetry) = telemetry {
            let _ = tokio::task::spawn_blocking(|| telemetry.finish()).await;
        }
        super::say(&ended?.said);
        Ok(Ended::Done)
    })
}

/// Starts the logs, and the program's own spans where they are asked for.
fn started(settings: &ServeSettings) -> anyhow::Result<Option<Telemetry>> {
    let Some(endpoint) = &settings.export.telemetry else {
        logs::start();
        return Ok(None);
    };
    let telemetry = Telemetry::start(endpoint).map_err(|why| anyhow!("--telemetry-endpoint: {why}"))?;
    logs::start_with(&telemetry);
    Ok(Some(telemetry))
}

/// One worker a core.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")
}

fn resolve(args: ServeArgs) -> anyhow::Result<ServeSettings> {
    let retention = keeping::retention(&args.kept.retention)?;
    let limits = Limits { retention, ..limits::resolve(&args.waits, &args.sizes)? };
    let journal = keeping::journal(&args.kept, limits.message_bytes)?;
    let otlp_grpc = address("--otlp-grpc", &args.otlp_grpc)?;
    let otlp_http = (args.otlp_http != "off").then(|| address("--otlp-http", &args.otlp_http)).transpose()?;
    let connections = doors::connections(&args.doors)?;
    let sender_bytes_per_second = doors::sender_bytes_per_second(&args.doors)?;
    let api = address("--api", &args.api)?;
    let export = forwarding::resolve(&args.forward, &args.metrics, &args.telemetry)?;
    let alerts = alerting::resolve(&args.alerts)?;
    let map_file = maps::watched(&args.map, args.map_poll.as_deref())?;
    let access = Access::resolve(args.access)?;
    access.permits(api, args.allow_anonymous)?;
    access.warn_of_listeners([(Some(otlp_grpc), Scope::Intake), (otlp_http, Scope::Intake), (Some(api), Scope::Read)]);
    let catalogue = maps::read(&args.map)?;
    Ok(ServeSettings {
        catalogue,
        otlp_grpc,
        otlp_http,
        api,
        connections,
        sender_bytes_per_second,
        tls: access.tls,
        tokens: access.tokens,
        store: args.store,
        journal,
        limits,
        map_file: Some(map_file),
        export,
        alerts,
        trace_url: args.trace_url.as_deref().map(trace_url).transpose()?,
    })
}

/// Where pages link to for the spans of a trace.
fn trace_url(text: &str) -> anyhow::Result<std::sync::Arc<str>> {
    let text = text.trim();
    let example = "write one such as https://jaeger.example/trace/{trace_id}";
    ensure!(text.contains("{trace_id}"), "--trace-url: '{text}' does not say where the id stands; {example}");
    let is_safe = links::safe(text).is_some_and(|address| !address.starts_with('/'));
    ensure!(is_safe, "--trace-url: '{text}' is no address of http:// or https://; {example}");
    Ok(text.into())
}

/// `127.0.0.1:4317`, `[::1]:4317`, `localhost:4317`.
pub(super) fn address(flag: &'static str, text: &str) -> anyhow::Result<SocketAddr> {
    let wrong = || format!("{flag}: '{text}' is no address; write one with a port, such as 127.0.0.1:4317");
    text.to_socket_addrs().with_context(wrong)?.next().with_context(wrong)
}

/// What whoever asks must show or know.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    tls: bool,
    token: bool,
}

/// Where it listens, and what to try.
fn announcement(listening: Listening, stored: Option<&str>, login: Shown) -> String {
    let scheme = if login.tls { "https" } else { "http" };
    let api = format!("{scheme}://{}", reachable(listening.api));
    let server = if api == remote::DEFAULT { String::new() } else { format!(" --server {api}") };
    let (file, header) = if login.token { (" --token-file FILE", " -H 'Authorization: Bearer TOKEN'") } else { ("", "") };
    let kept = stored.map_or_else(|| "only in memory (--store DIR keeps it)".into(), |folder| format!("in {folder}"));
    let http =
        listening.otlp_http.map_or_else(String::new, |at| format!("  and at            {scheme}://{at}/v1/traces (OTLP/HTTP)\n"));
    format!(
        "  spans come in at  {} (OTLP/gRPC)\n{http}  questions go to   {api} (HTTP and gRPC)\n  what is counted   is kept {kept}\n\
         Try:\n  steelthread status{server}{file}\n  steelthread hops{server}{file}\n  curl{header} {api}/api/v1/status\nCtrl-C stops it.",
        listening.otlp_grpc
    )
}

/// An address that means "all of them" cannot be asked; the loopback one of its kind can.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(it) if it.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], it.port())),
        SocketAddr::V6(it) if it.ip().is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, it.port())),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_announcement_gives_commands_that_work_as_they_stand() {
        let at = |api: &str| Listening {
            otlp_grpc: "127.0.0.1:4317".parse().unwrap(),
            otlp_http: "127.0.0.1:4318".parse().ok(),
            api: api.parse().unwrap(),
        };
        let usual = announcement(at("127.0.0.1:4319"), None, Shown::default());
        assert!(usual.contains("  steelthread status\n") && usual.contains("only in memory"), "{usual}");
        assert!(usual.contains("http://127.0.0.1:4318/v1/traces (OTLP/HTTP)\n"), "{usual}");
        let other = announcement(at("0.0.0.0:9000"), Some("counts"), Shown::default());
        assert!(
            other.contains("steelthread hops --server http://127.0.0.1:9000\n") && other.contains("kept in counts"),
            "{other}"
        );
        let secured = announcement(at("127.0.0.1:4319"), None, Shown { tls: true, token: true });
        assert!(secured.contains("steelthread status --server https://127.0.0.1:4319 --token-file FILE\n"), "{secured}");
        assert!(secured.contains("curl -H 'Authorization: Bearer TOKEN' https://"), "{secured}");
    }

    #[test]
    fn the_viewer_of_traces_is_reached_by_http_and_told_the_id() {
        let good = "https://jaeger.example/trace/{trace_id}?uiFind=1";
        assert_eq!(&*trace_url(good).unwrap(), good);
        for (bad, told) in [
            ("https://jaeger.example/trace/", "does not say where the id stands; write one such as https://"),
            ("javascript:alert('{trace_id}')", "is no address of http:// or https://; write one such as"),
            ("/trace/{trace_id}", "is no address of http:// or https://"),
        ] {
            let error = format!("{:#}", trace_url(bad).unwrap_err());
            assert!(error.starts_with("--trace-url: '") && error.contains(told), "{error}");
        }
    }

    #[test]
    fn addresses_need_a_port() {
        assert_eq!(address("--api", "[::1]:80").unwrap(), "[::1]:80".parse().unwrap());
        let told = format!("{:#}", address("--api", "127.0.0.1").unwrap_err());
        assert!(told.starts_with("--api: '127.0.0.1' is no address; write one with a port"), "{told}");
    }
}
