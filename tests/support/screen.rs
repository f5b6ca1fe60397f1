//! A terminal of our own: the program in a pseudo terminal, what it wrote, and what that looks like.
#![allow(dead_code)] // each test takes what it needs

use std::fs;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};

use crate::program::{Home, PATIENCE, PROGRAM, until};

/// As `/proc` tells it: the number of write(2), and the first argument.
#[cfg(target_arch = "x86_64")]
const WRITE_TO_STDOUT: &str = "1 0x1 ";
#[cfg(not(target_arch = "x86_64"))]
const WRITE_TO_STDOUT: &str = "64 0x1 ";
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(1);

/// HARDSTOP's byte, Ctrl-X.
pub const STOP: &[u8] = b"\x18";
/// Ctrl-L, which has the whole screen written anew.
const REPAINT: &[u8] = b"\x0c";

/// What the terminal has been written.
struct Shown {
    parser: vt100::Parser,
    /// When the last bytes came.
    last: Instant,
}

/// A program on a terminal; dropping it closes the terminal and kills the program.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    slave: Option<Box<dyn SlavePty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    shown: Arc<Mutex<Shown>>,
    bytes: Arc<AtomicU64>,
    frames: Arc<AtomicU64>,
    deaf: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    found: String,
}

impl Screen {
    /// The program with these arguments, on the home's state folder, in a terminal of this size.
    pub fn open(home: &Home, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::with(home, arguments, &[], columns, rows)
    }

    /// The same with more in its environment.
    pub fn with(
        home: &Home,
        arguments: &[&str],
        environment: &[(&str, &str)],
        columns: u16,
        rows: u16,
    ) -> Self {
        let state = home.state();
        let state = ["--state", state.to_str().unwrap()];
        let arguments = [arguments, &state].concat();
        Self::run(home, PROGRAM, &arguments, environment, columns, rows)
    }

    /// Any program with these arguments.
    pub fn run(
        home: &Home,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        columns: u16,
        rows: u16,
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        for name in Home::unwanted() {
            command.env_remove(name);
        }
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        // A panic is told in a line, which stays on the screen.
        command.env("RUST_BACKTRACE", "0");
        command.cwd(home.path());
        command.args(arguments);
        let found = modes(pair.master.as_ref());
        let shown = Arc::new(Mutex::new(Shown {
            parser: vt100::Parser::new(rows, columns, 0),
            last: Instant::now(),
        }));
        let (bytes, frames, deaf) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let from = pair.master.try_clone_reader().unwrap();
        let reader = {
            let shown = Arc::clone(&shown);
            let (bytes, frames) = (Arc::clone(&bytes), Arc::clone(&frames));
            let deaf = Arc::clone(&deaf);
            std::thread::spawn(move || drain(from, &shown, [&bytes, &frames], &deaf))
        };
        Self {
            child: pair.slave.spawn_command(command).unwrap(),
            writer: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            slave: Some(pair.slave),
            shown,
            bytes,
            frames,
            deaf,
            reader: Some(reader),
            found,
        }
    }

    /// Process of the shell's child: the parent that waits, or the attached console.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys).unwrap();
        writer.flush().unwrap();
    }

    /// What is on the screen, line by line.
    pub fn text(&self) -> String {
        self.shown.lock().unwrap().parser.screen().contents()
    }

    /// Waits for words anywhere on the screen.
    pub fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.text().contains(words) {
            assert!(
                Instant::now() < deadline,
                "{words:?} is not on the screen:\n{}",
                self.text()
            );
            std::thread::park_timeout(LOOK);
        }
    }

    /// Bytes written on the terminal so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// Frames written so far, each a synchronized update.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Acquire)
    }

    /// Waits until this many bytes have been written.
    pub fn wait_for_bytes(&self, bytes: u64) {
        self.wait_looking("bytes on the terminal", || self.bytes() >= bytes);
    }

    /// Waits until this many frames have been written.
    pub fn wait_for_frames(&self, frames: u64) {
        self.wait_looking("frames on the terminal", || self.frames() >= frames);
    }

    /// Waits until something more is written.
    pub fn wait_written(&self) {
        self.wait_for_bytes(self.bytes() + 1);
    }

    /// Looks without a rest: what is measured is the program, not the looking.
    fn wait_looking(&self, what: &str, seen: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !seen() {
            assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
            std::thread::yield_now();
        }
    }

    /// Waits until nothing has been written for a while.
    pub fn wait_quiet(&self, quiet: Duration) {
        until("the screen is quiet", || {
            (self.shown.lock().unwrap().last.elapsed() >= quiet).then_some(())
        });
    }

    /// Reads the terminal no more: what is written to it piles up, and then blocks.
    pub fn stop_reading(&mut self) {
        self.deaf.store(true, Ordering::Release);
        // The reader notices with the bytes that a repaint brings.
        if let Some(reader) = self.reader.take() {
            until("the reader is gone", || {
                self.press(REPAINT);
                reader.is_finished().then_some(())
            });
        }
    }

    /// Reads no more until the process that draws on it is held up within a write.
    pub fn wedge(&mut self, process: u32) {
        self.stop_reading();
        // A write on its way looks the same once, not many times in a row.
        let mut seen = 0;
        until("the interface is stuck in its write", || {
            self.press(REPAINT);
            seen = if is_writing(process) { seen + 1 } else { 0 };
            (seen >= 20).then_some(())
        });
    }

    /// Closes the terminal, as when its window is closed or its line drops.
    pub fn close(&mut self) {
        self.stop_reading();
        self.writer = None;
        self.slave = None;
        self.master = None;
    }

    /// Waits until the program ends.
    pub fn ended(&mut self) -> u32 {
        until("the program on the terminal ends", || {
            self.child.try_wait().unwrap()
        })
        .exit_code()
    }

    /// What is not as it was found: modes, alternate screen, cursor.
    pub fn assert_given_back(&self) {
        self.assert_modes_given_back();
        until("the terminal is given back", || {
            let shown = self.shown.lock().unwrap();
            let screen = shown.parser.screen();
            let given_back =
                !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste();
            given_back.then_some(())
        });
    }
}

impl Screen {
    /// What is not as it was found of modes and keys alone.
    pub fn assert_modes_given_back(&self) {
        assert_eq!(modes(self.master.as_deref().unwrap()), self.found);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a process' first thread, which draws, is within a write to its terminal.
pub fn is_writing(process: u32) -> bool {
    let call = fs::read_to_string(format!("/proc/{process}/syscall")).unwrap_or_default();
    call.starts_with(WRITE_TO_STDOUT)
}

/// The terminal's modes and keys.
fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn drain(
    mut from: Box<dyn Read + Send>,
    shown: &Mutex<Shown>,
    [bytes, frames]: [&AtomicU64; 2],
    deaf: &AtomicBool,
) {
    let mut buffer = [0; 65_536];
    let mut ends = Ends::default();
    while !deaf.load(Ordering::Acquire) {
        // An error is the end of the last process on the other side.
        let Ok(read @ 1..) = from.read(&mut buffer) else {
            return;
        };
        frames.fetch_add(ends.count(&buffer[..read]), Ordering::AcqRel);
        bytes.fetch_add(read as u64, Ordering::AcqRel);
        let mut shown = shown.lock().unwrap();
        shown.parser.process(&buffer[..read]);
        shown.last = Instant::now();
    }
}

/// What ends a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Counts the ends of frames, also one that comes in two reads.
#[derive(Default)]
struct Ends {
    matched: usize,
}

impl Ends {
    fn count(&mut self, bytes: &[u8]) -> u64 {
        let mut ended = 0;
        for byte in bytes {
            self.matched = match *byte {
                byte if byte == FRAME_END[self.matched] => self.matched + 1,
                byte => usize::from(byte == FRAME_END[0]),
            };
            if self.matched == FRAME_END.len() {
                self.matched = 0;
                ended += 1;
            }
        }
        ended
    }
}
