//! The minutes that lie behind, from trades.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::core::Time;

use super::super::Candle;
use super::super::feed::HISTORY;

/// The last minutes, the running one at the end.
#[derive(Debug, Default)]
pub(super) struct Past {
    minutes: VecDeque<Candle>,
}

impl Past {
    /// Takes in a trade of the minute that begins at `minute`.
    pub(super) fn trade(&mut self, minute: Time, price: Decimal, quantity: Decimal) {
        match self.minutes.back_mut() {
            Some(candle) if candle.open_time == minute => candle.extend(price, quantity),
            _ => {
                if self.minutes.len() > HISTORY {
                    self.minutes.pop_front();
                }
                let candle = Candle::of_trade(minute, price, quantity);
                self.minutes.push_back(candle);
            }
        }
    }

    /// At most 500 closed minutes; `full` says whether the last one is closed too.
    pub(super) fn closed(&self, full: bool) -> Vec<Candle> {
        let end = self.minutes.len() - usize::from(!full && !self.minutes.is_empty());
        let from = end.saturating_sub(HISTORY);
        self.minutes.range(from..end).copied().collect()
    }
}
