//! The verbs of coordination, as an operator and scripts meet them.

#[path = "support/program.rs"]
mod program;

use std::fs;

use program::{Home, Said, until};
use serde_json::Value;

impl Home {
    /// A verb as a person types it.
    fn typed(&self, arguments: &[&str]) -> Said {
        let mut command = self.program(arguments);
        command.arg("--state").arg(self.state());
        self.ended(command)
    }
}

fn slot(purpose: &str) -> [&str; 7] {
    [
        "reserve",
        "--resource",
        "compute",
        "--amount",
        "1",
        "--purpose",
        purpose,
    ]
}

/// The line of a text that begins with a word.
fn line<'t>(text: &'t str, word: &str) -> &'t str {
    let found = text.lines().find(|line| line.starts_with(word));
    found.unwrap_or_else(|| panic!("no {word} in:\n{text}"))
}

#[test]
fn a_request_that_waits_says_for_what_and_has_its_turn() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let first = home.verb(&slot("backtest: one")).done();
    for purpose in ["backtest: two", "backtest: three"] {
        assert_eq!(home.verb(&slot(purpose)).done()["status"], "held");
    }
    let refused = home.verb(&slot("backtest: four"));
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert_eq!(refused.problem()["limit"], "3");

    let waiting = home.typed(&[&slot("backtest: four")[..], &["--wait"]].concat());
    assert_eq!(waiting.code, Some(0), "{waiting:?}");
    let id = waiting.out.trim().to_owned();
    assert!(id.starts_with("optimizer_"), "{id}");
    assert!(waiting.err.starts_with("queued until "), "{}", waiting.err);
    let waits = "it waits until somebody gives back";
    assert!(waiting.err.contains(waits), "{}", waiting.err);
    let status = home.typed(&["status"]).out;
    assert!(line(&status, "waiting").ends_with("1 for compute"));
    assert!(line(&status, "autonomy").ends_with("autonomous"));

    let queued = ["reservations", "--status", "queued", "--class", "backtest"];
    let list = home.read(&queued);
    assert_eq!(
        (&list["total"], &list["items"][0]["id"]),
        (&1.into(), &id.as_str().into())
    );
    let of_another = home.read(&["reservations", "--class", "paper"]);
    assert_eq!(of_another["total"], 0);

    let first = first["reservation_id"].as_str().unwrap();
    let released = home.typed(&["release", "--reservation-id", first]);
    assert_eq!(released.out, "released\n");
    assert_eq!(home.read(&queued)["total"], 0);
    let held = home.read(&["reservations", "--status", "held"]);
    let ids = held["items"].as_array().unwrap().iter();
    assert!(ids.clone().any(|row| row["id"] == id.as_str()));
}

#[test]
fn the_global_state_of_the_folder_follows_and_survives_a_restart() {
    let home = Home::new();
    let file = home.state().join("autonomy_state.json");
    let read = || -> Value { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    let engine = home.engine(&["--feed", "idle"]);
    home.verb(&slot("backtest: one")).done();
    until("the slot is taken", || {
        (read()["active_backtests"] == 1).then_some(())
    });
    assert_eq!(read()["hardstop_triggered"], false);
    home.verb(&["hardstop", "--reason", "drill"]).done();
    until("the stop is told", || {
        (read()["hardstop_triggered"] == true).then_some(())
    });
    let before = until("the stop has taken the slot back", || {
        Some(read()).filter(|state| state["active_backtests"] == 0)
    });
    engine.kill();
    assert_eq!(read(), before);
    // What somebody else wrote into it is no state of ours.
    fs::write(&file, "{}").unwrap();
    let _engine = home.engine(&["--feed", "idle"]);
    until("it is written anew", || (read() == before).then_some(()));
}

#[test]
fn conflicts_are_a_table_that_can_be_read() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let text = home.typed(&["conflicts"]).out;
    assert!(text.starts_with("active\nnone\n"), "{text}");
    let row = line(&text, "discovery").split_whitespace();
    let row: Vec<&str> = row.collect();
    assert_eq!(
        row,
        ["discovery", "allow", "allow", "queue", "allow", "cancel"]
    );
    let table = home.read(&["conflicts"])["table"].clone();
    assert_eq!(table.as_array().unwrap().len(), 25);
}

#[test]
fn an_activity_waits_for_another_and_has_its_turn() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let begin = |kind, agent| home.typed(&["activity", "begin", "--kind", kind, "--agent", agent]);
    let deployment = begin("deployment", "deployer");
    assert_eq!(deployment.err, "running\n", "{deployment:?}");
    let discovery = begin("discovery", "discoverer");
    assert_eq!(
        (discovery.code, discovery.err.as_str()),
        (Some(0), "queued\n")
    );
    let file = home.state().join("autonomy_state.json");
    until("the deployment is told to other programs", || {
        let state: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        (state["deployment_in_progress"] == true).then_some(())
    });

    let status = home.typed(&["status"]).out;
    let row = line(&status, discovery.out.trim());
    assert!(row.ends_with(deployment.out.trim()), "{row}");
    let conflicts = home.typed(&["conflicts"]).out;
    let row = line(&conflicts, "activity");
    assert!(
        row.contains("deployment of deployer,discovery of discoverer"),
        "{row}"
    );

    let end = |id: &str| home.verb(&["activity", "end", id, "--reason", "done"]);
    assert_eq!(end(deployment.out.trim()).done()["status"], "ended");
    assert_eq!(end("activity_999999").code, Some(3));
    let running = home.read(&["activity", "--status", "running"]);
    assert_eq!(running["items"][0]["id"], discovery.out.trim());
}

#[test]
fn an_outside_agent_joins_and_answers_what_it_is_asked() {
    let home = Home::new();
    let _engine = home.engine(&["--feed", "idle"]);
    let joined = home.typed(&["agents", "register", "quant", "--version", "2.1"]);
    assert!(line(&joined.out, "token").len() > 30, "{joined:?}");
    assert!(joined.err.contains("not shown again"), "{joined:?}");
    let beat = ["agents", "heartbeat", "quant", "--response-ms", "35"];
    assert_eq!(home.verb(&beat).done()["outside"], true);

    let ask = [
        "messages",
        "send",
        "--to",
        "quant",
        "--kind",
        "request",
        "--priority",
        "urgent",
        "--subject",
        "how much?",
        "--payload",
        r#"{"symbol":"BTC/USDT"}"#,
    ];
    let question = home.typed(&ask);
    let question = question.out.trim();
    let pending = ["messages", "pending", "--agent", "quant", "--wait", "5"];
    let handed = home.read(&pending);
    assert_eq!(handed["items"][0]["id"], question);
    assert_eq!(handed["items"][0]["priority"], "critical");
    let answer = [
        "messages",
        "send",
        "--from",
        "quant",
        "--to",
        "operator",
        "--in-reply-to",
        question,
        "--kind",
        "response",
        "--payload",
        r#"{"quantity":"0.01"}"#,
    ];
    let answer = home.typed(&answer).out;
    let conversation = home.read(&["messages", "follow", answer.trim()]);
    let said: Vec<_> = conversation["items"].as_array().unwrap().iter().collect();
    assert_eq!((said.len(), &said[0]["id"]), (2, &question.into()));
    assert_eq!(said[0]["status"], "acknowledged");
    assert_eq!(said[1]["subject"], "Re: how much?");
    let text = home.typed(&["messages", "follow", question]).out;
    assert!(
        text.contains("operator → quant") && text.contains("quant → operator"),
        "{text}"
    );

    let own = [
        "messages",
        "send",
        "--from",
        "quant",
        "--topic",
        "quant",
        "--payload",
        r#"{"n":1}"#,
    ];
    let own = home.typed(&own).out;
    assert_eq!(home.read(&["latest", "--topic", "quant"])["id"], own.trim());
    let foreign = [
        "messages",
        "send",
        "--from",
        "quant",
        "--topic",
        "risk_alerts",
    ];
    assert_ne!(home.verb(&foreign).code, Some(0));
    assert_eq!(
        home.verb(&["messages", "ack", "message_999999"]).code,
        Some(3)
    );
    assert_eq!(
        home.verb(&["messages", "follow", "message_999999"]).code,
        Some(3)
    );
}

#[test]
fn a_cycle_keeps_what_agents_leave_for_each_other() {
    let home = Home::new();
    let engine = home.engine(&["--speed", "60"]);
    let id = until("a cycle", || {
        let cycles = home.read(&["cycles"]);
        cycles["items"][0]["id"].as_str().map(str::to_owned)
    });
    let put = [
        "cycles",
        "data",
        &id,
        "operator_note",
        "--put",
        r#"{"wait":true}"#,
    ];
    assert_eq!(home.verb(&put).done()["key"], "operator_note");
    let read = home.typed(&["cycles", "data", &id, "operator_note"]);
    assert_eq!(read.out, "{\n  \"wait\": true\n}\n", "{read:?}");
    let unknown = ["cycles", "data", &id, "nobody_wrote"];
    assert_eq!(home.verb(&unknown).code, Some(3));
    engine.kill();
    let all = home.read(&["cycles", "data", &id]);
    assert_eq!(all["data"]["operator_note"]["wait"], true);
}

#[test]
fn in_guide_mode_an_entry_waits_for_the_operator() {
    let home = Home::new();
    let config = home.path().join("guide.toml");
    fs::write(&config, "[coordinator]\nmode = \"guide\"\n").unwrap();
    let config = config.to_str().unwrap();
    let _engine = home.engine(&["--speed", "3600", "--config", config]);
    let status = home.typed(&["status"]).out;
    assert!(line(&status, "autonomy").ends_with("guide"));
    let waiting = ["approvals", "--status", "waiting"];
    let id = until("an entry that waits", || {
        let list = home.read(&waiting);
        list["items"][0]["id"].as_str().map(str::to_owned)
    });
    let rejected = home.verb(&["approvals", "reject", &id, "--reason", "not today"]);
    let rejected = rejected.done();
    assert_eq!(rejected["status"], "rejected");
    let twice = home.verb(&["approvals", "approve", &id]);
    assert_eq!(twice.code, Some(3), "{twice:?}");
}
