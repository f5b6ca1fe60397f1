//! Text in a page.

/// Text that is shown as it is written.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The same, where what stands between backquotes is code.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(n, part)| match n % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        })
        .collect()
}

/// Paragraphs, with an empty line between any two.
pub(super) fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n");
    parts
        .map(|part| format!("<p>{}</p>", prose(part)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_and_code_is_marked() {
        assert_eq!(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
        assert_eq!(prose("say `<x>` now"), "say <code>&lt;x&gt;</code> now");
        assert_eq!(paragraphs("a\n\nb"), "<p>a</p><p>b</p>");
    }
}
