//! What the console costs: bytes, frames, time, memory. The limits here are generous ones, for machines
//! that do other things too; `benches/terminal.rs` has the exact figures.

#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use std::fs;
use std::time::{Duration, Instant};

use program::{Home, until};
use screen::Screen;

/// What was written in a while.
struct Written {
    bytes: f64,
    frames: f64,
}

/// A second's worth of what is written while nobody touches the console.
fn watch(screen: &Screen, how_long: Duration) -> Written {
    let (at, bytes, frames) = (Instant::now(), screen.bytes(), screen.frames());
    while let Some(left) = how_long.checked_sub(at.elapsed()) {
        std::thread::park_timeout(left);
    }
    let seconds = at.elapsed().as_secs_f64();
    Written {
        bytes: (screen.bytes() - bytes) as f64 / seconds,
        frames: (screen.frames() - frames) as f64 / seconds,
    }
}

#[test]
fn nothing_is_written_when_nothing_changes() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--feed", "idle"], 50, 12);
    screen.wait_for("^X HARDSTOP");
    // On so small a screen there is neither a clock nor the journal's position, and an age of zero.
    screen.press(b"p7");
    screen.wait_for("PAUSED");
    screen.wait_quiet(Duration::from_secs(2));
    let written = watch(&screen, Duration::from_secs(4));
    assert_eq!(
        (written.bytes, written.frames),
        (0.0, 0.0),
        "{}",
        screen.text()
    );
}

#[test]
fn the_clock_and_every_age_tick_in_one_small_frame_a_second() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    screen.wait_for("^X HARDSTOP");
    screen.press(b"p");
    screen.wait_for("PAUSED");
    screen.wait_quiet(Duration::from_millis(300));
    let written = watch(&screen, Duration::from_secs(8));
    assert!(written.bytes < 300.0, "{} B/s", written.bytes);
    assert!(written.frames < 2.5, "{} frames/s", written.frames);
    assert!(written.frames > 0.5, "the clock ticks visibly");
}

#[test]
fn a_busy_market_is_told_in_few_frames_and_few_bytes() {
    for (columns, rows, most) in [(120, 40, 8_000.0), (200, 60, 32_000.0)] {
        let home = Home::new();
        let screen = Screen::open(&home, &["run", "--speed", "60"], columns, rows);
        screen.wait_for("^X HARDSTOP");
        let written = watch(&screen, Duration::from_secs(4));
        assert!(written.bytes < most, "{} B/s", written.bytes);
        assert!(written.frames < 11.0, "{} frames/s", written.frames);
    }
}

#[test]
fn keys_held_down_are_drawn_ten_times_a_second_at_most() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    screen.wait_for("^X HARDSTOP");
    screen.wait_quiet(Duration::from_millis(200));
    let (at, bytes, frames) = (Instant::now(), screen.bytes(), screen.frames());
    let mut keys = 0;
    while at.elapsed() < Duration::from_secs(3) {
        screen.press(if keys % 8 < 4 { b"j" } else { b"k" });
        keys += 1;
        std::thread::park_timeout(Duration::from_millis(15));
    }
    screen.wait_quiet(Duration::from_millis(150));
    let seconds = at.elapsed().as_secs_f64();
    let frames = (screen.frames() - frames) as f64;
    // Keys and data have ten frames a second each; data has none to show here but its tick.
    assert!(frames / seconds < 14.0, "{frames} frames in {seconds} s");
    let each = (screen.bytes() - bytes) as f64 / frames;
    assert!(each < 400.0, "{each} B a frame");
}

#[test]
fn a_key_is_seen_soon_and_for_little() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    screen.wait_for("^X HARDSTOP");
    let (mut took, mut bytes) = (Vec::new(), Vec::new());
    for n in 0..20 {
        screen.wait_quiet(Duration::from_millis(120));
        let (at, before) = (Instant::now(), screen.bytes());
        screen.press(if n % 2 == 0 { b"j" } else { b"k" });
        screen.wait_for_bytes(before + 1);
        took.push(at.elapsed());
        screen.wait_quiet(Duration::from_millis(20));
        bytes.push(screen.bytes() - before);
    }
    took.sort_unstable();
    bytes.sort_unstable();
    assert!(took[10] < Duration::from_millis(500), "{took:?}");
    assert!(bytes[10] <= 250, "{bytes:?}");
}

#[test]
fn the_first_frame_is_small_and_soon_there() {
    let home = Home::new();
    let at = Instant::now();
    let screen = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    until("a frame", || (screen.frames() > 0).then_some(()));
    let (took, bytes) = (at.elapsed(), screen.bytes());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(bytes < 8_000, "{bytes} B");
}

/// What `/proc` counts a second in.
const TICKS: f64 = 100.0;

/// What a process keeps in memory, in MiB, and has used of a core, in seconds.
fn costs(pid: u32) -> (f64, f64) {
    let read = |what: &str| fs::read_to_string(format!("/proc/{pid}/{what}")).unwrap();
    let status = read("status");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident: f64 = resident
        .unwrap()
        .trim_end_matches("kB")
        .trim()
        .parse()
        .unwrap();
    let stat = read("stat");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    (resident / 1024.0, ticks / TICKS)
}

#[test]
fn an_idle_engine_and_a_console_beside_it_are_small() {
    let home = Home::new();
    let first = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    first.wait_for("^X HARDSTOP");
    let attached = Screen::open(&home, &["attach"], 120, 40);
    attached.wait_for("STOP KEY ^X linked");
    let engine = home.holder().expect("an engine");
    attached.wait_quiet(Duration::from_millis(300));
    let before = (costs(engine).1, costs(attached.pid()).1);
    let at = Instant::now();
    watch(&first, Duration::from_secs(5));
    let seconds = at.elapsed().as_secs_f64();
    let ((engine_mib, used), (console_mib, seen)) = (costs(engine), costs(attached.pid()));
    // A debug build carries more of itself; the bench has the release's figures.
    assert!(engine_mib < 120.0, "{engine_mib} MiB");
    assert!(console_mib < 60.0, "{console_mib} MiB");
    for share in [(used - before.0) / seconds, (seen - before.1) / seconds] {
        assert!(share < 0.2, "{share} of a core");
    }
}
