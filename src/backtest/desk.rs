//! The core at work: it is asked, what it says is encoded and enters the chain, and what it wants done is
//! kept until the run does it.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use super::effect::Effect;
use super::valuation::{Equity, Floor, Valuation};
use crate::core::time::DAY_MS;
use crate::core::{
    Command, Context, Event, Name, Quote, Quotes, RecordBody, Reply, State, Symbol, Time,
};
use crate::journal::Chain;
use crate::market::Fixed;

/// The last price of a symbol, not yet a quote.
#[derive(Debug, Clone, Copy)]
struct Price {
    last: Fixed,
    at: Time,
    bar_ms: i64,
    quoted: bool,
}

/// When a tick may have something to decide, the state being as it is.
#[derive(Debug, Clone, Copy)]
struct Wake {
    at: Time,
    floor: Floor,
}

/// The core, the prices it may look at, and the chain of its records.
#[derive(Debug)]
pub(super) struct Desk {
    pub state: State,
    pub now: Time,
    pub effects: VecDeque<Effect>,
    pub chain: Chain,
    /// Tick at every close, whether or not it can decide something.
    pub eager: bool,
    valuation: Valuation,
    symbols: Vec<Symbol>,
    bases: Vec<String>,
    /// The quote currency of all.
    paid_in: String,
    prices: Vec<Price>,
    quotes: Quotes,
    /// From bid to ask, a fraction of the price.
    spread: Decimal,
    /// Prices since the last quotes.
    moved: bool,
    wake: Wake,
    buffer: Vec<u8>,
}

impl Desk {
    /// An empty core at the first moment of the data. The symbols have one quote currency; there is one
    /// at least.
    pub fn new(symbols: &[Symbol], now: Time, spread: Decimal, valuation: Valuation) -> Self {
        let never = Price {
            last: Fixed {
                mantissa: 0,
                scale: 0,
            },
            at: now,
            bar_ms: 0,
            quoted: true,
        };
        Self {
            state: State::default(),
            now,
            effects: VecDeque::new(),
            chain: Chain::default(),
            eager: false,
            wake: Wake {
                at: now,
                floor: Floor::NONE,
            },
            valuation,
            symbols: symbols.to_vec(),
            bases: symbols.iter().map(|s| s.base().to_owned()).collect(),
            paid_in: symbols[0].quote().to_owned(),
            prices: vec![never; symbols.len()],
            quotes: Quotes::default(),
            spread,
            moved: false,
            buffer: Vec::with_capacity(4096),
        }
    }

    /// A symbol has a price.
    #[inline]
    pub fn price(&mut self, symbol: usize, last: Fixed, at: Time, bar_ms: i64) {
        self.prices[symbol] = Price {
            last,
            at,
            bar_ms,
            quoted: false,
        };
        self.moved = true;
        self.valuation.price(symbol, last);
    }

    /// The last price of a symbol.
    pub fn last(&self, symbol: usize) -> Decimal {
        self.prices[symbol].last.into()
    }

    /// A price at the scale that all prices share.
    #[inline]
    pub fn valuation(&self) -> &Valuation {
        &self.valuation
    }

    /// Everything at the last prices.
    #[inline]
    pub fn equity(&mut self) -> Equity {
        if self.valuation.exact {
            return self.valuation.equity();
        }
        self.quote();
        let worth = self.state.account.worth(&self.quotes, &self.symbols);
        worth.unwrap_or(self.state.account.equity).into()
    }

    /// Whether anything is held whose worth moves.
    #[inline]
    pub fn holds(&self) -> bool {
        self.valuation.holds()
    }

    /// Ticks, where a tick may have something to decide.
    #[inline]
    pub fn tick(&mut self, equity: Equity, clock: Name) {
        let lower = || !self.valuation.exact || self.wake.floor.is_reached(equity);
        if self.eager || self.now >= self.wake.at || self.holds() && lower() {
            self.ask(clock, 0, Command::Tick);
        }
    }

    /// Has a command decided and recorded.
    pub fn ask(&mut self, actor: Name, cause: u64, command: Command) -> Reply {
        self.quote();
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, actor, &command);
        if decision.events.is_empty() {
            self.wake = self.next_wake();
            return decision.reply;
        }
        let seq = self.state.seq;
        let mut filled = false;
        for event in &decision.events {
            self.effects.extend(Effect::of(event, seq));
            filled |= matches!(event, Event::OrderFilled { .. });
        }
        let body = RecordBody {
            actor,
            cause,
            command,
            quotes: decision.looked,
            events: decision.events,
            origin: None,
        };
        self.buffer.clear();
        body.encode_into(&mut self.buffer);
        self.chain.absorb(seq, self.state.time, &self.buffer);
        if filled || seq == 1 {
            self.count();
        }
        self.wake = self.next_wake();
        decision.reply
    }

    /// Brings the quotes up to the last prices.
    fn quote(&mut self) {
        if !std::mem::take(&mut self.moved) {
            return;
        }
        for (symbol, price) in self.symbols.iter().zip(&mut self.prices) {
            if std::mem::replace(&mut price.quoted, true) {
                continue;
            }
            let last = Decimal::from(price.last);
            let (bid, ask) = if self.spread.is_zero() {
                (last, last)
            } else {
                let half = last * self.spread / Decimal::TWO;
                ((last - half).round_dp(8), (last + half).round_dp(8))
            };
            let quote = Quote {
                last,
                bid,
                ask,
                time: price.at,
                bar_ms: price.bar_ms,
                // Strategies do not send in slices: nobody looks at what was traded.
                traded: Decimal::ZERO,
            };
            self.quotes.set(*symbol, quote);
        }
    }

    /// Reads what the account holds.
    fn count(&mut self) {
        let balances = &self.state.account.balances;
        let of = |asset: &String| balances.get(asset).map_or(Decimal::ZERO, |a| a.0);
        let cash = of(&self.paid_in);
        let held = self.bases.iter().map(of);
        self.valuation.account(cash, held);
    }

    /// Whether something is looked at on every price: a stop, a target, a limit of a level of its own.
    fn is_watched(&self) -> bool {
        let mut open = self.state.positions.open.values();
        let narrower = &self.state.settings.narrower;
        open.any(|p| p.stop.is_some() || p.target.is_some() || p.trail.is_some())
            || !(narrower.instrument.is_empty() && narrower.strategy.is_empty())
    }

    /// The earliest moment, and the highest worth, at which a tick could decide something.
    fn next_wake(&self) -> Wake {
        let account = &self.state.account;
        let settings = &self.state.settings;
        let after = |at: Time, seconds: u32| at.plus_s(seconds.into());
        let mut at = Time(account.day.saturating_add(1).saturating_mul(DAY_MS));
        if let Some(due) = self.state.next_due() {
            at = at.min(due);
        }
        if self.valuation.holds() {
            at = at.min(after(account.marked_at, settings.resources.pool_mark_s));
        }
        if !self.state.positions.open.is_empty() {
            let every = settings.execution.position_snapshot_s;
            at = at.min(after(self.state.snapshots_at, every));
        }
        if self.is_watched() {
            at = self.now;
        }
        let mut floor = Floor::NONE;
        if self.valuation.holds() {
            let lost = account.day_start - settings.risk.daily_loss_usd;
            let kept = Decimal::ONE - settings.risk.max_drawdown;
            let fallen = account.peak.checked_mul(kept).unwrap_or(Decimal::MIN);
            floor = self.valuation.floor(lost.max(fallen));
        }
        Wake { at, floor }
    }
}
