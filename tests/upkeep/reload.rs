//! The verb, over restarts.

use std::fs;

use serde_json::Value;

use crate::program::Home;

fn layer(home: &Home, text: &str) {
    fs::write(home.path().join("pilothouse.toml"), text).unwrap();
}

fn interval(home: &Home) -> Value {
    let status = home.status();
    let rows = status["schedules"].as_array().unwrap().iter();
    let row = rows.clone().find(|row| row["name"] == "regime_detection");
    row.unwrap()["interval_s"].clone()
}

#[test]
fn exit_codes_tell_what_became_of_a_reload_and_a_start_goes_by_its_own_files() {
    let home = Home::new();
    layer(
        &home,
        "[coordinator.schedules]\nregime_detection.interval_s = 200\n",
    );
    let engine = home.engine(&["--feed", "idle"]);
    assert_eq!(interval(&home), 200);
    layer(
        &home,
        "[coordinator.schedules]\nregime_detection.interval_s = 70\n[risk]\nmax_leverage = '9'\n",
    );
    let preview = home.verb(&["config", "reload", "--dry-run"]).done();
    assert_eq!(preview["waiting"][0]["key"], "risk.max_leverage");
    assert_eq!(interval(&home), 200);

    let waits = home.verb(&["config", "reload", "--reason", "faster"]);
    assert_eq!(waits.refusal(), (Some(4), "CONFIG_WIDENS".into()));
    assert_eq!(interval(&home), 70, "what is no wider was taken");
    let done = home
        .verb(&["config", "reload", "--reason", "faster", "--yes"])
        .done();
    assert_eq!(done["taken"][0]["key"], "risk.max_leverage");

    layer(&home, "[risk]\nmax_leverage = 'nine'\n");
    let wrong = home.verb(&["config", "reload"]);
    assert_eq!(wrong.refusal(), (Some(6), "CONFIG_INVALID".into()));
    assert!(
        wrong.problem()["message"]
            .as_str()
            .unwrap()
            .contains("pilothouse.toml:2")
    );

    engine.kill();
    layer(
        &home,
        "[coordinator.schedules]\nregime_detection.interval_s = 90\n",
    );
    let _engine = home.engine(&["--feed", "idle"]);
    assert_eq!(interval(&home), 90, "the files as they are at the start");
    let none = home.verb(&["config", "reload"]).done();
    assert_eq!(none["taken"], Value::Array(Vec::new()));
    let audit = home.verb(&["audit", "--kind", "configured"]);
    assert!(audit.out.contains("faster"), "{audit:?}");
}

#[test]
fn without_an_engine_there_is_nobody_to_tell() {
    let home = Home::new();
    let said = home.verb(&["config", "reload"]);
    assert_eq!(said.code, Some(5), "{said:?}");
}

#[test]
fn what_is_shown_can_be_narrowed_down() {
    let home = Home::new();
    layer(&home, "[bus]\nqueue = 7\n");
    let all = home.verb(&["config", "show"]).done();
    let bus = home.verb(&["config", "show", "bus"]).done();
    assert!(all["total"].as_u64().unwrap() > bus["total"].as_u64().unwrap());
    assert_eq!(bus["items"][0]["key"], "bus.queue");
    let changed = home.verb(&["config", "show", "--changed"]).done();
    assert_eq!(changed["total"], 1);
    assert!(
        changed["items"][0]["origin"]
            .as_str()
            .unwrap()
            .ends_with("pilothouse.toml:2")
    );
    assert_eq!(home.verb(&["config", "show", "buss"]).code, Some(1));
    layer(&home, "[bus]\nqueue = 0\nqueeu = 7\n");
    let wrong = home.verb(&["config", "check"]);
    assert_eq!(wrong.code, Some(6));
    let faults = wrong.document()["faults"].clone();
    assert_eq!(faults.as_array().unwrap().len(), 2);
    assert!(faults.to_string().contains("bus.queue"), "{faults}");
}
