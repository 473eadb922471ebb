//! Spec 2.5: what the execution waited for.

use super::execution::Execution;
use super::hops::Hop;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub at: usize,
    pub hop: Hop,
    pub start: u64,
    pub end: u64,
    pub kind: &'static str,
}

#[derive(Debug, Clone, Default)]
pub struct Path {
    /// In the order of time.
    pub sections: Vec<Section>,
    /// Spans that the walk went into, with or without time of their own.
    pub walked: Vec<usize>,
}

/// From the bare tree: sections, latest first, and spans walked into. `strict`: the reference mode.
pub struct Walk<'a> {
    /// Start, end and children of a span.
    pub span: &'a dyn Fn(usize) -> (u64, u64, Vec<usize>),
    pub strict: bool,
    pub sections: Vec<(usize, u64, u64)>,
    pub walked: Vec<usize>,
}

impl Walk<'_> {
    pub fn walk(&mut self, at: usize, start: u64, end: u64) {
        self.walked.push(at);
        let mut open: Vec<(usize, u64, u64)> = Vec::new();
        for child in (self.span)(at).2 {
            let (from, to, _) = (self.span)(child);
            if from < end && to > start {
                open.push((child, from.max(start), to.min(end))); // P: drop, or clip
            }
        }
        let mut cursor = end;
        let mut first = true;
        loop {
            let before = |to: u64| if self.strict && !first { to < cursor } else { to <= cursor };
            let last = open.iter().enumerate().filter(|(_, (_, _, to))| before(*to));
            // Open: children that end together. One without length was last; then the one that began first says more.
            let rank = |(_, (_, from, to)): &(usize, &(usize, u64, u64))| (u64::MAX - to, from != to, *from);
            let Some(chosen) = last.min_by_key(rank).map(|(position, _)| position) else {
                break;
            };
            let (child, from, to) = open.remove(chosen); // each child once
            self.push(at, to, cursor);
            self.walk(child, from, to);
            cursor = from;
            first = false;
        }
        self.push(at, start, cursor);
    }

    fn push(&mut self, at: usize, start: u64, end: u64) {
        if start < end {
            self.sections.push((at, start, end));
        }
    }
}

impl Execution<'_> {
    /// E4: it ends with the last required step, which is then waited for like a child of the entry.
    pub fn path(&self) -> Path {
        let (end, last) = (self.span(self.root).end, self.last_end());
        self.path_to(self.root, last, if last > end { self.required_steps() } else { Vec::new() })
    }

    pub fn path_below(&self, top: usize) -> Path {
        self.path_to(top, self.span(top).end, Vec::new())
    }

    fn path_to(&self, top: usize, end: u64, steps: Vec<usize>) -> Path {
        let look = |at: usize| {
            let mut children = self.children(at);
            children.extend(steps.iter().copied().filter(|_| at == top));
            (self.span(at).start, self.span(at).end, children)
        };
        let mut walk = Walk { span: &look, strict: self.strict, sections: Vec::new(), walked: Vec::new() };
        walk.walk(top, self.span(top).start, end);
        let sections = walk.sections.iter().rev().map(|section| self.section(*section)).collect();
        Path { sections, walked: walk.walked }
    }

    /// Time between a client and its server is the edge's, charged to the callee.
    fn section(&self, (at, start, end): (usize, u64, u64)) -> Section {
        let Some(server) = self.server_child(at) else { return Section { at, hop: self.hop(at), start, end, kind: "self" } };
        let kind = if self.queues(at, server) { "queue" } else { "gap" };
        Section { at, hop: self.hop(server), start, end, kind }
    }

    fn queues(&self, client: usize, server: usize) -> bool {
        let (client, server) = (self.span(client), self.span(server));
        let before = server.start.saturating_sub(client.start);
        let after = client.end.saturating_sub(server.end);
        client.host.is_some() && client.host == server.host && before > 0 && before >= after.saturating_mul(4)
    }
}

/// Time per hop within an interval; most first.
pub fn time_by_hop(path: &Path, from: u64, to: u64) -> Vec<(Hop, u64)> {
    let mut times: Vec<(Hop, u64)> = Vec::new();
    for section in &path.sections {
        let time = section.end.min(to).saturating_sub(section.start.max(from));
        match times.iter_mut().find(|(hop, _)| *hop == section.hop) {
            Some((_, sum)) => *sum += time,
            None => times.push((section.hop.clone(), time)),
        }
    }
    times.retain(|(_, time)| *time > 0);
    times.sort_by_key(|(_, time)| u64::MAX - time);
    times
}
