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
