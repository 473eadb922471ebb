//! What both doors of OTLP share: who may send, how much, and the way from a body to the intake.

use super::body::{self, BodyLimits, Framing};
use super::connections::{ConnectionLimits, Peer};
use super::inflate::{Coding, Inflating};
use super::refused::{Door, PAUSE, Reason, Refusals, Refused};
use super::senders::{Holding, SenderId, Senders};
use super::tokens::{Scope, Tokens};
use super::{Accepted, Encoding, Intake, OtlpLimits};
use axum::http::HeaderMap;
use bytes::Bytes;
use hyper::body::Incoming;
use std::sync::Arc;
use std::thread;
use tokio::sync::Semaphore;

/// Up to so many bytes are decompressed where the request is read; what is longer goes to a thread that may take its time.
const AT_ONCE: usize = 2 << 20;
/// Longer messages are walked on such a thread, too. JSON costs ten times as much a byte.
const PROTOBUF_AT_ONCE: usize = 8 << 20;
const JSON_AT_ONCE: usize = 1 << 20;

/// Takes requests in for the intake.
pub struct Reception {
    intake: Arc<dyn Intake>,
    message_bytes: usize,
    senders: Arc<Senders>,
    refusals: Arc<Refusals>,
    clock: fn() -> u64,
    /// Long work at one time: as much as there are cores.
    at_work: Semaphore,
}

impl Reception {
    /// `clock` gives nanoseconds since 1970.
    pub fn new(intake: Arc<dyn Intake>, limits: OtlpLimits, refusals: Arc<Refusals>, clock: fn() -> u64) -> Self {
        let most = limits.bytes_under_way.max(limits.message_bytes);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            intake,
            message_bytes: limits.message_bytes,
            senders: Arc::new(Senders::new(most, limits.sender_bytes_per_second)),
            refusals,
            clock,
            at_work: Semaphore::new(cores),
        }
    }

    /// Who sends, and may it? Asked before anything of the body is read.
    pub(super) fn greet(&self, tokens: &Tokens, headers: &HeaderMap, peer: Option<&Peer>) -> Result<SenderId, Refused> {
        let name = tokens.check(headers, Scope::Intake);
        if let Some(name) = name.map_err(|denied| Refused::for_good(Reason::from(&denied), denied.to_string()))? {
            return Ok(SenderId::Token(name));
        }
        let address = peer.map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |Peer(address)| address.ip().to_canonical());
        Ok(SenderId::Address(address))
    }

    /// Reads a body, within all limits.
    pub(super) async fn read(
        &self,
        sender: &SenderId,
        body: &mut Incoming,
        framing: Framing,
        limits: &ConnectionLimits,
    ) -> Result<(Bytes, Holding), Refused> {
        let mut holding = self.senders.begin(sender, (self.clock)())?;
        let limits = BodyLimits::new(self.message_bytes, limits);
        let bytes = body::read(body, framing, limits, &mut holding).await?;
        Ok((bytes, holding))
    }

    /// Hands a message on, decompressed if need be.
    pub(super) async fn take(
        self: &Arc<Self>,
        message: Bytes,
        mut holding: Holding,
        coding: Option<Coding>,
        encoding: Encoding,
    ) -> Result<Accepted, Refused> {
        let Some(coding) = coding else {
            return self.hand_on(message, holding, encoding).await;
        };
        let compressed = message.len();
        let mut inflating = Inflating::new(coding, message, self.message_bytes)?;
        if !inflating.run(AT_ONCE, &mut holding)? {
            (inflating, holding) = self
                .at_length(move || {
                    inflating.run(usize::MAX, &mut holding)?;
                    Ok((inflating, holding))
                })
                .await?;
        }
        let message = inflating.into_message();
        holding.release(compressed);
        self.hand_on(message, holding, encoding).await
    }

    async fn hand_on(self: &Arc<Self>, message: Bytes, holding: Holding, encoding: Encoding) -> Result<Accepted, Refused> {
        holding.charge(message.len(), (self.clock)());
        let at_once = match encoding {
            Encoding::Protobuf => PROTOBUF_AT_ONCE,
            Encoding::Json => JSON_AT_ONCE,
        };
        if message.len() <= at_once {
            let accepted = self.intake.take(&message, encoding)?;
            return self.settled(accepted).await;
        }
        let intake = self.intake.clone();
        let accepted = self
            .at_length(move || {
                let taken = intake.take(&message, encoding);
                drop((message, holding));
                Ok(taken?)
            })
            .await?;
        self.settled(accepted).await
    }

    /// Waits until what was accepted is safe.
    async fn settled(&self, accepted: Accepted) -> Result<Accepted, Refused> {
        match self.intake.settling(&accepted) {
            None => Ok(accepted),
            Some(settling) => match settling.await {
                Ok(()) => Ok(accepted),
                Err(why) => Err(Refused::for_now(Reason::Overload, why, PAUSE)),
            },
        }
    }

    /// Does long work where it delays nobody.
    async fn at_length<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let _place = self.at_work.acquire().await;
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(Refused::malformed(format!("the message could not be looked at: {error}"))))
    }

    /// Counts a refusal, and says it in the log of whoever wants to know.
    pub(super) fn count(&self, door: Door, refused: &Refused) {
        self.refusals.request(door, refused.reason);
        tracing::debug!("{door:?} refused a request: {}", refused.message);
    }
}
