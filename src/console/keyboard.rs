//! The threads at the terminal's other end: one reads keys, one only watches whether the terminal
//! is still there. Both poll first and never read from a terminal that has gone, on which the
//! terminal library would spin.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use signal_hook::low_level::pipe;

use super::inbox::Inbox;
use super::terminal;

/// What is read of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Each key by itself.
    Keys,
    /// Whole lines, each as if it were pasted.
    Lines,
}

/// The two threads; dropping this sends them home.
pub struct Keyboard {
    home: Arc<OwnedFd>,
    resize: signal_hook::SigId,
}

impl Keyboard {
    /// Starts both on the controlling terminal.
    ///
    /// # Errors
    /// There is no terminal, or the system gives no thread.
    pub fn start(inbox: &Inbox, reads: Reads) -> io::Result<Self> {
        let home = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let (resized, resize) = std::os::unix::net::UnixStream::pair()?;
        resized.set_nonblocking(true)?;
        let resize = pipe::register(signal_hook::consts::SIGWINCH, resize)?;
        let keyboard = Self {
            home: Arc::clone(&home),
            resize,
        };
        let tty = Arc::new(terminal::tty()?);
        let (to, of, until) = (inbox.clone(), Arc::clone(&tty), Arc::clone(&home));
        std::thread::Builder::new()
            .name("console-tty".into())
            .spawn(move || watch(&of, &until, &to))?;
        let to = inbox.clone();
        std::thread::Builder::new()
            .name("console-keys".into())
            .spawn(move || match reads {
                Reads::Keys => keys(&tty, &home, &OwnedFd::from(resized), &to),
                Reads::Lines => lines(&tty, &home, &to),
            })?;
        Ok(keyboard)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.resize);
        // An event counter takes this always; it is never read, so both threads see it.
        let _ = rustix::io::write(&*self.home, &1_u64.to_ne_bytes());
    }
}

fn gone(flags: PollFlags) -> bool {
    flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Waits until one of them has something.
fn wait<const N: usize>(fds: [(&OwnedFd, PollFlags); N]) -> [PollFlags; N] {
    let mut polled = fds.map(|(fd, flags)| PollFd::new(fd, flags));
    while let Err(rustix::io::Errno::INTR) = poll(&mut polled, None) {}
    polled.map(|fd| fd.revents())
}

/// Tells when the terminal has gone. Never reads.
fn watch(tty: &OwnedFd, home: &OwnedFd, inbox: &Inbox) {
    let [tty, home] = wait([(tty, PollFlags::empty()), (home, PollFlags::IN)]);
    if home.is_empty() && gone(tty) {
        inbox.put(|w| w.hangup = true);
    }
}

/// Reads keys as long as the terminal is there.
fn keys(tty: &OwnedFd, home: &OwnedFd, resized: &OwnedFd, inbox: &Inbox) {
    loop {
        let [typed, end, size] = wait([
            (tty, PollFlags::IN),
            (home, PollFlags::IN),
            (resized, PollFlags::IN),
        ]);
        if !end.is_empty() || gone(typed) {
            return;
        }
        if !size.is_empty() {
            let mut drained = [0; 64];
            let _ = rustix::io::read(resized, &mut drained);
        }
        while let Ok(true) = crossterm::event::poll(Duration::ZERO) {
            match crossterm::event::read() {
                Ok(event) => {
                    inbox.key(event);
                }
                Err(_) => return,
            }
        }
    }
}

/// Bytes of a line, at most; what is longer comes in parts.
const LINE: usize = 4_096;

/// Reads lines as long as the terminal is there; it hands over whole ones only.
fn lines(tty: &OwnedFd, home: &OwnedFd, inbox: &Inbox) {
    let mut bytes = [0; LINE];
    loop {
        let [typed, end] = wait([(tty, PollFlags::IN), (home, PollFlags::IN)]);
        if !end.is_empty() || gone(typed) {
            return;
        }
        match rustix::io::read(tty, &mut bytes) {
            Ok(read @ 1..) => {
                let line = String::from_utf8_lossy(&bytes[..read]);
                inbox.key(Event::Paste(line.trim_end_matches('\n').to_owned()));
            }
            Err(rustix::io::Errno::INTR) => {}
            // The end of the input is no wish to leave: the lines go on.
            Ok(_) | Err(_) => return,
        }
    }
}
