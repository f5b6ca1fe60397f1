//! Who may use the API from outside: tokens that are given, shown and taken.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::list;
use super::openapi::Words;
use super::problem;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::token::Token;
use crate::core::access::Access;
use crate::core::{Command, Name, Time};
use crate::engine::Lane;
use crate::snapshot::TokenRow;

/// Who has a token.
#[derive(Serialize, ToSchema)]
struct TokenHolder<'a> {
    /// Who.
    name: Name,
    /// How far it reaches.
    role: Access,
    /// Who gave it.
    by: Name,
    /// What for.
    reason: &'a str,
    /// When.
    issued_at: Time,
}

pub(super) const LIST: Words =
    Words::of("Who has a token, and how far it reaches. The tokens themselves are nowhere.")
        .gives_list::<TokenHolder<'_>>();

/// Who has one, and how far it reaches. The tokens themselves are nowhere.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let items = snapshot
        .tokens
        .iter()
        .map(|token| json!(row(token)))
        .collect();
    Ok(list::whole(items, snapshot.status.seq))
}

fn row(token: &TokenRow) -> TokenHolder<'_> {
    TokenHolder {
        name: token.name,
        role: token.access,
        by: token.by,
        reason: &token.reason,
        issued_at: token.issued_at,
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenWish)]
struct Wish {
    /// For whom.
    name: Name,
    /// How far it reaches.
    role: Access,
    /// What for.
    #[serde(default)]
    reason: String,
}

/// A token that was given.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenGiven)]
struct Issued {
    /// To whom.
    name: Name,
    /// How far it reaches.
    role: Access,
    /// The token, told here and never again; it replaces the one before.
    token: String,
    /// The record.
    seq: u64,
}

pub(super) const ISSUE: Words = Words::of("Gives somebody a token.")
    .takes::<Wish>()
    .answers::<Issued>(201);

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
        Step::done(Answer::created(Issued {
            name,
            role,
            token: token.text().to_owned(),
            seq: outcome.seq,
        }))
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RevokeReason)]
struct Why {
    /// Why, for the audit.
    #[serde(default)]
    reason: String,
}

/// A token that is worth nothing any more.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRevoked)]
struct Revoked {
    /// Whose.
    name: Name,
    /// `revoked`.
    result: &'static str,
    /// The record.
    seq: u64,
}

pub(super) const REVOKE: Words = Words::of("Takes somebody's token back.")
    .takes::<Why>()
    .gives::<Revoked>();

pub(super) fn revoke(ask: &Ask<'_>) -> Stepped {
    let name: Name = ask.id("token")?;
    let Why { reason } = ask.body()?;
    let command = Command::RevokeToken { name, reason };
    Step::submit(Lane::Control, command, move |outcome| {
        Step::done(Answer::ok(Revoked {
            name,
            result: "revoked",
            seq: outcome.seq,
        }))
    })
}
