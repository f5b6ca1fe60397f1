//! `run --headless`: the engine as a service, until somebody ends it or its feed is over.

use std::process::ExitCode;
use std::time::Duration;

use super::service::Service;
use super::signals::{self, EarlyStop, Signals};
use super::summary::summary;
use crate::engine::{Ended, Engine, LaunchError, Over};

/// Runs an engine that has been started until it ends; `serve` is kept for as long. A service manager
/// is told that it is ready, and that it lives while its silence does not last longer than `limit`.
pub fn wait_headless<S>(
    engine: Engine,
    early: EarlyStop,
    serve: S,
    limit: Duration,
    json: bool,
) -> ExitCode {
    let handle = engine.handle.clone();
    let asked = handle.clone();
    let stop = signals::close(handle.gate().clone());
    let signals = Signals::take(stop, true, move |wish| {
        if wish.terminate() {
            asked.shutdown();
        }
    });
    if let Err(error) = signals {
        eprintln!("error: signals cannot be taken: {error}");
        handle.shutdown();
    }
    early.hand_over(handle.gate());
    let service = Service::ready(&handle, engine.heart(), limit);
    if let Err(error) = &service {
        tracing::error!("the service manager will not be told: {error}");
    }
    handle.wait_ended();
    drop((service, serve));
    finish(engine.join(), json)
}

/// Says how it ended.
pub fn finish(over: Option<Over>, json: bool) -> ExitCode {
    let Some(over) = over else {
        eprintln!("error: the engine's thread panicked; the journal is whole, start again");
        return ExitCode::FAILURE;
    };
    let failed = matches!(over.ended, Ended::JournalFailed(_));
    let summary = summary(&over.state, over.journal_hash);
    if json {
        match serde_json::to_string(&summary) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("error: {error}"),
        }
    } else {
        println!("{summary}");
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Code, message and hint of a start that failed, and its exit code.
pub fn launch_problem(error: &LaunchError) -> (String, String, String, u8) {
    use crate::engine::RecoveryError;
    use crate::journal::JournalError;
    let message = error.to_string();
    let (code, hint, exit) = match error {
        LaunchError::Locked(_) => (
            "ENGINE_RUNNING",
            "look at it with `pilothouse attach`, or name another folder with --state DIR".into(),
            3,
        ),
        LaunchError::Recovery(RecoveryError::Journal(JournalError::Damage(damage))) => (
            "JOURNAL_DAMAGED",
            format!(
                "keep a copy of the folder; `pilothouse run --accept-loss {}` goes on with what is \
                 whole, into reduce-only",
                damage.last_good
            ),
            1,
        ),
        LaunchError::Recovery(RecoveryError::Journal(JournalError::Newer { .. })) => (
            "JOURNAL_NEWER",
            "it was written by a newer version: start that one".into(),
            1,
        ),
        LaunchError::Recovery(_) => (
            "JOURNAL_UNREADABLE",
            "see the reason above; `pilothouse journal verify` tells more".into(),
            1,
        ),
        LaunchError::Feed(_) => (
            "FEED_INVALID",
            "mend the file, or name another with --feed".into(),
            1,
        ),
        LaunchError::FeedInThePast { .. } => (
            "FEED_IN_THE_PAST",
            "a new recording wants a new state folder: --state DIR".into(),
            3,
        ),
        LaunchError::Refused(refusal) => (refusal.code.as_str(), refusal.hint.clone(), 3),
        LaunchError::Io { .. } => (
            "STATE_UNWRITABLE",
            "the state folder must be writable: --state DIR names another".into(),
            1,
        ),
        LaunchError::Loss(_) => (
            "LOSS_REFUSED",
            "`pilothouse journal verify` names the last record that is whole".into(),
            1,
        ),
    };
    (code.to_owned(), message, hint, exit)
}
