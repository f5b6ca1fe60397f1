//! Which orders the simulated exchange turns away.

use rust_decimal::Decimal;

use super::settings::PaperSettings;
use crate::core::order::{Kind, Side, TimeInForce};
use crate::core::risk::on_step;
use crate::venue::VenueOrder;

/// Why an order cannot be taken, none where it can. `last` is the latest price of its symbol.
///
/// What only reduces is free of the smallest value: every position can be closed to the last.
pub(super) fn refusal(
    order: &VenueOrder,
    last: Option<Decimal>,
    settings: &PaperSettings,
) -> Option<String> {
    let quantity = order.quantity;
    if quantity < settings.quantity_step || quantity <= Decimal::ZERO {
        return Some(format!(
            "quantity {quantity} is below {}",
            settings.quantity_step
        ));
    }
    if !on_step(quantity, settings.quantity_step) {
        return Some(format!(
            "quantity {quantity} is off the step {}",
            settings.quantity_step
        ));
    }
    let level = match order.kind {
        Kind::Market => None,
        Kind::Limit => Some(("limit", order.price)),
        Kind::StopLoss | Kind::TakeProfit => Some(("trigger", order.stop_price)),
    };
    if let Some((what, price)) = level {
        let Some(price) = price else {
            return Some(format!("the {what} price is missing"));
        };
        if price <= Decimal::ZERO || !on_step(price, settings.price_step) {
            return Some(format!(
                "{what} price {price} is off the step {}",
                settings.price_step
            ));
        }
    }
    if order.time_in_force == TimeInForce::Gtd && order.expires_at.is_none() {
        return Some("good till date needs a date".to_owned());
    }
    if order.post_only && (order.kind != Kind::Limit || order.time_in_force == TimeInForce::Ioc) {
        return Some("only a limit order that may rest can be post-only".to_owned());
    }
    let reference = level.and_then(|(_, price)| price).or(last)?;
    let Some(value) = quantity.checked_mul(reference) else {
        return Some(format!("{quantity} at {reference} is beyond reckoning"));
    };
    if !order.reduce_only && value < settings.minimum_value {
        return Some(format!(
            "value {} is below {}",
            value.normalize(),
            settings.minimum_value
        ));
    }
    None
}

/// Why a post-only order that would cross cannot be taken.
pub(super) fn crossing(order: &VenueOrder, last: Option<Decimal>) -> Option<String> {
    let (limit, last) = (order.price?, last?);
    let crosses = match order.side {
        Side::Buy => last <= limit,
        Side::Sell => last >= limit,
    };
    (order.post_only && crosses).then(|| format!("post-only, but {limit} crosses at {last}"))
}
