//! Frames of the collector's file exporter with `compression: zstd`: each message packed by itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Limits, Outcome, Step, gzip, line, read, read_within, request, zstd};

/// Bodies with a big-endian length before each.
fn frames(bodies: &[Vec<u8>]) -> Vec<u8> {
    bodies.iter().flat_map(|body| [&(body.len() as u32).to_be_bytes()[..], body].concat()).collect()
}

/// How a message is written: both formats of the exporter.
const FORMATS: [fn(&str) -> Vec<u8>; 2] = [request, |name| line(name).into_bytes()];

fn packed(format: fn(&str) -> Vec<u8>, name: &str) -> Vec<u8> {
    zstd(&format(name))
}

/// Where the second of two frames begins.
fn second(first: &[u8]) -> usize {
    4 + first.len()
}

fn only_warning(outcome: &Outcome) -> &str {
    assert_eq!(outcome.warnings.len(), 1, "{:?}", outcome.warnings);
    &outcome.warnings[0]
}

#[test]
fn messages_packed_each_by_itself_are_read_in_both_formats() {
    for format in FORMATS {
        let file = frames(&[packed(format, "a"), packed(format, "b")]);
        for bytes in [file.clone(), gzip(&file), zstd(&file)] {
            let outcome = read(bytes);
            assert_eq!(outcome.names, ["a", "b"]);
            assert_eq!(outcome.steps, [Step::Taken, Step::Taken]);
            assert_eq!(outcome.warnings, [""; 0]);
        }
    }
}

/// What the file exporter 0.158.0 itself wrote: a request without spans, then the spans `a` and `b`, in both formats.
const WRITTEN: [&str; 2] = [
    "\
        0000000928b52ffd20000100000000002d28b52ffd040005010074010a2b122712237a002a016122001208020a10010a000a00021002f481\
        6c094ffe08450000002d28b52ffd040005010074010a2b122712237a002a016222001208020a10010a000a00021002f4816c0940ff6f86",
    "\
        0000000f28b52ffd04001100007b7dd194f27a0000006628b52ffd0400cd0200f2441016b0a519004be5eeec3e0229cf1629d2c128c2f00a\
        1b3a3b76ecd85db7aa8449b7f13b0758b6898247b707e15b502441948e21baedba03b7163c802448194df40a080039299ec24c4e64551a7a\
        26c86c00a888143cc30f3567d00000006628b52ffd0400cd0200f2441016a0c70c224859da0dab24495716eb42d9ff49250087013b76ecd8\
        5db7aa8449b707df59c0b25d143cba4d0cdf04401244e918a2dbae5b706bc113488294d144af080039299ec24c4e64551a7a26c86c00a888\
        143cc3fd423c02",
];

#[test]
fn what_the_exporter_wrote_is_read() {
    for hex in WRITTEN {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|digits| u8::from_str_radix(&hex[digits..digits + 2], 16).unwrap()).collect();
        let outcome = read(bytes);
        assert_eq!(outcome.names, ["a", "b"]);
        assert_eq!(outcome.steps, [Step::Taken; 3]);
        assert_eq!(outcome.warnings, [""; 0]);
    }
}

#[test]
fn packed_messages_of_every_length_are_read() {
    for length in [1, 100, 1_000, 20_000, 300_000, 9_000_000] {
        let name = "long".repeat(length / 4) + "x";
        for format in FORMATS {
            let outcome = read(frames(&[packed(format, &name), packed(format, "b")]));
            assert!(outcome.names == [name.as_str(), "b"], "{length}");
        }
    }
}

#[test]
fn one_file_may_hold_frames_of_every_kind() {
    let bodies = [request("a"), line("b").into_bytes(), zstd(&request("c")), zstd(line("d").as_bytes()), Vec::new(), zstd(b"")];
    for turn in 0..bodies.len() {
        let mut turned = bodies.to_vec();
        turned.rotate_left(turn);
        let mut outcome = read(frames(&turned));
        outcome.names.sort();
        assert_eq!(outcome.names, ["a", "b", "c", "d"], "{turn}");
        assert_eq!(outcome.warnings, [""; 0], "{turn}");
    }
}

#[test]
fn a_frame_that_unpacks_beyond_the_limit_is_refused_by_byte_and_the_next_goes_on() {
    let limits = Limits { message: 500, ..Limits::default() };
    for format in FORMATS {
        let (small, large) = (packed(format, "a"), packed(format, &"long".repeat(1_000_000)));
        assert!(large.len() < 500, "packed, it is within the limit");
        let outcome = read_within(frames(&[small.clone(), large.clone(), packed(format, "b")]), limits);
        assert_eq!(outcome.names, ["a", "b"]);
        assert_eq!(outcome.steps, [Step::Taken, Step::Refused, Step::Taken]);
        let what = "a frame that unpacks to more than the 500 bytes that are allowed for a message; skipped";
        assert_eq!(only_warning(&outcome), format!("f, byte {}: {what}", second(&small)));
        let first = read_within(frames(&[large, small]), limits);
        assert_eq!(first.names, ["a"]);
        assert_eq!(only_warning(&first), format!("f, byte 0: {what}"));
    }
}

#[test]
fn the_limit_itself_is_allowed() {
    for format in FORMATS {
        let length = format("a").len();
        let file = frames(&[packed(format, "a")]);
        // The packed form of so short a message is no shorter; both must fit.
        let exact = Limits { message: length.max(file.len() - 4), ..Limits::default() };
        assert_eq!(read_within(file.clone(), exact).names, ["a"]);
    }
    let name = "long".repeat(1_000);
    let exact = Limits { message: request(&name).len(), ..Limits::default() };
    let below = Limits { message: exact.message - 1, ..exact };
    let file = frames(&[packed(request, &name)]);
    assert_eq!(read_within(file.clone(), exact).names, [name.as_str()]);
    assert_eq!(only_warning(&read_within(file, below)).split(':').next(), Some("f, byte 0"));
}

#[test]
fn a_frame_that_is_too_long_before_it_is_unpacked_is_skipped_even_as_the_first() {
    let noise: String = (0..2_000_u32).map(|number| format!("{:x}", number.wrapping_mul(2_654_435_761))).collect();
    let limits = Limits { message: 500, ..Limits::default() };
    let outcome = read_within(frames(&[packed(request, &noise), packed(request, "b")]), limits);
    assert_eq!(outcome.names, ["b"]);
    let warning = only_warning(&outcome);
    assert!(warning.starts_with("f, byte 0: a frame of ") && warning.contains("more than the 500 that are allowed"), "{warning}");
}

#[test]
fn a_damaged_packed_frame_is_named_by_byte_and_the_next_goes_on() {
    for format in FORMATS {
        let good = packed(format, "a");
        let cut = good[..good.len() - 5].to_vec();
        let followed = [&good[..], b"behind"].concat();
        let mut header = good.clone();
        header[4] ^= 0xff;
        for damaged in [cut, followed, header] {
            let outcome = read(frames(&[good.clone(), damaged.clone(), packed(format, "b")]));
            assert_eq!(outcome.names, ["a", "b"]);
            assert_eq!(outcome.steps, [Step::Taken, Step::Refused, Step::Taken]);
            let begin = format!("f, byte {}: a frame whose zstd data is broken (", second(&good));
            let warning = only_warning(&outcome);
            assert!(warning.starts_with(&begin) && warning.ends_with("); skipped"), "{warning}");
            let first = read(frames(&[damaged, good.clone()]));
            assert_eq!(first.names, ["a"]);
            assert!(only_warning(&first).starts_with("f, byte 0: a frame whose zstd data is broken ("), "{:?}", first.warnings);
        }
    }
}

#[test]
fn any_damaged_byte_of_a_frame_with_a_checksum_costs_that_frame_alone() {
    let checked = |bytes: &[u8]| {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        std::io::copy(&mut &bytes[..], &mut encoder).unwrap();
        encoder.finish().unwrap()
    };
    for format in FORMATS {
        let good = checked(&format("lost"));
        for byte in 0..good.len() {
            let mut damaged = good.clone();
            damaged[byte] ^= 0x10;
            let outcome = read(frames(&[packed(format, "a"), damaged, packed(format, "b")]));
            // A bit of the header is unused: what it damages is still whole.
            let names: Vec<_> = outcome.names.iter().filter(|name| *name != "lost").collect();
            assert_eq!(names, ["a", "b"], "{byte}");
            assert_eq!(outcome.names.len() + outcome.warnings.len(), 3, "{byte}");
        }
    }
}

#[test]
fn a_packed_body_that_is_no_request_is_named_by_byte_and_skipped() {
    let metrics = br#"{"resourceMetrics":[]}"#;
    for (body, why) in [
        (&metrics[..], "no OTLP traces: there is no field `resourceSpans`"),
        (br#"{"resourceSpans":[}"#, "not JSON (expected value at line 1, column 19)"),
        (&[0x0a, 9, 1, 1], "at byte "),
        (b"hello", "at byte "),
    ] {
        let outcome = read(frames(&[zstd(body), zstd(&request("b"))]));
        assert_eq!(outcome.names, ["b"]);
        let begin = format!("f, byte 0: a frame that is no OTLP request ({why}");
        assert!(only_warning(&outcome).starts_with(&begin), "{:?}", outcome.warnings);
    }
}

#[test]
fn a_last_packed_frame_that_is_cut_off_is_named_by_byte() {
    for format in FORMATS {
        let (first, last) = (packed(format, "a"), packed(format, "b"));
        let file = frames(&[first.clone(), last.clone()]);
        for cut in 1..second(&last) {
            let outcome = read(&file[..file.len() - cut]);
            assert_eq!(outcome.names, ["a"]);
            let begin = format!("f, byte {}: cut off in the frame that begins here", second(&first));
            assert!(only_warning(&outcome).starts_with(&begin), "{:?}", outcome.warnings);
        }
        let alone = read(&frames(&[first])[..20]);
        assert!(only_warning(&alone).starts_with("f, byte 0: cut off in the frame that begins here"), "{:?}", alone.warnings);
    }
}
