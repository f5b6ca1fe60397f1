//! Strategy versions that a run has proved.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{PromiseRow, StrategyRow};
use crate::core::research::Version;
use crate::core::service::Kind;
use crate::core::{Name, State};

/// What a row shows of a definition; the core only keeps it.
#[derive(Default, Deserialize)]
struct Described {
    #[serde(default)]
    about: String,
}

/// The versions that may be put into service, the newest first: rows beside whose definitions nothing was
/// read yet. [`described`] does, where nobody waits for it.
pub(in crate::snapshot) fn versions(
    state: &State,
    strategy: Option<Name>,
) -> impl Iterator<Item = Value> {
    let newest = state.research.versions.iter().rev();
    let newest = newest.filter(move |v| strategy.is_none_or(|strategy| v.strategy == strategy));
    newest.map(|version| {
        let mut row = json!(row(state, version));
        row["definition"] = version.definition.as_str().into();
        row
    })
}

/// A version's row, once its definition is read.
pub fn described(row: Value) -> Option<StrategyRow> {
    let text = row["definition"].as_str().unwrap_or_default();
    let read: Described = serde_json::from_str(text).unwrap_or_default();
    let row: StrategyRow = serde_json::from_value(row).ok()?;
    Some(StrategyRow {
        about: read.about,
        ..row
    })
}

/// A version that may be put into service, in full; without `version` the newest of its strategy.
pub(in crate::snapshot) fn version<'s>(
    state: &'s State,
    strategy: Name,
    version: Option<&str>,
) -> Option<&'s Version> {
    let mut newest = state.research.versions.iter().rev();
    let named = |v: &&Version| version.is_none_or(|named| v.version == named);
    newest.find(|v| v.strategy == strategy && named(v))
}

fn row(state: &State, v: &Version) -> StrategyRow {
    StrategyRow {
        name: v.strategy.to_string(),
        version: v.version.clone(),
        about: String::new(),
        feature_hash: v.feature_hash.clone(),
        origin: if is_composed(v) { "found" } else { "optimised" }.into(),
        symbol: Some(v.symbol),
        run: v.run,
        promise: v.promise.as_ref().map(PromiseRow::from),
        in_service: state
            .services
            .live
            .values()
            .rev()
            .find(|s| {
                s.kind == Kind::Deployment
                    && s.version.strategy == v.strategy
                    && s.version.version == v.version
            })
            .map(|s| s.id),
    }
}

/// Whether a discovery composed it: it is called after what it is composed of.
fn is_composed(v: &Version) -> bool {
    let digits = v.strategy.as_str().strip_prefix("found_");
    digits.is_some_and(|digits| !digits.is_empty() && v.feature_hash.starts_with(digits))
}
