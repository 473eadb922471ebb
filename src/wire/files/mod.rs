//! Files, and whatever comes through a pipe: unpacked, framing and format found out, read step by step.
//!
//! It decides by content, never by name: gzip and zstd by their magic bytes; then OTLP in frames (a length of four bytes before each request:
//! big-endian as the collector's file exporter writes it, or little-endian), JSON (OTLP or Jaeger; a document a line, or documents over many
//! lines), or one bare protobuf request. Frames are believed only if the first one can be read as a request.
//!
//! The file exporter writes JSON as lines and protobuf in frames. With `compression: zstd` it writes both in frames, each message packed by
//! itself, and with its gate `exporter.file.nativeCompression` the lines or frames go through one zstd stream. All of these are read.
//!
//! A step hands on one document or frame. What cannot be read is skipped with a warning that names file and place, and reading goes on behind it;
//! where no behind can be told (a cut-off file, a broken archive), the rest of that file is skipped. Memory is bounded by the largest document
//! that [`Limits`] allow.
//!
//! The road not taken: mapping files into memory. Most are compressed, some are pipes, and a file that shrinks under a map kills the process.

mod body;
mod buffer;
mod detect;
mod error;
mod frames;
mod scan;
mod source;
mod text;
mod warnings;

#[cfg(test)]
mod tests;

use super::SpanSink;
use super::otlp::Scratch;
use body::Unpacker;
use buffer::Buffer;
use detect::{Content, detect};
pub use error::ReadError;
use source::{Input, Position};
use std::collections::VecDeque;
use std::io::Read;
use std::path::PathBuf;
pub use warnings::Warnings;

/// How much is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an OTLP document: a frame, a line, a bare request.
    pub message: usize,
    /// Bytes of any other JSON document: a Jaeger download is one document, however many traces are in it.
    pub document: usize,
    /// Attributes of a span or resource, and links of a span, that are looked at.
    pub attributes: usize,
}

impl Default for Limits {
    /// 64 MiB a message, 1 GiB a Jaeger document, 256 attributes.
    fn default() -> Self {
        Self { message: 64 << 20, document: 1 << 30, attributes: 256 }
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A document was read whole. What the sink got in this step counts.
    Taken,
    /// A document could not be read to its end; a warning says why. What the sink got in this step must be dropped.
    Refused,
    /// Nothing is left.
    End,
}

/// Reads files one after another.
#[derive(Debug)]
pub struct Reader {
    inputs: VecDeque<Input>,
    current: Option<Current>,
    position: Position,
    total: Option<u64>,
    limits: Limits,
    warnings: Warnings,
    scratch: Scratch,
    unpacker: Unpacker,
}

/// The file that is being read.
#[derive(Debug)]
struct Current {
    name: String,
    size: Option<u64>,
    buffer: Buffer,
    content: Content,
}

/// What reading one document needs besides its bytes.
struct Desk<'a> {
    name: &'a str,
    limits: Limits,
    warnings: &'a mut Warnings,
    scratch: &'a mut Scratch,
    unpacker: &'a mut Unpacker,
}

impl Desk<'_> {
    /// Notes what is wrong at a place of the file, such as `:12` or `, byte 4711`.
    fn warn(&mut self, place: &str, what: &str) {
        self.warnings.add(format!("{}{place}: {what}", self.name));
    }

    /// Notes what is wrong at a place behind which nothing of the file can be read.
    fn warn_rest(&mut self, place: &str, what: &str) {
        self.warnings.add_of_file(format!("{}{place}: {what}; the rest of the file is skipped", self.name));
    }

    /// Notes what is wrong with the whole file.
    fn warn_of_file(&mut self, what: &str) {
        self.warnings.add_of_file(format!("{}: {what}", self.name));
    }
}

impl Reader {
    /// Reads these files in this order; `-` is standard input.
    ///
    /// # Errors
    /// The first path that is no file or cannot be read.
    pub fn open(paths: &[PathBuf], limits: Limits) -> Result<Self, ReadError> {
        let mut inputs = VecDeque::with_capacity(paths.len());
        let mut total = Some(0_u64);
        for path in paths {
            let input = Input::at(path)?;
            if input.is_stdin() && inputs.iter().any(Input::is_stdin) {
                return Err(ReadError::StdinTwice);
            }
            total = total.zip(input.size()).map(|(sum, bytes)| sum.saturating_add(bytes));
            inputs.push_back(input);
        }
        Ok(Self::over(inputs, total, limits))
    }

    /// Reads a stream that is no file; `name` stands for it in warnings.
    pub fn of_stream(name: &str, stream: impl Read + Send + 'static, limits: Limits) -> Self {
        Self::over(VecDeque::from([Input::stream(name, stream)]), None, limits)
    }

    fn over(inputs: VecDeque<Input>, total: Option<u64>, limits: Limits) -> Self {
        let (position, warnings, scratch) = (Position::default(), Warnings::default(), Scratch::default());
        Self { inputs, current: None, position, total, limits, warnings, scratch, unpacker: Unpacker::default() }
    }

    /// Hands the spans of the next document to `sink`.
    ///
    /// # Errors
    /// A file that the system cannot read any more; broken content is no error but a warning.
    pub fn step(&mut self, sink: &mut impl SpanSink) -> Result<Step, ReadError> {
        loop {
            let Some(mut current) = self.current.take() else {
                let Some(input) = self.inputs.pop_front() else { return Ok(Step::End) };
                self.current = Some(self.begin(input)?);
                continue;
            };
            let mut desk = Desk {
                name: &current.name,
                limits: self.limits,
                warnings: &mut self.warnings,
                scratch: &mut self.scratch,
                unpacker: &mut self.unpacker,
            };
            let step = match &mut current.content {
                Content::Frames(frames) => frames.step(&mut current.buffer, &mut desk, sink),
                Content::Text(text) => text.step(&mut current.buffer, &mut desk, sink),
                Content::Bare => frames::bare(&mut current.buffer, &mut desk, sink),
                Content::Nothing => None,
            };
            match step {
                Some(step) => {
                    self.current = Some(current);
                    return Ok(step);
                }
                None => self.end(&current)?,
            }
        }
    }

    /// Opens the next file and finds out what is in it.
    fn begin(&mut self, input: Input) -> Result<Current, ReadError> {
        let (name, size) = (input.name(), input.size());
        self.position.begin_file();
        let mut buffer = Buffer::over(input.open(&self.position)?);
        let mut desk = Desk {
            name: &name,
            limits: self.limits,
            warnings: &mut self.warnings,
            scratch: &mut self.scratch,
            unpacker: &mut self.unpacker,
        };
        let content = detect(&mut buffer, &mut desk);
        Ok(Current { name, size, buffer, content })
    }

    /// Says how a file ended, if not well.
    fn end(&mut self, current: &Current) -> Result<(), ReadError> {
        let at = self.position.in_file();
        self.position.end_file(current.size.unwrap_or(0));
        let Some(error) = current.buffer.failure() else { return Ok(()) };
        if self.position.is_broken() {
            return Err(ReadError::Broken { name: current.name.clone(), at, error: error.to_string() });
        }
        let unpacked = current.buffer.read();
        self.warnings.add_of_file(format!(
            "{}, byte {at}: the compressed data is broken or cut off here, {unpacked} bytes unpacked ({error}); the rest of the file is skipped",
            current.name
        ));
        Ok(())
    }

    /// Bytes read so far, as they lie in the files.
    pub fn bytes_read(&self) -> u64 {
        self.position.in_all()
    }

    /// Bytes of all files; `None` if one of them is a stream that does not say.
    pub fn bytes_total(&self) -> Option<u64> {
        self.total
    }

    /// What could not be read.
    pub fn warnings(&self) -> &Warnings {
        &self.warnings
    }
}
