//! The operator's hand on trading: pause, resume, flatten, shutdown.

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::exit::Exit;
use super::session::{Session, Shown};
use crate::client::Call;
use crate::core::Symbol;
use crate::gate::is_held;

/// How long an engine may take to end, its cancels included.
const ENDING: Duration = Duration::from_secs(15);
/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub struct Pausing {
    /// Only this symbol.
    #[arg(long)]
    symbol: Option<Symbol>,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

pub fn pause(session: &Session, args: &Pausing) -> Exit {
    session.show(pausing(session, "pause", args), state)
}

pub fn resume(session: &Session, args: &Pausing) -> Exit {
    session.show(pausing(session, "resume", args), state)
}

fn pausing(session: &Session, verb: &str, args: &Pausing) -> Shown {
    let body = json!({ "reason": args.reason, "symbol": args.symbol });
    session.change(&Call::post(format!("coordinator/{verb}"), body))
}

fn state(document: &Value) -> String {
    let text = document["state"].as_str().unwrap_or_default();
    format!("{text}\n")
}

#[derive(Debug, Args)]
pub struct Flatten {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Why.
    #[arg(long, default_value = "flattened by hand")]
    reason: String,
}

pub fn flatten(session: &Session, args: &Flatten) -> Exit {
    let what = "Cancelling every entry and closing every position";
    if let Err(problem) = session.confirm(args.yes, "FLATTEN", what) {
        return session.fail(&problem);
    }
    let body = json!({ "reason": args.reason, "confirm": "FLATTEN" });
    session.post("flatten", body)
}

#[derive(Debug, Args)]
pub struct Shutdown {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Asks the engine to end and waits until its state folder is free.
pub fn shutdown(session: &Session, args: &Shutdown) -> Exit {
    if let Err(problem) = session.confirm(args.yes, "SHUTDOWN", "Ending the engine") {
        return session.fail(&problem);
    }
    let asked = session.change(&Call::post("coordinator/shutdown", json!({})));
    let shown = asked.map(|mut document| {
        if ended(session) {
            document["result"] = "stopped".into();
        }
        document
    });
    session.show(shown, |document| {
        format!(
            "engine {} {}, {} open positions keep their stops and targets\n",
            document["pid"],
            document["result"].as_str().unwrap_or_default(),
            document["open_positions"]
        )
    })
}

fn ended(session: &Session) -> bool {
    let Ok(state) = session.state() else {
        return false;
    };
    if session.globals.url.is_some() {
        return false;
    }
    let deadline = Instant::now() + ENDING;
    while is_held(&state.path) {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(LOOK);
    }
    true
}
