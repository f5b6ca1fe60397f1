//! `examples/agent.py` against the real program: every step it says it takes is seen from the
//! engine's side, it outlives a killed engine, and it leaves nothing behind.

#[path = "support/program.rs"]
mod program;

use std::path::Path;
use std::process::{Command, Stdio};

use program::{Home, Running, until};
use rustix::process::Signal;
use serde_json::Value;

/// Whether there is a Python; where it is absent the test says so and is skipped, unless
/// `PILOTHOUSE_REQUIRE` names `servers`.
fn has_python() -> bool {
    let asked = Command::new("python3")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if asked.is_ok_and(|status| status.success()) {
        return true;
    }
    let required = std::env::var("PILOTHOUSE_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|r| r == "servers"),
        "python3 is required and absent"
    );
    eprintln!("skipped: there is no python3");
    false
}

fn script() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/agent.py");
    path.to_str().unwrap().to_owned()
}

fn start(home: &Home) -> Running {
    let mut command = Command::new("python3");
    command
        .arg(script())
        .args(["--name", "scout", "--heartbeat", "0.2", "--every", "0.2"])
        .args(["--symbols", "BTC/USDT", "--capital", "25", "--calls", "2"])
        .arg("--socket")
        .arg(home.state().join("control.sock"))
        .envs(home.environment())
        .stdin(Stdio::null());
    home.spawn(command)
}

/// The lines of the audit that an agent's doings left.
fn audit(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let said = home.verb(&[&["audit", "--since", "1", "--all"], arguments].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines = said.out.lines();
    lines.map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn scouts_reservations(home: &Home) -> Vec<Value> {
    let status = home.status();
    let rows = status["reservations"].as_array().unwrap().iter();
    rows.filter(|row| row["agent"] == "scout")
        .cloned()
        .collect()
}

/// Its capital, once it holds some.
fn held(home: &Home) -> Value {
    until("the agent holds capital", || {
        let rows = scouts_reservations(home);
        rows.into_iter()
            .find(|row| row["resource"] == "capital" && row["status"] == "held")
    })
}

/// A cycle that an operator starts and the agent answers: its record.
fn answered_cycle(home: &Home) -> Value {
    until("a cycle is answered by the agent", || {
        // One may be running by its schedule, or the market be too young.
        home.verb(&["cycles", "start", "--symbol", "BTC/USDT"]);
        let cycles = home.read(&["cycles"]);
        let done = |phase: &&Value| phase["agent"] == "scout" && phase["ended_at"] != Value::Null;
        let answered =
            |cycle: &&Value| cycle["phases"].as_array().unwrap().iter().any(|p| done(&p));
        cycles["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(answered)
            .cloned()
    })
}

#[test]
fn the_example_takes_every_step_outlives_a_kill_and_leaves_nothing() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    let engine = home.engine(&["--feed", "sim", "--speed", "60"]);
    let mut agent = start(&home);

    // It registers and gives signs of life.
    until("the agent is well", || {
        let agents = home.read(&["agents"]);
        let rows = agents["items"].as_array().unwrap().iter();
        let mut scouts = rows.filter(|row| row["name"] == "scout" && row["health"] == "ok");
        scouts.find(|row| row["status_message"] != Value::Null)?;
        Some(())
    });
    assert_eq!(audit(&home, &["--kind", "agent_registered"]).len(), 1);

    // It holds capital and says on its own topic what it sees of prices it subscribed to.
    let first = held(&home);
    assert_eq!(first["amount"], "25");
    until("the agent has said something", || {
        let said = home.verb(&["latest", "--topic", "scout"]);
        (said.code == Some(0)).then_some(())
    });
    until("it gave its API calls back", || {
        let ended = audit(&home, &["--kind", "reservation_ended", "--actor", "scout"]);
        (!ended.is_empty()).then_some(())
    });

    // It answers the phase of a cycle.
    let cycle = answered_cycle(&home);
    let id = cycle["id"].as_str().unwrap();
    let story = home.read(&["explain", id]);
    assert!(story["narrative"].as_str().unwrap().contains(id), "{story}");

    // Everything it did says from where.
    let uid = rustix::process::getuid().as_raw();
    let origin = format!("unix:{uid} token");
    let doings = audit(&home, &["--actor", "scout"]);
    assert!(
        doings.iter().all(|line| line["origin"] == origin.as_str()),
        "{doings:#?}"
    );

    // The engine is killed; the agent goes on with the next one, under the token it has.
    engine.kill();
    let engine = home.engine(&["--feed", "sim", "--speed", "60"]);
    assert!(agent.is_alive());
    held(&home);
    answered_cycle(&home);
    assert_eq!(
        audit(&home, &["--kind", "agent_registered"]).len(),
        1,
        "{}",
        agent.said()
    );

    // A stop empties its hands.
    home.verb(&["hardstop", "--reason", "drill"]).done();
    until("the agent holds nothing", || {
        scouts_reservations(&home).is_empty().then_some(())
    });

    // It goes when it is told to, and nothing of it is left.
    agent.signal(Signal::TERM);
    let said = agent.ended();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(scouts_reservations(&home).is_empty());
    let queue = home.read(&["messages", "pending", "--agent", "scout"]);
    let prices = queue["items"].as_array().unwrap().iter();
    assert_eq!(prices.filter(|m| m["topic"] == "market_data").count(), 0);
    engine.signal(Signal::TERM);
    assert_eq!(engine.ended().code, Some(0));
}

#[test]
fn the_example_gives_back_what_it_holds_on_a_signal_and_helps() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    let mut help = Command::new("python3");
    help.arg(script()).arg("--help").stdin(Stdio::null());
    let help = home.ended(help);
    assert_eq!(help.code, Some(0));
    assert!(
        help.out.contains("--socket") && help.err.is_empty(),
        "{help:?}"
    );

    let _engine = home.engine(&["--feed", "idle"]);
    let agent = start(&home);
    held(&home);
    agent.signal(Signal::INT);
    let said = agent.ended();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(scouts_reservations(&home).is_empty(), "{said:?}");
}
