//! The engine's end: threads of its own and blocking I/O, open before recovery begins.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, chmod};
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt::socket_peercred,
};
use rustix::process::geteuid;
use serde::Serialize;

use super::lines::Lines;
use super::path::Address;
use super::{DURABLE_WITHIN, Durable, FILE, HERE, LEFT, Latched, Pong};
use crate::core::Name;
use crate::gate::consoles::Watching;
use crate::gate::egress::Gate;
use crate::gate::folder::make_state_dir;
use crate::gate::journaled::Journaled;
use crate::gate::press::{How, Press};

/// Connections that are served side by side, and those that wait to be taken.
const CONNECTIONS: usize = 64;
const BACKLOG: i32 = 128;
/// A connection without a request for so long is closed; a linked console pings every second.
const IDLE: Duration = Duration::from_secs(30);
/// What one connection too many may take to bring its request.
const ASIDE: Duration = Duration::from_millis(200);
/// Between two tries to take a connection when the machine has no more to give.
const EXHAUSTED: Duration = Duration::from_millis(10);

/// The open socket. It is closed and removed when this is dropped.
pub struct StopServer {
    listener: Arc<UnixListener>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

impl StopServer {
    /// Opens `stop.sock` (0600) in `state_dir` and serves it. The caller holds the lock: one that
    /// is there is stale, and is removed.
    ///
    /// # Errors
    /// The socket cannot be made, or no thread be had.
    pub fn open(state_dir: &Path, gate: Gate, journaled: Journaled) -> io::Result<Self> {
        make_state_dir(state_dir)?;
        let path = state_dir.join(FILE);
        let listener = Arc::new(listener(state_dir, &path)?);
        let stop = Arc::new(AtomicBool::new(false));
        let desk = Desk {
            gate,
            journaled,
            owner: geteuid().as_raw(),
        };
        let thread = thread::Builder::new().name("stop.sock".to_owned()).spawn({
            let (listener, stop) = (listener.clone(), stop.clone());
            move || take_all(&listener, &stop, &Arc::new(desk))
        })?;
        Ok(Self {
            listener,
            stop,
            thread: Some(thread),
            path,
        })
    }
}

impl Drop for StopServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // On Linux this also ends an accept that waits.
        let _ = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

fn listener(state_dir: &Path, path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let address = Address::of(state_dir, FILE)?;
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    bind(&socket, &address.unix)?;
    // Before it listens nobody gets in, so there is no moment with other rights.
    chmod(path, Mode::RUSR | Mode::WUSR)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn take_all(listener: &UnixListener, stop: &AtomicBool, desk: &Arc<Desk>) {
    let served = Arc::new(AtomicUsize::new(0));
    while !stop.load(Ordering::Acquire) {
        match listener.accept() {
            Ok((stream, _)) => take(stream, &served, desk),
            Err(_) if stop.load(Ordering::Acquire) => return,
            Err(_) => thread::sleep(EXHAUSTED),
        }
    }
}

/// A thread for the connection; where there is none for it, its request is served here and now,
/// because a stop must always get in.
fn take(stream: UnixStream, served: &Arc<AtomicUsize>, desk: &Arc<Desk>) {
    if served.load(Ordering::Acquire) < CONNECTIONS
        && let Ok(own) = stream.try_clone()
    {
        served.fetch_add(1, Ordering::AcqRel);
        let (guard, its_desk) = (Served(served.clone()), desk.clone());
        let thread = thread::Builder::new()
            .name("stop.sock client".to_owned())
            .spawn(move || {
                let _guard = guard;
                // It ends in an error like any conversation; nobody is left to be told.
                let _ = its_desk.converse(own);
            });
        if thread.is_ok() {
            return;
        }
    }
    let _ = desk.one_request(&stream);
    let _ = stream.shutdown(Shutdown::Both);
}

struct Served(Arc<AtomicUsize>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is asked, and what is answered.
struct Desk {
    gate: Gate,
    journaled: Journaled,
    owner: u32,
}

enum Asked {
    Hardstop {
        by: Option<Name>,
        reason: String,
    },
    /// With what it says of a console at the other end.
    Ping(Word),
    Nothing,
}

/// What a ping says of a console.
#[derive(Clone, Copy)]
enum Word {
    None,
    Here,
    Left,
}

#[derive(Serialize)]
struct Refusal {
    error: &'static str,
}

const REFUSAL: Refusal = Refusal {
    error: "expected {\"hardstop\":{\"by\",\"reason\"}} or {\"ping\":true}",
};

impl Desk {
    fn converse(&self, stream: UnixStream) -> io::Result<()> {
        let uid = socket_peercred(&stream)?.uid.as_raw();
        let mut lines = Lines::new(stream)?;
        // Where the conversation ends without a word, the console at its other end is lost.
        let mut watching: Option<Watching> = None;
        while let Some(line) = lines.next(Instant::now() + IDLE)? {
            let start = Instant::now();
            let asked = asked(&line.bytes);
            match asked {
                Asked::Ping(Word::Here) => {
                    watching.get_or_insert_with(|| self.gate.consoles().arrive());
                }
                Asked::Ping(Word::Left) => {
                    if let Some(watching) = watching.take() {
                        watching.leave();
                    }
                }
                _ => {}
            }
            if let Some(presses) = self.answer(&mut lines, asked, uid)? {
                let seq = self.journaled.wait(presses, DURABLE_WITHIN);
                let durable_us = seq.map(|_| start.elapsed().as_micros() as u64);
                lines.send(&Durable { durable_us, seq })?;
            }
            if !line.whole {
                break;
            }
        }
        Ok(())
    }

    fn one_request(&self, stream: &UnixStream) -> io::Result<()> {
        let uid = socket_peercred(stream)?.uid.as_raw();
        let mut lines = Lines::new(stream.try_clone()?)?;
        if let Some(line) = lines.next(Instant::now() + ASIDE)? {
            self.answer(&mut lines, asked(&line.bytes), uid)?;
        }
        Ok(())
    }

    /// Answers at once; the number of the press where it was one, whose durability is to follow.
    fn answer(&self, lines: &mut Lines, asked: Asked, uid: u32) -> io::Result<Option<u64>> {
        match asked {
            Asked::Hardstop { by, reason } => {
                let closed = self.gate.close(Press {
                    by: self.presser(by, uid),
                    how: How::Socket,
                    reason,
                });
                lines.send(&Latched {
                    epoch: closed.epoch,
                    already: closed.already,
                    gate_us: closed.gate_us,
                })?;
                return Ok(Some(closed.presses));
            }
            Asked::Ping(_) => {
                let now = self.gate.observe();
                lines.send(&Pong {
                    epoch: now.epoch,
                    closed: now.closed,
                })?;
            }
            Asked::Nothing => lines.send(&REFUSAL)?,
        }
        Ok(None)
    }

    /// The owner's word for who presses is taken; anybody else is known by the kernel's.
    fn presser(&self, claimed: Option<Name>, uid: u32) -> Name {
        claimed.filter(|_| uid == self.owner).unwrap_or_else(|| {
            format!("uid:{uid}")
                .parse()
                .expect("a colon and digits fit into a name")
        })
    }
}

/// In doubt it is a stop: whatever holds the word as a key, or cannot be read and holds it.
fn asked(line: &[u8]) -> Asked {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(line) else {
        return match String::from_utf8_lossy(line).contains("\"hardstop\"") {
            true => Asked::Hardstop {
                by: None,
                reason: "a request that could not be read".to_owned(),
            },
            false => Asked::Nothing,
        };
    };
    if let Some(request) = document.get("hardstop") {
        let text = |key: &str| request.get(key).and_then(|value| value.as_str());
        return Asked::Hardstop {
            by: text("by").and_then(|by| by.parse().ok()),
            reason: text("reason").unwrap_or_default().to_owned(),
        };
    }
    match document.get("ping") {
        Some(_) => Asked::Ping(
            match document.get("console").and_then(|word| word.as_str()) {
                Some(HERE) => Word::Here,
                Some(LEFT) => Word::Left,
                _ => Word::None,
            },
        ),
        None => Asked::Nothing,
    }
}
