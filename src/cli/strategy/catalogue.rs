//! The strategies there are: built in, and those that a run has proved.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::research::tell;
use crate::cli::session::{Session, Shown};
use crate::cli::table;
use crate::client::{Call, Problem, UNREACHABLE};
use crate::strategies::{Definition, built_in};

const COLUMNS: &[table::Column] = &[
    ("NAME", "name"),
    ("VERSION", "version"),
    ("ORIGIN", "origin"),
    ("SYMBOL", "symbol"),
    ("SHARPE", "sharpe"),
    ("IN SERVICE", "in_service"),
    ("FEATURES", "features"),
    ("ABOUT", "about"),
];

/// Whether nobody is there to ask, and nobody was named: the built-in ones are known without.
pub fn alone(session: &Session, problem: &Problem) -> bool {
    let named = session.globals.url.is_some() || session.globals.socket.is_some();
    let nobody = matches!(problem.code.as_str(), UNREACHABLE | "STATE_MISSING");
    nobody && !named
}

/// All of them.
///
/// # Errors
/// What the engine, or the state folder, says.
pub fn list(session: &Session) -> Shown {
    let mut list = match session.read(&Call::get("strategies")) {
        Err(problem) if alone(session, &problem) => {
            let items: Vec<_> = built_in().iter().map(row).collect();
            json!({ "total": items.len(), "items": items, "engine": "not_running" })
        }
        read => read?,
    };
    for row in list["items"].as_array_mut().into_iter().flatten() {
        row["features"] = tell::hash(&row["feature_hash"]).into();
    }
    Ok(list)
}

/// As rows, their promised Sharpe ratio short.
pub fn human(document: &Value) -> String {
    let mut list = document.clone();
    for row in list["items"].as_array_mut().into_iter().flatten() {
        row["sharpe"] = tell::short(&row["promise"]["sharpe"]).into();
    }
    table::list(&list, COLUMNS)
}

fn row(definition: &Arc<Definition>) -> Value {
    json!({
        "name": definition.name,
        "version": definition.version,
        "about": definition.about,
        "feature_hash": definition.feature_hash(),
        "origin": "built_in",
        "symbol": null,
        "run": null,
        "promise": null,
        "in_service": null,
    })
}
