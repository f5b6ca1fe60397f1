//! Where alerts go, and whether they arrive.

use clap::Subcommand;
use serde_json::{Value, json};

use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;

/// Columns of a list of channels.
const CHANNELS: &[table::Column] = &[
    ("CHANNEL", "channel"),
    ("STATE", "state"),
    ("QUEUED", "queued"),
    ("SENT", "sent"),
    ("FAILED", "failed"),
    ("DROPPED", "dropped"),
    ("LAST ERROR", "last_error"),
];
/// Columns of what came back of tests.
const TESTS: &[table::Column] = &[
    ("CHANNEL", "channel"),
    ("OK", "ok"),
    ("STATUS", "status"),
    ("MS", "elapsed_ms"),
    ("ERROR", "error"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The channels and how they fare.
    List,
    /// Send a message now and say what came back; exit code 1 where one did not get through.
    Test {
        /// Of `alerts`; all of them where absent.
        channel: Option<String>,
    },
}

pub fn alerts(session: &Session, args: &Args) -> Exit {
    let channel = match &args.action {
        None | Some(Action::List) => return session.list_of("alerts", Vec::new(), CHANNELS),
        Some(Action::Test { channel }) => channel,
    };
    let tested = session.change(&Call::post("alerts/test", json!({ "channel": channel })));
    let all_well = |document: &Value| {
        let rows = document["items"].as_array();
        rows.is_some_and(|rows| rows.iter().all(|row| row["ok"] == true))
    };
    let well = tested.as_ref().is_ok_and(all_well);
    match session.list(tested, TESTS) {
        Exit::Done if !well => Exit::Failed,
        exit => exit,
    }
}
