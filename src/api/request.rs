//! Who asks, and what.

use super::Desk;
use crate::client::Problem;
use crate::core::access::Access;
use crate::core::message::ENGINES_OWN;
use crate::core::{Name, Origin};

/// What somebody may do; each includes what is before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    /// Looks, and may stop.
    Viewer,
    /// Reserves, trades and talks.
    Agent,
    /// Pauses, resumes, clears.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    /// What whoever has a token may do; without an access an agent has it.
    pub(super) fn of(access: Option<Access>) -> Self {
        match access {
            None => Self::Agent,
            Some(Access::Viewer) => Self::Viewer,
            Some(Access::Operator) => Self::Operator,
            Some(Access::Admin) => Self::Admin,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Journaled with whatever is changed.
    pub name: Name,
    /// What they may do.
    pub role: Role,
    /// From where, journaled beside the name; none where the process asks for itself.
    pub origin: Option<Origin>,
}

impl Caller {
    /// The owner of the socket acting for somebody, an agent or not; nobody acts for the engine.
    ///
    /// # Errors
    /// 403: the name is one of the engine's own.
    pub(super) fn acting(self, name: Name) -> Result<Self, Problem> {
        if ENGINES_OWN.contains(&name.as_str()) {
            return Err(Problem {
                rule: Some("own_name".into()),
                value: Some(name.to_string()),
                ..Problem::new(
                    403,
                    "FORBIDDEN",
                    format!("{name} is a name of the engine's own"),
                    "act in an agent's name, or in nobody's",
                )
            });
        }
        Ok(Self { name, ..self })
    }

    /// The owner of the process and of its socket.
    pub fn owner() -> Self {
        Self {
            name: "operator".parse().expect("a built-in name"),
            role: Role::Admin,
            origin: None,
        }
    }

    /// The same, from there.
    #[must_use]
    pub fn at(self, origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }
}

/// Who asks, and what makes them that.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) who: Caller,
    /// SHA-256 of the token that was shown, in hex; none for the owner of the socket.
    pub(super) token: Option<String>,
}

impl Pass {
    /// Without a token: the owner's, or of somebody the owner acts for.
    pub(super) fn of(who: Caller) -> Self {
        Self { who, token: None }
    }

    /// Of somebody who has to be nobody: they see whether the engine lives, and nothing else.
    pub(super) fn nobody() -> Self {
        let name = "nobody".parse().expect("a built-in name");
        let role = Role::Viewer;
        let origin = None;
        Self::of(Caller { name, role, origin })
    }

    /// The same for whoever showed a token there.
    pub(super) fn with_token_from(mut self, from: Option<Origin>) -> Self {
        self.who.origin = from.and_then(|from| format!("{from} token").parse().ok());
        self
    }

    /// Whether it still is worth something: a token is revoked, or a later one replaces it.
    pub(super) fn holds(&self, desk: &dyn Desk) -> bool {
        let token = self.token.as_deref();
        token.is_none_or(|hash| {
            let holder = desk.token_of(hash);
            holder.is_some_and(|holder| holder.name == self.who.name)
        })
    }
}

/// A request as it came, its body still text, so that no digit of an amount is lost.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub who: Caller,
    /// `GET`, `POST`, `PATCH`, `DELETE`.
    pub method: &'a str,
    /// Below `/api/v1/`, without a slash in front.
    pub path: &'a str,
    /// Query parameters.
    pub query: &'a [(String, String)],
    /// JSON, or nothing.
    pub body: &'a str,
    /// `Idempotency-Key`.
    pub key: Option<&'a str>,
}
