//! How an agent joins, and what it does then.

use crate::agent::{Agent, http};
use crate::house::House;
use crate::{cents, note};
use pilothouse::api::{Caller, Limits};
use pilothouse::client::Call;
use serde_json::{Value, json};

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
    let refused = acting.refused("hello", json!({"agent": "supervisor"}));
    assert_eq!(refused["code"], "FORBIDDEN");
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
fn a_registration_ends_the_streams_of_the_token_before_it() {
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let mut before = Agent::join(&path, &house.register("scout"));
    before.message(|m| m["subject"] == "STATE");
    let mut acting = Agent::open(&path, None).unwrap();
    acting.call("hello", json!({"agent": "trader"}));
    let token = house.register("scout");
    assert_eq!(
        before.closed().as_deref(),
        Some("your token is worth nothing any more")
    );
    let mut after = Agent::join(&path, &token);
    after.message(|m| m["subject"] == "STATE");
    assert_eq!(after.call("reserve", cents("1"))["status"], "held");
    assert_eq!(acting.call("reserve", cents("1"))["status"], "held");
}

#[test]
fn the_same_key_does_not_bring_a_token_back() {
    let house = House::new();
    let join = || {
        let mut call = Call::post("agents", json!({"name": "scout", "version": "1"}));
        call.key = Some("k".into());
        house.api.dispatch(&Caller::owner(), &call).body["token"].clone()
    };
    let first = join();
    assert!(first.is_string());
    assert_ne!(join(), first);
}
