//! Spec 2.4: from an errored span down to who is to blame.

use super::execution::Execution;
use super::hops::Hop;
use super::path::{Path, time_by_hop};
use super::reading::{self, Class};
use super::span::{Kind, Status};

#[derive(Debug, Clone)]
pub struct Blame {
    pub hop: Hop,
    pub cause: &'static str,
    /// The rules demand low confidence.
    pub low: bool,
    pub rule: &'static str,
    /// Spans that the descent went through.
    pub way: Vec<usize>,
}

/// What became of a call among its repetitions (B2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The only one, or the last.
    Decides,
    /// Failed, and the last worked.
    Masked,
    /// Failed like the last: counted once.
    Spent,
}

pub struct Descent<'a, 'b> {
    pub ex: &'a Execution<'b>,
    pub path: &'a Path,
    /// B9 may be asked: this is about the entry's own end.
    pub of_entry: bool,
}

impl Descent<'_, '_> {
    /// B2
    pub fn attempt(&self, at: usize) -> Attempt {
        let Some(parent) = self.ex.tree.up[at] else { return Attempt::Decides };
        let groups = self.groups(parent);
        let Some(group) = groups.iter().find(|group| group.contains(&at)) else { return Attempt::Decides };
        let last = group[group.len() - 1];
        // Open: a last attempt that was cancelled decides nothing.
        let deciding = group.iter().rev().find(|one| self.ex.class(**one) != Class::Cancelled).copied().unwrap_or(group[0]);
        match self.ex.class(last) {
            Class::Ok if last != at => Attempt::Masked,
            _ if deciding == at => Attempt::Decides,
            _ => Attempt::Spent,
        }
    }

    fn first_attempt(&self, at: usize) -> usize {
        let groups = self.ex.tree.up[at].map(|parent| self.groups(parent)).unwrap_or_default();
        groups.into_iter().find(|group| group.contains(&at)).map_or(at, |group| group[0])
    }

    fn same_call(&self, one: usize, other: usize) -> bool {
        let key = |at: usize| {
            let span = self.ex.span(at);
            (span.peer(), span.name.clone(), span.path_of_url(), span.rpc_service.clone())
        };
        key(one) == key(other)
    }

    /// CLIENT children in the order of time; each failed one may be followed by a repetition.
    pub fn groups(&self, parent: usize) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for call in self.ex.children(parent) {
            let span = self.ex.span(call);
            if span.kind != Kind::Client || span.receives {
                continue;
            }
            let before = groups.iter_mut().rev().find(|group| self.same_call(group[0], call));
            if let Some(group) = before {
                let last = group[group.len() - 1];
                let apart = span.start >= self.ex.span(last).end;
                if self.ex.class(last) != Class::Ok && (apart || span.resend > 0) {
                    group.push(call);
                    continue;
                }
            }
            groups.push(vec![call]);
        }
        groups
    }

    /// Children of a span, seen through unset INTERNAL spans of its service (B3).
    fn seen_children(&self, at: usize) -> Vec<usize> {
        let mut seen = Vec::new();
        for child in self.ex.children(at) {
            if self.is_wrapper(child) && self.ex.span(child).service == self.ex.span(at).service {
                seen.extend(self.seen_children(child));
            } else {
                seen.push(child);
            }
        }
        seen
    }

    pub fn is_wrapper(&self, at: usize) -> bool {
        let span = self.ex.span(at);
        span.kind == Kind::Internal && span.status == Status::Unset && self.ex.class(at) == Class::Ok
    }

    fn of_class(&self, at: usize, class: Class) -> Vec<usize> {
        let mut found = self.seen_children(at);
        found.retain(|child| self.ex.class(*child) == class && self.attempt(*child) == Attempt::Decides);
        found
    }

    /// B3
    pub fn errors_below(&self, at: usize) -> Vec<usize> {
        self.of_class(at, Class::Error)
    }

    /// B4
    fn choose(&self, among: &[usize]) -> Option<usize> {
        let span = |at: &usize| self.ex.span(*at);
        let on_path = among.iter().copied().filter(|at| self.path.walked.contains(at));
        let last = on_path.min_by_key(|at| (u64::MAX - span(at).end, span(at).start));
        last.or_else(|| among.iter().copied().min_by_key(|at| (span(at).end, span(at).start)))
    }

    pub fn from(&self, at: usize) -> Blame {
        let mut blame = self.at(at);
        blame.low |= blame.way.iter().any(|one| *one != self.ex.root && self.ex.tree.guessed[*one]); // E3
        blame
    }

    fn at(&self, at: usize) -> Blame {
        if let Some(server) = self.silent_server(at) {
            return self.slow_server(at, server);
        }
        if let Some(next) = self.choose(&self.errors_below(at)) {
            return self.through(at, next);
        }
        if let Some(server) = self.ex.server_child(at).filter(|_| self.ex.is_error(at)) {
            return self.failed_edge(at, server);
        }
        if let Some(call) = self.choose(&self.of_class(at, Class::CallerError)) {
            return self.through(at, call); // B3: in the same way; an error of the callee below it explains it
        }
        match self.ex.class(at) {
            Class::CallerError => self.refused_call(at),
            _ if self.ex.span(at).asks() => self.leaf_call(at),
            _ => self.leaf_work(at),
        }
    }

    /// B4: those among which the descent chose at a span; the ones that it did not choose are suspects.
    pub fn choices(&self, at: usize) -> Vec<usize> {
        match self.silent_server(at) {
            Some(_) => self.own_timeouts(at),
            None if self.errors_below(at).is_empty() => self.of_class(at, Class::CallerError),
            None => self.errors_below(at),
        }
    }

    fn through(&self, at: usize, next: usize) -> Blame {
        let mut blame = self.at(next);
        blame.way.insert(0, at);
        blame
    }

    /// B3
    fn refused_call(&self, at: usize) -> Blame {
        Blame { hop: self.ex.operation(at), cause: "caller_error", low: false, rule: "B3", way: vec![at] }
    }

    /// Open: an INTERNAL leaf that is part of a call without server (name resolution, connecting). The call knows who was asked.
    fn call_around(&self, at: usize) -> Option<usize> {
        let parent = self.ex.tree.up[at]?;
        let (span, above) = (self.ex.span(at), self.ex.span(parent));
        if span.kind != Kind::Internal || above.service != span.service || self.ex.is_step(at) {
            return None;
        }
        if above.kind == Kind::Internal {
            return self.call_around(parent);
        }
        let elsewhere =
            reading::timeout(above) || reading::unreachable(above) || reading::saturated(above) || reading::answered(above);
        let failed = above.asks() && !above.receives && self.ex.is_error(parent) && self.ex.server_child(parent).is_none();
        (failed && elsewhere).then_some(parent)
    }

    /// B5
    fn leaf_work(&self, at: usize) -> Blame {
        if let Some(call) = self.call_around(at) {
            return self.leaf_call(call);
        }
        let cause = if reading::saturated(self.ex.span(at)) { "saturation" } else { "app_error" };
        Blame { hop: self.ex.hop(at), cause, low: false, rule: "B5", way: vec![at] }
    }

    /// B6
    fn leaf_call(&self, at: usize) -> Blame {
        let span = self.ex.span(at);
        let cut_off = self.cut_off(at).filter(|_| reading::unreachable(span) || reading::timeout(span));
        if let Some(hop) = cut_off {
            return Blame { hop, cause: "unreachable", low: false, rule: "B7", way: vec![at] };
        }
        if reading::timeout(span)
            && let Some(blame) = self.spent_before(at)
        {
            return blame;
        }
        let cause = match () {
            () if reading::timeout(span) => "timeout_no_server",
            () if reading::unreachable(span) => "unreachable",
            () if reading::saturated(span) => "saturation",
            () => "dependency_error",
        };
        let low = cause == "dependency_error" && self.sends_spans(at) && reading::answered(span);
        Blame { hop: self.ex.hop(at), cause, low, rule: "B6", way: vec![at] }
    }

    /// B6: the peer is known to emit spans.
    fn sends_spans(&self, at: usize) -> bool {
        let peers = self.ex.span(at).service_peers();
        let mapped = self.ex.rule_for_peer(at).is_some_and(|(rule, _)| !self.ex.capability.hops[rule].external);
        mapped || self.ex.members.iter().any(|other| peers.contains(&self.ex.span(*other).service))
    }

    /// B7: who called several peers in vain.
    fn cut_off(&self, at: usize) -> Option<Hop> {
        let parent = self.ex.tree.up[at]?;
        let calls =
            self.ex.children(parent).into_iter().filter(|call| self.ex.span(*call).asks() && !self.ex.span(*call).receives);
        let calls: Vec<usize> = calls.collect();
        let got_through = |call: &usize| {
            let span = self.ex.span(*call);
            self.ex.class(*call) == Class::Ok || self.ex.server_child(*call).is_some() || reading::answered(span)
        };
        let in_vain = |call: &&usize| self.ex.is_error(**call) && reading::unreachable(self.ex.span(**call));
        let mut peers: Vec<String> = calls.iter().filter(in_vain).map(|call| self.ex.span(*call).peer_text()).collect();
        peers.sort();
        peers.dedup();
        (peers.len() >= 2 && !calls.iter().any(got_through)).then(|| self.ex.operation(at))
    }

    /// B8: the server of a timed-out call that has nothing to say but that.
    pub fn silent_server(&self, at: usize) -> Option<usize> {
        let server = self.ex.server_child(at)?;
        let timed_out = self.ex.is_error(at) && self.ex.span(at).asks() && reading::timeout(self.ex.span(at));
        let own_error = |one: usize| self.ex.is_error(one) && !reading::echo(self.ex.span(one));
        let speaks = self.ex.tree.server_children(at).into_iter().any(own_error); // open: several servers; one that speaks is enough
        (timed_out && !speaks).then_some(server)
    }

    /// B8: the server's own timed-out calls, looked for in all its own work. What it began after its caller's end does not count.
    pub fn own_timeouts(&self, client: usize) -> Vec<usize> {
        let mut servers = self.ex.tree.server_children(client);
        servers.retain(|server| self.ex.span(*server).status != Status::Ok); // C1: it ends the descent on every kind of span
        let mut calls: Vec<usize> = servers.into_iter().flat_map(|server| self.calls_in(server, server)).collect();
        let timed_out = |call: usize| {
            self.ex.is_error(call) && reading::timeout(self.ex.span(call)) && self.attempt(call) == Attempt::Decides
        };
        calls.retain(|call| timed_out(*call) && self.ex.span(*call).start < self.ex.span(client).end);
        calls
    }

    fn calls_in(&self, at: usize, server: usize) -> Vec<usize> {
        let mut calls = Vec::new();
        for child in self.ex.children(at) {
            let span = self.ex.span(child);
            let own = span.kind == Kind::Internal && span.service == self.ex.span(server).service;
            if span.asks() && !span.receives {
                calls.push(child);
            } else if own && (self.is_wrapper(child) || self.ex.is_error(child)) {
                calls.extend(self.calls_in(child, server));
            }
        }
        calls
    }

    fn slow_server(&self, at: usize, server: usize) -> Blame {
        if let Some(call) = self.choose(&self.own_timeouts(at)) {
            let mut blame = self.at(call);
            let mut between = self.ex.tree.up[call];
            while let Some(one) = between.filter(|one| *one != at) {
                blame.way.insert(0, one);
                between = self.ex.tree.up[one];
            }
            blame.way.insert(0, at);
            return blame;
        }
        if let Some(blame) = self.spent_before(at) {
            return blame;
        }
        let (from, to) = (self.ex.span(at).start, self.ex.span(at).end);
        let times = time_by_hop(&self.ex.path_below(at), from, to);
        let hop = times.first().map_or_else(|| self.ex.hop(server), |(hop, _)| hop.clone());
        Blame { hop, cause: "timeout_slow_server", low: self.ex.tree.guessed[server], rule: "B8", way: vec![at] }
    }

    /// B9: the call's time was gone before it began.
    fn spent_before(&self, call: usize) -> Option<Blame> {
        let (entry, span) = (self.ex.span(self.ex.root), self.ex.span(call));
        let began = self.ex.span(self.first_attempt(call)).start; // B2: attempts are one call
        let own = span.end.saturating_sub(began);
        let whole = span.end.saturating_sub(entry.start);
        let ended_by_timeout = self.of_entry && self.ex.is_error(self.ex.root) && reading::timeout(entry);
        if !ended_by_timeout || u128::from(own) * 4 >= u128::from(whole) {
            return None;
        }
        let (hop, _) = time_by_hop(self.path, entry.start, began.min(entry.end)).into_iter().next()?;
        Some(Blame { hop, cause: "timeout_budget", low: false, rule: "B9", way: vec![call] })
    }

    /// B10; C3 where a code says that somebody had too much to do.
    fn failed_edge(&self, at: usize, server: usize) -> Blame {
        let (cause, rule) = if reading::saturated(self.ex.span(at)) { ("saturation", "C3") } else { ("unreachable", "B10") };
        Blame { hop: self.ex.hop(server), cause, low: self.ex.tree.guessed[server], rule, way: vec![at] }
    }
}
