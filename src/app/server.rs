//! `serve`: start, run, stop.

use super::crew::Crew;
use super::exporting::{self, LAST_CHANCE, Teller};
use super::pipeline::{NotTaken, Pipeline, Place};
use super::reload::Reloading;
use super::renewing::Renewing;
use super::replaying::Rereading;
use super::{Ended, Error, Listening, ServeSettings, clock, delivering, descriptors, storing};
use crate::model::Fate;
use crate::query::Answers;
use crate::serve::{
    self, Accepted, Encoding, Health, Intake, NoSnapshot, OtlpLimits, Port, Reception, Refusal, Refusals, Settling, otlp_grpc,
    otlp_http,
};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

/// How long a sender is asked to wait when there is no room.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What stands behind the ports.
struct Door {
    pipeline: Arc<Pipeline>,
    stopping: AtomicBool,
    /// None before the journal has been read again.
    crew: Mutex<Option<Crew>>,
    started: AtomicBool,
    rereading: Rereading,
    refusals: Arc<Refusals>,
    reloading: Reloading,
}

impl Door {
    /// Reads the journal again, and begins to judge. False if it was stopped meanwhile.
    fn start(&self) -> Result<bool, Error> {
        let threads = |error: std::io::Error| Error(format!("cannot start threads: {error}"));
        let behind = self.pipeline.behind.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        if let Some(torn) = &behind.found.torn {
            tracing::warn!("the journal {torn}; it was never acknowledged, unless the disk has lost it");
        }
        self.pipeline.learn_again(clock::now_ns()).map_err(|error| Error(error.to_string()))?;
        self.pipeline.recall_alerts(clock::now_ns()).map_err(|error| Error(error.to_string()))?;
        let replayed = self.pipeline.replay(&behind, &self.stopping, &self.rereading, clock::now_ns);
        for damage in &replayed.damages.listed {
            tracing::error!("the journal is damaged: {damage}");
        }
        if replayed.damages.lost > 0 {
            tracing::error!("{} messages of the journal are lost, in {} places", replayed.damages.lost, replayed.damages.places);
        }
        if replayed.stopped {
            return Ok(false);
        }
        if replayed.records > 0 {
            let (records, mib) = (replayed.records, replayed.bytes >> 20);
            tracing::warn!("{records} messages ({mib} MiB) that no commit held were read again from the journal");
        }
        *self.crew.lock().unwrap_or_else(PoisonError::into_inner) = Some(Crew::start(&self.pipeline).map_err(threads)?);
        self.started.store(true, Ordering::Release);
        Ok(true)
    }

    /// Judges what is open, and keeps all there is.
    fn drain(&self) -> Result<Ended, Error> {
        self.reloading.finish();
        let crew = self.crew.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut crew) = crew else {
            return Ok(Ended {
                said: "stopped while the journal was read again; nothing is lost, the next start begins there".into(),
            });
        };
        let traces = crew.finish();
        let kept = !self.pipeline.only_in_memory;
        if kept {
            self.pipeline
                .keep(u64::MAX, clock::now_ns())
                .map_err(|error| Error(format!("the last windows could not be kept: {error}")))?;
        }
        let fates = self.pipeline.ledger.fates();
        let place = if kept { "all windows are in the store" } else { "nothing is kept, for there is no --store" };
        Ok(Ended {
            said: format!(
                "stopped: {traces} open traces judged, {} spans received in all, {} in flight; {place}",
                fates.received(),
                fates[Fate::InFlight],
            ),
        })
    }
}

impl Intake for Door {
    fn take(&self, message: &[u8], encoding: Encoding) -> Result<Accepted, Refusal> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Refusal::Stopping);
        }
        if !self.started.load(Ordering::Acquire) {
            return Err(Refusal::Starting(self.rereading.told()));
        }
        match self.pipeline.take(message, encoding, clock::now_ns()) {
            Ok(staged) => Ok(Accepted { rejected_spans: staged.rejected, message: staged.why, offset: staged.offset }),
            Err(NotTaken::Malformed(why)) => Err(Refusal::Malformed(why)),
            Err(NotTaken::Overloaded(why)) => Err(Refusal::Overloaded { reason: why.to_string(), retry_after: RETRY_AFTER }),
            Err(NotTaken::NotKept(reason)) => Err(Refusal::Overloaded { reason, retry_after: RETRY_AFTER }),
        }
    }

    fn settling(&self, accepted: &Accepted) -> Option<Settling> {
        let journal = self.pipeline.source.journal()?;
        if journal.synced(accepted.offset) {
            return None;
        }
        let synced = journal.when_synced(accepted.offset);
        Some(Box::pin(async move { synced.await.map_err(|error| format!("the journal could not be made safe: {error}")) }))
    }
}

impl Health for Door {
    fn ready(&self) -> Result<(), String> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err("stopping".into());
        }
        if !self.started.load(Ordering::Acquire) {
            return Err(format!("starting: {}", self.rereading.told()));
        }
        if let Some(why) = self.pipeline.source.journal().and_then(|journal| journal.broken()) {
            return Err(format!("the journal is broken, restart the server: {why}"));
        }
        let trouble = self.crew.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Crew::trouble);
        trouble.map_or(Ok(()), |trouble| Err(format!("the store cannot be written: {trouble}")))
    }

    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        let pipeline = &self.pipeline;
        let maps = pipeline.maps.load();
        let shapes: usize = maps.all().map(|map| map.shapes.len()).sum();
        let mut gauges = self.reloading.gauges();
        gauges.push((
            "maps",
            "Maps in use: two while traces are open that began under the map before.",
            maps.all().count() as f64,
        ));
        gauges.extend([
            ("open_trace_bytes", "Bytes that open traces and ids of closed ones take.", pipeline.table.used_bytes() as f64),
            ("open_trace_bytes_limit", "Bytes that they may take.", pipeline.table.budget_bytes() as f64),
            ("names", "Distinct texts that are stored.", pipeline.names.len() as f64),
            ("shapes", "Distinct shapes of spans that are stored.", shapes as f64),
            (
                "simplified_spans_total",
                "Spans told apart less well, because a limit on names or shapes was reached.",
                maps.fresh.tagger.simplified() as f64,
            ),
            (
                "adjusted_spans_total",
                "Spans moved because the clocks of two hosts disagreed (--clock-skew), once for each execution they are in.",
                pipeline.adjusted_spans.load(Ordering::Relaxed) as f64,
            ),
            ("windows", "Windows that are counted in memory.", pipeline.windows.len() as f64),
            ("normal_hops", "Hops of which it is known what is normal.", pipeline.baseline.len() as f64),
            ("recent_verdicts", "Verdicts that can be asked for by trace id.", pipeline.recent.len() as f64),
        ]);
        gauges.extend(pipeline.correcting.gauges());
        gauges.extend(pipeline.source.gauges());
        gauges.extend(pipeline.forward_gauges());
        gauges.extend(pipeline.alert_gauges());
        gauges
    }

    fn snapshot(&self) -> Result<std::fs::File, NoSnapshot> {
        let kept = self.pipeline.keeper.store().filter(|_| !self.pipeline.only_in_memory);
        storing::snapshot(kept.ok_or(NoSnapshot::NothingKept)?)
    }

    fn refusals(&self) -> Option<&Refusals> {
        Some(&self.refusals)
    }
}

/// Runs a server until `stop` is ready, then drains. `announce` is called once, when all ports are open; it is handed the answers.
///
/// Stopping, in this order: no new request is taken; requests under way are finished; everything that is open is judged; all windows
/// go to the store; the API, which answers up to then, ends.
///
/// # Errors
/// A port is taken, the store cannot be opened.
pub async fn serve(
    settings: ServeSettings,
    stop: impl Future<Output = ()> + Send,
    announce: impl FnOnce(Listening, Arc<dyn Answers>) + Send,
) -> Result<Ended, Error> {
    let grpc = bind(settings.otlp_grpc, "OTLP/gRPC", "--otlp-grpc").await?;
    let http = match settings.otlp_http {
        Some(address) => Some(bind(address, "OTLP/HTTP", "--otlp-http").await?),
        None => None,
    };
    let api = bind(settings.api, "the API", "--api").await?;
    let listening = Listening {
        otlp_grpc: address_of(&grpc)?,
        otlp_http: http.as_ref().map(address_of).transpose()?,
        api: address_of(&api)?,
    };
    let intakes: Vec<_> = std::iter::once(listening.otlp_grpc).chain(listening.otlp_http).collect();
    settings.export.refuse_circles(&intakes)?;
    let limits = settings.limits.with_budget_of_this_machine();
    let message_limits =
        OtlpLimits { sender_bytes_per_second: settings.sender_bytes_per_second, ..OtlpLimits::of_messages(limits.message_bytes) };
    let place = settings.store.as_deref().map_or(Place::Memory, |folder| Place::Journaled(folder, settings.journal));
    let pipeline = Arc::new(Pipeline::new(settings.catalogue, limits, place)?);
    if let Some(forward) = &settings.export.forward {
        let _ = pipeline.forwarder.set(exporting::forward(forward)?);
    }
    let _ = pipeline.alerting.every.set(settings.alerts.evaluation);
    pipeline.alerting.reached_at(&settings.alerts.external_url, settings.tls.is_some(), listening.api);
    if let Some(couriers) = delivering::start(&settings.alerts, pipeline.kept_of_couriers())? {
        let _ = pipeline.couriers.set(couriers);
    }
    let teller = settings.export.metrics.as_ref().map(Teller::new).transpose()?;
    let reloading =
        Reloading::start(&pipeline, settings.map_file).map_err(|error| Error(format!("cannot start threads: {error}")))?;
    let refusals = Arc::new(Refusals::default());
    let door = Arc::new(Door {
        pipeline: pipeline.clone(),
        stopping: AtomicBool::new(false),
        crew: Mutex::default(),
        started: AtomicBool::new(false),
        rereading: Rereading::default(),
        refusals: refusals.clone(),
        reloading,
    });
    let connections = descriptors::bounded(settings.connections, if http.is_some() { 3 } else { 2 });
    let tls = settings.tls;
    let port =
        |listener, tls| Port { listener, limits: connections, tls, tokens: settings.tokens.clone(), refusals: refusals.clone() };
    let for_intake = || tls.as_ref().map(|tls| tls.intake());
    let for_api = tls.as_ref().map(|tls| tls.api());
    let reception = Arc::new(Reception::new(door.clone(), message_limits, refusals.clone(), clock::now_ns));

    let (stop_otlp, otlp_stopped) = stopper();
    let (stop_api, api_stopped) = stopper();
    let (stop_telling, told_to_stop) = watch::channel(false);
    let telling = teller.map(|teller| tokio::spawn(teller.tell(pipeline.clone(), told_to_stop)));
    let answers = pipeline.answers();
    let mut otlp = tokio::spawn(otlp_grpc(port(grpc, for_intake()), reception.clone(), until(&otlp_stopped)));
    let mut http = http.map(|listener| tokio::spawn(otlp_http(port(listener, for_intake()), reception, until(&otlp_stopped))));
    let mut api = tokio::spawn(serve::api(
        port(api, for_api),
        answers.clone(),
        pipeline.counted(),
        door.clone(),
        clock::now_ns,
        settings.trace_url.clone(),
        until(&api_stopped),
    ));
    let _renewing = Renewing::start(tls, settings.tokens.clone());
    let starting = tokio::task::spawn_blocking({
        let door = door.clone();
        move || door.start()
    });
    let running = async {
        match starting.await {
            Ok(Ok(true)) => announce(listening, answers),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => return error.0,
            Err(error) => return format!("the start failed: {error}"),
        }
        std::future::pending().await
    };

    let broken = tokio::select! {
        () = stop => None,
        failed = running => Some(failed),
        ended = &mut otlp => Some(format!("OTLP/gRPC: {}", said(ended))),
        ended = open(&mut http) => Some(format!("OTLP/HTTP: {}", said(ended))),
        ended = &mut api => Some(format!("the API: {}", said(ended))),
    };
    door.stopping.store(true, Ordering::Relaxed);
    let _ = stop_otlp.send(true);
    for port in [Some(otlp), http].into_iter().flatten().filter(|port| !port.is_finished()) {
        let _ = port.await;
    }
    let drained = tokio::task::spawn_blocking({
        let door = door.clone();
        move || door.drain()
    });
    let (drained, left) = tokio::join!(drained, pipeline.finish_forwarding(LAST_CHANCE));
    let ended = drained.map_err(|error| Error(format!("draining failed: {error}")))?;
    let untold = pipeline.finish_telling(delivering::LAST_CHANCE).await;
    if let Err(error) = pipeline.keep_couriers() {
        tracing::error!("what sinks were told could not be kept, and is told again: {error}");
    }
    let ended = ended.map(|ended| Ended { said: ended.said + &left + &untold });
    let _ = stop_telling.send(true);
    if let Some(telling) = telling {
        let _ = tokio::time::timeout(LAST_CHANCE, telling).await;
    }
    let _ = stop_api.send(true);
    if !api.is_finished() {
        let _ = api.await;
    }
    match broken {
        Some(what) => Err(Error(format!("a port has stopped serving, and so did everything else: {what}"))),
        None => ended,
    }
}

async fn bind(address: SocketAddr, what: &str, flag: &str) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Error(format!(
            "{address} is in use, so {what} cannot be served there; stop what is running, or give another address by {flag}"
        )),
        _ => Error(format!("cannot serve {what} on {address}: {error}; give another address by {flag}")),
    })
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|error| Error(format!("a port has no address: {error}")))
}

/// A switch, and who waits for it.
fn stopper() -> (watch::Sender<bool>, watch::Receiver<bool>) {
    watch::channel(false)
}

/// Ready when the switch is thrown.
fn until(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stopped.clone();
    async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    }
}

/// The end of a port that may not be open at all.
async fn open(port: &mut Option<JoinHandle<std::io::Result<()>>>) -> Result<std::io::Result<()>, JoinError> {
    match port {
        Some(port) => port.await,
        None => std::future::pending().await,
    }
}

fn said(ended: Result<std::io::Result<()>, JoinError>) -> String {
    match ended {
        Ok(Ok(())) => "it ended by itself".into(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}
