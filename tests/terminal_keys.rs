//! Keys that the configuration rebinds, in the real program on a real terminal: what they do, what the
//! screen says of them, and that a stop key that was added stops from anywhere.

#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use program::{Home, until};
use screen::{STOP, Screen};

/// What F5, F12 and Ctrl-G send.
const F5: &[u8] = b"\x1b[15~";
const F12: &[u8] = b"\x1b[24~";
const CTRL_G: &[u8] = b"\x07";

/// A home whose configuration has these lines below `[console.keys]`.
fn home(keys: &str) -> Home {
    let home = Home::new();
    let text = format!("[console]\n[console.keys]\n{keys}\n");
    std::fs::write(home.path().join("pilothouse.toml"), text).unwrap();
    home
}

fn wait_for_stop(home: &Home) {
    until("the stop is engaged", || {
        (home.status()["state"] == "hardstopped").then_some(())
    });
}

fn leave(home: &Home, mut screen: Screen) {
    screen.press(b"\x1b");
    screen.wait_for("q leave");
    screen.press(b"q");
    assert_eq!(screen.ended(), 0);
    home.verb(&["shutdown", "--yes"]).done();
}

#[test]
fn a_rebound_key_acts_and_the_footer_and_help_name_it() {
    let home = home("pause = ['F5']\nresume = ['^R']");
    let mut screen = Screen::open(&home, &[], 120, 40);
    screen.wait_for("F5 pause");
    // The old key is free: nothing follows it.
    screen.press(b"p");
    screen.press(b"?");
    screen.wait_for("F5             pause: signals");
    assert!(!screen.text().contains("PAUS"), "{}", screen.text());
    // A key that comes in one breath with Esc would be another key.
    screen.press(b"\x1b");
    until("help is closed", || {
        (!screen.text().contains("pause: signals")).then_some(())
    });
    screen.press(F5);
    screen.wait_for("[PAPER]  PAUSED");
    assert_eq!(home.status()["state"], "paused");
    screen.wait_for("^R resume");
    screen.press(b"\x12");
    screen.wait_for("[PAPER]  RUNNING");
    leave(&home, screen);
}

#[test]
fn an_added_stop_key_stops_from_a_filter_half_typed_and_the_old_one_goes_on_doing_so() {
    for added in [F12, CTRL_G, STOP] {
        let home = home("hardstop = ['^X', 'F12', '^G']");
        let mut screen = Screen::open(&home, &[], 80, 24);
        screen.wait_for("RUNNING");
        screen.press(b"/");
        screen.wait_for("filter /");
        screen.press(b"pq");
        screen.press(added);
        wait_for_stop(&home);
        screen.wait_for("HARDSTOP LATCHED");
        leave(&home, screen);
    }
}

#[test]
fn an_attached_console_has_the_added_stop_key_too() {
    let home = home("hardstop = ['^X', 'F12']");
    let _engine = home.engine(&[]);
    let mut screen = Screen::open(&home, &["attach", "--read-only"], 120, 40);
    screen.wait_for("STOP KEY ^X linked");
    screen.press(b":");
    screen.press(F12);
    wait_for_stop(&home);
    screen.wait_for("HARDSTOP LATCHED");
    screen.press(b"\x1b");
    screen.wait_for("q leave");
    screen.press(b"q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn keys_that_clash_stop_the_start_with_key_file_and_line() {
    let home = home("freeze = []\npause = ['r']\nhardstop = ['F12']");
    for verb in [
        &["config", "check"][..],
        &["run", "--headless"],
        &["attach"],
    ] {
        let said = home.verb(verb);
        let problem = said.problem();
        assert_eq!(
            (said.code, &problem["code"]),
            (Some(6), &"CONFIG_INVALID".into())
        );
        let words = problem["message"].as_str().unwrap();
        for line in [
            "pilothouse.toml:4: console.keys.pause: found r, which is resume's too (built in)",
            "pilothouse.toml:5: console.keys.hardstop: found a list without ^X",
        ] {
            assert!(words.contains(line), "{verb:?}: {words}");
        }
    }
}

#[test]
fn a_command_is_found_completed_and_done_by_name() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &[], 120, 40);
    screen.wait_for("RUNNING");
    screen.press(b":scr");
    screen.wait_for("COMMANDS");
    screen.press(b"\t");
    screen.wait_for(":screen");
    screen.press(b"ri\r");
    screen.wait_for(":screen risk");
    screen.press(b"\r");
    screen.wait_for("LIMITS");
    screen.press(b":zzz\r");
    screen.wait_for("nothing known");
    leave(&home, screen);
}
