//! How orders meet the market.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::exchange::Exchange;
use super::kept::End;
use crate::core::command::Report;
use crate::core::order::{Fill, Kind, Liquidity, Side, TimeInForce};
use crate::core::{Symbol, Time};
use crate::sim::fault::Fault;

/// Half of the spread, a fraction of the price.
pub const HALF_SPREAD: Decimal = dec!(0.0001);
/// Fee of either side, a fraction of the notional.
const FEE: Decimal = dec!(0.002);
/// Quantities are multiples of it.
pub const STEP: Decimal = dec!(0.0001);

impl Exchange {
    /// A symbol costs something else now: what works for it may trigger and fill.
    pub fn moves(&mut self, symbol: Symbol, price: Decimal) {
        self.prices.insert(symbol, price);
        for id in self.book.clone() {
            if self
                .orders
                .get(&id)
                .is_some_and(|k| k.order.symbol == symbol && k.works())
            {
                self.meet(&id, false);
            }
        }
    }

    /// Ends what works until a date that has come.
    pub(super) fn expire(&mut self) {
        for id in self.book.clone() {
            let due = self.orders.get(&id).is_some_and(|k| {
                k.order.time_in_force == TimeInForce::Gtd
                    && k.order.expires_at.is_some_and(|at| at <= self.now)
            });
            if due {
                self.end(&id, End::Expired);
                self.tell_order(&id, Report::Expired);
            }
        }
    }

    /// When the next date comes.
    pub(super) fn next_expiry(&self) -> Option<Time> {
        let works = self.book.iter().filter_map(|id| self.orders.get(id));
        works
            .filter(|k| k.order.time_in_force == TimeInForce::Gtd)
            .filter_map(|k| k.order.expires_at)
            .min()
    }

    /// An order and the market as it is: it triggers, fills, or waits.
    pub(super) fn meet(&mut self, id: &str, arrives: bool) {
        let Some(kept) = self.orders.get_mut(id) else {
            return;
        };
        let order = &kept.order;
        let last = self.prices[&order.symbol];
        let sign = order.side.sign();
        if !kept.triggered {
            let level = order.stop_price.unwrap_or(last);
            // A buy's stop lies above, a sell's below; a target the other way round.
            let away = if order.kind == Kind::StopLoss {
                sign
            } else {
                -sign
            };
            kept.triggered = (last - level) * away >= Decimal::ZERO;
        }
        if !kept.triggered {
            return;
        }
        let touch = last * (Decimal::ONE + sign * HALF_SPREAD);
        let price = match (order.kind, order.price) {
            (Kind::Limit, Some(limit)) => {
                if (touch - limit) * sign > Decimal::ZERO {
                    return;
                }
                if arrives { touch } else { limit }
            }
            _ => touch,
        };
        let liquidity = if arrives || order.kind != Kind::Limit {
            Liquidity::Taker
        } else {
            Liquidity::Maker
        };
        self.fill(id, price.round_dp(2), liquidity);
    }

    fn fill(&mut self, id: &str, price: Decimal, liquidity: Liquidity) {
        let kept = &self.orders[id];
        let (symbol, side): (Symbol, Side) = (kept.order.symbol, kept.order.side);
        let (asked, reduces) = (kept.remaining(), kept.order.reduce_only);
        let ioc = kept.order.time_in_force == TimeInForce::Ioc;
        let mut quantity = asked;
        if reduces && self.weather.enforces_reduce_only {
            quantity = quantity.min(self.reducible(symbol, side));
            if quantity <= Decimal::ZERO {
                self.end(id, End::Cancelled("nothing to reduce"));
                let reason = "nothing to reduce".to_owned();
                self.tell_order(id, Report::Cancelled { reason });
                return;
            }
        }
        if quantity > STEP && self.strikes(Fault::Partial, id) {
            let share = Decimal::from(self.dice.between(1, 9)) / dec!(10);
            quantity = ((quantity * share / STEP).floor() * STEP).max(STEP);
        }
        self.executions += 1;
        let fill = Fill {
            execution_id: format!("x{}", self.executions),
            time: self.now,
            price,
            quantity,
            fee: (price * quantity * FEE).round_dp(8),
            liquidity,
        };
        let kept = self.orders.get_mut(id).expect("it was found above");
        kept.order.filled += quantity;
        kept.fills.push(fill.clone());
        let whole = kept.remaining() <= Decimal::ZERO;
        self.note(|| format!("  venue: {id} fills {quantity} at {price}"));
        if whole {
            self.end(id, End::Filled);
        }
        self.tell_order(id, Report::Filled(fill));
        if ioc && !whole {
            self.end(id, End::Cancelled("immediate or cancel"));
            let reason = "immediate or cancel".to_owned();
            self.tell_order(id, Report::Cancelled { reason });
        }
    }
}
