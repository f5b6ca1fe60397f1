//! What is read: the documents of the interfaces, and the immutable snapshot that screens, API and
//! agents share. Nothing here decides anything, and nobody locks the state to read it.

mod bounds;
mod build;
mod document;
mod positions;
mod query;
mod reconcile;
mod research;
mod risk;
mod slicing;

pub use build::{
    BeatSample, LackSample, RunSample, Samples, StatementSample, build, global, waits_for,
};
pub use document::*;
pub use query::{Beside, Query, answer};
pub use research::{
    EndRow, PromiseRow, ResearchDocument, RunRow, ServiceRow, StageRow, StrategyRow,
};
