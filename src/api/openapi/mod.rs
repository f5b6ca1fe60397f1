//! What the API says of itself: an OpenAPI document, made of the very table that dispatches, and a
//! page that shows it to people.
//!
//! What is said of a route stands beside its handler ([`Words`]); what a body or an answer is follows
//! from its type. What must not come in: anything that is true of one route only.

mod describe;
mod listed;
mod operation;
mod or;
mod page;
mod roots;
mod schemas;
mod tags;
mod words;

use std::sync::LazyLock;

use serde_json::Value;

pub(super) use listed::Listed;
pub(super) use or::Or;
pub(super) use page::page;
pub(super) use words::{AFTER, AGENT, LIMIT, Param, STRATEGY, SYMBOL, Words};

use super::answer::Answer;
use super::ask::Ask;
use super::routes::Given;

/// It is the same as long as the program runs.
static WHOLE: LazyLock<Value> = LazyLock::new(describe::document);

pub(super) const DOCUMENT: Words = Words::of("This document.").gives_any();

/// The document.
pub(super) fn document(_: &Ask<'_>) -> Given {
    Ok(Answer::ok(&*WHOLE))
}
