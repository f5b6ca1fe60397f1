//! What a role did not allow is in the audit too: who tried what, from where. Attempts are told at a
//! bounded rate, and those between are counted, so that nobody fills the journal by being refused.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::Api;
use super::request::Request;
use crate::client::Problem;
use crate::core::Command;
use crate::engine::{Lane, ReplyTo, Submission};

/// Attempts told in each [`WINDOW`] at most.
const MOST: u32 = 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Bytes of a path that are kept.
const PATH_BYTES: usize = 200;

/// How many were told lately, and how many were not.
#[derive(Debug, Default)]
pub(super) struct Denials {
    began: Option<Instant>,
    told: u32,
    untold: u64,
}

impl Denials {
    /// Whether an attempt is told now, and how many before it were not.
    fn tell(&mut self, now: Instant) -> Option<u64> {
        if self
            .began
            .is_none_or(|began| now.duration_since(began) >= WINDOW)
        {
            (self.began, self.told) = (Some(now), 0);
        }
        if self.told == MOST {
            self.untold += 1;
            return None;
        }
        self.told += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

impl Api {
    /// Passes a problem on; where it is a role's that wanted to change something, the audit has it.
    pub(super) fn refused(&self, request: &Request<'_>, problem: Problem) -> Problem {
        let roles = (problem.value.as_ref(), problem.limit.as_ref());
        let (Some(role), Some(needs)) = roles else {
            return problem;
        };
        if request.method == "GET" || problem.rule.as_deref() != Some("role") {
            return problem;
        }
        let mut denials = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(untold) = denials.tell(Instant::now()) else {
            return problem;
        };
        drop(denials);
        let command = Command::Denied {
            what: format!("{} {}", request.method, cut(request.path)),
            role: role.clone(),
            needs: needs.clone(),
            untold,
        };
        let submission = Submission {
            actor: request.who.name,
            origin: request.who.origin,
            command,
            answer: ReplyTo::Nobody,
        };
        // An engine that has too much to do, or has ended, refuses the attempt all the same.
        let _ = self.desk.post(Lane::Normal, submission);
        problem
    }
}

fn cut(path: &str) -> &str {
    let end = path.len().min(PATH_BYTES);
    let end = (0..=end).rev().find(|at| path.is_char_boundary(*at));
    &path[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_told_with_the_next() {
        let start = Instant::now();
        let mut denials = Denials::default();
        let told = (0..MOST).map(|_| denials.tell(start));
        assert!(told.into_iter().all(|told| told == Some(0)));
        let later = start + WINDOW - Duration::from_millis(1);
        assert_eq!(denials.tell(start), None);
        assert_eq!(denials.tell(later), None);
        assert_eq!(denials.tell(start + WINDOW), Some(2));
        assert_eq!(denials.tell(start + WINDOW), Some(0));
    }

    #[test]
    fn a_path_is_cut_between_characters() {
        assert_eq!(cut("coordinator/pause"), "coordinator/pause");
        let long = format!("{}é", "x".repeat(PATH_BYTES - 1));
        assert_eq!(cut(&long).len(), PATH_BYTES - 1);
    }
}
