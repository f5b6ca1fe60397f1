//! Server-sent events as text.

use std::fmt::Write;

use serde::Serialize;

use super::place::Place;
use crate::snapshot::AuditLine;

/// How long a reader that lost the stream waits before it comes back, milliseconds.
const RETRY_MS: u64 = 1_000;
/// Why a stream ends before its reader wants it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The reader does not take what it is sent.
    TooSlow,
    /// Its token was replaced or revoked.
    Revoked,
    /// The engine has ended.
    Stopped,
    /// The journal cannot be read here.
    Unreadable,
}

/// The first words: when to come back, and from where if nothing else is ever sent.
pub(super) fn greeting(place: Place) -> String {
    format!("retry: {RETRY_MS}\nid: {place}\n\n")
}

/// A sign of life.
pub(super) const HEARTBEAT: &str = ": still here\n\n";

/// Where to go on from; no event comes with it.
pub(super) fn mark(place: Place) -> String {
    format!("id: {place}\n\n")
}

/// Appends a line of the audit.
pub(super) fn event(text: &mut String, place: Place, line: &AuditLine) {
    let data = serde_json::to_string(line).expect("documents have text keys");
    write!(text, "id: {place}\nevent: {}\ndata: {data}\n\n", line.kind)
        .expect("memory takes every text");
}

#[derive(Serialize)]
struct LastWord {
    code: &'static str,
    message: &'static str,
    last: String,
}

/// The last words of a stream, without an id: the reader goes on from what it read last.
pub(super) fn cut(why: Cut, place: Place) -> String {
    let (code, message) = match why {
        Cut::TooSlow => ("TOO_SLOW", "you do not take what you are sent"),
        Cut::Revoked => ("TOKEN_REVOKED", "your token is worth nothing any more"),
        Cut::Stopped => ("ENGINE_STOPPED", "the engine has stopped"),
        Cut::Unreadable => ("JOURNAL_UNREADABLE", "the journal cannot be read from here"),
    };
    let word = LastWord {
        code,
        message,
        last: place.to_string(),
    };
    let data = serde_json::to_string(&word).expect("its keys are text");
    format!("event: cut\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Time;
    use serde_json::json;

    #[test]
    fn an_event_is_a_block_of_lines() {
        let line = AuditLine {
            seq: 7,
            time: Time(1_771_000_000_000),
            kind: "symbol_paused".into(),
            actor: "operator".parse().unwrap(),
            origin: Some("unix:1000".parse().unwrap()),
            cause: None,
            data: json!({ "reason": "two\nlines" }),
        };
        let mut text = String::new();
        event(&mut text, Place::after(7), &line);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["id: 7", "event: symbol_paused"]);
        assert!(lines[2].starts_with("data: {"), "{text}");
        assert!(text.ends_with("}\n\n") && lines.len() == 4, "{text}");
        let word = cut(Cut::TooSlow, Place::within(7, 2));
        assert!(word.starts_with("event: cut\ndata: {"), "{word}");
        assert!(word.contains("\"last\":\"7.2\""), "{word}");
        assert!(!word.contains("id:"), "it is nothing to go on from");
    }
}
