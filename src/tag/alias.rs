//! The alias table of spec 2.2: what an attribute means, and under which names it was sent over the years.

/// What an attribute of a span means. The number is the position in [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Meaning {
    /// The service that was asked.
    PeerService,
    /// Where it was asked: a name or an address.
    Address,
    /// At which port.
    Port,
    /// The address of the socket.
    NetworkAddress,
    /// HTTP method.
    HttpMethod,
    /// HTTP code.
    HttpStatus,
    /// The whole URL.
    Url,
    /// How often the request was sent before.
    ResendCount,
    /// RPC method; today with the service before it.
    RpcMethod,
    /// RPC service.
    RpcService,
    /// RPC code.
    RpcStatus,
    /// Which database.
    DbSystem,
    /// Its part of the data.
    DbNamespace,
    /// Table.
    DbCollection,
    /// What it is asked to do.
    DbOperation,
    /// The same in few words.
    DbSummary,
    /// Which messaging system.
    MessagingSystem,
    /// Queue or topic.
    MessagingDestination,
    /// Queue or topic, where its name has a part that varies.
    MessagingTemplate,
    /// What is done with the message.
    MessagingOperation,
    /// Kind of the error.
    ErrorType,
    /// That there is an error.
    ErrorFlag,
    /// The capability that the span says it is an attempt at.
    Capability,
    /// And the thread.
    Thread,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// What it means.
    pub meaning: Meaning,
    /// Its names, newest first.
    pub names: &'static [&'static str],
}

macro_rules! table {
    ($($meaning:ident: $($name:literal)+;)+) => {
        /// The table. Where names contradict each other, the newest that is given counts.
        pub static TABLE: &[Row] = TABLE_HERE;
        const TABLE_HERE: &[Row] = &[$(Row { meaning: Meaning::$meaning, names: &[$($name),+] }),+];
    };
}

table! {
    PeerService: "service.peer.name" "peer.service";
    Address: "server.address" "net.peer.name";
    Port: "server.port" "net.peer.port";
    NetworkAddress: "network.peer.address" "net.sock.peer.addr" "net.peer.ip";
    HttpMethod: "http.request.method" "http.method";
    HttpStatus: "http.response.status_code" "http.status_code";
    Url: "url.full" "http.url";
    ResendCount: "http.request.resend_count";
    RpcMethod: "rpc.method";
    RpcService: "rpc.service";
    RpcStatus: "rpc.status_code" "rpc.response.status_code" "rpc.grpc.status_code";
    DbSystem: "db.system.name" "db.system";
    DbNamespace: "db.namespace" "db.name";
    DbCollection: "db.collection.name" "db.sql.table";
    DbOperation: "db.operation.name" "db.operation";
    DbSummary: "db.query.summary";
    MessagingSystem: "messaging.system";
    MessagingDestination: "messaging.destination.name" "messaging.destination";
    MessagingTemplate: "messaging.destination.template";
    MessagingOperation: "messaging.operation.type" "messaging.operation";
    ErrorType: "error.type";
    ErrorFlag: "error";
    Capability: "steelthread.capability";
    Thread: "steelthread.thread";
}

/// Names in the table.
pub const SLOTS: usize = first_slot(TABLE_HERE.len());

/// Number of the first name of a row, if the names are numbered through.
const fn first_slot(row: usize) -> usize {
    let mut slot = 0;
    let mut before = 0;
    while before < row {
        slot += TABLE_HERE[before].names.len();
        before += 1;
    }
    slot
}

const STARTS: [usize; TABLE_HERE.len() + 1] = {
    let mut starts = [0; TABLE_HERE.len() + 1];
    let mut row = 0;
    while row <= TABLE_HERE.len() {
        assert!(row == TABLE_HERE.len() || TABLE_HERE[row].meaning as usize == row, "rows stand in the order of their meanings");
        starts[row] = first_slot(row);
        row += 1;
    }
    starts
};

const _: () = assert!(SLOTS <= 64, "a set of slots is a word");

/// All names in the order of their slots.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|row| row.names.iter().copied())
}

/// The slots of several meanings, as a set.
pub const fn set(meanings: &[Meaning]) -> u64 {
    let mut slots = 0;
    let mut at = 0;
    while at < meanings.len() {
        slots |= set_of(meanings[at]);
        at += 1;
    }
    slots
}

/// The slots of a meaning.
#[inline]
pub const fn set_of(meaning: Meaning) -> u64 {
    let (from, to) = (STARTS[meaning as usize], STARTS[meaning as usize + 1]);
    ((1u128 << to) - (1u128 << from)) as u64
}
