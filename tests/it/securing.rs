//! Tokens and TLS on every door, with the codes on the wire; and no secret in anything that comes out.

use crate::inbox::Inbox;
use crate::program::{run, steelthread};
use crate::receiver::{Answer as Told, Receiver, wait};
use crate::secured::{Authority, Folder, Secured};
use crate::shop;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Output;
use std::time::Duration;
use tonic::Code;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

const SHOP: &str = "canary-shop-0b7fd1c2a9e84d55";
const OPS: &str = "canary-ops-93d0c4be1f6a7718";
const STRANGER: &str = "canary-stranger-55aa55aa55aa";

fn guarded(folder: Folder, more: &[&str]) -> Secured {
    let intake = folder.write("intake-tokens", &format!("shop: {SHOP}\n"));
    let api = folder.write("api-tokens", &format!("ops {OPS} read\n"));
    let arguments = [&["--intake-token-file", &*intake, "--api-token-file", &*api], more].concat();
    Secured::start(folder, &arguments)
}

/// What tonic is told about a request.
fn send(endpoint: Endpoint, token: Option<&str>) -> Result<ExportTraceServiceResponse, tonic::Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let channel = endpoint.connect().await.map_err(|error| tonic::Status::unknown(format!("no connection: {error:?}")))?;
        let mut client = tonic::client::Grpc::new(channel);
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export".parse().unwrap();
        client.ready().await.map_err(|error| tonic::Status::unknown(format!("no connection: {error:?}")))?;
        let mut request = tonic::Request::new(shop::run(3, 1, 1, 1_700_000_000_000_000_000).requests.swap_remove(0));
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let answer = client.unary(request, path, tonic_prost::ProstCodec::default()).await;
        answer.map(tonic::Response::into_inner)
    })
}

fn plain(server: &Secured) -> Endpoint {
    Endpoint::from_shared(format!("http://{}", server.grpc)).unwrap()
}

struct Answer {
    code: u16,
    asks_for: Option<String>,
    text: String,
}

fn agent(tls: ureq::tls::TlsConfig) -> ureq::Agent {
    ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).tls_config(tls).build())
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let asks_for = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let code = response.status().as_u16();
    Answer { code, asks_for, text: String::from_utf8_lossy(&response.body_mut().read_to_vec().unwrap()).into_owned() }
}

fn bearer(token: Option<&str>) -> String {
    token.map_or_else(String::new, |token| format!("Bearer {token}"))
}

fn get(url: &str, token: Option<&str>) -> Answer {
    let mut request = agent(ureq::tls::TlsConfig::default()).get(url);
    if token.is_some() {
        request = request.header("authorization", bearer(token));
    }
    read(request.call().unwrap())
}

fn post(url: &str, kind: &str, body: &[u8], token: Option<&str>) -> Answer {
    let mut request = agent(ureq::tls::TlsConfig::default()).post(url).header("content-type", kind);
    if token.is_some() {
        request = request.header("authorization", bearer(token));
    }
    read(request.send(body).unwrap())
}

#[test]
fn every_door_asks_for_its_token_and_says_so_with_its_own_code() {
    let server = guarded(Folder::new(), &[]);
    let told = |token| send(plain(&server), token).map_err(|status| status.code());
    assert_eq!(told(None).unwrap_err(), Code::Unauthenticated);
    assert_eq!(told(Some(STRANGER)).unwrap_err(), Code::Unauthenticated);
    assert_eq!(told(Some(OPS)).unwrap_err(), Code::PermissionDenied);
    assert!(told(Some(SHOP)).is_ok());

    let traces = format!("{}/v1/traces", server.http);
    for (kind, body) in [("application/json", &b"{}"[..]), ("application/x-protobuf", b"")] {
        let code = |token| post(&traces, kind, body, token).code;
        assert_eq!((code(None), code(Some(STRANGER)), code(Some(OPS)), code(Some(SHOP))), (401, 401, 403, 200), "{kind}");
        assert_eq!(post(&traces, kind, body, None).asks_for.as_deref(), Some("Bearer"));
    }
    let told: serde_json::Value = serde_json::from_str(&post(&traces, "application/json", b"{}", None).text).unwrap();
    assert_eq!(told["code"], 16, "{told}");

    for path in ["/api/v1/status", "/metrics", "/api/v1/hops", "/nothing"] {
        let code = |token| get(&format!("{}{path}", server.api), token).code;
        let right = if path == "/nothing" { 404 } else { 200 };
        assert_eq!((code(None), code(Some(STRANGER)), code(Some(SHOP)), code(Some(OPS))), (401, 401, 403, right), "{path}");
    }
    let answer = get(&format!("{}/api/v1/status", server.api), None);
    let told: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((answer.asks_for.as_deref(), &told["apiVersion"]), (Some("Bearer"), &"steelthread/v1".into()));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&format!("{}{path}", server.api), None).code, 200);
    }
    let figures = get(&format!("{}/metrics", server.api), Some(OPS)).text;
    assert!(figures.contains("unauthenticated") && figures.contains("forbidden"), "{figures}");
}

#[test]
fn questions_over_grpc_need_the_token_too_and_the_health_service_does_not() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let server = guarded(Folder::new(), &[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let channel = Endpoint::from_shared(server.api.clone()).unwrap().connect().await.unwrap();
        let mut client = steelthread::serve::proto::query_client::QueryClient::new(channel.clone());
        let refused = client.status(steelthread::serve::proto::StatusRequest::default()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        let mut request = tonic::Request::new(steelthread::serve::proto::StatusRequest::default());
        request.metadata_mut().insert("authorization", bearer(Some(OPS)).parse().unwrap());
        client.status(request).await.unwrap();
        HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    });
}

#[test]
fn a_sender_without_a_token_is_refused_before_it_has_sent_a_body() {
    let server = guarded(Folder::new(), &[]);
    let address = server.http.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head =
        "POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000000\r\n\r\n";
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 401");
}

fn ask(server: &Secured, arguments: &[&str], token: Option<&str>) -> Output {
    let mut command = steelthread();
    command.args(["status", "-o", "json", "--server", &server.api]).args(arguments).env("RUST_LOG", "trace");
    if let Some(token) = token {
        command.env("STEELTHREAD_TOKEN", token);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn over_tls_the_command_line_and_senders_know_the_server_and_are_known() {
    let (folder, authority, clients) = (Folder::new(), Authority::new(), Authority::new());
    let (cert, key) = authority.sign();
    let (cert, key) = (folder.write("tls.crt", &cert), folder.write("tls.key", &key));
    let ca = folder.write("ca.crt", &authority.pem());
    let senders = folder.write("senders.crt", &clients.pem());
    let server = guarded(folder, &["--tls-cert", &cert, "--tls-key", &key, "--tls-client-ca", &senders]);
    assert!(server.api.starts_with("https://") && server.http.starts_with("https://"));

    let tokens = server.folder.path().join("api-tokens").display().to_string();
    let answer = ask(&server, &["--ca", &ca, "--token-file", &tokens], None);
    assert!(answer.status.success(), "{}", said(&answer));
    let answer = ask(&server, &["--ca", &ca], None);
    assert!(answer.status.code() == Some(2) && said(&answer).contains("--token-file FILE"), "{}", said(&answer));
    let answer = ask(&server, &[], Some(OPS));
    assert!(answer.status.code() == Some(2) && said(&answer).contains("--ca FILE"), "{}", said(&answer));

    let (cert, key) = clients.sign();
    let endpoint = |identity: Option<Identity>| {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem())).domain_name("localhost");
        if let Some(identity) = identity {
            tls = tls.identity(identity);
        }
        Endpoint::from_shared(format!("https://{}", server.grpc)).unwrap().tls_config(tls).unwrap()
    };
    assert!(send(endpoint(Some(Identity::from_pem(&cert, &key))), Some(SHOP)).is_ok());
    let (other, other_key) = authority.sign();
    for identity in [None, Some(Identity::from_pem(other, other_key))] {
        assert!(send(endpoint(identity), Some(SHOP)).is_err());
    }
    assert!(send(plain(&server), Some(SHOP)).is_err());
}

#[test]
fn whoever_asks_can_be_known_by_a_certificate_instead_of_a_token() {
    let (folder, authority, clients) = (Folder::new(), Authority::new(), Authority::new());
    let (cert, key) = authority.sign();
    let (cert, key) = (folder.write("tls.crt", &cert), folder.write("tls.key", &key));
    let ca = folder.write("ca.crt", &authority.pem());
    let askers = folder.write("askers.crt", &clients.pem());
    let tls = ["--tls-cert", &*cert, "--tls-key", &key, "--tls-api-client-ca", &askers];
    let server = Secured::start(folder, &[&["--api", "0.0.0.0:0"], &tls[..]].concat());
    let (cert, key) = clients.sign();
    let (cert, key) = (server.folder.write("me.crt", &cert), server.folder.write("me.key", &key));
    let answer = ask(&server, &["--ca", &ca, "--client-cert", &cert, "--client-key", &key], None);
    assert!(answer.status.success(), "{}", said(&answer));
    let answer = ask(&server, &["--ca", &ca], None);
    assert_eq!(answer.status.code(), Some(2), "{}", said(&answer));
}

#[test]
fn a_token_that_is_taken_back_opens_nothing_any_more_without_a_restart() {
    let server = guarded(Folder::new(), &[]);
    let status = format!("{}/api/v1/status", server.api);
    assert_eq!(get(&status, Some(OPS)).code, 200);
    server.folder.write("api-tokens", "ops: another-token-of-ops read\n");
    wait("the new token", || (get(&status, Some("another-token-of-ops")).code == 200).then_some(()));
    assert_eq!(get(&status, Some(OPS)).code, 401);
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let (folder, old, new) = (Folder::new(), Authority::new(), Authority::new());
    let (cert, key) = old.sign();
    let (cert, key) = (folder.write("tls.crt", &cert), folder.write("tls.key", &key));
    let (old_ca, new_ca) = (folder.write("old.crt", &old.pem()), folder.write("new.crt", &new.pem()));
    let server = Secured::start(folder, &["--tls-cert", &cert, "--tls-key", &key]);
    let asked = |ca: &str| ask(&server, &["--ca", ca], None).status.success();
    assert!(asked(&old_ca) && !asked(&new_ca));
    let (cert, key) = new.sign();
    server.folder.write("tls.crt", &cert);
    server.folder.write("tls.key", &key);
    wait("the new certificate", || asked(&new_ca).then_some(()));
    assert!(!asked(&old_ca), "{}", server.folder.read("stderr"));
}

#[test]
fn an_api_that_others_can_reach_starts_with_a_token_file() {
    let folder = Folder::new();
    let tokens = folder.write("tokens", &format!("ops: {OPS}\n"));
    let server = Secured::start(folder, &["--api", "0.0.0.0:0", "--api-token-file", &tokens]);
    assert_eq!(get(&format!("{}/api/v1/status", server.api), None).code, 401);
    let said = server.folder.read("stderr");
    assert!(said.contains("without TLS") && said.contains("can be read by others than its owner"), "{said}");
}

#[test]
fn no_secret_is_in_anything_that_comes_out() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (cert, key) = authority.sign();
    let secret_lines: Vec<String> = key.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned).collect();
    let (cert, key_file) = (folder.write("tls.crt", &cert), folder.write("tls.key", &key));
    let ca = folder.write("ca.crt", &authority.pem());
    let (forwarded, figures) = (Receiver::grpc(), Receiver::http());
    forwarded.answer([Told::Refuse(Code::PermissionDenied, 403, None)]);
    figures.answer([Told::Refuse(Code::Unavailable, 503, None)]);
    let headers = folder.write("headers", &format!("authorization: Bearer {SHOP}\nx-scope: {OPS}\n"));
    let server = guarded(
        folder,
        &[
            &[
                "--tls-cert",
                &*cert,
                "--tls-key",
                &key_file,
                "--forward-endpoint",
                &forwarded.url(),
                "--forward-header-file",
                &headers,
            ][..],
            &["--metrics-endpoint", &figures.url(), "--metrics-interval", "1s", "--metrics-protocol", "http/protobuf"],
            &["--metrics-header-file", &headers],
        ]
        .concat(),
    );
    let mut out = Vec::new();

    let trusted = ureq::tls::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let tls = || {
        ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(std::slice::from_ref(&trusted))).build()
    };
    for token in [SHOP, OPS, STRANGER] {
        for path in ["/api/v1/status", "/metrics", "/nothing", "/api/v1/traces/none", "/healthz"] {
            let request = agent(tls()).get(format!("{}{path}", server.api)).header("authorization", bearer(Some(token)));
            out.push(read(request.call().unwrap()).text);
        }
        for kind in ["application/json", "application/x-protobuf", "text/plain"] {
            let request = agent(tls()).post(format!("{}/v1/traces", server.http)).header("content-type", kind);
            out.push(read(request.header("authorization", bearer(Some(token))).send(&b"\xff{nonsense"[..]).unwrap()).text);
        }
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem())).domain_name("localhost");
        let endpoint = Endpoint::from_shared(format!("https://{}", server.grpc)).unwrap().tls_config(tls).unwrap();
        out.push(format!("{:?}", send(endpoint, Some(token))));
        out.push(said(&ask(&server, &["--ca", &ca], Some(token))));
    }
    wait("the headers", || forwarded.look(|heard| heard.headers.contains(SHOP)).then_some(()));
    wait("the headers", || figures.look(|heard| heard.headers.contains(OPS)).then_some(()));
    out.extend(misplaced(&server.folder, &cert, &key));
    out.extend([server.folder.read("stdout"), server.folder.read("stderr")]);
    let all = out.join("\n");
    assert!(all.contains("is not known here") && all.contains("TRACE"), "nothing was provoked: {all}");
    for secret in secret_lines.iter().map(String::as_str).chain(["canary", "63616e617279", "Y2FuYXJ5"]) {
        let at = all.find(secret);
        assert!(
            at.is_none(),
            "'{secret}' came out: …{}…",
            at.map_or("", |at| &all[all.floor_char_boundary(at.saturating_sub(300))..at])
        );
    }
}

#[test]
fn no_key_and_no_url_of_a_sink_is_in_anything_that_comes_out() {
    const KEY: &str = "canary0123456789abcdef0123456789";
    let (folder, inbox) = (Folder::new(), Inbox::start());
    let map = crate::program::shop_map(folder.path());
    let hook = folder.write("hook", &inbox.url("/nowhere/canary-path?key=canary-query"));
    let slack = folder.write("slack", &inbox.url("/nobody/canary-slack"));
    let (key, secret) = (folder.write("key", KEY), folder.write("secret", "canary-secret-of-the-hook"));
    let headers = folder.write("headers", "authorization: Bearer canary-header\n");
    let (nothing, events) = (inbox.url("/nothing/here"), inbox.url("/v2/enqueue"));
    let named = [
        ["--alerts-alertmanager", &*nothing],
        ["--alerts-alertmanager-header-file", &headers],
        ["--alerts-webhook-url-file", &hook],
        ["--alerts-webhook-secret-file", &secret],
        ["--alerts-webhook-header-file", &headers],
        ["--alerts-pagerduty-key-file", &key],
        ["--alerts-pagerduty-url", &events],
        ["--alerts-slack-url-file", &slack],
    ]
    .concat();
    let mut out = vec![];
    for format in ["table", "json"] {
        let output = run(&[&["alert", "test", "-o", format][..], &named].concat());
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        out.push(said(&output));
    }
    for form in ["--print-config", "--print-config=json"] {
        out.push(said(&run(&[&["serve", "--map", &map, form][..], &named].concat())));
    }
    let server = Secured::start(folder, &named);
    let agent = agent(ureq::tls::TlsConfig::default());
    out.push(read(agent.get(format!("{}/metrics", server.api)).call().unwrap()).text);
    for (key, value) in
        [("slack: {url_file", "https://hooks.example/canary-a"), ("pagerduty: {key_file", KEY), ("webhook: {secret_file", KEY)]
    {
        let file = server.folder.write("wrong.yaml", &format!("map: {map}\nalerts: {{{key}: '{value}'}}}}\n"));
        for more in [
            &["serve", "--config", &file][..],
            &["serve", "--config", &file, "--print-config"],
            &["alert", "test", "--config", &file],
        ] {
            out.push(said(&run(more)));
        }
    }
    out.extend([server.folder.read("stdout"), server.folder.read("stderr")]);
    let all = out.join("\n");
    assert!(all.contains("HTTP 404: there is no (hidden) here"), "nothing was provoked: {all}");
    assert!(all.contains("steelthread_alerts_waiting{sink=\"slack\"} 0") && all.contains("\"(hidden)\" # "), "{all}");
    for secret in ["canary", "63616e617279", "Y2FuYXJ5"] {
        assert!(!all.contains(secret), "'{secret}' came out: {all}");
    }
}

/// What is said where a secret stands in the wrong place, or is listed with all settings.
fn misplaced(folder: &Folder, cert: &str, key: &str) -> Vec<String> {
    let map = folder.path().join("map.yaml").display().to_string();
    let mut out = Vec::new();
    for text in [
        format!("quiet: {OPS}"),
        format!("api: {OPS}"),
        format!("api_token: {OPS}"),
        format!("api_token_file: [{OPS}]"),
        format!("spans_per_trace: {OPS}"),
        format!("allow_anonymous: {OPS}"),
        format!("api_token_file: |\n  ops: {OPS}"),
        format!("tls: {{key: {OPS}"),
    ] {
        let file = folder.write("wrong.yaml", &format!("map: {map}\n{text}\n"));
        let output = run(&["serve", "--config", &file, "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "off"]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        out.push(said(&output));
    }
    for (flag, text) in [
        ("--api-token-file", format!("ops {OPS} everything\n")),
        ("--intake-token-file", format!("{OPS}\n")),
        ("--tls-key", key.replace("PRIVATE", "ENCRYPTED PRIVATE")),
        ("--tls-key", key.replace("-----END", "----END")),
        ("--tls-key", format!("-----BEGIN {OPS}\n{key}")),
    ] {
        let file = folder.write("wrong", &text);
        let mut arguments = vec!["serve", "--map", &map, flag, &file];
        if flag == "--tls-key" {
            arguments.extend(["--tls-cert", cert]);
        }
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        out.push(said(&output));
    }
    let tokens = folder.path().join("api-tokens").display().to_string();
    out.push(said(&run(&["serve", "--map", &map, "--api-token-file", &tokens, "--print-config"])));
    out.push(said(&run(&["serve", "--map", &map, "--api-token-file", &tokens, "--print-config=json"])));
    let help = steelthread().args(["status", "--help"]).env("STEELTHREAD_TOKEN", OPS).output().unwrap();
    out.push(said(&help));
    out
}
