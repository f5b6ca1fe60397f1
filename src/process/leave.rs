//! Leaving: the engine goes on without a terminal, in a session of its own.

use std::fs::OpenOptions;
use std::io;

use rustix::process::{Signal, getppid, kill_process, setsid};

/// Gives up the terminal: a session of its own, streams to nowhere, and the waiting parent is
/// told, so that the shell gets its prompt back.
///
/// # Errors
/// `/dev/null` cannot be opened or put in place of the streams.
pub fn detach(told: bool) -> io::Result<()> {
    // It fails only for a group's leader, which has no terminal to lose then.
    let _ = setsid();
    let nowhere = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    if told
        && super::is_child()
        && let Some(parent) = getppid()
    {
        kill_process(parent, Signal::USR1)?;
    }
    Ok(())
}
