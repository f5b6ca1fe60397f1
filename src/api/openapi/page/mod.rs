//! The document as a page for people: one piece, made here, that asks nothing of any network.

mod operations;
mod shapes;
mod text;

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::Value;

use super::WHOLE;
use text::{escaped, paragraphs};

const FRAME: &str = include_str!("../../../../assets/docs.html");
/// Nothing is loaded from anywhere; style and script are the page's own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// It is the same as long as the program runs.
static PAGE: LazyLock<String> = LazyLock::new(|| render(&WHOLE));

/// The page.
pub(in crate::api) fn page() -> Response<Body> {
    let mut response = Response::new(Body::from(PAGE.as_str()));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn render(document: &Value) -> String {
    let info = &document["info"];
    let word = |field: &str| escaped(info[field].as_str().unwrap_or_default());
    FRAME
        .replace("{{title}}", &word("title"))
        .replace("{{version}}", &word("version"))
        .replace(
            "{{about}}",
            &paragraphs(info["description"].as_str().unwrap_or_default()),
        )
        .replace("{{contents}}", &operations::contents(document))
        .replace("{{operations}}", &operations::groups(document))
        .replace("{{errors}}", &operations::errors(document))
        .replace("{{schemas}}", &shapes::all(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_whole_and_asks_nothing_of_any_network() {
        let page = render(&WHOLE);
        assert!(!page.contains("{{"), "a place was not filled");
        for link in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(link), "{link} is in the page");
        }
        for (path, _) in WHOLE["paths"].as_object().unwrap() {
            assert!(page.contains(&escaped(path)), "{path} is not in the page");
        }
        for name in WHOLE["components"]["schemas"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
        }
    }

    #[test]
    fn every_link_leads_to_something_in_it() {
        let page = render(&WHOLE);
        let (shown, _) = page.split_once("<script").unwrap();
        for link in shown.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(
                page.contains(&format!("id=\"{id}\"")),
                "#{id} leads nowhere"
            );
        }
    }

    #[test]
    fn what_it_shows_is_shown_as_text() {
        let mut document = WHOLE.clone();
        document["info"]["title"] = "<script>x</script>".into();
        document["paths"]["/api/v1/orders"]["get"]["summary"] = "<b onclick=x>\"&".into();
        let page = render(&document);
        assert!(!page.contains("<script>x"));
        assert!(page.contains("&lt;b onclick=x&gt;&quot;&amp;"));
    }

    #[test]
    fn it_forbids_itself_what_it_does_not_do() {
        let page = page();
        let policy = &page.headers()[header::CONTENT_SECURITY_POLICY];
        assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
        assert_eq!(page.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
