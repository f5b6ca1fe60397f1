//! From a signal to its weight: conflicts first, then consensus (K5, K6; trading.md).

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde::Serialize;

use super::message::{Action, Bias, Regime, RegimeUpdate, SentimentUpdate, TaSignal};
use super::order::Side;

/// What the crew says of a symbol at this moment; what is too old is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Voices {
    /// Technical analysis.
    #[n(0)]
    pub ta: Option<TaSignal>,
    /// The regime.
    #[n(1)]
    pub regime: Option<RegimeUpdate>,
    /// Sentiment.
    #[n(2)]
    pub sentiment: Option<SentimentUpdate>,
}

/// Confidences closer than this are a conflict when they oppose.
const CLOSE: Decimal = dec!(0.2);

/// The share of the voices present that agree with a side; none when nobody speaks.
pub fn agreement(voices: &Voices, side: Side) -> Option<Decimal> {
    let votes = [
        voices.ta.as_ref().map(|t| t.bias.side() == Some(side)),
        voices.regime.as_ref().map(|r| favours(r.regime, side)),
        voices
            .sentiment
            .as_ref()
            .map(|s| s.bias.side() == Some(side)),
    ];
    let present = votes.iter().flatten().count();
    let agree = votes.iter().flatten().filter(|v| **v).count();
    (present > 0).then(|| Decimal::from(agree) / Decimal::from(present))
}

fn favours(regime: Regime, side: Side) -> bool {
    match regime {
        Regime::TrendingBull => side == Side::Buy,
        Regime::TrendingBear => side == Side::Sell,
        Regime::Ranging => true,
        Regime::Choppy | Regime::Volatile => false,
    }
}

/// What confidence is multiplied by at this agreement: 0.85 to 1.3.
pub fn multiplier(agreement: Option<Decimal>) -> Decimal {
    let Some(a) = agreement else {
        return Decimal::ONE;
    };
    // In thirds, so that two of three is exactly two thirds.
    let thirds = a * dec!(3);
    let thirds = if (thirds - thirds.round()).abs() < dec!(0.000001) {
        thirds.round()
    } else {
        thirds
    };
    if thirds >= dec!(2) {
        Decimal::ONE + dec!(0.3) * (thirds - dec!(2))
    } else if thirds >= Decimal::ONE {
        Decimal::ONE
    } else {
        Decimal::ONE - dec!(0.15) * (Decimal::ONE - thirds)
    }
}

/// What stands against an entry before consensus is looked at.
pub fn conflict(voices: &Voices, regime_changed: bool) -> Option<String> {
    if let (Some(ta), Some(sentiment)) = (&voices.ta, &voices.sentiment) {
        let opposed = matches!(
            (ta.bias, sentiment.bias),
            (Bias::Bullish, Bias::Bearish) | (Bias::Bearish, Bias::Bullish)
        );
        let gap = (ta.confidence - sentiment.confidence).abs();
        if opposed && gap < CLOSE {
            return Some(format!(
                "technical analysis and sentiment are opposed, {gap} apart"
            ));
        }
    }
    if let Some(regime) = &voices.regime
        && regime.regime == Regime::Choppy
    {
        return Some("the regime is choppy".into());
    }
    regime_changed.then(|| "the regime changed while a position is open".into())
}

/// Confidence after consensus, capped at 1.
pub fn weigh(confidence: Decimal, agreement: Option<Decimal>) -> Decimal {
    (confidence * multiplier(agreement))
        .min(Decimal::ONE)
        .round_dp(4)
}

/// Stop and target prices from percents of the entry price.
pub fn protection(
    action: Action,
    entry: Decimal,
    stop_pct: Decimal,
    target_pct: Decimal,
) -> Option<(Decimal, Decimal)> {
    let sign = action.side()?.sign();
    let part = |percent: Decimal| entry * percent / Decimal::ONE_HUNDRED;
    Some((
        entry - sign * part(stop_pct),
        entry + sign * part(target_pct),
    ))
}

/// Size = equity × risk per trade ÷ stop distance × the regime's multiplier, base currency.
pub fn size(
    equity: Decimal,
    risk_per_trade: Decimal,
    stop_distance: Decimal,
    multiplier: Decimal,
) -> Decimal {
    (equity * risk_per_trade)
        .checked_div(stop_distance)
        .map_or(Decimal::ZERO, |size| size * multiplier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ta(bias: Bias, confidence: Decimal) -> Option<TaSignal> {
        Some(TaSignal {
            symbol: "BTC/USDT".parse().unwrap(),
            trend_direction: "up".into(),
            trend_strength: dec!(0.5),
            bias,
            confidence,
            momentum_score: None,
            atr_pct: None,
        })
    }

    fn regime(regime: Regime) -> Option<RegimeUpdate> {
        Some(RegimeUpdate {
            symbol: "BTC/USDT".parse().unwrap(),
            regime,
            confidence: dec!(0.7),
            position_size_multiplier: dec!(1),
            entry_strictness: false,
        })
    }

    fn sentiment(bias: Bias, confidence: Decimal) -> Option<SentimentUpdate> {
        Some(SentimentUpdate {
            symbol: "BTC/USDT".parse().unwrap(),
            bias,
            confidence,
        })
    }

    #[test]
    fn consensus_moves_confidence_by_the_documents_thresholds() {
        let all = Voices {
            ta: ta(Bias::Bullish, dec!(0.6)),
            regime: regime(Regime::TrendingBull),
            sentiment: sentiment(Bias::Bullish, dec!(0.6)),
        };
        let of = |v: &Voices| multiplier(agreement(v, Side::Buy));
        assert_eq!(of(&all), dec!(1.3));
        let two = Voices {
            sentiment: sentiment(Bias::Bearish, dec!(0.1)),
            ..all.clone()
        };
        assert_eq!(of(&two), dec!(1));
        let one = Voices {
            regime: regime(Regime::TrendingBear),
            ..two.clone()
        };
        assert_eq!(of(&one), dec!(1));
        let none = Voices {
            ta: ta(Bias::Bearish, dec!(0.6)),
            ..one.clone()
        };
        assert_eq!(of(&none), dec!(0.85));
        assert_eq!(multiplier(None), dec!(1));
        let half = Voices {
            ta: ta(Bias::Bullish, dec!(0.6)),
            regime: regime(Regime::Volatile),
            sentiment: None,
        };
        assert_eq!(of(&half), dec!(1));
        assert_eq!(weigh(dec!(0.9), Some(dec!(1))), dec!(1));
    }

    #[test]
    fn opposed_voices_conflict_only_when_they_are_equally_sure() {
        let voices = |c| Voices {
            ta: ta(Bias::Bullish, dec!(0.7)),
            regime: None,
            sentiment: sentiment(Bias::Bearish, c),
        };
        assert!(conflict(&voices(dec!(0.51)), false).is_some());
        assert!(conflict(&voices(dec!(0.5)), false).is_none());
        let choppy = Voices {
            regime: regime(Regime::Choppy),
            ..Voices::default()
        };
        assert!(conflict(&choppy, false).is_some());
        assert!(conflict(&Voices::default(), true).is_some());
    }

    #[test]
    fn size_loses_one_percent_at_the_stop() {
        let (stop, target) = protection(Action::Sell, dec!(100), dec!(2), dec!(4)).expect("a side");
        assert_eq!((stop, target), (dec!(102), dec!(96)));
        assert_eq!(size(dec!(10000), dec!(0.01), dec!(2), dec!(1)), dec!(50));
    }
}
