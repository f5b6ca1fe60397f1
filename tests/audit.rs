//! `audit` and `journal verify` as verbs: who did what, from where and why, for people and for
//! programs, with an engine and without one.

#[path = "support/program.rs"]
mod program;

use program::Home;
use rustix::process::Signal;
use serde_json::Value;

fn lines(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let said = home.verb(&[&["audit"], arguments].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines = said.out.lines();
    lines.map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn csv(home: &Home, arguments: &[&str]) -> Vec<Vec<String>> {
    let mut command = home.program(&[&["audit", "--format", "csv"], arguments].concat());
    command.arg("--state").arg(home.state());
    let said = home.ended(command);
    assert_eq!(said.code, Some(0), "{said:?}");
    records(&said.out)
}

/// Reads CSV as RFC 4180 has it.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let record = records.last_mut().unwrap();
        let cell = record.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\r' if !quoted => {
                assert_eq!(letters.next(), Some('\n'), "a line ends with both");
                records.push(vec![String::new()]);
            }
            letter => cell.push(letter),
        }
    }
    assert_eq!(
        records.pop(),
        Some(vec![String::new()]),
        "the last line ends"
    );
    records
}

#[test]
fn what_was_done_is_told_with_who_from_where_and_why() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    let reason = "the \"news\", and\nmore of it";
    home.verb(&["pause", "--symbol", "BTC/USDT"]).done();
    home.verb(&["resume", "--symbol", "BTC/USDT"]).done();
    home.verb(&["hardstop", "--reason", reason]).done();
    let uid = format!("unix:{}", rustix::process::getuid().as_raw());
    let check = |home: &Home| {
        let all = lines(home, &["--all"]);
        let kinds = |arguments: &[&str]| -> Vec<String> {
            let lines = lines(home, arguments);
            let kind = |l: &Value| l["kind"].as_str().unwrap().to_owned();
            lines.iter().map(kind).collect()
        };
        let paused = &lines(home, &["--kind", "symbol_paused"])[0];
        assert_eq!(
            (&paused["actor"], &paused["origin"]),
            (&"operator".into(), &uid.as_str().into())
        );
        let seq = paused["seq"].to_string();
        let from_there = kinds(&["--from", "unix", "--since", &seq, "--until", &seq]);
        assert_eq!(from_there, ["symbol_paused"]);
        assert!(kinds(&["--from", "tcp"]).is_empty());
        assert!(kinds(&["--from", "engine", "--limit", "3"]).len() == 3);
        let stop = &lines(home, &["--kind", "hardstop_engaged"])[0];
        assert_eq!(stop["origin"], "stop.sock");
        assert_eq!(stop["data"]["reason"], reason);

        let table = csv(home, &["--all"]);
        assert_eq!(table[0].join(","), "seq,time,kind,actor,cause,data,origin");
        assert_eq!(table.len() - 1, all.len());
        for (row, line) in table[1..].iter().zip(&all) {
            assert_eq!(row.len(), 7);
            assert_eq!(row[0], line["seq"].to_string());
            assert_eq!(row[2], line["kind"].as_str().unwrap());
            assert_eq!(
                serde_json::from_str::<Value>(&row[5]).unwrap(),
                line["data"]
            );
            assert_eq!(row[6], line["origin"].as_str().unwrap_or_default());
        }
    };
    check(&home);
    engine.signal(Signal::TERM);
    assert_eq!(engine.ended().code, Some(0));
    // Nobody runs here any more: the folder says the same.
    check(&home);

    let verified = home.verb(&["journal", "verify"]).done();
    let sealed = lines(&home, &["--all", "--verify"]);
    let seal = sealed.last().unwrap();
    assert_eq!(seal["kind"], "chain_verified");
    assert_eq!(seal["data"]["hash"], verified["hash"]);
    assert_eq!(seal["seq"], verified["last_seq"]);
    let mut command = home.program(&["journal", "verify"]);
    command.arg("--state").arg(home.state());
    let said = home.ended(command);
    assert!(said.out.contains("the hash chain holds"), "{said:?}");
    let wrong = home.verb(&["audit", "--until", "tomorrow"]);
    assert_eq!(wrong.refusal().1, "REQUEST_INVALID");
}
