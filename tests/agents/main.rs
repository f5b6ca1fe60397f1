//! Agents outside the process: how they join, what they may, and their stream.

#[path = "../support/agent.rs"]
mod agent;
mod bounds;
#[path = "../support/house.rs"]
mod house;
mod joining;
mod refusals;
mod work;

use pilothouse::api::{Caller, Role};
use serde_json::{Value, json};

/// The caller that a token of this agent makes.
pub(crate) fn token_of(name: &str) -> Caller {
    Caller {
        name: name.parse().unwrap(),
        role: Role::Agent,
        origin: None,
    }
}

/// A wish for capital that fits.
pub(crate) fn cents(amount: &str) -> Value {
    json!({"resource": "capital", "amount": amount, "purpose": "paper", "ttl_s": 60})
}

/// An event that anybody may publish.
pub(crate) fn note(text: &str) -> Value {
    json!({"topic": "system_events", "payload": {"kind": "test", "message": text}})
}
