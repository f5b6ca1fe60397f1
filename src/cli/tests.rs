//! The command line as scripts meet it, and state folders nobody runs on.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::hardstop::within;
use super::*;
use crate::api::Caller;
use crate::client::{Call, Target, UNREACHABLE};
use crate::config::{Loaded, StateDir};
use crate::engine::Speed;
use crate::journal::verify;

/// Tells what it was asked to launch by its code.
struct Fake;

impl Launcher for Fake {
    fn run(&self, args: &RunArgs, start: Start) -> ExitCode {
        assert!(start.config.warnings.is_empty());
        let wanted = args.headless && args.speed == Some(Speed::Max);
        ExitCode::from(if wanted { 100 } else { 101 })
    }

    fn attach(&self, args: &AttachArgs, target: &Target, _: &Loaded, _: &Globals) -> ExitCode {
        let socket = Target::Socket("/x/control.sock".into());
        ExitCode::from(if args.read_only && *target == socket {
            110
        } else {
            111
        })
    }
}

fn exit(line: &str) -> Exit {
    let words = std::iter::once("pilothouse").chain(line.split_whitespace());
    run(words.map(Into::into).collect(), &Fake)
}

fn exit_in(dir: &Path, line: &str) -> Exit {
    exit(&format!("{line} --json --state {}", dir.display()))
}

fn named(dir: &Path) -> StateDir {
    StateDir {
        path: dir.to_owned(),
        named: true,
    }
}

fn status(dir: &Path) -> Value {
    let api = offline::api(dir).unwrap();
    let call = Call::get("coordinator/status");
    api.dispatch(&Caller::owner(), &call).into_result().unwrap()
}

#[test]
fn every_verb_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn what_is_launched_gets_its_flags() {
    let dir = tempfile::tempdir().unwrap();
    let launched = |code| Exit::Launched(ExitCode::from(code));
    assert_eq!(
        exit_in(dir.path(), "run --headless --speed max"),
        launched(100)
    );
    assert_eq!(exit(""), launched(101), "no verb is `run`");
    assert_eq!(exit("attach --read-only --state /x"), launched(110));
    assert_eq!(exit_in(dir.path(), "run --live"), Exit::Refused);
}

#[test]
fn wrong_usage_is_told_before_anything_happens() {
    for line in [
        "frob --json",
        "run --speed 0",
        "run --speed 1000001",
        "reserve --resource capital --purpose x --amount much",
        "reserve --resource gold --purpose x --amount 1",
        "orders place --symbol BTC --side buy --type market --quantity 1",
        "orders place --symbol BTC/USDT --side buy --type market --quantity 1 --expires soon",
        "messages send --subject x",
        "messages send --to risk --kind shout",
        "messages send --to risk --payload {",
        "messages pending --agent quant --wait 31",
        "messages --status lost",
        "reservations --status lost",
        "reserve --resource capital --purpose x --amount 1 --class lunch",
        "activity begin --kind hardstop",
        "cycles data cycle_20260214_112333_0000001f --put {}",
        "approvals approve",
        "agents register",
        "clear --yes",
        "status --url http://x --socket /y",
        "research run optimise --strategy ema_cross",
        "research run optimise --data x.csv",
        "research run optimise --strategy ema_cross --data x.csv --method luck",
        "research run optimise --strategy ema_cross --data x.csv --trials many",
        "research run optimise --strategy ema_cross --data x.csv --set fast",
        "research run optimise --strategy ema_cross --data x.csv --set fast=1 --set fast=2",
        "research run optimise --strategy nowhere.toml --data x.csv",
        "research run discover --data x.csv --strategy ema_cross",
        "research run backtest --strategy ema_cross --data x.csv --cash much",
        "research list --status lost",
        "research compare run_1",
        "strategy deploy ema_cross",
        "strategy deploy ema_cross --capital 5 --set fast=1",
    ] {
        assert_eq!(exit(line), Exit::Usage, "{line}");
    }
    assert_eq!(exit("--version"), Exit::Done);
}

#[test]
fn without_an_engine_reads_work_and_changes_do_not() {
    let dir = tempfile::tempdir().unwrap();
    for line in [
        "status",
        "orders",
        "positions --status open",
        "reservations",
        "cycles",
        "messages dead",
        "messages --topic ta_signals --kind event",
        "messages pending --agent quant",
        "reservations --status queued --class paper",
        "activity --status running",
        "approvals",
        "agents",
        "risk",
        "conflicts",
        "audit",
        "task list",
        "research list --kind optimise --status not_judged",
        "research candidates",
        "deployments --all",
        "strategy list",
        "strategy show breakout",
    ] {
        assert_eq!(exit_in(dir.path(), line), Exit::Done, "{line}");
    }
    for line in [
        "pause",
        "flatten --yes",
        "shutdown --yes",
        "clear --reason x --epoch 1 --yes",
        "task run technical_analysis",
        "reserve --resource capital --amount 1 --purpose x",
        "release --reservation-id trader_1771068213740",
        "orders cancel order_1",
        "reservations renew trader_1771068213740 --ttl 60",
        "activity begin --kind discovery",
        "activity end activity_1",
        "approvals approve approval_1",
        "messages send --to risk --kind request",
        "messages ack message_1",
        "cycles start",
        "cycles data cycle_20260214_112333_0000001f trader_x --put 1",
        "agents register quant",
        "agents heartbeat quant",
        "research run optimise --strategy ema_cross --data x.csv",
        "research run discover --data x.csv --wait",
        "research stop run_1",
        "strategy deploy ema_cross --capital 5",
        "strategy rollback ema_cross --yes",
    ] {
        assert_eq!(exit_in(dir.path(), line), Exit::Unreachable, "{line}");
    }
    for line in [
        "flatten",
        "shutdown",
        "clear --reason x --epoch 1",
        "strategy rollback ema_cross",
    ] {
        assert_eq!(exit_in(dir.path(), line), Exit::Unconfirmed, "{line}");
    }
    for line in [
        "explain order_1",
        "research show run_1",
        "research compare run_1 run_2",
        "strategy show nowhere",
        "strategy show breakout --version 9",
    ] {
        assert_eq!(exit_in(dir.path(), line), Exit::Refused, "{line}");
    }
    assert_eq!(exit_in(dir.path(), "journal verify"), Exit::Failed);
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        0,
        "nothing is written"
    );
    assert_eq!(status(dir.path())["engine"], "not_running");
}

#[test]
fn a_wrong_configuration_has_its_own_code() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("wrong.toml");
    std::fs::write(&file, "[bus]\nqueue = 0\n").unwrap();
    let line = |verb: &str| format!("{verb} --config {}", file.display());
    assert_eq!(exit(&line("config check")), Exit::Configuration);
    assert_eq!(exit_in(dir.path(), &line("run")), Exit::Configuration);
    assert_eq!(
        exit_in(dir.path(), &line("hardstop")),
        Exit::Done,
        "the stop reads none"
    );
    assert_eq!(exit("config check"), Exit::Done);
}

#[test]
fn the_stop_without_an_engine_is_latched_and_journaled() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("made");
    let first = within(&named(&state), "fire").unwrap();
    assert_eq!(first["engine"], "not_running");
    assert_eq!(
        (&first["epoch"], &first["already"], &first["seq"]),
        (&json!(1), &json!(false), &json!(1))
    );
    assert!(state.join("stop/1").exists());
    let shown = status(&state);
    assert_eq!(shown["state"], "hardstopped");
    assert_eq!(shown["hardstop"]["reason"], "fire");
    let again = within(&named(&state), "again").unwrap();
    assert_eq!(
        (&again["epoch"], &again["already"], &again["seq"]),
        (&json!(1), &json!(true), &json!(2))
    );
    assert_eq!(verify(&state.join("journal")).unwrap().records, 2);
}

#[test]
fn a_default_folder_that_never_held_an_engine_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir {
        path: dir.path().join("pilothouse"),
        named: false,
    };
    let problem = within(&state, "fire").unwrap_err();
    assert_eq!(problem.code, UNREACHABLE);
    assert_eq!(Exit::from(&problem), Exit::Unreachable);
    assert!(!state.path.exists());
}

#[test]
fn where_only_the_sentinel_can_be_written_it_is_engaged_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("journal"), "no folder").unwrap();
    let stopped = within(&named(dir.path()), "fire").unwrap();
    assert_eq!(
        (&stopped["epoch"], &stopped["seq"]),
        (&json!(1), &Value::Null)
    );
    assert!(dir.path().join("stop/1").exists());
}

#[test]
fn a_sentinel_that_no_start_has_seen_shows_as_hardstopped() {
    let dir = tempfile::tempdir().unwrap();
    crate::gate::Sentinel::at(dir.path()).engage(3).unwrap();
    let shown = status(dir.path());
    assert_eq!(
        (&shown["state"], &shown["hardstop"]["epoch"]),
        (&json!("hardstopped"), &json!(3))
    );
    let stopped = within(&named(dir.path()), "again").unwrap();
    assert_eq!(
        (&stopped["epoch"], &stopped["already"]),
        (&json!(3), &json!(true))
    );
}

#[test]
fn a_journal_is_verified_without_an_engine_and_damage_is_named() {
    let dir = tempfile::tempdir().unwrap();
    within(&named(dir.path()), "one").unwrap();
    within(&named(dir.path()), "two").unwrap();
    assert_eq!(exit_in(dir.path(), "journal verify"), Exit::Done);
    let segment = dir.path().join("journal/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[8] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert_eq!(exit_in(dir.path(), "journal verify"), Exit::Failed);
    assert_eq!(exit_in(dir.path(), "status"), Exit::Failed);
}
