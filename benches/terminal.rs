//! The console on a terminal: how soon it is there, what it writes idle and busy, how long a key
//! takes to its frame, and how long the stop byte takes to a refused order.

#[path = "../tests/support/program.rs"]
mod program;
#[path = "../tests/support/screen.rs"]
mod screen;
mod support;

use std::time::{Duration, Instant};

use pilothouse::client::{Call, Target, call};
use program::Home;
use screen::{STOP, Screen};
use serde_json::json;
use support::percentile;

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(20);
const BUSY: Duration = Duration::from_secs(10);
const KEYS: usize = 50;
const STOPS: usize = 30;
/// Keys between two ticks of the clock.
const A_SECOND: usize = 4;
/// A key that comes sooner after a frame waits for its turn: ten frames a second.
const BETWEEN_KEYS: Duration = Duration::from_millis(120);
/// After so long without a byte a frame is over.
const FRAME_OVER: Duration = Duration::from_millis(20);

fn main() {
    starts();
    let idle = bytes_per_second(&["run", "--feed", "idle"], 120, 40, IDLE);
    println!("idle           120x40  {idle:>8.0} B/s");
    for (columns, rows) in [(120, 40), (200, 60)] {
        let busy = bytes_per_second(&["run", "--speed", "60"], columns, rows, BUSY);
        println!("busy at 60x    {columns}x{rows}  {busy:>8.0} B/s");
    }
    keys();
    stops();
}

fn milliseconds(took: &mut [Duration], what: &str) {
    took.sort_unstable();
    let ms = |p| percentile(took, p).as_secs_f64() * 1e3;
    println!(
        "{what:<22} p50 {:>7.2} ms   p99 {:>7.2} ms",
        ms(0.5),
        ms(0.99)
    );
}

/// From the start to the first byte and to the first frame whole.
fn starts() {
    let (mut first, mut whole, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..STARTS {
        let home = Home::new();
        let at = Instant::now();
        let screen = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
        screen.wait_for_bytes(1);
        first.push(at.elapsed());
        // The footer is written last.
        screen.wait_for("^X HARDSTOP");
        whole.push(at.elapsed());
        bytes = screen.bytes();
    }
    milliseconds(&mut first, "start to first byte");
    milliseconds(&mut whole, "start to first frame");
    println!("first frame    120x40  {bytes:>8} B");
}

/// Bytes a second while nobody touches the console.
fn bytes_per_second(flags: &[&str], columns: u16, rows: u16, how_long: Duration) -> f64 {
    let home = Home::new();
    let screen = Screen::open(&home, flags, columns, rows);
    screen.wait_for("^X HARDSTOP");
    let (at, before) = (Instant::now(), screen.bytes());
    while let Some(left) = how_long.checked_sub(at.elapsed()) {
        std::thread::park_timeout(left);
    }
    (screen.bytes() - before) as f64 / at.elapsed().as_secs_f64()
}

/// Moves of the selection: the bytes of each, and the time to the first byte of its frame.
fn keys() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    screen.wait_for("^X HARDSTOP");
    let (mut took, mut bytes) = (Vec::new(), Vec::new());
    for n in 0..KEYS {
        if n % A_SECOND == 0 {
            // After the second's tick, so that it is not counted with the key.
            screen.wait_written();
        }
        // Nobody types in step with the console's own clock.
        let jitter = Duration::from_millis(n as u64 * 37 % 100);
        screen.wait_quiet(BETWEEN_KEYS + jitter);
        let (at, before) = (Instant::now(), screen.bytes());
        screen.press(if n % 2 == 0 { b"j" } else { b"k" });
        screen.wait_for_bytes(before + 1);
        took.push(at.elapsed());
        screen.wait_quiet(FRAME_OVER);
        bytes.push(screen.bytes() - before);
    }
    bytes.sort_unstable();
    println!(
        "a key          120x40  {:>8} B (median), {} B (most)",
        bytes[KEYS / 2],
        bytes[KEYS - 1]
    );
    milliseconds(&mut took, "key to frame");
}

/// From the stop byte, nobody reading the screen, to the first order that is refused for it; orders
/// are asked for all along.
fn stops() {
    let mut took = Vec::new();
    for _ in 0..STOPS {
        let home = Home::new();
        let mut screen = Screen::open(&home, &["run", "--speed", "1"], 200, 60);
        screen.wait_for("RUNNING");
        screen.wedge(home.holder().expect("an engine"));
        let engine = Target::Socket(home.state().join("control.sock"));
        // Refused in any case, for its size, so that none changes what the next one meets.
        let body =
            json!({"symbol": "BTC/USDT", "side": "buy", "type": "market", "quantity": "900"});
        let order = Call::post("orders", body);
        let refused = || call(&engine, &order).expect_err("refused").code;
        assert_ne!(refused(), "RISK_STATE");
        let at = Instant::now();
        screen.press(STOP);
        while refused() != "RISK_STATE" {}
        took.push(at.elapsed());
    }
    milliseconds(&mut took, "stop byte to refusal");
}
