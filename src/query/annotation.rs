//! Annotations: what people and their tools did to a system, laid beside what happened to it (spec 5.4).
//!
//! A deploy, a flag that was turned, or a note, at a moment or over a stretch of time, about one capability or all. The id is made of what is said and
//! when, so that a pipeline that names the time, and posts again because it heard no answer, makes no second one.

use super::answer::api_version;
use super::incidents::annotated;
use super::listing::asked;
use super::{API_VERSION, Between, Desk, QueryError, moment_text, parse_moment};
use serde::{Deserialize, Serialize};

/// Names under which the store keeps annotations begin like this; the id follows.
const ANNOTATIONS: &str = "annotation/";
/// More are not kept: the oldest are forgotten.
const MOST_KEPT: usize = 10_000;
/// Characters of a text.
const MOST_TEXT: usize = 1000;
/// An annotation lasts no longer, seven days.
const MOST_LASTING_NS: u64 = 7 * 86_400 * 1_000_000_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationKind {
    /// Another version is in use.
    Deploy,
    /// A flag was turned.
    Flag,
    /// Something else.
    #[default]
    Note,
}

impl AnnotationKind {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Flag => "flag",
            Self::Note => "note",
        }
    }
}

/// An annotation as it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAnnotation {
    /// What is said: a line of 1,000 characters at most.
    pub text: String,
    /// `deploy`, `flag` or `note`.
    #[serde(default)]
    pub kind: AnnotationKind,
    /// When: RFC 3339, `now`, or such as `now-5m`. Without `time` and `from`: now.
    pub time: Option<String>,
    /// Since when, instead of `time`.
    pub from: Option<String>,
    /// Until when; with `from`.
    pub to: Option<String>,
    /// About which capability; without one about all.
    pub capability: Option<String>,
}

/// An annotation that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnotationLine {
    /// Made of what is said.
    pub id: String,
    /// First moment, RFC 3339.
    pub from: String,
    /// Last moment; the same where it is about a moment.
    pub to: String,
    /// `deploy`, `flag` or `note`.
    pub kind: String,
    /// What is said.
    pub text: String,
    /// About which capability; `null`: about all.
    pub capability: Option<String>,
}

/// Answer to `annotations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    /// [`API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// In the order of time.
    pub annotations: Vec<AnnotationLine>,
}

/// As it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) from_ns: u64,
    pub(super) to_ns: u64,
    kind: AnnotationKind,
    text: String,
    pub(super) capability: Option<String>,
}

impl Kept {
    fn new(posted: &NewAnnotation, now_ns: u64) -> Result<Self, QueryError> {
        let bad = |told: &str| Err(QueryError::Bad(told.to_owned()));
        let text = posted.text.trim();
        let length = text.chars().count();
        if length == 0 || length > MOST_TEXT || text.chars().any(char::is_control) {
            return bad("'text' is one line of 1 to 1000 characters; write what was done, such as \"checkout 1.4.2\"");
        }
        let (from, to) = match (&posted.time, &posted.from, &posted.to) {
            (time, None, None) => (time.as_deref().unwrap_or("now"), None),
            (None, Some(from), to) => (from.as_str(), to.as_deref()),
            _ => return bad("the time is told twice or by half; write either 'time', or 'from' and 'to'"),
        };
        let from_ns = parse_moment(from, now_ns)?;
        let to_ns = to.map_or(Ok(from_ns), |to| parse_moment(to, now_ns))?;
        if to_ns < from_ns || to_ns - from_ns > MOST_LASTING_NS {
            return bad("'to' comes before 'from', or more than seven days after it; write a stretch of seven days at most");
        }
        Ok(Self { from_ns, to_ns, kind: posted.kind, text: text.into(), capability: posted.capability.clone() })
    }

    /// The same for the same annotation; sorts by time.
    fn id(&self) -> String {
        let said =
            format!("{}\u{0}{}\u{0}{}\u{0}{:?}\u{0}{}", self.from_ns, self.to_ns, self.kind.as_str(), self.capability, self.text);
        // FNV-1a: the same on every machine and in every version.
        let hash =
            said.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{:010}-{hash:016x}", self.from_ns / 1_000_000_000)
    }

    pub(super) fn line(&self) -> AnnotationLine {
        AnnotationLine {
            id: self.id(),
            from: moment_text(self.from_ns),
            to: moment_text(self.to_ns),
            kind: self.kind.as_str().into(),
            text: self.text.clone(),
            capability: self.capability.clone(),
        }
    }
}

impl Desk {
    pub(super) fn kept_annotations(&self) -> Result<Vec<Kept>, QueryError> {
        let kept = self.keeper.store().map_or(Ok(Vec::new()), |store| store.texts(ANNOTATIONS))?;
        let read = kept.iter().map(|(name, text)| {
            serde_json::from_str(text)
                .map_err(|error| QueryError::Unreadable(format!("what is kept as '{name}' is damaged: {error}")))
        });
        read.collect()
    }

    pub(super) fn told_annotations(&self, between: Option<Between>) -> Result<Annotations, QueryError> {
        let everything = Between { from_ns: 0, to_ns: u64::MAX };
        let annotations = annotated(&self.kept_annotations()?, None, between.unwrap_or(everything));
        Ok(Annotations { api_version: API_VERSION.into(), annotations })
    }

    pub(super) fn keep_annotation(&self, posted: &NewAnnotation, now_ns: u64) -> Result<Annotations, QueryError> {
        let none = || QueryError::Bad("annotations are kept in a store, and there is none here".into());
        let store = self.keeper.store().ok_or_else(none)?;
        let one = Kept::new(posted, now_ns)?;
        asked(&self.listing.now(), one.capability.as_deref())?;
        let (name, text) = (format!("{ANNOTATIONS}{}", one.id()), serde_json::to_string(&one).unwrap_or_default());
        let kept = store.texts(ANNOTATIONS)?;
        let too_many = (kept.len() + 1).saturating_sub(MOST_KEPT);
        let forgotten: Vec<String> = kept.into_iter().take(too_many).map(|(name, _)| name).collect();
        store.put_texts(&[(name, text)], &forgotten)?;
        Ok(Annotations { api_version: API_VERSION.into(), annotations: vec![one.line()] })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: u64 = 1_788_264_000_000_000_000;

    fn kept(json: &str) -> Result<Kept, String> {
        let posted: NewAnnotation = serde_json::from_str(json).map_err(|error| error.to_string())?;
        Kept::new(&posted, NOW).map_err(|error| error.to_string())
    }

    #[test]
    fn an_annotation_is_of_a_moment_or_of_a_stretch_and_of_now_if_nothing_is_said() {
        let one = kept(r#"{"text": "checkout 1.4.2", "kind": "deploy", "time": "now-5m"}"#).unwrap().line();
        assert_eq!((one.from.as_str(), &one.to, one.kind.as_str()), ("2026-09-01T11:55:00Z", &one.from, "deploy"));
        let stretch = kept(r#"{"text": "load test", "from": "now-1h", "to": "now", "capability": "search"}"#).unwrap().line();
        assert_eq!((stretch.from.as_str(), stretch.to.as_str()), ("2026-09-01T11:00:00Z", "2026-09-01T12:00:00Z"));
        assert_eq!((stretch.kind.as_str(), stretch.capability.as_deref()), ("note", Some("search")));
        let now = kept(r#"{"text": "a"}"#).unwrap();
        assert_eq!((now.from_ns, now.to_ns), (NOW, NOW));
        assert_eq!(now.id(), kept(r#"{"text": " a "}"#).unwrap().id(), "said twice");
        assert_ne!(now.id(), kept(r#"{"text": "b"}"#).unwrap().id());
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_what_to_write_instead() {
        let long = format!(r#"{{"text": "{}"}}"#, "é".repeat(1001));
        for (json, told) in [
            (r#"{"text": " "}"#, "1 to 1000 characters"),
            (r#"{"text": "a\nb"}"#, "one line"),
            (long.as_str(), "1 to 1000 characters"),
            (r#"{"text": "a", "time": "now", "from": "now"}"#, "either 'time', or 'from' and 'to'"),
            (r#"{"text": "a", "to": "now"}"#, "either 'time', or 'from' and 'to'"),
            (r#"{"text": "a", "from": "now", "to": "now-1h"}"#, "comes before"),
            (r#"{"text": "a", "from": "now-8d", "to": "now"}"#, "seven days at most"),
            (r#"{"text": "a", "time": "soon"}"#, "soon"),
            (r#"{"text": "a", "kind": "party"}"#, "expected one of `deploy`, `flag`, `note`"),
            (r#"{"text": "a", "who": "me"}"#, "unknown field `who`"),
        ] {
            let refused = kept(json).unwrap_err();
            assert!(refused.contains(told), "{json}: {refused}");
        }
    }
}
