//! What agents may not, and what they get wrong.

use crate::agent::{Agent, http};
use crate::house::{House, code};
use crate::{cents, token_of};
use pilothouse::api::Limits;
use serde_json::{Value, json};
use tungstenite::Message;

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
    // It may be closed before all of it is written.
    let _ = scout.socket.send(Message::Text(large.into()));
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
fn an_agent_acts_for_itself_alone() {
    let house = House::new();
    for name in ["scout", "other"] {
        house.register(name);
    }
    let (scout, other) = (token_of("scout"), token_of("other"));
    let held = house.ask(other, "POST", "reservations", cents("1"));
    let held = held.body["reservation_id"].as_str().unwrap().to_owned();
    let begun = json!({"kind": "discovery"});
    let begun = house.ask(other, "POST", "activities", begun);
    let begun = begun.body["id"].as_str().unwrap().to_owned();
    for name in ["supervisor", "other", "operator"] {
        let with = |mut body: Value| {
            body["agent"] = json!(name);
            body
        };
        for (method, path, body) in [
            ("POST", "reservations", with(cents("1"))),
            ("POST", "activities", with(json!({"kind": "discovery"}))),
            (
                "POST",
                "coordination/subscriptions",
                with(json!({"topic": "risk_alerts"})),
            ),
            (
                "POST",
                "coordination/messages/message_1/ack",
                with(json!({})),
            ),
            ("POST", "agents", json!({"name": name})),
            (
                "POST",
                &format!("agents/{name}/heartbeat"),
                json!({"ok": true}),
            ),
        ] {
            let refused = house.ask(scout, method, path, body);
            assert_eq!(
                (refused.status, code(&refused)),
                (403, "FORBIDDEN"),
                "{path} as {name}"
            );
        }
        let queue = format!("coordination/messages?agent={name}&pending=true");
        assert_eq!(house.read(scout, &queue).status, 403);
    }
    for (method, path, body) in [
        (
            "POST",
            format!("reservations/{held}/renew"),
            json!({"ttl_s": 60}),
        ),
        ("DELETE", format!("reservations/{held}"), json!({})),
        ("DELETE", format!("activities/{begun}"), json!({})),
    ] {
        let refused = house.ask(scout, method, &path, body.clone());
        assert_eq!(refused.status, 403, "{path}: {}", refused.body);
        assert_eq!(house.ask(other, method, &path, body).status, 200, "{path}");
    }
    assert!(house.was_refused("scout", "ACTIVITY_OWNED"));
}
