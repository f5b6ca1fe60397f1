//! Typed bodies: unknown fields and wrong values are refused by name.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::client::Problem;

/// Bytes of the largest body.
pub(super) const LARGEST: usize = 256 * 1024;

/// Reads a body; an empty one counts as `{}`.
///
/// # Errors
/// 413 too large, 400 no JSON, 422 a field that is wrong, named.
pub(super) fn read<T: DeserializeOwned>(body: &str) -> Result<T, Problem> {
    if body.len() > LARGEST {
        return Err(Problem::new(
            413,
            "BODY_TOO_LARGE",
            format!("the body has {} bytes", body.len()),
            format!("at most {LARGEST}"),
        ));
    }
    let body = if body.trim().is_empty() { "{}" } else { body };
    let is_object = body.trim_start().starts_with('{');
    let mut text = serde_json::Deserializer::from_str(body);
    let read = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data => {
                let why = plain(&inner);
                let message = if path == "." {
                    why
                } else {
                    format!("{path}: {why}")
                };
                Problem::new(
                    422,
                    "REQUEST_INVALID",
                    message,
                    "mend the field and ask again",
                )
            }
            _ => malformed(&inner),
        }
    })?;
    text.end().map_err(|error| malformed(&error))?;
    // A list would be read as the fields in their order.
    match is_object {
        true => Ok(read),
        false => Err(Problem::new(
            422,
            "REQUEST_INVALID",
            "the body is no JSON object",
            "send a JSON object",
        )),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        400,
        "BODY_MALFORMED",
        format!("the body is no JSON: {error}"),
        "send a JSON object",
    )
}

/// The error without its place, which the field's name says better.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::exact::Exact;
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        amount: Exact,
        ttl_s: Option<u64>,
        items: Option<Vec<Sample>>,
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fail = |text: &str| {
            let problem = read::<Sample>(text).unwrap_err();
            (problem.status, problem.message)
        };
        for (text, status, named) in [
            ("{", 400, "no JSON"),
            ("{\"amount\":1} x", 400, "no JSON"),
            ("", 422, "amount"),
            ("{\"amount\":\"x\"}", 422, "amount: "),
            ("{\"amount\":1,\"ttl_s\":-1}", 422, "ttl_s: "),
            ("{\"amount\":1,\"ttl\":1}", 422, "ttl"),
            (
                "{\"amount\":1,\"items\":[{\"amount\":true}]}",
                422,
                "items[0].amount: ",
            ),
            ("[]", 422, ""),
            ("[1, 3, null]", 422, "no JSON object"),
        ] {
            let (found, message) = fail(text);
            assert_eq!(found, status, "{text}: {message}");
            assert!(message.contains(named), "{text}: {message}");
        }
        let large = format!("{{\"amount\":{}}}", " ".repeat(LARGEST));
        assert_eq!(fail(&large).0, 413);
        let whole = read::<Sample>("{\"amount\":\"1.50\",\"ttl_s\":3}").unwrap();
        assert_eq!(
            (whole.amount.0.to_string().as_str(), whole.ttl_s),
            ("1.50", Some(3))
        );
        assert!(whole.items.is_none());
    }
}
