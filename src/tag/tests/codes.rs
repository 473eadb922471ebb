use super::{CLIENT, CONSUMER, Desk, PRODUCER, SERVER, Sent, span, text};
use crate::model::{GrpcCode, Kind, Name, Status, Value};

fn http(value: Value<'static>) -> u16 {
    Desk::default().shape(&span(CLIENT).with("http.response.status_code", value)).http_status
}

fn grpc(value: Value<'static>) -> Option<GrpcCode> {
    Desk::default().shape(&span(CLIENT).with("rpc.response.status_code", value)).grpc_code
}

#[test]
fn c3_an_http_code_is_read_as_number_and_as_text() {
    assert_eq!(http(Value::Int(503)), 503);
    assert_eq!(http(text("503")), 503);
    assert_eq!(http(Value::Double(503.0)), 503);
}

#[test]
fn what_is_no_http_code_is_none() {
    for value in [text("ok"), Value::Int(0), Value::Int(-1), Value::Int(70_000), Value::Double(503.5), Value::Double(f64::NAN)] {
        assert_eq!(http(value), 0, "{value:?}");
    }
}

#[test]
fn c4_a_grpc_code_is_read_as_number_and_as_name_however_written() {
    for name in ["DEADLINE_EXCEEDED", "DeadlineExceeded", "deadline_exceeded", "StatusCode.DEADLINE_EXCEEDED", "4", " 4 "] {
        assert_eq!(grpc(text(name)), Some(GrpcCode::DEADLINE_EXCEEDED), "{name}");
    }
    assert_eq!(grpc(Value::Int(4)), Some(GrpcCode::DEADLINE_EXCEEDED));
    assert_eq!(grpc(text("Canceled")), Some(GrpcCode::CANCELLED));
    assert_eq!(grpc(text("CANCELLED")), Some(GrpcCode::CANCELLED));
    assert_eq!(grpc(text("OK")), Some(GrpcCode::OK));
    assert_eq!(grpc(text("Ok")), Some(GrpcCode::OK));
}

#[test]
fn c4_every_grpc_code_has_its_name() {
    let names = "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED \
        RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED";
    for (name, number) in names.split_whitespace().zip(0..) {
        assert_eq!(grpc(text(name)), Some(GrpcCode(number)), "{name}");
    }
}

#[test]
fn what_is_no_grpc_code_is_none() {
    for value in
        [text("-32602"), text("panic"), text(""), Value::Int(17), Value::Int(-1), text("a name that is far too long for any")]
    {
        assert_eq!(grpc(value), None, "{value:?}");
    }
}

#[test]
fn a_code_that_cannot_be_read_leaves_the_word_to_an_older_name() {
    let sent = span(CLIENT).say("http.response.status_code", "none").say("http.status_code", "500");
    assert_eq!(Desk::default().shape(&sent).http_status, 500);
    let sent = span(CLIENT).say("rpc.response.status_code", "-32602").with("rpc.grpc.status_code", Value::Int(13));
    assert_eq!(Desk::default().shape(&sent).grpc_code, Some(GrpcCode::INTERNAL));
}

#[test]
fn c5_the_error_flag_is_read_as_truth_value_and_as_text() {
    let flag = |value| Desk::default().shape(&span(SERVER).with("error", value)).error_flag;
    assert!(flag(Value::Bool(true)) && flag(text("true")) && flag(text("True")));
    assert!(!flag(Value::Bool(false)) && !flag(text("false")) && !flag(text("some")) && !flag(Value::Int(1)));
}

#[test]
fn b2_a_resend_is_a_count_that_is_not_zero() {
    let resend = |value| Desk::default().shape(&span(CLIENT).with("http.request.resend_count", value)).resend;
    assert!(resend(Value::Int(1)) && resend(text("2")));
    assert!(!resend(Value::Int(0)) && !resend(text("0")) && !resend(text("some")));
}

#[test]
fn receive_is_a_client_span_that_receives_or_polls() {
    let receives = |sent: Sent| Desk::default().shape(&sent).receives;
    assert!(receives(span(CLIENT).say("messaging.operation.type", "receive")));
    assert!(receives(span(CLIENT).say("messaging.operation", "poll")));
    assert!(!receives(span(CLIENT).say("messaging.operation", "send")));
    assert!(!receives(span(CONSUMER).say("messaging.operation.type", "receive")));
}

#[test]
fn e2_kind_and_status_are_those_of_otlp_and_kind_0_is_internal() {
    let desk = &mut Desk::default();
    let kinds = [
        (0, Kind::Internal),
        (1, Kind::Internal),
        (2, Kind::Server),
        (3, Kind::Client),
        (4, Kind::Producer),
        (99, Kind::Internal),
    ];
    for (number, kind) in kinds {
        assert_eq!(desk.shape(&span(number)).kind, kind);
    }
    for (number, status) in [(0, Status::Unset), (1, Status::Ok), (2, Status::Error), (3, Status::Unset)] {
        assert_eq!(desk.shape(&Sent { status: number, ..span(SERVER) }).status, status);
    }
}

#[test]
fn a_resource_names_service_namespace_and_host() {
    let desk = &mut Desk::default();
    let silent = desk.shape(&span(SERVER));
    assert_eq!((silent.service, silent.namespace), (Name::UNKNOWN_SERVICE, Name::EMPTY));
    assert_eq!(desk.tag(&span(SERVER)).record.host, 0);
    desk.resource(&[("host.name", text("n")), ("service.name", text("cart")), ("service.namespace", text("shop"))]);
    let shape = desk.shape(&span(SERVER));
    assert_eq!((desk.text(shape.service), desk.text(shape.namespace)), ("cart".into(), "shop".into()));
    assert_eq!(desk.tag(&span(SERVER)).record.host, desk.names.intern(b"n").number());
    desk.resource(&[
        ("host.name", text("n")),
        ("host.id", text("i")),
        ("service.name", text("old")),
        ("service.name", text("cart")),
    ]);
    assert_eq!(desk.tag(&span(SERVER)).record.host, desk.names.intern(b"i").number());
    let shape = desk.shape(&span(SERVER));
    assert_eq!(desk.text(shape.service), "cart");
}

#[test]
fn an_empty_service_name_is_none() {
    let desk = &mut Desk::default();
    desk.resource(&[("service.name", text(""))]);
    assert_eq!(desk.shape(&span(PRODUCER)).service, Name::UNKNOWN_SERVICE);
}

#[test]
fn c5_an_error_type_flags_an_error_and_an_exception_event_alone_does_not() {
    assert!(Desk::default().shape(&span(SERVER).say("error.type", "Boom")).error_flag);
    assert!(!Desk::default().shape(&Sent { exception: Some("Boom"), ..span(SERVER) }).error_flag);
}
