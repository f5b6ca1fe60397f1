//! Strategy versions that a run has proved.

use serde::Deserialize;

use super::{PromiseRow, StrategyRow};
use crate::core::research::{RunKind, Version};
use crate::core::service::Kind;
use crate::core::{Name, State};

/// What a row shows of a definition; the core only keeps it.
#[derive(Default, Deserialize)]
struct Described {
    #[serde(default)]
    about: String,
}

/// The versions that may be put into service, the newest first.
pub(in crate::snapshot) fn versions(state: &State) -> impl Iterator<Item = StrategyRow> {
    let newest = state.research.versions.iter().rev();
    newest.map(|version| row(state, version))
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
    let described: Described = serde_json::from_str(&v.definition).unwrap_or_default();
    let run = v.run.and_then(|id| state.research.get(id));
    StrategyRow {
        name: v.strategy.to_string(),
        version: v.version.clone(),
        about: described.about,
        feature_hash: v.feature_hash.clone(),
        origin: match run.map(|run| run.request.kind) {
            Some(RunKind::Discover) => "found",
            _ => "optimised",
        }
        .into(),
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
