//! Strategies as people and scripts meet them: listed, shown, checked, and run from a file.

#[path = "support/bars.rs"]
mod bars;
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use bars::generate;
use program::{Home, Said};
use serde_json::Value;

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/strategies/pullback.toml"
);

fn said(home: &Home, arguments: &[&str]) -> Said {
    home.ended(home.program(arguments))
}

fn file(home: &Home, name: &str, content: &str) -> PathBuf {
    let path = home.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn backtest(home: &Home, data: &Path, strategy: &str, more: &[&str]) -> Said {
    let mut command = home.program(&["backtest", "--json", "--cash", "1000000"]);
    command
        .arg("--data")
        .arg(data)
        .args(["--strategy", strategy]);
    command.args(more);
    home.ended(command)
}

#[test]
fn what_is_built_in_is_listed_and_shown() {
    let home = Home::new();
    let list = said(&home, &["strategy", "list", "--json"]).done();
    assert_eq!(list["total"], 3);
    for item in list["items"].as_array().unwrap() {
        let name = item["name"].as_str().unwrap();
        let shown = said(&home, &["strategy", "show", name, "--json"]).done();
        assert_eq!(shown["feature_hash"], item["feature_hash"]);
        assert_eq!(shown["definition"]["name"], name);
        let words = said(&home, &["strategy", "show", name]);
        let hash = item["feature_hash"].as_str().unwrap();
        assert!(
            words.out.contains(hash) && words.out.contains("SEARCHED"),
            "{words:?}"
        );
    }
    let words = said(&home, &["strategy", "list"]).out;
    assert!(words.starts_with("NAME"), "{words}");
    let words = said(&home, &["strategy", "show", "mean_reversion"]).out;
    assert!(
        words.contains("long where (close < low_band and close > trend)"),
        "{words}"
    );
    assert!(words.contains("[stop_atr] times swing away"), "{words}");
    let unknown = said(&home, &["strategy", "show", "momentum", "--json"]);
    assert_eq!(unknown.refusal(), (Some(3), "STRATEGY_UNKNOWN".to_owned()));
}

#[test]
fn what_is_shown_as_toml_is_a_definition_that_runs_the_same() {
    let home = Home::new();
    let data = file(&home, "bars.csv", &generate(3, 3_000, false).csv);
    for name in ["ema_cross", "breakout", "mean_reversion"] {
        let toml = said(&home, &["strategy", "show", name, "--toml"]).out;
        let copy = file(&home, "copy.toml", &toml);
        let shown = said(
            &home,
            &["strategy", "check", "--json", copy.to_str().unwrap()],
        )
        .done();
        assert_eq!((&shown["ok"], &shown["name"]), (&true.into(), &name.into()));
        let json = file(&home, "copy.json", &shown["definition"].to_string());
        let hash = |strategy: &str| {
            let said = backtest(&home, &data, strategy, &[]).done();
            assert!(said["fills"].as_u64().unwrap() > 10, "{name}: {said}");
            said["journal_hash"].clone()
        };
        let built_in = hash(name);
        assert_eq!(hash(copy.to_str().unwrap()), built_in, "{name}");
        assert_eq!(hash(json.to_str().unwrap()), built_in, "{name}");
    }
}

#[test]
fn the_example_is_checked_set_and_run() {
    let home = Home::new();
    let checked = said(&home, &["strategy", "check", EXAMPLE]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.out.contains("pullback"), "{checked:?}");
    let data = file(&home, "bars.csv", &generate(9, 20_000, false).csv);
    let run = |more: &[&str]| backtest(&home, &data, EXAMPLE, more).done();
    let first = run(&[]);
    assert!(first["trades"].as_u64().unwrap() > 5, "{first}");
    assert_ne!(
        run(&["--set", "dip=20"])["journal_hash"],
        first["journal_hash"]
    );
    let wrong = backtest(&home, &data, EXAMPLE, &["--set", "dip=60"]);
    assert_eq!(wrong.code, Some(2));
    let problem = wrong.problem();
    assert_eq!(problem["code"], "PARAMETER_INVALID");
    assert!(
        problem["message"].as_str().unwrap().contains("5 to 50"),
        "{problem}"
    );
}

#[test]
fn levels_are_brought_onto_the_venues_steps() {
    let home = Home::new();
    let data = file(&home, "bars.csv", &generate(9, 5_000, false).csv);
    let config = file(
        &home,
        "own.toml",
        "[execution.paper]\nprice_step = \"0.5\"\nquantity_step = \"0.01\"\n",
    );
    let run = ["--config", config.to_str().unwrap()];
    let stepped = backtest(&home, &data, "breakout", &run).done();
    assert_eq!(
        stepped["refusals"],
        Value::Object(Default::default()),
        "{stepped}"
    );
    assert!(stepped["fills"].as_u64().unwrap() > 10, "{stepped}");
}

#[test]
fn what_is_wrong_with_a_file_is_said_by_file_and_place() {
    let home = Home::new();
    let text = fs::read_to_string(EXAMPLE).unwrap();
    for (name, text, code, words) in [
        (
            "a.toml",
            text.replace("\"trend\" }] },\n]", "\"trnd\" }] },\n]"),
            "STRATEGY_INVALID",
            "\"trnd\"",
        ),
        (
            "b.toml",
            text.replace("side =", "side"),
            "STRATEGY_INVALID",
            "line",
        ),
        ("c.json", "{".to_owned(), "STRATEGY_INVALID", "JSON"),
        (
            "d.toml",
            "#".repeat(20_000),
            "STRATEGY_INVALID",
            "at most 16384",
        ),
        ("e.yaml", text.clone(), "STRATEGY_INVALID", ".toml or .json"),
    ] {
        let path = file(&home, name, &text);
        let said = said(
            &home,
            &["strategy", "check", "--json", path.to_str().unwrap()],
        );
        assert_eq!(said.code, Some(1), "{said:?}");
        let problem = said.problem();
        assert_eq!(problem["code"], code);
        let message = problem["message"].as_str().unwrap();
        assert!(
            message.contains(words) && message.contains(name),
            "{message}"
        );
    }
    let absent = said(&home, &["strategy", "check", "--json", "absent.toml"]);
    assert_eq!(absent.problem()["code"], "STRATEGY_UNREADABLE");
    let ran = backtest(&home, &home.path().join("absent.csv"), "absent.toml", &[]);
    assert_eq!(
        (ran.code, ran.problem()["code"].as_str()),
        (Some(2), Some("STRATEGY_UNREADABLE"))
    );
}
