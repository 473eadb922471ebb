//! Headers that a user wants to go with each message.

use hyper::http::{HeaderName, HeaderValue};
use std::fmt;

/// Headers that go with each message. They are secrets: their values are shown nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    /// Reads `name: value`, one a line; empty lines and lines that begin with `#` say nothing.
    ///
    /// # Errors
    /// The number of the line and what is wrong with it, without its text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut headers = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| format!("line {number}: {what}; write one header a line, such as authorization: Bearer …");
            let (name, value) = line.split_once(':').ok_or_else(|| wrong("there is no colon"))?;
            let name: HeaderName = name
                .trim()
                .to_ascii_lowercase()
                .parse()
                .map_err(|_| wrong("what stands before the colon is no header's name"))?;
            let value = value.trim();
            if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
                return Err(wrong("the value has characters that are not ASCII"));
            }
            let mut value = HeaderValue::from_str(value).map_err(|_| wrong("the value cannot be a header's"))?;
            value.set_sensitive(true);
            headers.push((name, value));
        }
        Ok(Self(headers))
    }

    /// Names and values.
    pub fn pairs(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.0.iter().map(|(name, _)| name.as_str())).finish()
    }
}
