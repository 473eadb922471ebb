//! OTLP/gRPC, with messages that are encoded already.

use super::sender::{Sent, taken};
use super::target::{Compression, Protocol, Signal, Target};
use super::tls;
use crate::outgoing::{USER_AGENT, short, told};
use bytes::{Buf, BufMut, Bytes};
use std::time::Duration;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Dead peers are found out by pings.
const PING_EVERY: Duration = Duration::from_secs(30);

pub(super) struct Grpc {
    client: tonic::client::Grpc<Channel>,
    path: PathAndQuery,
    headers: MetadataMap,
}

impl Grpc {
    pub(super) fn new(target: &Target, signal: Signal) -> Result<Self, String> {
        let mut endpoint = Endpoint::from_shared(target.endpoint.origin(Protocol::Grpc))
            .map_err(|error| format!("{}: {error}", target.endpoint))?
            .timeout(target.timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(target.timeout))
            .http2_keep_alive_interval(PING_EVERY)
            .initial_connection_window_size(1 << 20)
            .user_agent(USER_AGENT)
            .map_err(|error| error.to_string())?;
        if target.endpoint.is_secure() {
            endpoint = endpoint.tls_config(tls::for_grpc(target)?).map_err(|error| format!("TLS: {error}"))?;
        }
        let client = tonic::client::Grpc::new(endpoint.connect_lazy());
        let client = match target.compression {
            Compression::None => client,
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
            Compression::Zstd => client.send_compressed(CompressionEncoding::Zstd),
        };
        let headers = target.headers.pairs().iter().cloned().collect();
        Ok(Self { client, path: PathAndQuery::from_static(signal.grpc_path()), headers: MetadataMap::from_headers(headers) })
    }

    pub(super) async fn send(&self, message: Bytes) -> Sent {
        let mut client = self.client.clone();
        if let Err(error) = client.ready().await {
            return Sent::Later { why: format!("no connection: {}", told(&error)), after: None };
        }
        let mut request = Request::new(message);
        *request.metadata_mut() = self.headers.clone();
        match client.unary(request, self.path.clone(), AsIs).await {
            Ok(response) => taken(response.get_ref()),
            Err(status) => judged(&status),
        }
    }
}

/// Which answers are worth another attempt: the table of the OTLP specification.
fn judged(status: &Status) -> Sent {
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    // A status with a source was made on this side: the connection broke before there was an answer.
    let broken = std::error::Error::source(status).is_some();
    // What tonic says of a message that is too large, again and again.
    let too_large = status.code() == Code::OutOfRange && status.message().contains("message length too large");
    let again = match status.code() {
        _ if too_large => false,
        Code::Cancelled | Code::DeadlineExceeded | Code::Aborted | Code::OutOfRange | Code::Unavailable | Code::DataLoss => true,
        Code::ResourceExhausted => after.is_some(),
        _ => broken,
    };
    let why = format!("{:?}: {}", status.code(), if broken { told(status) } else { short(status.message()) });
    if again { Sent::Later { why, after } } else { Sent::Never { why } }
}

/// Bytes go out and come in as they are.
struct AsIs;

impl Codec for AsIs {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for AsIs {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.reserve(message.len());
        out.put(message);
        Ok(())
    }
}

impl Decoder for AsIs {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn the_codes_of_the_specification_are_worth_another_attempt_and_no_others() {
        let again = |status: &Status| matches!(judged(status), Sent::Later { .. });
        let worth: Vec<i32> = (1..=16).filter(|code| again(&Status::new(Code::from(*code), "no"))).collect();
        assert_eq!(worth, [1, 4, 10, 11, 14, 15]);
        assert!(!again(&Status::out_of_range("Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes")));
        let after = Duration::from_secs(3);
        let asked = Status::with_error_details(Code::ResourceExhausted, "no", ErrorDetails::with_retry_info(Some(after)));
        assert_eq!(judged(&asked), Sent::Later { why: "ResourceExhausted: no".into(), after: Some(after) });
    }

    #[test]
    fn a_connection_that_broke_is_worth_another_attempt_whatever_code_it_was_given() {
        let broken = Status::from_error(Box::new(std::io::Error::other("reset by peer")));
        let Sent::Later { why, after: None } = judged(&broken) else { panic!("{broken:?}") };
        assert!(why.contains("reset by peer"), "{why}");
    }
}
