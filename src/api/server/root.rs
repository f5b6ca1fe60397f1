//! What stands at the root, beside the API: whether the process lives, whether it is ready.

use serde_json::json;

use crate::api::Api;
use crate::api::answer::Answer;
use crate::client::Problem;
use crate::core::trading_state::Mode;

/// The process answers.
const HEALTH: &str = "/healthz";
/// The engine has recovered and does not end.
const READY: &str = "/readyz";
/// What is measured.
pub(super) const METRICS: &str = "/metrics";
/// The reference of the API.
pub(super) const DOCS: &str = "/docs";

/// The path, where there is such a one.
pub(super) fn known(path: &str) -> Option<&'static str> {
    [HEALTH, READY, METRICS, DOCS]
        .into_iter()
        .find(|known| *known == path)
}

/// Whether it is answered to whoever asks; a token that is shown must still be one.
pub(super) fn is_for_anybody(path: &str) -> bool {
    [HEALTH, READY].contains(&path)
}

/// A document of the root.
pub(super) fn answer(api: &Api, path: &str) -> Answer {
    match path {
        HEALTH => Answer::ok(json!({ "ok": true })),
        READY => {
            let snapshot = api.desk.latest();
            // A thread that panicked leaves a last snapshot that looks well.
            let ready = snapshot.status.state != Mode::Recovering
                && !snapshot.engine.stopping
                && !api.desk.has_ended();
            Answer::with(if ready { 200 } else { 503 }, json!({ "ready": ready }))
        }
        _ => {
            let message = format!("there is no {path}");
            Problem::new(404, "NOT_FOUND", message, "see /api/v1").into()
        }
    }
}
