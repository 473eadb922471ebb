//! How a span calls its peer: H3 of spec 2.2 for its text, H1 for all of its names.

use super::alias::Meaning;
use super::code;
use super::mix::Mix;
use super::sorted::{Sorted, says_something};
use super::url::Url;
use crate::model::Value;
use memchr::{memchr, memrchr};
use std::borrow::Cow;

/// What a peer is called by, best first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Peer<'a> {
    /// Nothing that is said of it is a name.
    Unknown,
    /// The name of its service.
    Service(&'a [u8]),
    /// `<messaging.system>:<destination>`.
    Queue { system: &'a [u8], destination: &'a [u8] },
    /// `<db.system>:<address>[:port][/<namespace>]`. The namespace may be a number.
    Database { system: &'a [u8], address: &'a [u8], port: u16, namespace: &'a Value<'a> },
    /// RPC service.
    Rpc(&'a [u8]),
    /// `<address>[:port]`; a port of 0 is none.
    Address { address: &'a [u8], port: u16 },
    /// The host of the URL, or the address of the socket.
    Plain(&'a [u8]),
}

impl<'a> Peer<'a> {
    /// The best that the span says.
    #[inline]
    pub fn read(sorted: Sorted<'a, '_>) -> Self {
        let service = sorted.text(Meaning::PeerService);
        if service.is_empty() { Self::without_service(sorted) } else { Self::Service(service) }
    }

    fn without_service(sorted: Sorted<'a, '_>) -> Self {
        let text = |meaning| Some(sorted.text(meaning)).filter(|text| !text.is_empty());
        Self::queue(sorted)
            .or_else(|| Self::database(sorted))
            .or_else(|| rpc_service(sorted).map(Self::Rpc))
            .or_else(|| text(Meaning::Address).map(|address| Self::Address { address, port: port(sorted) }))
            .or_else(|| sorted.find(Meaning::Url, host_of).map(Self::Plain))
            .or_else(|| text(Meaning::NetworkAddress).map(Self::Plain))
            .unwrap_or(Self::Unknown)
    }

    /// The template goes before the name: it has the part left out by which each of many short-lived queues would be a hop.
    fn queue(sorted: Sorted<'a, '_>) -> Option<Self> {
        let system = sorted.text(Meaning::MessagingSystem);
        let names = [Meaning::MessagingTemplate, Meaning::MessagingDestination].map(|meaning| sorted.text(meaning));
        let destination = names.into_iter().find(|name| !name.is_empty())?;
        (!system.is_empty()).then_some(Self::Queue { system, destination })
    }

    /// A database that is known by its socket only is still that database.
    fn database(sorted: Sorted<'a, '_>) -> Option<Self> {
        let system = sorted.text(Meaning::DbSystem);
        let addresses = [Meaning::Address, Meaning::NetworkAddress].map(|meaning| sorted.text(meaning));
        let address = addresses.into_iter().find(|address| !address.is_empty())?;
        let namespace = sorted.newest(Meaning::DbNamespace);
        (!system.is_empty()).then(|| Self::Database { system, address, port: port(sorted), namespace })
    }

    /// Adds what the text is made of.
    #[inline]
    pub fn mix(&self, mix: &mut Mix) {
        match *self {
            Self::Unknown => {}
            Self::Service(name) => tagged(mix, 2, 0, [name]),
            Self::Queue { system, destination } => tagged(mix, 3, 0, [system, destination]),
            Self::Database { system, address, port, namespace } => {
                tagged(mix, 4, port, [system, address]);
                mix.value(namespace);
            }
            Self::Rpc(service) => tagged(mix, 5, 0, [service]),
            Self::Address { address, port } => tagged(mix, 6, port, [address]),
            Self::Plain(text) => tagged(mix, 7, 0, [text]),
        }
    }

    /// The text; empty if the peer is unknown.
    pub fn text(&self) -> Vec<u8> {
        match *self {
            Self::Unknown => Vec::new(),
            Self::Service(text) | Self::Rpc(text) | Self::Plain(text) => text.to_vec(),
            Self::Queue { system, destination } => [system, b":", destination].concat(),
            Self::Database { system, address, port, namespace } => {
                let mut text = [system, b":", &with_port(address, port)].concat();
                if says_something(namespace) {
                    text.push(b'/');
                    text.extend_from_slice(&text_of(namespace));
                }
                text
            }
            Self::Address { address, port } => with_port(address, port),
        }
    }
}

#[inline]
fn tagged<const N: usize>(mix: &mut Mix, which: u64, port: u16, parts: [&[u8]; N]) {
    mix.label(which | u64::from(port) << 8);
    for part in parts {
        mix.bytes(part);
    }
}

fn with_port(address: &[u8], port: u16) -> Vec<u8> {
    match port {
        0 => address.to_vec(),
        port => [address, b":", port.to_string().as_bytes()].concat(),
    }
}

fn port(sorted: Sorted<'_, '_>) -> u16 {
    sorted.find(Meaning::Port, |port| code::number_in(port, 1..=u16::MAX)).unwrap_or(0)
}

/// `rpc.method` holds it today, before the last slash; `rpc.service` held it before.
fn rpc_service<'a>(sorted: Sorted<'a, '_>) -> Option<&'a [u8]> {
    let method = sorted.text(Meaning::RpcMethod);
    let of_method = memrchr(b'/', method).map_or(&[][..], |slash| &method[..slash]);
    let services = [of_method.strip_prefix(b"/").unwrap_or(of_method), sorted.text(Meaning::RpcService)];
    services.into_iter().find(|service| !service.is_empty())
}

/// All names of the peer that a matcher's `peer` is held against: services, addresses, hosts of URLs, none with a port. `host`: that of
/// the newest URL, if it was read before.
#[inline]
pub fn names<'a>(sorted: Sorted<'a, '_>, mut host: Option<&'a [u8]>, mut take: impl FnMut(&'a [u8])) {
    sorted.texts(Meaning::PeerService, &mut take);
    sorted.texts(Meaning::Address, |address| take(without_port(address)));
    sorted.texts(Meaning::NetworkAddress, |address| take(without_port(address)));
    sorted.texts(Meaning::Url, |url| {
        let host = host.take().unwrap_or_else(|| Url::read(url).host);
        if !host.is_empty() {
            take(host);
        }
    });
}

/// Some write the port into the address. An address with more than one colon is one of IPv6.
#[inline]
fn without_port(address: &[u8]) -> &[u8] {
    match memrchr(b':', address) {
        Some(colon) if memchr(b':', address) == Some(colon) && colon > 0 => &address[..colon],
        _ => address,
    }
}

fn host_of<'a>(url: &Value<'a>) -> Option<&'a [u8]> {
    let Value::Text(url) = url else { return None };
    Some(Url::read(url).host).filter(|host| !host.is_empty())
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
