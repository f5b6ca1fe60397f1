//! The configuration: what it is, whether it holds, and telling a running engine to read it again.

use clap::Subcommand;
use serde_json::{Value, json};

use super::exit::{CONFIG_INVALID, Exit};
use super::session::{Session, Shown};
use super::table::{self, Column};
use crate::client::{Call, Problem};
use crate::config::{ConfigErrors, Fault, Loaded, Sources, load, paths, template};
use crate::console::Keymap;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Whether it holds; all that is wrong at once: key, file, line, what is allowed, what was meant.
    Check,
    /// Every key with its value and who gave it.
    Show {
        /// Only keys that begin with this, such as risk or execution.paper.
        prefix: Option<String>,
        /// Only keys that are not by default.
        #[arg(long)]
        changed: bool,
    },
    /// Every key with its meaning, unit, range and default, as a file.
    Template,
    /// The files that are read, in order.
    Path,
    /// Have the running engine read its layers again. What allows no more than before is taken at once;
    /// what allows more wants --yes.
    Reload {
        /// Why; it is journaled.
        #[arg(long, default_value = "reloaded from the command line")]
        reason: String,
        /// Take what allows more than before, too.
        #[arg(long)]
        yes: bool,
        /// Only tell what would change.
        #[arg(long)]
        dry_run: bool,
    },
}

const KEYS: &[Column] = &[("KEY", "key"), ("VALUE", "value"), ("FROM", "origin")];
const CHANGES: &[Column] = &[
    ("KEY", "key"),
    ("FROM", "from"),
    ("TO", "to"),
    ("BY", "origin"),
];

pub fn config(session: &Session, args: &Args) -> Exit {
    match &args.action {
        Action::Check => checked(session),
        Action::Show { prefix, changed } => {
            let shown = shown(session, prefix.as_deref(), *changed);
            session.list(shown, KEYS)
        }
        Action::Template => {
            let text = template();
            session.show(Ok(json!({ "template": text })), |_| template())
        }
        Action::Path => session.list(found(session), &[("FILE", "path"), ("THERE", "exists")]),
        Action::Reload {
            reason,
            yes,
            dry_run,
        } => {
            let done = match dry_run {
                true => session.change(&Call::get("config/reload")),
                false => reloaded(session, reason, *yes),
            };
            session.show(done, changes)
        }
    }
}

/// Loads the configuration, with the keys that flags of the verb set.
///
/// # Errors
/// All that is wrong with it.
pub fn loaded(session: &Session, flags: Vec<(&'static str, String)>) -> Result<Loaded, Problem> {
    let sources = Sources::of_process(session.globals.config.clone(), flags);
    held(&sources).map_err(|errors| invalid(&errors))
}

/// The configuration, where all of it holds: the keys of the console too.
///
/// # Errors
/// All that is wrong with it.
pub fn held(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let loaded = load(sources)?;
    Keymap::of(&loaded)?;
    Ok(loaded)
}

/// All that is wrong with a configuration.
pub fn invalid(errors: &ConfigErrors) -> Problem {
    Problem::new(0, CONFIG_INVALID, errors.to_string(), errors.hint())
}

/// Every fault as a row of its own, for scripts; as an error too, so that the exit code says it.
fn checked(session: &Session) -> Exit {
    let sources = Sources::of_process(session.globals.config.clone(), Vec::new());
    let loaded = match held(&sources) {
        Ok(loaded) => loaded,
        Err(errors) if session.globals.json => {
            let faults: Vec<Value> = errors.faults.iter().map(fault).collect();
            let shown = session.text(&format!("{}\n", json!({ "ok": false, "faults": faults })));
            let failed = session.fail(&invalid(&errors));
            return if shown == Exit::Done { failed } else { shown };
        }
        Err(errors) => return session.fail(&invalid(&errors)),
    };
    let document = json!({ "ok": true, "files": loaded.files, "warnings": loaded.warnings });
    session.show(Ok(document), |_| {
        let lines = loaded.warnings.iter();
        let lines: String = lines.map(|w| format!("warning: {w}\n")).collect();
        format!("{lines}ok\n")
    })
}

fn fault(fault: &Fault) -> Value {
    json!({
        "place": fault.place,
        "key": fault.key,
        "found": fault.found,
        "allowed": fault.allowed,
        "meant": fault.meant,
    })
}

fn shown(session: &Session, prefix: Option<&str>, changed: bool) -> Shown {
    let items: Vec<_> = loaded(session, Vec::new())?
        .items
        .into_iter()
        .filter(|item| prefix.is_none_or(|prefix| is_within(&item.key, prefix)))
        .filter(|item| !changed || item.origin != crate::config::Origin::Default)
        .collect();
    if let Some(prefix) = prefix.filter(|_| items.is_empty() && !changed) {
        let message = format!("no key begins with {prefix:?}");
        let hint = "`pilothouse config show` lists them all";
        return Err(Problem::new(0, "NOT_FOUND", message, hint));
    }
    Ok(json!({ "items": items, "total": items.len() }))
}

/// Whether a path lies within a section, or is the key itself; a part of a name is no section.
fn is_within(key: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_matches(|c| c == '.' || c == '[' || c == ']');
    key.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || prefix.is_empty())
}

fn found(session: &Session) -> Shown {
    let sources = Sources::of_process(session.globals.config.clone(), Vec::new());
    let items: Vec<_> = paths(&sources)
        .into_iter()
        .map(|(path, exists)| json!({ "path": path, "exists": exists }))
        .collect();
    Ok(json!({ "items": items }))
}

/// Takes what narrows, and what widens where it is confirmed: by `--yes`, or by a person who has seen it.
fn reloaded(session: &Session, reason: &str, yes: bool) -> Shown {
    let mut body = json!({ "reason": reason });
    if yes {
        body["confirm"] = "WIDEN".into();
    } else if let Some(shown) = confirmed(session)? {
        body["confirm"] = "WIDEN".into();
        body["shown"] = shown;
    }
    // What is not confirmed is refused by the engine, which says what waits.
    session.change(&Call::post("config/reload", body))
}

/// What would widen, where somebody at a terminal saw it and typed the word.
fn confirmed(session: &Session) -> Result<Option<Value>, Problem> {
    let preview = session.change(&Call::get("config/reload"))?;
    let waiting = preview["waiting"].as_array().map_or(&[][..], Vec::as_slice);
    if waiting.is_empty() {
        return Ok(None);
    }
    let what = format!(
        "{}this allows more than before",
        table::rows(waiting, CHANGES)
    );
    let typed = session.confirm(false, "WIDEN", &what);
    Ok(typed.is_ok().then(|| preview["widening"].clone()))
}

fn changes(document: &Value) -> String {
    let mut text = String::new();
    for (name, head) in [
        ("taken", "taken"),
        ("waiting", "waiting for a confirmation (--yes)"),
        ("restart", "taken when the engine is started again"),
        ("without_effect", "without effect in this version"),
    ] {
        let rows = document[name].as_array().map_or(&[][..], Vec::as_slice);
        if !rows.is_empty() {
            text.push_str(&format!("{head}:\n{}", table::rows(rows, CHANGES)));
        }
    }
    for warning in document["warnings"].as_array().into_iter().flatten() {
        text.push_str(&format!("warning: {}\n", table::cell(warning)));
    }
    if text.is_empty() {
        text.push_str("nothing has changed\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_section_or_a_key() {
        for (prefix, is) in [
            ("risk", true),
            ("[risk]", true),
            ("risk.max_leverage", true),
            ("", true),
            ("ris", false),
            ("risk.max", false),
            ("risk.max_leverage.x", false),
        ] {
            assert_eq!(is_within("risk.max_leverage", prefix), is, "{prefix}");
        }
    }

    #[test]
    fn what_a_reload_did_is_told_group_by_group() {
        let row = json!({"key": "risk.max_leverage", "from": "\"5\"", "to": "\"3\"", "origin": "default"});
        let text = changes(&json!({"taken": [row], "restart": [], "warnings": ["w"]}));
        assert!(text.starts_with("taken:\nKEY"), "{text}");
        assert!(text.ends_with("warning: w\n") && !text.contains("started again"));
        assert_eq!(changes(&json!({"taken": []})), "nothing has changed\n");
    }
}
