//! Alerts: told of what is durable, once, in words; and a channel that hangs, refuses, fails or is
//! flooded harms nothing.

#[path = "support/mod.rs"]
mod common;
#[path = "support/hook.rs"]
mod hook;
#[path = "support/program.rs"]
mod program;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::{options, wait_for};
use hook::{Hook, Manners};
use pilothouse::api::{Api, Caller};
use pilothouse::client::Call;
use pilothouse::config::{self, Config, Secrets, Sources};
use pilothouse::core::{Command, Time};
use pilothouse::engine::{Engine, FeedChoice, Lane};
use pilothouse::gate::{How, Press};
use pilothouse::snapshot::{AlarmKind, PositionRow};
use pilothouse::telemetry::alerts::{
    Alert, AlertKind, Came, Channel, Coming, Courier, Document, Post, Rules, Sender, Severity,
};
use program::{Home, until};
use serde_json::{Value, json};

/// The configuration that a text gives.
fn configured(folder: &Path, text: &str) -> Config {
    let file = folder.join("alerts.toml");
    fs::write(&file, text).unwrap();
    let sources = Sources {
        explicit: Some(file),
        cwd: folder.to_owned(),
        ..Sources::default()
    };
    config::load(&sources)
        .unwrap_or_else(|e| panic!("{e}"))
        .config
}

fn webhook(name: &str, url: &str, more: &str) -> String {
    format!("[alerts.webhook.{name}]\nurl = '{url}'\n{more}\n")
}

fn engine(dir: &Path, feed: FeedChoice, config: &Config) -> Engine {
    let mut options = options(&dir.join("state"), feed);
    options.config = config.clone();
    options.views = false;
    Engine::start(options).unwrap()
}

fn pause(engine: &Engine, reason: &str) {
    let pause = Command::Pause {
        symbol: None,
        reason: reason.into(),
    };
    let resume = Command::Resume {
        symbol: None,
        reason: "go on".into(),
    };
    for command in [pause, resume] {
        let by = "operator".parse().unwrap();
        engine.handle.submit(Lane::Control, by, command).unwrap();
    }
}

fn press(engine: &Engine) {
    engine.handle.gate().close(Press {
        by: "operator".parse().unwrap(),
        how: How::Request(None),
        reason: "drill".into(),
    });
}

fn end(engine: Engine) {
    engine.handle.shutdown();
    engine.join();
}

#[test]
fn dead_channels_are_shown_and_decisions_the_stop_and_other_channels_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let quick = "timeout_ms = 300\nretries = 1\nretry_delay_ms = 10\nper_minute = 6000";
    let (good, broken) = (Hook::new(Manners::Well), Hook::new(Manners::Broken));
    let hangs = Hook::new(Manners::Hangs);
    let mut text = webhook("broken", &broken.url, quick);
    text += &webhook("good", &good.url, "per_minute = 6000");
    text += &webhook("hangs", &hangs.url, quick);
    text += &webhook("refuses", &Hook::nobody(), quick);
    let config = configured(dir.path(), &text);
    let engine = engine(dir.path(), FeedChoice::Idle, &config);

    let began = Instant::now();
    for n in 0..100 {
        pause(&engine, &format!("number {n}"));
    }
    press(&engine);
    wait_for(&engine, |s| s.status.hardstop.is_some());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?} for 201 decisions");

    let stop = until("the stop is told", || good.of("hardstop").pop());
    assert_eq!(
        (&stop["title"], &stop["silent"]),
        (&json!("[PAPER] HARDSTOP 1"), &json!(false))
    );
    assert_eq!(stop["severity"], "critical");
    assert!(
        stop["text"]
            .as_str()
            .unwrap()
            .contains("by operator (request): drill"),
        "{stop}"
    );
    until("all pauses are told, each once", || {
        let told: u64 = good
            .of("halted")
            .iter()
            .map(|d| d["count"].as_u64().unwrap())
            .sum();
        assert!(told <= 101, "{told}");
        (told >= 100).then_some(())
    });
    let shown = wait_for(&engine, |s| {
        let state = |name: &str| s.status.alerts.iter().find(|c| c.channel == name).unwrap();
        let dead = ["broken", "hangs", "refuses"];
        dead.iter().all(|name| state(name).state == "dead") && state("good").state == "ok"
    });
    let error = |name: &str| {
        let mut channels = shown.status.alerts.iter();
        let channel = channels.find(|c| c.channel == name).unwrap();
        channel.last_error.clone().unwrap_or_default()
    };
    assert_eq!(
        error("broken"),
        "it answered 500 Internal Server Error: no disk"
    );
    assert!(
        error("refuses").to_lowercase().contains("refused"),
        "{}",
        error("refuses")
    );
    assert!(error("hangs").contains("timed out"), "{}", error("hangs"));
    assert!(
        !error("hangs").contains("127.0.0.1"),
        "addresses may be secrets"
    );
    let alarms = wait_for(&engine, |s| {
        s.alarms
            .iter()
            .filter(|a| a.kind == AlarmKind::AlertChannel)
            .count()
            == 3
    });
    assert!(
        alarms
            .alarms
            .iter()
            .any(|a| a.text.contains("alerts do not reach refuses"))
    );

    let ended = Instant::now();
    end(engine);
    assert!(
        ended.elapsed() < Duration::from_secs(15),
        "{:?}",
        ended.elapsed()
    );
}

#[test]
fn after_a_restart_nothing_old_is_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let good = Hook::new(Manners::Well);
    let config = configured(dir.path(), &webhook("good", &good.url, ""));
    let first = engine(dir.path(), FeedChoice::Idle, &config);
    press(&first);
    until("the stop is told", || good.of("hardstop").pop());
    assert!(
        good.of("recovered").is_empty(),
        "a first start recovers nothing"
    );
    end(first);
    let before = good.got().len();
    let second = engine(dir.path(), FeedChoice::Idle, &config);
    let start = until("the start is told", || {
        let told = good.of("recovered");
        let again = |m: &Value| m["title"] == "[PAPER] Engine started again";
        told.into_iter().find(again)
    });
    let text = start["text"].as_str().unwrap();
    assert!(
        text.contains("HARDSTOP 1 is still engaged: drill"),
        "{text}"
    );
    pause(&second, "something new");
    until("what is new is told", || {
        good.of("halted")
            .into_iter()
            .find(|d| d["text"].as_str().unwrap().contains("something new"))
    });
    end(second);
    let after = &good.got()[before..];
    let old = after
        .iter()
        .map(hook::Got::document)
        .filter(|d| d["kind"] == "hardstop");
    assert_eq!(old.count(), 0, "{after:#?}");
    assert_eq!(good.of("hardstop").len(), 1);
}

#[test]
fn a_trade_is_told_from_its_entry_to_its_gain_and_refusals_with_rule_and_limit() {
    let dir = tempfile::tempdir().unwrap();
    let good = Hook::new(Manners::Well);
    let text = "[alerts]\nengine = 'north'\nexit = 'off'\n".to_owned()
        + &webhook("good", &good.url, "per_minute = 6000");
    let config = configured(dir.path(), &text);
    let engine = engine(dir.path(), FeedChoice::Simulated, &config);
    wait_for(&engine, |s| {
        s.prices.iter().any(|p| p.symbol.to_string() == "BTC/USDT")
    });
    let api = Api::new(engine.handle.clone(), &dir.path().join("state"));
    let post = |path: &str, body: Value| api.dispatch(&Caller::owner(), &Call::post(path, body));

    let big = json!({"symbol":"BTC/USDT","side":"buy","type":"market","quantity":"5"});
    assert_eq!(post("orders", big).status, 409);
    let breach = until("the refusal is told", || good.of("limit_breach").pop());
    assert_eq!(
        (&breach["silent"], &breach["engine"]),
        (&json!(true), &json!("north"))
    );
    assert!(
        breach["text"].as_str().unwrap().starts_with("limit "),
        "{breach}"
    );

    let entry = json!({"symbol":"BTC/USDT","side":"buy","type":"market","quantity":"0.001"});
    let placed = post("orders", entry);
    assert_eq!(placed.status, 201, "{}", placed.body);
    let titled = |kind: &str, title: &str| {
        let title = format!("[PAPER] {title}: BTC/USDT");
        let told = good.of(kind);
        told.into_iter()
            .find(|d| d["title"].as_str().unwrap().starts_with(&title))
    };
    // The crew trades too.
    until("the entry is told", || titled("entry", "Entry sent"));
    until("the fill is told", || titled("entry_fill", "Entry filled"));
    let mine = |p: &&PositionRow| p.status == "open" && p.symbol.to_string() == "BTC/USDT";
    let shown = wait_for(&engine, |s| s.positions.items.iter().any(|p| mine(&p)));
    let id = shown.positions.items.iter().find(mine).unwrap().id;
    post(&format!("positions/{id}/close"), json!({"reason":"enough"}));
    let closed = until("the gain is told", || {
        titled("exit_fill", "Position closed")
    });
    assert!(
        closed["text"].as_str().unwrap().contains("USDT after fees"),
        "{closed}"
    );
    assert!(good.of("exit").is_empty(), "it is off");
    end(engine);
}

/// A courier that never comes back.
struct Lost(Arc<AtomicU64>);

impl Courier for Lost {
    fn deliver<'a>(&'a self, _: &'a Document<'a>) -> Coming<'a> {
        self.0.fetch_add(1, Ordering::AcqRel);
        Box::pin(std::future::pending::<Came>())
    }
}

#[test]
fn a_flood_before_a_channel_that_never_answers_is_taken_at_once_and_counted() {
    let calls = Arc::new(AtomicU64::new(0));
    let rules = Rules {
        queue: 16,
        retries: 3,
        retry_delay_ms: 1,
        per_minute: 6_000,
    };
    let channel = Channel::new("lost", rules, Ok(Box::new(Lost(Arc::clone(&calls)))));
    let sender = Sender {
        engine: "north".into(),
        mode: "paper".into(),
    };
    let mut post = Post::with(config::Alerts::default(), sender, vec![channel]).unwrap();
    let began = Instant::now();
    for n in 0..100_000_u64 {
        let kind = if n % 2 == 0 {
            AlertKind::Entry
        } else {
            AlertKind::Hardstop
        };
        post.raise(&Alert {
            kind,
            severity: Severity::Info,
            about: (n % 100).to_string(),
            title: "a flood".into(),
            text: String::new(),
            seq: n,
            time: Time(0),
        });
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    let row = post.alerts().rows().remove(0);
    assert!(row.queued <= 17, "{row:?}");
    assert!(
        row.dropped > 50_000,
        "the silent half found no room: {row:?}"
    );
    assert!(calls.load(Ordering::Acquire) <= 1);
    let ending = Instant::now();
    post.stop();
    assert!(
        ending.elapsed() < Duration::from_secs(4),
        "{:?}",
        ending.elapsed()
    );
}

#[test]
fn each_format_says_the_same_and_secrets_go_where_they_belong() {
    let dir = tempfile::tempdir().unwrap();
    let good = Hook::new(Manners::Well);
    let secret = dir.path().join("ops-key");
    fs::write(&secret, "hunter2\n").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    fs::copy(&secret, dir.path().join("open-key")).unwrap();
    fs::set_permissions(dir.path().join("open-key"), Permissions::from_mode(0o644)).unwrap();
    let mut text = String::new();
    let signed = "token_name = 'ops-key'\nheaders = ['X-Api-Key: ops-key']";
    for format in ["form", "json", "raw"] {
        text += &webhook(format, &good.url, &format!("format = '{format}'\n{signed}"));
    }
    text += &webhook("open", &good.url, "token_name = 'open-key'");
    text += &webhook("none", &good.url, "token_name = 'no-key'");
    let config = configured(dir.path(), &text);
    let secrets = Secrets {
        files: Some(dir.path().to_owned()),
        ..Secrets::default()
    };
    let post = Post::start(&config.alerts, &secrets, "paper").unwrap();
    let tested = post.alerts().test(None, 7, Time(0)).unwrap();
    let of = |name: &str| tested.iter().find(|row| row.channel == name).unwrap();
    for format in ["form", "json", "raw"] {
        assert!(
            of(format).ok && of(format).status == Some(200),
            "{tested:?}"
        );
    }
    let why = |name: &str| of(name).error.clone().unwrap();
    assert!(
        why("open").contains("may be read by others: chmod 600"),
        "{}",
        why("open")
    );
    assert!(
        why("none").contains("the secret no-key is nowhere"),
        "{}",
        why("none")
    );
    assert!(post.alerts().test(Some("nobody"), 7, Time(0)).is_none());
    let states = post.alerts().rows();
    let unusable = states.iter().filter(|row| row.state == "unusable");
    assert_eq!(unusable.count(), 2);
    assert!(!format!("{tested:?}{states:?}{config:?}").contains("hunter2"));

    let got = good.got();
    assert_eq!(got.len(), 3);
    for request in &got {
        assert_eq!(request.header("authorization"), Some("Bearer hunter2"));
        assert_eq!(request.header("x-api-key"), Some("hunter2"));
    }
    let kind = |kind: &str| {
        let mut got = got.iter();
        got.find(|r| r.header("content-type").unwrap().starts_with(kind))
            .unwrap()
    };
    let document = kind("application/json").document();
    assert_eq!(
        (&document["kind"], &document["seq"]),
        (&json!("test"), &json!(7))
    );
    assert_eq!(document["time"], "1970-01-01T00:00:00.000Z");
    let form = &kind("application/x-www-form-urlencoded").body;
    assert!(
        form.contains("kind=test") && form.contains("silent=false"),
        "{form}"
    );
    let raw = kind("text/plain");
    assert!(
        raw.body.starts_with("[PAPER] Test of the channel raw\n"),
        "{}",
        raw.body
    );
    assert_eq!(
        (raw.header("x-kind"), raw.header("x-priority")),
        (Some("test"), Some("3"))
    );
}

#[test]
fn the_verb_lists_channels_and_tries_them() {
    let home = Home::new();
    let (good, broken) = (Hook::new(Manners::Well), Hook::new(Manners::Broken));
    let mut text = webhook("good", &good.url, "token_name = 'ops-key'");
    text += &webhook("broken", &broken.url, "");
    fs::write(home.path().join("pilothouse.toml"), text).unwrap();
    let secrets = home.path().join("config/pilothouse/secrets");
    fs::create_dir_all(&secrets).unwrap();
    fs::write(secrets.join("ops-key"), "hunter2").unwrap();
    fs::set_permissions(secrets.join("ops-key"), Permissions::from_mode(0o600)).unwrap();
    let engine = home.engine(&["--feed", "idle"]);
    let list = home.read(&["alerts"]);
    assert_eq!(list["total"], 2, "{list}");
    let tested = home.read(&["alerts", "test", "good"]);
    assert_eq!(
        (&tested["items"][0]["ok"], &tested["total"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        good.got()[0].header("authorization"),
        Some("Bearer hunter2")
    );
    let all = home.verb(&["alerts", "test"]);
    assert_eq!(all.code, Some(1), "one does not get through: {all:?}");
    assert_eq!(all.document()["items"][0]["status"], 500);
    let unknown = home.verb(&["alerts", "test", "nobody"]);
    assert_eq!(unknown.problem()["code"], "ALERT_CHANNEL_UNKNOWN");
    home.verb(&["hardstop", "--reason", "drill"]);
    until("the stop is in the log", || {
        let said = engine.said();
        (said.contains("HARDSTOP 1: by") && said.contains("drill")).then_some(())
    });
    until("and is told", || good.of("hardstop").pop());
    assert_eq!(home.status()["alerts"][1]["channel"], "good");
    let said = engine.said() + &home.verb(&["config", "show"]).out;
    assert!(!said.contains("hunter2"));
    for log in fs::read_dir(home.state().join("logs")).unwrap() {
        let log = fs::read_to_string(log.unwrap().path()).unwrap();
        assert!(!log.contains("hunter2"));
    }
}
