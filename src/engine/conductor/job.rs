//! What the pool is given of a run: its data to be read, a step to be computed, its report to be made.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::ending::{Ending, ending};
use super::prepare::CODE_VERSION;
use super::store::Store;
use crate::core::Refusal;
use crate::core::id::RunId;
use crate::core::research::RunRequest;
use crate::engine::commit::wall_now;
use crate::research::{Dataset, Plan, Results, RunSpec, StepId, StepResult, Stopped, page};

/// Which piece of work: none is given twice.
pub(super) type JobId = u64;

/// What came of a piece of work.
pub(super) struct Answer {
    pub run: RunId,
    pub job: JobId,
    pub done: Done,
}

/// What it came to, by what was asked.
pub(super) enum Done {
    /// The run's plan, and what is computed of it already.
    Opened(Box<(Plan, Results)>),
    /// A step's result is on disk.
    Computed(Box<StepResult>),
    /// A step was given up because it was no longer wanted.
    GaveUp,
    /// The report is on disk.
    Reported(Box<Ending>),
    /// The file system has failed: the same may go well later.
    Failed(String),
    /// The run cannot be carried out.
    Broken(String),
}

/// What the one who computes and the one who asked tell each other.
#[derive(Default)]
pub(super) struct Link {
    stop: AtomicBool,
    alive_ms: AtomicI64,
}

impl Link {
    /// It is no longer wanted.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// When it last gave a sign of life, wall time; 0 where it has not begun.
    pub fn alive_ms(&self) -> i64 {
        self.alive_ms.load(Ordering::Relaxed)
    }

    /// Asked by what computes, again and again.
    fn is_stopped(&self) -> bool {
        self.alive_ms.store(wall_now().0, Ordering::Relaxed);
        self.stop.load(Ordering::Acquire)
    }
}

/// Reads a run's data, and what an earlier process has computed.
pub(super) fn open(store: &Store, run: RunId, request: &RunRequest) -> Done {
    match opened(store, run, request) {
        Ok(opened) => Done::Opened(Box::new(opened)),
        Err(done) => done,
    }
}

fn opened(store: &Store, run: RunId, request: &RunRequest) -> Result<(Plan, Results), Done> {
    let broken = |refusal: Refusal| Done::Broken(refusal.message);
    if request.code_version != CODE_VERSION {
        return Err(Done::Broken(format!(
            "it was asked of version {}, and this is {CODE_VERSION}: ask for it anew",
            request.code_version
        )));
    }
    let spec = RunSpec::from_json(&request.spec).map_err(broken)?;
    // It was readable when the run was asked for: it is gone, or it may be readable again.
    let is_gone = |path: &PathBuf| matches!(path.try_exists(), Ok(false));
    let data = Dataset::open(&spec.data, spec.symbol).map_err(|refusal| {
        match spec.data.iter().any(is_gone) {
            true => Done::Broken(refusal.message),
            false => Done::Failed(refusal.message),
        }
    })?;
    if data.hash != request.data_hash {
        return Err(Done::Broken(format!(
            "the data is no longer what it was: its SHA-256 is {}, the run was asked for {}",
            data.hash, request.data_hash
        )));
    }
    let plan = Plan::new(spec, data).map_err(broken)?;
    let results = store.open(run, &request.spec, &plan);
    let failed = |error| Done::Failed(format!("its folder cannot be written: {error}"));
    Ok((plan, results.map_err(failed)?))
}

/// Computes a step; what it has come to is on disk before it is told.
pub(super) fn compute(
    store: &Store,
    run: RunId,
    plan: &Plan,
    step: StepId,
    so_far: &Results,
    link: &Link,
) -> Done {
    match plan.compute(step, so_far, &|| link.is_stopped()) {
        Ok(result) => match store.append(run, &result.line()) {
            Ok(()) => Done::Computed(Box::new(result)),
            Err(error) => Done::Failed(format!("its results cannot be written: {error}")),
        },
        Err(Stopped::Asked) => Done::GaveUp,
        Err(error) => Done::Broken(format!("step {} broke: {error}", step.0)),
    }
}

/// Sums up a run whose steps are all done.
pub(super) fn report(store: &Store, run: RunId, plan: &Plan, results: &Results) -> Done {
    let Some(report) = plan.report(results) else {
        return Done::Broken("a step is missing at its end".to_owned());
    };
    let text = serde_json::to_string_pretty(&report).expect("its keys are text");
    let written = store
        .put(run, "report.json", &text)
        .and_then(|()| store.put(run, "report.html", &page(&report)));
    match written {
        Ok(()) => Done::Reported(Box::new(ending(run, plan, &report))),
        Err(error) => Done::Failed(format!("its report cannot be written: {error}")),
    }
}
