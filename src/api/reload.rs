//! Reading the configuration's layers again.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::coordinator::confirmed;
use super::openapi::Words;
use super::problem;
use super::routes::Given;
use crate::client::Problem;
use crate::engine::{ChangeRow, Reload, ReloadError, Reloaded};

/// The word that lets limits widen.
const WIDEN: &str = "WIDEN";

/// What changes while the engine runs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reloading {
    /// Why; the audit keeps it.
    reason: String,
    /// `WIDEN`: what allows more than before is taken too.
    confirm: Option<String>,
    /// The `widening` of the preview that was confirmed.
    shown: Option<String>,
}

pub(super) const PREVIEW: Words = Words::of("What reading the configuration again would change.")
    .gives::<Reloaded>()
    .refuses(&[409]);
pub(super) const RELOAD: Words = Words::of(
    "Reads the configuration again: what allows no more than before is taken at once, the rest where \
     it is confirmed.",
)
.takes::<Reloading>()
.gives::<Reloaded>()
.refuses(&[409]);

/// What a reload would do.
pub(super) fn preview(ask: &Ask<'_>) -> Given {
    let found = reload(ask, String::new(), Reload::Preview)?;
    let mut document = json!(found);
    document["seq"] = ask.api.snapshot().status.seq.into();
    Ok(Answer::ok(document))
}

/// Takes what allows no more than before, and the rest where it is confirmed; 409 where something
/// waits for that.
pub(super) fn reloaded(ask: &Ask<'_>) -> Given {
    let Reloading {
        reason,
        confirm,
        shown,
    } = ask.body()?;
    if let Some(word) = &confirm {
        confirmed(word, WIDEN)?;
    }
    let wish = match confirm {
        Some(_) => Reload::Widen(shown),
        None => Reload::Narrow,
    };
    let found = reload(ask, reason, wish)?;
    // What was taken at once is seen by whoever looks next, whatever waits.
    if let Some(seq) = found.seq {
        ask.api.shown(seq);
    }
    if !found.waiting.is_empty() {
        return Err(widens(&found));
    }
    let mut document = json!(found);
    if found.seq.is_none() {
        document["seq"] = ask.api.snapshot().status.seq.into();
    }
    Ok(Answer::ok(document))
}

fn reload(ask: &Ask<'_>, reason: String, wish: Reload) -> Result<Reloaded, Problem> {
    ask.api
        .desk
        .reload(ask.request.who, reason, wish)
        .map_err(|error| match error {
            ReloadError::Invalid(errors) => {
                Problem::new(409, errors.code(), errors.to_string(), errors.hint())
            }
            ReloadError::NoLayers => problem::absent("config/reload"),
            ReloadError::Stale => {
                let hint = "look again: `pilothouse config reload --dry-run`";
                Problem::new(409, "CONFIG_STALE", error.to_string(), hint)
            }
            ReloadError::Refused(refusal) => problem::refused(refusal),
            ReloadError::Engine(error) => problem::silent(&error),
        })
}

/// What waits for a confirmation, and what was taken without one.
fn widens(found: &Reloaded) -> Problem {
    let line = |row: &ChangeRow| {
        let ChangeRow {
            key,
            from,
            to,
            origin,
            ..
        } = row;
        format!("{key} from {from} to {to} ({origin})")
    };
    let mut lines = vec![format!(
        "{} of the changes allow more than before and wait for a confirmation:",
        found.waiting.len()
    )];
    lines.extend(found.waiting.iter().map(line));
    if !found.taken.is_empty() {
        lines.push("taken at once, as nothing is wider by it:".to_owned());
        lines.extend(found.taken.iter().map(line));
    }
    let hint = format!("say \"confirm\":{WIDEN:?}, or `pilothouse config reload --yes`");
    Problem {
        rule: Some("config_widens".into()),
        limit: Some("0".into()),
        value: Some(found.waiting.len().to_string()),
        ..Problem::new(409, "CONFIG_WIDENS", lines.join("\n"), hint)
    }
}
