//! Decompression that stops in time.
//!
//! A few bytes may stand for gigabytes. So what comes out is looked at piece by piece: beyond the limit of a message nothing more is
//! produced, and each piece counts toward the bytes under way. One layer is removed, never more. A frame of zstd names the window that
//! its reader must keep: larger ones than a message has use for are refused before they are set aside.
//!
//! The road not taken: the decompressor of tonic. It has a limit for what comes out, but none for the window, and holds up the
//! thread, and with it other senders, until all has come out.

use super::refused::Refused;
use super::senders::Holding;
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::io::{Cursor, Read};
use zstd::stream::read::Decoder;

/// Produced between two looks at the limits.
const PIECE: usize = 256 << 10;
/// Every reader of zstd must know windows of 8 MiB.
const USUAL_WINDOW_LOG: u32 = 23;
/// And none needs to know larger ones than 128 MiB.
const LARGEST_WINDOW_LOG: u32 = 27;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Zstd,
}

/// A message on its way out of its compression.
pub(super) struct Inflating {
    source: Source,
    out: Vec<u8>,
    limit: usize,
    done: bool,
}

enum Source {
    Gzip(Box<MultiGzDecoder<Cursor<Bytes>>>),
    Zstd(Box<Decoder<'static, Cursor<Bytes>>>),
}

impl Inflating {
    /// A compressed message; at most `limit` bytes are to come out.
    pub(super) fn new(coding: Coding, compressed: Bytes, limit: usize) -> Result<Self, Refused> {
        let room = told_length(coding, &compressed).min(limit);
        let cursor = Cursor::new(compressed);
        let source = match coding {
            Coding::Gzip => Source::Gzip(Box::new(MultiGzDecoder::new(cursor))),
            Coding::Zstd => Source::Zstd(Box::new(zstd_decoder(cursor, limit).map_err(|error| unreadable(coding, &error))?)),
        };
        Ok(Self { source, out: Vec::with_capacity(room), limit, done: false })
    }

    /// Goes on until about `upto` bytes have come out in all, or everything. True if that is everything.
    pub(super) fn run(&mut self, upto: usize, holding: &mut Holding) -> Result<bool, Refused> {
        while !self.done && self.out.len() < upto {
            let before = self.out.len();
            // One byte beyond the limit tells a message that is too big from one that just fits.
            let most = PIECE.min(self.limit + 1 - before) as u64;
            let read = match &mut self.source {
                Source::Gzip(source) => source.take(most).read_to_end(&mut self.out),
                Source::Zstd(source) => source.take(most).read_to_end(&mut self.out),
            };
            let count = read.map_err(|error| unreadable(self.coding(), &error))?;
            holding.add(count)?;
            if self.out.len() > self.limit {
                return Err(Refused::too_big(self.limit));
            }
            self.done = count == 0;
        }
        Ok(self.done)
    }

    /// What has come out.
    pub(super) fn into_message(self) -> Bytes {
        self.out.into()
    }

    const fn coding(&self) -> Coding {
        match self.source {
            Source::Gzip(_) => Coding::Gzip,
            Source::Zstd(_) => Coding::Zstd,
        }
    }
}

/// Refuses windows that a message within the limit has no use for.
fn zstd_decoder(cursor: Cursor<Bytes>, limit: usize) -> std::io::Result<Decoder<'static, Cursor<Bytes>>> {
    let mut decoder = Decoder::with_buffer(cursor)?;
    let enough = usize::BITS - limit.saturating_sub(1).leading_zeros();
    decoder.window_log_max(enough.clamp(USUAL_WINDOW_LOG, LARGEST_WINDOW_LOG))?;
    Ok(decoder)
}

/// How long the message says it will be. Nobody vouches for that: it only spares growing.
fn told_length(coding: Coding, compressed: &[u8]) -> usize {
    match coding {
        Coding::Gzip => compressed.last_chunk().map_or(0, |last: &[u8; 4]| u32::from_le_bytes(*last) as usize),
        Coding::Zstd => {
            let told = zstd::zstd_safe::get_frame_content_size(compressed).ok().flatten();
            told.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
        }
    }
    // Neither format makes more than this of a byte, but for zeros.
    .min(compressed.len().saturating_mul(64))
}

fn unreadable(coding: Coding, error: &std::io::Error) -> Refused {
    let name = match coding {
        Coding::Gzip => "gzip",
        Coding::Zstd => "zstd",
    };
    Refused::malformed(format!("the body cannot be decompressed by {name}: {error}"))
}
