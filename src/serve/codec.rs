//! The raw codec: a message goes to the intake where it lies, and is not decoded here.

use super::replies::ExportResponse;
use super::{Accepted, Intake};
use bytes::Buf;
use prost::Message;
use std::sync::Arc;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// One for each request.
pub(super) struct RawCodec(pub(super) Arc<dyn Intake>);

impl Codec for RawCodec {
    type Encode = Accepted;
    type Decode = Accepted;
    type Encoder = Teller;
    type Decoder = Taker;

    fn encoder(&mut self) -> Teller {
        Teller
    }

    fn decoder(&mut self) -> Taker {
        Taker { intake: Arc::clone(&self.0), taken: false }
    }
}

/// Hands the message on.
pub(super) struct Taker {
    intake: Arc<dyn Intake>,
    taken: bool,
}

impl Decoder for Taker {
    type Item = Accepted;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Accepted>, Status> {
        // A unary call has one message. A second one would be taken without the sender being told what became of it.
        if std::mem::replace(&mut self.taken, true) {
            return Err(Status::invalid_argument("a call carries one ExportTraceServiceRequest, not several"));
        }
        let length = source.remaining();
        let accepted = if source.chunk().len() == length {
            self.intake.take(source.chunk())?
        } else {
            // Does not happen as long as tonic buffers a message in one piece.
            self.intake.take(&source.copy_to_bytes(length))?
        };
        source.advance(source.remaining());
        Ok(Some(accepted))
    }
}

/// Writes the response.
pub(super) struct Teller;

impl Encoder for Teller {
    type Item = Accepted;
    type Error = Status;

    fn encode(&mut self, accepted: Accepted, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        ExportResponse::from(accepted).encode(out).map_err(|error| Status::internal(error.to_string()))
    }
}
