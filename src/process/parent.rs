//! The parent: it starts the program once more as its child in the same process group, before any
//! thread exists, and waits. So the shell gets its prompt back when the console is left, while the
//! engine's process stays what it was.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1};
use signal_hook::iterator::Signals;

/// Tells the child whose child it is.
pub const PARENT: &str = "PILOTHOUSE_PARENT";

/// Whether this process is the child of a waiting parent.
pub fn is_child() -> bool {
    std::env::var(PARENT)
        .ok()
        .and_then(|pid| pid.parse::<i32>().ok())
        .is_some_and(|pid| {
            rustix::process::getppid().is_some_and(|p| p.as_raw_nonzero().get() == pid)
        })
}

/// Starts the child and waits until it ends or is left.
///
/// # Errors
/// The program cannot be started, or signals cannot be taken.
pub fn wait_for_child(left: &str) -> io::Result<ExitCode> {
    // Taken and dropped: the keyboard's signals are the child's alone. SIGUSR1 says that the
    // console was left and the engine goes on.
    let mut signals = Signals::new([SIGCHLD, SIGTERM, SIGUSR1, SIGQUIT, SIGINT, SIGHUP, SIGTSTP])?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(PARENT, std::process::id().to_string())
        .spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    loop {
        for signal in signals.wait() {
            match signal {
                SIGUSR1 => {
                    // The terminal may have gone, and then nobody reads it.
                    let _ = writeln!(io::stdout(), "{left}");
                    return Ok(ExitCode::SUCCESS);
                }
                SIGTERM => {
                    if let Some(pid) = pid {
                        // It may be gone already; then SIGCHLD says so.
                        let _ = kill_process(pid, Signal::TERM);
                    }
                }
                _ => {}
            }
        }
        if let Some(status) = child.try_wait()? {
            let code = status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
            return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
        }
    }
}
