//! The console on a real terminal: the first frame, keys, the stop from anywhere and with a wedged
//! screen, leaving and coming back, a terminal that goes away, and the terminal as it was found.

#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use program::{Home, is_alive, signal, until};
use rustix::process::Signal;
use screen::{STOP, Screen, is_writing};
use serde_json::Value;

/// A console with its engine on a simulated market, drawn.
fn console(home: &Home, columns: u16, rows: u16) -> Screen {
    let screen = Screen::open(home, &[], columns, rows);
    screen.wait_for("RUNNING");
    screen
}

/// A console on the engine that runs.
fn attach(home: &Home, flags: &[&str]) -> Screen {
    let screen = Screen::open(home, &[&["attach"], flags].concat(), 120, 40);
    screen.wait_for("STOP KEY ^X linked");
    screen
}

/// Who the engine is.
fn identity(status: &Value) -> (u32, Value) {
    let pid = status["pid"].as_u64().unwrap();
    (u32::try_from(pid).unwrap(), status["started_at"].clone())
}

fn wait_for_state(home: &Home, state: &str) -> Value {
    until(state, || {
        let status = home.status();
        (status["state"] == state).then_some(status)
    })
}

/// Ends the engine that was left, and waits until it has.
fn end(home: &Home) {
    let ended = home.verb(&["shutdown", "--yes"]).done();
    assert_eq!(ended["result"], "stopped");
}

#[test]
fn the_first_frame_has_the_strip_and_all_five_panes() {
    for (columns, rows) in [(120, 40), (80, 24)] {
        let home = Home::new();
        let mut screen = console(&home, columns, rows);
        for words in [
            "[PAPER]",
            "age 0s",
            "STOP KEY ^X linked",
            "AGENTS",
            "POSITIONS",
            "CYCLE PHASES",
            "RESERVATIONS",
            "MESSAGE QUEUES",
            "LOG",
            "p pause",
            "? help",
            "q leave",
            "^X HARDSTOP",
        ] {
            screen.wait_for(words);
        }
        screen.press(b"q");
        assert_eq!(screen.ended(), 0);
        end(&home);
    }
}

#[test]
fn keys_pause_and_resume_and_the_stop_goes_through_a_filter_half_typed() {
    let home = Home::new();
    let mut screen = console(&home, 120, 40);
    screen.press(b"p");
    screen.wait_for("[PAPER]  PAUSED");
    assert_eq!(home.status()["state"], "paused");
    screen.wait_for("r resume");
    screen.press(b"r");
    screen.wait_for("[PAPER]  RUNNING");
    assert_eq!(home.status()["state"], "running");
    screen.press(b"/");
    screen.wait_for("filter /");
    // Letters of a filter are no commands.
    screen.press(b"pqr");
    screen.wait_for("filter /pqr");
    screen.press(STOP);
    screen.wait_for("HARDSTOP LATCHED");
    let stop = home.status()["hardstop"].clone();
    assert_eq!(
        (&stop["epoch"], &stop["by"]),
        (&1.into(), &"operator".into())
    );
    assert!(is_alive(screen.pid()), "the stop ends nothing");
    screen.press(b"\x1b");
    screen.wait_for("q leave");
    screen.press(b"q");
    assert_eq!(screen.ended(), 0);
    assert_eq!(home.status()["state"], "hardstopped");
    end(&home);
}

#[test]
fn a_console_that_is_left_leaves_its_engine_which_another_one_finds() {
    let home = Home::new();
    let mut first = console(&home, 80, 24);
    let engine = identity(&home.status());
    assert_ne!(
        engine.0,
        first.pid(),
        "the engine is the waiting parent's child"
    );
    first.press(b"q");
    assert_eq!(first.ended(), 0);
    first.wait_for("pilothouse attach");
    first.assert_given_back();
    assert!(is_alive(engine.0));
    assert_eq!(identity(&home.status()), engine);

    let mut second = attach(&home, &[]);
    second.wait_for("RUNNING");
    second.press(b"p");
    second.wait_for("PAUSED");
    second.press(b"r");
    second.wait_for("RUNNING");
    second.press(b"q");
    assert_eq!(second.ended(), 0);
    second.assert_given_back();
    assert_eq!(identity(&home.status()), engine);
    end(&home);
    until("the engine's process is gone", || {
        (!is_alive(engine.0)).then_some(())
    });
}

#[test]
fn a_read_only_console_offers_no_act_but_the_stop() {
    let home = Home::new();
    let _engine = home.engine(&[]);
    let mut screen = attach(&home, &["--read-only"]);
    screen.wait_for("READ ONLY");
    screen.wait_for("q leave");
    for act in ["p pause", "t task", "x run"] {
        assert!(!screen.text().contains(act), "{}", screen.text());
    }
    screen.press(b"pr/typed");
    screen.wait_for("filter /typed");
    assert_eq!(home.status()["causes"], Value::Array(Vec::new()));
    screen.press(STOP);
    wait_for_state(&home, "hardstopped");
    screen.wait_for("HARDSTOP LATCHED");
    screen.press(b"\x1b");
    screen.wait_for("q leave");
    screen.press(b"q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn the_terminal_is_given_back_when_the_process_is_told_to_end() {
    let home = Home::new();
    let mut screen = console(&home, 120, 40);
    let (engine, _) = identity(&home.status());
    signal(screen.pid(), Signal::TERM);
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
    screen.wait_for("equity");
    assert!(!is_alive(engine), "SIGTERM ends the engine too");
    assert_eq!(home.status()["engine"], "not_running");

    let mut service = home.engine(&[]);
    let mut attached = attach(&home, &[]);
    signal(attached.pid(), Signal::TERM);
    assert_eq!(attached.ended(), 0);
    attached.assert_given_back();
    assert!(service.is_alive(), "an attached console is not the engine");
}

#[test]
fn a_hangup_gives_the_terminal_back_and_leaves_the_engine() {
    let home = Home::new();
    let mut screen = console(&home, 120, 40);
    let engine = identity(&home.status());
    signal(engine.0, Signal::HUP);
    assert_eq!(screen.ended(), 0);
    screen.assert_given_back();
    assert_eq!(identity(&home.status()), engine);
    end(&home);
}

#[test]
fn a_terminal_that_goes_away_leaves_the_engine_running() {
    let home = Home::new();
    let mut screen = console(&home, 80, 24);
    let engine = identity(&home.status());
    screen.close();
    assert_eq!(screen.ended(), 0);
    let status = home.status();
    assert_eq!(identity(&status), engine);
    assert_eq!(status["state"], "running", "on paper it goes on");
    // It has let go of the terminal, and of what a lost one costs.
    let seq = status["seq"].as_u64();
    until("the engine goes on", || {
        (home.status()["seq"].as_u64() > seq).then_some(())
    });
    let mut again = attach(&home, &[]);
    again.wait_for("RUNNING");
    again.press(b"q");
    assert_eq!(again.ended(), 0);
    end(&home);
}

#[test]
fn the_stop_key_works_while_nobody_reads_the_screen() {
    let home = Home::new();
    let mut screen = console(&home, 200, 60);
    let (engine, _) = identity(&home.status());
    screen.wedge(engine);
    screen.press(STOP);
    let stop = wait_for_state(&home, "hardstopped")["hardstop"].clone();
    assert_eq!(stop["epoch"], 1);
    assert!(is_writing(engine), "it is still stuck");
    screen.close();
    assert_eq!(screen.ended(), 0);
    assert_eq!(home.status()["state"], "hardstopped");
    end(&home);
}
