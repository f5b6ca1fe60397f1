//! Repeats of changes that the core does not tell apart itself: the same key gets the first answer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::request::Request;
use crate::client::Problem;
use crate::core::Name;

/// Answers kept; the oldest goes first.
const KEPT: usize = 10_000;
/// Bytes of a key.
const LONGEST: usize = 256;

type Id = (Name, String);

type Asked = [u8; 32];

/// The keys in use and the answers they got.
#[derive(Default)]
pub(super) struct Keys(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    known: BTreeMap<Id, Entry>,
    order: VecDeque<Id>,
}

struct Entry {
    /// SHA-256 of the request: a body may be large.
    asked: Asked,
    /// None while the first one is being carried out.
    answer: Option<Answer>,
}

impl Keys {
    /// Carries the request out once; a repeat gets the same answer, another request under the same
    /// key is refused. Refusals are not remembered.
    pub(super) fn once(
        &self,
        request: &Request<'_>,
        key: &str,
        run: impl FnOnce() -> Answer,
    ) -> Answer {
        if key.is_empty() || key.len() > LONGEST {
            return super::problem::invalid("Idempotency-Key", "1 to 256 bytes").into();
        }
        let id = (request.who.name, key.to_owned());
        let Request {
            method,
            path,
            query,
            body,
            ..
        } = request;
        let asked = Sha256::digest(format!("{method} {path} {query:?}\n{body}")).into();
        if let Some(known) = self.lock().begin(&id, asked) {
            return known;
        }
        // Frees the key where `run` panics too.
        let mut running = Running {
            keys: self,
            id,
            answer: None,
        };
        let answer = run();
        running.answer = answer.is_ok().then(|| answer.clone());
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whole entries are put in and taken out: a panic leaves none in halves.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the key already has to say, or `None` where this is the first.
    fn begin(&mut self, id: &Id, asked: Asked) -> Option<Answer> {
        let Some(entry) = self.known.get(id) else {
            let entry = Entry {
                asked,
                answer: None,
            };
            self.known.insert(id.clone(), entry);
            return None;
        };
        let refuse = |code, message, hint| Some(Problem::new(409, code, message, hint).into());
        if entry.asked != asked {
            return refuse(
                "IDEMPOTENCY_MISMATCH",
                "this key came with another request before",
                "a new request wants a new key",
            );
        }
        match &entry.answer {
            Some(answer) => Some(answer.clone()),
            None => refuse(
                "IDEMPOTENCY_RUNNING",
                "the first request under this key is still being carried out",
                "ask again for its answer",
            ),
        }
    }
}

struct Running<'a> {
    keys: &'a Keys,
    id: Id,
    answer: Option<Answer>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut inner = self.keys.lock();
        let Some(answer) = self.answer.take() else {
            inner.known.remove(&self.id);
            return;
        };
        if let Some(entry) = inner.known.get_mut(&self.id) {
            entry.answer = Some(answer);
        }
        inner.order.push_back(self.id.clone());
        while inner.order.len() > KEPT {
            if let Some(oldest) = inner.order.pop_front() {
                inner.known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Caller;
    use super::*;

    fn ask(keys: &Keys, body: &str, key: &str, answer: Answer) -> Answer {
        with(keys, &[], body, key, answer)
    }

    fn with(
        keys: &Keys,
        query: &[(String, String)],
        body: &str,
        key: &str,
        answer: Answer,
    ) -> Answer {
        let request = Request {
            who: Caller::owner(),
            method: "POST",
            path: "flatten",
            query,
            body,
            key: None,
        };
        keys.once(&request, key, || answer)
    }

    #[test]
    fn a_repeat_gets_the_first_answer_and_a_refusal_is_forgotten() {
        let keys = Keys::default();
        let refused = || Problem::new(409, "NO", "", "").into();
        assert_eq!(ask(&keys, "a", "k", refused()).status, 409);
        assert_eq!(ask(&keys, "b", "k", Answer::ok(1)), Answer::ok(1));
        assert_eq!(ask(&keys, "b", "k", Answer::ok(2)), Answer::ok(1));
        assert_eq!(ask(&keys, "c", "k", Answer::ok(3)).status, 409);
        assert_eq!(ask(&keys, "c", "", Answer::ok(3)).status, 422);
    }

    #[test]
    fn another_query_is_another_request() {
        let keys = Keys::default();
        let query = |text: &str| [("reservation_id".to_owned(), text.to_owned())];
        let ask = |text, answer| with(&keys, &query(text), "", "k", Answer::ok(answer));
        assert_eq!(ask("1", 1), Answer::ok(1));
        assert_eq!(ask("1", 2), Answer::ok(1));
        assert_eq!(ask("2", 3).status, 409);
    }

    #[test]
    fn the_oldest_answer_goes_first() {
        let keys = Keys::default();
        for n in 0..=KEPT {
            ask(&keys, "a", &format!("k{n}"), Answer::ok(n));
        }
        assert_eq!(ask(&keys, "a", "k1", Answer::ok("new")), Answer::ok(1));
        assert_eq!(ask(&keys, "a", "k0", Answer::ok("new")), Answer::ok("new"));
        assert!(keys.lock().known.len() <= KEPT);
    }
}
