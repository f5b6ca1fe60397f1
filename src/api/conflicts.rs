//! Which activity gives way to which (domain.md, Activities and consumers).

use serde_json::{Value, json};

use super::answer::Answer;
use super::routes::{Ask, Given};

const NEW: [&str; 5] = [
    "deployment",
    "optimisation",
    "discovery",
    "live_trading",
    "hardstop",
];

/// What is running, and the verdicts on what is new, in the order of [`NEW`].
const TABLE: [(&str, [&str; 5]); 5] = [
    ("deployment", ["queue", "queue", "queue", "allow", "cancel"]),
    (
        "optimisation",
        ["allow", "allow", "allow", "allow", "cancel"],
    ),
    ("discovery", ["allow", "allow", "queue", "allow", "cancel"]),
    (
        "live_trading",
        ["allow", "allow", "allow", "allow", "cancel"],
    ),
    ("hardstop", ["deny", "deny", "deny", "deny", "already"]),
];

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    Ok(Answer::ok(json!({
        "active": status.conflicts,
        "table": table(),
        "seq": status.seq,
    })))
}

fn table() -> Vec<Value> {
    let row = |(running, verdicts): &(&str, [&str; 5])| {
        let running = (*running).to_owned();
        let cell =
            move |(new, verdict)| json!({ "running": running, "new": new, "verdict": verdict });
        NEW.into_iter().zip(*verdicts).map(cell).collect::<Vec<_>>()
    };
    TABLE.iter().flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_verdict_for_every_pair() {
        let table = table();
        assert_eq!(table.len(), 25);
        let verdict = |running: &str, new: &str| {
            let cell = table
                .iter()
                .find(|c| c["running"] == running && c["new"] == new);
            cell.unwrap()["verdict"].as_str().unwrap().to_owned()
        };
        assert_eq!(verdict("deployment", "optimisation"), "queue");
        assert_eq!(verdict("discovery", "discovery"), "queue");
        assert_eq!(verdict("hardstop", "live_trading"), "deny");
        assert_eq!(verdict("hardstop", "hardstop"), "already");
        assert_eq!(verdict("live_trading", "hardstop"), "cancel");
    }
}
