//! What a body says that it is: JSON, or nothing at all.

use axum::http::{HeaderMap, header};

use crate::client::Problem;

/// Whether a body of `bytes` bytes may be read as JSON. One that says nothing of itself
/// is JSON.
///
/// # Errors
/// 415: it says that it is something else.
pub(super) fn is_json(headers: &HeaderMap, bytes: usize) -> Result<(), Problem> {
    let Some(said) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let said = said.to_str().unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default();
    let media = media.trim().to_ascii_lowercase();
    let json = media == "application/json" || media.ends_with("+json");
    if json || bytes == 0 {
        return Ok(());
    }
    Err(Problem {
        rule: Some("content_type".into()),
        limit: Some("application/json".into()),
        value: Some(media),
        ..Problem::new(
            415,
            "BODY_NO_JSON",
            "the body says that it is no JSON",
            "send `Content-Type: application/json`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_or_says_nothing() {
        let status = |said: Option<&'static str>, bytes| {
            let mut headers = HeaderMap::new();
            if let Some(said) = said {
                headers.insert(header::CONTENT_TYPE, said.parse().unwrap());
            }
            is_json(&headers, bytes).map_or_else(|p| p.status, |()| 200)
        };
        for (said, bytes, is) in [
            (None, 2, 200),
            (Some("application/json"), 2, 200),
            (Some("Application/JSON; charset=utf-8"), 2, 200),
            (Some("application/problem+json"), 2, 200),
            (Some("text/plain"), 0, 200),
            (Some("text/plain"), 2, 415),
            (Some("application/x-www-form-urlencoded"), 2, 415),
            (Some("application/jsonx"), 2, 415),
            (Some(""), 2, 415),
        ] {
            assert_eq!(status(said, bytes), is, "{said:?} {bytes}");
        }
    }
}
