//! Many requests, slow clients and the ends of streams.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::agent::{Agent, abandoned, http};
use crate::cents;
use crate::house::House;
use pilothouse::api::Limits;
use serde_json::json;
use tungstenite::Message;

/// What must not take longer.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_slow_client_is_cut_off_and_nobody_else_notices() {
    let house = House::new();
    let (_server, path) = house.listen(Limits {
        in_flight: 4,
        silence: Duration::from_secs(2),
        ..Limits::default()
    });
    let mut slow = Agent::join(&path, &house.register("slow"));
    let mut quick = Agent::join(&path, &house.register("quick"));
    // It asks and never reads: what the sockets hold is bounded, and so is what waits behind them.
    slow.socket.get_ref().set_nonblocking(true).unwrap();
    let mut full = false;
    while !full {
        let request = format!("{{\"id\":1,\"op\":\"{}\"}}", "x".repeat(1_000));
        match slow.socket.send(Message::Text(request.into())) {
            Ok(()) => {}
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                full = true;
            }
            Err(error) => panic!("it is held back first: {error}"),
        }
    }
    let since = Instant::now();
    // Whichever is noticed first, that it does not read or that nothing more is heard of it.
    while house.get("coordination/health")["streams"]["open"] != 1 {
        assert_eq!(quick.call("reserve", cents("0.01"))["status"], "held");
        assert!(
            since.elapsed() < PATIENCE,
            "it was not cut off: {}",
            house.get("coordination/health")["streams"]
        );
    }
    assert_eq!(quick.call("reserve", cents("0.01"))["status"], "held");
}

#[test]
fn who_says_nothing_is_forgotten_and_seats_are_given_back() {
    let house = House::new();
    let (_server, path) = house.listen(Limits {
        streams: 1,
        silence: Duration::from_millis(500),
        ..Limits::default()
    });
    let token = house.register("scout");
    let mut mute = Agent::open(&path, None).unwrap();
    assert_eq!(Agent::open(&path, Some(&token)).err().unwrap().0, 503);
    assert_eq!(
        mute.closed().as_deref(),
        Some("nothing was heard of you for too long")
    );
    drop(mute);
    // Its seat is free as soon as its end is through.
    let mut next = (0..10_000)
        .find_map(|_| Agent::open(&path, Some(&token)).ok())
        .unwrap();
    let id = next.ask("reserve", cents("0.01"));
    assert_eq!(next.answer(id)["ok"], true);
}

#[test]
fn many_requests_are_under_way_and_each_gets_its_answer() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut scout = Agent::join(&path, &house.register("scout"));
    let ids: Vec<u64> = (0..500)
        .map(|_| scout.ask("reserve", cents("0.01")))
        .collect();
    let mut seen: Vec<u64> = Vec::new();
    while seen.len() < ids.len() {
        let frame = scout.frame().unwrap();
        if let Some(id) = frame["id"].as_u64() {
            assert_eq!(frame["ok"], true, "{frame}");
            seen.push(id);
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, ids);
    let listed = house.get("reservations?status=live&agent=scout");
    assert_eq!(listed["total"], 500);
}

#[test]
fn who_shares_capital_is_answered_later_and_keeps_nobody_waiting() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut scout = Agent::join(&path, &house.register("scout"));
    let mut shared = cents("5");
    shared["sharpe"] = json!("1.5");
    let gathered = scout.ask("reserve", shared);
    let plain = scout.ask("reserve", cents("1"));
    let mut answered = Vec::new();
    while answered.len() < 2 {
        let frame = scout.frame().unwrap();
        if frame["push"].is_null() {
            assert_eq!(frame["result"]["status"], "held", "{frame}");
            answered.push(frame["id"].as_u64().unwrap());
        }
    }
    assert_eq!(answered, [plain, gathered]);
}

#[test]
fn the_end_of_the_engine_is_told() {
    let mut house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut scout = Agent::join(&path, &house.register("scout"));
    scout.call("reserve", cents("1"));
    house.end();
    assert_eq!(scout.closed().as_deref(), Some("the engine has stopped"));
}

#[test]
fn what_is_under_way_at_the_end_is_answered_before_the_farewell() {
    let mut house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut scout = Agent::join(&path, &house.register("scout"));
    let mut shared = cents("5");
    shared["sharpe"] = json!("1.5");
    let gathered = scout.ask("reserve", shared);
    scout.call("reserve", cents("1"));
    house.end();
    let answer = scout.answer(gathered);
    assert!(answer["ok"].is_boolean(), "{answer}");
    assert_eq!(scout.closed().as_deref(), Some("the engine has stopped"));
}

#[test]
fn who_asks_ahead_is_held_back_and_answered() {
    let house = House::new();
    let (_server, path) = house.listen(Limits {
        in_flight: 4,
        ..Limits::default()
    });
    let mut scout = Agent::join(&path, &house.register("scout"));
    for id in 0..200 {
        let request = format!("{{\"id\":{id},\"op\":\"dance\"}}");
        scout.socket.write(Message::Text(request.into())).unwrap();
    }
    scout.socket.flush().unwrap();
    for id in 0..200 {
        assert_eq!(scout.answer(id)["error"]["code"], "OP_UNKNOWN");
    }
}

#[test]
fn polls_that_are_given_up_keep_nobody_from_the_socket() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let token = house.register("scout");
    let state = "GET /api/v1/coordination/messages?agent=scout&pending=true";
    let (status, body) = http(&path, Some(&token), state, "");
    assert_eq!((status, &body["total"]), (200, &json!(1)));
    let poll = format!("{state}&wait_s=30");
    for _ in 0..3 {
        let given_up: Vec<_> = (0..200).map(|_| abandoned(&path, &token, &poll)).collect();
        let since = Instant::now();
        assert_eq!(http(&path, None, "GET /healthz", "").0, 200);
        assert!(since.elapsed() < PATIENCE / 3);
        drop(given_up);
    }
    let since = Instant::now();
    let stop = "POST /api/v1/coordinator/hardstop";
    let (status, stopped) = http(&path, Some(&token), stop, "");
    assert_eq!((status, &stopped["epoch"]), (200, &json!(1)));
    assert!(stopped["durable_us"].is_u64(), "{stopped}");
    assert!(since.elapsed() < PATIENCE / 3);
}
