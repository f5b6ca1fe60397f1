//! Which activity gives way to which (domain.md, Activities and consumers).

use serde_json::{Value, json};

use super::answer::Answer;
use super::routes::{Ask, Given};
use crate::core::activity::ActivityKind;

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    Ok(Answer::ok(json!({
        "active": status.conflicts,
        "table": table(),
        "seq": status.seq,
    })))
}

/// The core's own rule, for each that runs and each that is new.
fn table() -> Vec<Value> {
    let row = |running: &ActivityKind| {
        let running = *running;
        ActivityKind::ALL.iter().map(
            move |new| json!({ "running": running, "new": new, "verdict": running.verdict(*new) }),
        )
    };
    ActivityKind::ALL.iter().flat_map(row).collect()
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
