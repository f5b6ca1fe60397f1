//! The one link between those who look and those who decide: inside the process it is the engine's
//! own handle, outside the API. Whoever holds a [`Link`] need not know which.

pub mod address;
mod events;
mod http;
mod local;
mod remote;
mod stop;
mod target;
pub mod tls;
pub mod token;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::Name;
use crate::snapshot::Snapshot;

pub use events::{Heard, follow};
pub use local::LocalLink;
pub use remote::{RemoteLink, call};
pub use target::{Remote, Target};

/// The code of a problem where no engine answered.
pub const UNREACHABLE: &str = "ENGINE_UNREACHABLE";

/// A request of the API, transport left aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `GET`, `POST`, `PATCH`, `DELETE`.
    pub method: &'static str,
    /// Below `/api/v1/`, without a slash in front: `coordinator/pause`.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// `Null` for none.
    pub body: Value,
    /// `Idempotency-Key`.
    pub key: Option<String>,
    /// Whom the owner of the socket acts for, `X-Actor`; inside the process the caller says it.
    pub actor: Option<Name>,
}

impl Call {
    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            query: Vec::new(),
            body: Value::Null,
            key: None,
            actor: None,
        }
    }

    /// An end of something.
    pub fn delete(path: impl Into<String>) -> Self {
        Self {
            method: "DELETE",
            ..Self::get(path)
        }
    }

    /// A change of a part.
    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self {
            method: "PATCH",
            ..Self::post(path, body)
        }
    }

    /// A change.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self {
            method: "POST",
            path: path.into(),
            query: Vec::new(),
            body,
            key: None,
            actor: None,
        }
    }
}

/// An error as the interfaces give it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Problem {
    /// HTTP status; it is not part of the document.
    #[serde(skip)]
    pub status: u16,
    /// Stable.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to mend.
    pub hint: String,
    /// The rule that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Its limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Who holds what was wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<String>,
}

impl Problem {
    /// A problem without a rule behind it.
    pub fn new(
        status: u16,
        code: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            hint: hint.into(),
            rule: None,
            limit: None,
            value: None,
            holders: Vec::new(),
        }
    }

    /// Nobody answers where the engine should be.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(
            503,
            UNREACHABLE,
            message,
            "is it running? `pilothouse run` starts one, --state and --socket name one",
        )
    }

    /// As it stands in an answer: `{"error":{…}}`.
    pub fn document(&self) -> Value {
        serde_json::json!({ "error": self })
    }
}

/// What a press of the stop came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// Which.
    pub epoch: u64,
    /// It was engaged before.
    pub already: bool,
    /// Microseconds until the gate was closed.
    pub gate_us: u64,
    /// Microseconds until it was journaled, once it is.
    pub durable_us: Option<u64>,
    /// The record.
    pub seq: Option<u64>,
}

/// A link to an engine, near or far.
pub trait Link: Send + Sync {
    /// One request and its answer; it may take a while.
    ///
    /// # Errors
    /// What the API says, or code `ENGINE_UNREACHABLE`.
    fn call(&self, call: Call) -> Result<Value, Problem>;

    /// The latest snapshot that is there, without waiting.
    fn latest(&self) -> Arc<Snapshot>;

    /// Asks for a newer one, without waiting.
    fn want(&self);

    /// The engine as it was after record `seq`; it may take a while.
    ///
    /// # Errors
    /// As [`Link::call`]; `SEQ_UNKNOWN` where the journal has no such record.
    fn at(&self, seq: u64) -> Result<Snapshot, Problem> {
        let mut call = Call::get("snapshot");
        call.query = vec![("seq".into(), seq.to_string())];
        serde_json::from_value(self.call(call)?).map_err(|error| {
            let hint = "use the same version on both sides";
            Problem::new(0, "ANSWER_GARBLED", error.to_string(), hint)
        })
    }

    /// Engages HARDSTOP by the shortest way there is.
    ///
    /// # Errors
    /// The engine is out of reach.
    fn stop(&self, reason: &str) -> Result<Stopped, Problem>;

    /// Whether the stop would get through.
    fn stop_linked(&self) -> bool;

    /// Whether the engine answers at all.
    fn connected(&self) -> bool;
}
