//! The engine in small: decide, encode, commit, and only then effects. Core, desk, gate, journal
//! and recovery are the real ones.

use std::collections::VecDeque;

use super::venue::{Link, Shared};
use crate::core::{Command, Context, Event, Name, Quotes, RecordBody, Reply, Settings, State};
use crate::execution::{Desk, Moment, Rules};
use crate::gate::Gate;
use crate::journal::{Batch, Journal, MemoryStore, Options, Reader};

/// An engine that runs.
pub struct Node {
    /// What it has decided.
    pub state: State,
    /// The last check before the venue.
    pub gate: Gate,
    /// What stands before the venue.
    pub desk: Desk,
    journal: Journal,
    batch: Batch,
    /// What the outside must do, once it is durable.
    pub effects: VecDeque<(u64, Event)>,
    /// A clear is decided and not durable yet: the gate is not looked at.
    pub clearing: bool,
    /// Whether the journal ended in a commit that was cut.
    pub torn: bool,
}

/// What came of a decision.
pub struct Decided {
    /// Its facts.
    pub events: Vec<Event>,
    /// For the one who asked.
    pub reply: Reply,
    /// The record's bytes; none where nothing happened.
    pub record: Option<Vec<u8>>,
}

/// A snapshot: the last record it holds, and the encoded state.
pub type Snapshot = Option<(u64, Vec<u8>)>;

/// Segments so small that they are often full.
fn options(snapshot_seq: u64) -> Options {
    Options {
        sizes: vec![16 << 10, 32 << 10],
        snapshot_seq,
        ..Options::memory()
    }
}

/// How the venue is spoken to: twice as fast as a real one would like, so that stories are short.
pub fn rules() -> Rules {
    Rules {
        calls_per_minute: 240,
        calls_burst: 20,
        orders_per_minute: 120,
        orders_burst: 10,
        retries: 3,
        retry_delay_ms: 5_000,
        submission_deadline_ms: 5_000,
        reconcile_ms: 30_000,
        poll_ms: 5_000,
        guard: Settings::of(&[]).guard,
        max_quote_age_s: 5,
    }
}

/// Folds what a journal holds after the state's last record.
///
/// # Errors
/// The store cannot be read, or holds what is no record.
pub fn fold(store: &MemoryStore, state: &mut State) -> Result<(), String> {
    let mut reader = Reader::open(Box::new(store.clone()), state.seq + 1).map_err(say)?;
    while let Some(record) = reader.next_record().map_err(say)? {
        let body = RecordBody::decode(record.body).map_err(say)?;
        state.fold(record.seq, record.time, &body.events);
    }
    Ok(())
}

impl Node {
    /// Starts from what the disk holds; `sentinel` is the epoch of a stop that was left in a file.
    ///
    /// # Errors
    /// The disk fails, or holds what cannot be read.
    pub fn start(
        store: &MemoryStore,
        snapshot: &Snapshot,
        sentinel: u64,
        exchange: &Shared,
    ) -> Result<Self, String> {
        let mut state = match snapshot {
            Some((_, bytes)) => minicbor::decode(bytes).map_err(say)?,
            None => State::default(),
        };
        let (journal, opened) =
            Journal::open(Box::new(store.clone()), options(state.seq)).map_err(say)?;
        fold(store, &mut state)?;
        if opened.last_seq != state.seq {
            return Err(format!("{opened:?}, and {} were folded", state.seq));
        }
        let latched = sentinel > state.trading.cleared;
        let epoch = state.trading.epoch.max(sentinel);
        let gate = Gate::new(epoch, latched || state.trading.hardstop.is_some());
        let link = Link::connect(exchange.clone(), gate.clone());
        Ok(Self {
            desk: Desk::new(Box::new(link), gate.clone(), rules()),
            state,
            gate,
            journal,
            batch: Batch::new(),
            effects: VecDeque::new(),
            clearing: false,
            torn: opened.torn.is_some(),
        })
    }

    /// Decides; its effects wait until the decision is durable.
    pub fn apply(
        &mut self,
        at: Moment,
        quotes: &Quotes,
        cause: u64,
        who: Name,
        command: &Command,
    ) -> Decided {
        let context = Context {
            now: at.now,
            quotes,
        };
        let decision = self.state.handle(&context, who, command);
        let mut record = None;
        if !decision.events.is_empty() {
            let body = RecordBody {
                actor: who,
                cause,
                command: command.clone(),
                quotes: decision.looked,
                events: decision.events.clone(),
                origin: None,
            };
            let mut bytes = Vec::new();
            body.encode_into(&mut bytes);
            self.batch
                .push(self.state.seq, self.state.time, &bytes)
                .expect("a story's batches are small");
            record = Some(bytes);
        }
        for event in &decision.events {
            self.clearing |= matches!(event, Event::HardstopCleared { .. });
            self.effects.push_back((self.state.seq, event.clone()));
        }
        Decided {
            events: decision.events,
            reply: decision.reply,
            record,
        }
    }

    /// Whether the gate saw a press that the core has not heard of.
    pub fn gate_is_ahead(&self) -> bool {
        let seen = self.gate.observe();
        let trading = &self.state.trading;
        seen.closed
            && (trading.hardstop.is_none()
                || seen.epoch > trading.epoch
                || seen.presses > trading.presses)
    }

    /// What the gate has to say to the core, if they differ.
    pub fn gate_differs(&self) -> Option<Command> {
        let seen = self.gate.observe();
        (self.gate_is_ahead() && !self.clearing).then(|| {
            let notes = self.gate.take_presses().into_iter();
            Command::GateSeen {
                epoch: seen.epoch,
                presses: seen.presses,
                notes: notes
                    .map(|p| crate::core::command::Press {
                        by: p.by,
                        how: p.how.as_str().to_owned(),
                        reason: p.reason,
                    })
                    .collect(),
            }
        })
    }

    /// Whether the next commit has something to write.
    pub fn has_records(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Makes durable what was decided. Nothing of it has left yet.
    ///
    /// # Errors
    /// The disk fails.
    pub fn write(&mut self) -> Result<(), String> {
        let wall = self.state.time;
        self.journal.append(&self.batch, wall).map_err(say)?;
        self.batch.clear();
        Ok(())
    }

    /// Carries out one effect; a clear opens the gate. Answers the epoch that was opened.
    pub fn carry_out(&mut self, seq: u64, event: &Event, at: Moment) -> Option<u64> {
        self.desk.carry_out(&self.state, seq, event, at);
        if let Event::HardstopCleared { epoch, presses, .. } = event {
            self.clearing = false;
            return self.gate.open(*epoch, *presses).ok().map(|()| *epoch);
        }
        None
    }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
