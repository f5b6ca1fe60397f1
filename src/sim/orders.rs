//! Orders as somebody might ask for them.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::dice::Dice;
use super::venue::STEP;
use crate::core::order::{Kind, OrderRequest, Side, TimeInForce};
use crate::core::slicing::{Algorithm, AlgorithmKind};
use crate::core::{Quote, Symbol};

const SLICED: [AlgorithmKind; 5] = [
    AlgorithmKind::Twap,
    AlgorithmKind::Vwap,
    AlgorithmKind::Pov,
    AlgorithmKind::Iceberg,
    AlgorithmKind::Passive,
];

/// A quantity, down to the venue's step.
pub fn on_step(quantity: Decimal) -> Decimal {
    (quantity / STEP).floor() * STEP
}

/// A price so many hundredths of a percent from another.
pub fn near(last: Decimal, bps: i64) -> Decimal {
    (last * (Decimal::ONE + Decimal::new(bps, 4))).round_dp(2)
}

/// An entry; `held` is the side of what is open already, which it mostly goes along with.
pub fn entry(
    dice: &mut Dice,
    symbol: Symbol,
    quote: Option<&Quote>,
    held: Option<Side>,
    number: u64,
) -> OrderRequest {
    let last = quote.map_or(Decimal::ONE, |q| q.last);
    let side = match held {
        Some(side) if dice.chance(90) => side,
        _ if dice.chance(60) => Side::Buy,
        _ => Side::Sell,
    };
    let kind = match dice.below(10) {
        0..=3 => Kind::Market,
        4..=8 => Kind::Limit,
        _ => Kind::StopLoss,
    };
    let sign = side.sign();
    let value = Decimal::from(dice.between(30, 1_500));
    let mut request = OrderRequest::new(symbol, side, kind, on_step(value / last).max(STEP));
    let level = match kind {
        Kind::Limit => {
            let price = near(last, dice.between(-50, 30) * i64::from(sign_of(side)));
            request.price = Some(price);
            price
        }
        Kind::StopLoss => {
            let price = near(last, dice.between(5, 60) * i64::from(sign_of(side)));
            request.stop_price = Some(price);
            price
        }
        _ => last,
    };
    match dice.below(10) {
        0 => request.time_in_force = TimeInForce::Ioc,
        1 | 2 if kind == Kind::Limit => {
            let life = dice.between(5_000, 120_000);
            request.time_in_force = TimeInForce::Gtd;
            request.expires_at = quote.map(|q| q.time + life);
        }
        3 => request.post_only = kind == Kind::Limit,
        _ => {}
    }
    let away = |dice: &mut Dice, sign: Decimal| {
        let bps = Decimal::from(dice.between(30, 250));
        (level * (Decimal::ONE + sign * bps / dec!(10000))).round_dp(2)
    };
    let (stop, target) = (away(dice, -sign), away(dice, sign));
    request.stop = dice.chance(65).then_some(stop);
    request.target = dice.chance(50).then_some(target);
    let trail = Decimal::new(dice.between(4, 20), 3);
    request.trail = (request.stop.is_some() && dice.chance(30)).then_some(trail);
    request.leverage = Decimal::from(dice.between(1, 3));
    request.request_id = dice.chance(50).then(|| format!("request-{number}"));
    request.client_order_id = dice.chance(15).then(|| format!("mine-{number}"));
    let strategies = ["alpha", "beta"].map(|s| s.parse().expect("a short name"));
    request.strategy = dice.pick(&strategies);
    if kind == Kind::Limit && request.time_in_force == TimeInForce::Gtc && dice.chance(15) {
        request.post_only = false;
        request.algorithm = dice
            .pick(&SLICED)
            .map(|kind| plan(dice, kind, request.quantity));
    }
    request
}

fn sign_of(side: Side) -> i8 {
    match side {
        Side::Buy => 1,
        Side::Sell => -1,
    }
}

fn plan(dice: &mut Dice, kind: AlgorithmKind, quantity: Decimal) -> Algorithm {
    let slices = u32::try_from(dice.between(2, 5)).unwrap_or(2);
    Algorithm {
        kind,
        duration_s: u32::try_from(dice.between(20, 200)).unwrap_or(60),
        participation: (kind == AlgorithmKind::Pov).then_some(dec!(0.2)),
        display: (kind == AlgorithmKind::Iceberg)
            .then(|| on_step(quantity / Decimal::from(slices)).max(STEP)),
        slices: matches!(kind, AlgorithmKind::Twap | AlgorithmKind::Vwap).then_some(slices),
        profile: if kind == AlgorithmKind::Vwap {
            vec![1; 24]
        } else {
            Vec::new()
        },
    }
}
