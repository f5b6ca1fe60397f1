//! A row's document, as an operator reads it.

/// A pretty JSON document as lines without its braces, quotes and commas; what was measured is
/// rounded, exact amounts are not.
pub fn document_lines(document: &str) -> Vec<String> {
    let lines = document.lines().filter_map(|line| {
        let body = line.strip_prefix("  ")?.trim_end_matches(',');
        Some(rounded(body.replacen('"', "", 2)))
    });
    lines.collect()
}

/// Amounts are text in a document; a bare number with a point is a measure.
fn rounded(line: String) -> String {
    let Some((key, value)) = line.rsplit_once(": ") else {
        return line;
    };
    match value.parse::<f64>() {
        Ok(measure) if value.contains('.') => format!("{key}: {measure:.2}"),
        _ => line,
    }
}

/// A row's document, as JSON.
pub fn pretty<T: serde::Serialize>(row: &T) -> String {
    serde_json::to_string_pretty(row).unwrap_or_else(|e| e.to_string())
}
