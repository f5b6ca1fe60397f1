//! Self-trade prevention: an order that would trade with one of our own that rests on the other
//! side (trading.md, Orders). An exit always goes: what rests in its way is cancelled.

use rust_decimal::Decimal;

use super::{Kind, Order, OrderId, OrderRequest, SelfTrade, Side};
use crate::core::refusal::Refusal;
use crate::core::state::Decider;

/// Why an order of ours goes that another would have traded with.
const IN_THE_WAY: &str = "another order of ours would have traded with it";

impl Decider<'_> {
    /// Lets a request pass that would meet none of our own orders, or clears them out of its way.
    ///
    /// # Errors
    /// It would, and it is not wanted to take their place.
    pub(in crate::core) fn prevent_self_trade(
        &mut self,
        request: &OrderRequest,
        is_exit: bool,
    ) -> Result<(), Refusal> {
        // At the market it goes no farther than it may slip.
        let slips = self.state.settings.risk.max_slippage;
        let market = self.quote(request.symbol).map(|q| match request.side {
            Side::Buy => q.ask + q.ask * slips,
            Side::Sell => q.bid - q.bid * slips,
        });
        let Some(reach) = reach(request, market) else {
            return Ok(());
        };
        let live = self.state.orders.live.values();
        // Of a sliced order its parts are what rests.
        let sent = live.filter(|o| o.is_sent());
        let met: Vec<OrderId> = sent.filter(|o| reach.meets(o)).map(|o| o.id).collect();
        if met.is_empty() {
            return Ok(());
        }
        let policy = if is_exit {
            SelfTrade::CancelOldest
        } else {
            request.self_trade
        };
        if policy != SelfTrade::CancelNewest {
            for id in &met {
                self.ask_cancel(*id, IN_THE_WAY);
            }
        }
        if policy == SelfTrade::CancelOldest {
            return Ok(());
        }
        Err(Refusal::new(
            "ORDER_SELF_TRADE",
            "it would trade with an order of our own",
            "cancel that one first, or place it with --self-trade cancel_oldest",
        )
        .measured(0, met.len())
        .held_by(met.iter().map(ToString::to_string).collect()))
    }
}

/// Up to which price an order takes what rests on the other side.
struct Reach<'a> {
    request: &'a OrderRequest,
    /// None: whatever the price.
    limit: Option<Decimal>,
}

/// None where the order takes nothing on arrival.
fn reach(request: &OrderRequest, market: Option<Decimal>) -> Option<Reach<'_>> {
    match request.kind {
        Kind::Market => Some(Reach {
            request,
            limit: market,
        }),
        Kind::Limit if !request.post_only => Some(Reach {
            request,
            limit: request.price.or(market),
        }),
        _ => None,
    }
}

impl Reach<'_> {
    fn meets(&self, order: &Order) -> bool {
        let opposite = order.request.symbol == self.request.symbol
            && order.request.side != self.request.side
            && order.request.kind == Kind::Limit
            && order.is_sent()
            && order.cancel.is_none();
        let crosses = |rests: Decimal| match (self.limit, self.request.side) {
            (None, _) => true,
            (Some(limit), Side::Buy) => rests <= limit,
            (Some(limit), Side::Sell) => rests >= limit,
        };
        opposite && order.price.is_some_and(crosses)
    }
}
