//! Which hop a span belongs to (H1 to H3).

use super::execution::Execution;
use super::map::{self, HopRule};
use super::reading::works;
use super::span::Kind;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    pub id: String,
    pub service: String,
    /// Position in the map.
    pub rule: Option<usize>,
}

impl Hop {
    pub fn named(id: &str, service: &str) -> Self {
        Self { id: id.into(), service: service.into(), rule: None }
    }
}

impl Execution<'_> {
    pub fn hop(&self, at: usize) -> Hop {
        self.mapped(at).or_else(|| self.of_callee(at)).unwrap_or_else(|| self.automatic(at))
    }

    /// H1
    fn mapped(&self, at: usize) -> Option<Hop> {
        let span = self.span(at);
        let rule = self.capability.hops.iter().position(|rule| rule.matcher.holds_as_hop(span))?;
        let HopRule { id, external, .. } = self.capability.hops[rule];
        let service = match () {
            () if !span.asks() => span.service.clone(),
            () if external => span.peer_text(),
            () => span.service_peers()[0].clone(), // open: a hop of ours; its service has no port
        };
        Some(Hop { id: id.into(), service, rule: Some(rule) })
    }

    /// H2
    fn of_callee(&self, at: usize) -> Option<Hop> {
        if !self.span(at).asks() {
            return None; // open: a PRODUCER is read like a CLIENT
        }
        if let Some(server) = self.server_child(at) {
            return Some(self.hop(server));
        }
        let (rule, service) = self.rule_for_peer(at)?;
        Some(Hop { id: self.capability.hops[rule].id.into(), service, rule: Some(rule) })
    }

    /// The first hop of the map that a name of the peer meets as service.
    pub fn rule_for_peer(&self, at: usize) -> Option<(usize, String)> {
        let peers = self.span(at).service_peers();
        let rules = self.capability.hops.iter().enumerate();
        let answering = rules.filter(|(_, rule)| !rule.matcher.asks()); // `kind: client` names the caller's service
        answering
            .filter_map(|(at, rule)| Some((at, rule.matcher.service?)))
            .find_map(|(rule, want)| peers.iter().find(|peer| map::meets(want, peer)).map(|peer| (rule, peer.clone())))
    }

    /// H3
    fn automatic(&self, at: usize) -> Hop {
        let span = self.span(at);
        if span.asks() {
            return Hop::named(&span.peer_text(), &span.peer_text());
        }
        let own = Hop::named(&format!("{} {}", span.service, span.name), &span.service);
        if span.kind != Kind::Internal {
            return own;
        }
        match self.tree.up[at] {
            // A step that begins is an operation of its own.
            Some(parent) if self.span(parent).service == span.service && !self.is_step(at) => self.operation(parent),
            _ => own, // parent of another service, or the entry
        }
    }

    /// The operation that a span is part of, or made by: nearest SERVER, CONSUMER or INTERNAL ancestor in the same service.
    pub fn operation(&self, at: usize) -> Hop {
        let span = self.span(at);
        if works(span) {
            return self.hop(at);
        }
        match self.tree.up[at] {
            Some(parent) if self.span(parent).service == span.service && !self.is_step(at) => self.operation(parent),
            _ => self.asker(at),
        }
    }

    /// Open: a call of which no operation came. The hop of its service, else what H3 would make of it.
    fn asker(&self, at: usize) -> Hop {
        let span = self.span(at);
        let meets = |rule: &map::HopRule| {
            !rule.matcher.asks() && rule.matcher.service.is_some_and(|want| map::meets(want, &span.service))
        };
        match self.capability.hops.iter().position(meets) {
            Some(rule) => Hop { id: self.capability.hops[rule].id.into(), service: span.service.clone(), rule: Some(rule) },
            None => Hop::named(&format!("{} {}", span.service, span.name), &span.service),
        }
    }
}
