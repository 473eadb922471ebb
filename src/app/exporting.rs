//! What goes out: spans that are passed on, and figures by OTLP.

use super::pipeline::{Pipeline, Worker};
use super::{Error, clock};
use crate::catalogue::{Capability, Objective};
use crate::export::{
    CapabilityFigures, Endpoint, Figures, Forwarder, HopFailures, Origin, Protocol, Sender, Sent, Signal, SourceBucket, Target,
    request,
};
use crate::measure::{Window, middle_of, units_to_count};
use crate::model::{AbsorbedKind, Cause, Hops, Names, Outcome};
use crate::objective::Indicator;
use crate::serve::Encoding;
use crate::wire::{json, otlp};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long spans that wait have to be delivered when the server stops.
pub(super) const LAST_CHANCE: Duration = Duration::from_secs(5);

/// Spans are passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardSettings {
    /// Where to.
    pub target: Target,
    /// Bytes that may wait.
    pub queue_bytes: usize,
}

/// Figures are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Where to.
    pub target: Target,
    /// How often.
    pub interval: Duration,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportSettings {
    /// Spans.
    pub forward: Option<ForwardSettings>,
    /// Figures.
    pub metrics: Option<MetricsSettings>,
    /// Where this program's own spans go, for the check that it is not here.
    pub telemetry: Option<Endpoint>,
}

impl ExportSettings {
    /// Refuses what would go round in circles: an endpoint that is one of these, where spans come in.
    ///
    /// # Errors
    /// Which one, and what to write instead.
    pub(super) fn refuse_circles(&self, intakes: &[SocketAddr]) -> Result<(), Error> {
        let forward = self.forward.as_ref().map(|one| ("--forward-endpoint", &one.target.endpoint, one.target.protocol));
        let metrics = self.metrics.as_ref().map(|one| ("--metrics-endpoint", &one.target.endpoint, one.target.protocol));
        let telemetry = self.telemetry.as_ref().map(|one| ("--telemetry-endpoint", one, Protocol::Grpc));
        for (flag, endpoint, protocol) in [forward, metrics, telemetry].into_iter().flatten() {
            let port = endpoint.port(protocol);
            if let Some(intake) = intakes.iter().find(|intake| intake.port() == port && is_here(endpoint.host(), **intake)) {
                return Err(Error(format!(
                    "{flag} {endpoint}: this server itself takes spans in at {intake}, so that it would send to itself for ever; \
                     write the address of another receiver"
                )));
            }
        }
        Ok(())
    }
}

/// Whether who connects to this host gets to what listens there. A host that cannot be resolved now is another one.
fn is_here(host: &str, intake: SocketAddr) -> bool {
    let Ok(addresses) = (host, intake.port()).to_socket_addrs() else { return false };
    let own = |address: SocketAddr| {
        let ip = address.ip().to_canonical();
        ip == intake.ip().to_canonical() || (intake.ip().is_unspecified() && (ip.is_loopback() || ip.is_unspecified()))
    };
    addresses.into_iter().any(own)
}

impl Pipeline {
    /// Passes on what was taken of a request, if that is asked for. `worker` has read it.
    pub(super) fn pass_on(&self, worker: &mut Worker, message: &[u8], encoding: Encoding) {
        let (Some(forwarder), Some(labeller)) = (self.forwarder.get(), &mut worker.labeller) else { return };
        let labels = std::mem::take(&mut labeller.of_spans);
        let spans = labels.iter().flatten().count() as u64;
        if spans > 0 {
            let added: usize = labels.iter().flatten().flat_map(|labels| labels.iter()).map(otlp::Addition::len).sum();
            match encoding {
                // Lengths of the messages around may take more bytes, too.
                Encoding::Protobuf => {
                    let most = message.len() + added + 8 * labels.len() + 64;
                    forwarder.offer(spans, most, || otlp::rewrite(message, &labels).ok());
                }
                Encoding::Json => {
                    forwarder.offer(spans, message.len() + added, || otlp::rewrite(&json::transcode(message).ok()?, &labels).ok())
                }
            }
        }
        labeller.of_spans = labels;
        labeller.of_spans.clear();
    }
}

impl Pipeline {
    /// Figures of forwarding, where there is any.
    pub(super) fn forward_gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        let Some(forwarder) = self.forwarder.get() else { return Vec::new() };
        let mut gauges = forwarder.counts().gauges();
        let bytes = forwarder.queue_bytes() as f64;
        gauges.push(("forward_queue_bytes", "Bytes of messages that wait for being passed on, or are on their way.", bytes));
        gauges
    }

    /// Gives what waits so much time to be delivered. What became of it, for the last sentence.
    pub(super) async fn finish_forwarding(&self, within: Duration) -> String {
        let Some(forwarder) = self.forwarder.get() else { return String::new() };
        let left = forwarder.finish(within).await;
        let forwarded = forwarder.counts().forwarded();
        match forwarder.counts().dropped() {
            0 => format!("; all {forwarded} spans passed on"),
            dropped => format!("; {forwarded} spans passed on, {dropped} not, of which {} were still waiting", left.spans),
        }
    }
}

/// Starts to pass spans on.
pub(super) fn forward(settings: &ForwardSettings) -> Result<Forwarder, Error> {
    let sender = Sender::new(&settings.target, Signal::Traces).map_err(|why| Error(format!("--forward-endpoint: {why}")))?;
    Ok(Forwarder::start(sender, settings.queue_bytes))
}

/// Sends figures until it is told to stop.
pub(super) struct Teller {
    sender: Sender,
    interval: Duration,
    origin: Origin,
}

impl Teller {
    pub(super) fn new(settings: &MetricsSettings) -> Result<Self, Error> {
        let sender = Sender::new(&settings.target, Signal::Metrics).map_err(|why| Error(format!("--metrics-endpoint: {why}")))?;
        let origin = Origin { instance: instance(), started_ns: clock::now_ns(), now_ns: 0 };
        Ok(Self { sender, interval: settings.interval, origin })
    }

    /// Once an interval, and once more when it is told to stop.
    pub(super) async fn tell(self, pipeline: Arc<Pipeline>, mut stop: watch::Receiver<bool>) {
        let mut every = tokio::time::interval(self.interval);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        every.tick().await;
        let mut failing = false;
        loop {
            let last = tokio::select! {
                _ = every.tick() => false,
                _ = stop.wait_for(|stop| *stop) => true,
            };
            self.tell_once(&pipeline, &mut failing).await;
            if last {
                return;
            }
        }
    }

    /// What could not be sent is in what is sent the next time.
    async fn tell_once(&self, pipeline: &Arc<Pipeline>, failing: &mut bool) {
        let (pipeline, origin) = (pipeline.clone(), Origin { now_ns: clock::now_ns(), ..self.origin.clone() });
        let Ok(message) = tokio::task::spawn_blocking(move || request(&pipeline.figures(), &origin)).await else { return };
        let why = match self.sender.send(message.into()).await {
            Sent::Taken { rejected: 0, .. } => None,
            Sent::Taken { rejected, message } => Some(format!("{rejected} figures were rejected: {message}")),
            Sent::Later { why, .. } | Sent::Never { why } => Some(why),
        };
        match &why {
            Some(why) if !*failing => tracing::warn!("figures cannot be sent to {}: {why}", self.sender.to()),
            None if *failing => tracing::warn!("figures are sent to {} again", self.sender.to()),
            _ => {}
        }
        *failing = why.is_some();
    }
}

/// A name that no other server has: a UUID by chance.
fn instance() -> String {
    let part = || RandomState::new().build_hasher().finish();
    let (high, low) = (part(), part());
    let digits = format!("{:016x}{:016x}", (high & !0xf000) | 0x4000, (low & !(3 << 62)) | 1 << 63);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

impl Pipeline {
    /// What was counted since the process began: what `/metrics` tells, too.
    fn figures(&self) -> Figures {
        let mut windows: HashMap<_, Window> = HashMap::new();
        self.keeper.read_since_start(None, &mut |capability, window| windows.entry(capability).or_default().merge(window));
        let empty = Window::default();
        let of_one = |one: &Capability| {
            let counted = windows.get(&self.names.intern(one.id.as_bytes())).unwrap_or(&empty);
            figures_of(one, counted, &self.names, &self.hops)
        };
        Figures {
            capabilities: self.maps.load().fresh.catalogue.capabilities().iter().map(of_one).collect(),
            spans: self.ledger.fates().iter().map(|(fate, spans)| (fate.as_str(), spans)).collect(),
        }
    }
}

fn figures_of(one: &Capability, window: &Window, names: &Names, hops: &Hops) -> CapabilityFigures {
    let objective = |it: &Objective| {
        let counts = Indicator::of_capability(it).counts(window, hops);
        (it.id.clone(), counts.good.count(), counts.bad.count())
    };
    let buckets = window.durations.histogram.buckets();
    CapabilityFigures {
        id: one.id.clone(),
        outcomes: Outcome::ALL.iter().map(|outcome| (outcome.as_str(), window.outcome(*outcome).count())).collect(),
        slow: window.slow.count(),
        objectives: one.objectives.iter().map(objective).collect(),
        absorbed: AbsorbedKind::ALL.iter().map(|kind| (kind.as_str(), window.absorbed[*kind as usize].count())).collect(),
        durations: buckets.into_iter().map(|(at, units)| SourceBucket { middle_ns: middle_of(at), units }).collect(),
        duration_sum_ns: units_to_count(window.durations.sum),
        duration_max_ns: window.durations.largest(),
        failures: failures_of(window, names, hops),
    }
}

/// Summed by name, because no series may stand there twice: two hops may have one name.
fn failures_of(window: &Window, names: &Names, hops: &Hops) -> Vec<HopFailures> {
    let mut sums: BTreeMap<(&str, &str, &'static str), u128> = BTreeMap::new();
    for (id, figures) in &window.hops {
        let hop = hops.get(*id);
        for (cause, failures) in figures.trouble.iter().flat_map(|trouble| &trouble.failures) {
            let cause = match *id {
                Hops::CALLER => Cause::CallerError,
                Hops::UNKNOWN => Cause::Unknown,
                _ => *cause,
            };
            let sum = sums.entry((names.text(hop.hop), names.text(hop.service), cause.as_str())).or_default();
            *sum = sum.saturating_add(failures.count.units);
        }
    }
    let told = |((hop, service, cause), units): ((&str, &str, &'static str), u128)| HopFailures {
        hop: hop.to_owned(),
        service: service.to_owned(),
        cause,
        failures: units_to_count(units),
    };
    sums.into_iter().filter(|(_, units)| *units > 0).map(told).collect()
}
