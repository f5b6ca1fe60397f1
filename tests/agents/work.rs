//! Activities, queues and prices.

use crate::agent::{Agent, http};
use crate::house::{House, code};
use crate::token_of;
use pilothouse::api::{Caller, Limits};
use serde_json::{Value, json};

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
    let listed = house.get("activities?agent=optimizer");
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
                "coordination/messages?agent=scout&pending=true",
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
fn only_an_agent_takes_from_its_queue() {
    let house = House::new();
    house.register("scout");
    let queue = "coordination/messages?agent=scout&pending=true";
    let status = |by: Caller| house.read(by, queue).body["items"][0]["status"].clone();
    assert_eq!(status(Caller::owner()), "queued");
    assert_eq!(status(Caller::owner()), "queued", "it was only shown");
    let owner_as_scout = Caller {
        name: "scout".parse().unwrap(),
        ..Caller::owner()
    };
    assert_eq!(status(owner_as_scout), "delivered");
    assert_eq!(status(token_of("scout")), Value::Null, "it was handed over");
    assert_eq!(house.read(token_of("scout"), queue).body["total"], 1);
}
