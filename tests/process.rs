//! The engine as a process: killed at any moment it comes back as it was, one folder has one
//! engine, and the stop holds with an engine, without one, and over every start.

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fs;

use program::{Home, Said, until};
use rustix::process::Signal;
use serde_json::Value;

/// The ids of a list's items.
fn ids<'a>(items: &'a Value, wanted: impl Fn(&Value) -> bool + 'a) -> BTreeSet<&'a str> {
    let items = items["items"].as_array().unwrap().iter();
    items
        .filter(|item| wanted(item))
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

/// What must be the same of a position before and after.
fn position(row: &Value) -> [Value; 8] {
    [
        "id",
        "symbol",
        "side",
        "quantity",
        "entry",
        "stop",
        "stop_order_id",
        "protected",
    ]
    .map(|field| row[field].clone())
}

fn open_positions(list: &Value) -> Vec<[Value; 8]> {
    let rows = list["items"].as_array().unwrap().iter();
    rows.filter(|row| row["status"] == "open")
        .map(position)
        .collect()
}

fn bound(list: &Value) -> Vec<(Value, Value, Value)> {
    let rows = list["items"].as_array().unwrap().iter();
    rows.filter(|row| row["status"] == "bound")
        .map(|row| {
            let field = |name: &str| row[name].clone();
            (field("id"), field("amount"), field("position_id"))
        })
        .collect()
}

fn entry(home: &Home) -> Said {
    home.verb(&[
        "orders",
        "place",
        "--symbol",
        "BTC/USDT",
        "--side",
        "buy",
        "--type",
        "market",
        "--quantity",
        "0.01",
        "--stop",
        "50000",
        "--target",
        "90000",
    ])
}

/// An entry of the operator, filled and protected.
fn protected_position(home: &Home) -> String {
    entry(home).done();
    until("a protected position", || {
        let positions = home.read(&["positions"]);
        let items = positions["items"].as_array().unwrap();
        let found = items
            .iter()
            .find(|p| p["protected"] == true && p["status"] == "open");
        found.map(|p| p["id"].as_str().unwrap().to_owned())
    })
}

#[test]
fn a_killed_engine_comes_back_with_its_positions_and_what_they_are_bound_to() {
    let home = Home::new();
    let engine = home.engine(&["--speed", "3600"]);
    until("the crew's own protected position", || {
        let positions = home.read(&["positions"]);
        let items = positions["items"].as_array().unwrap();
        items
            .iter()
            .any(|p| p["protected"] == true && p["status"] == "open")
            .then_some(())
    });
    assert!(home.read(&["orders"])["total"].as_u64() > Some(0));
    let seen = home.status()["seq"].as_u64();
    engine.kill();
    let status = home.status();
    assert_eq!(status["engine"], "not_running");
    assert!(status["seq"].as_u64() >= seen);
    let positions = home.read(&["positions"]);
    assert_eq!(positions["engine"], "not_running");
    let reservations = home.read(&["reservations"]);
    // Without prices nothing moves by itself.
    let _engine = home.engine(&["--feed", "idle"]);
    let again = home.read(&["positions"]);
    assert_eq!(open_positions(&again), open_positions(&positions));
    assert_eq!(bound(&home.read(&["reservations"])), bound(&reservations));
    let back = home.status();
    assert_eq!(back["engine"], "running");
    assert!(back["seq"].as_u64() >= status["seq"].as_u64());
    assert_eq!(home.read(&["journal", "verify"])["ok"], true);
}

#[test]
fn no_reservation_that_was_acknowledged_is_lost_by_a_kill() {
    let home = Home::new();
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    let mut last = 0;
    for round in 1..=8 {
        let engine = home.engine(&["--speed", "3600"]);
        let status = home.status();
        let seq = status["seq"].as_u64().unwrap();
        assert!(seq >= last, "round {round}: {seq} after {last}");
        let held = home.read(&["reservations"]);
        let live = ids(&held, |row| row["status"] == "held");
        let lost: Vec<_> = acknowledged
            .iter()
            .filter(|id| !live.contains(id.as_str()))
            .collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
        assert!(!engine.said().contains("ERROR"), "{}", engine.said());
        last = until("the journal grows", || {
            let now = home.status()["seq"].as_u64().unwrap();
            (now >= seq + round * 7 % 40).then_some(now)
        });
        for _ in 0..2 {
            let granted = home
                .verb(&[
                    "reserve",
                    "--resource",
                    "capital",
                    "--amount",
                    "1",
                    "--purpose",
                    "paper: kept",
                    "--ttl",
                    "2592000",
                ])
                .done();
            acknowledged.insert(granted["reservation_id"].as_str().unwrap().to_owned());
            last = last.max(granted["seq"].as_u64().unwrap());
        }
        engine.kill();
    }
    let status = home.status();
    assert!(status["seq"].as_u64() >= Some(last));
    let list = home.read(&["reservations"]);
    let held = ids(&list, |row| row["status"] == "held");
    assert!(acknowledged.iter().all(|id| held.contains(id.as_str())));
    let verified = home.read(&["journal", "verify"]);
    assert_eq!(verified["ok"], true);
    assert_eq!(verified["last_seq"], status["seq"]);
}

#[test]
fn a_second_engine_on_the_folder_is_refused_and_told_of_attach() {
    let home = Home::new();
    let mut engine = home.engine(&["--feed", "idle"]);
    let second = home.verb(&["run", "--headless", "--feed", "idle"]);
    assert_eq!(second.refusal(), (Some(3), "ENGINE_RUNNING".into()));
    let hint = second.problem()["hint"].to_string();
    assert!(hint.contains("pilothouse attach"), "{hint}");
    assert!(engine.is_alive());
    assert_eq!(home.status()["pid"], engine.pid());
}

#[test]
fn a_stop_without_an_engine_is_latched_over_every_start() {
    let home = Home::new();
    let stopped = home.verb(&["hardstop", "--reason", "before the first start"]);
    let stopped = stopped.done();
    assert_eq!(stopped["engine"], "not_running");
    assert_eq!(stopped["epoch"], 1);
    assert_eq!(home.status()["state"], "hardstopped");
    for _ in 0..2 {
        let engine = home.engine(&["--speed", "1"]);
        let status = home.status();
        assert_eq!(status["state"], "hardstopped");
        assert_eq!(status["hardstop"]["epoch"], 1);
        assert_eq!(entry(&home).refusal(), (Some(3), "RISK_STATE".into()));
        engine.kill();
    }
    assert_eq!(home.status()["state"], "hardstopped");
}

#[test]
fn a_stop_refuses_entries_lets_exits_go_and_is_slow_to_clear() {
    let home = Home::new();
    let _engine = home.engine(&["--speed", "1"]);
    let position = protected_position(&home);
    let stopped = home.verb(&["hardstop", "--reason", "enough"]).done();
    assert_eq!(stopped["engine"], "running");
    assert_eq!(stopped["already"], false);
    let seq = stopped["seq"].as_u64().expect("journaled");
    let record = until("the stop is in the audit", || {
        let audit = home.verb(&["audit", "--kind", "hardstop_engaged"]);
        let line = audit.out.lines().next()?;
        Some(serde_json::from_str::<Value>(line).unwrap())
    });
    assert_eq!(record["seq"].as_u64(), Some(seq));
    assert_eq!(entry(&home).refusal(), (Some(3), "RISK_STATE".into()));

    let clear = ["clear", "--reason", "looked at", "--epoch", "1"];
    let unconfirmed = home.verb(&clear);
    assert_eq!(
        unconfirmed.refusal(),
        (Some(4), "CONFIRMATION_MISSING".into())
    );
    let confirmed = [&clear[..], &["--yes"]].concat();
    assert_eq!(home.verb(&["hardstop"]).done()["already"], true);
    let hasty = home.verb(&confirmed);
    assert_eq!(hasty.refusal(), (Some(3), "HARDSTOP_JUST_PRESSED".into()));
    assert_eq!(home.verb(&["resume"]).code, Some(3));

    home.verb(&["positions", "close", &position]).done();
    until("the position is closed", || {
        let positions = home.read(&["positions"]);
        ids(&positions, |p| p["status"] == "closed")
            .contains(position.as_str())
            .then_some(())
    });
    let cleared = until("the stop is cleared", || {
        let said = home.verb(&confirmed);
        (said.code == Some(0)).then(|| said.document())
    });
    assert_eq!(cleared["state"], "reduce_only");
    assert_eq!(home.status()["hardstop"], Value::Null);
    assert_eq!(entry(&home).refusal(), (Some(3), "RISK_STATE".into()));
    let resumed = home.verb(&["resume", "--reason", "looked at"]).done();
    assert_eq!(resumed["state"], "running");
}

#[test]
fn a_default_folder_that_nobody_named_is_left_alone() {
    let home = Home::new();
    for verb in [
        &["hardstop"][..],
        &["pause"],
        &["shutdown", "--yes"],
        &["attach"],
    ] {
        let mut command = home.program(verb);
        command.arg("--json");
        let said = home.ended(command);
        let refusal = (Some(5), "ENGINE_UNREACHABLE".to_owned());
        assert_eq!(said.refusal(), refusal, "{verb:?}");
    }
    assert!(!home.path().join("default").exists());
}

#[test]
fn sigquit_engages_the_stop_of_a_service_and_sigterm_ends_it_with_a_summary() {
    let home = Home::new();
    let mut engine = home.engine(&["--speed", "1", "--json"]);
    let position = protected_position(&home);
    engine.signal(Signal::QUIT);
    let status = until("the stop is journaled", || {
        let status = home.status();
        (status["state"] == "hardstopped").then_some(status)
    });
    assert_eq!(status["hardstop"]["open_positions"], 1);
    assert!(engine.is_alive());
    engine.signal(Signal::TERM);
    let said = engine.ended();
    let summary = said.done();
    assert_eq!(summary["state"], "hardstopped");
    let open = summary["positions_open"][0].as_str().unwrap();
    assert!(open.starts_with(&position), "{open}");
    assert!(open.ends_with("stop 50000 rests"), "{open}");
    assert_eq!(
        summary["journal_hash"],
        home.read(&["journal", "verify"])["hash"]
    );
    assert!(!fs::exists(home.state().join("core")).unwrap());
}
