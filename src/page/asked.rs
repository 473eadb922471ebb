//! What an address asks a page for. All state of a view stands in its address, so that a copied link opens the same.

use crate::query::{Between, QueryError, moment_text, parse_range};
use form_urlencoded::Serializer;
use std::sync::Arc;

/// Without a range a page is about the last hour: the whole of what is kept is no picture of now.
pub const USUAL: &str = "1h";

/// Words that a link to another view takes along.
const TAKEN_ALONG: [&str; 5] = ["last", "from", "to", "tz", "refresh"];

/// An address: its path and the words behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    path: String,
    words: Vec<(String, String)>,
    now_ns: u64,
    traces: Option<Arc<str>>,
}

impl Asked {
    /// Reads what stands behind the question mark. Words that nobody knows are let be: tools that pass links on add some.
    pub fn new(path: &str, query: &str, now_ns: u64) -> Self {
        let words = form_urlencoded::parse(query.as_bytes());
        let words = words.filter(|(_, value)| !value.trim().is_empty());
        Self { path: path.into(), words: words.map(|(name, value)| (name.into(), value.into())).collect(), now_ns, traces: None }
    }

    /// The same, and the reader's own viewer of traces is reached by this template.
    pub fn with_traces(self, template: Option<Arc<str>>) -> Self {
        Self { traces: template, ..self }
    }

    /// The address of a trace at the reader's own viewer, with `{trace_id}` in it.
    pub fn traces(&self) -> Option<&str> {
        self.traces.as_deref()
    }

    /// As it stands, encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The moment at which it was asked, nanoseconds since 1970.
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// What a word says; of several the first.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The time that is asked about.
    ///
    /// # Errors
    /// It cannot be read, or nothing lies in it.
    pub fn between(&self) -> Result<Between, QueryError> {
        let (last, from, to) = (self.word("last"), self.word("from"), self.word("to"));
        let last = if last.is_none() && from.is_none() && to.is_none() { Some(USUAL) } else { last };
        let between = parse_range(last, from, to, self.now_ns)?;
        between.ok_or_else(|| QueryError::Bad("no time is asked about; write ?last=1h".into()))
    }

    /// The range as a person would say it.
    pub fn range_told(&self) -> String {
        match (self.word("last"), self.word("from"), self.word("to")) {
            (_, Some(from), Some(to)) => format!("{from} to {to}"),
            (_, Some(from), None) => format!("since {from}"),
            (_, None, Some(to)) => format!("until {to}"),
            (last, None, None) => format!("last {}", last.unwrap_or(USUAL)),
        }
    }

    /// Whether more of the range is still to come: figures of the past stay what they are.
    pub fn is_live(&self) -> bool {
        self.word("to").is_none_or(|to| to.trim() == "now") && self.word("refresh") != Some("off")
    }

    /// Whether times are told as the clock on the reader's wall has them.
    pub fn is_local(&self) -> bool {
        self.word("tz") == Some("local")
    }

    /// The address of another view, about the same time.
    pub fn link(&self, path: &str) -> String {
        self.address(path, self.words.iter().filter(|(name, _)| TAKEN_ALONG.contains(&name.as_str())))
    }

    /// The address of another view about the same time, with one more word.
    pub fn link_with(&self, path: &str, name: &str, value: &str) -> String {
        let more = (name.to_owned(), value.to_owned());
        let along = self.words.iter().filter(|(known, _)| known != name && TAKEN_ALONG.contains(&known.as_str()));
        self.address(path, along.chain(std::iter::once(&more)))
    }

    /// The address of this view with one word said otherwise; without it, where there is no value.
    pub fn with(&self, name: &str, value: Option<&str>) -> String {
        let said = value.map(|value| (name.to_owned(), value.to_owned()));
        self.address(&self.path, self.words.iter().filter(|(known, _)| known != name).chain(said.as_ref()))
    }

    /// The address of this view with two words said otherwise.
    pub fn with_two(&self, one: (&str, &str), other: (&str, &str)) -> String {
        let said = [one, other].map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.address(&self.path, self.words_but(&[one.0, other.0]).chain(&said))
    }

    /// The address of this view about the last so and so long.
    pub fn with_last(&self, last: &str) -> String {
        let said = ("last".to_owned(), last.to_owned());
        self.address(&self.path, std::iter::once(&said).chain(self.words_but(&["last", "from", "to"])))
    }

    /// The address of this view about exactly the time that it shows now, whenever it is opened.
    pub fn frozen(&self) -> String {
        let Ok(between) = self.between() else { return self.address(&self.path, self.words.iter()) };
        let said = [("from".to_owned(), moment_text(between.from_ns)), ("to".to_owned(), moment_text(between.to_ns))];
        self.address(&self.path, said.iter().chain(self.words_but(&["last", "from", "to"])))
    }

    /// All words but these, as a form must repeat them.
    pub fn words_but<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a (String, String)> {
        self.words.iter().filter(move |(name, _)| !names.contains(&name.as_str()))
    }

    /// The range in the words of the API, with which a document about the same is asked for.
    pub fn api_words(&self) -> String {
        let mut words = Serializer::new(String::new());
        let range: Vec<_> = self.words.iter().filter(|(name, _)| TAKEN_ALONG[..3].contains(&name.as_str())).collect();
        if range.is_empty() {
            words.append_pair("last", USUAL);
        }
        words.extend_pairs(range.iter().map(|(name, value)| (name, value)));
        words.finish()
    }

    /// The same as flags of the command line.
    pub fn flags(&self) -> String {
        let range = ["last", "from", "to"].map(|name| (name, self.word(name)));
        let told: String = range.iter().filter_map(|(name, value)| Some(format!(" --{name} {}", quoted((*value)?)))).collect();
        if told.is_empty() { format!(" --last {USUAL}") } else { told }
    }

    fn address<'a>(&self, path: &str, words: impl Iterator<Item = &'a (String, String)>) -> String {
        let mut told = Serializer::new(String::new());
        let told = told.extend_pairs(words.map(|(name, value)| (name, value))).finish();
        if told.is_empty() { path.into() } else { format!("{path}?{told}") }
    }
}

/// A word of a command line, so that a shell takes it for one word and nothing else.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty() && word.chars().all(|one| one.is_ascii_alphanumeric() || "-_.:/+@%,".contains(one));
    if is_plain && !word.starts_with('-') { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOON: u64 = 1_788_264_000_000_000_000;

    fn asked(query: &str) -> Asked {
        Asked::new("/c/book", query, NOON)
    }

    #[test]
    fn without_a_range_a_page_is_about_the_last_hour() {
        let between = asked("").between().unwrap();
        assert_eq!((between.to_ns, between.to_ns - between.from_ns), (NOON, 3_600_000_000_000));
        assert_eq!((asked("").api_words(), asked("").flags()), ("last=1h".into(), " --last 1h".into()));
        assert_eq!(asked("from=&to=").range_told(), "last 1h");
    }

    #[test]
    fn links_take_the_time_along_and_nothing_else() {
        let here = asked("last=6h&tz=local&q=card+net&by=cost");
        assert_eq!(here.link("/hops"), "/hops?last=6h&tz=local");
        assert_eq!(here.link_with("/hops", "by", "cost"), "/hops?last=6h&tz=local&by=cost");
        assert_eq!(here.with("q", None), "/c/book?last=6h&tz=local&by=cost");
        assert_eq!(here.with_last("1h"), "/c/book?last=1h&tz=local&q=card+net&by=cost");
    }

    #[test]
    fn a_frozen_address_is_about_the_same_time_whenever_it_is_opened() {
        let frozen = asked("last=1h&q=a").frozen();
        assert_eq!(frozen, "/c/book?from=2026-09-01T11%3A00%3A00Z&to=2026-09-01T12%3A00%3A00Z&q=a");
        let (path, query) = frozen.split_once('?').unwrap();
        let later = Asked::new(path, query, NOON + 1_000_000_000_000);
        assert_eq!(later.between(), asked("last=1h").between());
        assert!(!later.is_live() && asked("last=1h").is_live());
    }

    #[test]
    fn a_command_line_holds_words_of_others_as_one_word() {
        assert_eq!(asked("from=now-2h").flags(), " --from now-2h");
        assert_eq!(asked("last=1h;rm -rf ~").flags(), " --last '1h;rm -rf ~'");
        assert_eq!((quoted("it's"), quoted("-x")), (r"'it'\''s'".into(), "'-x'".into()));
    }
}
