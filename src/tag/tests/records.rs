use super::{CLIENT, Desk, SERVER, Sent, span, text};
use crate::model::{SpanId, SpanRecord, TraceId, Value};
use crate::tag::BadSpan;

fn told(sent: &Sent) -> Result<(), String> {
    let tagged = sent.hand_over(|span| Desk::default().worker.span(span));
    tagged.map(drop).map_err(|bad| bad.to_string())
}

#[test]
fn ids_that_are_none_are_told_with_what_to_send() {
    let wrong = |trace: usize, id: usize, parent: usize| {
        told(&Sent { trace: vec![1; trace], id: vec![1; id], parent: vec![1; parent], ..span(SERVER) })
    };
    assert_eq!(wrong(16, 8, 8), Ok(()));
    assert_eq!(wrong(15, 8, 8), Err("trace_id has 15 bytes; send 16".into()));
    assert_eq!(wrong(0, 8, 8), Err("trace_id has 0 bytes; send 16".into()));
    assert_eq!(wrong(16, 16, 8), Err("span_id has 16 bytes; send 8".into()));
    assert_eq!(wrong(16, 8, 7), Err("parent_span_id has 7 bytes; send 8, or none for a root".into()));
    assert_eq!(
        told(&Sent { trace: vec![0; 16], ..span(SERVER) }),
        Err("trace_id is all zeros; send 16 bytes that are not all zero".into())
    );
    assert_eq!(
        told(&Sent { id: vec![0; 8], ..span(SERVER) }),
        Err("span_id is all zeros; send 8 bytes that are not all zero".into())
    );
    assert_eq!(Desk::default().worker.span(&raw_nothing()), Err(BadSpan::TraceIdLength(0)));
}

fn raw_nothing() -> crate::model::RawSpan<'static> {
    crate::model::RawSpan {
        trace_id: b"",
        span_id: b"",
        parent_span_id: b"",
        trace_state: b"",
        name: b"",
        kind: 0,
        start_ns: 0,
        end_ns: 0,
        status: 0,
        attributes: &[],
        links: &[],
        exception_type: None,
    }
}

#[test]
fn ids_and_times_go_over_into_the_record() {
    let desk = &mut Desk::default();
    let tagged = desk.tag(&Sent { parent: vec![0, 0, 0, 0, 0, 0, 1, 0], ..span(SERVER) });
    assert_eq!(tagged.trace, TraceId(u128::from_be_bytes([7; 16])));
    assert_eq!((tagged.record.id, tagged.record.parent), (SpanId(u64::from_be_bytes([9; 8])), SpanId(256)));
    assert_eq!((tagged.record.start_ns, tagged.record.end_ns, tagged.record.flags, tagged.extra), (10, 20, 0, None));
}

#[test]
fn e2_a_parent_of_zeros_is_none() {
    let tagged = Desk::default().tag(&Sent { parent: vec![0; 8], ..span(SERVER) });
    assert_eq!(tagged.record.parent, SpanId::NONE);
}

#[test]
fn an_end_before_the_start_is_mended() {
    let record = Desk::default().tag(&Sent { times: (u64::MAX, 3), ..span(SERVER) }).record;
    assert_eq!((record.start_ns, record.end_ns, record.flags), (u64::MAX, u64::MAX, SpanRecord::MENDED));
}

#[test]
fn e4_the_first_link_into_the_same_trace_is_kept() {
    let same = || vec![7; 16];
    let links =
        vec![(vec![1; 16], vec![1; 8]), (same(), vec![0; 8]), (same(), vec![9; 8]), (same(), vec![2; 8]), (same(), vec![3; 8])];
    let tagged = Desk::default().tag(&Sent { links, ..span(SERVER) });
    let extra = tagged.extra.unwrap();
    assert_eq!((extra.span, extra.link, extra.threshold), (tagged.record.id, SpanId(u64::from_be_bytes([2; 8])), 0));
    assert_eq!(tagged.record.flags, SpanRecord::EXTRA);
    let other = Desk::default().tag(&Sent { links: vec![(vec![1; 16], vec![1; 8])], ..span(SERVER) });
    assert_eq!((other.extra, other.record.flags), (None, 0));
}

#[test]
fn weight_the_threshold_of_the_tracestate_is_padded_on_the_right() {
    let threshold = |state| Desk::default().tag(&Sent { state, ..span(SERVER) }).extra.map_or(0, |extra| extra.threshold);
    for (state, expected) in [
        ("ot=th:8", 0x80_0000_0000_0000),
        ("ot=th:c", 0xc0_0000_0000_0000),
        ("ot=th:fffffffffffffe", 0xff_ffff_ffff_fffe),
        ("congo=t61,ot=rv:1234;th:08;x:y , rojo=1", 0x08_0000_0000_0000),
        ("ot=th:0", 0),
        ("ot=th:", 0),
        ("ot=th:123456789abcdef", 0),
        ("ot=th:8g", 0),
        ("ot=th:C", 0),
        ("ot=th:0F", 0),
        ("ot=th:0x8", 0),
        ("ot=th: 8", 0),
        ("ot=th:-8", 0),
        ("ot=th:fffffffffffffff", 0),
        ("ot=th:00000000000000", 0),
        ("ot=th:00000000000001", 1),
        ("ot=TH:8", 0),
        ("OT=th:8", 0),
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", 0),
        ("rojo=th:c,ot=th:8,congo=th:4", 0x80_0000_0000_0000),
        ("rojo=ot=th:c", 0),
        ("tenant@ot=th:8", 0),
        ("ot=rv:abcdefabcdefab;th:f", 0xf0_0000_0000_0000),
        ("\tot=th:8\t,rojo=1", 0x80_0000_0000_0000),
        ("ot=th:+8", 0),
        ("ot=8", 0),
        ("xot=th:8", 0),
        ("x=ot=th:8", 0),
        ("ot=xth:8", 0),
        ("th:8", 0),
        ("", 0),
    ] {
        assert_eq!(threshold(state), expected, "{state}");
    }
}

#[test]
fn b2_attempts_at_one_thing_have_one_operation() {
    let desk = &mut Desk::default();
    let attempt = span(CLIENT).say("http.request.method", "POST").say("url.full", "https://a/charge?try=1");
    let mut operation = |sent: &Sent| desk.tag(sent).record.operation;
    let first = operation(&attempt);
    let again = Sent { status: 2, times: (30, 40), ..span(CLIENT) }
        .say("url.full", "https://a/charge?try=2#x")
        .say("error.type", "timeout")
        .with("http.request.resend_count", Value::Int(1))
        .with("http.response.status_code", Value::Int(503))
        .say("http.request.method", "POST");
    assert_eq!(operation(&again), first);
    for other in [
        Sent { name: "refund", ..attempt.clone() },
        attempt.clone().say("url.full", "https://a/refund"),
        attempt.clone().say("http.request.method", "GET"),
        attempt.clone().say("rpc.method", "shop.Cart/Get"),
        attempt.clone().say("db.operation.name", "SELECT"),
    ] {
        assert_ne!(operation(&other), first, "{other:?}");
    }
}

#[test]
fn the_path_is_not_part_of_the_shape() {
    let desk = &mut Desk::default();
    for url in ["https://a/1", "https://a/2?x", "https://u@a:80/3"] {
        desk.tag(&span(CLIENT).say("url.full", url));
    }
    assert_eq!(desk.shapes.len(), 1);
}

#[test]
fn attributes_that_nothing_asks_for_make_no_shapes() {
    let desk = &mut Desk::default();
    for amount in 0..1000 {
        desk.tag(&span(SERVER).with("booking.amount", Value::Int(amount)).with("network.peer.address", text("10.0.0.1")));
    }
    assert_eq!(desk.shapes.len(), 1);
}

#[test]
fn two_workers_find_the_same_shape() {
    let desk = &mut Desk::default();
    let mut other = desk.tagger.worker();
    let sent = span(CLIENT).say("peer.service", "cards").say("http.request.method", "GET");
    let mine = desk.tag(&sent).record;
    assert_eq!(sent.backwards().hand_over(|span| other.span(span)).map(|tagged| tagged.record), Ok(mine));
}

#[test]
fn a_name_that_is_no_text_is_mended_and_found_again() {
    let desk = &mut Desk::default();
    let mut shape = || {
        let tagged =
            span(SERVER).hand_over(|span| desk.worker.span(&crate::model::RawSpan { name: &[b'a', 0xff], ..*span })).unwrap();
        let name = desk.shapes.get(tagged.record.shape).name;
        (tagged.record.shape, desk.names.text(name).to_string())
    };
    let first = shape();
    assert_eq!(first.1, "a\u{fffd}");
    assert_eq!(shape(), first);
}
