//! A symbol whose orders fail one after the other is paused (K8): refusals of the venue, and orders
//! whose fate it does not tell.

use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::Status;
use crate::core::state::{Decider, State};
use crate::core::text::Symbol;

impl State {
    /// Counts an order's new status as an execution error or the end of a row of them. An order
    /// counts once, whatever it goes through.
    pub(in crate::core) fn count_error(&mut self, id: OrderId, status: Status) {
        let Some(order) = self.orders.live.get(&id) else {
            return;
        };
        let symbol = order.request.symbol;
        match status {
            Status::Unknown | Status::Rejected if order.status != Status::Unknown => {
                let errors = self.trading.errors.entry(symbol).or_default();
                *errors = errors.saturating_add(1);
            }
            Status::Open | Status::PartiallyFilled | Status::Filled => self.errors_over(symbol),
            _ => {}
        }
    }

    /// An order of the symbol went well, or an operator resumed it.
    pub(in crate::core) fn errors_over(&mut self, symbol: Symbol) {
        self.trading.errors.remove(&symbol);
    }
}

impl Decider<'_> {
    /// Pauses a symbol whose orders fail one after the other.
    pub(in crate::core) fn pause_if_failing(&mut self, symbol: Symbol) {
        let errors = self.state.trading.errors.get(&symbol).copied();
        let (errors, limit) = (errors.unwrap_or(0), self.state.settings.pause_symbol_after);
        let paused = self.state.trading.paused_symbols.contains_key(&symbol);
        if limit > 0 && errors >= limit && !paused {
            self.emit(Event::SymbolPaused {
                symbol,
                by: "risk".parse().expect("a built-in name"),
                reason: format!("{errors} execution errors in a row"),
            });
        }
    }
}
