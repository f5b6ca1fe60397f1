//! What the operator is shown beyond the documents: alarms and taking note of them, and the account's
//! allocation, over the dispatch and by verbs.

#[path = "support/house.rs"]
mod house;
#[path = "support/program.rs"]
mod program;

use house::House;
use pilothouse::api::{Caller, Role};
use program::Home;
use serde_json::{Value, json};

fn paused(house: &House, symbol: &str) {
    let body = json!({"symbol": symbol, "reason": "news at noon"});
    let answer = house.post("coordinator/pause", body);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn alarm<'a>(alarms: &'a Value, id: &str) -> &'a Value {
    let items = alarms["items"].as_array().unwrap();
    items.iter().find(|a| a["id"] == id).unwrap_or(&Value::Null)
}

#[test]
fn an_alarm_is_acknowledged_once_for_as_long_as_it_stands() {
    let house = House::new();
    paused(&house, "BTC/USDT");
    let id = "symbol_paused:BTC/USDT";
    let alarms = house.get("alarms?kind=symbol_paused");
    let before = alarm(&alarms, id);
    assert_eq!(
        (&before["acked"], &before["severity"]),
        (&Value::Null, &json!(1))
    );
    // In a path the symbol is written with an underscore.
    let acked = house.post("alarms/symbol_paused:BTC_USDT/ack", json!({}));
    assert_eq!(acked.status, 200, "{}", acked.body);
    assert_eq!(acked.body["acked"]["by"], "operator");
    assert!(acked.body["seq"].as_u64().unwrap() > alarms["seq"].as_u64().unwrap());
    assert_eq!(
        house.get("alarms?acked=false&kind=symbol_paused")["total"],
        0
    );
    // It is the same one until it has gone, and a new one when it comes again.
    let resumed = json!({"symbol": "BTC/USDT", "reason": "over"});
    house.post("coordinator/resume", resumed);
    assert_eq!(alarm(&house.get("alarms"), id), &Value::Null);
    std::thread::sleep(std::time::Duration::from_millis(2));
    paused(&house, "BTC/USDT");
    let again = house.get("alarms");
    assert_eq!(alarm(&again, id)["acked"], Value::Null);
    assert_eq!(alarm(&again, id)["times"], 2);
}

#[test]
fn what_was_seen_is_acknowledged_and_nothing_that_came_after() {
    let house = House::new();
    paused(&house, "BTC/USDT");
    paused(&house, "ETH/USDT");
    let seen = house.get("alarms?kind=symbol_paused");
    let first = &seen["items"][0];
    let items = json!({"items": [{"id": first["id"], "since": first["since"]}]});
    let answer = house.post("alarms/ack", items);
    assert_eq!((answer.status, &answer.body["acked"]), (200, &json!(1)));
    assert_eq!(
        house.get("alarms?kind=symbol_paused&acked=true")["total"],
        1
    );
    let old =
        json!({"items": [{"id": seen["items"][1]["id"], "since": "2020-01-01T00:00:00.000Z"}]});
    assert_eq!(house.post("alarms/ack", old).status, 200);
    let left = house.get("alarms?kind=symbol_paused&acked=false");
    assert_eq!(
        left["total"], 1,
        "another standing than the one that was seen"
    );
    assert_eq!(house.post("alarms/ack", json!({"all": true})).status, 200);
    assert_eq!(house.get("alarms?acked=false")["total"], 0);
    for (body, status) in [
        (json!({}), 422),
        (
            json!({"all": true, "items": [{"id": "x", "since": "2020-01-01T00:00:00.000Z"}]}),
            422,
        ),
        (json!({"every": true}), 422),
    ] {
        assert_eq!(
            house.post("alarms/ack", body.clone()).status,
            status,
            "{body}"
        );
    }
    assert_eq!(house.post("alarms/nothing:here/ack", json!({})).status, 404);
    let audit = house.get("audit?kind=alarm_acked");
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(3), "{audit}");
    assert_eq!(audit["items"][0]["actor"], "operator");
}

#[test]
fn only_operators_take_note() {
    let house = House::new();
    paused(&house, "BTC/USDT");
    for role in [Role::Viewer, Role::Agent] {
        let who = Caller {
            name: "somebody".parse().unwrap(),
            role,
            origin: None,
        };
        let path = "alarms/symbol_paused:BTC_USDT/ack";
        assert_eq!(house.ask(who, "POST", path, json!({})).status, 403);
        assert_eq!(house.read(who, "alarms").status, 200);
    }
}

#[test]
fn the_allocation_is_told_and_rebalancing_is_not_configured() {
    let house = House::new();
    let portfolio = house.get("portfolio/allocation");
    for field in [
        "timestamp",
        "action",
        "total_equity_usd",
        "assets",
        "max_deviation_pct",
        "trades",
        "execution_strategy",
        "used_fallback_strategy",
        "reasoning",
        "seq",
    ] {
        assert!(
            portfolio.get(field).is_some(),
            "{field} is missing: {portfolio}"
        );
    }
    // Nothing but the quote currency is held, which needs no price; the others are at nothing.
    assert_eq!(portfolio["total_equity_usd"], "10000");
    assert_eq!(portfolio["action"], "rebalance");
    assert_eq!(portfolio["max_deviation_pct"], "66.66");
    let assets = portfolio["assets"].as_array().unwrap();
    let names: Vec<&str> = assets.iter().filter_map(|a| a["asset"].as_str()).collect();
    assert_eq!(names, ["BTC", "USDT", "XRP"]);
    assert_eq!(assets[0]["deviation_pct"], "-33.33");
    let answer = house.post("portfolio/rebalance", json!({"force": true}));
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (409, &json!("NOT_CONFIGURED"))
    );
}

#[test]
fn what_was_executed_is_told_of_a_window() {
    let house = House::new();
    let told = house.get("telemetry/summary");
    assert_eq!(
        (&told["window_s"], &told["samples"]),
        (&json!(86_400), &json!(0))
    );
    assert_eq!(
        (&told["fill_efficiency"], &told["confidence"]),
        (&Value::Null, &Value::Null)
    );
    assert!(told["edge_decay_bps"]["30m"].is_null() && told["seq"].is_u64());
    let orders = house.get("stats/execution?window=60");
    assert_eq!(
        (&orders["window_s"], &orders["orders"]),
        (&json!(60), &json!(0))
    );
    for wrong in ["0", "-5", "soon", "99999999"] {
        let path = format!("telemetry/summary?window={wrong}");
        assert_eq!(house.read(Caller::owner(), &path).status, 422, "{wrong}");
    }
}

#[test]
fn the_engine_measures_itself() {
    let house = House::with_market();
    let series = program::until("a point of the engine's figures", || {
        let snapshot = house.get("snapshot");
        let series = snapshot["measures"]["series"].as_array()?.clone();
        let commit = series.iter().find(|s| s["name"] == "commit")?;
        (!commit["values"].as_array()?.is_empty()).then_some(series)
    });
    assert_eq!(series.len(), 6);
    for s in &series {
        let values = s["values"].as_array().unwrap();
        assert!(
            values.iter().all(|v| v.as_f64().is_some_and(|v| v >= 0.0)),
            "{s}"
        );
    }
}

#[test]
fn verbs_list_and_acknowledge_with_an_engine_and_list_without_one() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    home.read(&["pause", "--symbol", "BTC/USDT"]);
    let told = |arguments: &[&str]| {
        let mut command = home.program(arguments);
        command.arg("--state").arg(home.state());
        let said = home.ended(command);
        assert_eq!(said.code, Some(0), "{said:?}");
        said.out
    };
    let list = told(&["alarms"]);
    assert!(list.contains("symbol_paused:BTC/USDT"), "{list}");
    let acked = home.read(&["alarms", "ack", "symbol_paused:BTC/USDT"]);
    assert_eq!(acked["acked"]["by"], "operator");
    let open = home.read(&["alarms", "--acked", "false", "--kind", "symbol_paused"]);
    assert_eq!(open["total"], 0);
    let all = home.read(&["alarms", "ack", "--all"]);
    assert!(all["acked"].is_u64(), "{all}");
    let neither = home.verb(&["alarms", "ack"]);
    assert_eq!(neither.refusal(), (Some(2), "USAGE".to_owned()));
    assert_eq!(home.verb(&["alarms", "ack", "no:such"]).code, Some(3));
    let shares = told(&["portfolio"]);
    assert!(shares.contains("66.66"), "{shares}");
    let rebalance = home.verb(&["portfolio", "rebalance", "--force"]);
    assert_eq!(rebalance.refusal(), (Some(3), "NOT_CONFIGURED".to_owned()));
    let told = home.read(&["telemetry", "--window", "60"]);
    assert_eq!(told["window_s"], 60);
    assert_eq!(home.read(&["telemetry", "--orders"])["orders"], 0);
    drop(engine);
    let after = home.read(&["alarms"]);
    let item = alarm(&after, "symbol_paused:BTC/USDT");
    assert_eq!(item["acked"]["by"], "operator", "{after}");
    assert!(home.read(&["portfolio"])["assets"].is_array());
}
