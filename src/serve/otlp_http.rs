//! OTLP over HTTP: one path, two encodings, and an answer in the encoding of the request, whatever the answer is.

use super::body::{self, Framing};
use super::connections::{self, ConnectionLimits, Load, Peer, Port};
use super::inflate::Coding;
use super::reception::Reception;
use super::refused::{Door, Reason, Refused};
use super::replies;
use super::tokens::Tokens;
use super::{Accepted, Encoding};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::{Request, Response};
use std::sync::Arc;

const TRACES: &str = "/v1/traces";
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// Serves OTLP/HTTP on an open port until `shutdown` is ready; then no new request is begun, and those under way are finished,
/// within five seconds.
///
/// # Errors
/// The port cannot be served.
pub async fn otlp_http(
    port: Port,
    reception: Arc<Reception>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (limits, tokens) = (port.limits, port.tokens.clone());
    let answer = move |request: Request<Incoming>| answer(request, reception.clone(), tokens.clone(), limits);
    connections::serve(port, Door::OtlpHttp, Load::Bulk, answer, shutdown).await
}

async fn answer(
    request: Request<Incoming>,
    reception: Arc<Reception>,
    tokens: Arc<Tokens>,
    limits: ConnectionLimits,
) -> Response<Full<Bytes>> {
    let (head, mut body) = request.into_parts();
    let encoding = encoding(&head.headers);
    // Where nobody knows what the sender reads, it gets what people read.
    let told_in = encoding.unwrap_or(Encoding::Json);
    let taken = async {
        is_there(head.uri.path(), &head.method)?;
        let sender = reception.greet(&tokens, &head.headers, head.extensions.get::<Peer>())?;
        let encoding = encoding.ok_or_else(|| no_such_type(&head.headers))?;
        let coding = coding(&head.headers)?;
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let (message, holding) = reception.read(&sender, &mut body, Framing::Bare(announced), &limits).await?;
        reception.take(message, holding, coding, encoding).await
    };
    match taken.await {
        Ok(accepted) => said(told_in, accepted),
        Err(refused) => {
            reception.count(Door::OtlpHttp, &refused);
            // Who asks whether it may send has not begun to.
            if !head.headers.contains_key(header::EXPECT) {
                body::read_over(body, head.version);
            }
            refusal(told_in, &refused)
        }
    }
}

fn is_there(path: &str, method: &Method) -> Result<(), Refused> {
    if path != TRACES {
        let told = match path {
            "/v1/metrics" | "/v1/logs" | "/v1development/profiles" => format!("only traces are taken here, by POST {TRACES}"),
            _ => format!("there is no {path}; traces are taken by POST {TRACES}"),
        };
        return Err(Refused::for_good(Reason::NoSuchPath, told));
    }
    if method != Method::POST {
        return Err(Refused::for_good(Reason::NoSuchMethod, format!("traces are sent by POST, not {method}")));
    }
    Ok(())
}

/// What the body is; parameters such as a charset change nothing.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = text.split(';').next().unwrap_or(text).trim();
    if kind.eq_ignore_ascii_case(PROTOBUF) || kind.eq_ignore_ascii_case("application/protobuf") {
        Some(Encoding::Protobuf)
    } else if kind.eq_ignore_ascii_case(JSON) {
        Some(Encoding::Json)
    } else {
        None
    }
}

fn no_such_type(headers: &HeaderMap) -> Refused {
    let given = headers.get(header::CONTENT_TYPE).map_or_else(
        || "there is no content-type".to_owned(),
        |value| format!("content-type '{}' is not known here", String::from_utf8_lossy(value.as_bytes())),
    );
    Refused::for_good(Reason::NoSuchType, format!("{given}; write {PROTOBUF} or {JSON}"))
}

fn coding(headers: &HeaderMap) -> Result<Option<Coding>, Refused> {
    let mut given = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let name = value.to_str().unwrap_or("").trim().to_ascii_lowercase();
    match name.as_str() {
        _ if given.next().is_some() => {}
        "" | "identity" => return Ok(None),
        "gzip" | "x-gzip" => return Ok(Some(Coding::Gzip)),
        "zstd" => return Ok(Some(Coding::Zstd)),
        _ => {}
    }
    let told = format!("content-encoding '{name}' is not known here; there are gzip, zstd and identity, one at a time");
    Err(Refused::for_good(Reason::NoSuchType, told))
}

fn said(encoding: Encoding, accepted: Accepted) -> Response<Full<Bytes>> {
    with_type(encoding, replies::accepted(encoding, accepted))
}

fn refusal(encoding: Encoding, refused: &Refused) -> Response<Full<Bytes>> {
    let mut response = with_type(encoding, replies::refused(encoding, refused));
    *response.status_mut() = refused.reason.http();
    let headers = response.headers_mut();
    let mut tell = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    match refused.reason {
        Reason::NoSuchMethod => tell(header::ALLOW, "POST"),
        Reason::NoSuchType => {
            tell(header::ACCEPT_ENCODING, "gzip, zstd, identity");
            tell(header::ACCEPT, "application/x-protobuf, application/json");
        }
        Reason::Unauthenticated => tell(header::WWW_AUTHENTICATE, "Bearer"),
        _ => {}
    }
    if let Some(after) = refused.retry_after {
        // In whole seconds, and never too soon.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}

fn with_type(encoding: Encoding, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let kind = match encoding {
        Encoding::Protobuf => PROTOBUF,
        Encoding::Json => JSON,
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
