//! One test for each row of the alias table: every name alone, and every two names that contradict each other, in both orders.

use super::{CLIENT, Desk, Sent, span, text};
use crate::model::Value;
use crate::tag::alias::TABLE;

/// What is read from a span, as text.
type Probe = fn(&mut Desk, &Sent) -> String;

/// `base` is a span on which the attribute can be seen; `value` gives `seen`, `other` gives something else.
fn holds(names: &[&'static str], base: &Sent, value: Value<'static>, other: Value<'static>, seen: &str, probe: Probe) {
    let desk = &mut Desk::default();
    assert!(TABLE.iter().any(|row| row.names == names), "{names:?} is a row");
    for name in names {
        assert_eq!(probe(desk, &base.clone().with(name, value)), seen, "{name} alone");
        assert_ne!(probe(desk, &base.clone().with(name, other)), seen, "{name} with another value");
        assert_eq!(probe(desk, &base.clone().with(name, other).with(name, value)), seen, "{name} twice: the last counts");
    }
    for (at, newer) in names.iter().enumerate() {
        for older in &names[at + 1..] {
            let both = base.clone().with(older, other).with(newer, value);
            assert_eq!(probe(desk, &both), seen, "{newer} over {older}");
            assert_eq!(probe(desk, &both.backwards()), seen, "{newer} over {older}, the other way round");
            for nothing in [text(""), Value::Empty, Value::Other] {
                let empty = base.clone().with(newer, nothing).with(older, value);
                assert_eq!(probe(desk, &empty), seen, "{newer} says nothing, so {older} counts");
            }
        }
    }
}

fn peer(desk: &mut Desk, sent: &Sent) -> String {
    desk.peer(sent)
}

fn http(desk: &mut Desk, sent: &Sent) -> String {
    desk.shape(sent).http_status.to_string()
}

fn grpc(desk: &mut Desk, sent: &Sent) -> String {
    format!("{:?}", desk.shape(sent).grpc_code.map(|code| code.0))
}

fn error_type(desk: &mut Desk, sent: &Sent) -> String {
    let name = desk.shape(sent).error_type;
    desk.text(name)
}

/// The same or not as a span whose attribute of today's name is `a`.
macro_rules! same_operation {
    ($today:literal) => {
        |desk, sent| {
            let reference = span(CLIENT).say($today, "a");
            (desk.tag(sent).record.operation == desk.tag(&reference).record.operation).to_string()
        }
    };
}

macro_rules! rows {
    ($($test:ident: [$($name:literal),+] on $base:expr, $value:expr, not $other:expr, is $seen:literal by $probe:expr;)+) => {$(
        #[test]
        fn $test() {
            holds(&[$($name),+], &$base, $value, $other, $seen, $probe);
        }
    )+};
}

fn plain() -> Sent {
    span(CLIENT)
}

rows! {
    the_service_of_the_peer: ["service.peer.name", "peer.service"]
        on plain().say("server.address", "x"), text("a"), not text("b"), is "a" by peer;
    the_address: ["server.address", "net.peer.name"]
        on plain().say("network.peer.address", "x"), text("a"), not text("b"), is "a" by peer;
    the_port: ["server.port", "net.peer.port"]
        on plain().say("server.address", "x"), Value::Int(1), not text("2"), is "x:1" by peer;
    the_address_of_the_socket: ["network.peer.address", "net.sock.peer.addr", "net.peer.ip"]
        on plain(), text("a"), not text("b"), is "a" by peer;
    the_http_method: ["http.request.method", "http.method"]
        on plain(), text("a"), not text("b"), is "true" by same_operation!("http.request.method");
    the_http_code: ["http.response.status_code", "http.status_code"]
        on plain(), Value::Int(503), not text("404"), is "503" by http;
    the_url: ["url.full", "http.url"]
        on plain(), text("https://a/"), not text("https://b/"), is "a" by peer;
    the_count_of_resends: ["http.request.resend_count"]
        on plain(), Value::Int(1), not Value::Int(0), is "true" by |desk, sent| desk.shape(sent).resend.to_string();
    the_rpc_method: ["rpc.method"]
        on plain(), text("a/b"), not text("b/b"), is "a" by peer;
    the_rpc_service: ["rpc.service"]
        on plain(), text("a"), not text("b"), is "a" by peer;
    the_rpc_code: ["rpc.status_code", "rpc.response.status_code", "rpc.grpc.status_code"]
        on plain(), text("UNAVAILABLE"), not Value::Int(5), is "Some(14)" by grpc;
    the_database: ["db.system.name", "db.system"]
        on plain().say("server.address", "x"), text("a"), not text("b"), is "a:x" by peer;
    the_part_of_the_database: ["db.namespace", "db.name"]
        on plain().say("server.address", "x").say("db.system", "y"), text("a"), not text("b"), is "y:x/a" by peer;
    the_table: ["db.collection.name", "db.sql.table"]
        on plain(), text("a"), not text("b"), is "true" by same_operation!("db.collection.name");
    the_operation_of_the_database: ["db.operation.name", "db.operation"]
        on plain(), text("a"), not text("b"), is "true" by same_operation!("db.operation.name");
    the_summary_of_the_query: ["db.query.summary"]
        on plain(), text("a"), not text("b"), is "true" by same_operation!("db.query.summary");
    the_messaging_system: ["messaging.system"]
        on plain().say("messaging.destination.name", "x"), text("a"), not text("b"), is "a:x" by peer;
    the_destination: ["messaging.destination.name", "messaging.destination"]
        on plain().say("messaging.system", "x"), text("a"), not text("b"), is "x:a" by peer;
    the_template_of_the_destination: ["messaging.destination.template"]
        on plain().say("messaging.system", "x").say("messaging.destination.name", "y"), text("a"), not text("b"), is "x:a" by peer;
    the_messaging_operation: ["messaging.operation.type", "messaging.operation"]
        on plain(), text("receive"), not text("send"), is "true" by |desk, sent| desk.shape(sent).receives.to_string();
    the_error_type: ["error.type"]
        on plain(), text("a"), not text("b"), is "a" by error_type;
    the_error_flag: ["error"]
        on plain(), Value::Bool(true), not Value::Bool(false), is "true" by |desk, sent| desk.shape(sent).error_flag.to_string();
    the_capability: ["steelthread.capability"]
        on plain(), text("a"), not text("b"), is "a" by |desk, sent| {
            let name = desk.shape(sent).unknown_capability;
            desk.text(name)
        };
}

#[test]
fn an_rpc_method_with_its_service_goes_before_the_older_rpc_service() {
    let desk = &mut Desk::default();
    let both = plain().say("rpc.service", "old").say("rpc.method", "shop.Cart/Get");
    assert_eq!(desk.peer(&both), "shop.Cart");
    assert_eq!(desk.peer(&both.backwards()), "shop.Cart");
    assert_eq!(desk.peer(&plain().say("rpc.service", "shop.Cart").say("rpc.method", "Get")), "shop.Cart");
    assert_eq!(desk.peer(&plain().say("rpc.method", "/shop.v1/Cart/Get")), "shop.v1/Cart");
    assert_eq!(desk.peer(&plain().say("rpc.method", "/Get").say("rpc.service", "shop.Cart")), "shop.Cart");
}

#[test]
fn e5_of_an_attribute_given_twice_the_last_counts() {
    let desk = &mut Desk::default();
    let twice = plain().with("http.status_code", Value::Int(404)).with("http.status_code", text("503"));
    assert_eq!(desk.shape(&twice).http_status, 503);
    assert_eq!(desk.shape(&twice.backwards()).http_status, 404);
}

#[test]
fn each_row_of_the_table_has_a_test() {
    let tested = include_str!("aliases.rs");
    // The thread is seen only with a map that has it.
    for name in TABLE.iter().flat_map(|row| row.names).filter(|name| **name != "steelthread.thread") {
        assert!(tested.contains(&format!("\"{name}\"")), "{name}");
    }
}
