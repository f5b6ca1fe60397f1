//! Execution: what stands between the core's decisions and a venue. It sends what was approved and
//! journaled, in the pace the venue allows, asks again where an answer was lost, and brings the
//! venue's words back as commands. It decides nothing about money, and nothing here reads a clock:
//! time comes with each call, so that a simulated world drives the very same code.

mod bucket;
mod cancels;
mod desk;
mod guard;
mod outbox;
mod retries;
mod searches;
mod timetable;

#[cfg(test)]
mod tests;

pub use desk::{Desk, Moment, Rules, Wall};
pub use guard::GuardFigures;
