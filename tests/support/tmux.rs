//! A terminal within tmux, by a server of its own.
#![allow(dead_code)] // each test takes what it needs

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::{Home, PROGRAM};
use crate::screen::Screen;

/// A tmux server on a socket in a home; it ends when this is dropped.
pub struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    /// A server in this home, where there is tmux on this machine. Where there is none that is said,
    /// unless `PILOTHOUSE_REQUIRE` names `servers`: then it is an error.
    pub fn of(home: &Home) -> Option<Self> {
        let found = Command::new("tmux")
            .arg("-V")
            .stdout(Stdio::null())
            .status();
        if found.is_ok_and(|status| status.success()) {
            let socket = home.path().join("tmux.sock");
            return Some(Self { socket });
        }
        let required = std::env::var("PILOTHOUSE_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|what| what == "servers"),
            "there is no tmux, and PILOTHOUSE_REQUIRE names servers"
        );
        eprintln!("skipped: there is no tmux on this machine");
        None
    }

    /// The program in a window of its own.
    pub fn open(&self, home: &Home, arguments: &[&str], columns: u16, rows: u16) -> Screen {
        let mut words = vec![
            "-S",
            text(&self.socket),
            "-f",
            "/dev/null",
            "new-session",
            "--",
        ];
        words.push(PROGRAM);
        words.extend(arguments);
        let state = home.state();
        words.extend(["--state", text(&state)]);
        Screen::run(home, "tmux", &words, &[], columns, rows)
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .arg("kill-server")
            .stderr(Stdio::null())
            .status();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
