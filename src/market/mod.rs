//! Market data: where prices come from, and what is read out of them.

mod feed;
mod item;

pub use feed::{Feed, FeedInfo, FeedKind, IdleFeed};
pub use item::{Candle, Instant, Item, MINUTE_MS};
