//! What must hold of every answer.

use serde_json::Value;

use crate::document::{Document, Operation, fits};
use crate::wire::{Reply, Request};

/// What no answer says: the inside of the program, or of the machine.
const INSIDE: &[&str] = &[
    ".rs:",
    "panicked",
    "RUST_BACKTRACE",
    "stack backtrace",
    "SELECT ",
    "INSERT ",
    "sqlx",
    "sqlite",
    "/.cargo/",
    "/proc/",
];

/// Judges answers.
pub struct Judge<'a> {
    pub document: &'a Document,
    /// Where the engine keeps its state, which nobody is told.
    pub folder: String,
}

impl Judge<'_> {
    /// What is wrong with an answer to a request that was made of an operation.
    pub fn judge(
        &self,
        operation: &Operation,
        request: &Request,
        reply: &Reply,
    ) -> Result<(), String> {
        if reply.status >= 500 && reply.status != 503 {
            return Err(format!("{}", reply.status));
        }
        // What the path became may belong to another operation, or to none.
        let path = request.target.split('?').next().unwrap_or_default();
        let is_its_own = fits(&operation.path, path) && {
            let first = self.document.operations.iter();
            let same = first.filter(|one| one.method == request.method && fits(&one.path, path));
            same.count() == 1
        };
        if is_its_own {
            operation.check(reply)?;
        } else if !matches!(reply.status, 404 | 405) {
            let others = self.document.operations.iter();
            let mut others = others.filter(|one| one.method == request.method);
            if others.all(|one| one.check(reply).is_err()) {
                return Err(format!("{} fits no operation", reply.status));
            }
        }
        if reply.status >= 400 {
            self.error(request, reply)?;
        }
        Ok(())
    }

    /// What is wrong with an error.
    pub fn error(&self, request: &Request, reply: &Reply) -> Result<(), String> {
        if request.method == "HEAD" || (reply.status == 503 && request.target == "/readyz") {
            return Ok(());
        }
        let document: Value = serde_json::from_slice(&reply.body)
            .map_err(|error| format!("{} with no document: {error}", reply.status))?;
        let error = &document["error"];
        for field in ["code", "message", "hint", "request_id"] {
            let said = error[field].as_str().unwrap_or_default();
            if said.is_empty() {
                return Err(format!("no {field}: {document}"));
            }
        }
        let code = error["code"].as_str().unwrap_or_default();
        let stable = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        if !code.bytes().all(stable) {
            return Err(format!("{code:?} is no code"));
        }
        if reply.status == 429 && reply.header("retry-after").is_none() {
            return Err("429 without Retry-After".into());
        }
        self.inside(request, &document.to_string())
    }

    /// What an answer tells of the inside, unless it was told so itself.
    fn inside(&self, request: &Request, text: &str) -> Result<(), String> {
        let asked = request.brief();
        let words = INSIDE.iter().copied().chain([self.folder.as_str()]);
        for word in words {
            if text.contains(word) && !asked.contains(word) {
                return Err(format!("{word:?} is in {text}"));
            }
        }
        Ok(())
    }
}
