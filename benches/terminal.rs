//! The console on a terminal: how soon it is there, what it writes idle and busy, what it keeps in
//! memory, how long a key takes to its frame, and how long the stop byte takes to a refused order, by
//! every way there is. `cargo bench --bench terminal`; one part alone: `-- stops`.

#[path = "../tests/support/program.rs"]
mod program;
#[path = "../tests/support/screen.rs"]
mod screen;
#[path = "../tests/support/stop.rs"]
mod stop;
mod support;
#[path = "../tests/support/tmux.rs"]
mod tmux;

use std::fs;
use std::time::{Duration, Instant};

use program::{Home, Running};
use screen::{STOP, Screen};
use serde_json::json;
use stop::{Orders, request};
use support::percentile;
use tmux::Tmux;

const STARTS: usize = 20;
const IDLE: Duration = Duration::from_secs(20);
const BUSY: Duration = Duration::from_secs(10);
const KEYS: usize = 200;
const STOPS: usize = 200;
/// Keys between two ticks of the clock.
const A_SECOND: usize = 4;
/// A key that comes sooner after a frame waits for its turn: ten frames a second.
const BETWEEN_KEYS: Duration = Duration::from_millis(120);
/// After so long without a byte a frame is over.
const FRAME_OVER: Duration = Duration::from_millis(20);
/// What `/proc` counts a second in.
const TICKS: f64 = 100.0;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let parts: [(&str, fn()); 5] = [
        ("starts", starts),
        ("bytes", bytes),
        ("costs", costs),
        ("keys", keys),
        ("stops", stops),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|want| want == name) {
            part();
        }
    }
}

fn milliseconds(took: &mut [Duration], what: &str) {
    took.sort_unstable();
    let ms = |p| percentile(took, p).as_secs_f64() * 1e3;
    println!(
        "{what:<34} p50 {:>7.2} ms   p99 {:>7.2} ms",
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
        screen.wait_for_frames(1);
        whole.push(at.elapsed());
        bytes = screen.bytes();
    }
    milliseconds(&mut first, "start to first byte");
    milliseconds(&mut whole, "start to first frame");
    println!("first frame                 120x40  {bytes:>8} B");
}

fn bytes() {
    let idle = ["run", "--feed", "idle"];
    written("paused, clock ticking", &idle, b"p", (120, 40), IDLE);
    written("paused, no clock in sight", &idle, b"p7", (50, 12), IDLE);
    let busy = ["run", "--speed", "60"];
    written("busy at 60x", &busy, b"", (120, 40), BUSY);
    written("busy at 60x", &busy, b"", (200, 60), BUSY);
}

/// Bytes and frames a second while nobody touches the console.
fn written(what: &str, flags: &[&str], keys: &[u8], size: (u16, u16), how_long: Duration) {
    let home = Home::new();
    let mut screen = Screen::open(&home, flags, size.0, size.1);
    screen.wait_for("^X HARDSTOP");
    screen.press(keys);
    rest(Duration::from_secs(2));
    let (at, bytes, frames) = (Instant::now(), screen.bytes(), screen.frames());
    rest(how_long);
    let seconds = at.elapsed().as_secs_f64();
    println!(
        "{what:<28}{}x{}  {:>8.0} B/s  {:>5.1} frames/s",
        size.0,
        size.1,
        (screen.bytes() - bytes) as f64 / seconds,
        (screen.frames() - frames) as f64 / seconds
    );
}

fn rest(how_long: Duration) {
    let at = Instant::now();
    while let Some(left) = how_long.checked_sub(at.elapsed()) {
        std::thread::park_timeout(left);
    }
}

/// What an idle engine with its console and an attached one keep in memory and use of a core.
fn costs() {
    let home = Home::new();
    let first = Screen::open(&home, &["run", "--feed", "idle"], 120, 40);
    first.wait_for("^X HARDSTOP");
    let engine = home.holder().expect("an engine");
    let used = |pid| cost(pid).1;
    rest(Duration::from_secs(2));
    let (at, before) = (Instant::now(), used(engine));
    rest(IDLE);
    let alone = (used(engine) - before) / at.elapsed().as_secs_f64() * 100.0;
    println!(
        "idle engine with console    {:>6.1} MiB  {alone:>5.2} % of a core",
        cost(engine).0
    );
    let attached = Screen::open(&home, &["attach"], 120, 40);
    attached.wait_for("STOP KEY ^X linked");
    rest(Duration::from_secs(2));
    let (at, before) = (Instant::now(), used(attached.pid()));
    rest(IDLE);
    let share = (used(attached.pid()) - before) / at.elapsed().as_secs_f64() * 100.0;
    println!(
        "attached console            {:>6.1} MiB  {share:>5.2} % of a core, {:.1} MiB its own",
        cost(attached.pid()).0,
        own(attached.pid())
    );
}

/// MiB that nobody else has: neither the program's file nor what other processes share.
fn own(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let own = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let own = own.expect("a size").trim_end_matches("kB").trim();
    own.parse::<f64>().expect("a number") / 1024.0
}

/// MiB that a process keeps in memory, and seconds that it has used of a core.
fn cost(pid: u32) -> (f64, f64) {
    let read = |what: &str| fs::read_to_string(format!("/proc/{pid}/{what}")).expect("a process");
    let status = read("status");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.expect("a size").trim_end_matches("kB").trim();
    let resident: f64 = resident.parse().expect("a number");
    let stat = read("stat");
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (resident / 1024.0, (ticks(11) + ticks(12)) / TICKS)
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
        "a key                       120x40  {:>8} B (median), {} B (most)",
        bytes[KEYS / 2],
        bytes[KEYS - 1]
    );
    milliseconds(&mut took, "key to frame");
}

/// A way to an engine and its console: the terminal to press on, and what must live meanwhile.
type Way = fn(&Home) -> Option<(Screen, Option<Running>, Option<Tmux>)>;

/// From the stop byte to the first order that is refused for it, by each way; orders are asked for all
/// along. A stop is cleared slowly, so each try has an engine of its own.
fn stops() {
    let ways: [(&str, Way); 4] = [
        ("screen unread, stuck in a write", |home| {
            let mut screen = Screen::open(home, &["run", "--speed", "1"], 200, 60);
            screen.wait_for("RUNNING");
            screen.wedge(home.holder()?);
            Some((screen, None, None))
        }),
        ("attached, unread and stuck", |home| {
            let engine = home.engine(&["--speed", "1"]);
            let mut screen = Screen::open(home, &["attach"], 200, 60);
            screen.wait_for("STOP KEY ^X linked");
            screen.wedge(screen.pid());
            Some((screen, Some(engine), None))
        }),
        ("within tmux, in a filter", |home| {
            let tmux = Tmux::of(home)?;
            let mut screen = tmux.open(home, &["run", "--speed", "1"], &[], 120, 40);
            screen.wait_for("RUNNING");
            screen.press(b"/half");
            screen.wait_for("filter /half");
            Some((screen, None, Some(tmux)))
        }),
        ("in a paste", |home| {
            let mut screen = Screen::open(home, &["run", "--speed", "1"], 120, 40);
            screen.wait_for("RUNNING");
            screen.press(b"\x1b[200~typed");
            Some((screen, None, None))
        }),
    ];
    for (what, way) in ways {
        let (mut took, mut without) = (Vec::new(), Vec::new());
        for _ in 0..STOPS {
            let home = Home::new();
            let Some((mut screen, _engine, _tmux)) = way(&home) else {
                break;
            };
            let mut orders = Orders::open(&home);
            assert_ne!(orders.refusal(), "RISK_STATE");
            // A refusal is journaled before it is told: what the disk takes of it.
            let at = Instant::now();
            assert_ne!(orders.refusal(), "RISK_STATE");
            without.push(at.elapsed());
            let at = Instant::now();
            screen.press(STOP);
            took.push(orders.until_stopped(at));
        }
        if !took.is_empty() {
            milliseconds(&mut without, "a refusal without a stop");
            milliseconds(&mut took, &format!("stop: {what}"));
        }
    }
    under_load();
}

/// The same while ten thousand commands are on their way.
fn under_load() {
    const CONNECTIONS: usize = 16;
    const EACH: usize = 625;
    let reserve = json!({"resource": "capital", "amount": "0.01", "purpose": "paper: load"});
    let load = request("reservations", &reserve).repeat(EACH);
    let mut took = Vec::new();
    for _ in 0..STOPS {
        let home = Home::new();
        let mut screen = Screen::open(&home, &["run", "--speed", "1"], 120, 40);
        screen.wait_for("RUNNING");
        let mut orders = Orders::open(&home);
        let crowd: Vec<Orders> = (0..CONNECTIONS).map(|_| Orders::open(&home)).collect();
        std::thread::scope(|together| {
            for mut one in crowd {
                let load = &load;
                together.spawn(move || one.send(load));
            }
            assert_ne!(orders.refusal(), "RISK_STATE");
            let at = Instant::now();
            screen.press(STOP);
            took.push(orders.until_stopped(at));
            // Whoever still sends is cut off with its engine.
            drop(home);
        });
    }
    milliseconds(&mut took, "stop: behind 10,000 commands");
}
