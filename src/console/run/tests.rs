//! The console on a real pseudo-terminal. The test binary starts itself once more as the console;
//! [`child`] is what runs there.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::tcgetattr;
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGQUIT, SIGTERM};

use super::*;
use crate::client::{Call, Problem, Stopped};
use crate::console::fixture;
use crate::core::trading_state::Mode;
use crate::snapshot::HardstopRow;

/// Names what the child does; without it the child is an ordinary test that has nothing to do.
const CHILD: &str = "PILOTHOUSE_TEST_CONSOLE";
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Engine {
    current: Mutex<Arc<Snapshot>>,
    breaks: bool,
}

impl Engine {
    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&current);
        change(&mut next);
        *current = Arc::new(next);
    }
}

impl Link for Engine {
    fn call(&self, call: Call) -> Result<Value, Problem> {
        assert_eq!(call.path, "coordinator/pause");
        self.change(|s| s.status.state = Mode::Paused);
        Ok(serde_json::json!({"seq": 0}))
    }

    fn latest(&self) -> Arc<Snapshot> {
        self.change(|s| s.built_at = wall());
        Arc::clone(&self.current.lock().unwrap())
    }

    fn want(&self) {}

    fn stop(&self, _: &str) -> Result<Stopped, Problem> {
        self.change(|s| {
            s.status.state = Mode::Hardstopped;
            s.status.hardstop = Some(HardstopRow {
                epoch: 1,
                by: "operator".parse().unwrap(),
                reason: "stop key".into(),
                engaged_at: fixture::NOW,
                cancels_total: 0,
                cancels_confirmed: 0,
                open_positions: 3,
            });
        });
        Ok(Stopped::default())
    }

    fn stop_linked(&self) -> bool {
        assert!(!self.breaks, "asked to break");
        true
    }

    fn connected(&self) -> bool {
        true
    }
}

/// The console of the tests below, in its own process: prints how it ended and whether the terminal
/// is as it was.
#[test]
fn child() {
    let Ok(what) = std::env::var(CHILD) else {
        return;
    };
    let signals = ConsoleSignals::default();
    let link: Arc<dyn Link> = Arc::new(Engine {
        current: Mutex::new(Arc::new(fixture::snapshot())),
        breaks: what == "panic",
    });
    let (to, stop) = (signals.clone(), Arc::clone(&link));
    let mut taken = signal_hook::iterator::Signals::new([SIGQUIT, SIGHUP, SIGTERM]).unwrap();
    std::thread::spawn(move || {
        for signal in taken.forever() {
            match signal {
                SIGQUIT => {
                    stop.stop("").unwrap();
                    to.stop_pressed();
                }
                SIGTERM => to.terminate(),
                // Left to the watcher of the terminal.
                _ => {}
            }
        }
    });
    let modes = |()| tcgetattr(std::io::stdin()).map(|m| format!("{m:?}"));
    let before = modes(());
    let options = ConsoleOptions {
        plain: what == "plain",
        ..ConsoleOptions::default()
    };
    let exit = run(link, options, signals);
    if exit == Exit::Lost && what == "hangup" {
        std::process::exit(42);
    }
    let same = before.is_ok() && before.unwrap() == modes(()).unwrap();
    println!("ended {exit:?} same terminal {same}");
}

struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    bytes: Receiver<Vec<u8>>,
    reader: JoinHandle<()>,
    grid: vt100::Parser,
}

impl Pty {
    fn start(what: &str) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols: 80,
                ..PtySize::default()
            })
            .unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "console::run::tests::child", "--nocapture"]);
        command.env(CHILD, what);
        command.env("RUST_BACKTRACE", "0");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (to, bytes) = channel();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if to.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            master: Some(pair.master),
            writer: Some(writer),
            child,
            bytes,
            reader,
            grid: vt100::Parser::new(24, 80, 0),
        }
    }

    /// Waits until the screen holds `wanted`.
    fn wait(&mut self, wanted: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.grid.screen().contents().contains(wanted) {
            let left = until.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.grid.process(&bytes),
                Err(_) => panic!(
                    "{wanted:?} does not come:\n{}",
                    self.grid.screen().contents()
                ),
            }
        }
    }

    fn types(&mut self, keys: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys).unwrap();
        writer.flush().unwrap();
    }
}

#[test]
fn keys_reach_the_engine_and_leaving_gives_the_terminal_back() {
    let mut pty = Pty::start("screen");
    pty.wait("RUNNING");
    pty.wait("^X HARDSTOP");
    assert!(pty.grid.screen().alternate_screen());
    pty.types(b"p");
    pty.wait("PAUSED");
    pty.types(b"\t\x1b[B");
    pty.wait(">BTC/USDT");
    pty.types(b"q");
    pty.wait("ended Left same terminal true");
    assert!(!pty.grid.screen().alternate_screen());
    assert!(!pty.grid.screen().hide_cursor());
    assert!(!pty.grid.screen().bracketed_paste());
    pty.child.wait().unwrap();
}

#[test]
fn the_stop_key_raises_a_signal_from_within_a_filter() {
    let mut pty = Pty::start("screen");
    pty.wait("^X HARDSTOP");
    pty.types(b"/tech");
    pty.wait("filter /tech");
    pty.types(b"\x18");
    pty.wait("HARDSTOP LATCHED 14:02:11.000");
    pty.wait("filter /tech");
    pty.types(b"\rq");
    pty.wait("ended Left same terminal true");
    pty.child.wait().unwrap();
}

#[test]
fn a_terminal_that_goes_is_noticed() {
    let mut pty = Pty::start("hangup");
    pty.wait("RUNNING");
    pty.wait("^X HARDSTOP");
    let until = Instant::now() + PATIENCE;
    // The reader holds the terminal open too. It goes with what it reads next once nobody listens,
    // and a console on which nothing changes writes nothing unless it is asked to.
    drop(std::mem::replace(&mut pty.bytes, channel().1));
    while !pty.reader.is_finished() {
        assert!(Instant::now() < until, "the console does not repaint");
        pty.types(b"\x0c");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    drop((pty.writer.take(), pty.master.take()));
    let status = loop {
        if let Some(status) = pty.child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < until, "the console does not end");
        std::thread::yield_now();
    };
    assert_eq!(status.exit_code(), 42);
}

#[test]
fn a_panic_and_a_signal_give_the_terminal_back() {
    let mut broken = Pty::start("panic");
    broken.wait("asked to break");
    broken.wait("ended Lost same terminal true");
    assert!(!broken.grid.screen().alternate_screen());
    let mut ended = Pty::start("screen");
    ended.wait("^X HARDSTOP");
    let pid = i32::try_from(ended.child.process_id().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    ended.wait("ended Terminated same terminal true");
}

#[test]
fn lines_take_keys_and_the_stop_too() {
    let mut pty = Pty::start("plain");
    pty.wait("RUNNING");
    pty.wait("Ctrl-X is HARDSTOP");
    pty.types(b"p\n");
    pty.wait("PAUSED");
    pty.types(b"\x18");
    pty.wait("HARDSTOP LATCHED");
    pty.types(b"q\n");
    pty.wait("ended Left same terminal true");
}
