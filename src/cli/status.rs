//! What is.

use std::fmt::Write;

use serde_json::Value;

use super::exit::Exit;
use super::session::Session;
use super::table::{self, at, cell};
use crate::client::Call;

/// Columns of a list of agents.
const AGENTS: &[table::Column] = &[
    ("AGENT", "name"),
    ("HEALTH", "health"),
    ("HEARTBEAT", "last_heartbeat"),
    ("ERRORS", "error_rate"),
    ("MEAN MS", "mean_ms"),
    ("TASK", "task_enabled"),
    ("LAST SAID", "status_message"),
];

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

pub fn agents(session: &Session) -> Exit {
    session.list(session.read(&Call::get("agents")), AGENTS)
}

pub fn risk(session: &Session) -> Exit {
    let columns = [
        ("RULE", "rule"),
        ("LIMIT", "limit"),
        ("USED", "used"),
        ("UNIT", "unit"),
        ("REFUSED", "refusals"),
        ("LAST REFUSAL", "last_refusal.time"),
        ("FOUND", "last_refusal.value"),
    ];
    session.list(session.read(&Call::get("risk")), &columns)
}

pub fn conflicts(session: &Session) -> Exit {
    session.show(session.read(&Call::get("conflicts")), |document| {
        let part = |name: &str| document[name].as_array().cloned().unwrap_or_default();
        let active = [
            ("KIND", "kind"),
            ("RESOURCE", "resource"),
            ("RESOLUTION", "resolution"),
            ("SINCE", "since"),
        ];
        let table = [
            ("RUNNING", "running"),
            ("NEW", "new"),
            ("VERDICT", "verdict"),
        ];
        format!(
            "active\n{}\n{}",
            table::rows(&part("active"), &active),
            table::rows(&part("table"), &table)
        )
    })
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
    line("mode", format!("{}, {}", get("mode"), get("autonomy")));
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
            "reservations",
            table::rows(&part("reservations"), super::reservations::COLUMNS),
        ),
        ("schedules", table::rows(&part("schedules"), SCHEDULES)),
        ("agents", table::rows(&part("agents"), AGENTS)),
    ] {
        text.push_str(&format!("\n{name}\n{rows}"));
    }
    text
}
