//! Market data: where prices come from, and what is read out of them.
//!
//! A [`Feed`] emits [`Instant`]s: everything that became known at one point of time. [`RecordedFeed`]
//! replays files, [`SimulatedFeed`] walks at random, [`IdleFeed`] is silent. A [`CandleBook`] keeps the
//! last closed candles of each symbol, and [`indicators`] read trend and momentum out of them. [`Tapes`]
//! are recorded files read in place, for whoever goes through all of them as fast as it goes.
//!
//! What must not come in: a clock (time comes with the data), orders, agents. Prices and quantities
//! are decimals from the first byte on; indicators are statistics, touch no money and use `f64`.

pub mod bars;
mod book;
mod feed;
pub mod indicators;
mod item;
mod recorded;
mod simulated;

pub use book::CandleBook;
pub use feed::{Feed, FeedInfo, FeedKind, IdleFeed};
pub use item::{Candle, Instant, Item, MINUTE_MS};
pub use recorded::{
    Bars, FeedError, Fixed, RecordedFeed, Reel, Tape, TapeBar, TapeError, TapeTrade, Tapes, Trades,
};
pub use simulated::SimulatedFeed;

#[cfg(test)]
mod recordings;
