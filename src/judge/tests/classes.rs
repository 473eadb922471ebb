//! Reading one span (C1 to C5): by what becomes of an execution whose entry, or whose only call, it is.

use super::scene::Scene;

/// Outcome of an execution that is one SERVER span.
fn entry(words: &str) -> String {
    Scene::with("").one(&format!("shop server 0-100 entry {words}")).outcome.as_str().into()
}

/// Whether a call is an error: it then explains the error of the entry above it.
fn call(words: &str) -> &'static str {
    let scene = Scene::with("");
    let verdict = scene.one(&format!("shop server 0-100 E entry\n  shop client 10-90 >cart {words}"));
    match verdict.blame.map(|blame| (blame.rule, scene.hop(blame.hop) == "'cart'")) {
        Some((6, true)) => "error",
        Some((3, _)) => "caller_error",
        Some((5, false)) => "ok",
        other => panic!("{words}: {other:?}"),
    }
}

/// Whether a server below the entry is an error.
fn inside(words: &str) -> &'static str {
    let scene = Scene::with("");
    let verdict = scene.one(&format!("shop server 0-100 E entry\n  cart server 10-90 {words}"));
    match verdict.blame.map(|blame| scene.hop(blame.hop)).as_deref() {
        Some("'cart do' of cart") => "error",
        Some("'shop do' of shop") => "ok",
        other => panic!("{words}: {other:?}"),
    }
}

#[test]
fn c1_ok_that_was_set_is_ok_whatever_the_codes_say() {
    for words in ["OK http=500", "OK grpc=13", "OK type=Boom", "OK http=429"] {
        assert_eq!((entry(words).as_str(), call(words), inside(words)), ("ok", "ok", "ok"), "{words}");
    }
}

#[test]
fn c2_who_left_is_no_failure() {
    for words in ["http=499", "E http=499", "grpc=1", "E type=CancelledError", "E type=AbortError"] {
        assert_eq!((entry(words).as_str(), call(words), inside(words)), ("abandoned", "ok", "ok"), "{words}");
    }
    assert_eq!(entry("E type=CancelledError http=500"), "failed", "with a code the code decides");
    assert_eq!(entry("E type=TaskCancelledTimeout"), "failed", "out of time is not left");
    assert_eq!(entry("grpc=1 type=DeadlineTimeout"), "failed", "out of time is not left");
}

#[test]
fn c3_http_codes_on_each_side() {
    for words in ["http=500", "http=503", "E http=599"] {
        assert_eq!((entry(words).as_str(), call(words), inside(words)), ("failed", "error", "error"), "{words}");
    }
    for words in ["http=400", "http=404", "http=408", "E http=422"] {
        assert_eq!((entry(words).as_str(), call(words), inside(words)), ("rejected", "caller_error", "ok"), "{words}");
    }
    assert_eq!((entry("http=429").as_str(), call("http=429"), inside("http=429")), ("failed", "error", "error"));
    assert_eq!((entry("http=302").as_str(), call("http=302"), inside("http=302")), ("ok", "ok", "ok"));
}

#[test]
fn c4_grpc_codes_on_each_side() {
    for code in [3, 5, 6, 7, 9, 10, 11, 16] {
        let words = format!("E grpc={code}");
        assert_eq!((entry(&words).as_str(), call(&words), inside(&words)), ("rejected", "caller_error", "ok"), "{words}");
    }
    for code in [2, 4, 8, 12, 13, 14, 15, 17] {
        let words = format!("grpc={code}");
        assert_eq!((entry(&words).as_str(), call(&words), inside(&words)), ("failed", "error", "error"), "{words}");
    }
    assert_eq!((entry("grpc=0").as_str(), call("grpc=0"), inside("grpc=0")), ("ok", "ok", "ok"));
    assert_eq!(call("http=200 grpc=13"), "error", "gRPC over HTTP: the inner code");
}

#[test]
fn c5_without_a_code_the_status_or_an_error_type_decides() {
    for words in ["E", "type=Boom", "flag"] {
        assert_eq!((entry(words).as_str(), call(words), inside(words)), ("failed", "error", "error"), "{words}");
    }
    for words in ["http=200 type=Boom", "grpc=0 flag", "E http=200"] {
        assert_eq!((entry(words).as_str(), call(words), inside(words)), ("ok", "ok", "ok"), "{words}");
    }
}
