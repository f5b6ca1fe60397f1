//! The trading decision: buy, sell or hold, from what the rest of the crew has said.

use rust_decimal::{Decimal, MathematicalOps};
use rust_decimal_macros::dec;

use super::{Agent, Brief, Work};
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
const SURE: Decimal = dec!(0.7);

/// Says what to do with a symbol.
#[derive(Debug, Clone, Copy, Default)]
pub struct TradingDecision;

impl Agent for TradingDecision {
    fn name(&self) -> Name {
        "trading_decision".parse().expect("a built-in name")
    }

    fn run(&mut self, brief: &Brief, work: &Work) -> Result<Vec<Payload>, String> {
        let Work::Phase(_, Payload::Analyse { .. }) = work else {
            return Err("the trading decision answers `analyse` only".to_owned());
        };
        Ok(vec![Payload::Signal(decide(brief))])
    }
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
