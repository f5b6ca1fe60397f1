//! Consoles on an engine that runs: several at once, each with what the others do; what they say when
//! it ends, and that they come back with it; what follows when the last of them is lost.

#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use program::{Home, Running, is_alive, signal, until};
use rustix::process::Signal;
use screen::{STOP, Screen};
use serde_json::Value;

/// The key of the configuration, as the environment gives it.
const ON_LOSS: &str = "PILOTHOUSE__CONSOLE__ON_OPERATOR_LOSS";

/// A console on the engine that runs.
fn attach(home: &Home, flags: &[&str]) -> Screen {
    let screen = Screen::open(home, &[&["attach"], flags].concat(), 120, 40);
    screen.wait_for("STOP KEY ^X linked");
    screen
}

/// A headless engine that was told what follows the loss of the last console.
fn engine(home: &Home, follows: &str) -> Running {
    let wish = [(ON_LOSS, follows)];
    home.engine_with(&["--feed", "idle"], &wish)
}

/// The first event of this kind in the audit.
fn journaled(home: &Home, kind: &str) -> Value {
    until("an event in the audit", || {
        let audit = home.verb(&["audit", "--kind", kind]);
        let line = audit.out.lines().next()?;
        Some(serde_json::from_str::<Value>(line).unwrap())
    })
}

#[test]
fn three_consoles_see_what_any_of_them_does_and_each_of_them_can_stop() {
    let home = Home::new();
    let mut first = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    first.wait_for("RUNNING");
    let before = home.status();
    let mut second = attach(&home, &[]);
    let mut third = attach(&home, &["--read-only"]);
    second.press(b"p");
    for console in [&first, &second, &third] {
        console.wait_for("[PAPER]  PAUSED");
    }
    // A console that only reads changes nothing.
    third.press(b"r");
    third.wait_for("may only read");
    first.press(b"r");
    for console in [&first, &second, &third] {
        console.wait_for("[PAPER]  RUNNING");
    }
    third.press(STOP);
    for console in [&first, &second, &third] {
        console.wait_for("HARDSTOP LATCHED");
    }
    for console in [&mut first, &mut third, &mut second] {
        console.press(b"q");
        assert_eq!(console.ended(), 0);
        console.assert_given_back();
        let now = home.status();
        assert_eq!(
            (&now["pid"], &now["started_at"]),
            (&before["pid"], &before["started_at"])
        );
    }
    let audit = home.verb(&["audit", "--kind", "operator_lost"]);
    assert_eq!(audit.out, "", "each was left, none was lost");
}

#[test]
fn consoles_say_that_their_engine_is_gone_and_come_back_with_it() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    let consoles = [attach(&home, &[]), attach(&home, &["--read-only"])];
    engine.kill();
    for console in &consoles {
        console.wait_for("NO ENGINE");
        console.wait_for("STOP KEY: NO LINK");
        console.wait_for("no engine answers");
    }
    let _again = home.engine(&["--feed", "idle"]);
    for console in &consoles {
        console.wait_for("the engine answers again");
        console.wait_for("STOP KEY ^X linked");
        console.wait_for("age 0s");
    }
    let [mut one, _] = consoles;
    one.press(b"p");
    one.wait_for("[PAPER]  PAUSED");
    assert_eq!(home.status()["state"], "paused");
}

#[test]
fn a_second_engine_on_a_terminal_is_refused_and_told_of_attach() {
    let home = Home::new();
    let mut service = home.engine(&["--feed", "idle"]);
    let mut second = Screen::open(&home, &[], 120, 40);
    assert_eq!(second.ended(), 3);
    second.wait_for("pilothouse attach");
    second.assert_given_back();
    assert!(service.is_alive());
}

#[test]
fn the_loss_of_the_last_console_is_journaled_and_by_default_changes_nothing_on_paper() {
    let home = Home::new();
    let _engine = engine(&home, "default");
    let (near, mut far) = (attach(&home, &[]), attach(&home, &[]));
    let pid = near.pid();
    drop(near);
    until("the first is gone", || (!is_alive(pid)).then_some(()));
    far.press(b"p");
    far.wait_for("PAUSED");
    let audit = home.verb(&["audit", "--kind", "operator_lost"]);
    assert_eq!(audit.out, "", "somebody watches still");
    far.press(b"r");
    far.wait_for("[PAPER]  RUNNING");
    // Its line drops.
    far.close();
    assert_eq!(far.ended(), 0);
    let lost = journaled(&home, "operator_lost");
    assert_eq!(lost["data"]["follows"], "hold");
    let reason = lost["data"]["reason"].as_str().unwrap();
    assert!(reason.contains("last console was lost"), "{reason}");
    assert_eq!(home.status()["state"], "running");
}

#[test]
fn the_loss_of_the_last_console_pauses_where_that_is_wished() {
    let home = Home::new();
    let _engine = engine(&home, "pause");
    let console = attach(&home, &[]);
    // As a machine that goes down does it, without a word.
    signal(console.pid(), Signal::KILL);
    let cause = journaled(&home, "cause_added");
    until("it is paused", || {
        (home.status()["state"] == "paused").then_some(())
    });
    assert_eq!(
        journaled(&home, "operator_lost")["data"]["follows"],
        "pause"
    );
    assert!(cause["data"]["reason"].is_string());
}

#[test]
fn the_loss_of_the_only_terminal_stops_where_that_is_wished() {
    let home = Home::new();
    let wish = [(ON_LOSS, "hardstop")];
    let mut console = Screen::with(&home, &["run", "--feed", "idle"], &wish, 120, 40);
    console.wait_for("RUNNING");
    let engine = home.holder().expect("an engine");
    console.close();
    assert_eq!(console.ended(), 0);
    let stop = journaled(&home, "hardstop_engaged");
    assert_eq!(stop["data"]["by"], "console");
    assert_eq!(
        journaled(&home, "operator_lost")["data"]["follows"],
        "hardstop"
    );
    assert!(is_alive(engine));
    assert_eq!(home.status()["state"], "hardstopped");
}

#[test]
fn an_operator_who_leaves_is_not_lost() {
    let home = Home::new();
    let wish = [(ON_LOSS, "hardstop")];
    let mut console = Screen::with(&home, &["run", "--feed", "idle"], &wish, 120, 40);
    console.wait_for("RUNNING");
    console.press(b"q");
    assert_eq!(console.ended(), 0);
    let mut again = attach(&home, &[]);
    again.press(b"q");
    assert_eq!(again.ended(), 0);
    // A third one comes and finds it as it was.
    let third = attach(&home, &[]);
    third.wait_for("[PAPER]  RUNNING");
    let audit = home.verb(&["audit", "--kind", "operator_lost"]);
    assert_eq!(audit.out, "");
}
