//! `demo`: everything at work, for a minute.

use super::args::DemoArgs;
use super::exit::Ended;
use super::serving::address;
use crate::serve::range;
use anyhow::Context;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What the demo is to do.
#[derive(Debug)]
struct Settings {
    lasting: Duration,
    scenario: String,
    otlp_grpc: SocketAddr,
    api: SocketAddr,
    store: Option<PathBuf>,
}

pub(super) fn run(args: DemoArgs) -> anyhow::Result<Ended> {
    let settings = resolve(args)?;
    play(settings)
}

fn resolve(args: DemoArgs) -> anyhow::Result<Settings> {
    Ok(Settings {
        lasting: range::duration(&args.lasting).map_err(anyhow::Error::msg).context("--for")?,
        scenario: args.scenario,
        otlp_grpc: address("--otlp-grpc", &args.otlp_grpc)?,
        api: address("--api", &args.api)?,
        store: args.store,
    })
}

fn play(settings: Settings) -> anyhow::Result<Ended> {
    anyhow::bail!("the demo is not joined yet: {settings:?}")
}
