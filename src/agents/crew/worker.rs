//! The thread an agent works on. A panic ends the agent, not the thread: the next work gets a new one.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::desk::{Desk, Next};
use super::report::{Made, Outcome, Refused};
use crate::agents::{Agent, Brief, Unable, Work};

/// Sees to it that somebody sits at the desk.
pub(super) fn seat(desk: &Arc<Desk>) -> Result<(), Refused> {
    let Some(generation) = desk.claim()? else {
        return Ok(());
    };
    let seat = Seat {
        desk: Arc::clone(desk),
        generation,
    };
    // Where no thread starts, the seat is dropped with the closure and so given back.
    thread::Builder::new()
        .name(desk.name.to_string())
        .spawn(move || seat.work())
        .map(drop)
        .map_err(|_| Refused::NoThread)
}

/// A thread's right to work; giving it up is leaving, in whichever way it ends.
struct Seat {
    desk: Arc<Desk>,
    generation: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.desk.leave(self.generation);
    }
}

impl Seat {
    fn work(&self) {
        let mut agent = None;
        loop {
            match self.desk.next(self.generation) {
                Next::Leave => return,
                Next::Halt(id, dropped) => self.desk.halted(id, dropped),
                Next::Run(job) => {
                    let (brief, work) = *job;
                    let (answer, fell) = self.run(&mut agent, &brief, &work);
                    self.desk.finish(self.generation, answer, fell);
                }
            }
        }
    }

    /// One run, and whether it ended in a panic.
    fn run(
        &self,
        agent: &mut Option<Box<dyn Agent>>,
        brief: &Brief,
        work: &Work,
    ) -> (Outcome, bool) {
        // After a panic the agent is never looked at again, whatever state it is in.
        let result = catch_unwind(AssertUnwindSafe(|| {
            let agent = agent.get_or_insert_with(|| (self.desk.make)());
            match work {
                Work::Bar(brief) => agent.act(brief).map(Made::Act),
                Work::Judge(brief) => agent.judge(brief).map(Made::Verdict),
                Work::Task(_) | Work::Phase(..) | Work::Halt(_) => {
                    agent.run(brief, work).map(Made::Words)
                }
            }
        }));
        match result {
            Ok(outcome) => (outcome, false),
            Err(panic) => {
                let why = format!("panicked: {}", words_of(&*panic));
                let remains = agent.take();
                let _ = catch_unwind(AssertUnwindSafe(|| drop(remains)));
                (Err(Unable::Failed(why)), true)
            }
        }
    }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
