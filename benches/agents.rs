//! Durable reservation decisions over the agents' stream: N agents on the socket, each in a closed
//! loop, beside the disk's own fdatasync with as many records a sync, in turn. Ratios are what
//! counts; the clients share the machine with the engine, and the idle share says what was left.

#[path = "support/disk.rs"]
mod disk;
mod support;

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use disk::disk;
use pilothouse::api::{Api, Caller, serve};
use pilothouse::client::Call;
use serde_json::json;
use support::{engine, percentile};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

const SPAN: Duration = Duration::from_secs(4);
/// Runs of each, of which the median counts.
const RUNS: usize = 3;
/// One cent of capital for a second: it always fits and goes by itself.
const CENT: &str = r#"{"id":1,"op":"reserve","args":{"resource":"capital","class":"paper","amount":"0.01","purpose":"paper","ttl_s":1}}"#;

fn main() {
    println!("clients   disk/s   stream/s   ratio   disk p99 µs   p50 µs   p99 µs   idle");
    for clients in [1, 8, 64, 256] {
        let mut runs: Vec<_> = (0..RUNS)
            .map(|_| (disk(clients), stream(clients)))
            .collect();
        let ratio = |run: &((f64, Duration), Measured)| run.1.rate / run.0.0;
        runs.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let ((disk, disk_p99), of) = &runs[RUNS / 2];
        println!(
            "{clients:>7}  {disk:>7.0}  {:>9.0}   {:>5.2}   {:>11}   {:>6}   {:>6}   {:>3.0} %",
            of.rate,
            of.rate / disk,
            disk_p99.as_micros(),
            of.p50.as_micros(),
            of.p99.as_micros(),
            of.idle * 100.0
        );
    }
}

struct Measured {
    rate: f64,
    p50: Duration,
    p99: Duration,
    /// Share of the machine that did nothing, 0 to 1.
    idle: f64,
}

fn stream(clients: usize) -> Measured {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let engine = engine(folder.path());
    let api = Arc::new(Api::new(engine.handle.clone(), folder.path()));
    let socket = folder.path().join("control.sock");
    let server = serve(Arc::clone(&api), &socket).expect("a socket");
    let ready = Arc::new(Barrier::new(clients + 1));
    let threads: Vec<_> = (0..clients)
        .map(|n| {
            let mut agent = join(&socket, &token(&api, n));
            let ready = Arc::clone(&ready);
            std::thread::spawn(move || {
                ready.wait();
                closed_loop(&mut agent)
            })
        })
        .collect();
    let before = ticks();
    ready.wait();
    let began = Instant::now();
    let mut took: Vec<Duration> = threads
        .into_iter()
        .flat_map(|t| t.join().expect("a client"))
        .collect();
    let rate = took.len() as f64 / began.elapsed().as_secs_f64();
    let (idle, all) = ticks();
    took.sort_unstable();
    drop(server);
    engine.handle.shutdown();
    engine.join();
    Measured {
        rate,
        p50: percentile(&took, 0.5),
        p99: percentile(&took, 0.99),
        idle: (idle - before.0) as f64 / (all - before.1).max(1) as f64,
    }
}

fn closed_loop(agent: &mut WebSocket<UnixStream>) -> Vec<Duration> {
    let mut took = Vec::new();
    let began = Instant::now();
    while began.elapsed() < SPAN {
        let at = Instant::now();
        agent.send(Message::Text(CENT.into())).expect("sent");
        loop {
            match agent.read().expect("an answer") {
                Message::Text(text) if text.contains("\"ok\":true") => break,
                Message::Text(text) => assert!(text.contains("\"push\""), "{text}"),
                _ => {}
            }
        }
        took.push(at.elapsed());
    }
    took
}

/// Registers the n-th agent: its token.
fn token(api: &Api, n: usize) -> String {
    let call = Call::post("agents", json!({ "name": format!("load_{n}") }));
    let answer = api.dispatch(&Caller::owner(), &call);
    let document = answer.into_result().expect("registered");
    document["token"].as_str().expect("a token").to_owned()
}

fn join(socket: &Path, token: &str) -> WebSocket<UnixStream> {
    let stream = UnixStream::connect(socket).expect("connected");
    let mut request = "ws://localhost/api/v1/agent"
        .into_client_request()
        .expect("a request");
    let bearer = format!("Bearer {token}").parse().expect("a header");
    request.headers_mut().insert("authorization", bearer);
    // The default of 128 KiB is cleared before each read, which would be measured too.
    let config = WebSocketConfig::default().read_buffer_size(4_096);
    let (agent, _) =
        tungstenite::client::client_with_config(request, stream, Some(config)).expect("a stream");
    agent
}

/// Ticks of all processors: idle, and in all.
fn ticks() -> (u64, u64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = text.lines().next().unwrap_or_default();
    let all: Vec<u64> = first
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|n| n.parse().ok())
        .collect();
    let idle = all.iter().skip(3).take(2).sum();
    (idle, all.iter().sum())
}
