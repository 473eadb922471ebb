//! Whose a span is: H1 to H3 of spec 2.2, once per capability and shape.
//!
//! What follows from a shape alone is found here and remembered; what needs the tree (an own-work span is its operation's, a call is
//! its server's) is decided in `steps`, where the tree is at hand.

use super::Context;
use crate::catalogue::HopRule;
use crate::model::{Hop, HopId, Hops, Name, Shape, ShapeId};
use dashmap::DashMap;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// No rule of the map.
pub const NO_RULE: u32 = u32::MAX;

/// Shapes that are remembered before all are forgotten.
const MOST_REMEMBERED: usize = 200_000;

/// Shapes that are found without hashing; a power of two.
const NEAR: usize = 1024;

/// What a hop is called after: capability, and two names by [`Origin`].
type Key = (Name, Origin, Name, Name);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    /// Service and span name.
    Operation,
    /// Peer.
    Peer,
    /// Id in the map and service.
    Mapped,
}

/// How many hops a capability may have, and which it has: shared by all judges.
#[derive(Debug)]
pub struct HopLimit {
    most: usize,
    known: DashMap<Key, HopId, RandomState>,
    counts: DashMap<Name, usize, RandomState>,
    /// The capability that has a hop of this automatic name; `None`: several have one.
    owners: DashMap<(Origin, Name, Name), Option<Name>, RandomState>,
}

impl HopLimit {
    /// Hops of a capability beyond `most` become `(other)`.
    pub fn new(most: usize) -> Self {
        let shards = 64;
        Self {
            most,
            known: DashMap::with_hasher_and_shard_amount(RandomState::default(), shards),
            counts: DashMap::with_hasher_and_shard_amount(RandomState::default(), shards),
            owners: DashMap::with_hasher_and_shard_amount(RandomState::default(), shards),
        }
    }

    /// The only capability in whose executions a span of this shape was seen to have its own automatic name (H3), or its peer; `None`
    /// if there is none, or several.
    pub fn only_owner(&self, shape: &Shape) -> Option<Name> {
        let key = match shape.kind.asks() {
            true => (Origin::Peer, shape.peer, Name::EMPTY),
            false => (Origin::Operation, shape.service, shape.name),
        };
        self.owners.get(&key).and_then(|owner| *owner)
    }

    fn hop(&self, key: Key, make: impl FnOnce() -> HopId) -> HopId {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // Held while it is counted, so that two judges do not count one hop twice.
        let entry = self.known.entry(key);
        if let dashmap::Entry::Occupied(known) = &entry {
            return *known.get();
        }
        let mut count = self.counts.entry(key.0).or_insert(0);
        if *count >= self.most {
            return Hops::OTHER;
        }
        *count += 1;
        drop(count);
        if key.1 != Origin::Mapped {
            let mut owner = self.owners.entry((key.1, key.2, key.3)).or_insert(Some(key.0));
            owner.take_if(|one| *one != key.0);
        }
        *entry.or_insert_with(make)
    }
}

impl Default for HopLimit {
    /// 10,000.
    fn default() -> Self {
        Self::new(10_000)
    }
}

/// A hop, and the rule of the map that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The hop.
    pub hop: HopId,
    /// Position in the capability's hops, or [`NO_RULE`].
    pub rule: u32,
}

/// What follows from a shape in a capability.
#[derive(Debug, Clone, Copy)]
pub struct ShapeHop {
    /// H1.
    pub mapped: bool,
    /// For the asking side: where no server answered (H1, H2, H3). Else: H1, or H3 as if its parent were of another service.
    pub alone: Named,
    /// For the asking side: the operation that asks, where no span of it came.
    pub asker: Named,
}

/// What is remembered about the map and the shapes.
#[derive(Debug, Default)]
pub struct Book {
    /// Some of `shapes`, each where its numbers say: what is asked for again and again lies here.
    near: Vec<(u32, ShapeId, ShapeHop)>,
    shapes: HashMap<(u32, ShapeId), ShapeHop, RandomState>,
    capabilities: Vec<Option<Capability>>,
    mapped: HashMap<ShapeId, Box<[u32]>, RandomState>,
    text: String,
}

/// What is often asked of a capability.
#[derive(Debug)]
pub struct Capability {
    /// Its id.
    pub name: Name,
    /// Ids of its threads.
    pub threads: Vec<Name>,
    /// Over this it is slow.
    pub slow_over_ns: Option<u64>,
}

impl Book {
    /// What is often asked of a capability; `None` if it is not in the map.
    pub fn capability(&mut self, position: u32, context: &Context<'_>) -> Option<&Capability> {
        let all = context.catalogue.capabilities();
        let one = all.get(position as usize)?;
        if self.capabilities.len() < all.len() {
            self.capabilities.resize_with(all.len(), || None);
        }
        let known = self.capabilities[position as usize].get_or_insert_with(|| Capability {
            name: context.names.intern(one.id.as_bytes()),
            threads: one.threads.iter().map(|thread| context.names.intern(thread.id.as_bytes())).collect(),
            slow_over_ns: one.slow_over_ns(),
        });
        Some(known)
    }

    /// Capabilities of which some mapped hop matches (E6).
    pub fn capabilities_with_hop(&mut self, shape: ShapeId, context: &Context<'_>) -> &[u32] {
        if self.mapped.len() >= MOST_REMEMBERED {
            self.mapped.clear();
        }
        let find = || context.catalogue.capabilities_with_hop(context.shapes.get(shape)).into_boxed_slice();
        self.mapped.entry(shape).or_insert_with(find)
    }

    /// What follows from a shape in a capability.
    #[inline]
    pub fn shape(&mut self, capability: u32, shape: ShapeId, context: &Context<'_>) -> ShapeHop {
        // Numbers of shapes follow each other: those of a capability lie side by side, those of another one elsewhere.
        let place = shape.0.wrapping_add(capability.wrapping_mul(0x9e37_79b9).rotate_left(10)) as usize % NEAR;
        match self.near.get(place) {
            Some((of, known, found)) if *known == shape && *of == capability => *found,
            _ => self.shape_from_afar(capability, shape, place, context),
        }
    }

    #[inline(never)]
    fn shape_from_afar(&mut self, capability: u32, shape: ShapeId, place: usize, context: &Context<'_>) -> ShapeHop {
        let found = match self.shapes.get(&(capability, shape)) {
            Some(known) => *known,
            None => self.learn(capability, shape, context),
        };
        if self.near.is_empty() {
            let nothing = Named { hop: Hops::UNKNOWN, rule: NO_RULE };
            let nothing = ShapeHop { mapped: false, alone: nothing, asker: nothing };
            self.near.resize(NEAR, (u32::MAX, ShapeId(u32::MAX), nothing));
        }
        self.near[place] = (capability, shape, found);
        found
    }

    fn learn(&mut self, capability: u32, shape: ShapeId, context: &Context<'_>) -> ShapeHop {
        if self.shapes.len() >= MOST_REMEMBERED {
            self.shapes.clear();
        }
        let name = self.capability(capability, context).map_or(Name::EMPTY, |one| one.name);
        let rules = context.catalogue.capabilities().get(capability as usize).map_or(&[][..], |one| &one.hops);
        let mut finder = Finder { capability, name, rules, context, text: &mut self.text };
        let found = finder.find(context.shapes.get(shape));
        self.shapes.insert((capability, shape), found);
        found
    }

    /// The hop of a rule of which no span came.
    pub fn absent(&mut self, capability: u32, rule: u32, context: &Context<'_>) -> HopId {
        let name = self.capability(capability, context).map_or(Name::EMPTY, |one| one.name);
        let rules = context.catalogue.capabilities().get(capability as usize).map_or(&[][..], |one| &one.hops);
        let mut finder = Finder { capability, name, rules, context, text: &mut self.text };
        finder.mapped(rule, |hop| context.names.intern(hop.literal_service.as_ref().unwrap_or(&hop.id).as_bytes()))
    }
}

struct Finder<'a> {
    capability: u32,
    name: Name,
    rules: &'a [HopRule],
    context: &'a Context<'a>,
    text: &'a mut String,
}

impl Finder<'_> {
    fn find(&mut self, shape: &Shape) -> ShapeHop {
        let rule = self.context.catalogue.hop_of(self.capability, shape).map(|rule| rule as u32);
        if !shape.kind.asks() {
            let alone = self.working(shape, rule);
            return ShapeHop { mapped: rule.is_some(), alone, asker: alone };
        }
        let asker = self.rule_of_service(shape.service);
        let asker = self.working(shape, asker);
        ShapeHop { mapped: rule.is_some(), alone: self.asking(shape, rule), asker }
    }

    /// H1 and H3 for a span that works.
    fn working(&mut self, shape: &Shape, rule: Option<u32>) -> Named {
        match rule {
            Some(rule) => Named { hop: self.mapped(rule, |_| shape.service), rule },
            None => Named { hop: self.operation(shape), rule: NO_RULE },
        }
    }

    /// H1 to H3 for a span that asks somebody who sent no span.
    fn asking(&mut self, shape: &Shape, rule: Option<u32>) -> Named {
        let peer = self.peer_of(shape);
        if let Some(rule) = rule {
            let host = || interned(self.context, host_of(self.context.names.text(peer)));
            let service = shape.peer_services.first().copied().unwrap_or_else(host);
            let hop = self.mapped(rule, |hop| if hop.external { peer } else { service });
            return Named { hop, rule };
        }
        if let Some((rule, service)) = self.rule_of_peer(shape) {
            let hop = self.mapped(rule, |hop| if hop.external { peer } else { service });
            return Named { hop, rule };
        }
        let hop = self.intern((Origin::Peer, peer, Name::EMPTY), Hop { hop: peer, service: peer, external: true });
        Named { hop, rule: NO_RULE }
    }

    /// H2: a name of the peer is the service of a matcher. The rule, and that name: never with a port, or one service would be two.
    fn rule_of_peer(&self, shape: &Shape) -> Option<(u32, Name)> {
        let host = interned(self.context, host_of(self.context.names.text(shape.peer)));
        let mut names = shape.peer_services.iter().copied().chain([host]);
        names.find_map(|name| Some((self.rule_of_service(name)?, name)))
    }

    fn rule_of_service(&self, service: Name) -> Option<u32> {
        let text = self.context.names.text(service);
        self.context.catalogue.hop_of_service(self.capability, text).map(|rule| rule as u32)
    }

    fn mapped(&mut self, rule: u32, service: impl FnOnce(&HopRule) -> Name) -> HopId {
        let Some(hop) = self.rules.get(rule as usize) else {
            return Hops::UNKNOWN;
        };
        let id = self.context.names.intern(hop.id.as_bytes());
        let service = service(hop);
        self.intern((Origin::Mapped, id, service), Hop { hop: id, service, external: hop.external })
    }

    /// H3 for a span that works: service and span name.
    fn operation(&mut self, shape: &Shape) -> HopId {
        let key = (self.name, Origin::Operation, shape.service, shape.name);
        let Self { context, text, .. } = self;
        context.limit.hop(key, || {
            text.clear();
            text.push_str(context.names.text(shape.service));
            text.push(' ');
            text.push_str(context.names.text(shape.name));
            let hop = context.names.intern(text.as_bytes());
            context.hops.intern(Hop { hop, service: shape.service, external: false })
        })
    }

    fn intern(&self, (origin, first, second): (Origin, Name, Name), hop: Hop) -> HopId {
        self.context.limit.hop((self.name, origin, first, second), || self.context.hops.intern(hop))
    }

    fn peer_of(&mut self, shape: &Shape) -> Name {
        if !shape.peer.is_empty() {
            return shape.peer;
        }
        self.text.clear();
        self.text.push_str("unknown@");
        self.text.push_str(self.context.names.text(shape.service));
        self.context.names.intern(self.text.as_bytes())
    }
}

fn interned(context: &Context<'_>, text: &str) -> Name {
    context.names.intern(text.as_bytes())
}

/// The text of a peer without its port, as the services of matchers are written.
pub fn host_of(peer: &str) -> &str {
    match peer.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => peer,
    }
}
