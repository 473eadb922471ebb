//! A plain OTLP/gRPC client.

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tonic::transport::Channel;

pub struct Sender {
    runtime: tokio::runtime::Runtime,
    channel: Channel,
}

impl Sender {
    pub fn new(port: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let endpoint = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Self { runtime, channel }
    }

    pub fn send(&self, request: ExportTraceServiceRequest) -> Result<ExportTraceServiceResponse, tonic::Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export".parse().unwrap();
        self.runtime.block_on(async {
            client.ready().await.map_err(|error| tonic::Status::unavailable(error.to_string()))?;
            let answer = client.unary(tonic::Request::new(request), path, tonic_prost::ProstCodec::default()).await;
            answer.map(tonic::Response::into_inner)
        })
    }
}
