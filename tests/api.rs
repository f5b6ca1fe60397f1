//! The dispatch before a running engine, and over its socket.

#[path = "support/house.rs"]
mod house;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use house::{House, code};
use pilothouse::api::{Caller, Role, serve};
use pilothouse::client::{Call, Link, LocalLink, RemoteLink, Target, call};
use serde_json::{Value, json};

fn who(name: &str, role: Role) -> Caller {
    Caller {
        name: name.parse().unwrap(),
        role,
        origin: None,
    }
}

#[test]
fn a_reservation_from_grant_to_release() {
    let house = House::new();
    let wish = json!({"resource": "capital", "amount": "100.5", "purpose": "live_x", "ttl_s": 60});
    let granted = house.post("reservations", wish);
    assert_eq!(granted.status, 201);
    let id = granted.body["reservation_id"].as_str().unwrap().to_owned();
    let rows = house.get("reservations?status=live");
    let row = &rows["items"][0];
    assert_eq!((&row["id"], &row["status"]), (&json!(id), &json!("held")));
    for field in ["amount", "asked", "priority", "expires_at", "resource"] {
        assert_eq!(row[field], granted.body[field], "{field} is told as it is");
    }
    let renewed = house.post(&format!("reservations/{id}/renew"), json!({"ttl_s": 600}));
    assert!(renewed.body["expires_at"].as_str() > row["expires_at"].as_str());
    let release = || {
        house.ask(
            Caller::owner(),
            "DELETE",
            &format!("reservations/{id}"),
            Value::Null,
        )
    };
    assert_eq!(release().body["result"], "released");
    assert_eq!(release().body["result"], "already_released");
    let other = house.ask(
        Caller::owner(),
        "DELETE",
        "reservations/trader_1771068213740",
        Value::Null,
    );
    assert_eq!(other.status, 404);
    let story = house.get(&format!("explain/{id}"));
    assert_eq!(story["outcome"], "released");
    assert!(
        story["narrative"]
            .as_str()
            .unwrap()
            .contains("trader was granted 100.5 USD")
    );
}

#[test]
fn several_at_once_or_none_and_a_key_is_one_request() {
    let house = House::new();
    let item = |amount: &str| json!({"resource": "capital", "amount": amount, "purpose": "paper"});
    let both = house.post("reservations", json!({"items": [item("1"), item("2")]}));
    assert_eq!(both.body["items"].as_array().unwrap().len(), 2);
    let refused = house.post("reservations", json!({"items": [item("1"), item("1e9")]}));
    assert_eq!((refused.status, code(&refused)), (409, "RESERVE_CAPITAL"));
    assert!(
        !refused.body["error"]["holders"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(house.get("reservations?status=live")["total"], 2);

    let keyed = |body: Value| {
        let mut call = Call::post("reservations", body);
        call.key = Some("once".into());
        house.api.dispatch(&Caller::owner(), &call)
    };
    let (first, again) = (keyed(item("3")), keyed(item("3")));
    assert_eq!(first.body["reservation_id"], again.body["reservation_id"]);
    assert_eq!(first.body["expires_at"], again.body["expires_at"]);
    assert_eq!(code(&keyed(item("4"))), "IDEMPOTENCY_MISMATCH");
}

#[test]
fn roles_say_who_may_do_what() {
    let house = House::new();
    let viewer = who("eve", Role::Viewer);
    let agent = who("trader", Role::Agent);
    let wish = |agent: &str| json!({"resource": "compute", "amount": 1, "purpose": "live", "agent": agent});
    for (caller, method, path, body, status) in [
        (viewer, "GET", "coordinator/status", Value::Null, 200),
        (viewer, "POST", "reservations", wish("trader"), 403),
        (viewer, "POST", "coordinator/pause", json!({}), 403),
        (agent, "POST", "coordinator/pause", json!({}), 403),
        (agent, "POST", "coordinator/clear", json!({}), 403),
        (agent, "POST", "reservations", wish("trader"), 201),
        (agent, "POST", "reservations", wish("deployer"), 403),
        (
            Caller::owner(),
            "POST",
            "reservations",
            wish("deployer"),
            201,
        ),
        (
            viewer,
            "POST",
            "coordinator/hardstop",
            json!({"reason": "fire"}),
            200,
        ),
    ] {
        let answer = house.ask(caller, method, path, body);
        assert_eq!(
            answer.status, status,
            "{} {method} {path}: {}",
            caller.name, answer.body
        );
    }
}

#[test]
fn the_stop_is_journaled_and_its_clear_is_slow() {
    let house = House::new();
    let stopped = house
        .post("coordinator/hardstop", json!({"reason": "fire"}))
        .body;
    assert_eq!(
        (&stopped["epoch"], &stopped["already"]),
        (&json!(1), &json!(false))
    );
    assert!(stopped["seq"].as_u64().is_some() && stopped["durable_us"].as_u64().is_some());
    let status = house.get("coordinator/status");
    assert_eq!(status["state"], "hardstopped");
    assert_eq!(status["hardstop"]["reason"], "fire");
    assert_eq!(
        house.post("coordinator/hardstop", json!("nonsense")).body["already"],
        true
    );
    let clear = |body: Value| house.post("coordinator/clear", body);
    let whole = json!({"reason": "checked", "epoch": 1, "confirm": "CLEAR"});
    assert_eq!(code(&clear(whole)), "HARDSTOP_JUST_PRESSED");
    assert_eq!(
        clear(json!({"reason": "x", "epoch": 1, "confirm": "yes"})).status,
        422
    );
    assert_eq!(
        code(&house.post("coordinator/resume", json!({}))),
        "HARDSTOP_ENGAGED"
    );
    let lines = house.get("audit?kind=hardstop_engaged");
    assert_eq!(lines["items"][0]["data"]["reason"], "fire");
}

#[test]
fn a_refused_order_says_rule_limit_and_value_and_can_be_explained() {
    let house = House::new();
    let order = json!({"symbol": "BTC_USDT", "side": "buy", "type": "market", "quantity": 0.001, "request_id": "r1"});
    let refused = house.post("orders", order.clone());
    assert_eq!((refused.status, code(&refused)), (409, "RISK_STALE_PRICE"));
    assert_eq!(
        house.get("explain/r1")["outcome"],
        "refused: RISK_STALE_PRICE"
    );
    let with = |field: &str, value: Value| {
        let mut order = order.clone();
        order[field] = value;
        house.post("orders", order)
    };
    assert_eq!(with("algorithm", json!({"kind": "zigzag"})).status, 422);
    let wrong = with("quantity", json!("much"));
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("quantity")
    );
    assert_eq!(with("colour", json!("red")).status, 422);
    let paper = json!({"resource": "capital", "amount": 100, "purpose": "paper trade"});
    let paper = house.post("reservations", paper).body["reservation_id"].clone();
    assert_eq!(code(&with("reservation", paper)), "RESERVE_CLASS");
    let gone = with("reservation", json!("trader_1771068213740"));
    assert_eq!(code(&gone), "RESERVE_UNKNOWN");
    assert_eq!(with("reservation", json!("mine")).status, 422);
    assert_eq!(house.post("orders/order_9/cancel", json!({})).status, 404);
}

#[test]
fn pauses_tasks_cycles_and_messages_answer_with_what_they_changed() {
    let house = House::new();
    assert_eq!(
        house.post("coordinator/pause", json!({})).body["state"],
        "paused"
    );
    assert_eq!(
        house.post("coordinator/resume", json!({})).body["state"],
        "running"
    );
    let toggled = house.post("coordinator/task/ta_analysis/disable", Value::Null);
    assert_eq!(toggled.body["enabled"], false);
    assert_eq!(
        house
            .post("coordinator/task/nobody/run", Value::Null)
            .status,
        404
    );
    assert_eq!(
        house
            .post("coordinator/task/risk/dance", Value::Null)
            .status,
        404
    );
    let cycle = house.post(
        "coordination/cycle",
        json!({"symbol": "ETH/USDT", "account_balance": 1.5}),
    );
    assert_eq!(cycle.status, 201, "{}", cycle.body);
    let id = cycle.body["id"].as_str().unwrap();
    assert_eq!(
        house.get(&format!("coordination/cycles/{id}"))["symbol"],
        "ETH/USDT"
    );
    let signal =
        json!({"symbol": "BTC/USDT", "bias": "bullish", "confidence": 0.12345678901234567});
    let wish =
        json!({"from": "sentiment_analysis", "topic": "sentiment_updates", "payload": signal});
    assert_eq!(house.post("coordination/messages", wish).status, 201);
    let last = house.get("coordination/latest?topic=sentiment_updates&symbol=BTC_USDT");
    assert_eq!(last["payload"]["bias"], "bullish");
    let letter =
        json!({"to": "risk_management", "priority": "urgent", "subject": "look", "payload": [1]});
    let sent = house.post("coordination/messages", letter);
    let row = &house.get("coordination/messages?agent=risk&kind=request")["items"][0];
    assert_eq!(
        (&row["id"], &row["priority"]),
        (&sent.body["id"], &json!("critical"))
    );
    assert_eq!(
        house.post("positions/position_1/close", json!({})).status,
        404
    );
}

#[test]
fn the_socket_is_private_and_says_the_same() {
    let house = House::new();
    let path = house.dir.path().join("control.sock");
    std::fs::write(&path, "stale").unwrap();
    let server = serve(Arc::clone(&house.api), &path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let target = Target::Socket(path.clone());
    let status = call(&target, &Call::get("coordinator/status")).unwrap();
    assert_eq!(status["engine"], "running");
    let lines = call(&target, &Call::get("audit")).unwrap();
    assert_eq!(lines["items"][0]["seq"], 1);
    let refused = call(&target, &Call::post("flatten", json!({"reason": "x"}))).unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (422, "REQUEST_INVALID")
    );

    let link = RemoteLink::connect(&target, "operator".parse().unwrap()).unwrap();
    assert!(link.connected() && link.stop_linked());
    let paused = link
        .call(Call::post("coordinator/pause", json!({})))
        .unwrap();
    assert_eq!(paused["state"], "paused");
    let stopped = link.stop("from afar").unwrap();
    assert_eq!(stopped.epoch, 1);
    assert!(stopped.seq.is_some(), "journaled before it was told");
    let near = LocalLink::new(Arc::clone(&house.api), Caller::owner());
    assert!(near.stop("again").unwrap().already);
    drop(server);
    assert!(!path.exists());
    assert!(call(&target, &Call::get("coordinator/status")).is_err());
}

#[test]
fn a_path_longer_than_an_address_is_served_through_its_folder() {
    let house = House::new();
    let path = house
        .dir
        .path()
        .join("long".repeat(30))
        .join("control.sock");
    assert!(path.as_os_str().len() > 107);
    let _server = serve(Arc::clone(&house.api), &path).unwrap();
    let status = call(&Target::Socket(path), &Call::get("agents")).unwrap();
    assert_eq!(status["total"], 11);
}

#[test]
fn what_was_is_shown_near_and_far() {
    let house = House::new();
    let reason = json!({"reason": "news"});
    let paused = house.post("coordinator/pause", reason.clone());
    let seq = paused.body["seq"].as_u64().unwrap();
    assert_eq!(house.post("coordinator/resume", reason).status, 200);
    let socket = house.dir.path().join("control.sock");
    let _server = serve(Arc::clone(&house.api), &socket).unwrap();
    let far = RemoteLink::connect(&Target::Socket(socket), "operator".parse().unwrap()).unwrap();
    let near = LocalLink::new(Arc::clone(&house.api), Caller::owner());
    let links: [&dyn Link; 2] = [&near, &far];
    for link in links {
        let at = |seq| link.at(seq).unwrap();
        let state = |seq| json!(at(seq).status.state);
        assert_eq!((at(seq).status.seq, state(seq)), (seq, json!("paused")));
        assert_eq!(state(seq - 1), json!("running"));
        assert_eq!(at(seq).audit.last().unwrap().kind, "cause_added");
        for none in [0, 1_000_000] {
            assert_eq!(link.at(none).unwrap_err().code, "SEQ_UNKNOWN");
        }
    }
}

#[test]
fn a_comparison_that_is_asked_for_says_how_many_orders_and_what_differed() {
    let house = House::new();
    let answer = house.post("orders/sync", json!({}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["synced"], 0);
    assert_eq!(answer.body["differences"], json!([]));
    assert!(answer.body["seq"].is_u64());
    assert_eq!(house.get("snapshot")["comparison"]["asked"], false);
}
