//! Agents outside the process: how they join, what they may, and their stream.

#[path = "support/agent.rs"]
mod agent;
#[path = "support/house.rs"]
mod house;

use std::io::ErrorKind;
use std::time::Duration;

use agent::{Agent, http};
use house::{House, code};
use pilothouse::api::{Caller, Limits, Role};
use serde_json::{Value, json};
use tungstenite::Message;

fn token_of(name: &str) -> Caller {
    Caller {
        name: name.parse().unwrap(),
        role: Role::Agent,
    }
}

/// A wish for capital that fits.
fn cents(amount: &str) -> Value {
    json!({"resource": "capital", "amount": amount, "purpose": "paper", "ttl_s": 60})
}

fn note(text: &str) -> Value {
    json!({"topic": "system_events", "payload": {"kind": "test", "message": text}})
}

#[test]
fn an_agent_joins_works_talks_and_acknowledges() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let joined = house.post("agents", json!({"name": "scout", "version": "2.1"}));
    assert_eq!(joined.status, 201);
    assert_eq!(joined.body["stream"], "/api/v1/agent");
    assert_eq!(joined.body["state"], "running");
    assert!(joined.body["seq"].as_u64().is_some());
    let mut scout = Agent::join(&path, joined.body["token"].as_str().unwrap());
    let mut other = Agent::join(&path, &house.register("other"));
    let state = scout.message(|m| m["subject"] == "STATE");
    assert_eq!(state["from"], "engine");

    let row = scout.call("heartbeat", json!({"ok": true, "response_ms": 12.5}));
    assert_eq!(
        (&row["name"], &row["health"]),
        (&json!("scout"), &json!("ok"))
    );
    assert_eq!(row["mean_ms"], 12.5);
    let held = scout.call("reserve", cents("10.50"));
    assert_eq!(
        (&held["status"], &held["amount"]),
        (&json!("held"), &json!("10.5"))
    );
    let id = held["reservation_id"].as_str().unwrap();
    assert!(id.starts_with("scout_"), "it is the agent's own: {id}");
    let renewed = scout.call("renew", json!({"reservation_id": id, "ttl_s": 600}));
    assert!(renewed["expires_at"].as_str() > held["expires_at"].as_str());

    scout.call("subscribe", json!({"topic": "system_events"}));
    scout.call("subscribe", json!({"topic": "other"}));
    let sent = other.call("publish", note("hello"));
    let heard = scout.message(|m| m["topic"] == "system_events");
    assert_eq!(
        (&heard["id"], &heard["from"]),
        (&sent["id"], &json!("other"))
    );
    let own = other.call("publish", json!({"topic": "other", "payload": {"x": [1]}}));
    let heard = scout.message(|m| m["topic"] == "other");
    assert_eq!(heard["id"], own["id"]);
    let done = scout.call("ack", json!({"message_id": own["id"]}));
    assert_eq!(done["status"], "acknowledged");

    let question = other.call(
        "send",
        json!({"to": "scout", "subject": "how", "payload": {}}),
    );
    let asked = scout.message(|m| m["id"] == question["id"]);
    let answer = json!({"message_id": asked["id"], "payload": {"fine": true}});
    let answered = scout.call("answer", answer);
    let response = other.message(|m| m["id"] == answered["id"]);
    assert_eq!(response["in_reply_to"], question["id"]);
    assert_eq!(response["subject"], "Re: how");

    let last = scout.call(
        "latest",
        json!({"topic": "system_events", "source": "other"}),
    );
    assert_eq!(last["id"], sent["id"]);
    scout.call("unsubscribe", json!({"topic": "system_events"}));
    let released = scout.call("release", json!({"reservation_id": id}));
    assert_eq!(released["result"], "released");
    let status = scout.call("status", json!({}));
    assert_eq!(status["state"], "running");
    let streams = house.get("coordination/health")["streams"].clone();
    assert_eq!(streams, json!({"open": 2, "cut_off": 0}));
}

#[test]
fn a_token_is_one_agent_and_outlives_a_restart() {
    let mut house = House::new();
    let first = house.register("scout");
    let token = house.register("scout");
    house.restart();
    let (_server, path) = house.listen(Limits::default());
    for wrong in [first.as_str(), "", "nonsense"] {
        let (status, body) = http(&path, Some(wrong), "GET /api/v1/coordinator/status", "");
        assert_eq!(
            (status, &body["error"]["code"]),
            (401, &json!("UNAUTHENTICATED"))
        );
        assert_eq!(Agent::open(&path, Some(wrong)).err().unwrap().0, 401);
    }
    let post = |path_: &str, body: &Value| {
        let request = format!("POST /api/v1/{path_}");
        http(&path, Some(&token), &request, &body.to_string())
    };
    assert_eq!(post("agents/scout/heartbeat", &json!({"ok": true})).0, 200);
    assert_eq!(post("agents/other/heartbeat", &json!({"ok": true})).0, 403);
    assert_eq!(post("reservations", &cents("1")).0, 201);
    for forbidden in [
        "coordinator/pause",
        "coordinator/resume",
        "coordinator/clear",
        "coordinator/shutdown",
        "coordinator/task/risk/disable",
        "flatten",
    ] {
        let (status, body) = post(forbidden, &json!({}));
        assert_eq!(
            (status, &body["error"]["rule"]),
            (403, &json!("role")),
            "{forbidden}"
        );
    }
    let (status, stopped) = post("coordinator/hardstop", &json!({"reason": "fire"}));
    assert_eq!((status, &stopped["epoch"]), (200, &json!(1)));
    assert_eq!(house.get("coordinator/status")["hardstop"]["by"], "scout");
}

#[test]
fn who_says_no_name_says_hello_first() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let token = house.register("scout");
    let mut nobody = Agent::open(&path, None).unwrap();
    assert_eq!(
        nobody.refused("status", json!({}))["code"],
        "UNAUTHENTICATED"
    );
    assert_eq!(
        nobody.refused("hello", json!({"token": "x"}))["code"],
        "UNAUTHENTICATED"
    );
    assert_eq!(
        nobody.refused("hello", json!({}))["code"],
        "UNAUTHENTICATED"
    );
    nobody.say("{");
    assert_eq!(nobody.frame().unwrap()["error"]["code"], "FRAME_MALFORMED");
    let welcome = nobody.call("hello", json!({"token": token}));
    assert_eq!(
        (&welcome["name"], &welcome["state"]),
        (&json!("scout"), &json!("running"))
    );
    assert_eq!(
        nobody.refused("hello", json!({"agent": "x"}))["code"],
        "STREAM_NAMED"
    );
    let mut acting = Agent::open(&path, None).unwrap();
    assert_eq!(
        acting.call("hello", json!({"agent": "trader"}))["name"],
        "trader"
    );
    let held = acting.call("reserve", cents("1"));
    assert!(
        held["reservation_id"]
            .as_str()
            .unwrap()
            .starts_with("trader_")
    );
}

#[test]
fn what_agents_may_not_is_refused_by_the_core_and_kept() {
    let house = House::new();
    house.register("scout");
    let scout = token_of("scout");
    let opened = house.post("coordination/cycle", json!({}));
    let cycle = opened.body["id"].as_str().unwrap().to_owned();
    let key = |key: &str| format!("coordination/cycles/{cycle}/data/{key}");
    let put = |who, name: &str, body| house.ask(who, "PUT", &key(name), body);
    let refused = put(scout, "risk_note", json!({"vola": "0.3"}));
    assert_eq!((refused.status, code(&refused)), (403, "CYCLE_KEY_PREFIX"));
    for field in ["rule", "value", "hint"] {
        assert!(refused.body["error"][field].is_string(), "{field}");
    }
    let as_supervisor = json!({"from": "supervisor", "to": "risk", "kind": "command"});
    let refused = house.ask(scout, "POST", "coordination/messages", as_supervisor);
    assert_eq!((refused.status, code(&refused)), (403, "SUPERVISOR_ONLY"));
    for field in ["rule", "value", "hint"] {
        assert!(refused.body["error"][field].is_string(), "{field}");
    }
    let decision = json!({"approve": true, "reason": "mine"});
    let refused = house.ask(scout, "POST", "approvals/approval_1", decision);
    assert_eq!(
        (refused.status, code(&refused)),
        (403, "APPROVAL_OPERATOR_ONLY")
    );
    for code in [
        "CYCLE_KEY_PREFIX",
        "SUPERVISOR_ONLY",
        "APPROVAL_OPERATOR_ONLY",
    ] {
        assert!(house.was_refused("scout", code), "{code} is in the audit");
    }

    let written = put(scout, "scout_note", json!({"vola": "0.3"}));
    assert_eq!(
        (written.status, &written.body["value"]["vola"]),
        (200, &json!("0.3"))
    );
    let read = house.get(&key("scout_note"));
    assert_eq!(
        (&read["cycle_id"], &read["value"]),
        (&json!(cycle), &json!({"vola": "0.3"}))
    );
    let all = house.get(&format!("coordination/cycles/{cycle}/data"));
    assert_eq!(all["data"]["scout_note"]["vola"], "0.3");
    assert_eq!(house.read(scout, &key("nothing")).status, 404);
    let nowhere = "coordination/cycles/cycle_20260214_112333_0000001f/data";
    assert_eq!(house.read(scout, nowhere).status, 404);
    let other = json!({"from": "trader", "to": "risk", "subject": "x"});
    assert_eq!(
        house
            .ask(scout, "POST", "coordination/messages", other)
            .status,
        403
    );
}

#[test]
fn every_bad_input_is_answered_by_name_and_the_stream_lives() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut scout = Agent::join(&path, &house.register("scout"));
    let with = |field: &str, value: Value| {
        let mut wish = cents("1");
        wish[field] = value;
        wish
    };
    let signal = json!({"symbol": "BTC/USDT", "bias": "bullish"});
    for (op, args, code, named) in [
        (
            "release",
            json!({"reservation_id": "scout_1771068213740"}),
            "RESERVATION_UNKNOWN",
            "scout_1771068213740",
        ),
        (
            "release",
            json!({"reservation_id": "x"}),
            "RESERVATION_UNKNOWN",
            "x",
        ),
        ("release", json!({}), "REQUEST_INVALID", "reservation_id"),
        (
            "release",
            json!({"reservation_id": "trader_1771068213740"}),
            "FORBIDDEN",
            "trader",
        ),
        (
            "reserve",
            with("amount", json!("-1")),
            "RESERVE_INVALID",
            "",
        ),
        ("reserve", with("amount", json!(0)), "RESERVE_INVALID", ""),
        (
            "reserve",
            with("amount", json!("1e30")),
            "REQUEST_INVALID",
            "amount",
        ),
        (
            "reserve",
            with("amount", json!("1000000000")),
            "RESERVE_CAPITAL",
            "",
        ),
        (
            "reserve",
            with("amount", json!("much")),
            "REQUEST_INVALID",
            "amount",
        ),
        ("reserve", with("ttl_s", json!(0)), "RESERVE_INVALID", ""),
        (
            "reserve",
            with("ttl_s", json!(-1)),
            "REQUEST_INVALID",
            "ttl_s",
        ),
        (
            "reserve",
            with("agent", json!("trader")),
            "FORBIDDEN",
            "trader",
        ),
        (
            "reserve",
            with("colour", json!("red")),
            "REQUEST_INVALID",
            "colour",
        ),
        (
            "publish",
            json!({"topic": "sentiment_updates", "payload": signal}),
            "REQUEST_INVALID",
            "confidence",
        ),
        (
            "publish",
            json!({"topic": "system_events", "payload": {"kind": "x"}}),
            "REQUEST_INVALID",
            "message",
        ),
        (
            "publish",
            json!({"topic": "ta_signals", "payload": 7}),
            "REQUEST_INVALID",
            "payload",
        ),
        (
            "publish",
            json!({"topic": "other", "payload": {}}),
            "REQUEST_INVALID",
            "other",
        ),
        ("publish", json!({"payload": {}}), "MESSAGE_INVALID", ""),
        (
            "send",
            json!({"to": "nobody_there", "payload": {}}),
            "AGENT_UNKNOWN",
            "nobody_there",
        ),
        (
            "ack",
            json!({"message_id": "message_999999"}),
            "MESSAGE_UNKNOWN",
            "message_999999",
        ),
        (
            "answer",
            json!({"message_id": "message_999999", "payload": {}}),
            "MESSAGE_UNKNOWN",
            "",
        ),
        (
            "activity_begin",
            json!({"kind": "hardstop"}),
            "ACTIVITY_INVALID",
            "",
        ),
        (
            "activity_begin",
            json!({"kind": "lunch"}),
            "REQUEST_INVALID",
            "kind",
        ),
        (
            "activity_end",
            json!({"activity_id": "activity_999"}),
            "ACTIVITY_UNKNOWN",
            "activity_999",
        ),
        (
            "heartbeat",
            json!({"ok": true, "response_ms": -1}),
            "REQUEST_INVALID",
            "response_ms",
        ),
        ("heartbeat", json!({}), "REQUEST_INVALID", "ok"),
        ("latest", json!({}), "REQUEST_INVALID", "topic"),
        (
            "latest",
            json!({"topic": "risk_alerts"}),
            "MESSAGE_UNKNOWN",
            "",
        ),
        (
            "subscribe",
            json!({"topic": "UPPER CASE"}),
            "REQUEST_INVALID",
            "topic",
        ),
        ("dance", json!({}), "OP_UNKNOWN", "dance"),
    ] {
        let error = scout.refused(op, args.clone());
        assert_eq!(error["code"], code, "{op} {args}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(named), "{op} {args}: {message}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{op} {args}");
    }
    for text in ["", "{", "[]", "null", "{\"id\":3}", "{\"op\":\"status\"}"] {
        scout.say(text);
        let frame = scout.frame().unwrap();
        assert_eq!(
            (&frame["ok"], frame["error"]["code"].is_string()),
            (&json!(false), true)
        );
    }
    scout
        .socket
        .send(Message::Binary(vec![1, 2].into()))
        .unwrap();
    assert_eq!(scout.frame().unwrap()["ok"], false);
    assert_eq!(scout.call("status", json!({}))["state"], "running");
    let large = format!("{{\"id\":1,\"op\":\"{}\"}}", "x".repeat(300_000));
    scout.say(&large);
    assert_eq!(
        scout.closed().as_deref(),
        Some("a frame is too large, or is no frame")
    );
    let (status, body) = http(&path, None, "GET /api/v1/agent", "");
    assert_eq!(
        (status, &body["error"]["code"]),
        (426, &json!("UPGRADE_REQUIRED"))
    );
}

#[test]
fn a_budget_that_is_used_up_says_when_to_try_again() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let token = house.register("scout");
    let wish = json!({"resource": "api", "amount": 10_000, "purpose": "live"});
    let (status, body) = http(
        &path,
        Some(&token),
        "POST /api/v1/reservations",
        &wish.to_string(),
    );
    assert_eq!(
        (status, &body["error"]["code"]),
        (429, &json!("RESERVE_API"))
    );
    assert!(body["error"]["retry_after_s"].as_u64().is_some());
    let refused = Agent::join(&path, &token).refused("reserve", wish);
    assert!(refused["retry_after_s"].as_u64().is_some());
}

#[test]
fn activities_run_wait_and_end() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut deployer = Agent::join(&path, &house.register("shipper"));
    let running = deployer.call("activity_begin", json!({"kind": "deployment"}));
    assert_eq!(running["status"], "running");
    let queued = house.post(
        "activities",
        json!({"kind": "optimisation", "agent": "optimizer"}),
    );
    assert_eq!(
        (queued.status, &queued.body["status"]),
        (202, &json!("queued"))
    );
    let listed = house.get("activities?status=queued");
    assert_eq!(listed["items"][0]["waits_for"], running["id"]);
    let id = queued.body["id"].as_str().unwrap();
    let owned = deployer.refused("activity_end", json!({"activity_id": id}));
    assert_eq!(owned["code"], "ACTIVITY_OWNED");
    let ended = deployer.call("activity_end", json!({"activity_id": running["id"]}));
    assert_eq!(ended["status"], "ended");
    let listed = house.get(&format!("activities?agent=optimizer"));
    assert_eq!(listed["items"][0]["status"], "running");
    let path = format!("activities/{id}");
    let ended = house.ask(Caller::owner(), "DELETE", &path, json!({"reason": "done"}));
    assert_eq!(
        (ended.status, &ended.body["status"]),
        (200, &json!("ended"))
    );
    house.post("coordinator/hardstop", json!({}));
    let denied = house.post("activities", json!({"kind": "discovery"}));
    assert_eq!((denied.status, code(&denied)), (409, "ACTIVITY_STATE"));
}

#[test]
fn a_long_poll_ends_with_the_message_it_waits_for() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let token = house.register("scout");
    let pending = |query: &str| format!("coordination/messages?agent=scout&pending=true{query}");
    let first = house.read(token_of("scout"), &pending(""));
    assert_eq!(first.body["items"][0]["subject"], "STATE");
    let id = first.body["items"][0]["id"].as_str().unwrap();
    let ack = format!("coordination/messages/{id}/ack");
    assert_eq!(
        house.ask(token_of("scout"), "POST", &ack, json!({})).status,
        200
    );
    assert_eq!(
        house.ask(token_of("scout"), "POST", &ack, json!({})).status,
        404
    );

    let waiting = std::thread::spawn(move || {
        let request = format!("GET /api/v1/{}", pending("&wait_s=30"));
        http(&path, Some(&token), &request, "")
    });
    for (priority, subject) in [("low", "later"), ("urgent", "now")] {
        let letter = json!({"to": "scout", "priority": priority, "subject": subject});
        assert_eq!(house.post("coordination/messages", letter).status, 201);
    }
    let (status, body) = waiting.join().unwrap();
    assert_eq!(status, 200);
    let mut subjects: Vec<String> = Vec::new();
    let mut take = |body: &Value| {
        for item in body["items"].as_array().unwrap() {
            subjects.push(item["subject"].as_str().unwrap().to_owned());
        }
    };
    take(&body);
    take(
        &house
            .read(
                token_of("scout"),
                &format!("coordination/messages?agent=scout&pending=true"),
            )
            .body,
    );
    subjects.sort();
    assert_eq!(subjects, ["later", "now"], "each once");
    for query in ["&wait_s=31", "&limit=0", "&limit=x"] {
        let path = format!("coordination/messages?agent=scout&pending=true{query}");
        assert_eq!(house.read(token_of("scout"), &path).status, 422, "{query}");
    }
    assert_eq!(
        house
            .read(
                token_of("other"),
                "coordination/messages?agent=scout&pending=true"
            )
            .status,
        403
    );
    assert_eq!(house.get("coordination/messages?status=dead")["total"], 0);
}

#[test]
fn prices_come_to_who_subscribes_and_to_who_asks() {
    let house = House::with_market();
    let (_server, path) = house.listen(Limits::default());
    let mut scout = Agent::join(&path, &house.register("scout"));
    scout.call(
        "subscribe",
        json!({"topic": "market_data", "symbol": "ETH/USDT"}),
    );
    let price = scout.message(|m| m["topic"] == "market_data");
    assert_eq!(price["payload"]["symbol"], "ETH/USDT");
    let last = scout.call(
        "latest",
        json!({"topic": "market_data", "symbol": "BTC/USDT"}),
    );
    assert_eq!(last["payload"]["symbol"], "BTC/USDT");
    let refused = scout.refused(
        "publish",
        json!({"topic": "market_data", "payload":
        {"symbol": "BTC/USDT", "price": 1, "time": "2026-02-14T11:23:33.740Z"}}),
    );
    assert_eq!(refused["code"], "TOPIC_OWNED");
}

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
        silence: Duration::from_millis(100),
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
