//! From an answer to a response of HTTP.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::request_id::{HEADER, RequestId};
use crate::api::answer::Answer;
use crate::api::problem::RETRY_AFTER_S;

/// What stands in a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One document.
    Document,
    /// A line an item; of a problem, one document.
    Lines,
}

/// JSON, or a line an item. A problem carries the id of its request.
pub(super) fn respond(mut answer: Answer, shape: Shape, id: &RequestId) -> Response<Body> {
    let lines = shape == Shape::Lines && answer.is_ok();
    if let Some(Value::Object(error)) = answer.body.get_mut("error") {
        error.insert("request_id".into(), id.as_str().into());
        if answer.status == 429 {
            error.insert("retry_after_s".into(), RETRY_AFTER_S.into());
        }
    }
    let text = match &answer.body {
        _ if answer.written.is_some() => answer.written.take().unwrap_or_default(),
        Value::Null => String::new(),
        body if lines => {
            let items = body["items"].as_array().into_iter().flatten();
            items.map(|item| format!("{item}\n")).collect()
        }
        body => body.to_string(),
    };
    let kind = if lines {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let mut response = plain(text, kind, id);
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if answer.status == 429 {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    if answer.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A text of some kind.
pub(super) fn plain(text: String, kind: &'static str, id: &RequestId) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HEADER, id.value());
    response
}
