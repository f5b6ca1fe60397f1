//! How consoles end that are not left: signals, panics of either thread, keys that suspend. The engine
//! goes on or says that it does not, and the terminal is as it was found.

#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use std::time::Duration;

use program::{Home, is_alive, signal, until};
use rustix::process::Signal;
use screen::Screen;
use serde_json::Value;

/// A console with its engine, drawn.
fn console(home: &Home, environment: &[(&str, &str)]) -> Screen {
    let screen = Screen::with(home, &["run", "--feed", "idle"], environment, 120, 40);
    screen.wait_for("RUNNING");
    screen.wait_for("^X HARDSTOP");
    screen
}

fn identity(status: &Value) -> (Value, Value) {
    (status["pid"].clone(), status["started_at"].clone())
}

#[test]
fn neither_an_interrupt_nor_a_suspension_does_anything_to_either_process() {
    let home = Home::new();
    let mut screen = console(&home, &[]);
    let engine = identity(&home.status());
    let child = home.holder().expect("an engine");
    for pid in [screen.pid(), child] {
        for kind in [Signal::INT, Signal::TSTP] {
            signal(pid, kind);
        }
    }
    // The keys of both.
    screen.press(b"\x1a\x03");
    screen.wait_for("q");
    screen.press(b"?");
    screen.wait_for("┌ KEYS");
    assert_eq!(identity(&home.status()), engine);
    assert!(is_alive(screen.pid()) && is_alive(child));
    screen.press(b"\x1bq");
    screen.wait_quiet(Duration::from_millis(100));
    screen.press(b"q");
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
}

#[test]
fn sigterm_to_the_engine_itself_ends_both_and_gives_the_terminal_back() {
    let home = Home::new();
    let mut screen = console(&home, &[]);
    signal(home.holder().expect("an engine"), Signal::TERM);
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
    screen.wait_for("equity");
    assert_eq!(home.status()["engine"], "not_running");
}

#[test]
fn sigterm_gives_the_modes_back_though_nobody_reads_the_screen() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--feed", "idle"], 200, 60);
    screen.wait_for("RUNNING");
    screen.wedge(home.holder().expect("an engine"));
    signal(screen.pid(), Signal::TERM);
    assert_eq!(screen.ended(), 0);
    screen.assert_modes_given_back();
}

#[test]
fn a_console_that_panics_gives_the_terminal_back_and_leaves_its_engine() {
    let home = Home::new();
    let mut screen = console(&home, &[("PILOTHOUSE_DRILL", "console_panics")]);
    let engine = identity(&home.status());
    signal(home.holder().expect("an engine"), Signal::USR2);
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
    screen.wait_for("asked to, by a drill");
    screen.wait_for("pilothouse attach");
    assert_eq!(identity(&home.status()), engine);
    let lost = home.verb(&["audit", "--kind", "operator_lost"]);
    assert!(lost.out.contains("last console was lost"), "{lost:?}");
    let again = Screen::open(&home, &["attach"], 120, 40);
    again.wait_for("[PAPER]  RUNNING");
}

#[test]
fn a_console_outlives_the_panic_of_its_engine_and_says_so() {
    let home = Home::new();
    let mut screen = console(&home, &[("PILOTHOUSE_DRILL", "engine_panics")]);
    let attached = Screen::open(&home, &["attach"], 120, 40);
    attached.wait_for("STOP KEY ^X linked");
    signal(home.holder().expect("an engine"), Signal::USR2);
    screen.wait_for("the engine's thread panicked");
    screen.wait_for("NO ENGINE");
    attached.wait_for("NO ENGINE");
    // It still takes keys.
    screen.press(b"?");
    screen.wait_for("┌ KEYS");
    screen.press(b"\x1b");
    screen.wait_quiet(Duration::from_millis(100));
    screen.press(b"q");
    assert_eq!(screen.ended(), 1);
    screen.assert_given_back();
    screen.wait_for("the journal is whole, start again");
    // The stop that the panic engaged has no record; its sentinel tells the next start.
    assert_eq!(home.status()["state"], "hardstopped");
}

#[test]
fn a_lost_terminal_costs_no_time_afterwards() {
    let home = Home::new();
    let mut screen = console(&home, &[]);
    let engine = home.holder().expect("an engine");
    screen.close();
    assert_eq!(screen.ended(), 0);
    let used = |pid: u32| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = used(engine);
    let at = std::time::Instant::now();
    until("two seconds", || {
        (at.elapsed() >= Duration::from_secs(2)).then_some(())
    });
    // Of 200 ticks; a thread that spins would take all of them.
    assert!(used(engine) - before < 60, "something spins");
}
