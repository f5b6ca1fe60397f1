//! The stream of events: whole, from any place, over lost connections and killed engines, and
//! bounded towards who does not read.

#[path = "support/house.rs"]
mod house;
#[path = "support/program.rs"]
mod program;
#[path = "support/sse.rs"]
mod sse;

use std::io::Read;
use std::time::Duration;

use house::House;
use pilothouse::api::{Caller, Limits, Role};
use program::Home;
use serde_json::{Value, json};
use sse::{Stream, refused};

/// Has so many things journaled: pauses and resumes of one symbol.
fn fill(house: &House, count: usize) {
    for n in 0..count {
        let path = if n % 2 == 0 {
            "coordinator/pause"
        } else {
            "coordinator/resume"
        };
        let body = json!({"symbol": "BTC/USDT", "reason": format!("the {n}th")});
        assert_eq!(house.post(path, body).status, 200);
    }
}

fn lines(house: &House, query: &str) -> Vec<Value> {
    let document = house.get(&format!("audit?since=1&limit=10000{query}"));
    document["items"].as_array().unwrap().clone()
}

#[test]
fn from_the_beginning_it_is_the_audit_line_by_line() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    fill(&house, 20);
    let wanted = lines(&house, "");
    let mut stream = Stream::open(&path, "?since=1", None);
    let got: Vec<Value> = wanted.iter().map(|_| stream.line()).collect();
    assert_eq!(got, wanted);
    fill(&house, 2);
    let live = stream.next();
    assert_eq!(live.event, "symbol_paused");
    let last = live.data["seq"].as_u64().unwrap();
    assert_eq!(live.id.as_deref(), Some(last.to_string().as_str()));
    assert_eq!(stream.retry, Some(1_000));
}

#[test]
fn without_a_place_it_starts_now_and_knows_from_where() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    fill(&house, 4);
    let mut stream = Stream::open(&path, "", None);
    let start = stream.place();
    fill(&house, 1);
    let first = stream.line();
    assert_eq!(first["kind"], "symbol_paused");
    // Who lost the stream before its first event still misses nothing.
    let mut again = Stream::open(&path, "", Some(&start));
    assert_eq!(again.line(), first);
}

/// Every event is a place to go on from, also in the midst of a record that has many.
#[test]
fn from_every_event_it_goes_on_with_the_next() {
    let house = House::with_market();
    let (_server, path) = house.listen(Limits::default());
    house.register("scout");
    fill(&house, 4);
    assert_eq!(house.post("coordinator/hardstop", json!({})).status, 200);
    let upto = lines(&house, "").len();
    let mut stream = Stream::open(&path, "?since=1", None);
    let whole: Vec<_> = (0..upto).map(|_| stream.next()).collect();
    let ids: std::collections::BTreeSet<_> = whole.iter().map(|event| &event.id).collect();
    assert_eq!(ids.len(), upto, "no two events have one id");
    assert!(
        whole.iter().any(|e| e.id.as_ref().unwrap().contains('.')),
        "no record here has two lines"
    );
    for (n, event) in whole.iter().enumerate().take(upto - 1) {
        let mut again = Stream::open(&path, "", event.id.as_deref());
        assert_eq!(again.next(), whole[n + 1], "after {:?}", event.id);
    }
}

#[test]
fn filters_are_those_of_the_audit() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    house.register("scout");
    let denied = Caller {
        name: "scout".parse().unwrap(),
        role: Role::Agent,
        origin: Some("unix:7 token".parse().unwrap()),
    };
    let answer = house.ask(denied, "POST", "coordinator/pause", json!({}));
    assert_eq!(answer.status, 403);
    fill(&house, 2);
    for (query, kind) in [
        ("kind=refused", "refused"),
        ("actor=scout&kind=refused", "refused"),
        ("from=unix:7", "refused"),
        ("kind=symbol_resumed", "symbol_resumed"),
    ] {
        let mut stream = Stream::open(&path, &format!("?since=1&{query}"), None);
        let line = stream.line();
        assert_eq!(line["kind"], kind, "{query}");
        assert_eq!(lines(&house, &format!("&{query}")), [line], "{query}");
    }
}

/// What a role does not allow never reaches a decision, and is in the audit all the same.
#[test]
fn an_attempt_that_a_role_does_not_allow_is_in_the_audit() {
    let house = House::new();
    house.register("scout");
    let who = Caller {
        name: "scout".parse().unwrap(),
        role: Role::Agent,
        origin: Some("tcp:192.0.2.7:40312 token".parse().unwrap()),
    };
    for _ in 0..40 {
        let answer = house.ask(who, "POST", "coordinator/clear", json!({}));
        assert_eq!(answer.status, 403);
    }
    assert_eq!(house.read(who, "coordinator/status").status, 200);
    // The last of them is durable when something after it is.
    fill(&house, 1);
    let told = lines(&house, "&kind=refused&actor=scout");
    assert_eq!(told.len(), 30, "a flood does not fill the journal");
    assert_eq!(told[0]["origin"], "tcp:192.0.2.7:40312 token");
    let refusal = &told[0]["data"]["refusal"];
    assert_eq!(refusal["code"], "FORBIDDEN");
    assert!(
        refusal["message"]
            .as_str()
            .unwrap()
            .contains("POST coordinator/clear")
    );
    assert_eq!(
        (&refusal["limit"], &refusal["value"]),
        (&json!("operator"), &json!("agent"))
    );
}

#[test]
fn who_does_not_read_is_cut_with_a_last_word_and_can_go_on() {
    let house = House::new();
    let limits = Limits {
        event_stall: Duration::from_millis(200),
        ..Limits::default()
    };
    let (_server, path) = house.listen(limits);
    // More than the socket and the chunks that may wait have room for.
    house.register("scout");
    for _ in 0..150 {
        let letter = json!({"to": "scout", "payload": {"text": "x".repeat(30_000)}});
        assert_eq!(house.post("coordination/messages", letter).status, 201);
    }
    let wanted = lines(&house, "");
    let mut stream = Stream::open(&path, "?since=1", None);
    // Nobody reads until the other streams' counter shows that this one is cut.
    program::until("the stream is cut", || {
        let taken = house.api.event_streams();
        (taken == 0).then_some(())
    });
    let mut got = Vec::new();
    let cut = loop {
        let event = stream.next();
        if event.event == "cut" {
            break event;
        }
        got.push(event);
    };
    assert_eq!(cut.id, None);
    assert_eq!(cut.data["code"], "TOO_SLOW");
    assert!(!got.is_empty() && got.len() < wanted.len(), "{}", got.len());
    let last = got.last().unwrap().id.clone();
    assert_eq!(cut.data["last"].as_str(), last.as_deref());
    assert!(stream.is_over());
    let mut again = Stream::open(&path, "", last.as_deref());
    let rest = (got.len()..wanted.len()).map(|_| again.line());
    let whole: Vec<Value> = got.into_iter().map(|e| e.data).chain(rest).collect();
    assert_eq!(whole, wanted);
}

/// Who waits for what seldom comes hears that the stream lives, and how far it has come.
#[test]
fn signs_of_life_carry_the_place_where_nothing_else_does() {
    let house = House::new();
    let limits = Limits {
        event_heartbeat: Duration::from_millis(10),
        ..Limits::default()
    };
    let (_server, path) = house.listen(limits);
    let mut stream = Stream::open(&path, "?kind=hardstop_engaged", None);
    let start: u64 = stream.place().parse().unwrap();
    fill(&house, 6);
    let upto = lines(&house, "").last().unwrap()["seq"].as_u64().unwrap();
    let mut place = start;
    while place < upto {
        let next: u64 = stream.place().parse().unwrap();
        assert!(next >= place, "{next} after {place}");
        place = next;
    }
    assert!(stream.comments > 0);
    let mut again = Stream::open(&path, "?kind=hardstop_engaged", Some(&place.to_string()));
    assert_eq!(house.post("coordinator/hardstop", json!({})).status, 200);
    assert_eq!(again.line()["kind"], "hardstop_engaged");
    assert_eq!(stream.line()["kind"], "hardstop_engaged");
}

#[test]
fn there_is_room_for_so_many_and_wrong_places_are_named() {
    let house = House::new();
    let limits = Limits {
        event_streams: 2,
        ..Limits::default()
    };
    let (_server, path) = house.listen(limits);
    let one = Stream::open(&path, "", None);
    let _two = Stream::open(&path, "", None);
    let (status, problem) = refused(&path, "", None);
    assert_eq!((status, &problem["code"]), (503, &json!("STREAMS_FULL")));
    drop(one);
    program::until("a place is free", || {
        (house.api.event_streams() < 2).then_some(())
    });
    for (query, last, status, code) in [
        ("", Some("99999"), 409, "SEQ_UNKNOWN"),
        ("", Some("7.x"), 422, "REQUEST_INVALID"),
        ("?since=tomorrow", None, 422, "REQUEST_INVALID"),
        ("?after=99999", None, 409, "SEQ_UNKNOWN"),
    ] {
        let (found, problem) = refused(&path, query, last);
        assert_eq!(found, status, "{query} {last:?}");
        assert_eq!(problem["code"], code, "{query} {last:?}");
    }
    let near = house.read(Caller::owner(), "events");
    assert_eq!(house::code(&near), "STREAM_ONLY");
}

#[test]
fn a_stream_ends_with_a_word_when_the_engine_does() {
    let mut house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut stream = Stream::open(&path, "", None);
    house.end();
    let cut = loop {
        let event = stream.next();
        if event.event == "cut" {
            break event;
        }
    };
    assert_eq!(cut.data["code"], "ENGINE_STOPPED");
    assert!(stream.is_over());
}

/// `audit --follow` over an engine that is killed and started again: every line once, in order.
#[test]
fn following_survives_a_kill_without_loss_or_doubles() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    let mut command = home.program(&["audit", "--follow", "--since", "1", "--format", "json"]);
    command.arg("--state").arg(home.state());
    let (follower, out) = home.spawn_reading(command);
    home.verb(&["pause", "--symbol", "BTC/USDT"]).done();
    let has = |text: &str| {
        let mut seen = String::new();
        std::fs::File::open(&out)
            .unwrap()
            .read_to_string(&mut seen)
            .unwrap();
        seen.contains(text).then_some(())
    };
    program::until("the pause is followed", || has("symbol_paused"));
    engine.kill();
    let engine = home.engine(&["--feed", "idle"]);
    home.verb(&["resume", "--symbol", "BTC/USDT"]).done();
    program::until("the resume is followed", || has("symbol_resumed"));
    follower.kill();
    engine.signal(rustix::process::Signal::TERM);
    assert_eq!(engine.ended().code, Some(0));
    let followed = std::fs::read_to_string(&out).unwrap();
    let mut followed: Vec<&str> = followed.lines().collect();
    if serde_json::from_str::<Value>(followed.last().unwrap()).is_err() {
        followed.pop();
    }
    let audit = home.verb(&["audit", "--since", "1", "--all"]);
    let audit: Vec<&str> = audit.out.lines().take(followed.len()).collect();
    assert_eq!(followed, audit);
    let paused = audit.iter().find(|line| line.contains("symbol_paused"));
    let paused: Value = serde_json::from_str(paused.unwrap()).unwrap();
    let uid = rustix::process::getuid().as_raw();
    assert_eq!(paused["origin"], format!("unix:{uid}"));
}
