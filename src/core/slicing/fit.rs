//! Which plans can be carried out at all.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::view::ceil;
use super::{Algorithm, AlgorithmKind};
use crate::core::order::{Kind, OrderRequest, TimeInForce};
use crate::core::quote::Quote;
use crate::core::refusal::Refusal;
use crate::core::state::State;

/// Longest plan, seconds: a week.
pub const MAX_DURATION_S: u32 = 7 * 86_400;
/// Most slices of a plan.
pub const MAX_SLICES: u32 = 10_000;

/// Whether a request's plan makes sense, whatever the market is.
///
/// # Errors
/// What does not, with its limit and value.
pub(in crate::core) fn sensible(request: &OrderRequest) -> Result<(), Refusal> {
    let Some(plan) = &request.algorithm else {
        return Ok(());
    };
    if !matches!(request.kind, Kind::Market | Kind::Limit) {
        let kind = match request.kind {
            Kind::StopLoss => "stop_loss",
            _ => "take_profit",
        };
        return Err(invalid(
            "only a market or a limit order is sent in slices",
            "a trigger waits by itself: leave the algorithm out",
        )
        .measured("market, limit", kind));
    }
    if request.time_in_force == TimeInForce::Ioc {
        return Err(invalid(
            "an order that is sent in slices cannot be immediate-or-cancel",
            "leave the time in force out: the plan's duration bounds it",
        )
        .measured("gtc, gtd", "ioc"));
    }
    if plan.duration_s == 0 || plan.duration_s > MAX_DURATION_S {
        return Err(
            invalid("a plan takes 1 second to 7 days", "--duration SECONDS")
                .measured(format!("1 to {MAX_DURATION_S} s"), plan.duration_s),
        );
    }
    if let Some(slices) = plan.slices.filter(|n| *n == 0 || *n > MAX_SLICES) {
        return Err(invalid("a plan has 1 to 10,000 slices", "--slices N")
            .measured(format!("1 to {MAX_SLICES}"), slices));
    }
    if let Some(share) = plan
        .participation
        .filter(|p| *p <= Decimal::ZERO || *p > Decimal::ONE)
    {
        return Err(invalid(
            "a share of the traded volume lies above 0, up to 1",
            "--participation FRACTION, 0.1 for a tenth",
        )
        .measured("above 0, up to 1", share.normalize()));
    }
    if !matches!(plan.profile.len(), 0 | 24) {
        return Err(invalid(
            "a volume profile has a weight for each hour of the day",
            "leave it out: it is made from the recorded candles",
        )
        .measured(24, plan.profile.len()));
    }
    shown(request, plan)
}

/// What an order may show of itself.
fn shown(request: &OrderRequest, plan: &Algorithm) -> Result<(), Refusal> {
    let iceberg = plan.kind == AlgorithmKind::Iceberg;
    if iceberg && (request.kind != Kind::Limit || request.price.is_none()) {
        return Err(Refusal::new(
            "RISK_PRICE",
            "an iceberg rests at a limit price",
            "--type limit --price P",
        )
        .measured("a limit price", "none"));
    }
    match plan.display {
        None if iceberg => Err(
            invalid("an iceberg shows a part of itself", "--display QUANTITY")
                .measured("above 0", "none"),
        ),
        Some(shown) if shown <= Decimal::ZERO || shown > request.quantity => {
            let most = request.quantity.normalize();
            Err(Refusal::new(
                "RISK_SIZE",
                "what is shown lies above 0, up to the whole order",
                "--display QUANTITY",
            )
            .measured(format!("above 0, up to {most}"), shown.normalize()))
        }
        _ => Ok(()),
    }
}

fn invalid(message: &str, hint: &str) -> Refusal {
    Refusal::new("ORDER_INVALID", message, hint)
}

/// Whether the slices asked for, or what is to be shown, are no less than the venue takes.
///
/// # Errors
/// `RISK_SIZE`, with how many slices fit.
pub(in crate::core) fn large_enough(
    request: &OrderRequest,
    minimum: Decimal,
) -> Result<(), Refusal> {
    let Some(plan) = &request.algorithm else {
        return Ok(());
    };
    let fit = slices_that_fit(request.quantity, minimum);
    if fit == 0 {
        return Err(Refusal::new(
            "RISK_SIZE",
            "the order is less than the venue takes",
            "ask for more",
        )
        .measured(minimum.normalize(), request.quantity.normalize()));
    }
    if let Some(shown) = plan.display.filter(|d| *d < minimum) {
        return Err(Refusal::new(
            "RISK_SIZE",
            "what is shown is less than the venue takes",
            format!("--display {} or more", minimum.normalize()),
        )
        .measured(minimum.normalize(), shown.normalize()));
    }
    let sliced = matches!(plan.kind, AlgorithmKind::Twap | AlgorithmKind::Vwap);
    if let Some(slices) = plan.slices.filter(|n| sliced && *n > fit) {
        let each = request.quantity / Decimal::from(slices);
        return Err(Refusal::new(
            "RISK_SIZE",
            format!("a slice is less than the venue takes: {fit} slices fit"),
            format!("--slices {fit} or fewer"),
        )
        .measured(minimum.normalize(), each.round_dp(12).normalize()));
    }
    Ok(())
}

/// How many slices of a quantity the venue takes.
pub(super) fn slices_that_fit(quantity: Decimal, minimum: Decimal) -> u32 {
    let fit = quantity.checked_div(minimum).map(|n| n.floor());
    fit.map_or(u32::MAX, |n| n.to_u32().unwrap_or(u32::MAX))
}

impl State {
    /// The least base quantity that the venue takes of a request, by the lowest of the prices that
    /// its children may meet.
    pub(in crate::core) fn smallest(
        &self,
        price: Option<Decimal>,
        quote: Option<Quote>,
    ) -> Decimal {
        let e = &self.settings.execution;
        let prices = [price, quote.map(|q| q.last), quote.map(|q| q.bid)];
        let lowest = prices.into_iter().flatten().min();
        let of_value = lowest.and_then(|price| e.minimum_value.checked_div(price));
        ceil(of_value.unwrap_or_default(), e.quantity_step).max(e.quantity_step)
    }
}
