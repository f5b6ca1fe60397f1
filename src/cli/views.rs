//! The SQL tables folded from the journal; no engine is asked.

use clap::Subcommand;
use serde_json::json;

use super::exit::Exit;
use super::session::{Session, Shown};
use crate::client::Problem;
use crate::views::{ViewsError, check, rebuild};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fold them anew.
    Rebuild,
    /// Compare them with the journal.
    Check,
}

pub fn views(session: &Session, args: &Args) -> Exit {
    let shown = match args.action {
        Action::Rebuild => rebuilt(session),
        Action::Check => checked(session),
    };
    let differs = shown.as_ref().is_ok_and(|document| document["ok"] == false);
    match session.fields(shown) {
        Exit::Done if differs => Exit::Failed,
        exit => exit,
    }
}

fn rebuilt(session: &Session) -> Shown {
    let state = session.state()?;
    let seq = block_on(rebuild(&state.path))?;
    Ok(json!({ "seq": seq, "ok": true }))
}

fn checked(session: &Session) -> Shown {
    let state = session.state()?;
    let differences = block_on(check(&state.path))?;
    Ok(json!({ "ok": differences.is_empty(), "differences": differences }))
}

/// Waits for the views' answer.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, ViewsError>>) -> Result<T, Problem> {
    let failed = |error: &dyn std::fmt::Display| {
        let hint = "`pilothouse journal verify` checks what they are folded from";
        Problem::new(0, "VIEWS_FAILED", error.to_string(), hint)
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?
        .block_on(work)
        .map_err(|error| failed(&error))
}
