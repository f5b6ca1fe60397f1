//! The verbs of research, strategies and deployments, as an operator and scripts meet them.

#[path = "support/program.rs"]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use program::{Home, Said};
use serde_json::Value;

/// Bars of an hour; the search takes them in blocks.
const BARS: i64 = 3_000;
/// What a search of few trials is asked with.
const FEW: [&str; 4] = ["--trials", "16", "--seed", "7"];
/// What a breakout passes with where the market swings far.
const SOON: [&str; 3] = ["--wait", "--set", "entry=10"];

impl Home {
    /// A verb as a person types it.
    fn typed(&self, arguments: &[&str]) -> Said {
        let mut command = self.program(arguments);
        command.arg("--state").arg(self.state());
        self.ended(command)
    }

    /// A market that swings so far and so often; bars where `there` says so.
    fn swings(&self, name: &str, swing: i64, bars: i64, there: impl Fn(i64) -> bool) -> String {
        const PERIOD: i64 = 40;
        let mut rows = String::new();
        let mut before = 20_000;
        for n in (0..bars).filter(|n| there(*n)) {
            let at = n % PERIOD;
            let close = 20_000 + n % 7 + at.min(PERIOD - at) * swing;
            let (high, low) = (before.max(close) + 10, before.min(close) - 10);
            let time = 1_704_067_200 + n * 3_600;
            writeln!(rows, "{time},{before},{high},{low},{close},5,10").unwrap();
            before = close;
        }
        let path: PathBuf = self.path().join(name);
        fs::write(&path, rows).unwrap();
        name.to_owned()
    }

    /// Far swings, which a breakout lives on.
    fn good(&self) -> String {
        self.swings("BTCUSDT_60.csv", 240, BARS, |_| true)
    }

    fn optimise(&self, strategy: &str, data: &str, more: &[&str]) -> Said {
        let asked = [
            "research",
            "run",
            "optimise",
            "--strategy",
            strategy,
            "--data",
            data,
        ];
        self.verb(&[&asked[..], &FEW, more].concat())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

#[test]
fn a_search_is_watched_to_its_end_read_compared_and_kept() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    let data = home.good();
    let typed = [
        "research",
        "run",
        "optimise",
        "--strategy",
        "breakout",
        "--data",
        &data,
    ];
    let watched = home.typed(&[&typed[..], &FEW, &SOON].concat());
    assert_eq!(watched.code, Some(0), "{watched:?}");
    assert!(watched.err.contains(" of 16 trials"), "{}", watched.err);
    for words in [
        "IN SAMPLE  OUT OF SAMPLE",
        "PASS",
        "deflated Sharpe",
        "FOLD",
        "mean Sharpe in sample",
        "strategy deploy breakout --capital",
    ] {
        assert!(
            watched.out.contains(words),
            "no {words} in:\n{}",
            watched.out
        );
    }
    assert!(watched.out.contains('█') && watched.out.contains("report.html"));

    // The same again is the same run, hash for hash; a key makes it one run.
    let again = home
        .optimise("breakout", &data, &[&SOON[..], &["--key", "one"]].concat())
        .done();
    assert_eq!(again["status"], "passed");
    let first = home.read(&[
        "research", "list", "--kind", "optimise", "--status", "passed",
    ]);
    assert_eq!(first["total"], 2);
    let ids: Vec<&str> = first["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| text(&r["id"]))
        .collect();
    let compared = home.read(&["research", "compare", ids[0], ids[1]]);
    assert_eq!(
        (&compared["same_data"], &compared["same_hash"]),
        (&true.into(), &true.into())
    );
    let keyed = home
        .optimise("breakout", &data, &[&SOON[1..], &["--key", "one"]].concat())
        .done();
    assert_eq!(keyed["id"], again["id"]);

    let shown = home.read(&["research", "show", ids[0]]);
    assert_eq!(shown["report"]["hash"], shown["hash"]);
    assert!(
        PathBuf::from(text(&shown["artifacts"]))
            .join("trials.jsonl")
            .is_file()
    );
    let mut plain = home.program(&["research", "show", ids[0]]);
    plain.arg("--state").arg(home.state()).env("LANG", "C");
    let plain = home.ended(plain).out;
    assert!(plain.is_ascii() && plain.contains("##"), "{plain}");

    engine.kill();
    let without = home.read(&["research", "show", ids[0]]);
    assert_eq!(
        (&without["hash"], &without["engine"]),
        (&shown["hash"], &"not_running".into())
    );
    assert_eq!(without["report"], shown["report"]);
    assert_eq!(home.optimise("breakout", &data, &[]).code, Some(5));
}

#[test]
fn what_fails_or_cannot_be_judged_is_never_told_as_passed() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let data = home.good();
    let judged = |more: &[&str]| {
        let asked = ["research", "run", "backtest", "--data", &data, "--wait"];
        home.verb(&[&asked[..], more].concat())
    };
    let failed = judged(&["--strategy", "ema_cross"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert_eq!(failed.document()["status"], "failed");
    let rare = ["--set", "entry=2000", "--set", "exit=500"];
    let few = judged(&[&["--strategy", "breakout"][..], &rare].concat());
    assert_eq!(
        (few.code, &few.document()["status"]),
        (Some(1), &"not_judged".into())
    );
    let words = home
        .typed(&["research", "show", text(&few.document()["id"])])
        .out;
    assert!(
        words.contains("NOT JUDGED") && !words.contains("PASS"),
        "{words}"
    );
}

#[test]
fn bad_input_is_refused_with_its_code_before_anything_is_computed() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let good = home.good();
    let hole = home.swings("hole.csv", 240, BARS, |n| !(100..200).contains(&n));
    let short = home.swings("short.csv", 240, 60, |_| true);
    let of = ["--symbol", "BTC/USDT"];
    for (strategy, data, more, code) in [
        ("nowhere", &good, &[][..], "STRATEGY_UNKNOWN"),
        (
            "breakout",
            &good,
            &["--set", "entry=1000000"][..],
            "RESEARCH_PARAMETER",
        ),
        (
            "breakout",
            &good,
            &["--set", "speed=1"][..],
            "RESEARCH_PARAMETER",
        ),
        ("breakout", &good, &["--fee", "2"][..], "RESEARCH_PARAMETER"),
        (
            "breakout",
            &"nowhere.csv".to_owned(),
            &[][..],
            "RESEARCH_DATA",
        ),
        ("breakout", &hole, &of[..], "RESEARCH_DATA_GAP"),
        ("breakout", &short, &of[..], "RESEARCH_DATA_SHORT"),
    ] {
        let refused = home.optimise(strategy, data, more);
        assert_eq!(
            refused.refusal(),
            (Some(3), code.to_owned()),
            "{strategy} {data} {more:?}"
        );
        assert!(!text(&refused.problem()["hint"]).is_empty());
    }
    assert_eq!(home.read(&["research", "list"])["total"], 0);
    for verb in ["show", "stop"] {
        let unknown = home.verb(&["research", verb, "run_999999"]);
        assert_eq!(unknown.code, Some(3), "{unknown:?}");
    }
}

#[test]
fn a_strategy_goes_into_service_and_is_taken_back() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let run = home.optimise("breakout", &home.good(), &SOON).done();
    let list = home.read(&["strategy", "list"]);
    let mut rows = list["items"].as_array().unwrap().iter();
    let proved = rows.find(|row| row["run"] == run["id"]).unwrap();
    assert_eq!(
        (&proved["origin"], &proved["symbol"]),
        (&"optimised".into(), &"BTC/USDT".into())
    );
    let version = text(&proved["version"]);

    let deploy =
        |name, more: &[&str]| home.verb(&[&["strategy", "deploy", name][..], more].concat());
    let refused = deploy("breakout", &["--version", "9", "--capital", "2000"]);
    assert_eq!(refused.refusal(), (Some(3), "DEPLOY_UNPROVEN".to_owned()));
    let unprotected = deploy("ema_cross", &["--unproven", "--capital", "500"]);
    assert_eq!(
        unprotected.refusal(),
        (Some(3), "DEPLOY_UNPROTECTED".to_owned())
    );
    let service = deploy("breakout", &["--version", version, "--capital", "2000"]).done();
    assert_eq!(
        (&service["stage"], &service["version"]),
        (&"stage_1".into(), &version.into())
    );
    let twice = deploy("breakout", &["--version", version, "--capital", "2000"]);
    assert_eq!(twice.refusal(), (Some(3), "DEPLOY_RUNS".to_owned()));

    assert_eq!(home.read(&["deployments"])["items"][0]["id"], service["id"]);
    let shown = home.read(&["strategy", "show", "breakout", "--version", version]);
    assert_eq!(shown["parameters"], run["best"]["parameters"]);
    assert_eq!(shown["in_service"], service["id"]);
    assert_eq!(shown["services"][0]["id"], service["id"]);
    let words = home
        .typed(&["strategy", "show", "breakout", "--version", version])
        .out;
    assert!(words.contains("promised: Sharpe"), "{words}");

    let rollback = ["strategy", "rollback", "breakout", "--reason", "drill"];
    assert_eq!(
        home.verb(&rollback).refusal(),
        (Some(4), "CONFIRMATION_MISSING".to_owned())
    );
    let other = ["--yes", "--service", "service_999999"];
    let other = home.verb(&[&rollback[..], &other].concat());
    assert_eq!(other.refusal(), (Some(3), "DEPLOY_OTHER".to_owned()));
    let back = home.typed(&[&rollback[..], &["--yes"]].concat());
    assert_eq!(back.code, Some(0), "{back:?}");
    assert!(
        back.out.contains("rolled_back") && back.out.contains("drill"),
        "{}",
        back.out
    );
    assert_eq!(
        home.read(&["deployments", "--live"])["items"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    for arguments in [&["deployments"][..], &["deployments", "--all"]] {
        let how = &home.read(arguments)["items"][0]["end"]["how"];
        assert_eq!(how, "rolled_back", "what ended is listed too");
    }
    let nothing = home.verb(&[&rollback[..], &["--yes"]].concat());
    assert_eq!(nothing.refusal(), (Some(3), "DEPLOY_UNKNOWN".to_owned()));
}

#[test]
fn a_discovery_brings_candidates_and_can_be_stopped() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let data = home.good();
    let asked = [
        "research",
        "run",
        "discover",
        "--data",
        &data,
        "--candidates",
        "20",
    ];
    let found = home.typed(&[&asked[..], &["--wait"]].concat());
    assert!(found.out.contains("dropped at first look"), "{found:?}");
    let candidates = home.read(&["research", "candidates"]);
    let passed = found.code == Some(0);
    assert_eq!(candidates["items"].as_array().unwrap().is_empty(), !passed);

    // A deployment on its way holds what searches: there is time to stop one.
    let deployed = home.verb(&[
        "strategy",
        "deploy",
        "ema_cross",
        "--unproven",
        "--set",
        "stop_pct=3",
        "--capital",
        "500",
    ]);
    deployed.done();
    let waiting = home.optimise("breakout", &data, &[]).done();
    let id = text(&waiting["id"]);
    let stopped = home.typed(&["research", "stop", id, "--reason", "drill"]);
    assert_eq!(stopped.out, format!("{id} cancelled\n"), "{stopped:?}");
    let shown = home.read(&["research", "show", id]);
    assert!(text(&shown["reason"]).contains("drill"), "{shown}");
    assert_eq!(shown["report"], Value::Null);
}

#[test]
fn whoever_waits_for_a_run_is_told_that_the_engine_has_gone() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    // What searches waits for a deployment on its way.
    let deploy = "strategy deploy ema_cross --unproven --set stop_pct=3 --capital 500";
    home.verb(&deploy.split(' ').collect::<Vec<_>>()).done();
    let data = home.good();
    let asked = "research run optimise --wait --strategy breakout --data";
    let asked: Vec<_> = asked.split(' ').chain([&data[..]]).collect();
    let mut command = home.program(&asked);
    command.arg("--state").arg(home.state());
    let waiting = home.spawn(command);
    let id = program::until("the run is asked for", || {
        let runs = home.read(&["research", "list"]);
        runs["items"][0]["id"].as_str().map(str::to_owned)
    });
    engine.kill();
    let said = waiting.ended();
    assert_eq!(said.code, Some(5), "{said:?}");
    assert!(
        said.err.contains(&format!("{id} was not over")) && said.out.is_empty(),
        "{said:?}"
    );
}
