//! Signals. SIGQUIT is HARDSTOP: a thread outside everything else takes it and closes the gate
//! directly, whatever the rest is doing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator;

use crate::core::Name;
use crate::gate::{Gate, How, Press};

/// What signals have asked for so far.
#[derive(Debug, Default)]
pub struct Wish {
    terminate: AtomicBool,
    hangup: AtomicBool,
}

impl Wish {
    /// SIGTERM, or SIGINT of a service.
    pub fn terminate(&self) -> bool {
        self.terminate.load(Ordering::Acquire)
    }

    /// The terminal hung up.
    pub fn hangup(&self) -> bool {
        self.hangup.load(Ordering::Acquire)
    }

    /// As if SIGTERM had come.
    pub fn ask_to_terminate(&self) {
        self.terminate.store(true, Ordering::Release);
    }
}

/// What SIGQUIT does to an engine in this process: the gate is closed, by nobody's leave.
pub fn close(gate: Gate) -> impl Fn() + Send + 'static {
    let by: Name = "operator".parse().expect("a name");
    move || {
        gate.close(Press {
            by,
            how: How::Signal,
            reason: "the stop key, or SIGQUIT".into(),
        });
    }
}

/// SIGQUIT while the engine starts: there is no gate yet, so it is kept until there is one.
pub struct EarlyStop {
    pressed: Arc<AtomicBool>,
    registration: Option<signal_hook::SigId>,
}

impl EarlyStop {
    /// Keeps a press from now on.
    pub fn keep() -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        let registration = signal_hook::flag::register(SIGQUIT, Arc::clone(&pressed)).ok();
        Self {
            pressed,
            registration,
        }
    }

    /// Hands a press that was kept to the gate; from here on signals are taken as they come.
    pub fn hand_over(self, gate: &Gate) {
        if let Some(registration) = self.registration {
            signal_hook::low_level::unregister(registration);
        }
        if self.pressed.load(Ordering::Acquire) {
            close(gate.clone())();
        }
    }
}

/// The thread that takes signals.
pub struct Signals {
    /// What they ask for.
    pub wish: Arc<Wish>,
}

impl Signals {
    /// Takes signals from now on: `stop` is called at once on SIGQUIT, `changed` after each.
    ///
    /// # Errors
    /// They cannot be taken, or no thread can be had.
    pub fn take(
        stop: impl Fn() + Send + 'static,
        interrupt_ends: bool,
        changed: impl Fn(&Wish) + Send + 'static,
    ) -> io::Result<Self> {
        let wish = Arc::new(Wish::default());
        let mut signals = iterator::Signals::new([SIGQUIT, SIGTERM, SIGHUP, SIGINT, SIGTSTP])?;
        let told = Arc::clone(&wish);
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for signal in signals.forever() {
                    match signal {
                        SIGQUIT => stop(),
                        SIGHUP => told.hangup.store(true, Ordering::Release),
                        SIGINT if !interrupt_ends => {}
                        // A console that is suspended would suspend its engine.
                        SIGTSTP => {}
                        _ => told.terminate.store(true, Ordering::Release),
                    }
                    changed(&told);
                }
            })?;
        Ok(Self { wish })
    }
}
