//! What a route is: a method at a path, who may use it, who answers, and what is said of it.

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::problem;
use super::request::Role;
use super::steps::Stepped;
use crate::client::Problem;

/// What a handler gives.
pub(super) type Given = Result<Answer, Problem>;

type Whole = fn(&Ask<'_>) -> Given;
type Steps = fn(&Ask<'_>) -> Stepped;

/// Who answers.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// Answers when it returns; it may wait for the engine.
    Whole(Whole),
    /// Says what to ask of the engine, and waits for nothing.
    Steps(Steps),
}

/// What becomes of an `Idempotency-Key`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// It says nothing: a repeat is harmless, or is meant.
    Ignored,
    /// A repeat under the same key is answered here as the first one was.
    Kept,
    /// The core knows repeats itself.
    Cores,
}

/// A method at a path, who may use it, who answers, and what is said of it.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) pattern: &'static str,
    pub(super) needs: Role,
    pub(super) key: Key,
    pub(super) words: Words,
    pub(super) handler: Handler,
}

impl Route {
    /// With what is said of it.
    pub(super) const fn says(self, words: Words) -> Self {
        Self { words, ..self }
    }
}

/// What anybody may look at.
pub(super) const fn get(pattern: &'static str, handler: Whole) -> Route {
    route(
        "GET",
        pattern,
        Role::Viewer,
        Key::Ignored,
        Handler::Whole(handler),
    )
}

/// The same, in steps.
pub(super) const fn look(pattern: &'static str, handler: Steps) -> Route {
    route(
        "GET",
        pattern,
        Role::Viewer,
        Key::Ignored,
        Handler::Steps(handler),
    )
}

/// What agents change.
pub(super) const fn agent(method: &'static str, pattern: &'static str, handler: Steps) -> Route {
    route(
        method,
        pattern,
        Role::Agent,
        Key::Kept,
        Handler::Steps(handler),
    )
}

/// What only operators change.
pub(super) const fn operator(method: &'static str, pattern: &'static str, handler: Steps) -> Route {
    let handler = Handler::Steps(handler);
    route(method, pattern, Role::Operator, Key::Kept, handler)
}

/// What a role may change.
pub(super) const fn change(
    method: &'static str,
    pattern: &'static str,
    needs: Role,
    handler: Whole,
) -> Route {
    route(method, pattern, needs, Key::Kept, Handler::Whole(handler))
}

/// Anything else.
pub(super) const fn route(
    method: &'static str,
    pattern: &'static str,
    needs: Role,
    key: Key,
    handler: Handler,
) -> Route {
    Route {
        method,
        pattern,
        needs,
        key,
        words: Words::of(""),
        handler,
    }
}

/// An endpoint of the interfaces that this version has nothing behind.
pub(super) const fn absent(
    method: &'static str,
    pattern: &'static str,
    summary: &'static str,
) -> Route {
    let handler = Handler::Whole(nothing_there);
    route(method, pattern, Role::Viewer, Key::Ignored, handler)
        .says(Words::of(summary).refuses(&[409]))
}

fn nothing_there(ask: &Ask<'_>) -> Given {
    Err(problem::absent(ask.request.path.trim_matches('/')))
}

/// What a path has where the pattern has names; none where it does not fit.
pub(super) fn captures<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut captured = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next().filter(|part| !part.is_empty())?;
        if wanted.starts_with('{') {
            captured.push(part);
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(captured)
}
