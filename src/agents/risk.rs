//! Risk: how much, and where the trade ends. Limits are the core's affair, which cuts what it must.

use rust_decimal::Decimal;

use super::{Agent, Brief, Unable, Work};
use crate::core::Name;
use crate::core::message::{Payload, TradingSignal};
use crate::core::signal;

/// Decimals beyond which no venue's price goes.
const FINEST: u32 = 8;

/// Sizes a signal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Risk;

impl Agent for Risk {
    fn name(&self) -> Name {
        "risk".parse().expect("a built-in name")
    }

    fn run(&mut self, _: &Brief, work: &Work) -> Result<Vec<Payload>, Unable> {
        let Work::Phase(
            _,
            Payload::Validate {
                signal,
                equity,
                price,
                multiplier,
                risk_per_trade,
            },
        ) = work
        else {
            return Err("risk answers `validate` only".into());
        };
        let entry = signal.entry_price.unwrap_or(*price);
        let (stop, target) = protection(signal, entry)?;
        let distance = (entry - stop).abs();
        let quantity = signal::size(*equity, *risk_per_trade, distance, *multiplier);
        Ok(vec![Payload::Sized {
            quantity: quantity.round_dp(FINEST),
            stop,
            target,
        }])
    }
}

/// Stop and target as prices; a target that is not given lies twice as far as the stop.
fn protection(signal: &TradingSignal, entry: Decimal) -> Result<(Decimal, Decimal), String> {
    let stop_pct = signal
        .stop_loss_pct
        .filter(|percent| *percent > Decimal::ZERO)
        .ok_or("the signal has no stop")?;
    let target_pct = signal.take_profit_pct.unwrap_or(stop_pct * Decimal::TWO);
    let (stop, target) =
        signal::protection(signal.action, entry, stop_pct, target_pct).ok_or("HOLD has no size")?;
    let decimals = decimals(entry);
    let (stop, target) = (stop.round_dp(decimals), target.round_dp(decimals));
    if stop <= Decimal::ZERO || target <= Decimal::ZERO || stop == entry {
        return Err(format!("stop {stop} and target {target} are no prices"));
    }
    Ok((stop, target))
}

/// As many decimals as the price has, and enough for a twenty-thousandth of it: zeros at its end may
/// have been lost on the way.
fn decimals(price: Decimal) -> u32 {
    let fine = price / Decimal::from(20_000);
    let enough = (0..FINEST).find(|decimals| Decimal::new(1, *decimals) <= fine);
    price.scale().max(enough.unwrap_or(FINEST)).min(FINEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::tests::brief;
    use crate::core::id::MessageId;
    use crate::core::message::Action;
    use rust_decimal_macros::dec;

    fn validate(action: Action, price: Decimal, stop: Option<Decimal>) -> Work {
        let signal = TradingSignal {
            symbol: "BTC/USDT".parse().unwrap(),
            action,
            confidence: dec!(0.7),
            entry_price: None,
            stop_loss_pct: stop,
            take_profit_pct: stop.map(|s| s * dec!(2)),
            leverage: None,
            reasoning: String::new(),
            policy_version: None,
            feature_hash: None,
        };
        Work::Phase(
            MessageId(1),
            Payload::Validate {
                signal,
                equity: dec!(10000),
                price,
                multiplier: dec!(0.5),
                risk_per_trade: dec!(0.01),
            },
        )
    }

    #[test]
    fn the_stop_loses_what_is_risked_times_the_regime() {
        let words = Risk.run(
            &brief(Vec::new()),
            &validate(Action::Buy, dec!(50000), Some(dec!(2.5))),
        );
        let Ok(
            [
                Payload::Sized {
                    quantity,
                    stop,
                    target,
                },
            ],
        ) = words.as_deref()
        else {
            panic!("{words:?}");
        };
        assert_eq!((*stop, *target), (dec!(48750), dec!(52500)));
        assert_eq!(*quantity * (dec!(50000) - stop), dec!(50));
    }

    #[test]
    fn prices_are_as_fine_as_the_market_s() {
        let words = Risk.run(
            &brief(Vec::new()),
            &validate(Action::Sell, dec!(0.55), Some(dec!(2.5))),
        );
        let Ok([Payload::Sized { stop, target, .. }]) = words.as_deref() else {
            panic!("{words:?}");
        };
        assert_eq!((*stop, *target), (dec!(0.56375), dec!(0.5225)));
        assert_eq!(decimals(dec!(64123.4)), 1);
        assert_eq!(decimals(dec!(0.00001234)), 8);
    }

    #[test]
    fn without_a_stop_there_is_no_size() {
        for work in [
            validate(Action::Buy, dec!(50000), None),
            validate(Action::Buy, dec!(50000), Some(dec!(0))),
            validate(Action::Hold, dec!(50000), Some(dec!(2.5))),
            validate(Action::Buy, dec!(50000), Some(dec!(100))),
        ] {
            assert!(Risk.run(&brief(Vec::new()), &work).is_err(), "{work:?}");
        }
    }
}
