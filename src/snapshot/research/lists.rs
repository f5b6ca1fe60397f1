//! Runs and services by the page, of all that are remembered.

use serde::Serialize;
use serde_json::{Value, json};

use super::{run, service};
use crate::core::id::{RunId, ServiceId};
use crate::core::research::{Run, RunKind, RunStatus};
use crate::core::service::{Kind, Service};
use crate::core::{Name, State, Symbol};
use crate::snapshot::query::Beside;

/// Which of the rows that pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id> {
    /// Rows, at most.
    pub limit: usize,
    /// Those that come after this one; none: from the first.
    pub after: Option<Id>,
}

/// Which runs; what is none asks nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// For this.
    pub kind: Option<RunKind>,
    /// Of this strategy.
    pub strategy: Option<Name>,
    /// That stand there.
    pub status: Option<RunStatus>,
    /// That are not over.
    pub live: bool,
}

impl RunFilter {
    fn passes(&self, run: &Run) -> bool {
        self.kind.is_none_or(|kind| kind == run.request.kind)
            && (self.strategy.is_none() || self.strategy == run.request.strategy)
            && self.status.is_none_or(|status| status == run.status)
            && !(self.live && run.status.is_over())
    }
}

/// Which services of a kind; what is none asks nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Candidates or deployments.
    pub kind: Kind,
    /// Of this strategy.
    pub strategy: Option<Name>,
    /// On this pair.
    pub symbol: Option<Symbol>,
    /// That stand there: `waiting`, `running`, `ended`, or `live`, which is not ended.
    pub status: Option<String>,
}

impl ServiceFilter {
    fn passes(&self, service: &Service) -> bool {
        let status = super::services::status(service);
        self.kind == service.kind
            && self
                .strategy
                .is_none_or(|strategy| strategy == service.strategy())
            && self.symbol.is_none_or(|symbol| symbol == service.symbol())
            && match self.status.as_deref() {
                None => true,
                Some("live") => status != "ended",
                Some(wanted) => wanted == status,
            }
    }
}

/// Runs, those that are not over first, then the latest that ended.
pub(in crate::snapshot) fn runs(
    state: &State,
    filter: &RunFilter,
    page: &Page<RunId>,
    beside: &Beside<'_>,
) -> Value {
    let all = &state.research;
    let all = all.live.values().rev().chain(all.past.iter().rev());
    let passing = all.filter(|r| filter.passes(r));
    list(
        passing,
        page,
        |r| r.id,
        |r| run(state, (beside.samples)(), r),
    )
}

/// Services, those that are not over first, then the latest that ended.
pub(in crate::snapshot) fn services(
    state: &State,
    filter: &ServiceFilter,
    page: &Page<ServiceId>,
    beside: &Beside<'_>,
) -> Value {
    let all = &state.services;
    let all = all.live.values().rev().chain(all.past.iter().rev());
    let passing = all.filter(|s| filter.passes(s));
    let row = |s: &Service| service(state, beside.quotes, beside.now, s);
    list(passing, page, |s| s.id, row)
}

/// Only the rows of the page are built; `total` counts all that pass.
fn list<'a, T: 'a, Id: PartialEq, R: Serialize>(
    passing: impl Iterator<Item = &'a T>,
    page: &Page<Id>,
    id: impl Fn(&T) -> Id,
    row: impl Fn(&T) -> R,
) -> Value {
    let mut items = Vec::new();
    let mut total = 0_u64;
    let mut before = page.after.is_some();
    for one in passing {
        total += 1;
        if before {
            before = page.after != Some(id(one));
        } else if items.len() < page.limit {
            items.push(json!(row(one)));
        }
    }
    json!({ "items": items, "total": total })
}
