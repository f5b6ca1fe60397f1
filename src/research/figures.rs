//! What a trial came to, and its curve. Numbers are decimals of at most ten digits after the point, so
//! that what is written down and read again is the same number.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, MathematicalOps};
use serde::{Deserialize, Serialize};

use super::statistics::Shape;
use crate::backtest::{Equity, Metrics, Outcome, Trade, Watch, daily_returns};
use crate::core::Time;
use crate::core::time::DAY_MS;

/// Digits after the point of a ratio.
const DIGITS: u32 = 10;

/// What a trial came to. Percentages are percent; a ratio is none where there is nothing to divide by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Mean ÷ standard deviation of the daily returns × √365.
    pub sharpe: Option<Decimal>,
    /// Mean ÷ downward deviation of the daily returns × √365.
    pub sortino: Option<Decimal>,
    /// Largest fall of the daily equities from their peak, percent, positive.
    pub max_drawdown_pct: Decimal,
    /// Gain on what it began with, percent.
    pub return_pct: Decimal,
    /// Closed trades.
    pub trades: u64,
    /// Fills.
    pub fills: u64,
    /// Closed trades with a gain, percent.
    pub win_rate_pct: Option<Decimal>,
    /// Gross profit ÷ gross loss of closed trades.
    pub profit_factor: Option<Decimal>,
    /// Σ fees, quote currency.
    pub fees: Decimal,
    /// Bars at whose close a position was open, percent.
    pub exposure_pct: Option<Decimal>,
    /// Days that the ratios are of.
    pub days: u64,
    /// Bars gone through.
    pub bars: u64,
    /// Wishes that a rule refused: a share of the cash that leaves nothing for fees, above all.
    pub refused: u64,
    /// Mean return of a closed trade on what it cost, percent.
    pub mean_trade_pct: Option<Decimal>,
    /// Standard deviation (n − 1) of those returns, percent.
    pub trade_deviation_pct: Option<Decimal>,
}

/// What is counted of trades; it adds up over windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Bars gone through.
    pub bars: u64,
    /// Of them, those at whose close a position was open.
    pub exposed: u64,
    /// Fills.
    pub fills: u64,
    /// Σ fees, quote currency.
    pub fees: Decimal,
    /// Closed trades.
    pub trades: u64,
    /// Those with a gain.
    pub wins: u64,
    /// Σ gains, quote currency.
    pub profit: Decimal,
    /// Σ losses, quote currency, positive.
    pub loss: Decimal,
    /// Wishes that a rule refused.
    pub refused: u64,
    /// Σ returns of closed trades on what they cost, fractions.
    pub returns: Decimal,
    /// Σ their squares.
    pub squares: Decimal,
}

/// Equities at the ends of UTC days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What it begins with, quote currency.
    pub start: Decimal,
    /// The UTC day, counted from 1970, and the equity at its last bar, quote currency.
    pub days: Vec<(i64, Decimal)>,
}

impl Curve {
    /// What each day has gained on the one before it, a fraction.
    pub fn returns(&self) -> Vec<f64> {
        daily_returns(self.start, &self.equities())
    }

    /// The shape of its daily returns.
    pub fn shape(&self) -> Option<Shape> {
        Shape::of(&self.returns())
    }

    fn equities(&self) -> Vec<Decimal> {
        self.days.iter().map(|(_, equity)| *equity).collect()
    }

    /// Goes on with another that follows it: from where this one ends, in the other's proportions. A day
    /// that both have is one day.
    pub fn stitch(&mut self, next: &Self) {
        let end = self.days.last().map_or(self.start, |(_, equity)| *equity);
        for (day, equity) in &next.days {
            let share = equity.checked_div(next.start).unwrap_or_default();
            let carried = end
                .checked_mul(share)
                .unwrap_or_default()
                .round_dp(DIGITS)
                .normalize();
            match self.days.last_mut() {
                Some((last, at_end)) if *last == *day => *at_end = carried,
                _ => self.days.push((*day, carried)),
            }
        }
    }
}

impl Tally {
    /// Of a backtest.
    pub fn of(outcome: &Outcome) -> Self {
        let total = outcome.total();
        Self {
            bars: total.bars,
            exposed: total.exposed,
            fills: total.fills,
            fees: total.fees.normalize(),
            trades: total.score.trades,
            wins: total.score.wins,
            profit: total.score.profit.normalize(),
            loss: total.score.loss.normalize(),
            refused: outcome.refusals.values().sum(),
            ..Self::default()
        }
    }

    /// Counts the return of a closed trade.
    fn count(&mut self, trade: &Trade) {
        let cost = trade.entry_price * trade.quantity;
        if trade.exit_time.is_some()
            && let Some(share) = trade.pnl.checked_div(cost)
        {
            let share = short(share);
            self.returns += share;
            self.squares += short(share * share);
        }
    }

    /// Mean and standard deviation of the returns of closed trades, fractions.
    fn each(&self) -> (Option<Decimal>, Option<Decimal>) {
        let trades = Decimal::from(self.trades);
        let mean = self.returns.checked_div(trades);
        let variance = mean.and_then(|mean| {
            let squares = self.squares - mean * self.returns;
            squares.checked_div(trades - Decimal::ONE)
        });
        (mean, variance.and_then(|v| v.max(Decimal::ZERO).sqrt()))
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.bars += other.bars;
        self.exposed += other.exposed;
        self.fills += other.fills;
        self.fees += other.fees;
        self.trades += other.trades;
        self.wins += other.wins;
        self.profit += other.profit;
        self.loss += other.loss;
        self.refused += other.refused;
        self.returns += other.returns;
        self.squares += other.squares;
    }
}

impl Figures {
    /// Of what was counted, and of a curve.
    pub fn of(tally: &Tally, curve: &Curve) -> Self {
        let equities = curve.equities();
        let metrics = Metrics::of(curve.start, &equities);
        let (mean, deviation) = tally.each();
        let hundred = |share: Decimal| short(share * Decimal::ONE_HUNDRED);
        let end = equities.last().copied().unwrap_or(curve.start);
        let percent = |part: Decimal, whole: Decimal| {
            let share = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
            Some(short(share))
        };
        Self {
            sharpe: metrics.sharpe.and_then(decimal),
            sortino: metrics.sortino.and_then(decimal),
            max_drawdown_pct: decimal(metrics.max_drawdown * 100.0).unwrap_or_default(),
            return_pct: percent(end - curve.start, curve.start).unwrap_or_default(),
            trades: tally.trades,
            fills: tally.fills,
            win_rate_pct: percent(tally.wins.into(), tally.trades.into()),
            profit_factor: tally.profit.checked_div(tally.loss).map(short),
            fees: short(tally.fees),
            exposure_pct: percent(tally.exposed.into(), tally.bars.into()),
            days: curve.days.len() as u64,
            bars: tally.bars,
            refused: tally.refused,
            mean_trade_pct: mean.map(hundred),
            trade_deviation_pct: deviation.map(hundred),
        }
    }

    /// The Sharpe ratio as statistics take it, per year.
    pub fn sharpe_f64(&self) -> Option<f64> {
        self.sharpe.and_then(|s| s.to_f64())
    }
}

/// A ratio with the digits that are kept; none where it is no number.
pub(super) fn decimal(value: f64) -> Option<Decimal> {
    Decimal::from_f64_retain(value).map(short)
}

fn short(value: Decimal) -> Decimal {
    value.round_dp(DIGITS).normalize()
}

/// Keeps the equity at the end of each day, and looks whether to go on.
pub(super) struct Days<'a> {
    stop: &'a dyn Fn() -> bool,
    ends: Time,
    last: Option<(i64, Equity)>,
    days: Vec<(i64, Decimal)>,
    trades: Tally,
}

impl<'a> Days<'a> {
    pub fn new(stop: &'a dyn Fn() -> bool) -> Self {
        Self {
            stop,
            ends: Time(i64::MIN),
            last: None,
            days: Vec::new(),
            trades: Tally::default(),
        }
    }

    /// What was counted, and the curve.
    pub fn sum(mut self, outcome: &Outcome, start: Decimal) -> (Tally, Curve) {
        self.keep();
        let curve = Curve {
            start,
            days: self.days,
        };
        let mut tally = Tally::of(outcome);
        (tally.returns, tally.squares) = (self.trades.returns, self.trades.squares);
        (tally, curve)
    }

    fn keep(&mut self) {
        let last = self.last.take();
        self.days
            .extend(last.map(|(day, equity)| (day, equity.decimal())));
    }
}

impl Watch for Days<'_> {
    #[inline]
    fn worth(&mut self, at: Time, equity: Equity) {
        // What closes with its day belongs to it.
        let day = (at + -1).day();
        if at > self.ends {
            self.keep();
            self.ends = Time(day.saturating_add(1).saturating_mul(DAY_MS));
        }
        self.last = Some((day, equity));
    }

    fn trade(&mut self, trade: &Trade) {
        self.trades.count(trade);
    }

    fn goes_on(&mut self, _: u64, _: u64) -> bool {
        !(self.stop)()
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;

    #[test]
    fn blocks_that_share_a_day_are_stitched_into_one_curve() {
        let mut curve = Curve {
            start: dec!(100),
            days: vec![(1, dec!(110)), (2, dec!(121))],
        };
        // The second begins within day 2: + 10 % by its end, − 50 % on day 3.
        curve.stitch(&Curve {
            start: dec!(50),
            days: vec![(2, dec!(55)), (3, dec!(27.5))],
        });
        assert_eq!(
            curve.days,
            [(1, dec!(110)), (2, dec!(133.1)), (3, dec!(66.55))]
        );
        let figures = Figures::of(&Tally::default(), &curve);
        assert_eq!(figures.return_pct, dec!(-33.45));
        assert_eq!(figures.max_drawdown_pct, dec!(50));
        assert_eq!(
            (figures.days, figures.win_rate_pct, figures.profit_factor),
            (3, None, None)
        );
        let returns = curve.returns();
        let wanted = [0.1, 0.21, -0.5];
        assert!(
            returns
                .iter()
                .zip(wanted)
                .all(|(r, w)| (r - w).abs() < 1e-12),
            "{returns:?}"
        );
    }

    #[test]
    fn what_is_counted_adds_up() {
        let one = Tally {
            bars: 10,
            exposed: 5,
            fills: 4,
            fees: dec!(1),
            trades: 2,
            wins: 1,
            profit: dec!(30),
            loss: dec!(10),
            refused: 1,
            returns: dec!(0.02),
            squares: dec!(0.0010),
        };
        let mut both = one;
        both.add(&Tally {
            bars: 10,
            exposed: 0,
            fills: 2,
            fees: dec!(0.5),
            trades: 1,
            wins: 1,
            profit: dec!(15),
            loss: dec!(0),
            refused: 2,
            returns: dec!(0.01),
            squares: dec!(0.0001),
        });
        let figures = Figures::of(
            &both,
            &Curve {
                start: dec!(100),
                days: vec![(0, dec!(135))],
            },
        );
        assert_eq!(
            (figures.trades, figures.fills, figures.fees),
            (3, 6, dec!(1.5))
        );
        assert_eq!(figures.profit_factor, Some(dec!(4.5)));
        // Returns of 3 % in all: 1 % each, and a variance of (0.0011 − 0.0003) ÷ 2.
        assert_eq!(figures.mean_trade_pct, Some(dec!(1)));
        assert_eq!(figures.trade_deviation_pct, Some(dec!(2)));
        assert_eq!(figures.win_rate_pct, Some(dec!(66.6666666667)));
        assert_eq!(figures.exposure_pct, Some(dec!(25)));
        assert_eq!(
            (figures.sharpe, figures.refused),
            (None, 3),
            "one day has no ratio"
        );
    }

    #[test]
    fn figures_are_read_as_they_were_written() {
        let figures = Figures {
            sharpe: decimal(1.0 / 3.0),
            fees: dec!(0.1),
            ..Figures::default()
        };
        let text = serde_json::to_string(&figures).unwrap();
        assert_eq!(serde_json::from_str::<Figures>(&text).unwrap(), figures);
        assert_eq!(decimal(f64::NAN), None);
    }
}
