//! Frames: requests as they come, answers and messages as they go.

use std::borrow::Cow;

use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::answer::Answer;
use crate::api::problem::RETRY_AFTER_S;
use crate::client::Problem;
use crate::snapshot::MessageRow;

/// A request.
#[derive(Debug, Deserialize)]
pub(super) struct Frame<'a> {
    /// Comes back with the answer.
    #[serde(default)]
    pub(super) id: Value,
    /// What to do.
    #[serde(borrow)]
    pub(super) op: Cow<'a, str>,
    /// With what.
    #[serde(borrow, default)]
    pub(super) args: Option<&'a RawValue>,
    /// The same key again is the same request; of `reserve` alone.
    #[serde(default)]
    pub(super) key: Option<String>,
}

/// The little that a frame needs to be answered at all.
#[derive(Deserialize)]
struct Numbered {
    #[serde(default)]
    id: Value,
}

impl<'a> Frame<'a> {
    /// Reads a frame; where it is none, its id if it has one, and why.
    pub(super) fn read(text: &'a str) -> Result<Self, (Value, Problem)> {
        let malformed = |id, why: &str| {
            let hint = "send {\"id\":1,\"op\":\"status\",\"args\":{}}";
            let message = format!("this is no request: {why}");
            (
                plain(id),
                Problem::new(400, "FRAME_MALFORMED", message, hint),
            )
        };
        // A list would be read as fields in their order.
        if !text.trim_start().starts_with('{') {
            return Err(malformed(Value::Null, "an object is expected"));
        }
        let frame: Self = serde_json::from_str(text).map_err(|error| {
            let id = serde_json::from_str::<Numbered>(text).map_or(Value::Null, |n| n.id);
            malformed(id, &error.to_string())
        })?;
        if frame.id.is_u64() || frame.id.is_string() {
            return Ok(frame);
        }
        let hint = "a whole number that no other request under way has";
        let problem = Problem::new(422, "REQUEST_INVALID", "id: a number is needed", hint);
        Err((plain(frame.id), problem))
    }
}

/// An id that can be given back; no documents.
fn plain(id: Value) -> Value {
    match id {
        Value::Number(_) | Value::String(_) => id,
        _ => Value::Null,
    }
}

#[derive(Serialize)]
struct Done<'a, T> {
    id: &'a Value,
    ok: bool,
    result: &'a T,
}

#[derive(Serialize)]
struct Refused<'a> {
    id: &'a Value,
    ok: bool,
    error: Fault<'a>,
}

#[derive(Serialize)]
struct Fault<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
}

#[derive(Serialize)]
struct Push<'a> {
    push: &'static str,
    message: &'a MessageRow,
}

fn text(frame: &impl Serialize) -> Message {
    let text = serde_json::to_string(frame).expect("documents have text keys and whole numbers");
    Message::Text(text.into())
}

/// The answer to a request.
pub(super) fn answer(id: &Value, mut answer: Answer) -> Message {
    if let Some(written) = answer.written.take()
        && let Ok(result) = serde_json::from_str::<&RawValue>(&written)
    {
        return text(&Done {
            id,
            ok: true,
            result: &result,
        });
    }
    match answer.into_result() {
        Ok(result) => text(&Done {
            id,
            ok: true,
            result: &result,
        }),
        Err(problem) => refusal(id, &problem),
    }
}

/// Why a request was not done.
pub(super) fn refusal(id: &Value, problem: &Problem) -> Message {
    text(&Refused {
        id,
        ok: false,
        error: Fault {
            problem,
            retry_after_s: (problem.status == 429).then_some(RETRY_AFTER_S),
        },
    })
}

/// A message for the agent.
pub(super) fn message(message: &MessageRow) -> Message {
    text(&Push {
        push: "message",
        message,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_frame_is_answered_under_its_id_where_it_has_one() {
        let of = |text| {
            let (id, problem) = Frame::read(text).unwrap_err();
            (id, problem.code)
        };
        let malformed = "FRAME_MALFORMED".to_owned();
        assert_eq!(of("{"), (Value::Null, malformed.clone()));
        assert_eq!(of("[1]"), (Value::Null, malformed.clone()));
        assert_eq!(of(r#"{"id":7}"#), (json!(7), malformed.clone()));
        assert_eq!(of(r#"{"id":7,"op":1}"#), (json!(7), malformed));
        let invalid = "REQUEST_INVALID".to_owned();
        assert_eq!(of(r#"{"op":"status"}"#), (Value::Null, invalid.clone()));
        assert_eq!(of(r#"{"op":"x","id":[1]}"#), (Value::Null, invalid));
        let frame = Frame::read(r#"{"id":"a","op":"reserve","args":{"amount":0.10}}"#).unwrap();
        assert_eq!(frame.args.unwrap().get(), r#"{"amount":0.10}"#);
    }
}
