//! Moments that matter, as lines with words through a chart.

use super::axis::TimeAxis;
use maud::{Markup, html};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkerKind {
    /// Something was changed: a deploy, a flag.
    Change,
    /// It began.
    Began,
    /// Somebody was told.
    Paged,
    /// It was over.
    Over,
}

/// A moment with words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// What happened, such as `paged 09:24`.
    pub words: String,
    /// How it is drawn.
    pub kind: MarkerKind,
}

/// Words stand in so many rows above the chart, pixels each.
const ROWS: usize = 3;
const ROW: f64 = 15.0;

/// Room above a chart for words.
pub(super) const ABOVE: f64 = ROWS as f64 * ROW + 6.0;

/// A letter is so wide, pixels.
const LETTER: f64 = 6.6;

/// Longer words are cut; the whole is in the title.
const LONGEST: usize = 34;

/// The lines of all markers that lie in the time of the axis. Words that would stand in each other's way move to the next row, and where no row is
/// left they are only in the title of their line.
pub(super) fn draw(markers: &[Marker], axis: &TimeAxis, top: f64, bottom: f64) -> Markup {
    let mut inside: Vec<&Marker> = markers.iter().filter(|one| (axis.from_ms..=axis.to_ms).contains(&one.at_ms)).collect();
    inside.sort_by_key(|one| one.at_ms);
    let mut rows = [f64::NEG_INFINITY; ROWS];
    let placed: Vec<_> = inside.into_iter().map(|one| place(one, axis, &mut rows)).collect();
    let height = |row: usize| top - ABOVE + 12.0 + row as f64 * ROW;
    html! {
        @for (one, _, row) in &placed {
            g class={ "mark " (class(one.kind)) } {
                title { (one.words) }
                path d=(format!("M{} {}V{bottom}", axis.x(one.at_ms), row.map_or(top, |row| height(row) - 10.0))) {}
            }
        }
        // Words over all lines: a line may pass behind those of another.
        @for (_, text, row) in &placed {
            @if let (Some(row), Some((at, anchor, words))) = (row, text) {
                text class="ax halo" x=(at) y=(height(*row)) text-anchor=(anchor) { (words) }
            }
        }
    }
}

type Text = (f64, &'static str, String);

fn place<'a>(one: &'a Marker, axis: &TimeAxis, rows: &mut [f64; ROWS]) -> (&'a Marker, Option<Text>, Option<usize>) {
    let x = axis.x(one.at_ms);
    let words = super::super::flow::fitting(&one.words, LONGEST as f64 * LETTER, LETTER);
    let wide = words.chars().count() as f64 * LETTER;
    let (left, at, anchor) = if x + wide + 8.0 > axis.right { (x - wide - 4.0, x - 4.0, "end") } else { (x, x + 4.0, "start") };
    let row = rows.iter().position(|end| *end + 6.0 < left);
    if let Some(row) = row {
        rows[row] = left + wide + 4.0;
    }
    (one, row.map(|_| (at, anchor, words)), row)
}

fn class(kind: MarkerKind) -> &'static str {
    match kind {
        MarkerKind::Change => "change",
        MarkerKind::Began => "began",
        MarkerKind::Paged => "paged",
        MarkerKind::Over => "over",
    }
}
