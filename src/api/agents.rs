//! Who is at work, and how they are.

use serde_json::json;

use super::answer::Answer;
use super::list;
use super::routes::{Ask, Given};

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    let items = status.agents.iter().map(|agent| json!(agent)).collect();
    Ok(list::whole(items, status.seq))
}

/// The agents with their queues.
pub(super) fn health(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let status = &snapshot.status;
    Ok(Answer::ok(json!({
        "items": status.agents,
        "queues": snapshot.queues,
        "degradation": status.degradation,
        "seq": status.seq,
        "total": status.agents.len(),
    })))
}
