//! Who may use the API from outside: tokens that are given, shown and taken.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::ask::Ask;
use super::list;
use super::problem;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::token::Token;
use crate::core::access::Access;
use crate::core::{Command, Name};
use crate::engine::Lane;
use crate::snapshot::TokenRow;

/// Who has one, and how far it reaches. The tokens themselves are nowhere.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let items = snapshot.tokens.iter().map(row).collect();
    Ok(list::whole(items, snapshot.status.seq))
}

fn row(token: &TokenRow) -> Value {
    json!({
        "name": token.name,
        "role": token.access,
        "by": token.by,
        "reason": token.reason,
        "issued_at": token.issued_at,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: Name,
    role: Access,
    #[serde(default)]
    reason: String,
}

/// The token is told here and never again: only its hash is kept.
pub(super) fn issue(ask: &Ask<'_>) -> Stepped {
    let Wish { name, role, reason } = ask.body()?;
    let token = Token::new().map_err(|error| problem::no_chance(&error))?;
    let command = Command::IssueToken {
        name,
        access: role,
        hash: token.hash(),
        reason,
    };
    Step::submit(Lane::Control, command, move |outcome| {
        Step::done(Answer::created(json!({
            "name": name,
            "role": role,
            "token": token.text(),
            "seq": outcome.seq,
        })))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    #[serde(default)]
    reason: String,
}

pub(super) fn revoke(ask: &Ask<'_>) -> Stepped {
    let name: Name = ask.id("token")?;
    let Why { reason } = ask.body()?;
    let command = Command::RevokeToken { name, reason };
    Step::submit(Lane::Control, command, move |outcome| {
        Step::done(Answer::ok(json!({
            "name": name,
            "result": "revoked",
            "seq": outcome.seq,
        })))
    })
}
