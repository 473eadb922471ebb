//! Requests on their way through a system.

use super::dice::Dice;
use super::fault::{Fault, Kind};
use super::system::{Call, Style, System};

/// Kinds of spans on the wire.
pub const SERVER: i32 = 2;
/// The asking side.
pub const CLIENT: i32 = 3;

/// A span as it is sent.
#[derive(Debug, Clone)]
pub struct Span {
    /// From 1.
    pub id: u64,
    /// 0 for none.
    pub parent: u64,
    /// Number of the service.
    pub service: usize,
    /// Its name.
    pub name: String,
    /// On the wire.
    pub kind: i32,
    /// Nanoseconds.
    pub start_ns: u64,
    /// Nanoseconds.
    pub end_ns: u64,
    /// Whether it ended in error.
    pub error: bool,
    /// Error type, where it is no code.
    pub error_type: Option<&'static str>,
    /// Whom it asks, as the asking side knows it: address, and service and method of an RPC.
    pub peer: Option<(String, String)>,
    /// A query.
    pub database: bool,
}

/// A request in the making.
pub struct Walk<'a> {
    system: &'a System,
    fault: Option<&'a Fault>,
    /// How each service is these ten seconds.
    mood: &'a [f64],
    dice: &'a mut Dice,
    spans: Vec<Span>,
}

/// How a call ended.
struct Ended {
    at_ns: u64,
    error: bool,
}

fn ns(ms: f64) -> u64 {
    (ms * 1e6) as u64
}

impl<'a> Walk<'a> {
    /// The spans of a request that comes in at this moment.
    pub fn request(
        system: &'a System,
        fault: Option<&'a Fault>,
        mood: &'a [f64],
        dice: &'a mut Dice,
        entry: usize,
        at_ns: u64,
    ) -> Vec<Span> {
        let mut walk = Self { system, fault, mood, dice, spans: Vec::new() };
        walk.serve(entry, 0, at_ns);
        let silent = fault.filter(|fault| fault.kind == Kind::Silent).map(|fault| fault.at);
        walk.spans.retain(|span| Some(span.service) != silent);
        walk.spans
    }

    fn begin(&mut self, service: usize, parent: u64, kind: i32, name: String, at_ns: u64) -> usize {
        let id = self.spans.len() as u64 + 1;
        let (error, error_type, peer, database) = (false, None, None, false);
        self.spans.push(Span {
            id,
            parent,
            service,
            name,
            kind,
            start_ns: at_ns,
            end_ns: at_ns,
            error,
            error_type,
            peer,
            database,
        });
        self.spans.len() - 1
    }

    fn is(&self, kind: Kind, service: usize) -> bool {
        self.fault.is_some_and(|fault| fault.kind == kind && fault.at == service)
    }

    /// The fault, if it is one of these and meets this operation this time.
    fn met(&mut self, kinds: &[Kind], operation: usize) -> Option<&'a Fault> {
        let service = self.system.operations[operation].service;
        let fault = self.fault.filter(|fault| kinds.contains(&fault.kind) && fault.meets(operation, service))?;
        self.dice.hit(fault.share).then_some(fault)
    }

    fn serve(&mut self, operation: usize, parent: u64, at_ns: u64) -> Ended {
        let system = self.system;
        let this = &system.operations[operation];
        let span = self.begin(this.service, parent, SERVER, this.name.clone(), at_ns);
        let id = self.spans[span].id;
        let mut own = self.own_ms(operation);
        let (mut now, mut error) = (at_ns, self.dice.hit(this.fails));
        let early = self.met(&[Kind::Early], operation).is_some();
        let broken = self.met(&[Kind::Exception], operation).is_some();
        let failing = self.met(&[Kind::Errors, Kind::Absorbed], operation).is_some();
        if early {
            own *= 0.2;
        }
        let piece = ns(own / (this.calls.len() + 1) as f64);
        now += piece;
        if let Some(queries) = this.queries.as_ref().filter(|_| !early) {
            for _ in 0..queries.times {
                now = self.query(operation, id, queries.base, queries.ms, now);
            }
        }
        let upto = if early {
            0
        } else if broken {
            this.calls.len() / 2
        } else {
            this.calls.len()
        };
        let mut latest = now;
        for call in &this.calls[..upto] {
            for _ in 0..call.times {
                if !self.dice.hit(call.chance) || (error && !this.parallel) {
                    continue;
                }
                let ended = self.call(operation, id, call, now);
                latest = latest.max(ended.at_ns);
                if !this.parallel {
                    now = ended.at_ns + piece;
                }
                error |= ended.error && call.required;
            }
        }
        now = now.max(latest) + if this.parallel { piece * this.calls.len() as u64 } else { 0 };
        error |= broken || failing;
        (self.spans[span].end_ns, self.spans[span].error) = (now, error);
        Ended { at_ns: now, error }
    }

    fn own_ms(&mut self, operation: usize) -> f64 {
        let this = &self.system.operations[operation];
        let mut own = self.dice.about(this.own_ms * self.mood[this.service], this.sigma);
        if let Some(fault) = self.met(&[Kind::Slower, Kind::Later, Kind::Starved, Kind::Pauses], operation) {
            own = match fault.kind {
                Kind::Slower => own * fault.factor.max(1.5),
                Kind::Later => own + self.dice.about(fault.ms, 0.2),
                Kind::Starved => own * self.dice.about(fault.factor, 0.7) + self.late(this.service),
                _ if self.dice.hit(0.25) => own + self.dice.between(0.3, 1.5) * fault.ms,
                _ => own,
            };
        }
        own
    }

    /// What a fault adds on the way to or from a service, milliseconds.
    fn late(&mut self, service: usize) -> f64 {
        let Some(fault) = self.fault.filter(|fault| fault.at == service) else { return 0.0 };
        match fault.kind {
            Kind::Delay => self.dice.about(0.5 * fault.ms, 0.1),
            Kind::Starved if self.dice.hit(0.7) => self.dice.about(0.15 * fault.ms, 1.0),
            Kind::Loss if self.dice.hit(0.15) => 200.0 * f64::from(1 << self.dice.below(3)),
            _ => 0.0,
        }
    }

    fn way(&mut self, from: usize, to: usize) -> u64 {
        let usual = self.dice.about(self.system.way_ms, 0.5);
        ns(usual + self.late(from) + self.late(to))
    }

    fn query(&mut self, operation: usize, parent: u64, base: usize, ms: f64, at_ns: u64) -> u64 {
        let service = self.system.operations[operation].service;
        let span = self.begin(service, parent, CLIENT, "SELECT".into(), at_ns);
        let slow = self.fault.filter(|fault| fault.kind == Kind::Database && fault.at == base);
        let answer = self.dice.about(ms, 0.6) * slow.map_or(1.0, |fault| fault.factor) + slow.map_or(0.0, |fault| 0.2 * fault.ms);
        let end_ns = at_ns + ns(answer + 2.0 * self.late(service));
        let done = &mut self.spans[span];
        (done.end_ns, done.database) = (end_ns, true);
        done.peer = Some((System::base(base), String::new()));
        end_ns
    }

    fn call(&mut self, operation: usize, parent: u64, call: &Call, at_ns: u64) -> Ended {
        let mut ended = Ended { at_ns, error: true };
        for _ in 0..call.attempts {
            ended = self.attempt(operation, parent, call.to, ended.at_ns);
            if !ended.error {
                break;
            }
        }
        ended
    }

    fn attempt(&mut self, operation: usize, parent: u64, to: usize, at_ns: u64) -> Ended {
        let (from, callee) = (self.system.operations[operation].service, &self.system.operations[to]);
        let span = self.begin(from, parent, CLIENT, format!("{}/{}", self.system.service(callee.service), callee.name), at_ns);
        let id = self.spans[span].id;
        let peer = (self.system.service(callee.service), format!("shop.{}", self.system.service(callee.service)));
        let (ended, error_type) = if self.is(Kind::Killed, callee.service) {
            (Ended { at_ns: at_ns + ns(self.dice.about(1.5, 0.3)), error: true }, Some("ConnectException"))
        } else if self.is(Kind::Hangs, callee.service) {
            (Ended { at_ns: at_ns + ns(self.dice.about(2000.0, 0.01)), error: true }, Some("timeout"))
        } else {
            let there = at_ns + self.way(from, callee.service);
            let served = self.serve(to, id, there);
            let back = self.way(callee.service, from);
            (Ended { at_ns: served.at_ns + back, ..served }, None)
        };
        let done = &mut self.spans[span];
        (done.end_ns, done.error, done.error_type) = (ended.at_ns, ended.error, error_type);
        done.peer = (self.system.style != Style::Bare).then_some(peer);
        ended
    }
}
