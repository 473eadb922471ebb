//! Random executions that look like what services send: requests that are served, fail, time out, are tried again, given up.

use super::chance::Chance;
use super::span::{Kind, Span, Status};

pub const BASE: u64 = 1_790_000_000_000_000_000;

/// How a call ended, as its caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Fine,
    Broken,
    Wrong,
    Busy,
    Late,
    Left,
}

pub struct Generator {
    pub chance: Chance,
    pub spans: Vec<Span>,
    /// Nanoseconds that times are rounded to: coarse ones make ties.
    grain: u64,
    last_id: u64,
    most: usize,
}

const CALLEES: [(&str, &str); 7] = [
    ("cart", "Cart/Add"),
    ("cart", "Cart/Get"),
    ("pay", "Pay/Charge"),
    ("pay", "Pay/Refund"),
    ("stock", "Stock/Reserve"),
    ("bank", "Bank/Move"),
    ("web", "GET /odd"),
];

impl Generator {
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let grain = chance.one(&[1, 1, 1, 100_000, 1_000_000]);
        let most = 3 + chance.below(20);
        Self { chance, spans: Vec::new(), grain, last_id: 0, most }
    }

    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn time(&mut self, most_us: usize) -> u64 {
        let exact = self.chance.below(most_us * 1000 + 1) as u64;
        exact / self.grain * self.grain
    }

    fn push(&mut self, parent: u64, service: &str, name: &str, kind: Kind, start: u64) -> usize {
        let id = self.id();
        let mut span = Span::new(id, parent, service, name, kind);
        span.start = start;
        span.host = self.chance.percent(60).then(|| format!("{service}-{}", self.chance.below(2)));
        if self.chance.percent(30) {
            span.host = Some("node".into());
        }
        self.spans.push(span);
        self.spans.len() - 1
    }

    fn full(&self) -> bool {
        self.spans.len() >= self.most
    }

    /// A service handles a request; gives the end and what it answers.
    pub fn serve(&mut self, parent: u64, service: &str, name: &str, start: u64, depth: usize) -> (usize, Reply) {
        let at = self.push(parent, service, name, Kind::Server, start);
        let first = self.time(3000);
        let (end, worst) = self.steps(at, start + first, depth);
        self.spans[at].end = end + self.time(1500);
        let own = if self.chance.percent(9) {
            self.chance.one(&[Reply::Broken, Reply::Broken, Reply::Wrong, Reply::Busy])
        } else {
            Reply::Fine
        };
        let reply = if worst == Reply::Fine { own } else { worst };
        self.sign(at, reply);
        (at, reply)
    }

    /// What a span does one after the other; gives the end and the failure that it passes on.
    fn steps(&mut self, at: usize, mut now: u64, depth: usize) -> (u64, Reply) {
        let most = if depth == 0 { 4 } else { 3 };
        let count = if depth > 4 { 0 } else { self.chance.below(most) + usize::from(depth == 0) };
        for _ in 0..count {
            if self.full() {
                break;
            }
            let (end, reply) = self.step(at, now, depth);
            now = end + self.time(800);
            if reply != Reply::Fine && self.chance.percent(65) {
                return (now, reply);
            }
        }
        (now, Reply::Fine)
    }

    fn step(&mut self, at: usize, now: u64, depth: usize) -> (u64, Reply) {
        let (id, service) = (self.spans[at].id, self.spans[at].service.clone());
        match self.chance.below(105) {
            100..102 => self.cut_off(id, &service, now),
            102..105 => self.layers(id, &service, now, depth),
            0..34 => self.call_once(id, &service, now, depth),
            34..52 => self.outside(id, &service, now),
            52..66 => self.inside(id, &service, now, depth),
            66..76 => self.fan_out(id, &service, now, depth),
            76..88 => self.again(id, &service, now, depth),
            88..97 => self.message(id, &service, now, depth),
            _ => self.receive(id, &service, now),
        }
    }

    fn call_once(&mut self, parent: u64, service: &str, now: u64, depth: usize) -> (u64, Reply) {
        let callee = self.chance.one(&CALLEES);
        let at = self.call(parent, service, callee, now, depth);
        (self.spans[at.0].end, at.1)
    }

    /// A wrapper around steps of the same service.
    fn inside(&mut self, parent: u64, service: &str, now: u64, depth: usize) -> (u64, Reply) {
        let name = self.chance.one(&["validate", "load", "render"]);
        let at = self.push(parent, service, name, Kind::Internal, now);
        let first = self.time(500);
        let (end, reply) = self.steps(at, now + first, depth + 1);
        self.spans[at].end = end + self.time(500);
        if reply != Reply::Fine && self.chance.percent(50) {
            self.spans[at].status = Status::Error;
        } else if reply == Reply::Fine && self.chance.percent(6) {
            self.spans[at].status = Status::Error;
            self.spans[at].error_type = Some("IllegalState".into());
            return (self.spans[at].end, Reply::Broken);
        }
        (self.spans[at].end, reply)
    }

    fn fan_out(&mut self, parent: u64, service: &str, now: u64, depth: usize) -> (u64, Reply) {
        let (mut end, mut worst) = (now, Reply::Fine);
        for _ in 0..2 + self.chance.below(2) {
            let start = now + self.time(300);
            let (to, reply) = if self.chance.percent(50) {
                self.call_once(parent, service, start, depth)
            } else {
                self.outside(parent, service, start)
            };
            // Fail fast: when one failed, another may be cancelled.
            let last = self.spans.iter().rposition(|span| span.parent == parent && span.kind == Kind::Client);
            if let Some(last) = last.filter(|_| worst != Reply::Fine && self.chance.percent(40)) {
                self.spans[last].http = None;
                self.spans[last].grpc = Some(1);
                self.spans[last].status = Status::Error;
            } else if reply != Reply::Fine {
                worst = reply;
            }
            end = end.max(to);
        }
        (end, worst)
    }

    /// The same call several times, one after the other or, as a hedge, overlapping.
    fn again(&mut self, parent: u64, service: &str, now: u64, depth: usize) -> (u64, Reply) {
        let callee = self.chance.one(&CALLEES);
        let (mut start, mut end, mut last) = (now, now, Reply::Fine);
        let (hedged, counted) = (self.chance.percent(25), self.chance.percent(50));
        for round in 0..2 + self.chance.below(2) {
            let (at, reply) = self.call(parent, service, callee, start, depth + 1);
            let peer = self.spans.iter().find(|span| span.parent == parent && span.name == self.spans[at].name).cloned();
            if let Some(peer) = peer {
                self.spans[at].copy_peer(&peer);
            }
            if self.chance.percent(4) {
                self.spans[at].peer_name = Some("elsewhere".into());
            }
            if counted && round > 0 {
                self.spans[at].resend = round as u32;
            }
            end = end.max(self.spans[at].end);
            start = if hedged { self.spans[at].start + self.time(500) } else { self.spans[at].end + self.time(300) };
            last = reply;
            if reply == Reply::Fine && !hedged && self.chance.percent(80) {
                break;
            }
        }
        (end, last)
    }

    /// A request to a service: client span, mostly a server span.
    fn call(&mut self, parent: u64, service: &str, callee: (&str, &str), now: u64, depth: usize) -> (usize, Reply) {
        let at = self.push(parent, service, callee.1, Kind::Client, now);
        self.name_peer(at, callee.0);
        if self.chance.percent(8) || self.full() {
            self.spans[at].end = now + self.time(4000);
            let reply = self.chance.one(&[Reply::Fine, Reply::Broken, Reply::Broken, Reply::Late, Reply::Wrong, Reply::Busy]);
            self.sign(at, reply);
            return (at, reply);
        }
        let before = self.time(400);
        let id = self.spans[at].id;
        let (server, answered) = self.serve(id, callee.0, callee.1, now + before, depth + 1);
        let after = self.time(400);
        self.spans[at].end = self.spans[server].end + after;
        self.spans[at].http = self.spans[server].http;
        self.spans[at].grpc = self.spans[server].grpc;
        self.sign(at, answered);
        let reply = self.trouble_on_the_way(at, server, answered);
        (at, reply)
    }

    /// Deadlines, resets and proxies: what the client sees is not what the server did.
    fn trouble_on_the_way(&mut self, client: usize, server: usize, answered: Reply) -> Reply {
        match self.chance.below(100) {
            0..13 => {
                let width = self.spans[client].end - self.spans[client].start;
                self.spans[client].end = self.spans[client].start + self.time(1 + width as usize / 1000).min(width);
                self.sign(client, Reply::Late);
                if self.chance.percent(50) {
                    let echo = self.chance.one(&[Reply::Late, Reply::Left]);
                    self.sign(server, echo);
                }
                Reply::Late
            }
            13..18 => {
                self.sign(client, Reply::Broken);
                Reply::Broken
            }
            18..20 => {
                self.sign(client, Reply::Left);
                Reply::Left
            }
            20..22 => {
                self.sign(client, Reply::Busy);
                Reply::Busy
            }
            _ => answered,
        }
    }

    /// Something that sends no spans.
    fn outside(&mut self, parent: u64, service: &str, now: u64) -> (u64, Reply) {
        let which = self.chance.below(4);
        let name = ["SELECT orders", "GET", "POST /pay", "move"][which];
        let at = self.push(parent, service, name, Kind::Client, now);
        let text = |text: &str| Some(text.to_owned());
        let span = &mut self.spans[at];
        match which {
            0 => {
                (span.db, span.address, span.port) = (Some(("postgresql".into(), "orders".into())), text("orders-db"), Some(5432))
            }
            1 => (span.db, span.address) = (Some(("redis".into(), String::new())), text("cache")),
            2 => span.url = text("https://api.acme.example/pay?id=7"),
            _ => span.peer_service = text("bank"),
        }
        self.spans[at].end = now + self.time(5000);
        let reply = if self.chance.percent(30) {
            self.chance.one(&[Reply::Broken, Reply::Broken, Reply::Late, Reply::Wrong, Reply::Busy, Reply::Left])
        } else {
            Reply::Fine
        };
        self.sign(at, reply);
        (self.spans[at].end, reply)
    }

    /// Nothing can be reached from here (B7), or almost nothing.
    fn cut_off(&mut self, parent: u64, service: &str, now: u64) -> (u64, Reply) {
        let mut end = now;
        for (peer, word) in [("cart", "ECONNREFUSED"), ("pay", "timeout"), ("stock", "UnknownHostException")] {
            if self.full() || self.chance.percent(15) {
                continue;
            }
            let at = self.push(parent, service, "call", Kind::Client, end);
            let peer = if self.chance.percent(15) { "pay" } else { peer };
            self.spans[at].peer_service = Some(peer.into());
            self.spans[at].status = Status::Error;
            self.spans[at].error_type = Some(if self.chance.percent(20) { "ConnectionError" } else { word }.into());
            if self.chance.percent(10) {
                self.sign(at, Reply::Fine);
            }
            end += self.time(900);
            self.spans[at].end = end;
        }
        (end, Reply::Broken)
    }

    /// A call that has parts with spans of their own: an inner client, or connecting and the like.
    fn layers(&mut self, parent: u64, service: &str, now: u64, depth: usize) -> (u64, Reply) {
        let at = self.push(parent, service, "sdk", Kind::Client, now);
        let id = self.spans[at].id;
        let start = now + self.time(200);
        if self.chance.percent(50) {
            let (end, reply) = self.call_once(id, service, start, depth + 1);
            self.spans[at].end = end + self.time(200);
            self.sign(at, reply);
            return (self.spans[at].end, reply);
        }
        let reply = self.chance.one(&[Reply::Fine, Reply::Broken, Reply::Late, Reply::Left]);
        let part = self.push(id, service, "connect", Kind::Internal, start);
        self.spans[part].end = start + self.time(900);
        let end = self.spans[part].end + self.time(200);
        self.spans[at].end = end;
        self.name_peer(at, "bank");
        self.sign(at, reply);
        if reply != Reply::Fine && self.chance.percent(70) {
            self.spans[part].status = Status::Error;
        }
        (end, reply)
    }

    /// A message is sent, and mostly handled by somebody.
    fn message(&mut self, parent: u64, service: &str, now: u64, depth: usize) -> (u64, Reply) {
        let at = self.push(parent, service, "orders publish", Kind::Producer, now);
        self.spans[at].messaging = Some(("kafka".into(), "orders".into()));
        self.spans[at].end = now + self.time(800);
        let reply = if self.chance.percent(12) { Reply::Broken } else { Reply::Fine };
        self.sign(at, reply);
        if self.full() || self.chance.percent(15) {
            return (self.spans[at].end, reply);
        }
        let (mut id, linked) = (self.spans[at].id, self.chance.percent(45));
        if self.chance.percent(8) {
            let broker = self.push(id, "broker", "store", Kind::Server, self.spans[at].start);
            self.spans[broker].end = self.spans[at].end;
            id = self.spans[broker].id;
        }
        let later = self.spans[at].end + self.time(6000);
        let kind = if linked && self.chance.percent(20) { Kind::Internal } else { Kind::Consumer };
        let handler = self.chance.one(&["mail", "mail", "stock"]);
        let above = match () {
            () if !linked => id,
            () if self.chance.percent(12) => parent,
            () => 0,
        };
        let step = self.push(above, handler, "orders process", kind, later);
        self.spans[step].link = linked.then_some(id);
        let (end, inner) = self.steps(step, later + 1, depth + 2);
        self.spans[step].end = end + self.time(2000);
        if inner != Reply::Fine || self.chance.percent(20) {
            self.spans[step].status = Status::Error;
        }
        (self.spans[at].end, reply)
    }

    fn receive(&mut self, parent: u64, service: &str, now: u64) -> (u64, Reply) {
        let at = self.push(parent, service, "orders receive", Kind::Client, now);
        self.spans[at].messaging = Some(("kafka".into(), "orders".into()));
        self.spans[at].receives = true;
        self.spans[at].end = now + self.time(800);
        (self.spans[at].end, Reply::Fine)
    }

    fn name_peer(&mut self, at: usize, callee: &str) {
        let span = &mut self.spans[at];
        match self.chance.below(100) {
            0..45 => span.peer_service = Some(callee.into()),
            45..55 => span.peer_name = Some(callee.into()),
            55..75 => (span.address, span.port) = (Some(callee.into()), Some(8080)),
            75..88 => span.url = Some(format!("http://{callee}:8080/api/{}?n={}", span.name, span.id)),
            88..93 => span.rpc_service = Some(callee.into()),
            93..96 => span.network = Some("10.0.0.7".into()),
            _ => {}
        }
        if self.chance.percent(10) {
            self.spans[at].address = Some("10.0.0.8".into());
        }
    }
}

/// One random trace.
pub fn trace(seed: u64) -> Vec<Span> {
    let mut generator = Generator::new(seed);
    let entry =
        generator.chance.one(&[("web", "POST /buy"), ("web", "POST /buy"), ("web", "POST /again"), ("pay", "Pay/Charge")]);
    generator.serve(0, entry.0, entry.1, BASE, 0);
    if generator.chance.percent(4) {
        let parent = generator.chance.one(&[0, 0xabc]);
        generator.serve(parent, "web", "POST /buy", BASE + 10_000_000, 2);
    }
    generator.spoil();
    generator.spans
}
