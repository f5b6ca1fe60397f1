//! What is.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::exit::Exit;
use super::session::Session;
use super::table::{self, at, cell};
use crate::client::Call;

/// Columns of a list of schedules.
pub const SCHEDULES: &[table::Column] = &[
    ("TASK", "name"),
    ("EVERY S", "interval_s"),
    ("ON", "enabled"),
    ("LAST", "last_run"),
    ("NEXT", "next_run"),
    ("RUNS", "runs"),
    ("FAILED", "failures"),
];

pub fn status(session: &Session) -> Exit {
    session.show(session.read(&Call::get("coordinator/status")), overview)
}

fn overview(document: &Value) -> String {
    let get = |path: &str| cell(at(document, path));
    let part = |name: &str| document[name].as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line(
        "engine",
        format!("{} {}, pid {}", get("engine"), get("version"), get("pid")),
    );
    line("state", get("state"));
    line("mode", get("mode"));
    line("autonomy", get("autonomy"));
    line("degradation", get("degradation"));
    line("feed", format!("{} at {}", get("feed"), get("speed")));
    line("clock", get("clock"));
    line(
        "journal",
        format!("record {}, {} bytes", get("seq"), get("journal.bytes")),
    );
    if !document["hardstop"].is_null() {
        line(
            "HARDSTOP",
            format!(
                "{} by {} at {}: {} (cancels {}/{}, positions {})",
                get("hardstop.epoch"),
                get("hardstop.by"),
                get("hardstop.engaged_at"),
                get("hardstop.reason"),
                get("hardstop.cancels_confirmed"),
                get("hardstop.cancels_total"),
                get("hardstop.open_positions")
            ),
        );
    }
    for cause in part("causes") {
        let of = |path| cell(at(&cause, path));
        line(
            "because",
            format!("{}: {} ({})", of("cause"), of("reason"), of("by")),
        );
    }
    line("waiting", waiting(&part("resources")));
    if !part("paused_symbols").is_empty() {
        line("paused", get("paused_symbols"));
    }
    let resources = [
        ("RESOURCE", "resource"),
        ("CLASS", "class"),
        ("LIMIT", "limit"),
        ("HELD", "held"),
        ("BOUND", "bound"),
        ("AVAILABLE", "available"),
        ("QUEUED", "queued"),
    ];
    for (name, rows) in [
        ("resources", table::rows(&part("resources"), &resources)),
        (
            "activities",
            table::rows(&part("activities"), super::activity::COLUMNS),
        ),
        (
            "conflicts",
            table::rows(&part("conflicts"), super::conflicts::COLUMNS),
        ),
        (
            "reservations",
            table::rows(&part("reservations"), super::reservations::COLUMNS),
        ),
        ("schedules", table::rows(&part("schedules"), SCHEDULES)),
        (
            "agents",
            table::rows(&part("agents"), super::agents::COLUMNS),
        ),
    ] {
        text.push_str(&format!("\n{name}\n{rows}"));
    }
    text
}

/// How many wait for what. API calls have a row for each window, and the same queue in both.
fn waiting(resources: &[Value]) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for row in resources.iter().filter(|row| row["class"] != "hour") {
        *counts.entry(cell(&row["resource"])).or_default() += row["queued"].as_u64().unwrap_or(0);
    }
    let counts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(resource, count)| format!("{count} for {resource}"))
        .collect();
    if counts.is_empty() {
        return "nobody".into();
    }
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn those_that_wait_are_counted_once() {
        let row = |resource: &str, class: Option<&str>, queued: u64| json!({ "resource": resource, "class": class, "queued": queued });
        let rows = [
            row("capital", None, 2),
            row("compute", Some("paper"), 1),
            row("compute", Some("backtest"), 3),
            row("api", Some("minute"), 5),
            row("api", Some("hour"), 5),
        ];
        assert_eq!(waiting(&rows), "5 for api, 2 for capital, 4 for compute");
        assert_eq!(waiting(&rows[..0]), "nobody");
    }
}
