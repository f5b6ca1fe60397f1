//! One symbol of a backtest: how far its tape has run, its strategy, and what of it is on its way.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::core::id::OrderId;
use crate::core::{Symbol, Time};
use crate::market::{Fixed, Reel, Tape, TapeBar, TapeTrade};
use crate::strategies::{Bar, Standing, Strategy};

use super::outcome::Score;
use super::valuation::{Valuation, float};

/// What happens next on a lane.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'t> {
    /// A recorded bar closes.
    Close(TapeBar<'t>),
    /// A minute of trades is over.
    Minute(Forming),
    /// A bar opens, and somebody waits for its first price.
    Open(TapeBar<'t>),
    /// The market trades.
    Trade(TapeTrade<'t>),
}

/// A minute of trades, prices at the scale that all share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forming {
    pub ends: Time,
    open: i128,
    high: i128,
    low: i128,
    last: Fixed,
    volume: f64,
}

pub(super) struct Lane<'t> {
    pub symbol: Symbol,
    pub interval_ms: i64,
    pub strategy: Box<dyn Strategy>,
    pub standing: Standing,
    /// Whether a position is open, an order waiting or not.
    pub open: bool,
    /// Market orders that wait for the next price.
    pub pending: VecDeque<(OrderId, u64)>,
    /// Whether the venue works an order of this symbol.
    pub resting: bool,
    pub bars: u64,
    pub exposed: u64,
    pub fills: u64,
    pub fees: Decimal,
    pub score: Score,
    /// The bar that closed last, for a venue that has seen none.
    pub closed: Option<TapeBar<'t>>,
    reel: Reel<'t>,
    rows: usize,
    next: usize,
    /// Whether the bar that comes next has opened.
    begun: bool,
    forming: Option<Forming>,
}

impl<'t> Lane<'t> {
    /// At the first row; what comes before it the strategy has seen, and its wishes are dropped.
    pub fn new(tape: &'t Tape, mut strategy: Box<dyn Strategy>) -> Self {
        for bar in tape.lead_in().iter() {
            let _ = strategy.on_bar(&bar_of(bar), Standing::Flat);
        }
        Self {
            symbol: tape.symbol,
            interval_ms: tape.interval_ms,
            strategy,
            standing: Standing::Flat,
            open: false,
            pending: VecDeque::new(),
            resting: false,
            bars: 0,
            exposed: 0,
            fills: 0,
            fees: Decimal::ZERO,
            score: Score::default(),
            closed: None,
            reel: tape.reel(),
            rows: tape.len(),
            next: 0,
            begun: false,
            forming: None,
        }
    }

    /// Rows that are done.
    pub fn done(&self) -> u64 {
        self.next as u64
    }

    /// Rows there are.
    pub fn rows(&self) -> u64 {
        self.rows as u64
    }

    /// Whether no row follows.
    pub fn is_over(&self) -> bool {
        self.next >= self.rows
    }

    /// How long a price of it may stand.
    pub fn holds_ms(&self) -> i64 {
        match self.reel {
            Reel::Bars(_) => self.interval_ms,
            Reel::Trades(_) => 0,
        }
    }

    fn waits(&self) -> bool {
        self.resting || !self.pending.is_empty()
    }

    /// When it goes on.
    #[inline]
    pub fn peek(&self) -> Option<Time> {
        match self.reel {
            Reel::Bars(bars) => {
                let opens = bars.get(self.next)?.open_time();
                Some(if self.waits() && !self.begun {
                    opens
                } else {
                    opens + self.interval_ms
                })
            }
            Reel::Trades(trades) => {
                let trade = trades.get(self.next).map(|t| t.time());
                let minute = self.forming.map(|f| f.ends);
                trade.into_iter().chain(minute).min()
            }
        }
    }

    /// What closes by `now`, if something does.
    #[inline]
    pub fn close_by(&mut self, now: Time) -> Option<Step<'t>> {
        match self.reel {
            Reel::Bars(bars) => {
                let bar = bars.get(self.next)?;
                if bar.open_time() + self.interval_ms > now || self.waits() && !self.begun {
                    return None;
                }
                self.next += 1;
                self.begun = false;
                self.closed = Some(bar);
                Some(Step::Close(bar))
            }
            Reel::Trades(_) => self
                .forming
                .take_if(|forming| forming.ends <= now)
                .map(Step::Minute),
        }
    }

    /// What opens by `now` and is waited for, if something is; or the trade of that time.
    #[inline]
    pub fn begin_by(&mut self, now: Time) -> Option<Step<'t>> {
        match self.reel {
            Reel::Bars(bars) => {
                if self.begun || !self.waits() {
                    return None;
                }
                let bar = bars.get(self.next).filter(|bar| bar.open_time() <= now)?;
                self.begun = true;
                Some(Step::Open(bar))
            }
            Reel::Trades(trades) => {
                let trade = trades.get(self.next).filter(|trade| trade.time() <= now)?;
                self.next += 1;
                Some(Step::Trade(trade))
            }
        }
    }

    /// Takes a trade into its minute.
    #[inline]
    pub fn form(&mut self, trade: TapeTrade<'_>, valuation: &Valuation) {
        let price = valuation.scaled(trade.price());
        let volume = float(trade.quantity());
        match &mut self.forming {
            Some(forming) => {
                forming.high = forming.high.max(price);
                forming.low = forming.low.min(price);
                forming.last = trade.price();
                forming.volume += volume;
            }
            None => {
                let into = trade.time().0.rem_euclid(self.interval_ms);
                self.forming = Some(Forming {
                    ends: trade.time() + (self.interval_ms - into),
                    open: price,
                    high: price,
                    low: price,
                    last: trade.price(),
                    volume,
                });
            }
        }
    }
}

impl Forming {
    pub fn bar(&self, interval_ms: i64, valuation: &Valuation) -> Bar {
        Bar {
            open_time: self.ends + -interval_ms,
            open: valuation.unscaled(self.open),
            high: valuation.unscaled(self.high),
            low: valuation.unscaled(self.low),
            close: float(self.last),
            volume: self.volume,
        }
    }

    pub fn last(&self) -> Fixed {
        self.last
    }
}

/// A recorded bar as indicators take it.
#[inline]
pub(super) fn bar_of(bar: TapeBar<'_>) -> Bar {
    // Not by mapping the array: that is a call for each number.
    let [open, high, low, close, volume] = bar.numbers();
    Bar {
        open_time: bar.open_time(),
        open: float(open),
        high: float(high),
        low: float(low),
        close: float(close),
        volume: float(volume),
    }
}
