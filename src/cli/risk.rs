//! Limits and the live guard: what is used, what was refused, what keeps entries from a venue.

use super::exit::Exit;
use super::session::Session;

/// Each limit, its use and its last refusal.
pub fn risk(session: &Session) -> Exit {
    let columns = [
        ("RULE", "rule"),
        ("LEVEL", "level"),
        ("LIMIT", "limit"),
        ("USED", "used"),
        ("UNIT", "unit"),
        ("REFUSED", "refusals"),
        ("LAST REFUSAL", "last_refusal.time"),
        ("SYMBOL", "last_refusal.symbol"),
        ("STRATEGY", "last_refusal.strategy"),
        ("FOUND", "last_refusal.value"),
    ];
    session.list_of("risk", Vec::new(), &columns)
}

/// The live guard's figures of each venue.
pub fn guard(session: &Session) -> Exit {
    let columns = [
        ("VENUE", "venue"),
        ("BLOCKED", "blocked"),
        ("SINCE", "since"),
        ("QUOTE AGE MS", "quote_age_ms"),
        ("REJECTED", "rejection_rate"),
        ("P95 MS", "p95_ms"),
        ("SAMPLES", "samples"),
        ("CONNECTED", "connected"),
        ("WAITING", "waiting"),
        ("WHY", "reason"),
    ];
    session.list_of("guard", Vec::new(), &columns)
}
