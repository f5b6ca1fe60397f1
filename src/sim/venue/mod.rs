//! A venue that owes nothing to the paper venue: its own matching on a price that walks and jumps,
//! its own accounts. It applies the truth at once and tells it through a channel that fails.
//!
//! - [`Exchange`]: the truth, and what is on its way. It lives on while engines die.
//! - [`Link`]: what an engine holds of it, a [`Venue`](crate::venue::Venue).

mod arrival;
mod channel;
mod exchange;
mod kept;
mod link;
mod matching;
mod reads;
mod wire;

#[cfg(test)]
mod tests;

pub use exchange::{Exchange, Shared};
pub use kept::{End, Kept};
pub use link::Link;
pub use matching::{HALF_SPREAD, STEP};
pub use wire::Approved;
