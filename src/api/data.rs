//! What agents leave for each other in a cycle.

use super::routes::Ask;
use super::steps::{Step, Stepped};
use crate::core::Command;
use crate::core::id::CycleId;
use crate::engine::Lane;
use crate::snapshot::Query;

pub(super) fn all(ask: &Ask<'_>) -> Stepped {
    let cycle: CycleId = ask.id("cycle")?;
    Step::show(
        Query::Data { cycle, key: None },
        "cycle",
        ask.part(0).to_owned(),
    )
}

pub(super) fn one(ask: &Ask<'_>) -> Stepped {
    let cycle: CycleId = ask.id("cycle")?;
    let key = ask.part(1).to_owned();
    let query = Query::Data {
        cycle,
        key: Some(key.clone()),
    };
    Step::show(query, "key", key)
}

/// The body is the document, whatever it is.
pub(super) fn put(ask: &Ask<'_>) -> Stepped {
    let cycle: CycleId = ask.id("cycle")?;
    let key = ask.part(1).to_owned();
    let command = Command::PutData {
        cycle,
        key: key.clone(),
        value: ask.request.body.to_owned(),
    };
    Step::submit(Lane::Normal, command, move |_| {
        let query = Query::Data {
            cycle,
            key: Some(key.clone()),
        };
        Step::show(query, "key", key)
    })
}
