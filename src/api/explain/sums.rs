//! What all the fills of a story come to, and what came of it last: a story keeps the first of its
//! events only.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::sentence;
use crate::core::Event;
use crate::core::id::OrderId;

/// Costs, fills and the outcome.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Fees, quote currency.
    pub(super) costs: Decimal,
    /// What came of it.
    pub(super) outcome: Option<String>,
    filled: BTreeMap<OrderId, Decimal>,
    /// A run or a service ended: what is given back after it is not the outcome.
    concluded: bool,
}

impl Sums {
    /// To be shown every event of the story.
    pub(super) fn see(&mut self, event: &Event) {
        if let Event::OrderFilled { id, fill } = event {
            self.costs += fill.fee;
            let sum = self.filled.entry(*id).or_default();
            *sum += fill.quantity;
            let text = format!("{id} filled {}", sum.normalize());
            self.came_to(text);
        }
        if let Some(text) = sentence::outcome(event) {
            self.came_to(text);
        }
        self.concluded |= matches!(event, Event::RunEnded { .. } | Event::ServiceEnded { .. });
    }

    fn came_to(&mut self, text: String) {
        if !self.concluded {
            self.outcome = Some(text);
        }
    }
}
