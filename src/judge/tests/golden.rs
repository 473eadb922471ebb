//! The reference critical path on cases that two open-source tools (both Apache-2.0) are tested with, restated as numbers: the first
//! nine with all their sections, the others with the time that each operation spends itself.

use super::scene::{BUY, Scene};
use crate::judge::PathMode;

/// Spans as text, and `span start-end` from the end to the start.
const SECTIONS: [(&str, &str); 9] = [
    // two sequential children
    (
        "sc internal 1-101 #C entry\nsd internal 20-40 #D parent=C\nse internal 50-60 #E parent=C",
        "C 60-101, E 50-60, C 40-50, D 20-40, C 1-20",
    ),
    // two overlapping children; only the last-finishing one counts, time before its start goes to the parent
    ("sx internal 1-101 #X entry\nsa internal 10-50 #A parent=X\nsc internal 20-60 #C parent=X", "X 60-101, C 20-60, X 1-20"),
    // child starts after parent ended: dropped
    ("sa internal 100-140 #A entry\nsb internal 200-500 #B parent=A", "A 100-140"),
    // child and grandchild outside: both dropped
    ("sa internal 1-31 #A entry\nsb internal 40-80 #B parent=A\nsc internal 50-60 #C parent=B", "A 1-31"),
    // PRODUCER to CONSUMER subtree pruned as non-blocking
    ("sa producer 1-31 #A entry\nsb consumer 10-20 #B parent=A\nsc internal 12-14 #C parent=B", "A 1-31"),
    // B truncated to [15,30], C truncated to [15,25]
    ("sa internal 1-30 #A entry\nsb internal 15-35 #B parent=A\nsc internal 10-25 #C parent=B", "B 25-30, C 15-25, A 1-15"),
    // cascade truncation of right overflow
    ("sa internal 1-30 #A entry\nsb internal 15-35 #B parent=A\nsc internal 20-40 #C parent=B", "C 20-30, B 15-20, A 1-15"),
    // child covers the parent on both sides: truncated to the parent
    ("sa internal 10-30 #A entry\nsb internal 5-35 #B parent=A", "B 10-30"),
    // child ends before parent starts: dropped
    ("sa internal 10-30 #A entry\nsb internal 1-5 #B parent=A", "A 10-30"),
];

/// Spans as text, and `service operation time`, sorted.
const OWN_TIMES: [(&str, &str); 25] = [
    ("S1 internal 0-100 #A name=O1 entry", "S1 O1 100"),
    ("S1 internal 0-100 #A name=O1 entry\nS2 internal 10-60 #B name=O2 parent=A", "S1 O1 50, S2 O2 50"),
    ("S1 internal 0-100 #A name=O1 entry\nS2 internal 0-100 #B name=O2 parent=A", "S2 O2 100"),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-60 #B name=O2 parent=A\nS3 internal 20-30 #C name=O3 parent=B",
        "S1 O1 50, S2 O2 40, S3 O3 10",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-30 #B1 name=O2 parent=A\nS2 internal 40-50 #B2 name=O2 parent=A\nS2 internal 60-90 #B3 name=O2 parent=A",
        "S1 O1 40, S2 O2 60",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-30 #B name=O2 parent=A\nS3 internal 40-50 #C name=O3 parent=A\nS4 internal 60-90 #D name=O4 parent=A",
        "S1 O1 40, S2 O2 20, S3 O3 10, S4 O4 30",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-110 #B name=O2 parent=A\nS3 internal 40-50 #C name=O3 parent=B",
        "S1 O1 10, S2 O2 80, S3 O3 10",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-70 #B name=O2 parent=A\nS3 internal 20-120 #C name=O3 parent=B",
        "S1 O1 40, S2 O2 10, S3 O3 50",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 110-160 #B name=O2 parent=A\nS3 internal 120-150 #C name=O3 parent=B\nS4 internal 60-90 #D name=O4 parent=A",
        "S1 O1 70, S4 O4 30",
    ),
    (
        "S1 internal 0-1000 #A name=O1 entry\nS2 internal 10-210 #B name=O2 parent=A\nS3 internal 209-309 #C name=O3 parent=A\nS4 internal 308-608 #D name=O4 parent=A",
        "S1 O1 500, S2 O2 200, S4 O4 300",
    ),
    ("S1 internal 0-100 #A name=O1 entry\nS2 internal 30-60 #B name=O2 parent=A", "S1 O1 70, S2 O2 30"),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-70 #B name=O2 parent=A\nS3 internal 25-45 #C name=O3 parent=B\nS4 internal 30-50 #D name=O4 parent=B",
        "S1 O1 40, S2 O2 40, S4 O4 20",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-70 #B name=O2 parent=A\nS3 internal 25-45 #C name=O3 parent=B\nS4 internal 30-50 #D name=O4 parent=B",
        "S1 O1 40, S2 O2 40, S4 O4 20",
    ),
    (
        "S1 internal 0-80 #A name=O1 entry\nS2 internal 10-30 #B name=O2 parent=A\nS3 internal 20-45 #C name=O3 parent=A\nS4 internal 40-65 #D name=O4 parent=A",
        "S1 O1 35, S2 O2 20, S4 O4 25",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 10-20 #B name=O2 parent=A\nS3 internal 25-35 #C name=O2 parent=A\nS4 internal 40-50 #D name=O2 parent=A\nS5 internal 55-65 #E name=O2 parent=A\nS6 internal 70-80 #F name=O2 parent=A\nS7 internal 85-100 #G name=O3 parent=A",
        "S1 O1 35, S2 O2 10, S3 O2 10, S4 O2 10, S5 O2 10, S6 O2 10, S7 O3 15",
    ),
    (
        "S1 internal 0-110 #A name=O1 entry\nS2 internal 10-20 #B name=O2 parent=A\nS3 internal 15-35 #C name=O3 parent=A\nS4 internal 30-40 #D name=O4 parent=A\nS5 internal 50-60 #E name=O5 parent=A\nS6 internal 70-100 #F name=O6 parent=A\nS7 internal 80-90 #G name=O7 parent=F",
        "S1 O1 50, S2 O2 10, S4 O4 10, S5 O5 10, S6 O6 20, S7 O7 10",
    ),
    (
        "S1 internal 0-100 #A name=O1 entry\nS2 internal 20-70 #B name=O2 parent=A\nS3 internal 30-50 #C name=O3 parent=B\nS4 internal 80-90 #D name=O4 parent=A",
        "S1 O1 40, S2 O2 30, S3 O3 20, S4 O4 10",
    ),
    (
        "S1 internal 0-250 #A name=O1 entry\nS2 internal 10-110 #B name=O2 parent=A\nS3 internal 30-40 #C name=O3 parent=B\nS4 internal 50-60 #D name=O4 parent=B\nS5 internal 70-80 #E name=O5 parent=B\nS6 internal 120-220 #F name=O6 parent=A\nS7 internal 140-200 #G name=O7 parent=F\nS8 internal 150-170 #H name=O8 parent=G\nS9 internal 180-190 #I name=O9 parent=G",
        "S1 O1 50, S2 O2 70, S3 O3 10, S4 O4 10, S5 O5 10, S6 O6 40, S7 O7 30, S8 O8 20, S9 O9 10",
    ),
    (
        "S1 internal 0-600 #A name=O1 entry\nS2 internal 10-210 #B name=O2 parent=A\nS3 internal 205-305 #C name=O3 parent=A\nS4 internal 300-600 #D name=O4 parent=A",
        "S1 O1 100, S2 O2 200, S4 O4 300",
    ),
    (
        "S1 internal 0-600 #A name=O1 entry\nS2 internal 10-210 #B name=O2 parent=A\nS3 internal 205-305 #C name=O3 parent=A\nS4 internal 300-600 #D name=O4 parent=A",
        "S1 O1 100, S2 O2 200, S4 O4 300",
    ),
    (
        "S1 internal 0-600 #A name=O1 entry\nS2 internal 10-210 #B name=O2 parent=A\nS3 internal 205-305 #C name=O3 parent=A\nS4 internal 300-600 #D name=O4 parent=A",
        "S1 O1 100, S2 O2 200, S4 O4 300",
    ),
    (
        "S1 internal 0-300 #A name=O1 entry\nS2 internal 50-100 #B name=O2 parent=A\nS2 internal 150-200 #C name=O2 parent=A\nS2 internal 250-300 #D name=O2 parent=A",
        "S1 O1 150, S2 O2 150",
    ),
    (
        "S1 internal 0-700 #A name=O1 entry\nS2 internal 50-350 #B name=O2 parent=A\nS3 internal 100-150 #C name=O3 parent=B\nS3 internal 200-250 #D name=O3 parent=B\nS3 internal 300-350 #E name=O3 parent=B\nS2 internal 400-700 #F name=O2 parent=A\nS3 internal 450-500 #G name=O3 parent=F\nS3 internal 550-600 #H name=O3 parent=F\nS3 internal 650-700 #I name=O3 parent=F",
        "S1 O1 100, S2 O2 300, S3 O3 300",
    ),
    (
        "S1 internal 0-700 #A name=O1 entry\nS2 internal 50-350 #B name=O2 parent=A\nS3 internal 100-150 #C name=O3 parent=B\nS3 internal 200-250 #D name=O3 parent=B\nS3 internal 300-350 #E name=O3 parent=B\nS2 internal 400-700 #F name=O2 parent=A\nS3 internal 450-500 #G name=O3 parent=F\nS3 internal 550-600 #H name=O3 parent=F\nS3 internal 650-700 #I name=O3 parent=F",
        "S1 O1 100, S2 O2 300, S3 O3 300",
    ),
    (
        "S1 internal 0-700 #A name=O1 entry\nS2 internal 50-350 #B name=O2 parent=A\nS3 internal 100-150 #C name=O3 parent=B\nS3 internal 200-250 #D name=O3 parent=B\nS3 internal 300-350 #E name=O3 parent=B\nS2 internal 400-700 #F name=O2 parent=A\nS3 internal 450-500 #G name=O3 parent=F\nS3 internal 550-600 #H name=O3 parent=F\nS3 internal 650-700 #I name=O3 parent=F",
        "S1 O1 100, S2 O2 300, S3 O3 300",
    ),
];

fn reference() -> Scene {
    let mut scene = Scene::new(BUY);
    scene.path = PathMode::Reference;
    scene
}

/// The letter of a span, by its line.
fn letter(text: &str, id: u64) -> &str {
    let line = text.lines().nth(id as usize - 1).unwrap();
    line.split_whitespace().find_map(|word| word.strip_prefix('#')).unwrap()
}

#[test]
fn path_the_reference_mode_finds_all_sections_of_the_reference_cases() {
    for (text, expected) in SECTIONS {
        let verdict = reference().one(text);
        let told = verdict
            .critical_path
            .iter()
            .rev()
            .map(|section| format!("{} {}-{}", letter(text, section.span.0), section.start_ns, section.end_ns));
        assert_eq!(told.collect::<Vec<_>>().join(", "), expected, "{text}");
    }
}

#[test]
fn path_the_reference_mode_gives_each_operation_the_time_that_others_give_it() {
    for (text, expected) in OWN_TIMES {
        let scene = reference();
        let verdict = scene.one(text);
        let spent = verdict.hops.iter().filter(|one| one.self_ns > 0);
        let mut told: Vec<String> =
            spent.map(|one| format!("{} {}", scene.names.text(scene.hops.get(one.hop).hop), one.self_ns)).collect();
        told.sort();
        assert_eq!(told.join(", "), expected, "{text}");
    }
}
