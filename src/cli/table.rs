//! Documents as plain text: aligned columns, one line a row.

use serde_json::Value;

use super::harmless;

/// A column: its head, and where its value stands in a row, parts joined by points.
pub type Column = (&'static str, &'static str);

/// Widest cell; what is longer is cut, with `…` to say so.
const WIDEST: usize = 60;

/// The rows of a list, and how many there are beyond.
pub fn list(document: &Value, columns: &[Column]) -> String {
    let items = document["items"].as_array().map_or(&[][..], Vec::as_slice);
    let mut text = rows(items, columns);
    let total = document["total"].as_u64().unwrap_or(items.len() as u64);
    if total > items.len() as u64 {
        text.push_str(&format!("{} of {total}\n", items.len()));
    }
    text
}

/// Rows under their heads; numbers to the right.
pub fn rows(items: &[Value], columns: &[Column]) -> String {
    if items.is_empty() {
        return "none\n".into();
    }
    let mut cells: Vec<Vec<String>> =
        vec![columns.iter().map(|(head, _)| (*head).into()).collect()];
    cells.extend(items.iter().map(|item| {
        columns
            .iter()
            .map(|(_, path)| cell(at(item, path)))
            .collect()
    }));
    grid(cells)
}

/// Aligned cells, the first row the heads; columns of numbers to the right.
pub fn grid(cells: Vec<Vec<String>>) -> String {
    let columns = cells.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|n| {
            cells
                .iter()
                .map(|row| row[n].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> = (0..columns)
        .map(|n| cells[1..].iter().all(|row| is_number(&row[n])))
        .collect();
    let mut text = String::new();
    for row in cells {
        let line: Vec<String> = row
            .into_iter()
            .zip(widths.iter().zip(&numeric))
            .map(|(cell, (&width, &numeric))| {
                if numeric {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Every field of a document that has a value, one a line; lists within are counted. A value of many
/// lines stays in its column, so that none of them passes for a field.
pub fn fields(document: &Value) -> String {
    let Some(fields) = document.as_object() else {
        return format!("{}\n", cell(document));
    };
    let width = fields.keys().map(String::len).max().unwrap_or(0);
    fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let text = harmless::lines(&long(value));
            let below = format!("\n{:width$}  ", "");
            format!("{name:<width$}  {}\n", text.replace('\n', &below))
        })
        .collect()
}

/// The value at a path.
pub fn at<'a>(row: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(row, |value, part| &value[part])
}

/// A value in a cell.
pub fn cell(value: &Value) -> String {
    let text = harmless::line(&long(value).replace('\n', " "));
    if text.chars().count() <= WIDEST {
        return text;
    }
    let mut cut: String = text.chars().take(WIDEST - 1).collect();
    cut.push('…');
    cut
}

fn long(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            format!("{} items", items.len())
        }
        Value::Array(items) => items.iter().map(long).collect::<Vec<_>>().join(","),
        // Money comes as text; what comes as a fraction is measured, and nobody reads its sixteenth digit.
        Value::Number(number) if number.is_f64() => {
            let measured = number.as_f64().unwrap_or_default();
            format!("{}", (measured * 1000.0).round() / 1000.0)
        }
        other => other.to_string(),
    }
}

fn is_number(text: &str) -> bool {
    text == "-" || text.parse::<rust_decimal::Decimal>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_aligned_and_numbers_stand_right() {
        let document = json!({"items": [
            {"id": "order_1", "a": {"b": "12.5"}, "on": true},
            {"id": "order_10", "a": {"b": "3"}, "on": null},
        ], "total": 7});
        let text = list(&document, &[("ID", "id"), ("B", "a.b"), ("ON", "on")]);
        assert_eq!(
            text,
            "ID           B  ON\norder_1   12.5  yes\norder_10     3  -\n2 of 7\n"
        );
        assert_eq!(list(&json!({"items": []}), &[("ID", "id")]), "none\n");
    }

    #[test]
    fn what_is_measured_has_three_digits_after_the_point() {
        assert_eq!(cell(&json!(0.075_821_532_488)), "0.076");
        assert_eq!(cell(&json!(12.0)), "12");
        assert_eq!(cell(&json!("0.075821532488")), "0.075821532488");
    }

    #[test]
    fn what_was_written_is_shown_and_never_obeyed() {
        let reason = json!("\u{1b}[2Jmode  live\nmode  live");
        assert_eq!(cell(&reason), "\\x1b[2Jmode  live mode  live");
        let text = fields(&json!({ "mode": "paper", "reason": reason }));
        assert_eq!(
            text,
            "mode    paper\nreason  \\x1b[2Jmode  live\n        mode  live\n"
        );
    }

    #[test]
    fn long_cells_say_that_they_are_cut() {
        let long = cell(&json!("ä".repeat(100)));
        assert_eq!(long.chars().count(), WIDEST);
        assert!(long.ends_with('…'));
    }
}
