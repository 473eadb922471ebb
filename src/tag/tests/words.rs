use super::{CLIENT, Desk, Sent, span};
use crate::model::Shape;

fn shape_of(error_type: &'static str) -> Shape {
    Desk::default().shape(&span(CLIENT).say("error.type", error_type))
}

fn says(shape: &Shape) -> (bool, bool, bool) {
    (shape.says_timeout, shape.says_unreachable, shape.says_cancelled)
}

#[test]
fn timeout_class_each_word_is_heard() {
    for word in [
        "timeout",
        "TimeoutError",
        "java.net.SocketTimeoutException",
        "ETIMEDOUT",
        "timed out",
        "DEADLINE_EXCEEDED",
        "context deadline",
    ] {
        assert_eq!(says(&shape_of(word)), (true, false, false), "{word}");
    }
}

#[test]
fn unreachable_class_each_word_is_heard() {
    let words = [
        "ECONNREFUSED",
        "java.net.ConnectException",
        "requests.exceptions.ConnectionError",
        "ConnectionResetError",
        "ECONNRESET",
        "java.net.UnknownHostException",
        "no such host",
        "ENOTFOUND",
        "EAI_AGAIN",
        "getaddrinfo",
        "name_resolution_error",
        "No route to host",
        "EHOSTUNREACH",
        "*net.OpError",
        "java.net.SocketException",
        "SSLError",
        "tls: bad record",
        "x509.HostnameError",
        "bad certificate",
    ];
    for word in words {
        assert_eq!(says(&shape_of(word)), (false, true, false), "{word}");
    }
}

#[test]
fn c2_each_word_of_a_cancellation_is_heard() {
    for word in ["context canceled", "CancelledError", "java.util.concurrent.CancellationException", "ECONNABORTED", "AbortError"]
    {
        assert_eq!(says(&shape_of(word)), (false, false, true), "{word}");
    }
}

#[test]
fn other_errors_speak_of_nothing() {
    for word in ["", "500", "_OTHER", "java.lang.IllegalStateException", "ti meo", "time", "out"] {
        assert_eq!(says(&shape_of(word)), (false, false, false), "{word}");
    }
    assert_eq!(says(&Desk::default().shape(&span(CLIENT))), (false, false, false));
}

#[test]
fn error_type_is_the_last_exception_where_there_is_none() {
    let desk = &mut Desk::default();
    let exception = Sent { exception: Some("io.grpc.TimeoutException"), ..span(CLIENT) };
    let shape = desk.shape(&exception);
    assert_eq!((desk.text(shape.error_type), shape.says_timeout), ("io.grpc.TimeoutException".into(), true));
    let shape = desk.shape(&exception.clone().say("error.type", "ENOTFOUND"));
    assert_eq!((desk.text(shape.error_type), says(&shape)), ("ENOTFOUND".into(), (false, true, false)));
    let shape = desk.shape(&exception.say("error.type", ""));
    assert_eq!(desk.text(shape.error_type), "io.grpc.TimeoutException");
}

/// The words of the specification, one by one, however they are written.
#[test]
fn timeout_class_unreachable_class_and_cancellation_are_heard_in_any_case_and_between_any_signs() {
    let timeout = "timeout timedout deadline";
    let unreachable = "refused connectexception connectionerror connectionreset econnreset unknownhost nosuchhost enotfound eaiagain \
        getaddrinfo nameresolution noroute unreach operror socketexception ssl tls x509 certificate";
    for (words, heard) in
        [(timeout, (true, false, false)), (unreachable, (false, true, false)), ("cancel abort", (false, false, true))]
    {
        for word in words.split_whitespace() {
            let spread = word.chars().map(String::from).collect::<Vec<_>>().join("_");
            for written in [word.to_owned(), word.to_uppercase(), spread, format!("a.B.{word}-Exception: x")] {
                assert_eq!(says(&shape_of(written.clone().leak())), heard, "{written}");
            }
        }
    }
}
