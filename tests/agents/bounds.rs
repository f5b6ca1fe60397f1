//! Many requests, slow clients and the ends of streams.

use std::io::ErrorKind;
use std::time::Duration;

use crate::agent::Agent;
use crate::cents;
use crate::house::House;
use pilothouse::api::Limits;
use serde_json::json;
use tungstenite::Message;

#[test]
fn a_slow_client_is_cut_off_and_nobody_else_notices() {
    let house = House::new();
    let (_server, path) = house.listen(Limits {
        in_flight: 4,
        outgoing: 4,
        ..Limits::default()
    });
    let mut slow = Agent::join(&path, &house.register("slow"));
    let mut quick = Agent::join(&path, &house.register("quick"));
    // It asks and never reads: what the sockets hold is bounded, and so is what waits behind them.
    slow.socket.get_ref().set_nonblocking(true).unwrap();
    let mut cut_off = false;
    for n in 0..100_000_u32 {
        let request = format!("{{\"id\":{n},\"op\":\"{}\"}}", "x".repeat(1_000));
        match slow.socket.send(Message::Text(request.into())) {
            Ok(()) => {}
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => {
                cut_off = true;
                break;
            }
        }
        if n % 100 == 0 {
            assert_eq!(quick.call("reserve", cents("0.01"))["status"], "held");
            cut_off = house.get("coordination/health")["streams"]["cut_off"] == 1;
            if cut_off {
                break;
            }
        }
    }
    assert!(cut_off, "it was not cut off");
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
