//! Hops: steps on a thread.

use super::Name;
use dashmap::DashMap;
use foldhash::fast::RandomState;

/// The number of a hop in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HopId(pub u32);

/// A step on a thread: a service's operation, or something outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hop {
    /// Id from the map, or the automatic name (spec 2.2, H3).
    pub hop: Name,
    /// The service, or for an external hop the name of the peer.
    pub service: Name,
    /// It sends no spans of its own.
    pub external: bool,
}

/// All hops seen: append-only, read without a lock.
#[derive(Debug)]
pub struct Hops {
    list: boxcar::Vec<Hop>,
    numbers: DashMap<Hop, HopId, RandomState>,
}

impl Default for Hops {
    fn default() -> Self {
        let hops = Self { list: boxcar::Vec::new(), numbers: DashMap::with_hasher_and_shard_amount(RandomState::default(), 64) };
        for name in [Name::CALLER, Name::UNKNOWN, Name::OTHER] {
            hops.intern(Hop { hop: name, service: name, external: false });
        }
        hops
    }
}

impl Hops {
    /// `(caller)`: the customer's own request was wrong.
    pub const CALLER: HopId = HopId(0);
    /// `(unknown)`: no hop can be named.
    pub const UNKNOWN: HopId = HopId(1);
    /// `(other)`: hops beyond the limit.
    pub const OTHER: HopId = HopId(2);

    /// The number of this hop.
    pub fn intern(&self, hop: Hop) -> HopId {
        if let Some(known) = self.numbers.get(&hop) {
            return *known;
        }
        *self.numbers.entry(hop).or_insert_with(|| HopId(self.list.push(hop) as u32))
    }

    /// The hop of this number.
    ///
    /// # Panics
    /// If the number is of another table.
    pub fn get(&self, id: HopId) -> Hop {
        self.list[id.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_has_one_number() {
        let hops = Hops::default();
        let hop = Hop { hop: Name::EMPTY, service: Name::OTHER, external: true };
        assert_eq!(hops.intern(hop), hops.intern(hop));
        assert_eq!(hops.get(hops.intern(hop)), hop);
        assert_eq!(hops.get(Hops::CALLER).hop, Name::CALLER);
    }
}
