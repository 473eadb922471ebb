use super::{CLIENT, Desk, SERVER, Sent, span, text};
use crate::catalogue::Catalogue;
use crate::model::{GrpcCode, Name, Names, Status, Value};
use crate::tag::Limits;

fn desk(shapes: usize, names: usize) -> Desk {
    Desk::with(Catalogue::default(), Names::new(names), Limits { shapes })
}

/// A different name for each number.
fn numbered(desk: &mut Desk, number: usize, kind: i32) -> crate::model::Shape {
    let name = format!("GET /{number}");
    let sent = Sent { status: 2, ..span(kind) }.with("http.response.status_code", Value::Int(503)).say("error.type", "ENOTFOUND");
    let tagged = sent.hand_over(|span| desk.worker.span(&crate::model::RawSpan { name: name.as_bytes(), ..*span })).unwrap();
    desk.shapes.get(tagged.record.shape).clone()
}

#[test]
fn beyond_the_limit_spans_share_a_shape_that_keeps_what_the_verdict_needs() {
    let desk = &mut desk(10, 1000);
    desk.resource(&[("service.name", text("cart"))]);
    for number in 0..10 {
        assert_ne!(numbered(desk, number, SERVER).name, Name::OTHER);
    }
    assert_eq!(desk.tagger.simplified(), 0);
    let names = desk.names.len();
    for number in 10..1000 {
        let shape = numbered(desk, number, SERVER);
        assert_eq!((desk.text(shape.service), shape.name, shape.status), ("cart".into(), Name::OTHER, Status::Error));
        assert_eq!((shape.http_status, desk.text(shape.error_type)), (503, "ENOTFOUND".into()));
        assert!(shape.says_unreachable);
    }
    assert_eq!(desk.shapes.len(), 11);
    assert_eq!(desk.names.len(), names, "names that are not kept are not stored");
    assert_eq!(desk.tagger.simplified(), 990);
    assert_ne!(numbered(desk, 3, SERVER).name, Name::OTHER, "a shape that is known stays");
}

#[test]
fn a_peer_that_is_known_keeps_its_name_beyond_the_limit() {
    let desk = &mut desk(1, 1000);
    let cards = span(CLIENT).say("peer.service", "cards");
    desk.tag(&cards);
    let shape = desk.shape(&Sent { name: "other", ..cards });
    assert_eq!((shape.name, desk.text(shape.peer), shape.peer_services.len()), (Name::OTHER, "cards".into(), 1));
    let shape = desk.shape(&span(CLIENT).say("peer.service", "never seen"));
    assert_eq!((shape.peer, shape.peer_services.len()), (Name::OTHER, 0));
}

#[test]
fn services_without_end_leave_codes_and_kind() {
    let desk = &mut desk(0, 10_000);
    for number in 0..500 {
        let service = format!("service-{number}");
        desk.resource(&[("service.name", Value::Text(service.as_bytes()))]);
        let shape = desk.shape(&span(CLIENT).say("rpc.response.status_code", "UNAVAILABLE"));
        assert_eq!(shape.grpc_code, Some(GrpcCode::UNAVAILABLE));
    }
    assert!(desk.shapes.len() <= 65, "{}", desk.shapes.len());
}

#[test]
fn codes_without_end_leave_kind_and_status() {
    let desk = &mut desk(0, 10_000);
    for status in 100..1000 {
        let sent = Sent { status: 2, ..span(CLIENT) }.with("http.response.status_code", Value::Int(status));
        let shape = desk.shape(&sent);
        assert_eq!((shape.kind, shape.status), (crate::model::Kind::Client, Status::Error));
    }
    assert!(desk.shapes.len() <= 129, "{}", desk.shapes.len());
    assert_eq!(desk.tagger.simplified(), 900);
}

#[test]
fn when_names_are_full_new_ones_share_a_shape() {
    let desk = &mut desk(1000, 8);
    for number in 0..100 {
        numbered(desk, number, SERVER);
    }
    assert!(desk.names.is_full());
    assert!(desk.shapes.len() <= 4, "{}", desk.shapes.len());
    assert!(desk.tagger.simplified() > 90);
}

#[test]
fn hosts_that_do_not_fit_are_not_one_host() {
    let desk = &mut desk(1000, 5);
    desk.resource(&[("host.id", text("n"))]);
    assert_eq!(desk.tag(&span(SERVER)).record.host, 0);
}

#[test]
fn a_span_so_named_is_not_taken_for_one_that_did_not_fit() {
    let desk = &mut desk(1000, 1000);
    desk.resource(&[("service.name", text("(other)"))]);
    assert_eq!(desk.shape(&Sent { name: "(other)", ..span(SERVER) }).name, Name::OTHER);
    assert_eq!(desk.tagger.simplified(), 0);
}
