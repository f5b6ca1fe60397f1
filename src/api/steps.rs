//! Requests as steps: what to ask of the engine next, and what its answer means. Whoever takes the
//! steps waits for each, as HTTP does, or has many requests under way, as the agents' stream does;
//! the documents are the same.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::answer::Answer;
use super::problem;
use super::routes::Given;
use super::{Api, Caller};
use crate::client::Problem;
use crate::core::{Command, Reply};
use crate::engine::{Lane, Outcome};
use crate::snapshot::Query;

/// A step, or why there is none.
pub(super) type Stepped = Result<Step, Problem>;

type Then<T> = Box<dyn FnOnce(T) -> Stepped + Send>;

/// What comes next.
pub(super) enum Step {
    /// Nothing: this is the answer.
    Done(Answer),
    /// A command, and what follows from its outcome.
    Submit(Lane, Command, Then<Outcome>),
    /// A look at something, and what follows from what is seen; `Null` where there is no such thing.
    Look(Query, Then<Value>),
}

impl Step {
    pub(super) fn submit(
        lane: Lane,
        command: Command,
        then: impl FnOnce(Outcome) -> Stepped + Send + 'static,
    ) -> Stepped {
        Ok(Self::Submit(lane, command, Box::new(then)))
    }

    pub(super) fn look(
        query: Query,
        then: impl FnOnce(Value) -> Stepped + Send + 'static,
    ) -> Stepped {
        Ok(Self::Look(query, Box::new(then)))
    }

    pub(super) fn done(answer: Answer) -> Stepped {
        Ok(Self::Done(answer))
    }

    /// Shows what was looked up, or says that there is no such thing.
    pub(super) fn show(query: Query, what: &'static str, id: String) -> Stepped {
        Self::look(query, move |document| match document {
            Value::Null => Err(super::unknown(what, &id)),
            document => Self::done(Answer::ok(document)),
        })
    }
}

impl Api {
    /// Takes the steps one after the other, and waits for each.
    pub(super) fn walk(&self, who: Caller, first: Stepped) -> Given {
        let mut step = first?;
        loop {
            step = match step {
                Step::Done(answer) => return Ok(answer),
                Step::Submit(lane, command, then) => {
                    let outcome = self.desk.submit(lane, who, command);
                    then(self.heard(outcome.map_err(|error| problem::silent(&error))?)?)?
                }
                Step::Look(query, then) => {
                    let seen = self.desk.ask(query);
                    then(seen.map_err(|error| problem::silent(&error))?)?
                }
            };
        }
    }

    /// Takes note of an outcome that is about to be told; a refusal is a problem.
    pub(super) fn heard(&self, outcome: Outcome) -> Result<Outcome, Problem> {
        self.told.fetch_max(outcome.seq, Ordering::AcqRel);
        match outcome.reply {
            Reply::Refused(refusal) => Err(problem::refused(refusal)),
            _ => Ok(outcome),
        }
    }
}
