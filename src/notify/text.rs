//! Small things that all documents need.

use crate::alert::{Notice, annotation};
use jiff::Timestamp;

/// RFC 3339 in UTC, milliseconds: what is written can be read back as it was, by receivers that keep no more.
pub(super) fn rfc3339(ns: u64) -> String {
    Timestamp::from_nanosecond(i128::from(ns)).map(|time| format!("{time:.3}")).unwrap_or_default()
}

/// At most so many characters, with an ellipsis in place of the rest.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// One line that says what it is about, also where nobody wrote a summary.
pub(super) fn summary(notice: &Notice) -> String {
    let written = notice.annotation(annotation::SUMMARY).trim();
    if !written.is_empty() {
        return written.to_owned();
    }
    let labels = &notice.labels;
    let words = [&labels.alertname, &labels.capability, &labels.objective];
    words.into_iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

/// Annotations that are links, with what to call them: `trace_1_url` is `trace 1`.
pub(super) fn links(notice: &Notice) -> impl Iterator<Item = (String, &str)> {
    let is_url = |value: &str| value.starts_with("https://") || value.starts_with("http://");
    notice.annotations.iter().filter_map(move |(name, value)| {
        let name = name.strip_suffix(annotation::LINK)?;
        is_url(value).then(|| (name.replace('_', " "), value.as_str()))
    })
}

/// Annotations that are neither summary, description nor links.
pub(super) fn details(notice: &Notice) -> impl Iterator<Item = (&str, &str)> {
    let special = |name: &str| name == annotation::SUMMARY || name == annotation::DESCRIPTION || name.ends_with(annotation::LINK);
    notice.annotations.iter().filter(move |(name, _)| !special(name)).map(|(name, value)| (name.as_str(), value.as_str()))
}
