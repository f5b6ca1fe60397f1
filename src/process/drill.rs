//! Drills: faults on demand, so that what follows can be proved on the very program. They exist in
//! debug builds only, and only where `PILOTHOUSE_DRILL` names one; SIGUSR2 then sets it off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use signal_hook::consts::SIGUSR2;

use crate::client::{Call, Link, Problem, Stopped};
use crate::engine::EngineHandle;
use crate::snapshot::Snapshot;

/// Names the fault.
const DRILL: &str = "PILOTHOUSE_DRILL";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The console's own thread panics.
    ConsolePanics,
    /// It never draws nor reads a key again.
    ConsoleHangs,
    /// The engine's thread panics.
    EnginePanics,
}

/// The link that a console is given: the same one, unless a drill is on.
pub fn prepare(link: Arc<dyn Link>, engine: Option<EngineHandle>) -> Arc<dyn Link> {
    let fault = match std::env::var(DRILL).as_deref() {
        Ok("console_panics") => Fault::ConsolePanics,
        Ok("console_hangs") => Fault::ConsoleHangs,
        Ok("engine_panics") => Fault::EnginePanics,
        _ => return link,
    };
    let set_off = Arc::new(AtomicBool::new(false));
    match signal_hook::flag::register(SIGUSR2, Arc::clone(&set_off)) {
        Ok(_) => Arc::new(Drill {
            link,
            engine,
            fault,
            set_off,
        }),
        Err(_) => link,
    }
}

/// A link that brings the fault with it: the console's thread asks it for the latest snapshot several
/// times a second.
struct Drill {
    link: Arc<dyn Link>,
    engine: Option<EngineHandle>,
    fault: Fault,
    set_off: Arc<AtomicBool>,
}

impl Link for Drill {
    fn call(&self, call: Call) -> Result<Value, Problem> {
        self.link.call(call)
    }

    fn latest(&self) -> Arc<Snapshot> {
        if self.set_off.load(Ordering::Acquire) {
            match (self.fault, &self.engine) {
                (Fault::ConsolePanics, _) => panic!("asked to, by a drill"),
                (Fault::ConsoleHangs, _) => loop {
                    std::thread::park();
                },
                (Fault::EnginePanics, Some(engine)) => engine.drill_panic(),
                (Fault::EnginePanics, None) => {}
            }
        }
        self.link.latest()
    }

    fn want(&self) {
        self.link.want();
    }

    fn stop(&self, reason: &str) -> Result<Stopped, Problem> {
        self.link.stop(reason)
    }

    fn stop_linked(&self) -> bool {
        self.link.stop_linked()
    }

    fn connected(&self) -> bool {
        self.link.connected()
    }
}
