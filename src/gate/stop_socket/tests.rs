//! End to end, over real sockets.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::core::Name;
use crate::gate::{Gate, How, Journaled};

const PATIENT: Duration = Duration::from_secs(30);

fn operator() -> Name {
    "operator".parse().unwrap()
}

/// A gate whose core journals each press at sequence 77 as soon as it is woken.
fn served(dir: &Path) -> (Gate, StopServer) {
    let gate = Gate::new(0, false);
    let journaled = Journaled::default();
    let (core, notify) = (gate.clone(), journaled.clone());
    gate.set_waker(Arc::new(move || notify.journaled(core.observe(), 77)));
    let server = StopServer::open(dir, gate.clone(), journaled).unwrap();
    (gate, server)
}

fn raw(dir: &Path, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(dir.join(FILE)).unwrap();
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    stream.write_all(request).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_stop_closes_the_gate_and_hears_of_both_stages() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    let answer = hardstop(dir.path(), &operator(), "drill", PATIENT).unwrap();
    assert_eq!((answer.latched.epoch, answer.latched.already), (1, false));
    assert_eq!(answer.durable.seq, Some(77));
    assert!(answer.durable.durable_us.unwrap() >= answer.latched.gate_us);
    assert!(gate.observe().closed);
    let press = gate.take_presses().remove(0);
    assert_eq!((press.by, press.how), (operator(), How::Socket));
    assert_eq!(press.reason, "drill");
    let again = hardstop(dir.path(), &operator(), "again", PATIENT).unwrap();
    assert_eq!((again.latched.epoch, again.latched.already), (1, true));
    assert_eq!(gate.observe().presses, 2);
}

#[test]
fn the_socket_is_its_owners_alone_and_a_stale_one_gives_way() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), "stale").unwrap();
    let (_gate, server) = served(dir.path());
    let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    drop(server);
    assert!(!dir.path().join(FILE).exists());
    assert!(!ping(dir.path(), PATIENT));
}

#[test]
fn a_path_longer_than_an_address_works() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("a".repeat(200));
    let (gate, _server) = served(&dir);
    assert!(ping(&dir, PATIENT));
    hardstop(&dir, &operator(), "from afar", PATIENT).unwrap();
    assert!(gate.observe().closed);
}

#[test]
fn without_an_engine_it_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let refused = hardstop(dir.path(), &operator(), "", PATIENT);
    assert!(matches!(refused, Err(StopError::Unreachable(_))));
}

#[test]
fn a_wedged_engine_is_given_up_at_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let _nobody_accepts = std::os::unix::net::UnixListener::bind(dir.path().join(FILE)).unwrap();
    let refused = hardstop(dir.path(), &operator(), "", Duration::from_millis(1));
    assert!(matches!(
        refused,
        Err(StopError::NoAnswer(_) | StopError::Unreachable(_))
    ));
}

#[test]
fn a_stop_gets_in_past_more_silent_clients_than_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    let _silent: Vec<_> = (0..64)
        .map(|_| UnixStream::connect(dir.path().join(FILE)).unwrap())
        .collect();
    let answer = hardstop(dir.path(), &operator(), "crowded", PATIENT).unwrap();
    assert_eq!(answer.latched.epoch, 1);
    assert!(gate.observe().closed);
    assert_eq!(answer.durable, Durable::default(), "no thread waits for it");
}

#[test]
fn what_cannot_be_read_is_a_stop_where_it_says_so_and_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    for request in [&b"good morning\n"[..], b"{}\n", b"[1]\n", b"\xff\n"] {
        assert!(raw(dir.path(), request).contains("\"error\""));
    }
    assert!(!gate.observe().closed);
    for (n, request) in [
        &b"{\"hardstop\":null}\n"[..],
        b"{\"hardstop\":{\"by\":\"no name\",\"reason\":7}}",
        b"{\"hardstop\":{\"reason\":\"cut off",
    ]
    .iter()
    .enumerate()
    {
        let answer = raw(dir.path(), request);
        assert!(answer.starts_with("{\"epoch\":1,"), "{answer}");
        assert_eq!(gate.observe().presses, n as u64 + 1);
    }
    let uid = rustix::process::geteuid().as_raw();
    assert_eq!(gate.take_presses()[0].by.as_str(), format!("uid:{uid}"));
}

#[test]
fn no_reason_is_too_long_for_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    let reason = "\u{1}".repeat(1_000_000);
    let answer = hardstop(dir.path(), &operator(), &reason, PATIENT).unwrap();
    assert_eq!(answer.durable.seq, Some(77));
    assert_eq!(gate.take_presses().remove(0).by, operator());
}

#[test]
fn a_request_longer_than_a_line_may_be_is_still_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    let mut stream = UnixStream::connect(dir.path().join(FILE)).unwrap();
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    let request = format!("{{\"hardstop\":{{\"reason\":\"{}", "x".repeat(64 * 1024));
    // The answer may be lost with what was sent beyond the limit; the stop is not.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read(&mut [0; 1]);
    assert!(gate.observe().closed);
}

#[test]
fn a_link_pings_presses_and_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut link = StopLink::new(dir.path(), operator());
    assert!(!link.ping(), "no engine yet");
    let (gate, _server) = served(dir.path());
    assert!(link.ping());
    fs::remove_file(dir.path().join(FILE)).unwrap();
    let mut heard = None;
    let answer = link.engage("drill", |latched| heard = Some(latched));
    let answer = answer.unwrap();
    assert_eq!(
        (heard, answer.durable.seq),
        (Some(answer.latched), Some(77))
    );
    assert!(gate.observe().closed);
    assert!(link.ping(), "one connection did it all");
}

#[test]
fn a_link_finds_an_engine_that_was_restarted() {
    let dir = tempfile::tempdir().unwrap();
    let first = std::os::unix::net::UnixListener::bind(dir.path().join(FILE)).unwrap();
    let engine = std::thread::spawn(move || {
        let (mut stream, _) = first.accept().unwrap();
        let asked = stream.read(&mut [0; 64]).unwrap();
        assert!(asked > 0);
        stream
            .write_all(b"{\"epoch\":0,\"closed\":false}\n")
            .unwrap();
    });
    let mut link = StopLink::new(dir.path(), operator());
    assert!(link.ping());
    engine.join().unwrap();
    let (gate, _server) = served(dir.path());
    link.engage("after its restart", |_| {}).unwrap();
    assert!(gate.observe().closed);
}

#[test]
fn a_console_is_known_from_its_pings_and_leaves_with_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    gate.consoles()
        .on_loss(Arc::new(|| panic!("nobody was lost")));
    let mut verb = StopLink::new(dir.path(), operator());
    assert!(verb.ping());
    assert_eq!(gate.consoles().count(), 0, "a verb is no console");
    let mut console = StopLink::of_console(dir.path(), operator());
    assert!(console.ping() && console.ping());
    assert_eq!(gate.consoles().count(), 1);
    console.leave();
    assert_eq!(gate.consoles().count(), 0);
}

#[test]
fn a_console_that_goes_without_a_word_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, _server) = served(dir.path());
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    gate.consoles()
        .on_loss(Arc::new(move || tell.send(()).unwrap()));
    let mut console = StopLink::of_console(dir.path(), operator());
    assert!(console.ping());
    drop(console);
    told.recv_timeout(PATIENT).unwrap();
}
