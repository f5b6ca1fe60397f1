//! Requests to one engine over HTTP, on its socket or on the network.

use std::error::Error;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::address::SocketPath;
use super::target::{Remote, Target};
use super::token::VARIABLE;
use super::{Call, Problem, tls};

/// What an answer may take: the engine's own limit is 35 s.
const TIMEOUT: Duration = Duration::from_secs(40);
/// What a stream may take: its end is found out by its silence.
const FOR_GOOD: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);
/// How long a connection is kept that nobody uses; engines close them later than that.
const IDLE: Duration = Duration::from_secs(10);

/// HTTP to one engine.
pub(super) struct Http {
    client: reqwest::Client,
    base: String,
    /// `Authorization`, where there is a token to show.
    shown: Option<String>,
    on_network: bool,
    /// Keeps the folder open that a long path leads through.
    _address: Option<SocketPath>,
}

impl Http {
    /// A client that connects when it is asked something.
    ///
    /// # Errors
    /// The socket's folder or the certificates cannot be read.
    pub(super) fn to(target: &Target) -> Result<Self, Problem> {
        tls::install();
        let builder = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .pool_idle_timeout(IDLE);
        match target {
            Target::Url(remote) => Self::on_network(builder, remote),
            Target::Socket(path) => {
                let address = SocketPath::of(path).map_err(|error| {
                    Problem::unreachable(format!("{}: {error}", path.display()))
                })?;
                // No certificate is ever looked at here: the system's need not be read.
                let builder = builder
                    .unix_socket(address.path())
                    .tls_certs_only(Vec::new());
                Ok(Self {
                    client: builder.build().map_err(|error| unreachable(&error))?,
                    base: "http://localhost".to_owned(),
                    shown: None,
                    on_network: false,
                    _address: Some(address),
                })
            }
        }
    }

    fn on_network(builder: reqwest::ClientBuilder, remote: &Remote) -> Result<Self, Problem> {
        let builder = match &remote.ca {
            Some(path) => builder.tls_certs_only(tls::authorities(path)?),
            None if remote.url.starts_with("http:") => builder.tls_certs_only(Vec::new()),
            None => builder,
        };
        Ok(Self {
            client: builder.build().map_err(|error| unreachable(&error))?,
            base: remote.url.clone(),
            shown: remote.token.as_ref().map(|token| format!("Bearer {token}")),
            on_network: true,
            _address: None,
        })
    }

    /// One request and its answer.
    ///
    /// # Errors
    /// What the API says, or code `ENGINE_UNREACHABLE`.
    pub(super) async fn send(&self, call: &Call) -> Result<Value, Problem> {
        let method = reqwest::Method::from_bytes(call.method.as_bytes())
            .map_err(|error| Problem::new(0, "CLIENT_FAILED", error.to_string(), ""))?;
        let url = format!("{}/api/v1/{}", self.base, call.path);
        let mut request = self.client.request(method, url).query(&call.query);
        if !call.body.is_null() {
            request = request.json(&call.body);
        }
        if let Some(key) = &call.key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(actor) = &call.actor {
            request = request.header("X-Actor", actor.as_str());
        }
        if let Some(shown) = &self.shown {
            request = request.header(AUTHORIZATION, shown);
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let lines = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-ndjson"));
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable(&error))?;
        read(status, &bytes, lines).map_err(|problem| self.told(problem))
    }

    /// Opens a stream of events behind the one with the id `last`; it may stay for good.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub(super) async fn open(
        &self,
        call: &Call,
        last: Option<&str>,
    ) -> Result<reqwest::Response, Problem> {
        let url = format!("{}/api/v1/{}", self.base, call.path);
        let mut request = self.client.get(url).query(&call.query).timeout(FOR_GOOD);
        if let Some(shown) = &self.shown {
            request = request.header(AUTHORIZATION, shown);
        }
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        if status == 200 {
            return Ok(response);
        }
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable(&error))?;
        let hint = "is another program listening there?";
        let garbled = Problem::new(status, "ANSWER_GARBLED", "this is no stream", hint);
        let problem = read(status, &bytes, false).err().unwrap_or(garbled);
        Err(self.told(problem))
    }

    /// Whether the engine's process answers, and still knows the token.
    pub(super) async fn lives(&self) -> bool {
        let mut request = self.client.get(format!("{}/healthz", self.base));
        if let Some(shown) = &self.shown {
            request = request.header(AUTHORIZATION, shown);
        }
        let answer = request.send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// A problem as whoever asks here can mend it.
    fn told(&self, mut problem: Problem) -> Problem {
        if problem.status == 401 && self.on_network && self.shown.is_none() {
            problem.hint = format!(
                "put a token into {VARIABLE}, or into pilothouse/token in your configuration \
                 folder, mode 0600; `pilothouse token add NAME` beside the engine gives one"
            );
        }
        problem
    }
}

/// A document, or the problem in it; a stream of lines becomes a list.
fn read(status: u16, bytes: &[u8], lines: bool) -> Result<Value, Problem> {
    let garbled = |error: serde_json::Error| {
        let hint = "is another program listening there?";
        Problem::new(status, "ANSWER_GARBLED", error.to_string(), hint)
    };
    let body = if bytes.is_empty() {
        Value::Null
    } else if lines {
        let items: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes)
            .into_iter()
            .collect();
        json!({ "items": items.map_err(garbled)? })
    } else {
        serde_json::from_slice(bytes).map_err(garbled)?
    };
    crate::api::Answer::with(status, body).into_result()
}

/// Nobody answers, for the reason at the bottom of the errors.
fn unreachable(error: &reqwest::Error) -> Problem {
    let mut deepest: &dyn Error = error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    let why = deepest.to_string();
    let mut problem = Problem::unreachable(format!("no engine answers: {why}"));
    if why.contains("certificate") {
        problem.hint = "--ca FILE names the certificate, PEM, of the engine or of its authority; \
                        the URL must have the name that stands in it"
            .to_owned();
    } else if why.contains("corrupt message") {
        problem.hint = "what listens there speaks no TLS: is it http:// ?".to_owned();
    }
    problem
}
