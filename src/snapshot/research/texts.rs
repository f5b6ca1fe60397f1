//! What rows of runs show of texts that the core only keeps: read once, not for every snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::core::id::RunId;
use crate::core::research::{Research, Run};
use crate::core::{State, Symbol};

/// Ended runs whose texts are kept, the latest; those of others are read when they are shown.
const KEPT: usize = 1_000;

/// What a run's texts say.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub symbol: Option<Symbol>,
    pub method: Option<String>,
    pub best: Option<Value>,
    /// Whether the run was over when they were read: nothing is added to them then.
    over: bool,
}

/// What was asked.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    symbol: Option<Symbol>,
    #[serde(default)]
    method: Option<String>,
}

impl Said {
    fn by(run: &Run) -> Self {
        let asked: Asked = serde_json::from_str(&run.request.spec).unwrap_or_default();
        let best = run.verdict.as_ref().and_then(|v| v.best.as_deref());
        Self {
            symbol: asked.symbol,
            method: asked.method,
            best: best.and_then(|best| serde_json::from_str(best).ok()),
            over: run.status.is_over(),
        }
    }
}

/// The texts of runs as they were read; clones share them.
#[derive(Debug, Clone, Default)]
pub struct RunTexts(Arc<BTreeMap<RunId, Arc<Said>>>);

impl RunTexts {
    /// Reads those of runs that are new or have ended since, and forgets those of runs that are forgotten.
    pub fn refresh(&mut self, state: &State) {
        let Research { live, past, .. } = &state.research;
        let latest = || past.iter().rev().take(KEPT);
        // What ended before one that is known was known before it.
        let ended = latest().take_while(|run| !self.0.get(&run.id).is_some_and(|said| said.over));
        let new = live.values().filter(|run| !self.0.contains_key(&run.id));
        let fresh: Vec<&Run> = ended.chain(new).collect();
        let most = live.len() + past.len().min(KEPT);
        if fresh.is_empty() && self.0.len() <= most {
            return;
        }
        let texts = Arc::make_mut(&mut self.0);
        for run in fresh {
            texts.insert(run.id, Arc::new(Said::by(run)));
        }
        if texts.len() > most {
            let kept: BTreeSet<RunId> = latest().map(|run| run.id).collect();
            texts.retain(|id, _| live.contains_key(id) || kept.contains(id));
        }
    }

    pub(super) fn of(&self, run: &Run) -> Arc<Said> {
        let known = self.0.get(&run.id);
        let known = known.filter(|said| said.over == run.status.is_over());
        known.map_or_else(|| Arc::new(Said::by(run)), Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asked, ended};
    use super::*;
    use crate::core::Time;
    use crate::core::research::RunStatus;

    #[test]
    fn texts_are_read_once_anew_at_the_end_and_forgotten_with_their_run() {
        let mut state = State::default();
        state.settings.execution.history_in_memory = 2;
        let mut texts = RunTexts::default();
        state.evolve(Time(1), &asked(1));
        texts.refresh(&state);
        let first = Arc::clone(&texts.0[&RunId(1)]);
        assert!(first.best.is_none());
        texts.refresh(&state);
        assert!(Arc::ptr_eq(&first, &texts.0[&RunId(1)]));
        state.evolve(Time(2), &ended(1, RunStatus::Failed));
        assert!(texts.of(&state.research.past[0]).best.is_some());
        texts.refresh(&state);
        assert!(texts.0[&RunId(1)].best.is_some());
        for id in 2..=3 {
            state.evolve(Time(3), &asked(id));
            state.evolve(Time(3), &ended(id, RunStatus::Failed));
        }
        texts.refresh(&state);
        let kept: Vec<_> = texts.0.keys().copied().collect();
        assert_eq!(kept, [RunId(2), RunId(3)]);
    }
}
