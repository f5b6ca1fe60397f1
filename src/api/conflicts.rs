//! Which activity gives way to which (domain.md, Activities and consumers).

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::routes::Given;
use crate::core::activity::{ActivityKind, Verdict};
use crate::snapshot::ConflictRow;

/// What stands in whose way, and the rule.
#[derive(Serialize, ToSchema)]
struct Conflicts<'a> {
    /// Now.
    active: &'a [ConflictRow],
    /// For each that runs and each that is new.
    table: Vec<Cell>,
    /// Journal position.
    seq: u64,
}

/// What a running activity means for a new one.
#[derive(Serialize, ToSchema)]
#[schema(as = ConflictCell)]
struct Cell {
    /// What runs.
    running: ActivityKind,
    /// What is new.
    new: ActivityKind,
    /// What becomes of the new one, or of the running one.
    verdict: Verdict,
}

pub(super) const LIST: Words =
    Words::of("Who stands in whose way, and the table that decides it.").gives::<Conflicts<'_>>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    Ok(Answer::ok(Conflicts {
        active: &status.conflicts,
        table: table(),
        seq: status.seq,
    }))
}

/// The core's own rule, for each that runs and each that is new.
fn table() -> Vec<Cell> {
    let row = |running: &ActivityKind| {
        let running = *running;
        ActivityKind::ALL.iter().map(move |new| Cell {
            running,
            new: *new,
            verdict: running.verdict(*new),
        })
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
            let of = |c: &&Cell| c.running.as_str() == running && c.new.as_str() == new;
            table.iter().find(of).unwrap().verdict.as_str()
        };
        assert_eq!(verdict("deployment", "optimisation"), "queue");
        assert_eq!(verdict("discovery", "discovery"), "queue");
        assert_eq!(verdict("hardstop", "live_trading"), "deny");
        assert_eq!(verdict("hardstop", "hardstop"), "already");
        assert_eq!(verdict("live_trading", "hardstop"), "cancel");
    }
}
