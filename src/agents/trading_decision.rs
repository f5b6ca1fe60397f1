//! The trading decision: buy, sell or hold, from what the rest of the crew has said.

use rust_decimal::{Decimal, MathematicalOps};
use rust_decimal_macros::dec;

use sha2::{Digest, Sha256};

use super::readings::enough;
use super::{Agent, Brief, Unable, Work};
use crate::core::Name;
use crate::core::message::{Action, Bias, Payload, Regime, RegimeUpdate, TaSignal, TradingSignal};

/// An hour, milliseconds: the scale of the moves that a trade has to sit out.
const HOUR_MS: i64 = 3_600_000;
/// A stop lies this many average true ranges away.
const RANGES: Decimal = dec!(3);
/// The nearest stop, percent. With 1 % of equity at risk a nearer one asks for orders of more than
/// twice what a quarter of equity buys, and such a cut is a conflict.
const NEAREST: Decimal = dec!(2.5);
/// The farthest stop, percent.
const FARTHEST: Decimal = dec!(8);
/// Where nothing trends, technical analysis has to be this sure.
const SURE: Decimal = dec!(0.8);

/// The rules below, as one name: it changes with them.
const POLICY: &str = "trading_decision-1";

/// Says what to do with a symbol.
#[derive(Debug, Clone, Copy, Default)]
pub struct TradingDecision;

impl Agent for TradingDecision {
    fn name(&self) -> Name {
        "trading_decision".parse().expect("a built-in name")
    }

    fn run(&mut self, brief: &Brief, work: &Work) -> Result<Vec<Payload>, Unable> {
        let Work::Phase(_, Payload::Analyse { .. }) = work else {
            return Err("the trading decision answers `analyse` only".into());
        };
        if brief.ta.is_none() && !brief.position_open {
            // Nobody has spoken because nobody could yet.
            enough(brief)?;
        }
        Ok(vec![Payload::Signal(TradingSignal {
            feature_hash: Some(features(brief)),
            ..decide(brief)
        })])
    }
}

/// SHA-256 in hex of what it decides by: the same features, the same hash.
fn features(brief: &Brief) -> String {
    let seen = (
        &brief.ta,
        &brief.regime,
        brief.interval_ms,
        brief.position_open,
    );
    let bytes = minicbor::to_vec(seen).expect("a vector takes every byte");
    let digest = Sha256::digest(bytes);
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// Sentiment takes no part: the consensus weighs it, and should weigh it once.
fn decide(brief: &Brief) -> TradingSignal {
    let hold = |why: &str| TradingSignal {
        symbol: brief.symbol,
        action: Action::Hold,
        confidence: Decimal::ZERO,
        entry_price: None,
        stop_loss_pct: None,
        take_profit_pct: None,
        leverage: None,
        reasoning: why.to_owned(),
        policy_version: Some(POLICY.to_owned()),
        feature_hash: None,
    };
    if brief.position_open {
        return hold("A position is open.");
    }
    let Some(ta) = &brief.ta else {
        return hold("Technical analysis has said nothing lately.");
    };
    let Some(atr) = ta.atr_pct.filter(|atr| !atr.is_zero()) else {
        return hold("The range of the price is not known.");
    };
    let (action, wanted, word) = match ta.bias {
        Bias::Neutral => return hold("Technical analysis leans to neither side."),
        Bias::Bullish => (Action::Buy, Regime::TrendingBull, "up"),
        Bias::Bearish => (Action::Sell, Regime::TrendingBear, "down"),
    };
    let (confidence, market) = match with_regime(ta, wanted, brief.regime.as_ref()) {
        Ok(found) => found,
        Err(why) => return hold(why),
    };
    let stop = stop_pct(atr, brief.interval_ms);
    TradingSignal {
        action,
        confidence: confidence.round_dp(4),
        stop_loss_pct: Some(stop),
        take_profit_pct: Some(stop * Decimal::TWO),
        leverage: Some(Decimal::ONE),
        reasoning: format!("The trend goes {word}, {market}."),
        ..hold("")
    }
}

/// Confidence beside a regime and what it is like, or why it stands against the trade.
fn with_regime(
    ta: &TaSignal,
    wanted: Regime,
    regime: Option<&RegimeUpdate>,
) -> Result<(Decimal, &'static str), &'static str> {
    let sure = ta.confidence >= SURE;
    let Some(update) = regime else {
        return Ok((ta.confidence * dec!(0.9), "and the regime is not known"));
    };
    match update.regime {
        Regime::Choppy => Err("The market is choppy."),
        Regime::Ranging if !sure => Err("The market ranges."),
        Regime::Ranging => Ok((ta.confidence * dec!(0.85), "out of a range")),
        Regime::Volatile if !sure => Err("The market is volatile."),
        Regime::Volatile => Ok((ta.confidence * dec!(0.9), "in a volatile market")),
        trend if trend == wanted => Ok((
            dec!(0.6) * ta.confidence + dec!(0.4) * update.confidence,
            "and so does the regime",
        )),
        _ => Err("The regime trends the other way."),
    }
}

/// Three true ranges of an hour away: ranges grow with the root of time.
fn stop_pct(atr: Decimal, interval_ms: i64) -> Decimal {
    let bars = Decimal::from(HOUR_MS) / Decimal::from(interval_ms.max(1));
    let hourly = atr * Decimal::ONE_HUNDRED * bars.max(Decimal::ONE).sqrt().unwrap_or(Decimal::ONE);
    (RANGES * hourly).clamp(NEAREST, FARTHEST).round_dp(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::tests::brief;

    fn heard(bias: Bias, confidence: Decimal, regime: Option<Regime>) -> Brief {
        let mut brief = brief(Vec::new());
        let symbol = brief.symbol;
        brief.ta = Some(TaSignal {
            symbol,
            trend_direction: "up".into(),
            trend_strength: dec!(0.8),
            bias,
            confidence,
            momentum_score: None,
            atr_pct: Some(dec!(0.001)),
        });
        brief.regime = regime.map(|regime| RegimeUpdate {
            symbol,
            regime,
            confidence: dec!(0.7),
            position_size_multiplier: Decimal::ONE,
            entry_strictness: false,
        });
        brief
    }

    #[test]
    fn it_goes_with_the_trend_and_holds_against_it() {
        use Bias::{Bearish, Bullish, Neutral};
        use Regime::{Choppy, Ranging, TrendingBear, TrendingBull, Volatile};
        let cases = [
            (Bullish, dec!(0.7), Some(TrendingBull), Action::Buy),
            (Bearish, dec!(0.7), Some(TrendingBear), Action::Sell),
            (Bearish, dec!(0.9), Some(TrendingBull), Action::Hold),
            (Neutral, dec!(0.9), Some(TrendingBull), Action::Hold),
            (Bullish, dec!(0.9), Some(Choppy), Action::Hold),
            (Bullish, dec!(0.7), Some(Ranging), Action::Hold),
            (Bullish, dec!(0.8), Some(Ranging), Action::Buy),
            (Bearish, dec!(0.7), Some(Volatile), Action::Hold),
            (Bearish, dec!(0.8), Some(Volatile), Action::Sell),
            (Bullish, dec!(0.7), None, Action::Buy),
        ];
        for (bias, confidence, regime, action) in cases {
            let decision = decide(&heard(bias, confidence, regime));
            assert_eq!(decision.action, action, "{bias:?} {regime:?}: {decision:?}");
            assert!(decision.confidence <= confidence);
            assert_eq!(
                decision.stop_loss_pct.is_some(),
                action != Action::Hold,
                "whoever enters has a stop"
            );
        }
    }

    #[test]
    fn it_holds_when_a_position_is_open_or_nobody_has_spoken() {
        let open = Brief {
            position_open: true,
            ..heard(Bias::Bullish, dec!(0.9), Some(Regime::TrendingBull))
        };
        assert_eq!(decide(&open).reasoning, "A position is open.");
        let silent = Brief { ta: None, ..open };
        let silent = Brief {
            position_open: false,
            ..silent
        };
        assert_eq!(decide(&silent).action, Action::Hold);
    }

    #[test]
    fn the_stop_is_three_ranges_of_an_hour_within_bounds() {
        assert_eq!(stop_pct(dec!(0.0015), 60_000), dec!(3.49));
        assert_eq!(stop_pct(dec!(0.012), HOUR_MS), dec!(3.60));
        assert_eq!(stop_pct(dec!(0.0001), 60_000), NEAREST);
        assert_eq!(stop_pct(dec!(0.08), 24 * HOUR_MS), FARTHEST);
    }

    #[test]
    fn it_waits_while_nobody_could_have_spoken() {
        let ask = |brief: &Brief| {
            let symbol = brief.symbol;
            let work = Work::Phase(crate::core::id::MessageId(1), Payload::Analyse { symbol });
            TradingDecision.run(brief, &work)
        };
        let mut cold = brief(Vec::new());
        let waits = Unable::Waits("0 of 60 candles".into());
        assert_eq!(ask(&cold), Err(waits));
        cold.position_open = true;
        assert!(ask(&cold).is_ok());
        assert!(ask(&heard(Bias::Bullish, dec!(0.9), None)).is_ok());
    }

    #[test]
    fn only_analyse_is_answered() {
        let brief = heard(Bias::Bullish, dec!(0.9), None);
        let task = Work::Task(crate::core::id::TaskId(1));
        assert!(TradingDecision.run(&brief, &task).is_err());
    }
}
