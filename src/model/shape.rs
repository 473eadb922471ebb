//! What many spans have in common, stored once.

use super::{Kind, Name, Status};
use smallvec::SmallVec;

/// The number of a shape in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub u32);

/// The number of a test that the map makes on spans (such as: attribute `http.route` is `/api/cart`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub u32);

/// gRPC status codes, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrpcCode(pub u8);

#[allow(missing_docs, reason = "the names are the documentation of gRPC")]
impl GrpcCode {
    pub const OK: Self = Self(0);
    pub const CANCELLED: Self = Self(1);
    pub const UNKNOWN: Self = Self(2);
    pub const INVALID_ARGUMENT: Self = Self(3);
    pub const DEADLINE_EXCEEDED: Self = Self(4);
    pub const NOT_FOUND: Self = Self(5);
    pub const ALREADY_EXISTS: Self = Self(6);
    pub const PERMISSION_DENIED: Self = Self(7);
    pub const RESOURCE_EXHAUSTED: Self = Self(8);
    pub const FAILED_PRECONDITION: Self = Self(9);
    pub const ABORTED: Self = Self(10);
    pub const OUT_OF_RANGE: Self = Self(11);
    pub const UNIMPLEMENTED: Self = Self(12);
    pub const INTERNAL: Self = Self(13);
    pub const UNAVAILABLE: Self = Self(14);
    pub const DATA_LOSS: Self = Self(15);
    pub const UNAUTHENTICATED: Self = Self(16);
}

/// Which rules of the map hold for spans of a shape. Capabilities are positions in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Tags {
    /// Entry rules: capability and thread (`None` where the span names the capability itself and no thread of the map), at most one
    /// per capability, the first in map order.
    pub entries: Box<[(u32, Option<u32>)]>,
    /// Capabilities of which `failed_when` holds, ascending.
    pub failed: Box<[u32]>,
    /// Capabilities of which `ignored_when` holds, ascending.
    pub ignored: Box<[u32]>,
}

/// What many spans have in common: as sent, under today's names, read by the alias table of spec 2.2.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    /// `service.name`; [`Name::UNKNOWN_SERVICE`] if absent.
    pub service: Name,
    /// `service.namespace`.
    pub namespace: Name,
    /// Span name.
    pub name: Name,
    /// Span kind.
    pub kind: Kind,
    /// Span status.
    pub status: Status,
    /// `http.response.status_code`; 0 if absent or no number.
    pub http_status: u16,
    /// `rpc.response.status_code` and its older names, numbers and names read alike.
    pub grpc_code: Option<GrpcCode>,
    /// `error.type`, else `exception.type` of the last exception event, as sent.
    pub error_type: Name,
    /// The error type speaks of a timeout (2.2).
    pub says_timeout: bool,
    /// The error type speaks of a connection that could not be made (2.2).
    pub says_unreachable: bool,
    /// The error type speaks of a cancellation (C2).
    pub says_cancelled: bool,
    /// C5: attribute `error` is true, as a truth value or as text, or `error.type` is there. An exception event alone is no error: it
    /// may have been handled.
    pub error_flag: bool,
    /// `http.request.resend_count` is there and not 0.
    pub resend: bool,
    /// A messaging `receive` or `poll`: a CLIENT span that asks nobody.
    pub receives: bool,
    /// Names that the span gives to the *service* of its peer: `service.peer.name`, `peer.service`, newest first.
    pub peer_services: SmallVec<[Name; 1]>,
    /// For CLIENT and PRODUCER: the text of H3, by which the peer is called when it sends no span. Empty on other kinds.
    pub peer: Name,
    /// Which tests of the map hold, ascending.
    pub facts: Box<[FactId]>,
    /// What follows from the facts.
    pub tags: Tags,
    /// A value of `steelthread.capability` that is not in the map; empty if there is none.
    pub unknown_capability: Name,
    /// What its first span had under the attributes that entry rules test: number of the key, and its value as text, cut; `None`: it
    /// had none. Kept for the first few thousand shapes only.
    pub first_values: Box<[(u32, Option<Box<str>>)]>,
}

impl Shape {
    /// Whether this test of the map holds.
    pub fn has(&self, fact: FactId) -> bool {
        self.facts.binary_search(&fact).is_ok()
    }

    /// A shape of which nothing is known but who, what and which kind.
    pub fn plain(service: Name, name: Name, kind: Kind) -> Self {
        Self {
            service,
            namespace: Name::EMPTY,
            name,
            kind,
            status: Status::Unset,
            http_status: 0,
            grpc_code: None,
            error_type: Name::EMPTY,
            says_timeout: false,
            says_unreachable: false,
            says_cancelled: false,
            error_flag: false,
            resend: false,
            receives: false,
            peer_services: SmallVec::new(),
            peer: Name::EMPTY,
            facts: Box::default(),
            tags: Tags::default(),
            unknown_capability: Name::EMPTY,
            first_values: Box::default(),
        }
    }
}

/// All shapes seen: append-only, read without a lock.
#[derive(Debug, Default)]
pub struct Shapes {
    list: boxcar::Vec<Shape>,
}

impl Shapes {
    /// Stores a shape. That each is stored once is the matter of who calls.
    pub fn push(&self, shape: Shape) -> ShapeId {
        ShapeId(self.list.push(shape) as u32)
    }

    /// The shape of this number.
    ///
    /// # Panics
    /// If the number is of another table.
    pub fn get(&self, id: ShapeId) -> &Shape {
        &self.list[id.0 as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
