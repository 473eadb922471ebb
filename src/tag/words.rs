//! What the text of an error type speaks of (spec 2.2).

const TIMEOUT: [&str; 3] = ["timeout", "timedout", "deadline"];
const CANCELLED: [&str; 2] = ["cancel", "abort"];
const UNREACHABLE: [&str; 19] = [
    "refused",
    "connectexception",
    "connectionerror",
    "connectionreset",
    "econnreset",
    "unknownhost",
    "nosuchhost",
    "enotfound",
    "eaiagain",
    "getaddrinfo",
    "nameresolution",
    "noroute",
    "unreach",
    "operror",
    "socketexception",
    "ssl",
    "tls",
    "x509",
    "certificate",
];

/// What an error type speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Speaks {
    /// A timeout.
    pub of_timeout: bool,
    /// A connection that could not be made.
    pub of_unreachable: bool,
    /// A cancellation.
    pub of_cancellation: bool,
}

impl Speaks {
    /// Reads lower case, letters and digits only.
    pub fn read(error_type: &[u8]) -> Self {
        let text: String =
            error_type.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|byte| byte.to_ascii_lowercase() as char).collect();
        let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        Self { of_timeout: any(&TIMEOUT), of_unreachable: any(&UNREACHABLE), of_cancellation: any(&CANCELLED) }
    }
}
