//! Requests to the engine, off the drawing thread: one thread for what may take a while, one for
//! looks at the past, and one for the stop alone, so that it never waits behind anything.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use super::inbox::Inbox;
use super::message::{Msg, Request};
use crate::client::{Call, Link, Problem};

/// Requests that may wait.
const WAITING: usize = 8;
/// Looks at the past that may wait.
const LOOKS: usize = 2;
/// What the journal keeps of a press of the key.
const REASON: &str = "stop key on the console";

/// Those who run the errands. They end when this goes and the link lets go of them.
pub struct Errands {
    calls: SyncSender<(Request, Call)>,
    looks: SyncSender<u64>,
    stops: SyncSender<()>,
    inbox: Inbox,
}

impl Errands {
    /// Sends both threads out; answers come to `inbox`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(link: &Arc<dyn Link>, inbox: &Inbox) -> std::io::Result<Self> {
        let (calls, todo) = sync_channel::<(Request, Call)>(WAITING);
        let (to, answers) = (Arc::clone(link), inbox.clone());
        std::thread::Builder::new()
            .name("console-calls".into())
            .spawn(move || {
                for (request, call) in todo {
                    let answer = to.call(call);
                    answers.answer(Msg::Answered(request, answer));
                }
            })?;
        let (looks, records) = sync_channel::<u64>(LOOKS);
        let (to, answers) = (Arc::clone(link), inbox.clone());
        std::thread::Builder::new()
            .name("console-past".into())
            .spawn(move || {
                for seq in records {
                    answers.answer(Msg::Past(seq, to.at(seq).map(Arc::new)));
                }
            })?;
        let (stops, presses) = sync_channel::<()>(1);
        let (to, answers) = (Arc::clone(link), inbox.clone());
        std::thread::Builder::new()
            .name("console-stop".into())
            .spawn(move || {
                for () in presses {
                    answers.answer(Msg::Stopped(to.stop(REASON)));
                }
            })?;
        Ok(Self {
            calls,
            looks,
            stops,
            inbox: inbox.clone(),
        })
    }

    /// Sends a request.
    pub fn call(&self, request: Request, call: Call) {
        let full = match self.calls.try_send((request, call)) {
            Ok(()) => return,
            Err(TrySendError::Full((request, _)) | TrySendError::Disconnected((request, _))) => {
                request
            }
        };
        self.inbox.answer(Msg::Answered(full, Err(busy())));
    }

    /// Looks at what was.
    pub fn look_back(&self, seq: u64) {
        if self.looks.try_send(seq).is_err() {
            self.inbox.answer(Msg::Past(seq, Err(busy())));
        }
    }

    /// Engages HARDSTOP. Where one press waits already, another adds nothing to it.
    pub fn stop(&self) {
        let _ = self.stops.try_send(());
    }
}

fn busy() -> Problem {
    Problem::new(
        429,
        "CONSOLE_BUSY",
        "too many requests wait for the engine already",
        "wait for their answers; ^X works all the same",
    )
}
