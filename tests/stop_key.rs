//! The stop key by the kernel's path: one byte at the terminal, and the next order is refused, whatever
//! the interface is doing and wherever the console is. No figure is asserted here but a generous one;
//! `benches/terminal.rs` measures.

#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;
#[path = "support/stop.rs"]
mod stop;
#[path = "support/tmux.rs"]
mod tmux;

use std::time::{Duration, Instant};

use program::{Home, is_alive, signal, until};
use rustix::process::Signal;
use screen::{STOP, Screen, is_writing};
use serde_json::json;
use stop::{Orders, request};
use tmux::Tmux;

/// What a stop may take on the busiest of machines.
const SOON: Duration = Duration::from_secs(2);

/// Has a console neither draw nor take a key once SIGUSR2 comes; of debug builds alone.
const HANGS: [(&str, &str); 1] = [("PILOTHOUSE_DRILL", "console_hangs")];

/// A console with its engine on a simulated market, drawn.
fn console(home: &Home) -> Screen {
    let screen = Screen::open(home, &["run", "--speed", "1"], 120, 40);
    screen.wait_for("RUNNING");
    screen.wait_for("^X HARDSTOP");
    screen
}

/// Types `keys`, and from the stop byte among them to the first order that is refused for it.
fn press(home: &Home, screen: &mut Screen, keys: &[u8]) {
    let mut orders = Orders::open(home);
    assert_ne!(orders.refusal(), "RISK_STATE");
    let at = Instant::now();
    screen.press(keys);
    let took = orders.until_stopped(at);
    assert!(took < SOON, "{took:?}");
    let stop = home.status()["hardstop"].clone();
    assert_eq!(
        (&stop["epoch"], &stop["by"]),
        (&1.into(), &"operator".into())
    );
}

/// Goes into a mode, presses the stop there, and finds the mode as it was.
fn in_mode(keys: &[&[u8]], shown: &str) {
    let home = Home::new();
    let mut screen = console(&home);
    for keys in keys {
        screen.press(keys);
        // A lone escape or letter is a key of its own only where nothing follows at once.
        screen.wait_quiet(Duration::from_millis(20));
    }
    screen.wait_for(shown);
    press(&home, &mut screen, STOP);
    screen.wait_for("HARDSTOP LATCHED");
    screen.wait_for(shown);
}

#[test]
fn from_browsing_and_from_a_filter_half_typed() {
    in_mode(&[], "AGENTS");
    in_mode(&[b"/tech"], "filter /tech");
}

#[test]
fn from_the_palette_and_from_a_question() {
    in_mode(&[b":lampt"], ":lampt");
    in_mode(&[b":shutdown\r"], "End the engine?");
}

#[test]
fn from_the_help_and_from_a_row_in_full() {
    in_mode(&[b"?"], "┌ KEYS");
    in_mode(&[b"2", b"\r"], "┌ AGENTS");
}

#[test]
fn from_a_form_and_from_the_lamp_test() {
    in_mode(&[b"8", b"o"], "┌ OPTIMISE");
    in_mode(&[b":lamptest\r"], "!! X critical");
}

#[test]
fn from_frozen_panes_the_list_of_alarms_and_a_paste() {
    in_mode(&[b"f"], "FROZEN");
    in_mode(&[b"A"], "── ALARMS");
    let home = Home::new();
    let mut screen = console(&home);
    press(&home, &mut screen, b"\x1b[200~buy\x18more\x1b[201~");
    screen.wait_for("HARDSTOP LATCHED");
}

#[test]
fn while_nobody_reads_what_the_console_writes() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--speed", "1"], 200, 60);
    screen.wait_for("RUNNING");
    let engine = home.holder().expect("an engine");
    screen.wedge(engine);
    press(&home, &mut screen, STOP);
    assert!(is_writing(engine), "it is still stuck");
}

#[test]
fn while_the_interface_hangs_and_reads_no_key() {
    let home = Home::new();
    let mut screen = Screen::with(&home, &["run", "--speed", "1"], &HANGS, 120, 40);
    screen.wait_for("RUNNING");
    hang(&home, &screen);
    press(&home, &mut screen, STOP);
    assert!(
        !screen.text().contains("HARDSTOP LATCHED"),
        "it hangs still"
    );
}

/// Sets the drill off, and waits until the screen stands still.
fn hang(home: &Home, screen: &Screen) {
    signal(home.holder().expect("an engine"), Signal::USR2);
    // A clock that ticks no more is what an operator would see of it.
    screen.wait_quiet(Duration::from_secs(2));
}

#[test]
fn in_lines_instead_of_a_screen() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--plain", "--speed", "1"], 120, 40);
    screen.wait_for("Ctrl-X is HARDSTOP");
    press(&home, &mut screen, STOP);
    screen.wait_for("HARDSTOP LATCHED");
}

#[test]
fn within_tmux_from_a_filter_half_typed() {
    let home = Home::new();
    let Some(tmux) = Tmux::of(&home) else {
        return;
    };
    let mut screen = tmux.open(&home, &["run", "--speed", "1"], &[], 120, 40);
    screen.wait_for("RUNNING");
    screen.press(b"/half");
    screen.wait_for("filter /half");
    press(&home, &mut screen, STOP);
    screen.wait_for("HARDSTOP LATCHED");
}

#[test]
fn within_tmux_while_the_interface_hangs_and_reads_no_key() {
    let home = Home::new();
    let Some(tmux) = Tmux::of(&home) else {
        return;
    };
    let mut screen = tmux.open(&home, &["run", "--speed", "1"], &HANGS, 120, 40);
    screen.wait_for("RUNNING");
    hang(&home, &screen);
    press(&home, &mut screen, STOP);
}

#[test]
fn over_an_attached_console_that_is_stuck_read_only_or_not() {
    for flags in [&["attach"][..], &["attach", "--read-only"]] {
        let home = Home::new();
        let mut engine = home.engine(&["--speed", "1"]);
        let mut attached = Screen::open(&home, flags, 200, 60);
        attached.wait_for("STOP KEY ^X linked");
        attached.wedge(attached.pid());
        press(&home, &mut attached, STOP);
        assert!(is_writing(attached.pid()), "it is still stuck");
        assert!(engine.is_alive());
    }
}

#[test]
fn from_a_second_console_while_the_first_one_is_stuck() {
    let home = Home::new();
    let mut first = Screen::open(&home, &["run", "--speed", "1"], 200, 60);
    first.wait_for("RUNNING");
    let mut second = Screen::open(&home, &["attach", "--plain"], 120, 40);
    second.wait_for("Ctrl-X is HARDSTOP");
    first.wedge(home.holder().expect("an engine"));
    press(&home, &mut second, STOP);
    second.wait_for("HARDSTOP LATCHED");
}

#[test]
fn while_the_engine_has_ten_thousand_commands_to_do() {
    const CONNECTIONS: usize = 16;
    const EACH: usize = 625;
    let home = Home::new();
    let mut screen = console(&home);
    let reserve = json!({"resource": "capital", "amount": "0.01", "purpose": "paper: load"});
    let load = request("reservations", &reserve).repeat(EACH);
    let mut crowd: Vec<Orders> = (0..CONNECTIONS).map(|_| Orders::open(&home)).collect();
    std::thread::scope(|together| {
        for one in &mut crowd {
            let load = &load;
            together.spawn(move || {
                one.send(load);
                for _ in 0..EACH {
                    one.answer();
                }
            });
        }
        press(&home, &mut screen, STOP);
    });
    screen.wait_for("HARDSTOP LATCHED");
}

#[test]
fn a_press_before_the_first_frame_counts() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--speed", "1"], 120, 40);
    // The console has just taken the terminal.
    screen.wait_for_bytes(1);
    screen.press(STOP);
    let engine = until("the stop", || {
        let status = home.status();
        (status["state"] == "hardstopped").then(|| status["pid"].as_u64().unwrap())
    });
    assert!(is_alive(u32::try_from(engine).unwrap()));
}
