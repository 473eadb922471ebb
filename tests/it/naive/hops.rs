//! Which hop a span belongs to (H1 to H3).

use super::execution::Execution;
use super::map;
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
        let callee = self.server_child(at).map(|server| self.span(server).service.clone());
        let service = if span.asks() { callee.unwrap_or_else(|| span.peer_text()) } else { span.service.clone() };
        Some(Hop { id: self.capability.hops[rule].id.into(), service, rule: Some(rule) })
    }

    /// H2
    fn of_callee(&self, at: usize) -> Option<Hop> {
        if self.span(at).kind != Kind::Client {
            return None;
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
            Some(parent) if self.span(parent).service == span.service => self.operation_above(at).unwrap_or(own),
            _ => own, // parent of another service, or the entry
        }
    }

    /// Nearest SERVER, CONSUMER or INTERNAL ancestor in the same service.
    fn operation_above(&self, at: usize) -> Option<Hop> {
        let service = self.span(at).service.clone();
        let mut above = self.tree.up[at];
        while let Some(one) = above {
            if works(self.span(one)) {
                return (self.span(one).service == service).then(|| self.hop(one));
            }
            above = self.tree.up[one];
        }
        None
    }

    /// The operation that a span is part of, or made by.
    pub fn operation(&self, at: usize) -> Hop {
        let span = self.span(at);
        if works(span) {
            return self.hop(at);
        }
        let own = Hop::named(&format!("{} {}", span.service, span.name), &span.service);
        self.operation_above(at).unwrap_or(own) // open: a CLIENT that nothing called
    }
}
