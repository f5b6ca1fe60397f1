//! The engine under a service manager: ready when trading state is up, alive while it turns, silent
//! while its disk hangs, stopping when it ends; and the unit that says so.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use program::{Home, PATIENCE, Running, until};
use rustix::process::Signal;

/// The time after which the manager gives up, microseconds: long for a machine that is busy.
const WATCHDOG_US: u64 = 900_000;

/// A service manager's end of the notifications.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new(home: &Home) -> Self {
        let path = home.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        Self { socket, path }
    }

    /// The lines of the next message, within `limit`.
    fn next(&self, limit: Duration) -> Option<Vec<String>> {
        self.socket.set_read_timeout(Some(limit)).unwrap();
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
        Some(text.lines().map(str::to_owned).collect())
    }

    /// All lines up to the first that is wanted.
    fn up_to(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut heard: Vec<String> = Vec::new();
        while !heard.iter().any(|line| wanted(line)) {
            assert!(Instant::now() < deadline, "not heard: {heard:?}");
            heard.extend(self.next(PATIENCE).unwrap_or_default());
        }
        heard
    }

    fn start(&self, home: &Home, more: &[(&str, &Path)]) -> Running {
        let mut command = home.program(&["run", "--headless", "--feed", "idle", "--state"]);
        command
            .arg(home.state())
            .env("NOTIFY_SOCKET", &self.path)
            .env("WATCHDOG_USEC", WATCHDOG_US.to_string())
            .env("PILOTHOUSE__COORDINATOR__WATCHDOG_S", "1")
            .envs(more.iter().copied());
        home.spawn(command)
    }
}

fn is_ready(line: &str) -> bool {
    line == "READY=1"
}

fn is_alive(line: &str) -> bool {
    line == "WATCHDOG=1"
}

#[test]
fn ready_comes_after_recovery_life_in_its_time_and_stopping_at_the_end() {
    let home = Home::new();
    let manager = Manager::new(&home);
    let engine = manager.start(&home, &[]);
    let heard = manager.up_to(is_ready);
    assert_eq!(heard[0], "STATUS=recovering", "{heard:?}");
    assert_eq!(
        home.status()["pid"],
        engine.pid(),
        "ready means that it answers"
    );
    for _ in 0..5 {
        let began = Instant::now();
        manager.up_to(is_alive);
        assert!(began.elapsed() < Duration::from_micros(WATCHDOG_US * 3));
    }
    home.verb(&["pause", "--reason", "a look"]);
    let heard = manager.up_to(|line| line.starts_with("STATUS=paused"));
    let status = heard.last().unwrap();
    assert!(
        status.contains("paper, record ") && status.contains("open positions 0"),
        "{status}"
    );
    engine.signal(Signal::TERM);
    manager.up_to(|line| line == "STOPPING=1");
    assert_eq!(engine.ended().code, Some(0));
}

/// A library that makes a sync of a file wait while a file of another name exists. None where the
/// machine has no compiler for it.
fn hanging_disk(home: &Home) -> Option<PathBuf> {
    let (source, library) = (home.path().join("hang.c"), home.path().join("hang.so"));
    let code = "#include <stdlib.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n\
                int fdatasync(int file) {\n\
                while (access(getenv(\"HANG\"), F_OK) == 0) usleep(10000);\n\
                return syscall(SYS_fdatasync, file); }\n";
    fs::write(&source, code).unwrap();
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    if made.is_ok_and(|status| status.success()) {
        return Some(library);
    }
    eprintln!("skipped: there is no C compiler");
    None
}

#[test]
fn an_engine_whose_disk_hangs_gives_no_sign_of_life() {
    let home = Home::new();
    let Some(library) = hanging_disk(&home) else {
        return;
    };
    let manager = Manager::new(&home);
    let hang = home.path().join("hang");
    let engine = manager.start(&home, &[("LD_PRELOAD", &library), ("HANG", &hang)]);
    manager.up_to(is_ready);
    manager.up_to(is_alive);
    fs::write(&hang, "").unwrap();
    let mut pause = home.program(&["pause", "--reason", "never journaled", "--state"]);
    pause.arg(home.state());
    let _asks = home.spawn(pause);
    let silent = |line: &str| line.starts_with("STATUS=NOT RESPONDING: a sync runs for");
    manager.up_to(silent);
    // Three times as long as the manager waits: it would have ended and started it again.
    let until_when = Instant::now() + Duration::from_micros(3 * WATCHDOG_US);
    while let Some(left) = until_when.checked_duration_since(Instant::now()) {
        let lines = manager
            .next(left.max(Duration::from_millis(1)))
            .unwrap_or_default();
        assert!(!lines.iter().any(|line| is_alive(line)), "{lines:?}");
    }
    // Where the disk comes back before that, it lives again, with the stop engaged.
    fs::remove_file(&hang).unwrap();
    manager.up_to(is_alive);
    manager.up_to(|line| line.starts_with("STATUS=hardstopped"));
    until("the stop is journaled", || {
        (home.status()["hardstop"]["by"] == "watchdog").then_some(())
    });
    engine.signal(Signal::TERM);
    assert_eq!(engine.ended().code, Some(0));
}

#[test]
fn without_a_manager_nothing_is_told_and_nothing_is_missed() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    engine.signal(Signal::TERM);
    let ended = engine.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn the_unit_says_what_the_engine_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pilothouse.service");
    let unit = fs::read_to_string(&path).unwrap();
    let value = |key: &str| {
        let mut lines = unit.lines();
        lines
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .unwrap_or_else(|| panic!("no {key}"))
    };
    assert_eq!(value("Type"), "notify");
    assert!(value("ExecStart").ends_with("pilothouse run --headless"));
    assert_eq!(value("Restart"), "on-failure");
    assert_eq!((value("LimitCORE"), value("UMask")), ("0", "0077"));
    // The engine's own watchdog closes the gate before the manager ends it.
    let watchdog: u64 = value("WatchdogSec").parse().unwrap();
    let own = pilothouse::config::Config::default().coordinator.watchdog_s;
    assert!(i64::try_from(watchdog).unwrap() >= 2 * own);
    // The end it is given is longer than the end it takes.
    let end: i64 = value("TimeoutStopSec").parse().unwrap();
    assert!(end > 2 * pilothouse::config::Config::default().coordinator.shutdown_s);

    // Where systemd is at hand it says itself whether it understands all of it.
    let home = Home::new();
    let copy = home.path().join("pilothouse.service");
    let here = unit.replace("%h/.cargo/bin/pilothouse", program::PROGRAM);
    fs::write(&copy, here).unwrap();
    let said = Command::new("systemd-analyze")
        .args(["verify", "--user", "--recursive-errors=no"])
        .arg(&copy)
        .env("XDG_RUNTIME_DIR", home.path())
        .output();
    let Ok(said) = said else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    let about_us = words
        .lines()
        .filter(|line| line.contains("pilothouse.service"));
    let wrong: Vec<_> = about_us
        .filter(|line| {
            line.contains("Unknown") || line.contains("Failed") || line.contains("invalid")
        })
        .collect();
    assert!(wrong.is_empty(), "{words}");
}
