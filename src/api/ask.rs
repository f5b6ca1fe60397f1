//! What a handler is given: the request, and what of it is needed most.

use std::str::FromStr;

use serde_json::Value;

use super::request::{Request, Role};
use super::{Api, body, problem};
use crate::client::Problem;
use crate::core::{Command, Name};
use crate::engine::{Lane, Outcome};
use crate::snapshot::Query;

/// Who opens cycles and moves them: nobody outside is.
const SUPERVISOR: &str = "supervisor";

/// What a handler is given.
pub(super) struct Ask<'a> {
    pub(super) api: &'a Api,
    pub(super) request: &'a Request<'a>,
    pub(super) captured: &'a [&'a str],
}

impl Ask<'_> {
    /// What stands at the pattern's n-th name.
    pub(super) fn part(&self, n: usize) -> &str {
        self.captured[n]
    }

    /// The same, read as what it should be.
    pub(super) fn id<T: FromStr>(&self, what: &str) -> Result<T, Problem> {
        let text = self.part(0);
        text.parse().map_err(|_| super::unknown(what, text))
    }

    /// The typed body.
    pub(super) fn body<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        body::read(self.request.body)
    }

    /// A query parameter; an empty one counts as absent.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.request
            .query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The same, read as what it should be.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T::Err: std::fmt::Display,
    {
        self.query(name)
            .map(|text| text.parse().map_err(|why| problem::invalid(name, why)))
            .transpose()
    }

    /// Who asks.
    pub(super) fn actor(&self) -> Name {
        self.request.who.name
    }

    /// The agent that asks, where one does.
    pub(super) fn agent(&self) -> Option<Name> {
        (self.request.who.role < Role::Operator).then(|| self.actor())
    }

    /// Whom it is for: agents act for themselves only.
    pub(super) fn acting(&self, named: Option<Name>) -> Result<Option<Name>, Problem> {
        match (named, self.agent()) {
            (Some(name), Some(agent)) if name != agent => Err(Problem {
                rule: Some("own_name".into()),
                limit: Some(agent.to_string()),
                value: Some(name.to_string()),
                ..Problem::new(
                    403,
                    "FORBIDDEN",
                    format!("{agent} may not act as {name}"),
                    "leave the name out, or use its own token",
                )
            }),
            (named, _) => Ok(named),
        }
    }

    /// Who signs a letter. Who would be the supervisor is left to the core to refuse, so that the
    /// audit has it.
    pub(super) fn signing(&self, named: Option<Name>) -> Result<Option<Name>, Problem> {
        match named {
            Some(name) if name.as_str() == SUPERVISOR => Ok(named),
            named => self.acting(named),
        }
    }

    /// Looks something up; `Null` where there is no such thing.
    pub(super) fn look(&self, query: Query) -> Result<Value, Problem> {
        let seen = self.api.desk.ask(query);
        seen.map_err(|error| problem::silent(&error))
    }

    /// Has a command carried out.
    pub(super) fn submit(&self, lane: Lane, command: Command) -> Result<Outcome, Problem> {
        let outcome = self.api.desk.submit(lane, self.request.who, command);
        self.api
            .heard(outcome.map_err(|error| problem::silent(&error))?)
    }
}
