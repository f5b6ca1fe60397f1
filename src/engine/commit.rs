//! Decide, encode, commit: the path every command takes. Nothing is answered before it is durable.

use std::time::{Duration, Instant};

use super::handle::{Outcome, Submission};
use super::measuring::Measuring;
use super::reply::ReplyTo;
use super::world::World;
use crate::core::command::Press as PressNote;
use crate::core::slicing::AlgorithmKind;
use crate::core::{Command, Context, Event, RecordBody, Reply, State, Time};
use crate::gate::{How, Press, monotonic_ms};
use crate::journal::{JournalError, TooLarge};

/// In a world that is wholly inside the process, commits are gathered for so long.
const GATHER: Duration = Duration::from_millis(50);

impl World {
    /// Decides a command; its outcome is told once it is durable.
    pub(super) fn apply(&mut self, cause: u64, submission: Submission) {
        let Submission {
            actor,
            origin,
            mut command,
            answer,
        } = submission;
        self.look_up(&mut command);
        let context = Context {
            now: self.clock.now(),
            quotes: &self.market.quotes,
        };
        let begun = Measuring::begins(self.state.seq);
        let decision = self.state.handle(&context, actor, &command);
        self.sampling.measuring.decided(begun);
        self.handle.inner().figures.decisions.inc();
        let seq = self.state.seq;
        let closes = match &command {
            Command::CloseWindow { priority } => Some(*priority),
            _ => None,
        };
        if !decision.events.is_empty() {
            let body = RecordBody {
                actor,
                cause,
                command,
                quotes: decision.looked,
                events: decision.events,
                origin,
            };
            self.buffer.clear();
            body.encode_into(&mut self.buffer);
            match self.batch.push(seq, self.state.time, &self.buffer) {
                Ok(()) => {}
                Err(TooLarge::Batch) => {
                    self.commit();
                    if let Err(error) = self.batch.push(seq, self.state.time, &self.buffer) {
                        self.lose(&format!("record {seq} does not fit into a batch: {error}"));
                    }
                }
                Err(error) => self.lose(&format!("record {seq}: {error}")),
            }
            self.sampling
                .latest
                .note(seq, self.state.time, &self.buffer);
            let mut pressed = false;
            for event in body.events {
                self.stage_mail(&event);
                self.clearing |= matches!(event, Event::HardstopCleared { .. });
                self.handle.inner().tokens.note(&event);
                if let Some(press) = State::press_of(&event) {
                    self.gate.close(Press {
                        by: press.by,
                        how: How::Limit,
                        reason: press.reason,
                    });
                    pressed = true;
                }
                if super::effects::has_effect(&event) {
                    self.effects.push_back((seq, event));
                }
            }
            if pressed {
                // The limit and the stop it engages are one batch: none is durable without the
                // other, and nothing happens in between.
                self.look_at_gate();
            }
        }
        if let (Some(priority), Reply::Allocated(answers)) = (closes, &decision.reply) {
            self.allocated(priority, answers);
        }
        if let Reply::Gathering(priority, ids) = &decision.reply {
            self.answer_later(*priority, ids, answer);
        } else if answer.is_wanted() {
            self.replies.push((
                answer,
                Outcome {
                    seq,
                    time: self.state.time,
                    reply: decision.reply,
                },
            ));
        }
        if self.batch.is_full() {
            self.commit();
        }
    }

    /// A plan by the volume profile gets it from the recorded candles, so that it is in the journal
    /// with the command.
    fn look_up(&self, command: &mut Command) {
        let Command::Place(request) = command else {
            return;
        };
        let symbol = request.symbol;
        if let Some(plan) = &mut request.algorithm
            && plan.kind == AlgorithmKind::Vwap
            && plan.profile.is_empty()
        {
            plan.profile = self.market.volume_profile(symbol);
        }
    }

    /// A record that cannot be written would be a decision that never happened: the engine ends
    /// before anybody hears of it.
    fn lose(&mut self, why: &str) {
        if self.failed.is_none() {
            self.failed = Some(JournalError::Poisoned(why.to_owned()));
            self.journal_failed();
        }
    }

    /// Writes what was decided, one sync for all of it, and tells those who wait.
    pub(super) fn commit(&mut self) {
        if self.failed.is_some() {
            return;
        }
        if !self.batch.is_empty() {
            let (chain_seq, chain) = self.follower.chain();
            if chain_seq > 0 {
                self.journal.note_chain(chain_seq, chain);
            }
            let began = Instant::now();
            self.heartbeat.sync_begins(monotonic_ms());
            let written = self.journal.append(&self.batch, wall_now());
            self.heartbeat.sync_ends();
            let took = began.elapsed();
            self.sampling.measuring.committed(took);
            self.handle.inner().figures.committed(took);
            match written {
                Ok(seq) => self.durable.advance(seq),
                Err(error) => {
                    self.failed = Some(error);
                    self.journal_failed();
                    return;
                }
            }
            self.batch.clear();
        }
        self.hand_over_mail();
        self.committed_at = Instant::now();
        for (to, outcome) in self.replies.drain(..) {
            to.tell(outcome);
        }
    }

    /// Gate, sentinel (its own thread), cancels, one line: then the engine ends with code 1.
    fn journal_failed(&mut self) {
        self.replies.clear();
        self.effects.clear();
        self.gate.close(Press {
            by: engine_name("journal"),
            how: How::Limit,
            reason: "the journal cannot be written".into(),
        });
        let entries = self.desk.cancel_entries(&self.state, self.clock.now());
        let live = self.state.orders.live.values();
        let exits = live.filter(|o| o.purpose.reduces() && o.is_sent());
        let stops: Vec<_> = exits.map(|o| o.client_order_id.clone()).collect();
        let why = self
            .failed
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        eprintln!(
            "pilothouse: the journal cannot be written ({why}); HARDSTOP is engaged. Unconfirmed \
             cancels: {}. Stops and targets that rest: {}.",
            or_none(&entries),
            or_none(&stops)
        );
    }

    /// Commits and carries out, until nothing new comes of it.
    pub(super) fn settle(&mut self) {
        loop {
            let gathered = self.is_inward()
                && self.replies.is_empty()
                // Somebody outside waits for it.
                && self.mail.is_empty()
                && !self.clearing
                && self.committed_at.elapsed() < GATHER;
            if !gathered {
                self.commit();
            }
            if self.failed.is_some() {
                return;
            }
            while let Some((seq, event)) = self.effects.pop_front() {
                self.carry_out(seq, event);
            }
            self.take_reports();
            while let Some((cause, submission)) = self.internal.pop_front() {
                self.apply(cause, submission);
            }
            if self.effects.is_empty() && (self.batch.is_empty() || gathered) {
                // Outcomes of decisions that changed nothing still wait to be told.
                if !self.replies.is_empty() {
                    self.commit();
                }
                return;
            }
        }
    }

    /// The gate is compared with the state between any two commands, so that no press can be lost.
    pub(super) fn look_at_gate(&mut self) {
        if self.clearing || self.failed.is_some() {
            return;
        }
        let seen = self.gate.observe();
        let trading = &self.state.trading;
        let differs = seen.closed
            && (trading.hardstop.is_none()
                || seen.epoch > trading.epoch
                || seen.presses > trading.presses);
        if !differs {
            return;
        }
        let presses = self.gate.take_presses();
        let origin = presses.first().and_then(|press| press.how.origin());
        let notes = presses
            .into_iter()
            .map(|p| PressNote {
                by: p.by,
                how: p.how.as_str().to_owned(),
                reason: p.reason,
            })
            .collect();
        let command = Command::GateSeen {
            epoch: seen.epoch,
            presses: seen.presses,
            notes,
        };
        let seen_by_gate = Submission::internal("gate", command);
        self.apply(
            0,
            Submission {
                origin,
                ..seen_by_gate
            },
        );
        self.commit();
        if self.failed.is_none() {
            self.journaled.journaled(seen, self.state.seq);
        }
    }
}

impl Submission {
    /// One of the engine's own, whom nobody answers.
    pub(super) fn internal(actor: &str, command: Command) -> Self {
        Self {
            actor: engine_name(actor),
            origin: None,
            command,
            answer: ReplyTo::Nobody,
        }
    }
}

/// A name of the engine's own.
pub(super) fn engine_name(name: &str) -> crate::core::Name {
    name.parse().expect("a built-in name")
}

/// What the wall clock says.
pub(super) fn wall_now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

fn or_none(ids: &[String]) -> String {
    if ids.is_empty() {
        "none".into()
    } else {
        ids.join(" ")
    }
}
