//! Who stands in whose way, and which activity gives way to which.

use serde_json::Value;

use super::exit::Exit;
use super::session::Session;
use super::table::{self, cell};
use crate::client::Call;

/// Columns of a list of active conflicts.
pub const COLUMNS: &[table::Column] = &[
    ("KIND", "kind"),
    ("PARTIES", "parties"),
    ("RESOURCE", "resource"),
    ("SYMBOL", "symbol"),
    ("SINCE", "since"),
    ("RESOLUTION", "resolution"),
];

pub fn conflicts(session: &Session) -> Exit {
    session.show(session.read(&Call::get("conflicts")), |document| {
        let part = |name: &str| document[name].as_array().cloned().unwrap_or_default();
        format!(
            "active\n{}\nwhat runs (row) and what is new (column)\n{}",
            table::rows(&part("active"), COLUMNS),
            matrix(&part("table"))
        )
    })
}

/// The verdicts, a row for each activity that runs, a column for each that is new.
fn matrix(cells: &[Value]) -> String {
    let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
    for verdict in cells {
        let (running, new) = (cell(&verdict["running"]), cell(&verdict["new"]));
        if !rows[0].contains(&new) {
            rows[0].push(new);
        }
        match rows.last_mut() {
            Some(row) if row[0] == running => row.push(cell(&verdict["verdict"])),
            _ => rows.push(vec![running, cell(&verdict["verdict"])]),
        }
    }
    table::grid(rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn verdicts_stand_where_row_and_column_meet() {
        let verdict = |running: &str, new: &str, verdict: &str| json!({ "running": running, "new": new, "verdict": verdict });
        let text = matrix(&[
            verdict("deployment", "discovery", "queue"),
            verdict("deployment", "hardstop", "cancel"),
            verdict("hardstop", "discovery", "deny"),
            verdict("hardstop", "hardstop", "already"),
        ]);
        assert_eq!(
            text,
            "            discovery  hardstop\n\
             deployment  queue      cancel\n\
             hardstop    deny       already\n"
        );
    }
}
