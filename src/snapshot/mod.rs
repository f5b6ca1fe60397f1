//! What is read: the documents of the interfaces, and the immutable snapshot that screens, API and
//! agents share. Nothing here decides anything, and nobody locks the state to read it.

mod alarms;
mod bounds;
mod build;
mod contention;
mod document;
mod mail;
mod measures;
mod portfolio;
mod positions;
mod query;
mod reconcile;
mod research;
mod risk;
mod samples;
mod schema;
mod slicing;
mod tokens;

pub use alarms::{AckRow, Alarm, AlarmKind};
pub use build::{build, global};
pub use contention::waits_for;
pub use document::*;
pub use measures::{ClosesSample, MeasuresRow, Series};
pub use portfolio::{AssetRow, Portfolio, Targets, TradeRow};
pub use query::{Beside, PricePayload, PriceWord, Query, answer};
pub use research::{
    EndRow, Page, PromiseRow, ResearchDocument, RunFilter, RunRow, RunTexts, ServiceFilter,
    ServiceRow, StageRow, StrategyRow, described, run_waits,
};
pub use samples::{BeatSample, LackSample, RunSample, Samples, StatementSample};
pub use tokens::TokenRow;
