//! The engine in small: decide, encode, commit, and only then tell whoever waits. Core, journal and
//! recovery are the real ones.

use pilothouse::core::id::ReservationId;
use pilothouse::core::{
    Command, Context, Event, Grant, Name, Quotes, RecordBody, Refusal, Reply, State, Time,
};
use pilothouse::engine::fold_journal;
use pilothouse::journal::{Batch, Journal, MemoryStore, Options};

/// Somebody who waits for an answer.
pub type Ticket = u64;

/// How long requests for the same capital are gathered, milliseconds.
const GATHERED_MS: i64 = 250;

/// What a crash leaves behind.
#[derive(Clone, Default)]
pub struct Disk {
    pub store: MemoryStore,
    /// An encoded state, as it was after some durable record.
    pub snapshot: Option<(u64, Vec<u8>)>,
}

/// What came of a decision.
pub struct Decided {
    pub events: Vec<Event>,
    /// The record's bytes; none where nothing happened.
    pub record: Option<Vec<u8>>,
}

/// An engine that runs.
pub struct Node {
    pub state: State,
    journal: Journal,
    batch: Batch,
    replies: Vec<(Ticket, Reply)>,
    waiters: Vec<(u8, ReservationId, Ticket)>,
    windows: Vec<(u8, Time)>,
    /// Whether the journal ended in a commit that was cut.
    pub torn: bool,
}

/// Segments so small that they are often full.
fn options(snapshot_seq: u64) -> Options {
    Options {
        sizes: vec![4096, 8192],
        snapshot_seq,
        ..Options::memory()
    }
}

impl Node {
    /// Starts from what the disk holds.
    pub fn start(disk: &Disk) -> Result<Self, String> {
        let mut state = match &disk.snapshot {
            Some((_, bytes)) => minicbor::decode(bytes).map_err(|e| e.to_string())?,
            None => State::default(),
        };
        let (journal, opened) =
            Journal::open(Box::new(disk.store.clone()), options(state.seq)).map_err(say)?;
        fold_journal(Box::new(disk.store.clone()), &mut state).map_err(say)?;
        if opened.last_seq != state.seq {
            return Err(format!("{opened:?}, and {} were folded", state.seq));
        }
        Ok(Self {
            state,
            journal,
            batch: Batch::new(),
            replies: Vec::new(),
            waiters: Vec::new(),
            windows: Vec::new(),
            torn: opened.torn.is_some(),
        })
    }

    /// Decides; the answer is kept until the decision is durable.
    pub fn apply(
        &mut self,
        now: Time,
        quotes: &Quotes,
        actor: Name,
        command: &Command,
        ticket: Option<Ticket>,
    ) -> Decided {
        let context = Context { now, quotes };
        let decision = self.state.handle(&context, actor, command);
        for event in &decision.events {
            if let Event::WindowOpened { priority } = event {
                self.windows.push((*priority, now + GATHERED_MS));
            }
        }
        let mut record = None;
        if !decision.events.is_empty() {
            let body = RecordBody {
                actor,
                cause: 0,
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
        if let Reply::Allocated(answers) = &decision.reply {
            self.allocated(command, answers);
        }
        match (ticket, decision.reply) {
            (Some(ticket), Reply::Gathering(priority, ids)) => {
                self.waiters.push((priority, ids[0], ticket));
            }
            (Some(ticket), reply) => self.replies.push((ticket, reply)),
            (None, _) => {}
        }
        Decided {
            events: decision.events,
            record,
        }
    }

    fn allocated(
        &mut self,
        command: &Command,
        answers: &[(ReservationId, Result<Grant, Refusal>)],
    ) {
        let Command::CloseWindow { priority } = command else {
            return;
        };
        let waiters = std::mem::take(&mut self.waiters);
        for (window, id, ticket) in waiters {
            if window != *priority {
                self.waiters.push((window, id, ticket));
                continue;
            }
            let reply = match answers.iter().find(|(found, _)| *found == id) {
                Some((_, Ok(grant))) => Reply::Reserved(vec![*grant]),
                Some((_, Err(refusal))) => Reply::Refused(refusal.clone()),
                None => Reply::Refused(Refusal::new("RESERVE_ENDED", "it ended", "ask again")),
            };
            self.replies.push((ticket, reply));
        }
    }

    /// The next window whose time is up.
    pub fn due_window(&mut self, now: Time) -> Option<u8> {
        let at = self.windows.iter().position(|(_, due)| *due <= now)?;
        Some(self.windows.remove(at).0)
    }

    /// Whether the next commit has something to write.
    pub fn has_records(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Makes durable what was decided. Nobody has been told yet.
    pub fn write(&mut self) -> Result<(), String> {
        let wall = self.state.time;
        self.journal.append(&self.batch, wall).map_err(say)?;
        self.batch.clear();
        Ok(())
    }

    /// The answers that may be told now.
    pub fn tell(&mut self) -> Vec<(Ticket, Reply)> {
        assert!(self.batch.is_empty(), "nobody is told before it is durable");
        std::mem::take(&mut self.replies)
    }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
