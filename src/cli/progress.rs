//! How far an analysis is, on a terminal.

use crate::app::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar on standard error; nothing at all unless that is a terminal.
#[derive(Default)]
pub(super) struct Bar(Option<ProgressBar>);

const READING: &str = "reading {bytes}/{total_bytes} {wide_bar} {msg}";
const READING_ON: &str = "reading {bytes} {msg}";
const JUDGING: &str = "judging {pos}/{len} traces {wide_bar}";

impl Bar {
    /// Draws it; at most some ten times a second.
    pub(super) fn show(&mut self, progress: Progress) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = self.0.get_or_insert_with(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        let (at, of, template) = match progress {
            Progress::Reading { bytes, of, spans } => {
                bar.set_message(format!("{spans} spans"));
                (bytes, of, if of.is_some() { READING } else { READING_ON })
            }
            Progress::Judging { traces, of } => (traces, Some(of), JUDGING),
        };
        if bar.length() != of || bar.position() == 0 {
            // The templates are right; a wrong one would only cost the bar its looks.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            of.into_iter().for_each(|of| bar.set_length(of));
        }
        bar.set_position(at);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// How far a copy is, by bytes; nothing at all unless standard error is a terminal.
pub(super) struct Bytes(Option<ProgressBar>);

impl Bytes {
    /// Of so many, where that is known.
    pub(super) fn new(of: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::with_draw_target(of, ProgressDrawTarget::stderr()));
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template("copying {bytes}/{total_bytes} {wide_bar}")) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Draws it; at most some ten times a second.
    pub(super) fn show(&mut self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// How many windows of a store are rewritten; nothing at all unless standard error is a terminal.
#[derive(Default)]
pub(super) struct Rewriting(Option<ProgressBar>);

impl Rewriting {
    /// Draws it; at most some ten times a second.
    pub(super) fn show(&mut self, windows: u64) {
        if self.0.is_none() && std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{pos} windows rewritten") {
                bar.set_style(style);
            }
            self.0 = Some(bar);
        }
        if let Some(bar) = &self.0 {
            bar.set_position(windows);
        }
    }
}

impl Drop for Rewriting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
