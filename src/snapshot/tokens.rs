//! Who may use the API from outside.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::access::Access;
use crate::core::{Name, State, Time};

/// Somebody who may use the API from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRow {
    /// Who.
    pub name: Name,
    /// How far: `viewer`, `operator`, `admin`.
    pub access: Access,
    /// Who gave the token.
    pub by: Name,
    /// What for.
    pub reason: String,
    /// When.
    pub issued_at: Time,
}

/// All of them, by name.
pub(super) fn tokens(state: &State) -> Vec<TokenRow> {
    let rows = state.tokens.0.values().map(|token| TokenRow {
        name: token.name,
        access: token.access,
        by: token.by,
        reason: token.reason.clone(),
        issued_at: token.issued_at,
    });
    rows.collect()
}
