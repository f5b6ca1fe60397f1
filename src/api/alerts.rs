//! The channels that alerts go to: how they fare, and whether they arrive.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::routes::Given;
use super::{list, problem};
use crate::client::Problem;
use crate::engine::EngineError;
use crate::snapshot::{AlertChannelRow, AlertTestRow};

pub(super) const LIST: Words =
    Words::of("The channels that alerts go to, and how they fare.").gives_list::<AlertChannelRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    let items = status.alerts.iter().map(|row| json!(row)).collect();
    Ok(list::whole(items, status.seq))
}

/// Which channel is tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Testing {
    /// Its name; else all of them.
    channel: Option<String>,
}

pub(super) const TEST: Words =
    Words::of("Sends a test message past all that waits, and says what came back.")
        .takes::<Testing>()
        .gives_list::<AlertTestRow>()
        .refuses(&[404, 409]);

/// Sends a message past all that waits, and says what came back.
pub(super) fn test(ask: &Ask<'_>) -> Given {
    let Testing { channel } = ask.body()?;
    if ask.api.desk.gate().is_none() {
        return Err(problem::silent(&EngineError::Stopped));
    }
    let rows = ask.api.desk.test_alerts(channel.as_deref());
    let seq = ask.api.desk.latest().status.seq;
    match (rows, channel) {
        (Some(rows), _) => {
            let total = rows.len();
            Ok(Answer::ok(
                json!({ "items": rows, "seq": seq, "total": total }),
            ))
        }
        (None, Some(name)) => Err(Problem::new(
            404,
            "ALERT_CHANNEL_UNKNOWN",
            format!("there is no channel {name:?}"),
            "`pilothouse alerts` lists them",
        )),
        (None, None) => Err(Problem::new(
            409,
            "NOT_CONFIGURED",
            "alerts go nowhere but to the log",
            "name a webhook: [alerts.webhook.NAME] in the configuration",
        )),
    }
}
