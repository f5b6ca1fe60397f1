//! The head of a request: how large it may be, and what it asks for.

use axum::http::request::Parts;

use crate::client::Problem;

/// Bytes of a path, at most.
const PATH: usize = 2 * 1024;
/// Bytes of a query, at most.
const QUERY: usize = 8 * 1024;
/// Bytes of all headers together, at most.
const HEADERS: usize = 16 * 1024;

/// Whether the head has a size that is answered.
///
/// # Errors
/// 414 a path or query, 431 headers that are too large.
pub(super) fn fits(head: &Parts) -> Result<(), Problem> {
    let path = head.uri.path().len();
    let query = head.uri.query().map_or(0, str::len);
    for (what, bytes, most) in [("path", path, PATH), ("query", query, QUERY)] {
        if bytes > most {
            return Err(too_large(414, "URI_TOO_LONG", what, bytes, most));
        }
    }
    let lines = head.headers.iter();
    let bytes = lines
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > HEADERS {
        return Err(too_large(
            431,
            "HEADERS_TOO_LARGE",
            "headers",
            bytes,
            HEADERS,
        ));
    }
    Ok(())
}

fn too_large(status: u16, code: &str, what: &str, bytes: usize, most: usize) -> Problem {
    Problem {
        limit: Some(most.to_string()),
        value: Some(bytes.to_string()),
        ..Problem::new(
            status,
            code,
            format!("{what} of {bytes} bytes"),
            format!("at most {most} bytes"),
        )
    }
}

/// Percent-encoding undone; what is none stays as it is.
pub(super) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &more[2..];
            }
            _ => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_head_that_is_too_large_is_refused_by_what_is() {
        let status = |uri: String, header: usize| {
            let request = Request::get(uri).header("x-filler", "x".repeat(header));
            let (head, ()) = request.body(()).unwrap().into_parts();
            fits(&head).map_or_else(|p| p.status, |()| 200)
        };
        let long = |n| "x".repeat(n);
        assert_eq!(status(format!("/{}", long(PATH - 1)), 1), 200);
        assert_eq!(status(format!("/{}", long(PATH)), 1), 414);
        assert_eq!(status(format!("/?{}", long(QUERY)), 1), 200);
        assert_eq!(status(format!("/?{}", long(QUERY + 1)), 1), 414);
        assert_eq!(status("/".into(), HEADERS), 431);
    }

    #[test]
    fn percent_encoding_is_undone_where_it_is_some() {
        assert_eq!(decoded("/a%20b%2Fc"), "/a b/c");
        assert_eq!(decoded("/100%"), "/100%");
        assert_eq!(decoded("/%zz%C3%A9"), "/%zzé");
    }
}
