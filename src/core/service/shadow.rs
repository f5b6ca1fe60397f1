//! Trading on paper: fills are booked at the prices of the feed, with the fee and the slippage that a
//! real order would have. Nothing is sent.

use rust_decimal::Decimal;

use super::{Act, Holding};
use crate::core::event::Event;
use crate::core::id::ServiceId;
use crate::core::order::Side;
use crate::core::position::CloseReason;
use crate::core::quote::Quote;
use crate::core::refusal::Refusal;
use crate::core::state::Decider;

impl Decider<'_> {
    /// Where a market order of this side would fill: the other side of the book, and the slippage.
    fn paper_price(&self, quote: &Quote, side: Side) -> Decimal {
        let slippage = self.state.settings.execution.expected_slippage;
        let touch = match side {
            Side::Buy => quote.ask,
            Side::Sell => quote.bid,
        };
        (touch * (Decimal::ONE + slippage * side.sign())).round_dp(8)
    }

    fn paper_fee(&self, price: Decimal, quantity: Decimal) -> Decimal {
        (price * quantity * self.state.settings.execution.taker_fee).round_dp(8)
    }

    /// Enters on paper.
    ///
    /// # Errors
    /// It costs more than the test has.
    pub(super) fn enter_paper(&mut self, act: &Act, quote: &Quote) -> Result<(), Refusal> {
        let price = self.paper_price(quote, act.side);
        let fee = self.paper_fee(price, act.quantity);
        let least = self.state.settings.execution.minimum_value;
        if price * act.quantity < least {
            return Err(Refusal::new(
                "RISK_SIZE",
                "less than the smallest order",
                "more capital, or a larger share of it",
            )
            .measured(least.normalize(), (price * act.quantity).normalize()));
        }
        let service = self.state.services.live.get(&act.service);
        let has = service.map_or(Decimal::ZERO, |s| s.book.settled());
        let costs = price * act.quantity + fee;
        if costs > has {
            return Err(Refusal::new(
                "RISK_CAPITAL",
                format!("{} has not enough capital on paper", act.service),
                "a smaller share of its capital: the strategy's parameter `share`",
            )
            .measured(has.normalize(), costs.normalize()));
        }
        self.emit(Event::PaperEntered {
            id: act.service,
            holding: Holding {
                side: act.side,
                quantity: act.quantity,
                entry: price,
                fee,
                stop: act.stop,
                target: act.target,
                opened_at: self.now,
            },
        });
        Ok(())
    }

    /// Leaves on paper where a stop or target was met within a bar: a stop slips, a target does not.
    pub(super) fn leave_paper_on(&mut self, id: ServiceId, level: Decimal) {
        let service = self.state.services.live.get(&id);
        let Some(holding) = service.and_then(|s| s.book.holding.clone()) else {
            return;
        };
        let sign = holding.side.sign();
        let beyond = |stop: Decimal| (level - stop) * sign <= Decimal::ZERO;
        if holding.stop.is_some_and(beyond) {
            let slippage = self.state.settings.execution.expected_slippage;
            let price = (level * (Decimal::ONE - slippage * sign)).round_dp(8);
            self.book_paper(id, &holding, price, CloseReason::StopLoss);
        } else {
            self.book_paper(id, &holding, level, CloseReason::TakeProfit);
        }
    }

    /// Leaves on paper at the present price, where anything is held.
    pub(super) fn leave_paper_at(&mut self, id: ServiceId, quote: &Quote, reason: CloseReason) {
        let service = self.state.services.live.get(&id);
        let Some(holding) = service.and_then(|s| s.book.holding.clone()) else {
            return;
        };
        let price = self.paper_price(quote, holding.side.opposite());
        self.book_paper(id, &holding, price, reason);
    }

    fn book_paper(
        &mut self,
        id: ServiceId,
        holding: &Holding,
        price: Decimal,
        reason: CloseReason,
    ) {
        let fee = self.paper_fee(price, holding.quantity);
        let realised = (holding.gain(price) - fee).normalize();
        self.emit(Event::PaperLeft {
            id,
            price,
            realised,
            reason,
        });
    }

    /// What is held on paper ends with its test; without a price it is forgotten with it.
    pub(super) fn leave_paper(&mut self, id: ServiceId) {
        let symbol = self.state.services.live.get(&id).map(|s| s.symbol());
        if let Some(quote) = symbol.and_then(|s| self.quote(s)) {
            self.leave_paper_at(id, &quote, CloseReason::Exit);
        }
    }

    /// Stops and targets of what is held on paper, on every price.
    pub(in crate::core) fn watch_paper(&mut self) {
        if self.state.services.live.is_empty() || !self.state.services.holds_on_paper() {
            return;
        }
        let hit: Vec<(ServiceId, CloseReason)> = self
            .state
            .services
            .live
            .values()
            .filter_map(|service| {
                let holding = service.book.holding.as_ref()?;
                let last = self.price_of(service.symbol())?;
                let beyond = |level: Option<Decimal>, sign: Decimal| {
                    level.is_some_and(|level| {
                        (last - level) * holding.side.sign() * sign >= Decimal::ZERO
                    })
                };
                if beyond(holding.stop, Decimal::NEGATIVE_ONE) {
                    Some((service.id, CloseReason::StopLoss))
                } else if beyond(holding.target, Decimal::ONE) {
                    Some((service.id, CloseReason::TakeProfit))
                } else {
                    None
                }
            })
            .collect();
        for (id, reason) in hit {
            let symbol = self.state.services.live.get(&id).map(|s| s.symbol());
            if let Some(quote) = symbol.and_then(|s| self.quote(s)) {
                self.leave_paper_at(id, &quote, reason);
            }
        }
    }
}
