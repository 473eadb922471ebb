//! `demo`: everything at work, for a minute.

use super::args::DemoArgs;
use super::exit::Ended;
use super::serving::{address, runtime};
use super::{output, stop};
use crate::demo::{self, DemoSettings};
use crate::query::parse_length;
use anyhow::Context;
use std::time::Duration;

/// What the demo tells is its answer: it goes to standard output.
pub(super) fn run(args: DemoArgs) -> anyhow::Result<Ended> {
    let settings = resolve(args)?;
    // A demo that nobody watches any more still ends as it should.
    let mut say = |line: &str| drop(output::print(&format!("{line}\n")));
    runtime()?.block_on(async {
        let finished = demo::run(settings, stop::asked()?, &mut say).await?;
        Ok(if finished.agrees { Ended::Done } else { Ended::No })
    })
}

fn resolve(args: DemoArgs) -> anyhow::Result<DemoSettings> {
    Ok(DemoSettings {
        lasting: Duration::from_nanos(parse_length(&args.lasting).context("--for")?),
        scenario: args.scenario,
        otlp_grpc: address("--otlp-grpc", &args.otlp_grpc)?,
        api: address("--api", &args.api)?,
        store: args.store,
        ..DemoSettings::default()
    })
}
