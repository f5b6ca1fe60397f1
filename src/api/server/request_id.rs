//! What a request is called in answers and logs: as its caller calls it, else as it is counted.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Where it stands, in requests and answers.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of one, at most.
const LONGEST: usize = 64;

/// A request's id: letters, digits and `.`, `_`, `:`, `-`, at most 64.
#[derive(Debug, Clone)]
pub(super) struct RequestId(String);

impl RequestId {
    /// The caller's own, where it is one; else the next number.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        match given.filter(|text| is_one(text)) {
            Some(text) => Self(text.to_owned()),
            None => Self(format!("http_{}", LAST.fetch_add(1, Ordering::Relaxed) + 1)),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("letters, digits and a few signs")
    }
}

fn is_one(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_where_it_is_harmless() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_static(text));
            RequestId::of(&headers)
        };
        assert_eq!(of("trace-1:a.b_c").as_str(), "trace-1:a.b_c");
        let long = "x".repeat(LONGEST + 1);
        for text in ["", "a b", "a\"b", "<x>", Box::leak(long.into_boxed_str())] {
            let made = of(text);
            assert!(made.as_str().starts_with("http_"), "{text}");
            assert_eq!(made.value(), made.as_str());
        }
    }
}
