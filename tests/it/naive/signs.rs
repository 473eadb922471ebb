//! How a span tells of its end: codes, status, error types, in the many ways of SDKs old and new.

use super::generator::{Generator, Reply};
use super::span::{Kind, Status};

impl Generator {
    /// Writes the end of a span onto it, in place of what was written before.
    pub fn sign(&mut self, at: usize, reply: Reply) {
        let protocol = match (self.spans[at].http, self.spans[at].grpc) {
            (Some(_), _) => 0,
            (_, Some(_)) => 1,
            _ => self.chance.below(3),
        };
        let span = &mut self.spans[at];
        (span.http, span.grpc, span.status, span.error_type, span.exception) = (None, None, Status::Unset, None, None);
        let messaging = span.messaging.is_some() || span.db.is_some();
        match protocol {
            _ if messaging => self.sign_in_words(at, reply),
            0 => self.sign_http(at, reply),
            1 => self.sign_grpc(at, reply),
            _ => self.sign_in_words(at, reply),
        }
    }

    fn sign_http(&mut self, at: usize, reply: Reply) {
        let code = match reply {
            Reply::Fine => self.chance.one(&[200, 200, 204, 302]),
            Reply::Broken => self.chance.one(&[500, 500, 502, 503]),
            Reply::Wrong => self.chance.one(&[400, 401, 404, 408, 409]),
            Reply::Busy => 429,
            Reply::Late => 504,
            Reply::Left => 499,
        };
        let client = self.spans[at].kind == Kind::Client;
        if client && matches!(reply, Reply::Late | Reply::Broken) && self.chance.percent(60) {
            return self.sign_in_words(at, reply); // no answer came, so there is no code
        }
        self.spans[at].http = Some(code);
        let server_error = code >= 500 || (code >= 400 && client);
        if (server_error && self.chance.percent(85)) || self.chance.percent(3) {
            self.spans[at].status = Status::Error;
        }
    }

    fn sign_grpc(&mut self, at: usize, reply: Reply) {
        let code = match reply {
            Reply::Fine => 0,
            Reply::Broken => self.chance.one(&[2, 13, 13, 14, 12, 15]),
            Reply::Wrong => self.chance.one(&[3, 5, 6, 7, 9, 10, 11, 16]),
            Reply::Busy => 8,
            Reply::Late => 4,
            Reply::Left => 1,
        };
        self.spans[at].grpc = Some(code);
        if code != 0 && self.chance.percent(85) {
            self.spans[at].status = Status::Error;
        }
        if self.chance.percent(4) {
            self.spans[at].http = Some(200);
        }
    }

    fn sign_in_words(&mut self, at: usize, reply: Reply) {
        let words: &[&str] = match reply {
            Reply::Fine => return,
            Reply::Broken => {
                &["java.net.ConnectException", "ECONNREFUSED", "SSL_handshake", "DbFailure", "x509: unknown authority", "_OTHER"]
            }
            Reply::Wrong => &["NotFound", "BadInput"],
            Reply::Busy => &["TooMany"],
            Reply::Late => &["timeout", "java.net.SocketTimeoutException", "deadline_exceeded", "TaskCanceled: timed out"],
            Reply::Left => &["context canceled", "AbortError"],
        };
        let word = self.chance.one(words).to_owned();
        let status = if self.chance.percent(92) { Status::Error } else { Status::Unset };
        let span = &mut self.spans[at];
        span.status = status;
        match self.chance.below(10) {
            0..6 => span.error_type = Some(word),
            6..8 => span.exception = Some(word),
            8 => span.error_flag = true,
            _ => {}
        }
    }
}
