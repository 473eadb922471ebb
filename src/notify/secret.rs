//! What must not be shown: keys, and URLs that are keys.

use crate::outgoing::Place;
use hyper::http::Uri;
use std::fmt;

/// Shorter pieces are no secrets by themselves, and are hidden nowhere: a path may hold `v2`.
const SHORTEST_HIDDEN: usize = 4;
/// What stands in place of what is hidden.
const HIDDEN: &str = "(hidden)";

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

/// Where a sink listens: `http://` or `https://`, a host, a path, perhaps a query. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Uri);

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong and what to write instead, without the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        const INSTEAD: &str = "write a URL such as https://alerts.example/hook";
        if text.contains('@') {
            return Err("a user name or password must not stand in the URL; write it as a header into a header file".into());
        }
        let uri: Uri = text.parse().map_err(|_| format!("this is no URL; {INSTEAD}"))?;
        if !["http", "https"].contains(&uri.scheme_str().unwrap_or_default()) || uri.host().is_none_or(str::is_empty) {
            return Err(format!("there is no http:// or https:// before a host; {INSTEAD}"));
        }
        Ok(Self(uri))
    }

    fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub(super) fn place(&self) -> Place {
        let host = self.0.host().unwrap_or_default();
        let port = self.0.port_u16().unwrap_or(if self.is_secure() { 443 } else { 80 });
        Place {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            authority: self.0.authority().map_or_else(|| host.to_owned(), ToString::to_string),
            is_secure: self.is_secure(),
        }
    }

    /// Scheme, host and port, for sinks whose address is no secret.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.0.scheme_str().unwrap_or_default(), self.place().authority)
    }

    /// Path and query as they are sent.
    pub(super) fn path(&self) -> &str {
        self.0.path_and_query().map_or("/", |path| path.as_str())
    }

    /// What somebody could open the door with, piece by piece.
    pub(super) fn pieces(&self) -> Vec<String> {
        let host = self.0.host().unwrap_or_default();
        let split = |text: &str| text.split(['/', '?', '&', '=']).map(str::to_owned).collect::<Vec<_>>();
        let mut pieces = vec![self.path().to_owned(), host.to_owned()];
        pieces.extend(split(self.path()));
        pieces
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

/// What somebody else said, without what must not be shown.
pub(super) fn discreet(said: &str, pieces: &[String]) -> String {
    let mut pieces: Vec<&str> = pieces.iter().map(String::as_str).filter(|piece| piece.len() >= SHORTEST_HIDDEN).collect();
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    pieces.iter().fold(said.to_owned(), |said, piece| said.replace(piece, HIDDEN))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_of_a_url_or_key_is_shown() {
        let url = Url::parse("https://hooks.slack.example/services/T0/canary?token=canary2").unwrap();
        assert_eq!(format!("{url:?} {:?}", Secret::new("canary")), "(hidden) (hidden)");
        let said = "404: no /services/T0/canary?token=canary2 here, not even canary or canary2 at hooks.slack.example";
        assert_eq!(discreet(said, &url.pieces()), "404: no (hidden) here, not even (hidden) or (hidden) at (hidden)");
    }

    #[test]
    fn wrong_urls_are_refused_without_being_repeated() {
        for wrong in
            ["", "canary", "canary.example/hook", "ftp://canary", "https://", "https://me:canary@there", "https://can ary"]
        {
            let told = Url::parse(wrong).unwrap_err();
            assert!(!told.contains("canary") && (told.contains("write a URL such as") || told.contains("header file")), "{told}");
        }
    }

    #[test]
    fn ports_are_usual_ones_unless_given() {
        let place = |text: &str| Url::parse(text).unwrap().place();
        assert_eq!((place("http://a/x").port, place("https://a").port, place("https://[::1]:9/x").port), (80, 443, 9));
        assert_eq!((place("https://[::1]:9/x").host, place("http://a:1/x").authority), ("::1".into(), "a:1".into()));
        assert_eq!((Url::parse("http://a").unwrap().path(), Url::parse("http://a/b?c=d").unwrap().path()), ("/", "/b?c=d"));
    }
}
