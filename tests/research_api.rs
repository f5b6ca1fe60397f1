//! Research runs, strategies and deployments by their endpoints, before a running engine.

#[path = "support/house.rs"]
mod house;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use house::{House, code};
use pilothouse::api::{Caller, Role};
use pilothouse::client::Call;
use serde_json::{Value, json};

/// Hours of a price that swings.
fn bars(house: &House, count: usize) -> PathBuf {
    let close = |n: usize| 100.0 + 10.0 * (n as f64 / 15.0).sin() + (n % 7) as f64 / 5.0;
    let rows = (0..count).map(|n| {
        let at = 1_704_067_200_000 + n as i64 * 3_600_000;
        let (open, close) = (close(n.saturating_sub(1)), close(n));
        let (high, low) = (open.max(close), open.min(close));
        format!("{at},{open:.4},{high:.4},{low:.4},{close:.4},5")
    });
    let path = house.dir.path().join("XBTUSD.csv");
    std::fs::write(&path, rows.collect::<Vec<_>>().join("\n")).unwrap();
    path
}

fn insisted(capital: &str) -> Value {
    json!({ "capital": capital, "unproven": true, "set": { "stop_pct": "2" } })
}

/// The run once it is over.
fn over(house: &House, id: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let run = house.get(&format!("research/runs/{id}"));
        if !run["ended_at"].is_null() {
            return run;
        }
        assert!(Instant::now() < deadline, "not over within 60 s: {run}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn built_in_strategies_are_listed() {
    let house = House::new();
    let rows = house.get("strategies?origin=built_in");
    let named = |name: &str| {
        let mut rows = rows["items"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).cloned().unwrap()
    };
    for name in ["ema_cross", "breakout", "mean_reversion"] {
        assert_eq!(named(name)["feature_hash"].as_str().unwrap().len(), 64);
        assert!(named(name)["in_service"].is_null());
    }
    assert_eq!(house.get("strategies?origin=found")["total"], 0);
}

#[test]
fn what_cannot_be_is_refused_by_name_and_code() {
    let house = House::new();
    let data = bars(&house, 600);
    let few = house.dir.path().join("few");
    std::fs::create_dir(&few).unwrap();
    std::fs::copy(&data, few.join("XBTUSD.csv")).unwrap();
    let text = std::fs::read_to_string(&data).unwrap();
    let lines: Vec<_> = text.lines().collect();
    std::fs::write(few.join("XBTUSD.csv"), lines[..5].join("\n")).unwrap();
    let holed = house.dir.path().join("holed");
    std::fs::create_dir(&holed).unwrap();
    let rest = [&lines[..200], &lines[300..]].concat().join("\n");
    std::fs::write(holed.join("XBTUSD.csv"), rest).unwrap();
    let run = |over: Value| {
        let mut body = json!({ "kind": "backtest", "strategy": "ema_cross", "data": [data] });
        body.as_object_mut()
            .unwrap()
            .extend(over.as_object().unwrap().clone());
        ("research/runs", body)
    };
    let deploy = |body: Value| ("strategies/ema_cross/deploy", body);
    for ((path, body), status, is) in [
        (
            run(json!({ "strategy": "nonsense" })),
            404,
            "STRATEGY_UNKNOWN",
        ),
        (
            run(json!({ "strategy": "no name" })),
            404,
            "STRATEGY_UNKNOWN",
        ),
        (
            run(json!({ "version": "of nobody" })),
            404,
            "STRATEGY_UNKNOWN",
        ),
        (
            run(json!({ "set": { "fast": "0" } })),
            422,
            "RESEARCH_PARAMETER",
        ),
        (
            run(json!({ "set": { "speed": "1" } })),
            422,
            "RESEARCH_PARAMETER",
        ),
        (run(json!({ "fee": "2" })), 422, "RESEARCH_PARAMETER"),
        (run(json!({ "folds": 0 })), 422, "RESEARCH_PARAMETER"),
        (
            run(json!({ "kind": "optimise", "trials": 0 })),
            422,
            "RESEARCH_PARAMETER",
        ),
        (run(json!({ "kind": "guess" })), 422, "REQUEST_INVALID"),
        (run(json!({ "method": "luck" })), 422, "REQUEST_INVALID"),
        (run(json!({ "speed": 1 })), 422, "REQUEST_INVALID"),
        (run(json!({ "definition": {} })), 422, "REQUEST_INVALID"),
        (
            run(json!({ "strategy": null, "definition": { "name": "x" } })),
            422,
            "REQUEST_INVALID",
        ),
        (run(json!({ "strategy": null })), 422, "RESEARCH_STRATEGY"),
        (run(json!({ "data": [] })), 422, "RESEARCH_DATA"),
        (
            run(json!({ "data": ["/nowhere.csv"] })),
            422,
            "RESEARCH_DATA",
        ),
        (run(json!({ "data": ["/dev/zero"] })), 422, "RESEARCH_DATA"),
        (run(json!({ "data": [few] })), 422, "RESEARCH_DATA_SHORT"),
        (run(json!({ "data": [holed] })), 422, "RESEARCH_DATA_GAP"),
        (
            ("research/runs", json!({ "kind": "discover" })),
            422,
            "REQUEST_INVALID",
        ),
        (
            ("research/runs/run_7/stop", json!({})),
            404,
            "RESEARCH_UNKNOWN",
        ),
        (("research/runs/x/stop", json!({})), 404, "RUN_UNKNOWN"),
        (
            ("strategies/nonsense/deploy", insisted("500")),
            404,
            "STRATEGY_UNKNOWN",
        ),
        (
            ("strategies/nonsense/deploy", json!({ "capital": "500" })),
            404,
            "STRATEGY_UNKNOWN",
        ),
        (deploy(json!({})), 422, "REQUEST_INVALID"),
        (deploy(json!({ "capital": "500" })), 409, "DEPLOY_UNPROVEN"),
        (
            deploy(json!({ "capital": "500", "set": { "fast": "5" } })),
            422,
            "REQUEST_INVALID",
        ),
        (
            deploy(json!({ "capital": "500", "unproven": true })),
            409,
            "DEPLOY_UNPROTECTED",
        ),
        (deploy(insisted("0")), 409, "DEPLOY_CAPITAL"),
        (deploy(insisted("0.01")), 409, "DEPLOY_CAPITAL"),
        (
            deploy(json!({ "capital": "5", "unproven": true, "set": { "fast": "99999" } })),
            422,
            "REQUEST_INVALID",
        ),
        (
            deploy(json!({ "capital": "5", "unproven": true, "version": "9" })),
            422,
            "REQUEST_INVALID",
        ),
        (
            deploy(json!({ "capital": "5", "unproven": true, "interval_s": 0 })),
            422,
            "REQUEST_INVALID",
        ),
        (
            deploy(json!({
                "capital": "500", "unproven": true, "symbol": "AAA/USDT", "set": { "stop_pct": 2 }
            })),
            409,
            "RISK_SYMBOL",
        ),
        (
            ("strategies/ema_cross/rollback", json!({})),
            404,
            "DEPLOY_UNKNOWN",
        ),
        (
            (
                "strategies/ema_cross/rollback",
                json!({ "service": "service_7" }),
            ),
            409,
            "DEPLOY_OTHER",
        ),
        (
            ("research/candidates/service_7/drop", json!({})),
            404,
            "SERVICE_UNKNOWN",
        ),
    ] {
        let answer = house.post(path, body.clone());
        assert_eq!(
            (answer.status, code(&answer)),
            (status, is),
            "{path} {body}: {}",
            answer.body
        );
    }
    for (path, is) in [
        ("research/runs/run_7", "RUN_UNKNOWN"),
        ("research/runs/run_7/report", "RUN_UNKNOWN"),
        ("deployments/service_7", "DEPLOYMENT_UNKNOWN"),
        ("research/candidates/service_7", "CANDIDATE_UNKNOWN"),
        ("explain/run_99", "STORY_UNKNOWN"),
    ] {
        let answer = house.read(Caller::owner(), path);
        assert_eq!((answer.status, code(&answer)), (404, is), "{path}");
    }
    assert_eq!(
        house.read(Caller::owner(), "deployments?status=odd").status,
        422
    );
    assert_eq!(house.get("research/runs")["total"], 0);
    assert_eq!(house.get("deployments")["total"], 0);
}

#[test]
fn only_operators_search_and_deploy_and_viewers_look() {
    let house = House::new();
    let who = |name: &str, role| Caller {
        name: name.parse().unwrap(),
        role,
        origin: None,
    };
    let agent = who("deployer", Role::Agent);
    let viewer = who("eve", Role::Viewer);
    for path in [
        "research/runs",
        "research/runs/run_1/stop",
        "strategies/ema_cross/deploy",
        "strategies/ema_cross/rollback",
        "research/candidates/service_1/drop",
    ] {
        for caller in [agent, viewer] {
            let answer = house.ask(caller, "POST", path, insisted("500"));
            assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"), "{path}");
        }
    }
    for path in [
        "research/runs",
        "research/candidates",
        "deployments",
        "strategies",
    ] {
        assert_eq!(house.read(viewer, path).status, 200, "{path}");
    }
}

#[test]
fn a_deployment_from_its_asking_to_its_rollback() {
    let house = House::new();
    let mut call = Call::post("strategies/ema_cross/deploy", insisted("500"));
    call.key = Some("once".into());
    let first = house.api.dispatch(&Caller::owner(), &call);
    assert_eq!(first.status, 202, "{}", first.body);
    let again = house.api.dispatch(&Caller::owner(), &call);
    assert_eq!(
        first.body["id"], again.body["id"],
        "a key is one deployment"
    );
    let id = first.body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&first.body["kind"], &first.body["stage"]),
        (&json!("deployment"), &json!("stage_1"))
    );
    assert!(first.body["version"].as_str().unwrap().starts_with("1+"));
    assert!(first.body["promise"].is_null());

    let rows = house.get("deployments?status=live");
    assert_eq!(
        (&rows["total"], &rows["items"][0]["id"]),
        (&json!(1), &json!(id))
    );
    assert_eq!(house.get("research/candidates")["total"], 0);
    let same = house.post("strategies/ema_cross/deploy", insisted("600"));
    assert_eq!((same.status, code(&same)), (409, "DEPLOY_RUNS"));

    let candidate = house.post(&format!("research/candidates/{id}/drop"), json!({}));
    assert_eq!(
        (candidate.status, code(&candidate)),
        (404, "SERVICE_UNKNOWN"),
        "a deployment is no candidate"
    );
    let other = house.post(
        "strategies/ema_cross/rollback",
        json!({ "service": "service_999999" }),
    );
    assert_eq!((other.status, code(&other)), (409, "DEPLOY_OTHER"));
    let named = other.body["error"]["message"].as_str().unwrap();
    assert!(named.contains(&format!("takes {id} back")), "{named}");
    let back = house.post(
        "strategies/ema_cross/rollback",
        json!({ "reason": "too early", "service": id }),
    );
    assert_eq!((back.status, &back.body["id"]), (200, &json!(id)));
    let end = &house.get(&format!("deployments/{id}"))["end"];
    assert_eq!(end["how"], "rolled_back");
    assert!(end["reason"].as_str().unwrap().contains("too early"));
    let live = house.get("reservations?status=live");
    assert_eq!(live["total"], 0, "what it held is given back: {live}");

    let story = house.get(&format!("explain/{id}"));
    let told = story["narrative"].as_str().unwrap();
    for part in [
        "a deployment of ema_cross",
        "500 USD",
        "was taken back: operator: too early",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(story["outcome"], format!("{id} was taken back"));
}

#[test]
fn nothing_is_deployed_or_searched_under_the_stop() {
    let house = House::new();
    let data = bars(&house, 600);
    house.post("coordinator/hardstop", json!({ "reason": "fire" }));
    let deployed = house.post("strategies/ema_cross/deploy", insisted("500"));
    assert_eq!((deployed.status, code(&deployed)), (409, "DEPLOY_STATE"));
    let body = json!({ "kind": "backtest", "strategy": "ema_cross", "data": [data] });
    let asked = house.post("research/runs", body);
    assert_eq!((asked.status, code(&asked)), (409, "RESEARCH_STATE"));
    assert!(house.was_refused("operator", "DEPLOY_STATE"));
}

#[test]
fn a_run_is_asked_for_once_computed_and_told() {
    let house = House::new();
    let data = bars(&house, 600);
    let body = json!({
        "kind": "backtest", "strategy": "ema_cross", "data": [data], "seed": 3,
        "set": { "fast": "5", "slow": "20" },
    });
    let ask = || {
        let mut call = Call::post("research/runs", body.clone());
        call.key = Some("once".into());
        house.api.dispatch(&Caller::owner(), &call)
    };
    let (first, again) = (ask(), ask());
    assert_eq!((first.status, again.status), (202, 202), "{}", first.body);
    let id = first.body["id"].as_str().unwrap().to_owned();
    assert_eq!(again.body["id"], id, "a key is one run");
    assert_eq!(first.body["data_hash"].as_str().unwrap().len(), 64);
    assert_eq!(first.body["symbol"], "BTC/USD", "the data says which");
    let mut other = Call::post(
        "research/runs",
        json!({ "kind": "discover", "data": [data] }),
    );
    other.key = Some("once".into());
    let other = house.api.dispatch(&Caller::owner(), &other);
    assert_eq!((other.status, code(&other)), (409, "IDEMPOTENCY_MISMATCH"));

    let run = over(&house, &id);
    assert_eq!(run["progress"], 1.0);
    assert!(
        ["passed", "failed", "not_judged"].contains(&run["status"].as_str().unwrap()),
        "{run}"
    );
    assert!(!run["gates"].as_array().unwrap().is_empty());
    let report = house.read(Caller::owner(), &format!("research/runs/{id}/report"));
    assert_eq!(report.status, 200, "{}", report.body);
    assert!(report.written.is_some(), "no digit is lost");
    assert_eq!(
        house.get("research/runs?kind=backtest&status=live")["total"],
        0
    );

    let listed = |query: &str| {
        let rows = house.get(&format!("research/runs?{query}"));
        (
            rows["total"].clone(),
            rows["items"].as_array().unwrap().len(),
        )
    };
    assert_eq!(listed("kind=backtest&limit=0"), (json!(1), 0));
    assert_eq!(listed("kind=optimise"), (json!(0), 0));
    assert_eq!(listed(&format!("after={id}")), (json!(1), 0));
    let odd = house.read(Caller::owner(), "research/runs?status=odd");
    assert_eq!((odd.status, code(&odd)), (422, "REQUEST_INVALID"));

    let stopped = house.post(&format!("research/runs/{id}/stop"), json!({}));
    assert_eq!(stopped.status, 200, "what is over stays as it is");
    assert_eq!(stopped.body["status"], run["status"]);

    let story = house.get(&format!("explain/{id}"));
    let told = story["narrative"].as_str().unwrap();
    for part in [
        "operator asked optimizer to backtest ema_cross",
        "was computed",
        "gates: ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
