//! The shop at work: executions at their moments, phases announced as they begin, everything sent before it ends.

use super::Error;
use super::script::{Phase, Script};
use super::send::Services;
use super::traffic::{Arrival, Traffic};
use super::truth::{Tally, Truth};
use crate::app::clock;
use std::pin::pin;
use std::time::Duration;

/// What the shop is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopSettings {
    /// Where OTLP/gRPC is taken, such as `http://127.0.0.1:4317`.
    pub endpoint: String,
    /// One of [`super::scenarios`].
    pub scenario: String,
    /// The same seed gives the same executions.
    pub seed: u64,
    /// How long to work.
    pub lasting: Duration,
    /// Executions a second.
    pub per_second: u32,
}

/// How often the shop looks at the clock.
const TICK: Duration = Duration::from_millis(20);

/// Works until the time is over or `stop` is ready, then sends what is left. `say` gets one line for people at a time.
/// Must run in a tokio runtime of several threads or one that is free while the last spans are sent.
///
/// # Errors
/// An unknown scenario, an endpoint that is no URL.
pub async fn run(
    settings: &ShopSettings,
    stop: impl Future<Output = ()> + Send,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Truth, Error> {
    let script = Script::new(&settings.scenario, settings.lasting)?;
    let services = Services::start(&settings.endpoint)?;
    let mut shop = Shop::open(script, settings, services);
    let mut stop = pin!(stop);
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            _ = tick.tick() => {}
        }
        if shop.work(clock::now_ns(), say) {
            break;
        }
    }
    let (truth, services) = shop.close();
    // Flushing blocks, and the connections need the runtime meanwhile.
    let flushed = tokio::task::spawn_blocking(move || services.finish()).await;
    match flushed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => say(&error.to_string()),
        Err(error) => say(&Error::Undelivered(error.to_string()).to_string()),
    }
    Ok(truth)
}

/// A shop that is open.
struct Shop {
    script: Script,
    services: Services,
    traffic: Traffic,
    next: Option<Arrival>,
    began_ns: u64,
    announced: usize,
    truth: Truth,
}

impl Shop {
    fn open(script: Script, settings: &ShopSettings, services: Services) -> Self {
        let mut traffic = Traffic::new(script.clone(), settings.seed, settings.per_second);
        let next = traffic.next();
        let truth = Truth { phases: vec![Tally::default(); script.phases.len()], spans: 0 };
        Self { script, services, traffic, next, began_ns: clock::now_ns(), announced: 0, truth }
    }

    /// Does all that is due by now; gives whether the run is over.
    fn work(&mut self, now_ns: u64, say: &mut (dyn FnMut(&str) + Send)) -> bool {
        let elapsed_us = now_ns.saturating_sub(self.began_ns) / 1000;
        while let Some(phase) = self.script.phases.get(self.announced).filter(|phase| phase.from_us <= elapsed_us) {
            announce(phase, say);
            self.announced += 1;
        }
        while let Some(arrival) = self.next.take_if(|next| next.at_us <= elapsed_us) {
            self.send(&arrival);
            self.next = self.traffic.next();
        }
        self.next.is_none() && elapsed_us >= self.script.ends_us()
    }

    /// The plan is told when it is over: its last span ends at its moment.
    fn send(&mut self, arrival: &Arrival) {
        let ended_ns = self.began_ns.saturating_add(arrival.at_us.saturating_mul(1000));
        self.services.send(&arrival.plan, ended_ns.saturating_sub(arrival.plan.length_us().saturating_mul(1000)));
        self.truth.spans += arrival.plan.spans.len() as u64;
        if let Some(tally) = self.truth.phases.get_mut(arrival.phase) {
            tally.add(&arrival.plan.made);
        }
    }

    fn close(self) -> (Truth, Services) {
        (self.truth, self.services)
    }
}

fn announce(phase: &Phase, say: &mut (dyn FnMut(&str) + Send)) {
    let (broken, seen) = phase.fault.words();
    say(&format!("[{}] {}: {broken}", super::summary::stretch(phase), phase.fault.name()));
    say(&format!("    look for: {seen}"));
}

#[cfg(test)]
#[path = "shop_tests.rs"]
mod tests;
