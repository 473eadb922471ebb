//! What happens to spans on their way: lost, sent twice, ids shared, clocks off, and attributes that the business sets.

use super::generator::{Generator, Reply};
use super::span::{Kind, Status};

impl Generator {
    fn any(&mut self) -> usize {
        let count = self.spans.len();
        self.chance.below(count)
    }

    pub fn spoil(&mut self) {
        self.rewrite();
        if self.chance.percent(12) {
            for _ in 0..1 + self.chance.below(5) {
                self.scramble();
            }
        }
        self.business();
        self.knot();
        self.lose();
        if self.chance.percent(50) {
            let Self { chance, spans, .. } = self;
            chance.shuffle(spans);
        }
    }

    /// Codes and statuses that do not fit the story.
    fn rewrite(&mut self) {
        if self.chance.percent(8) {
            let at = self.any();
            self.spans[at].status = Status::Ok;
        }
        if self.chance.percent(20) {
            let at = self.any();
            let reply = self.chance.one(&[
                Reply::Broken,
                Reply::Broken,
                Reply::Late,
                Reply::Left,
                Reply::Wrong,
                Reply::Busy,
                Reply::Fine,
            ]);
            self.sign(at, reply);
        }
        if self.chance.percent(6) {
            let at = self.any();
            self.spans[at].error_flag = true;
        }
        if self.chance.percent(4) {
            let at = self.any();
            self.spans[at].far_link = true;
        }
        if self.chance.percent(5) {
            let at = self.any();
            self.shift(at);
        }
    }

    /// What no service would send. The rules hold all the same.
    fn scramble(&mut self) {
        let (at, other) = (self.any(), self.any());
        let time = self.spans[other].start;
        match self.chance.below(12) {
            0 => self.spans[at].kind = self.spans[other].kind,
            1 => self.spans[at].service = self.spans[other].service.clone(),
            2 => self.spans[at].parent = self.spans[other].id,
            3 => self.spans[at].parent = 0,
            4 => self.spans[at].end = self.spans[other].end.max(self.spans[at].start),
            5 => self.spans[at].start = time.min(self.spans[at].end),
            6 => self.spans[at].status = Status::Ok,
            7 => self.spans[at].status = Status::Error,
            8 => self.spans[at].link = Some(self.spans[other].id),
            9 => self.spans[at].end = self.spans[at].start,
            10 => (self.spans[at].start, self.spans[at].end) = self.chance.one(&[(0, u64::MAX), (u64::MAX, u64::MAX), (0, 0)]),
            _ => {
                let reply = self.chance.one(&[Reply::Late, Reply::Left, Reply::Broken, Reply::Wrong]);
                self.sign(at, reply);
            }
        }
    }

    /// A clock that is off: a span and all below it, earlier or later.
    fn shift(&mut self, at: usize) {
        let by = self.chance.below(8_000_000) as u64; // well within the time before the first span
        let earlier = self.chance.percent(50);
        let mut moved = vec![self.spans[at].id];
        while let Some(id) = moved.pop() {
            for span in &mut self.spans {
                if span.id == id {
                    (span.start, span.end) =
                        if earlier { (span.start - by, span.end - by) } else { (span.start + by, span.end + by) };
                } else if span.parent == id {
                    moved.push(span.id);
                }
            }
        }
    }

    fn business(&mut self) {
        let mut put = |percent, key: &str, values: &[&str], entry: bool| {
            if self.chance.percent(percent) {
                let at = if entry { 0 } else { self.any() };
                let value = self.chance.one(values);
                self.spans[at].attributes.push((key.into(), value.into()));
            }
        };
        put(12, "order.state", &["declined", "declined", "fine"], false);
        put(6, "order.state", &["declined"], false);
        put(3, "order.state", &["fine"], false);
        put(4, "user_agent.synthetic.type", &["bot"], true);
        put(3, "steelthread.capability", &["buy", "charge", "no-such"], false);
    }

    /// Shared ids, self-parents, cycles.
    fn knot(&mut self) {
        if self.chance.percent(12) {
            self.share_an_id();
        }
        if self.chance.percent(2) {
            let at = self.any();
            self.spans[at].parent = self.spans[at].id;
        }
        if self.chance.percent(3) {
            let (child, parent) = (self.any(), self.any());
            self.spans[child].parent = self.spans[parent].id;
        }
        if self.chance.percent(1) {
            let at = self.any();
            self.spans[at].end = self.spans[at].start.saturating_sub(5);
        }
    }

    /// As Zipkin's clients do it: the server span has the id of the client span.
    fn share_an_id(&mut self) {
        let is_server = |at: &usize| self.spans[*at].kind == Kind::Server && self.spans[*at].parent != 0;
        let servers: Vec<usize> = (0..self.spans.len()).filter(is_server).collect();
        if servers.is_empty() {
            return;
        }
        let server = self.chance.one(&servers);
        let (old, shared) = (self.spans[server].id, self.spans[server].parent);
        let above = self.spans.iter().find(|span| span.id == shared).map_or(0, |client| client.parent);
        self.spans[server].id = shared;
        self.spans[server].parent = above;
        for span in &mut self.spans {
            if span.parent == old {
                span.parent = shared;
            }
            if span.link == Some(old) {
                span.link = Some(shared);
            }
        }
    }

    fn lose(&mut self) {
        if self.chance.percent(4) {
            let copy = self.any();
            let mut copy = self.spans[copy].clone();
            copy.status = self.chance.one(&[Status::Ok, Status::Error]);
            self.spans.push(copy);
        }
        let gone = if self.chance.percent(16) { 1 + self.chance.below(2) } else { 0 };
        for _ in 0..gone {
            if self.spans.len() > 1 {
                let at = if self.chance.percent(15) { 0 } else { self.any() };
                self.spans.remove(at);
            }
        }
    }
}
