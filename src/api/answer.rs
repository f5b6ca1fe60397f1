//! What a request gets.

use serde::Serialize;
use serde_json::Value;

use crate::client::Problem;

/// A status and a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Null` for none.
    pub body: Value,
    /// The same as it was written, where numbers in it may be longer than `body` keeps them.
    pub written: Option<String>,
}

impl Answer {
    /// Done.
    pub fn ok(document: impl Serialize) -> Self {
        Self::with(200, document)
    }

    /// Made.
    pub fn created(document: impl Serialize) -> Self {
        Self::with(201, document)
    }

    /// With another status.
    pub fn with(status: u16, document: impl Serialize) -> Self {
        Self {
            status,
            body: serde_json::to_value(document)
                .expect("documents have text keys and whole numbers"),
            written: None,
        }
    }

    /// Done; what others wrote stays as they wrote it.
    pub fn exact(document: impl Serialize) -> Self {
        let written =
            serde_json::to_string(&document).expect("documents have text keys and whole numbers");
        Self {
            // A number beyond all floats has no place there.
            body: serde_json::from_str(&written).unwrap_or_default(),
            written: Some(written),
            status: 200,
        }
    }

    /// The same with another status.
    pub fn and_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Whether it was done.
    pub fn is_ok(&self) -> bool {
        self.status < 400
    }

    /// The document, or the problem in it.
    ///
    /// # Errors
    /// The request was not done.
    pub fn into_result(mut self) -> Result<Value, Problem> {
        if self.is_ok() {
            return Ok(self.body);
        }
        let error = self.body.get_mut("error").map(Value::take);
        let mut problem = error
            .and_then(|error| serde_json::from_value(error).ok())
            .unwrap_or_else(|| Problem::new(0, "ANSWER_GARBLED", "the answer is no document", ""));
        problem.status = self.status;
        Err(problem)
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status,
            body: problem.document(),
            written: None,
        }
    }
}
