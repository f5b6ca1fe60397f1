//! The built program, seen from outside: a home of its own, verbs that end, engines that are killed
//! when they are dropped.
#![allow(dead_code)] // each test takes what it needs

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything may take on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);
/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pilothouse");

/// What `look` finds at last.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::park_timeout(LOOK);
    }
}

/// Sends a signal to a process that this test started.
pub fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Whether there is such a process, and it is no zombie.
pub fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let state = stat.rsplit(") ").next().unwrap_or_default();
        !state.starts_with('Z')
    })
}

/// A home and a state folder that nobody else has. An engine that is still on the folder when this
/// is dropped is killed.
pub struct Home {
    dir: tempfile::TempDir,
    said: AtomicU32,
}

/// What a process said until it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            said: AtomicU32::new(0),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// What the environment has to say here.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let within = |name: &str| self.dir.path().join(name);
        vec![
            ("HOME", within("home")),
            ("XDG_CONFIG_HOME", within("config")),
            ("XDG_DATA_HOME", within("data")),
            ("XDG_STATE_HOME", within("default")),
        ]
    }

    /// What of this process' environment must not reach the program.
    pub fn unwanted() -> impl Iterator<Item = String> {
        let ours = |name: &str| {
            name.starts_with("PILOTHOUSE") || name.starts_with("LC_") || name == "NO_COLOR"
        };
        std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(move |name| ours(name))
    }

    /// The program with nothing but these arguments.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        for name in Self::unwanted() {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .envs(self.environment())
            .env("LANG", "C.UTF-8")
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// A verb on the state folder, until it ends.
    pub fn verb(&self, arguments: &[&str]) -> Said {
        let mut command = self.program(arguments);
        command.arg("--state").arg(self.state()).arg("--json");
        self.ended(command)
    }

    /// Runs a command until it ends.
    pub fn ended(&self, command: Command) -> Said {
        self.spawn(command).ended()
    }

    /// A document that the folder's engine, or the folder, has.
    pub fn read(&self, arguments: &[&str]) -> Value {
        self.verb(arguments).done()
    }

    pub fn status(&self) -> Value {
        self.read(&["status"])
    }

    /// A headless engine on the folder, as soon as it answers.
    pub fn engine(&self, arguments: &[&str]) -> Running {
        self.engine_with(arguments, &[])
    }

    /// The same with more in its environment.
    pub fn engine_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        let mut command = self.program(&["run", "--headless"]);
        command
            .envs(environment.iter().copied())
            .args(arguments)
            .arg("--state")
            .arg(self.state());
        let mut running = self.spawn(command);
        let pid = u64::from(running.pid());
        until("the engine answers", || {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none(), "ended at the start: {}", running.said());
            let status = self.verb(&["status"]);
            (status.code == Some(0) && status.document()["pid"] == pid).then_some(())
        });
        running
    }

    /// Starts a command whose words are kept in files, so that nobody has to read them in time.
    pub fn spawn(&self, mut command: Command) -> Running {
        let n = self.said.fetch_add(1, Ordering::Relaxed);
        let file = |kind: &str| self.dir.path().join(format!("{n}.{kind}"));
        let (out, err) = (file("out"), file("err"));
        command
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap());
        Running {
            child: command.spawn().unwrap(),
            out,
            err,
        }
    }

    /// The same, and the file that what it says is written to.
    pub fn spawn_reading(&self, command: Command) -> (Running, PathBuf) {
        let running = self.spawn(command);
        let out = running.out.clone();
        (running, out)
    }

    /// The process that holds the folder, where one of this folder does.
    pub fn holder(&self) -> Option<u32> {
        let lock = fs::read_to_string(self.state().join("lock")).ok()?;
        let pid: u32 = lock.split_whitespace().next()?.parse().ok()?;
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let ours = self.dir.path().to_str().unwrap();
        String::from_utf8_lossy(&line).contains(ours).then_some(pid)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(pid) = self.holder().and_then(|pid| i32::try_from(pid).ok()) {
            // It may have ended by itself since.
            let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
        }
    }
}

impl Said {
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no document: {self:?}"))
    }

    /// The document of a verb that did what it should.
    pub fn done(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.document()
    }

    /// The error, the last line on stderr.
    pub fn problem(&self) -> Value {
        let line = self.err.lines().last().unwrap_or_default();
        let document: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no error: {self:?}"));
        document["error"].clone()
    }

    /// The code of a refusal and what the process ended with.
    pub fn refusal(&self) -> (Option<i32>, String) {
        let code = self.problem()["code"].as_str().unwrap().to_owned();
        (self.code, code)
    }
}

/// A process of ours; dropping it kills it.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote on stderr so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.err).unwrap_or_default()
    }

    pub fn signal(&self, kind: Signal) {
        signal(self.pid(), kind);
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends.
    pub fn ended(mut self) -> Said {
        let status = until("the process ends", || self.child.try_wait().unwrap());
        Said {
            code: status.code(),
            out: fs::read_to_string(&self.out).unwrap(),
            err: fs::read_to_string(&self.err).unwrap(),
        }
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
