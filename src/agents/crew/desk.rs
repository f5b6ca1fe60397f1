//! What an agent and its thread share with the rest: the work that waits, the work it is at, its
//! pulse. Every change happens under one lock, and nothing is told while it is held.
//!
//! Whoever takes `current` out of the papers answers it, so that each piece of work is answered once,
//! whether its thread comes back or is given up.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::pulse::Pulse;
use super::report::{Beat, CrewAnswer, Made, Outcome, Refused, WorkId};
use super::{Maker, OnAnswer};
use crate::agents::{Brief, Unable, Work};
use crate::core::Name;
use crate::core::id::MessageId;

/// Pieces of work that may wait.
const ROOM: usize = 1_024;
/// Threads an agent may have, those that hang included.
const THREADS: usize = 4;
/// The first rest after a fall; each further one doubles it.
const FIRST_REST: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// One agent's place.
pub(super) struct Desk {
    pub(super) name: Name,
    pub(super) make: Maker,
    pub(super) clock: Arc<dyn Clock>,
    beat_every: Duration,
    on_answer: OnAnswer,
    papers: Mutex<Papers>,
    bell: Condvar,
}

#[derive(Default)]
struct Papers {
    /// Rises when a thread is given up; what older threads say is not heard.
    generation: u64,
    /// Whether a thread of this generation sits here.
    seated: bool,
    /// Threads that have not ended, of all generations.
    threads: usize,
    stopped: bool,
    /// Halts, and the work that waited when each came.
    halts: VecDeque<(MessageId, Vec<WorkId>)>,
    queue: VecDeque<Box<(Brief, Work)>>,
    /// What it is at, and since when.
    current: Option<(WorkId, Duration)>,
    /// Falls since it last came through.
    falls: u32,
    rests_until: Duration,
    pulse: Pulse,
}

/// What a thread does next.
pub(super) enum Next {
    Run(Box<(Brief, Work)>),
    Halt(MessageId, Vec<WorkId>),
    Leave,
}

impl Papers {
    /// After a fall nothing is worked on for a while; what waited comes back.
    fn fall(&mut self, now: Duration) -> Vec<WorkId> {
        let rest = FIRST_REST * (1 << self.falls.min(6));
        self.falls = self.falls.saturating_add(1);
        self.rests_until = now + rest.min(LONGEST_REST);
        self.clear()
    }

    fn clear(&mut self) -> Vec<WorkId> {
        self.queue.drain(..).map(|job| WorkId::of(&job.1)).collect()
    }
}

impl Desk {
    pub(super) fn new(
        name: Name,
        make: Maker,
        clock: Arc<dyn Clock>,
        beat_every: Duration,
        on_answer: OnAnswer,
    ) -> Self {
        let mut papers = Papers::default();
        papers.pulse.at_ms = clock.wall_ms();
        Self {
            name,
            make,
            clock,
            beat_every,
            on_answer,
            papers: Mutex::new(papers),
            bell: Condvar::new(),
        }
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        // Nothing foreign runs under the lock, so a panic leaves whole papers behind.
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes work in. A halt is taken even from an agent that rests, and drops what waits before it.
    pub(super) fn take(&self, brief: Brief, work: Work) -> Result<(), Refused> {
        let now = self.clock.elapsed();
        let mut papers = self.papers();
        if papers.stopped {
            return Err(Refused::Stopped);
        }
        if let Work::Halt(id) = work {
            if papers.halts.len() >= ROOM {
                return Err(Refused::Busy);
            }
            let dropped = papers.clear();
            papers.halts.push_back((id, dropped));
        } else {
            if now < papers.rests_until {
                return Err(Refused::BackingOff);
            }
            if papers.queue.len() >= ROOM {
                return Err(Refused::Busy);
            }
            papers.queue.push_back(Box::new((brief, work)));
        }
        drop(papers);
        self.bell.notify_all();
        Ok(())
    }

    /// Claims the seat for a new thread: its generation, or none where it is taken already.
    pub(super) fn claim(&self) -> Result<Option<u64>, Refused> {
        let mut papers = self.papers();
        if papers.stopped {
            return Err(Refused::Stopped);
        }
        if papers.seated {
            return Ok(None);
        }
        if papers.threads >= THREADS {
            return Err(Refused::NoThread);
        }
        papers.seated = true;
        papers.threads += 1;
        Ok(Some(papers.generation))
    }

    /// A thread ends, or could not be started.
    pub(super) fn leave(&self, generation: u64) {
        let mut papers = self.papers();
        papers.threads -= 1;
        if papers.generation == generation {
            papers.seated = false;
        }
        drop(papers);
        self.bell.notify_all();
    }

    /// Waits for work, and beats meanwhile.
    pub(super) fn next(&self, generation: u64) -> Next {
        let mut papers = self.papers();
        loop {
            if papers.stopped || papers.generation != generation {
                return Next::Leave;
            }
            papers.pulse.at_ms = self.clock.wall_ms();
            if let Some((id, dropped)) = papers.halts.pop_front() {
                return Next::Halt(id, dropped);
            }
            if let Some(job) = papers.queue.pop_front() {
                papers.current = Some((WorkId::of(&job.1), self.clock.elapsed()));
                return Next::Run(job);
            }
            papers = self
                .bell
                .wait_timeout(papers, self.beat_every)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The thread has come through, or has fallen. Of a thread that was given up nothing is heard.
    pub(super) fn finish(&self, generation: u64, outcome: Outcome, fell: bool) {
        let now = self.clock.elapsed();
        let mut papers = self.papers();
        if papers.generation != generation {
            return;
        }
        let Some((id, since)) = papers.current.take() else {
            return;
        };
        let took = now.saturating_sub(since);
        papers.pulse.at_ms = self.clock.wall_ms();
        papers.pulse.count(took);
        let dropped = if fell {
            papers.fall(now)
        } else {
            papers.falls = 0;
            Vec::new()
        };
        drop(papers);
        self.tell(id, outcome, took);
        self.give_back(dropped, "dropped: the agent panicked over other work");
    }

    /// Gives up the thread at work and answers for it; false where there is none.
    pub(super) fn cut_off(&self) -> bool {
        let now = self.clock.elapsed();
        let mut papers = self.papers();
        let Some((id, since)) = papers.current.take() else {
            return false;
        };
        papers.generation += 1;
        papers.seated = false;
        let dropped = papers.fall(now);
        drop(papers);
        let took = now.saturating_sub(since);
        let why = format!("cut off after {} ms", took.as_millis());
        self.tell(id, Err(Unable::Failed(why)), took);
        self.give_back(dropped, "dropped: the agent was cut off at other work");
        true
    }

    /// Obeys the halts that wait where no thread can be had: nothing is worked on here.
    pub(super) fn obey_halts(&self) {
        let halts = std::mem::take(&mut self.papers().halts);
        for (id, dropped) in halts {
            self.halted(id, dropped);
        }
    }

    /// Gives back what waited before a halt, and acknowledges it.
    pub(super) fn halted(&self, id: MessageId, dropped: Vec<WorkId>) {
        self.give_back(dropped, "halted");
        self.tell(
            WorkId::Halt(id),
            Ok(Made::Words(Vec::new())),
            Duration::ZERO,
        );
    }

    fn give_back(&self, dropped: Vec<WorkId>, why: &str) {
        for id in dropped {
            self.tell(id, Err(why.into()), Duration::ZERO);
        }
    }

    fn tell(&self, id: WorkId, outcome: Outcome, took: Duration) {
        (self.on_answer)(CrewAnswer {
            agent: self.name,
            work: id.done(outcome),
            took,
        });
    }

    pub(super) fn beat(&self) -> Beat {
        let papers = self.papers();
        Beat {
            agent: self.name,
            at_ms: papers.pulse.at_ms,
            mean_ms: papers.pulse.mean_ms(),
            lifetime_mean_ms: papers.pulse.lifetime_mean_ms(),
        }
    }

    /// Whether it has been at its work for longer than that.
    pub(super) fn is_overdue(&self, limit: Duration) -> bool {
        let now = self.clock.elapsed();
        self.papers()
            .current
            .is_some_and(|(_, since)| now.saturating_sub(since) > limit)
    }

    /// Takes no more work and forgets what waits; the thread leaves when it comes back.
    pub(super) fn stop(&self) {
        let mut papers = self.papers();
        papers.stopped = true;
        papers.queue.clear();
        papers.halts.clear();
        drop(papers);
        self.bell.notify_all();
    }

    /// Waits for the thread to leave until `deadline`; one that stays is not heard any more.
    pub(super) fn wait_empty(&self, deadline: Instant) {
        let limit = deadline.saturating_duration_since(Instant::now());
        let (mut papers, _) = self
            .bell
            .wait_timeout_while(self.papers(), limit, |papers| papers.seated)
            .unwrap_or_else(PoisonError::into_inner);
        if papers.seated {
            papers.generation += 1;
            papers.seated = false;
            papers.current = None;
        }
    }
}
