//! The terminal: taken as it is found, and given back exactly so, whatever ends the console.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
};
use crossterm::execute;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

/// The stop key, Ctrl-X.
const STOP_KEY: u8 = 0x18;
/// No key: `_POSIX_VDISABLE` of Linux.
const DISABLED: u8 = 0;

/// Opens the controlling terminal: standard input where it is one.
///
/// # Errors
/// There is none.
pub fn tty() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        stdin.as_fd().try_clone_to_owned()
    } else {
        std::fs::File::open("/dev/tty").map(OwnedFd::from)
    }
}

/// Makes Ctrl-X raise SIGQUIT in the kernel, whoever reads or does not read the terminal. Without
/// NOFLSH the kernel would throw away what is in flight. No key suspends: that would stop the engine
/// too.
fn arm_stop_key(modes: &mut Termios) {
    modes.local_modes |= LocalModes::ISIG | LocalModes::NOFLSH;
    modes.special_codes[SpecialCodeIndex::VQUIT] = STOP_KEY;
    modes.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
}

/// A terminal on loan. Dropping it gives the terminal back.
pub struct Loan {
    found: Arc<Found>,
}

/// What was found, and whether it still has to be restored.
struct Found {
    tty: OwnedFd,
    modes: Termios,
    screen: bool,
    taken: AtomicBool,
}

impl Found {
    /// Gives the terminal back, once. Errors are left aside: a terminal that has gone needs
    /// nothing.
    fn restore(&self) {
        if !self.taken.swap(false, Ordering::AcqRel) {
            return;
        }
        self.restore_modes();
        if self.screen {
            let _ = execute!(
                io::stdout().lock(),
                EndSynchronizedUpdate,
                SetAttribute(Attribute::Reset),
                DisableBracketedPaste,
                LeaveAlternateScreen,
                Show
            );
        }
    }

    /// Modes and keys alone: it waits for nothing, not even for output that nobody reads.
    fn restore_modes(&self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.modes);
    }
}

/// The terminal that is on loan now.
static LENT: Mutex<Option<Arc<Found>>> = Mutex::new(None);

/// Gives the modes of a terminal back whose console is stuck in a write to it, before the process
/// ends without it.
pub fn give_modes_back() {
    if let Some(found) = &*LENT.lock().unwrap_or_else(PoisonError::into_inner) {
        found.restore_modes();
    }
}

impl Loan {
    /// Takes the terminal for a screen: raw, alternate screen, bracketed paste, no mouse, no
    /// keyboard protocol that would bypass the stop key.
    ///
    /// # Errors
    /// There is no terminal, or it refuses.
    pub fn screen() -> io::Result<Self> {
        let loan = Self::take(true, |modes| {
            modes.make_raw();
            arm_stop_key(modes);
            modes.special_codes[SpecialCodeIndex::VINTR] = DISABLED;
        })?;
        let mut out = io::stdout().lock();
        execute!(
            out,
            EnterAlternateScreen,
            DisableMouseCapture,
            DisableFocusChange,
            EnableBracketedPaste
        )?;
        out.flush()?;
        Ok(loan)
    }

    /// Takes the terminal for lines: as it is, with the stop key armed.
    ///
    /// # Errors
    /// There is no terminal, or it refuses.
    pub fn lines() -> io::Result<Self> {
        Self::take(false, arm_stop_key)
    }

    fn take(screen: bool, change: impl FnOnce(&mut Termios)) -> io::Result<Self> {
        let tty = tty()?;
        let modes = tcgetattr(&tty)?;
        let mut changed = modes.clone();
        change(&mut changed);
        let found = Arc::new(Found {
            tty,
            modes,
            screen,
            taken: AtomicBool::new(true),
        });
        restore_on_panic(Arc::clone(&found));
        *LENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&found));
        let loan = Self { found };
        tcsetattr(&loan.found.tty, OptionalActions::Now, &changed)?;
        Ok(loan)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.found.restore();
    }
}

/// Before a panic of this very thread is told, the terminal is given back; a panic of any other
/// thread leaves a live console alone, and is told in the log.
fn restore_on_panic(found: Arc<Found>) {
    let here = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == here {
            found.restore();
        }
        if found.screen && found.taken.load(Ordering::Acquire) {
            tracing::error!("{info}");
        } else {
            before(info);
        }
    }));
}
