//! A reload step by step, on an engine in this process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pilothouse::api::{Answer, Api, Caller};
use pilothouse::client::{Call, Problem};
use pilothouse::config::{Sources, load};
use pilothouse::core::{Command, RecordBody};
use pilothouse::engine::{Engine, FeedChoice, Options, journal_dir};
use pilothouse::journal::Reader;
use serde_json::{Value, json};

/// An engine, and the one file it was started with.
struct Reloading {
    dir: tempfile::TempDir,
    api: Api,
    engine: Option<Engine>,
}

impl Reloading {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pilothouse.toml"), text).unwrap();
        let sources = Sources {
            cwd: dir.path().to_owned(),
            ..Sources::default()
        };
        let loaded = load(&sources).unwrap();
        let state_dir = dir.path().join("state");
        let engine = Engine::start(Options {
            state_dir: state_dir.clone(),
            config: loaded.config.clone(),
            feed: FeedChoice::Idle,
            speed: None,
            seed: 1,
            symbol: None,
            exit_at_end: false,
            accept_loss: None,
            views: false,
        })
        .unwrap();
        engine.handle.configured_from(sources, loaded);
        let api = Api::new(engine.handle.clone(), &state_dir);
        Self {
            dir,
            api,
            engine: Some(engine),
        }
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("pilothouse.toml")
    }

    fn ask(&self, call: &Call) -> Result<Value, Problem> {
        let answer: Answer = self.api.dispatch(&Caller::owner(), call);
        answer.into_result()
    }

    fn get(&self, path: &str) -> Value {
        self.ask(&Call::get(path)).unwrap()
    }

    fn reload(&self, body: Value) -> Result<Value, Problem> {
        self.ask(&Call::post("config/reload", body))
    }

    /// The organisation's limit of a rule, as a number.
    fn limit(&self, rule: &str) -> f64 {
        let risk = self.get("risk");
        let rows = risk["items"].as_array().unwrap().iter();
        let row = rows.clone().find(|row| row["rule"] == rule);
        let row = row.unwrap_or_else(|| panic!("{rule} in {risk}"));
        row["limit"].as_str().unwrap().parse().unwrap()
    }

    fn until(&self, what: &str, done: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let status = self.get("coordinator/status");
            if done(&status) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {status}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.handle.shutdown();
            engine.join();
        }
    }
}

fn keys(document: &Value, group: &str) -> Vec<String> {
    let rows = document[group].as_array().unwrap().iter();
    rows.map(|row| row["key"].as_str().unwrap().to_owned())
        .collect()
}

fn why() -> Value {
    json!({ "reason": "a quiet night" })
}

#[test]
fn what_narrows_is_in_force_at_once_and_journaled_with_who_and_why() {
    let house = Reloading::new("");
    let nothing = house.reload(why()).unwrap();
    assert_eq!(nothing["taken"], json!([]));
    house.write(
        "[risk]\nmax_order_value_usd = '100'\n\
         [coordinator.schedules]\nregime_detection.interval_s = 77\n\
         sentiment_analysis.enabled = true\n\
         [store]\nsegment_mb = 4\n[portfolio]\nminimum_trade_usd = '20'\n",
    );
    let preview = house.get("config/reload");
    assert_eq!(keys(&preview, "taken").len(), 3);
    assert_eq!(
        house.limit("RISK_ORDER_VALUE"),
        2500.0,
        "nothing is taken by a look"
    );
    let before = house.get("coordinator/status")["seq"].as_u64().unwrap();

    let done = house.reload(why()).unwrap();
    assert_eq!(
        keys(&done, "taken"),
        [
            "coordinator.schedules.regime_detection.interval_s",
            "coordinator.schedules.sentiment_analysis.enabled",
            "risk.max_order_value_usd",
        ]
    );
    assert_eq!(keys(&done, "restart"), ["store.segment_mb"]);
    assert_eq!(
        keys(&done, "without_effect"),
        ["portfolio.minimum_trade_usd"]
    );
    let limit = &done["taken"][2];
    assert_eq!(
        (&limit["from"], &limit["to"]),
        (&"\"2500\"".into(), &"\"100\"".into())
    );
    assert!(
        limit["origin"]
            .as_str()
            .unwrap()
            .ends_with("pilothouse.toml:2")
    );
    assert!(done["seq"].as_u64().unwrap() > before);

    let schedules = house.get("coordinator/status")["schedules"].clone();
    let schedule = |name: &str| {
        let rows = schedules.as_array().unwrap().iter();
        rows.clone()
            .find(|row| row["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(schedule("regime_detection")["interval_s"], 77);
    assert_eq!(schedule("sentiment_analysis")["enabled"], true);
    assert_eq!(house.limit("RISK_ORDER_VALUE"), 100.0);

    let audit = house.get("audit");
    let lines = audit["items"].as_array().unwrap().iter();
    let line = lines
        .clone()
        .find(|line| line["kind"] == "configured")
        .unwrap();
    assert_eq!(line["actor"], "operator");
    let data = line["data"].to_string();
    assert!(
        data.contains("a quiet night") && data.contains("risk.max_order_value_usd"),
        "{data}"
    );
    assert_eq!(
        house.reload(why()).unwrap()["taken"],
        json!([]),
        "nothing has changed since"
    );
}

#[test]
fn what_widens_waits_for_its_word_and_what_narrows_does_not_wait_for_it() {
    let house = Reloading::new("");
    house.write("[risk]\nmax_order_value_usd = '5000'\nmax_spread = '0.002'\n");
    let refused = house.reload(why()).unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (409, "CONFIG_WIDENS")
    );
    let words = &refused.message;
    assert!(
        words.contains("risk.max_order_value_usd from \"2500\" to \"5000\""),
        "{words}"
    );
    assert!(
        words.contains("taken at once") && words.contains("risk.max_spread"),
        "{words}"
    );
    assert_eq!(house.limit("RISK_ORDER_VALUE"), 2500.0);
    assert_eq!(house.limit("RISK_SPREAD"), 0.002);

    let wrong = house
        .reload(json!({"reason": "x", "confirm": "YES"}))
        .unwrap_err();
    assert_eq!(wrong.status, 422);
    // Somebody confirms what they were shown, and the file says more by then.
    let shown = house.get("config/reload")["widening"].clone();
    house.write("[risk]\nmax_order_value_usd = '50000'\nmax_spread = '0.002'\n");
    let confirm = json!({"reason": "x", "confirm": "WIDEN", "shown": shown});
    assert_eq!(house.reload(confirm).unwrap_err().code, "CONFIG_STALE");
    assert_eq!(house.limit("RISK_ORDER_VALUE"), 2500.0);

    let shown = house.get("config/reload")["widening"].clone();
    let confirm = json!({"reason": "x", "confirm": "WIDEN", "shown": shown});
    let done = house.reload(confirm).unwrap();
    assert_eq!(done["taken"][0]["widens"], true);
    assert_eq!(house.limit("RISK_ORDER_VALUE"), 50000.0);
}

#[test]
fn a_reload_and_the_end_are_journaled_with_who_asked_and_from_where() {
    let mut house = Reloading::new("");
    house.write("[risk]\nmax_order_value_usd = '100'\n");
    let far = "tcp:192.0.2.7:40312 token".parse().unwrap();
    let vera = Caller {
        name: "vera".parse().unwrap(),
        ..Caller::owner().at(far)
    };
    for call in [
        Call::post("config/reload", why()),
        Call::post("coordinator/shutdown", json!({})),
    ] {
        house.api.dispatch(&vera, &call).into_result().unwrap();
    }
    house.engine.take().unwrap().join();
    let journal = journal_dir(&house.dir.path().join("state"));
    let mut reader = Reader::open_dir(&journal, 1).unwrap();
    let mut found = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        let body = RecordBody::decode(record.body).unwrap();
        let asked = matches!(
            body.command,
            Command::Configure { .. } | Command::Shutdown { .. }
        );
        if asked && body.actor == vera.name {
            found.push(body.origin);
        }
    }
    assert_eq!(found, [Some(far), Some(far)]);
}

#[test]
fn a_wrong_file_is_refused_whole_with_its_lines() {
    let house = Reloading::new("");
    house.write("[risk]\nmax_order_value_usd = '100'\nmax_leverage = '500'\nmax_spraed = '0.1'\n");
    for answer in [house.reload(why()), house.ask(&Call::get("config/reload"))] {
        let problem = answer.unwrap_err();
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (409, "CONFIG_INVALID")
        );
        let place = format!("{}:", house.file().display());
        for words in [&format!("{place}3"), &format!("{place}4"), "max_spread"] {
            assert!(
                problem.message.contains(words),
                "{words}: {}",
                problem.message
            );
        }
    }
    assert_eq!(
        house.limit("RISK_ORDER_VALUE"),
        2500.0,
        "nothing of it is taken"
    );
}

#[test]
fn what_hangs_on_the_engine_follows() {
    let house = Reloading::new("");
    house.write("[coordinator]\nmode = 'guide'\n[store]\nreserve_mb = 1048576\n");
    let done = house.reload(why()).unwrap();
    assert_eq!(
        keys(&done, "taken"),
        ["coordinator.mode", "store.reserve_mb"]
    );
    house.until("the disk is short by the new reserve", |s| {
        s["state"] == "REDUCE_ONLY" || s["state"] == "reduce_only"
    });
    assert_eq!(house.get("coordinator/status")["autonomy"], "guide");
    house.write("");
    let refused = house.reload(why()).unwrap_err();
    assert_eq!(refused.code, "CONFIG_WIDENS");
    assert_eq!(house.get("coordinator/status")["autonomy"], "guide");
}

#[test]
fn a_reason_is_wanted_and_without_one_nothing_is_taken() {
    let house = Reloading::new("");
    house.write("[risk]\nmax_leverage = '2'\n");
    let refused = house.reload(json!({"reason": " "})).unwrap_err();
    assert_eq!(refused.code, "REASON_MISSING");
    assert_eq!(
        keys(&house.get("config/reload"), "taken"),
        ["risk.max_leverage"],
        "not taken"
    );
}

#[test]
fn an_order_that_names_no_type_has_the_configured_one() {
    let house = Reloading::new("[execution]\ndefault_type = 'market'\ntime_in_force = 'ioc'\n");
    let order = json!({"symbol": "BTC/USDT", "side": "buy", "quantity": "0.001"});
    let place = || house.ask(&Call::post("orders", order.clone()));
    // Without a market nothing is approved; what was asked for is in the audit.
    let refused = place().unwrap_err();
    assert_eq!(refused.status, 409, "{refused}");
    house.write("[execution]\ndefault_type = 'limit'\n");
    assert_eq!(
        house.reload(why()).unwrap()["taken"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let refused = place().unwrap_err();
    assert!(
        refused.to_string().contains("price"),
        "a limit order wants one: {refused}"
    );
}

#[test]
fn hardstop_stays_as_long_as_is_configured_after_a_press() {
    let house = Reloading::new("[coordinator]\nclear_wait_s = 3600\n");
    let stop = house.ask(&Call::post(
        "coordinator/hardstop",
        json!({"reason": "drill"}),
    ));
    let epoch = stop.unwrap()["epoch"].clone();
    let clear = || {
        let body = json!({"reason": "over", "epoch": epoch, "confirm": "CLEAR"});
        house.ask(&Call::post("coordinator/clear", body))
    };
    let refused = clear().unwrap_err();
    assert_eq!(refused.code, "HARDSTOP_JUST_PRESSED");
    assert_eq!(refused.limit.as_deref(), Some("3600000"));
    house.write("[coordinator]\nclear_wait_s = 1\n");
    assert_eq!(house.reload(why()).unwrap_err().code, "CONFIG_WIDENS");
    house
        .reload(json!({"reason": "a drill", "confirm": "WIDEN"}))
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(refused) = clear() {
        assert_eq!(refused.limit.as_deref(), Some("1000"), "{refused}");
        assert!(Instant::now() < deadline);
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
