//! Execution: how the order is sent.

use super::{Agent, Brief, Unable, Work};
use crate::core::Name;
use crate::core::message::Payload;

/// Sends at the signal's entry price, or at the market where it names none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Execution;

impl Agent for Execution {
    fn name(&self) -> Name {
        "execution".parse().expect("a built-in name")
    }

    fn run(&mut self, _: &Brief, work: &Work) -> Result<Vec<Payload>, Unable> {
        let Work::Phase(_, Payload::Execute { signal, .. }) = work else {
            return Err("execution answers `execute` only".into());
        };
        Ok(vec![Payload::Plan {
            limit: signal.entry_price,
        }])
    }
}
