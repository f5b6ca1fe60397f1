//! Research: what a run searches, tries and judges. Pure computing: a [`RunSpec`] and a [`Dataset`] make a
//! [`Plan`], whose steps are computed by whoever has time for them, in any order that the plan allows; the
//! same spec and data give the same [`Report`], byte for byte.
//!
//! An optimisation searches parameters fold by fold ([`folds`]) and judges each fold's best on bars that
//! the search has not seen. A discovery composes strategies, drops the hopeless on the first bars, and
//! judges the rest on bars that the first look has not seen. Trials go through the core that trades.
//!
//! What must not come in: an engine, a clock, randomness without a seed, threads.

mod compose;
mod data;
mod figures;
mod folds;
mod gates;
mod page;
mod plan;
mod plane;
mod random;
mod refused;
mod report;
mod result;
mod search;
mod space;
mod spec;
mod statistics;
mod steps;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trial;

pub use compose::compose;
pub use data::{Dataset, Gaps};
pub use figures::{Curve, Figures, Tally};
pub use folds::{Fold, folds};
pub use gates::{GateResult, Limits, Verdict, judge, verdict};
pub use page::page;
pub use plan::{Plan, Ready};
pub use plane::{Plane, Side};
pub use report::{Best, Candidate, Deflated, FoldReport, Report, Terms};
pub use result::{Cold, Found, Judged, Results, Screened, StepResult, Trial, Values};
pub use space::{Axis, Point, Space};
pub use spec::{Kind, MOST_BYTES, MOST_CANDIDATES, MOST_FOLDS, MOST_TRIALS, Method, RunSpec};
pub use statistics::{Shape, best_by_luck};
pub use steps::{Step, StepId, Work};
pub use trial::{Stopped, Window};
