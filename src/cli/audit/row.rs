//! Lines of the audit as text: for people, as JSON lines, or as CSV (RFC 4180).

use serde_json::Value;

use super::Format;
use super::sealed::Seal;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::{harmless, table};

/// Columns of CSV; the newest is the last one.
const COLUMNS: [&str; 7] = ["seq", "time", "kind", "actor", "cause", "data", "origin"];

/// How lines are shown.
pub(super) struct Rows(Option<Format>);

impl Rows {
    pub(super) fn new(format: Option<Format>) -> Self {
        Self(format)
    }

    /// Writes lines; what scripts read goes out as it is.
    pub(super) fn write(&self, session: &Session, text: &str) -> Exit {
        match self.0 {
            Some(_) => session.raw(text),
            None => session.text(text),
        }
    }

    /// What stands above the lines.
    pub(super) fn head(&self) -> &'static str {
        match self.0 {
            Some(Format::Csv) => "seq,time,kind,actor,cause,data,origin\r\n",
            Some(Format::Json) | None => "",
        }
    }

    pub(super) fn all(&self, lines: &[Value]) -> String {
        lines.iter().map(|line| self.one(line)).collect()
    }

    pub(super) fn one(&self, line: &Value) -> String {
        match self.0 {
            Some(Format::Json) => format!("{line}\n"),
            Some(Format::Csv) => {
                let cells = COLUMNS.map(|name| quoted(&part(line, name)));
                format!("{}\r\n", cells.join(","))
            }
            None => {
                let data = line["data"].as_object().map(|fields| {
                    let plain =
                        |(name, value): (&String, &Value)| format!("{name}={}", table::cell(value));
                    let fields = fields.iter().filter(|(name, _)| *name != "event");
                    fields.map(plain).collect::<Vec<_>>().join(" ")
                });
                let part = |name: &str| harmless::line(&part(line, name));
                format!(
                    "{:>8}  {}  {:<20}  {:<18}  {:<16}  {}\n",
                    part("seq"),
                    part("time"),
                    part("kind"),
                    part("actor"),
                    part("origin"),
                    data.unwrap_or_default()
                )
            }
        }
    }

    /// The last line of what can be checked later; in CSV it is a row like any other.
    pub(super) fn seal(&self, seal: &Seal) -> String {
        match self.0 {
            Some(_) => self.one(&seal.line()),
            None => format!("{seal}\n"),
        }
    }
}

fn part(line: &Value, name: &str) -> String {
    match &line[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A cell of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_has_its_head_and_cells_survive_commas_quotes_and_lines() {
        let rows = Rows::new(Some(Format::Csv));
        assert_eq!(rows.head(), format!("{}\r\n", COLUMNS.join(",")));
        let line = json!({"seq": 1, "time": "t", "kind": "k", "actor": "a", "cause": null,
            "origin": "unix:1000", "data": {"x": "y,z"}});
        let text = rows.one(&line);
        assert_eq!(text, "1,t,k,a,,\"{\"\"x\"\":\"\"y,z\"\"}\",unix:1000\r\n");
        assert_eq!(quoted("two\nlines"), "\"two\nlines\"");
    }

    #[test]
    fn people_see_who_and_from_where() {
        let line = json!({"seq": 7, "time": "t", "kind": "symbol_paused", "actor": "operator",
            "origin": "unix:1000", "data": {"event": "symbol_paused", "reason": "news"}});
        let text = Rows::new(None).one(&line);
        let words: Vec<&str> = text.split_whitespace().collect();
        let expected = [
            "7",
            "t",
            "symbol_paused",
            "operator",
            "unix:1000",
            "reason=news",
        ];
        assert_eq!(words, expected);
    }
}
