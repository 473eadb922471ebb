//! OTLP/gRPC, by tonic's client.

use super::{LIMIT, request, server};
use crate::serve::replies::{RETRY_INFO, RetryInfo, RpcStatus};
use crate::serve::{Accepted, Encoding, Refusal};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message;
use std::time::Duration;
use tonic::codec::CompressionEncoding;
use tonic::codegen::{Service, http};
use tonic::{Code, Status};

#[tokio::test]
async fn a_message_comes_to_the_intake_byte_for_byte_plain_gzip_and_zstd() {
    let server = server(Ok(Accepted::default())).await;
    for encoding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let response = server.export(request(100_000), encoding).await.unwrap();
        assert_eq!(response.partial_success, None);
    }
    let sent = request(100_000).encode_to_vec();
    assert_eq!(*server.intake.messages.lock().unwrap(), vec![(Encoding::Protobuf, sent); 3]);
}

#[tokio::test]
async fn an_empty_request_is_a_full_success() {
    let server = server(Ok(Accepted::default())).await;
    let response = server.export(ExportTraceServiceRequest::default(), None).await.unwrap();
    assert_eq!(response.partial_success, None);
    assert_eq!(server.intake.messages.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn rejected_spans_and_warnings_are_told_as_partial_success() {
    for rejected_spans in [2, 0] {
        let server = server(Ok(Accepted { rejected_spans, message: "look here".into(), ..Accepted::default() })).await;
        let partial = server.export(request(1), None).await.unwrap().partial_success.unwrap();
        assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (rejected_spans as i64, "look here"));
    }
}

#[tokio::test]
async fn a_message_that_is_too_big_is_never_to_be_sent_again() {
    let server = server(Ok(Accepted::default())).await;
    for encoding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let status = server.export(request(LIMIT), encoding).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{encoding:?}: {status:?}");
        assert!(status.details().is_empty(), "RetryInfo would make the sender repeat it");
        assert!(status.message().contains("1048576 bytes"), "{}", status.message());
    }
    assert!(server.intake.messages.lock().unwrap().is_empty());
    server.export(request(LIMIT - 1000), Some(CompressionEncoding::Gzip)).await.unwrap();
}

#[tokio::test]
async fn overload_is_told_with_the_time_to_wait() {
    let refusal = Refusal::Overloaded { reason: "the budget is used up".into(), retry_after: Duration::from_millis(2500) };
    let status = server(Err(refusal)).await.export(request(1), None).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "the budget is used up"));
    let told = RpcStatus::decode(status.details()).unwrap();
    assert_eq!((told.code, told.message.as_str()), (14, "the budget is used up"));
    assert_eq!(told.details[0].type_url, RETRY_INFO);
    let delay = RetryInfo::decode(&told.details[0].value[..]).unwrap().retry_delay.unwrap();
    assert_eq!((delay.seconds, delay.nanos), (2, 500_000_000));
}

#[tokio::test]
async fn malformed_and_stopping_have_their_own_codes() {
    let status = server(Err(Refusal::Malformed("field 3 ends early".into()))).await.export(request(1), None).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "field 3 ends early"));
    let status = server(Err(Refusal::Stopping)).await.export(request(1), None).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(RpcStatus::decode(status.details()).unwrap().details[0].type_url, RETRY_INFO);
}

#[tokio::test]
async fn metrics_and_logs_sent_here_are_unimplemented() {
    let server = server(Ok(Accepted::default())).await;
    for path in [
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
    ] {
        let mut client = tonic::client::Grpc::new(server.channel().await);
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<ExportTraceServiceRequest, ExportTraceServiceResponse>::default();
        let sent = client.unary(tonic::Request::new(request(1)), path.parse().unwrap(), codec).await;
        assert_eq!(sent.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
    assert!(server.intake.messages.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_health_service_is_on_the_port() {
    let server = server(Ok(Accepted::default())).await;
    let mut client = tonic_health::pb::health_client::HealthClient::new(server.channel().await);
    for service in ["", "opentelemetry.proto.collector.trace.v1.TraceService"] {
        let request = tonic_health::pb::HealthCheckRequest { service: service.into() };
        assert_eq!(client.check(request).await.unwrap().into_inner().status, 1, "{service}");
    }
}

#[tokio::test]
async fn stopping_closes_the_port_and_ends() {
    let server = server(Ok(Accepted::default())).await;
    server.export(request(1), None).await.unwrap();
    server.stop.send(true).unwrap();
    for port in server.ended {
        port.await.unwrap().unwrap();
    }
    assert_eq!(server.intake.messages.lock().unwrap().len(), 1);
    // The port is free for the next server.
    let again = async {
        while tokio::net::TcpListener::bind(server.grpc).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), again).await.expect("the port stays taken");
}

#[tokio::test]
async fn a_message_that_cannot_be_decompressed_is_malformed() {
    let server = server(Ok(Accepted::default())).await;
    let mut channel = server.channel().await;
    let framed = [&[1, 0, 0, 0, 4][..], b"oops"].concat();
    let call = http::Request::post("http://here/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        .header("content-type", "application/grpc")
        .header("grpc-encoding", "gzip")
        .body(tonic::body::Body::new(axum::body::Body::from(framed)))
        .unwrap();
    std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
    let response = channel.call(call).await.unwrap();
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
}
