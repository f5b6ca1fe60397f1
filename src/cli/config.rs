//! The configuration; no engine is asked.

use clap::Subcommand;
use serde_json::json;

use super::exit::{CONFIG_INVALID, Exit};
use super::session::{Session, Shown};
use crate::client::Problem;
use crate::config::{ConfigErrors, Loaded, Sources, load, paths, template};
use crate::console::Keymap;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Whether it holds; all that is wrong at once.
    Check,
    /// Every key with its value and who gave it.
    Show,
    /// Every key with its meaning, range and default, as a file.
    Template,
    /// The files that are read.
    Path,
}

pub fn config(session: &Session, args: &Args) -> Exit {
    match args.action {
        Action::Check => session.show(checked(session), |document| {
            let warnings = document["warnings"].as_array().cloned().unwrap_or_default();
            let lines = warnings.iter().filter_map(|w| w.as_str());
            let lines: String = lines.map(|w| format!("warning: {w}\n")).collect();
            format!("{lines}ok\n")
        }),
        Action::Show => {
            let shown = loaded(session, Vec::new()).map(|loaded| json!({ "items": loaded.items }));
            session.list(
                shown,
                &[("KEY", "key"), ("VALUE", "value"), ("FROM", "origin")],
            )
        }
        Action::Template => {
            let text = template();
            session.show(Ok(json!({ "template": text })), |_| template())
        }
        Action::Path => session.list(found(session), &[("FILE", "path"), ("THERE", "exists")]),
    }
}

/// Loads the configuration, with the keys that flags of the verb set.
///
/// # Errors
/// All that is wrong with it.
pub fn loaded(session: &Session, flags: Vec<(&'static str, String)>) -> Result<Loaded, Problem> {
    let sources = Sources::of_process(session.globals.config.clone(), flags);
    let loaded = load(&sources).map_err(|errors| invalid(&errors))?;
    Keymap::of(&loaded).map_err(|errors| invalid(&errors))?;
    Ok(loaded)
}

/// All that is wrong with a configuration.
pub fn invalid(errors: &ConfigErrors) -> Problem {
    Problem::new(0, CONFIG_INVALID, errors.to_string(), errors.hint())
}

fn checked(session: &Session) -> Shown {
    let loaded = loaded(session, Vec::new())?;
    Ok(json!({ "ok": true, "files": loaded.files, "warnings": loaded.warnings }))
}

fn found(session: &Session) -> Shown {
    let sources = Sources::of_process(session.globals.config.clone(), Vec::new());
    let items: Vec<_> = paths(&sources)
        .into_iter()
        .map(|(path, exists)| json!({ "path": path, "exists": exists }))
        .collect();
    Ok(json!({ "items": items }))
}
