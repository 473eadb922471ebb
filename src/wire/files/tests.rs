#![allow(clippy::unwrap_used, clippy::expect_used)]

mod packed;

use super::{Limits, ReadError, Reader, Step};
use crate::wire::seen::Seen;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// A request with one span of this name.
fn request(name: &str) -> Vec<u8> {
    let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: name.to_owned(), ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }.encode_to_vec()
}

fn framed(names: &[&str], head: fn(u32) -> [u8; 4]) -> Vec<u8> {
    names.iter().flat_map(|name| [&head(request(name).len() as u32)[..], &request(name)].concat()).collect()
}

fn line(name: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{}","name":"{name}"}}]}}]}}]}}"#,
        "01".repeat(16),
        "02".repeat(8)
    )
}

fn jaeger(name: &str) -> String {
    format!(
        r#"{{"data":[{{"traceID":"1","spans":[{{"traceID":"1","spanID":"2","operationName":"{name}","processID":"p"}}],"processes":{{"p":{{"serviceName":"s"}}}}}}]}}"#
    )
}

/// The same document over many lines.
fn spread(document: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(document).unwrap()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// What reading came to.
struct Outcome {
    names: Vec<String>,
    steps: Vec<Step>,
    warnings: Vec<String>,
}

fn finish(mut reader: Reader) -> Outcome {
    let (mut names, mut steps) = (Vec::new(), Vec::new());
    loop {
        let mut seen = Seen::default();
        match reader.step(&mut seen).unwrap() {
            Step::End => break,
            step => steps.push(step),
        }
        names.extend(seen.spans().iter().map(|span| String::from_utf8(span.name.clone()).unwrap()));
    }
    Outcome { names, steps, warnings: reader.warnings().kept().to_vec() }
}

fn read(bytes: impl Into<Vec<u8>>) -> Outcome {
    read_within(bytes, Limits::default())
}

fn read_within(bytes: impl Into<Vec<u8>>, limits: Limits) -> Outcome {
    finish(Reader::of_stream("f", io::Cursor::new(bytes.into()), limits))
}

#[test]
fn every_content_is_found_out_in_every_packing() {
    let contents: [(&str, Vec<u8>); 8] = [
        ("lines", format!("{}\n\n{}\r\n", line("a"), line("b")).into()),
        ("lines without the last end", format!("{}\n{}", line("a"), line("b")).into()),
        ("documents over many lines", format!("{}\n{}\n", spread(&line("a")), spread(&line("b"))).into()),
        ("jaeger in a line", format!("{}\n{}", jaeger("a"), jaeger("b")).into()),
        ("jaeger over many lines", format!(" {}{}", spread(&jaeger("a")), spread(&jaeger("b"))).into()),
        ("big-endian frames", framed(&["a", "b"], u32::to_be_bytes)),
        ("little-endian frames", framed(&["a", "b"], u32::to_le_bytes)),
        ("one bare request", [request("a"), request("b")].concat()),
    ];
    for (what, bytes) in contents {
        let two = |pack: fn(&[u8]) -> Vec<u8>| bytes.split_at(bytes.len() / 2).into_iter_pack(pack);
        for (packing, packed) in [
            ("plain", bytes.clone()),
            ("gzip", gzip(&bytes)),
            ("zstd", zstd(&bytes)),
            ("two gzips", two(gzip)),
            ("two zstds", two(zstd)),
        ] {
            let outcome = read(packed);
            assert_eq!(outcome.names, ["a", "b"], "{what}, {packing}");
            assert_eq!(outcome.warnings, [""; 0], "{what}, {packing}");
            assert!(outcome.steps.iter().all(|step| *step == Step::Taken), "{what}, {packing}");
        }
    }
}

trait Pack {
    fn into_iter_pack(self, pack: fn(&[u8]) -> Vec<u8>) -> Vec<u8>;
}

impl Pack for (&[u8], &[u8]) {
    /// Two archives, one behind the other.
    fn into_iter_pack(self, pack: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        [pack(self.0), pack(self.1)].concat()
    }
}

#[test]
fn a_zstd_stream_may_begin_with_a_frame_to_skip() {
    let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"any", &zstd(line("a").as_bytes())].concat();
    assert_eq!(read(skipped).names, ["a"]);
}

#[test]
fn frames_of_every_length_are_told_apart_by_walking_the_first() {
    for length in [1, 100, 110, 240, 1_000, 20_000, 70_000] {
        let name = "n".repeat(length);
        for head in [u32::to_be_bytes as fn(u32) -> [u8; 4], u32::to_le_bytes] {
            let outcome = read(framed(&[&name, "b"], head));
            assert_eq!(outcome.names, [name.as_str(), "b"], "{length}");
        }
    }
}

#[test]
fn a_step_hands_on_one_document() {
    let text = format!("{}\nnonsense\n{}\n", line("a"), line("b"));
    assert_eq!(read(text).steps, [Step::Taken, Step::Refused, Step::Taken]);
}

#[test]
fn a_bad_line_is_named_and_skipped_and_the_next_goes_on() {
    let text = format!("{}\n{{\"resourceSpans\":[}}\n\n{}\n{{\"a\":1}}\n[1,2]\n{}\n", line("a"), line("b"), line("c"));
    let outcome = read(text);
    assert_eq!(outcome.names, ["a", "b", "c"]);
    assert_eq!(
        outcome.warnings,
        [
            "f:2: not JSON (expected value, column 19); skipped",
            "f:5: JSON, but neither OTLP traces (`resourceSpans`) nor Jaeger (`data`, `spans`); skipped",
            "f:6: JSON, but neither OTLP traces (`resourceSpans`) nor Jaeger (`data`, `spans`); skipped",
        ]
    );
}

#[test]
fn a_first_line_that_is_no_json_or_cut_off_anywhere_costs_only_itself() {
    let whole = line("lost");
    for cut in 1..whole.len() {
        let outcome = read(format!("{}\n{}\n{}\n", &whole[..cut], line("a"), line("b")));
        assert_eq!(outcome.names, ["a", "b"], "{:?}", &whole[..cut]);
        assert_eq!(outcome.warnings.len(), 1, "{:?} {:?}", &whole[..cut], outcome.warnings);
        assert!(outcome.warnings[0].starts_with("f:1: not JSON ("), "{}", outcome.warnings[0]);
    }
    assert_eq!(read(format!("hello\n{}\n", line("a"))).names, ["a"]);
    assert_eq!(read(format!("{{\"resourceSpans\":[\n{}", line("a"))).names, ["a"]);
}

#[test]
fn a_last_line_that_is_cut_off_is_named() {
    let outcome = read(format!("{}\n{}", line("a"), &line("b")[..40]));
    assert_eq!(outcome.names, ["a"]);
    assert_eq!(outcome.warnings.len(), 1);
    assert!(outcome.warnings[0].starts_with("f:2: not JSON (EOF while parsing"), "{}", outcome.warnings[0]);
}

#[test]
fn a_document_over_many_lines_that_is_broken_is_named_by_line_and_ends_the_file() {
    let good = spread(&jaeger("a"));
    let broken = good.replacen("\"traceID\"", "traceID", 1);
    let outcome = read(format!("{good}\n{broken}\n{good}"));
    assert_eq!(outcome.names[0], "a");
    let line = good.lines().count() + 1 + broken.lines().position(|line| line.trim().starts_with("traceID")).unwrap();
    assert!(
        outcome.warnings[0].starts_with(&format!("f:{line}: not JSON (key must be a string, column")),
        "{:?}",
        outcome.warnings
    );
    let cut = read(&good[..good.len() - 30]);
    assert_eq!(cut.warnings.len(), 1);
    assert!(cut.warnings[0].ends_with("the rest of the file is skipped"), "{:?}", cut.warnings);
}

#[test]
fn warnings_are_kept_in_words_for_the_first_twenty_and_counted_beyond() {
    let mut reader = Reader::of_stream("f", io::Cursor::new("x\n".repeat(50)), Limits::default());
    while reader.step(&mut Seen::default()).unwrap() != Step::End {}
    assert_eq!((reader.warnings().kept().len(), reader.warnings().more(), reader.warnings().count()), (20, 30, 50));
    assert!(reader.warnings().kept()[19].starts_with("f:20: "));
}

#[test]
fn a_line_beyond_the_limit_is_skipped_without_holding_it() {
    let limits = Limits { message: 300, document: 400, ..Limits::default() };
    let text = format!("{}\n{}\n{}\n", line("a"), line(&"long".repeat(500_000)), line("b"));
    let outcome = read_within(text, limits);
    assert_eq!(outcome.names, ["a", "b"]);
    assert_eq!(outcome.warnings, ["f:2: a line of more than the 300 bytes that are allowed; skipped"]);
    let first = read_within(format!("{}\n{}\n", line(&"long".repeat(500_000)), line("b")), limits);
    assert_eq!(first.names, ["b"]);
    assert_eq!(first.warnings, ["f:1: a line of more than the 300 bytes that are allowed; skipped"]);
}

#[test]
fn a_jaeger_document_may_be_longer_than_a_message() {
    let limits = Limits { message: 10, document: 10_000, ..Limits::default() };
    assert_eq!(read_within(jaeger("a"), limits).names, ["a"]);
    assert_eq!(read_within(spread(&jaeger("a")), limits).names, ["a"]);
    let outcome = read_within(spread(&jaeger(&"long".repeat(90_000))), limits);
    assert_eq!(
        outcome.warnings,
        ["f:1: a document of more than the 10000 bytes that are allowed; the rest of the file is skipped"]
    );
}

#[test]
fn a_frame_that_is_broken_is_named_by_byte_and_skipped() {
    let broken = [&[0, 0, 0, 4][..], &[0x0a, 9, 1, 1]].concat();
    let outcome = read([framed(&["a"], u32::to_be_bytes), broken.clone(), framed(&["b"], u32::to_be_bytes)].concat());
    let at = framed(&["a"], u32::to_be_bytes).len();
    assert_eq!(outcome.names, ["a", "b"]);
    assert_eq!(outcome.warnings.len(), 1);
    assert!(
        outcome.warnings[0].starts_with(&format!("f, byte {at}: a frame that is no OTLP request (at byte 2: ")),
        "{:?}",
        outcome.warnings
    );
    let first = read([broken, framed(&["b"], u32::to_be_bytes)].concat());
    assert_eq!((first.names, first.warnings.len()), (vec!["b".to_owned()], 1));
}

#[test]
fn a_frame_that_is_cut_off_or_too_large_is_named_by_byte() {
    let bytes = framed(&["a", "b"], u32::to_le_bytes);
    for cut in 1..=bytes.len() / 2 {
        let outcome = read(&bytes[..bytes.len() - cut]);
        let named = format!("f, byte {}: cut off in the frame that begins here", bytes.len() / 2);
        assert_eq!(outcome.names, ["a"]);
        assert_eq!(outcome.warnings.len(), usize::from(cut != bytes.len() / 2));
        assert!(outcome.warnings.iter().all(|warning| warning.starts_with(&named)), "{:?}", outcome.warnings);
    }
    let limits = Limits { message: 100, ..Limits::default() };
    let outcome = read_within(framed(&["a", &"long".repeat(1_000), "b"], u32::to_be_bytes), limits);
    assert_eq!(outcome.names, ["a", "b"]);
    assert!(outcome.warnings[0].ends_with("more than the 100 that are allowed for a message; skipped"), "{:?}", outcome.warnings);
}

#[test]
fn a_first_frame_that_is_cut_off_is_still_a_frame() {
    let bytes = framed(&["a"], u32::to_be_bytes);
    let outcome = read(&bytes[..bytes.len() - 3]);
    assert!(outcome.warnings[0].starts_with("f, byte 0: cut off in the frame that begins here"), "{:?}", outcome.warnings);
}

#[test]
fn a_broken_archive_gives_what_is_before_the_break_and_one_warning() {
    let text = (0..2_000).map(|number| line(&format!("{number:x}")) + "\n").collect::<String>();
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        let packed = pack(text.as_bytes());
        let cut = read(&packed[..packed.len() * 3 / 4]);
        assert!(!cut.names.is_empty() && cut.names.len() < 2_000);
        assert_eq!(cut.warnings.len(), 1, "{:?}", cut.warnings);
        assert!(
            cut.warnings[0].starts_with("f, byte ") && cut.warnings[0].contains("broken or cut off here"),
            "{}",
            cut.warnings[0]
        );
        let mut corrupt = packed.clone();
        corrupt[packed.len() / 2..][..64].fill(0x55);
        let corrupt = read(corrupt);
        assert!(corrupt.names.len() < 2_000);
        assert!(
            corrupt.warnings.iter().any(|warning| warning.contains("the rest of the file is skipped")),
            "{:?}",
            corrupt.warnings
        );
    }
    assert_eq!(read(&zstd(b"x")[..6]).warnings.len(), 1);
}

#[test]
fn an_empty_file_and_one_of_unknown_content_are_warned_of() {
    for nothing in [&b""[..], b"\n \n"] {
        assert_eq!(read(nothing).warnings, ["f: empty; there is nothing to read"]);
    }
    assert_eq!(read(gzip(b"")).warnings, ["f: empty; there is nothing to read"]);
    let picture = read(&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]);
    assert!(picture.warnings[0].starts_with("f: neither OTLP"), "{:?}", picture.warnings);
    assert_eq!(picture.warnings.len(), 1);
}

#[test]
fn files_are_read_in_order_and_progress_counts_bytes_as_they_lie() {
    let folder = tempfile::tempdir().unwrap();
    let contents =
        [gzip(line("a").as_bytes()), framed(&["b"], u32::to_be_bytes), Vec::new(), vec![0x89, 1, 2], line("c").into_bytes()];
    let paths: Vec<PathBuf> = (0..contents.len()).map(|number| folder.path().join(number.to_string())).collect();
    for (path, bytes) in paths.iter().zip(&contents) {
        std::fs::write(path, bytes).unwrap();
    }
    let mut reader = Reader::open(&paths, Limits::default()).unwrap();
    let total: usize = contents.iter().map(Vec::len).sum();
    assert_eq!((reader.bytes_total(), reader.bytes_read()), (Some(total as u64), 0));
    let mut seen = Seen::default();
    while reader.step(&mut seen).unwrap() != Step::End {}
    assert_eq!(reader.bytes_read(), total as u64);
    let names: Vec<_> = seen.spans().iter().map(|span| span.name.clone()).collect();
    assert_eq!(names, [b"a", b"b", b"c"]);
    assert_eq!(reader.warnings().count(), 2);
    assert!(reader.warnings().kept()[0].starts_with(&paths[2].display().to_string()));
}

#[test]
fn a_path_that_is_no_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.json");
    let error = Reader::open(std::slice::from_ref(&missing), Limits::default()).unwrap_err();
    assert_eq!(error, ReadError::NotFound { name: missing.display().to_string() });
    let error = Reader::open(&[folder.path().to_owned()], Limits::default()).unwrap_err();
    assert!(error.to_string().ends_with("/*"), "{error}");
    let twice = Reader::open(&[PathBuf::from("-"), PathBuf::from("-")], Limits::default()).unwrap_err();
    assert_eq!(twice, ReadError::StdinTwice);
    assert_eq!(Reader::open(&[PathBuf::from("-")], Limits::default()).unwrap().bytes_total(), None);
}

#[test]
fn a_disk_that_fails_is_an_error_and_no_warning() {
    struct Failing(io::Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(io::Error::other("bad sector")),
                read => Ok(read),
            }
        }
    }
    let bytes = framed(&["a"], u32::to_be_bytes);
    let length = bytes.len() as u64;
    let mut reader = Reader::of_stream("f", Failing(io::Cursor::new(bytes)), Limits::default());
    assert_eq!(reader.step(&mut Seen::default()), Ok(Step::Taken));
    let error = reader.step(&mut Seen::default()).unwrap_err();
    assert_eq!(error, ReadError::Broken { name: "f".to_owned(), at: length, error: "bad sector".to_owned() });
}
