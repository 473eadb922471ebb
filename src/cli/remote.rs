//! A running server, asked over HTTP.

use super::login::Login;
use crate::model::TraceId;
use crate::query::{
    Alerts, Annotations, Answers, Between, BudgetAnswer, BudgetQuestion, By, ExplainQuestion, Explanation, Flow, FlowQuestion,
    GateAnswer, GateQuestion, History, HistoryQuestion, HopsAnswer, HopsQuestion, IncidentsAnswer, IncidentsQuestion, Level,
    Matching, QueryError, Status, StatusQuestion, TraceAnswer, moment_text,
};
use clap::ValueEnum;
use serde::de::DeserializeOwned;
use std::time::Duration;
use ureq::typestate::WithoutBody;
use ureq::{Agent, Body, BodyReader, RequestBuilder};

/// Where a server listens unless told otherwise.
pub(super) const DEFAULT: &str = "http://127.0.0.1:4319";

/// An answer that is not there by now does not come.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The longest pause in something that takes long. Before the first byte a server may have to copy all that it keeps.
const PAUSE: Duration = Duration::from_secs(600);

/// A longer document is none of ours.
const MOST_BYTES: u64 = 1 << 30;

/// A server at an address.
pub(super) struct Remote {
    url: String,
    agent: Agent,
    authorization: Option<String>,
}

type Words = Vec<(&'static str, String)>;

impl Remote {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// The address is none.
    pub(super) fn new(url: &str, login: Login) -> Result<Self, QueryError> {
        let url = url.trim_end_matches('/');
        let host = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or_default();
        if host.is_empty() || host.contains('@') {
            return Err(QueryError::Bad(format!("'{}' is no address of a server; write {DEFAULT}", nameless(url))));
        }
        // Statuses are not errors: their documents say more. No proxy: a server is near.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .proxy(None)
            .tls_config(login.tls)
            .build();
        Ok(Self { url: url.into(), agent: Agent::new_with_config(config), authorization: login.authorization })
    }

    fn request(&self, path: &str) -> RequestBuilder<WithoutBody> {
        let request = self.agent.get(format!("{}{path}", self.url));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, words: Words) -> Result<T, QueryError> {
        let mut response = self.request(path).query_pairs(words).call().map_err(|error| self.silent(&error))?;
        let code = response.status().as_u16();
        let text = self.text(response.body_mut())?;
        if code == 200 {
            return serde_json::from_str(&text).map_err(|_| self.stranger());
        }
        Err(self.refused(code, &text))
    }

    /// Something that is no document: its length, where it is told, and its bytes. It may take as long as it likes, but not pause.
    ///
    /// # Errors
    /// There is no such thing, or no server.
    pub(super) fn download(&self, path: &str) -> Result<(Option<u64>, BodyReader<'static>), QueryError> {
        let patient = self.request(path).config().timeout_global(None).timeout_per_read(Some(PAUSE)).build();
        let mut response = patient.call().map_err(|error| self.silent(&error))?;
        let code = response.status().as_u16();
        if code != 200 {
            let text = self.text(response.body_mut())?;
            return Err(self.refused(code, &text));
        }
        let body = response.into_body();
        Ok((body.content_length(), body.into_reader()))
    }

    fn text(&self, body: &mut Body) -> Result<String, QueryError> {
        body.with_config().limit(MOST_BYTES).read_to_string().map_err(|error| self.silent(&error))
    }

    fn refused(&self, code: u16, text: &str) -> QueryError {
        self.read_refusal(code, text).unwrap_or_else(|stranger| stranger)
    }

    fn read_refusal(&self, code: u16, text: &str) -> Result<QueryError, QueryError> {
        let document: serde_json::Value = serde_json::from_str(text).map_err(|_| self.stranger())?;
        let told = document.get("error").and_then(|error| error.as_str()).ok_or_else(|| self.stranger())?;
        if let 401 | 403 = code {
            let instead = "name a token that opens it by --token-file FILE, or in the variable STEELTHREAD_TOKEN";
            return Ok(QueryError::Unreadable(format!("{} does not answer: {told}; {instead}", self.url)));
        }
        Ok(if code < 500 { QueryError::Bad(told.into()) } else { QueryError::Unreadable(told.into()) })
    }

    fn silent(&self, error: &ureq::Error) -> QueryError {
        let told = error.to_string();
        if self.url.starts_with("https") && told.to_ascii_lowercase().contains("certificate") {
            return QueryError::Unreadable(format!(
                "{} cannot be asked ({told}); --ca FILE names the authority to trust, --client-cert and --client-key what to show",
                self.url
            ));
        }
        QueryError::Unreadable(format!(
            "no server answers at {} ({told}); start one with 'steelthread serve --map MAP', or ask a store (--store DIR) or files (--map MAP INPUT)",
            self.url
        ))
    }

    fn stranger(&self) -> QueryError {
        QueryError::Unreadable(format!("what answers at {} is not a steelthread server (of this version)", self.url))
    }
}

/// An address without what stands before its host: that may be a password.
fn nameless(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

fn between(between: Option<Between>) -> Words {
    between.map_or_else(Vec::new, |it| vec![("from", moment_text(it.from_ns)), ("to", moment_text(it.to_ns))])
}

/// A path may hold only these; whatever else stands in a name is written as its bytes.
fn quoted(text: &str) -> String {
    let quote = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(quote).collect()
}

fn word<T: ValueEnum>(value: &T) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().into())
}

impl Answers for Remote {
    fn status(&self, question: &StatusQuestion) -> Result<Status, QueryError> {
        let words = between(question.between);
        match &question.capability {
            Some(id) => self.ask(&format!("/api/v1/capabilities/{}", quoted(id)), words),
            None => self.ask("/api/v1/status", words),
        }
    }

    fn hops(&self, question: &HopsQuestion) -> Result<HopsAnswer, QueryError> {
        let mut words = between(question.between);
        words.extend([("by", word::<By>(&question.by)), ("level", word::<Level>(&question.level))]);
        match &question.capability {
            Some(id) => self.ask(&format!("/api/v1/capabilities/{}/hops", quoted(id)), words),
            None => self.ask("/api/v1/hops", words),
        }
    }

    fn history(&self, question: &HistoryQuestion) -> Result<History, QueryError> {
        let mut words = between(question.between);
        words.extend(question.step_ns.map(|step_ns| ("step", format!("{}s", step_ns / 1_000_000_000))));
        words.extend(question.durations.then(|| ("durations", "true".to_owned())));
        self.ask(&format!("/api/v1/capabilities/{}/history", quoted(&question.capability)), words)
    }

    fn explain(&self, question: &ExplainQuestion) -> Result<Explanation, QueryError> {
        let mut words = between(question.between);
        if let Some(it) = question.baseline {
            words.extend([("baseline_from", moment_text(it.from_ns)), ("baseline_to", moment_text(it.to_ns))]);
        }
        words.push(("level", word::<Level>(&question.level)));
        self.ask(&format!("/api/v1/capabilities/{}/explain", quoted(&question.capability)), words)
    }

    fn flow(&self, question: &FlowQuestion) -> Result<Flow, QueryError> {
        self.ask(&format!("/api/v1/capabilities/{}/flow", quoted(&question.capability)), between(question.between))
    }

    /// A server's windows end when it is asked.
    fn budget(&self, question: &BudgetQuestion) -> Result<BudgetAnswer, QueryError> {
        match &question.capability {
            Some(id) => self.ask(&format!("/api/v1/capabilities/{}/budget", quoted(id)), Vec::new()),
            None => self.ask("/api/v1/budget", Vec::new()),
        }
    }

    fn gate(&self, question: &GateQuestion) -> Result<GateAnswer, QueryError> {
        self.ask(&format!("/api/v1/capabilities/{}/gate", quoted(&question.capability)), Vec::new())
    }

    fn matching(&self, capability: Option<&str>) -> Result<Matching, QueryError> {
        match capability {
            Some(id) => self.ask(&format!("/api/v1/capabilities/{}/matching", quoted(id)), Vec::new()),
            None => self.ask("/api/v1/matching", Vec::new()),
        }
    }

    fn alerts(&self) -> Result<Alerts, QueryError> {
        self.ask("/api/v1/alerts", Vec::new())
    }

    fn incidents(&self, question: &IncidentsQuestion) -> Result<IncidentsAnswer, QueryError> {
        match &question.id {
            Some(id) => self.ask(&format!("/api/v1/incidents/{}", quoted(id)), Vec::new()),
            None => self.ask("/api/v1/incidents", between(question.between)),
        }
    }

    fn annotations(&self, asked: Option<Between>) -> Result<Annotations, QueryError> {
        self.ask("/api/v1/annotations", between(asked))
    }

    fn trace(&self, trace: TraceId) -> Result<TraceAnswer, QueryError> {
        self.ask(&format!("/api/v1/traces/{trace}"), Vec::new()).map_err(|error| match error {
            // The id is well formed: what a server refuses about it is that it does not know it.
            QueryError::Bad(_) => QueryError::NoSuchTrace(trace),
            other => other,
        })
    }
}
