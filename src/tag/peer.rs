//! How a span calls its peer: H3 of spec 2.2 for its text, H1 for all of its names.

use super::alias::{Meaning, Sorted, says_something};
use super::code;
use super::mix::Mix;
use crate::model::Value;
use memchr::{memchr, memchr2, memrchr};
use std::borrow::Cow;
use std::fmt::Write;

/// What a peer is called by, best first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Peer<'a> {
    /// Nothing that is said of it is a name.
    Unknown,
    /// The name of its service.
    Service(Value<'a>),
    /// `<messaging.system>:<destination>`.
    Queue { system: Value<'a>, destination: Value<'a> },
    /// `<db.system>:<address>[:port][/<namespace>]`.
    Database { system: Value<'a>, address: Value<'a>, port: u16, namespace: Value<'a> },
    /// RPC service.
    Rpc(Value<'a>),
    /// `<address>[:port]`; a port of 0 is none.
    Address { address: Value<'a>, port: u16 },
    /// The host of the URL, or the address of the socket.
    Plain(Value<'a>),
}

impl<'a> Peer<'a> {
    /// The best that the span says.
    pub fn read(sorted: Sorted<'a, '_>) -> Self {
        let given = |meaning| Some(sorted.newest(meaning)).filter(says_something);
        if let Some(service) = given(Meaning::PeerService) {
            return Self::Service(service);
        }
        let by_system = Self::queue(sorted).or_else(|| Self::database(sorted));
        by_system
            .or_else(|| rpc_service(sorted).map(Self::Rpc))
            .or_else(|| given(Meaning::Address).map(|address| Self::Address { address, port: port(sorted) }))
            .or_else(|| sorted.all(Meaning::Url).find_map(host_of).map(Self::Plain))
            .or_else(|| given(Meaning::NetworkAddress).map(Self::Plain))
            .unwrap_or(Self::Unknown)
    }

    /// The template goes before the name: it has the part left out by which each of many short-lived queues would be a hop.
    fn queue(sorted: Sorted<'a, '_>) -> Option<Self> {
        let system = Some(sorted.newest(Meaning::MessagingSystem)).filter(says_something)?;
        let mut names = sorted.all(Meaning::MessagingTemplate).chain(sorted.all(Meaning::MessagingDestination));
        names.next().map(|destination| Self::Queue { system, destination })
    }

    /// A database that is known by its socket only is still that database.
    fn database(sorted: Sorted<'a, '_>) -> Option<Self> {
        let system = Some(sorted.newest(Meaning::DbSystem)).filter(says_something)?;
        let address = sorted.all(Meaning::Address).chain(sorted.all(Meaning::NetworkAddress)).next()?;
        Some(Self::Database { system, address, port: port(sorted), namespace: sorted.newest(Meaning::DbNamespace) })
    }

    /// Adds what the text is made of.
    pub fn mix(&self, mix: &mut Mix) {
        match self {
            Self::Unknown => mix.pair(1, 0),
            Self::Service(name) => tagged(mix, 2, [name]),
            Self::Queue { system, destination } => tagged(mix, 3, [system, destination]),
            Self::Database { system, address, port, namespace } => {
                tagged(mix, 4 | u64::from(*port) << 8, [system, address, namespace])
            }
            Self::Rpc(service) => tagged(mix, 5, [service]),
            Self::Address { address, port } => tagged(mix, 6 | u64::from(*port) << 8, [address]),
            Self::Plain(text) => tagged(mix, 7, [text]),
        }
    }

    /// The text; empty if the peer is unknown.
    pub fn text(&self) -> Vec<u8> {
        match self {
            Self::Unknown => Vec::new(),
            Self::Service(text) | Self::Rpc(text) | Self::Plain(text) => text_of(text).into_owned(),
            Self::Queue { system, destination } => [&text_of(system)[..], b":", &text_of(destination)].concat(),
            Self::Database { system, address, port, namespace } => {
                let mut text = [&text_of(system)[..], b":", &with_port(address, *port)].concat();
                if says_something(namespace) {
                    text.push(b'/');
                    text.extend_from_slice(&text_of(namespace));
                }
                text
            }
            Self::Address { address, port } => with_port(address, *port),
        }
    }
}

fn tagged<'a, 'b: 'a, const N: usize>(mix: &mut Mix, which: u64, parts: [&'a Value<'b>; N]) {
    mix.pair(which, 0);
    for part in parts {
        mix.value(part);
    }
}

fn with_port(address: &Value<'_>, port: u16) -> Vec<u8> {
    let mut text = text_of(address).into_owned();
    if port != 0 {
        let mut digits = String::new();
        // Writing to a String cannot fail.
        let _ = write!(digits, ":{port}");
        text.extend_from_slice(digits.as_bytes());
    }
    text
}

fn port(sorted: Sorted<'_, '_>) -> u16 {
    sorted.all(Meaning::Port).find_map(|port| code::number_in(&port, 1..=u16::MAX)).unwrap_or(0)
}

/// `rpc.method` holds it today, before the last slash; `rpc.service` held it before.
fn rpc_service<'a>(sorted: Sorted<'a, '_>) -> Option<Value<'a>> {
    let from_method = sorted.all(Meaning::RpcMethod).find_map(|method| match method {
        Value::Text(method) => {
            let service = &method[..memrchr(b'/', method)?];
            Some(Value::Text(service.strip_prefix(b"/").unwrap_or(service)))
        }
        _ => None,
    });
    from_method.filter(says_something).or_else(|| sorted.all(Meaning::RpcService).next())
}

/// All names of the peer that a matcher's `peer` is held against: services, addresses, hosts of URLs, none with a port.
pub fn names<'a, 'b>(sorted: Sorted<'a, 'b>) -> impl Iterator<Item = Value<'a>> + use<'a, 'b> {
    let addresses = sorted.all(Meaning::Address).chain(sorted.all(Meaning::NetworkAddress)).map(without_port);
    sorted.all(Meaning::PeerService).chain(addresses).chain(sorted.all(Meaning::Url).filter_map(host_of))
}

/// Some write the port into the address. An address with more than one colon is one of IPv6.
fn without_port(address: Value<'_>) -> Value<'_> {
    let Value::Text(text) = address else { return address };
    match memchr(b':', text) {
        Some(colon) if memrchr(b':', text) == Some(colon) && colon > 0 => Value::Text(&text[..colon]),
        _ => address,
    }
}

fn host_of(url: Value<'_>) -> Option<Value<'_>> {
    let Value::Text(url) = url else { return None };
    Some(Value::Text(Url::read(url).host)).filter(says_something)
}

/// The parts of a URL that count here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Url<'a> {
    /// Without user, port and brackets; empty if there is none.
    pub host: &'a [u8],
    /// Without query and fragment.
    pub path: &'a [u8],
}

impl<'a> Url<'a> {
    /// Reads what can be read. What has no scheme has no host either: it could be a path as well.
    pub fn read(url: &'a [u8]) -> Self {
        // The query goes first: another URL may be in it.
        let url = &url[..memchr2(b'?', b'#', url).unwrap_or(url.len())];
        let scheme = memchr(b':', url).map_or(0, |colon| colon + 1);
        let Some(rest) = [scheme, 0].into_iter().find_map(|from| url[from..].strip_prefix(b"//")) else {
            return Self { host: b"", path: url };
        };
        let (authority, path) = rest.split_at(memchr(b'/', rest).unwrap_or(rest.len()));
        Self { host: host_in(authority), path: if path.is_empty() { b"/" } else { path } }
    }
}

fn host_in(authority: &[u8]) -> &[u8] {
    let host = memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..]);
    if let Some(in_brackets) = host.strip_prefix(b"[") {
        return memchr(b']', in_brackets).map_or(in_brackets, |end| &in_brackets[..end]);
    }
    memchr(b':', host).map_or(host, |end| &host[..end])
}

/// A value as text: what it would be if it had been sent as text.
pub fn text_of<'a>(value: &Value<'a>) -> Cow<'a, [u8]> {
    match *value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Int(number) => Cow::Owned(number.to_string().into_bytes()),
        Value::Double(number) => Cow::Owned(number.to_string().into_bytes()),
        Value::Bool(true) => Cow::Borrowed(b"true"),
        Value::Bool(false) => Cow::Borrowed(b"false"),
        Value::Other | Value::Empty => Cow::Borrowed(b""),
    }
}
