//! A strategy version that a run has proved, and where a strategy is at work.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{catalogue, shown, words};
use crate::cli::research::tell;
use crate::cli::session::{Session, Shown};
use crate::cli::{deployments, table};
use crate::client::{Call, Problem};
use crate::strategies::Definition;

/// A version in full, without one the newest: its rule, and the document to show.
///
/// # Errors
/// There is none, or what is kept of it does not hold together in this version.
pub fn of(session: &Session, name: &str, version: Option<&str>) -> Result<Proved, Problem> {
    let mut call = Call::get(format!("strategies/{name}"));
    call.query = crate::cli::arguments::query(&[("version", version.map(str::to_owned))]);
    let kept = session.read(&call)?;
    let text = kept["definition"].as_str().unwrap_or_default();
    let definition = Definition::from_json(text).map_err(|error| {
        let hint = "it was kept by another version of the program";
        Problem::new(0, "STRATEGY_INVALID", error.to_string(), hint)
    })?;
    let definition = Arc::new(definition);
    let mut document = shown(&definition)?;
    let row = row(session, name, &kept["version"])?;
    document["version"] = kept["version"].clone();
    document["parameters"] = values(&kept["parameters"]);
    document["interval_s"] = kept["interval_ms"].as_i64().map(|ms| ms / 1000).into();
    document["has_stop"] = kept["has_stop"].clone();
    for field in ["symbol", "run", "origin", "promise", "in_service"] {
        document[field] = row[field].clone();
    }
    Ok(Proved {
        definition,
        document,
    })
}

/// A version that a run has proved.
pub struct Proved {
    /// Its rule.
    pub definition: Arc<Definition>,
    /// What is shown of it.
    pub document: Value,
}

/// What the list says of a version.
fn row(session: &Session, name: &str, version: &Value) -> Shown {
    let mut call = Call::get("strategies");
    call.query = vec![("name".into(), name.to_owned())];
    let list = session.read(&call)?;
    let mut rows = list["items"].as_array().into_iter().flatten();
    Ok(rows
        .find(|row| row["version"] == *version)
        .cloned()
        .unwrap_or_default())
}

fn values(parameters: &Value) -> Value {
    let settings = parameters.as_array().into_iter().flatten();
    let named = settings.filter_map(|setting| {
        let name = setting["name"].as_str()?;
        Some((name.to_owned(), setting["value"].clone()))
    });
    named.collect::<Map<_, _>>().into()
}

/// Where a strategy is at work, or was: candidates and deployments, the newest first. Nothing where there
/// is nobody to ask.
///
/// # Errors
/// What the engine, or the state folder, says.
pub fn services(session: &Session, name: &str) -> Result<Vec<Value>, Problem> {
    let mut all = Vec::new();
    for path in ["deployments", "research/candidates"] {
        let mut call = Call::get(path);
        call.query = vec![("strategy".into(), name.to_owned())];
        match session.read(&call) {
            Ok(list) => all.extend(list["items"].as_array().into_iter().flatten().cloned()),
            Err(problem) if catalogue::alone(session, &problem) => return Ok(Vec::new()),
            Err(problem) => return Err(problem),
        }
    }
    Ok(all)
}

/// The rule in words, then what is known of the version and of where it is at work.
pub fn human(definition: &Definition, document: &Value) -> String {
    let mut text = words::of(definition);
    // Writing to memory cannot fail.
    if let Some(run) = document["run"].as_str() {
        let _ = write!(
            text,
            "\nversion {} of {run} on {}, bars of {} s: {}\n",
            table::cell(&document["version"]),
            table::cell(&document["symbol"]),
            table::cell(&document["interval_s"]),
            tell::parameters(&document["parameters"]),
        );
        let _ = writeln!(text, "{}", promised(&document["promise"]));
    }
    let services = document["services"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if !services.is_empty() {
        let _ = write!(text, "\nat work\n{}", deployments::rows(services));
    }
    for service in services {
        text.push_str(&stages(service));
    }
    text
}

fn promised(promise: &Value) -> String {
    if promise.is_null() {
        return "promised: nothing, no run has judged it".to_owned();
    }
    let get = |name: &str| tell::short(&promise[name]);
    let each = match promise["mean_trade_pct"].is_null() {
        true => String::new(),
        false => format!(" of {} % each", get("mean_trade_pct")),
    };
    format!(
        "promised: Sharpe {}, return {} %, drawdown {} %, {} trades{each}",
        get("sharpe"),
        get("return_pct"),
        get("max_drawdown_pct"),
        get("trades"),
    )
}

/// The stages that a service has left, each with what it was judged by.
fn stages(service: &Value) -> String {
    let mut text = String::new();
    for stage in service["stages"].as_array().into_iter().flatten() {
        let get = |name: &str| tell::short(&stage[name]);
        let _ = write!(
            text,
            "\n{} left {} at {}: {} trades, P&L {}, Sharpe {}, drawdown {} %\n{}",
            table::cell(&service["id"]),
            get("stage"),
            get("left_at"),
            get("trades"),
            get("pnl"),
            get("sharpe"),
            get("max_drawdown_pct"),
            tell::gates(&stage["gates"])
        );
    }
    text
}

/// A document with where the strategy is at work.
///
/// # Errors
/// As [`services`].
pub fn with_services(session: &Session, name: &str, mut document: Value) -> Shown {
    document["services"] = json!(services(session, name)?);
    Ok(document)
}
