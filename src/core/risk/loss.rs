//! The day's loss. The organisation's is its equity's, and engages HARDSTOP; a strategy's or an
//! instrument's is what its positions have gained and lost since the UTC day began, realised and
//! unrealised, after fees. A strategy that has lost its limit halts trading until the day is over
//! or the limit is raised.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::gate::{Gate, Passed, Prices};
use super::{Level, Measure};
use crate::core::event::Event;
use crate::core::id::PositionId;
use crate::core::position::Amount;
use crate::core::state::{Decider, State};
use crate::core::text::Name;
use crate::core::time::Time;
use crate::core::trading_state::Cause;

const DAY_MS: i64 = 86_400_000;

/// The day's figures of one level.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub(super) struct Book {
    /// The UTC day that is counted.
    #[n(0)]
    day: i64,
    /// What its open positions had gained when the day began, USD.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    start: Decimal,
    /// What its positions that closed since had realised in all, by quote currency.
    #[n(2)]
    closed: BTreeMap<String, Amount>,
}

/// A strategy that has lost its limit of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Encode, Decode)]
pub struct Lost {
    /// The UTC day.
    #[n(0)]
    pub day: i64,
    /// The limit it came to, USD.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub limit: Decimal,
}

/// What the open positions of a level had gained when the day began.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Encode, Decode)]
pub struct DayMark {
    /// Whose.
    #[n(0)]
    pub level: Level,
    /// USD, after fees; negative for a loss.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub start: Decimal,
}

impl State {
    /// What a level that has limits of its own has lost since the UTC day began, USD; negative for a
    /// gain. None where a price is missing or the day is not counted yet.
    pub fn day_loss(
        &self,
        level: Level,
        price: &dyn Fn(crate::core::Symbol) -> Option<Decimal>,
    ) -> Option<Decimal> {
        let book = self.risk.books.get(&level)?;
        let mut result = self.open_result(level, price)?;
        for (currency, Amount(realised)) in &book.closed {
            result += realised * self.usd_of(currency, price)?;
        }
        Some((book.start - result).round_dp(8).normalize())
    }

    /// What a level's open positions have gained in all, USD, after fees.
    fn open_result(&self, level: Level, price: Prices<'_>) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for p in self.positions.open.values() {
            if level.holds(p.symbol, p.strategy) {
                let result = p.realised() + p.unrealised(price(p.symbol)?);
                sum += result * self.usd_of(p.symbol.quote(), price)?;
            }
        }
        Some(sum)
    }

    /// Books a position that closes, at each level that counts it.
    pub(in crate::core) fn book_close(&mut self, id: PositionId, realised: Decimal) {
        let Some(position) = self.positions.open.get(&id) else {
            return;
        };
        for (level, book) in &mut self.risk.books {
            if level.holds(position.symbol, position.strategy) {
                let currency = position.symbol.quote().to_owned();
                book.closed.entry(currency).or_default().0 += realised;
            }
        }
    }

    pub(in crate::core) fn begin_day(&mut self, day: i64, marks: &[DayMark]) {
        for mark in marks {
            let book = Book {
                day,
                start: mark.start,
                closed: BTreeMap::new(),
            };
            self.risk.books.insert(mark.level, book);
        }
    }

    /// When a strategy's loss is over.
    pub(in crate::core) fn next_loss_over(&self) -> Option<Time> {
        let days = self.risk.lost.values().map(|lost| lost.day);
        days.min().map(|day| Time((day + 1) * DAY_MS))
    }
}

impl Gate<'_> {
    pub(super) fn daily_loss(&mut self, worth: Option<Decimal>) -> Passed {
        let today = self.now.day();
        for i in 0..self.levels.len() {
            let (level, limits) = &self.levels[i];
            let (level, limit) = (*level, limits.daily_loss_usd);
            let (loss, over) = match level {
                Level::Organisation => {
                    let account = &self.state.account;
                    let loss = account.day_start - worth.unwrap_or(account.equity);
                    (Some(loss.round_dp(8)), account.has_lost(today, limit))
                }
                Level::Instrument(_) => (self.loss_of(level), false),
                Level::Strategy(name) => {
                    let lost = self.state.risk.lost.get(&name);
                    (self.loss_of(level), lost.is_some_and(|l| l.day == today))
                }
            };
            self.rule(
                "RISK_DAILY_LOSS",
                loss.is_some_and(|loss| loss < limit) && !over,
                limit,
                loss.map_or_else(|| "no price".into(), |l| Measure::from(l.normalize())),
                format_args!("the day's loss of the {level} is at its limit"),
                "entries are possible again on the next UTC day, or with a higher limit",
            )?;
        }
        Ok(())
    }

    /// A level's loss; 0 before its first day is counted.
    fn loss_of(&self, level: Level) -> Option<Decimal> {
        if !self.state.risk.books.contains_key(&level) {
            return Some(Decimal::ZERO);
        }
        self.state.day_loss(level, self.price)
    }
}

impl Decider<'_> {
    /// Begins the day of levels that have limits of their own, finds strategies that have lost
    /// theirs, and lets go of those whose day is over or whose limit was raised.
    pub(in crate::core) fn watch_losses(&mut self) {
        if !self.state.risk.lost.is_empty() {
            self.end_losses();
        }
        if self.state.settings.narrower.is_empty() {
            return;
        }
        self.begin_days();
        let today = self.now.day();
        let strategies = self.state.settings.narrower.strategy.iter();
        let limits: Vec<(Name, Decimal)> = strategies
            .map(|(name, limits)| (*name, limits.daily_loss_usd))
            .filter(|(name, _)| !self.state.risk.lost.contains_key(name))
            .collect();
        for (strategy, limit) in limits {
            let level = Level::Strategy(strategy);
            let Some(loss) = self.state.day_loss(level, &|s| self.price_of(s)) else {
                continue;
            };
            if loss < limit || self.state.risk.books[&level].day != today {
                continue;
            }
            self.emit(Event::StrategyDayLost {
                strategy,
                day: today,
                loss,
                limit,
            });
            self.add_cause(
                Cause::StrategyLoss,
                &format!(
                    "{strategy} has lost {} USD today; its limit is {} USD",
                    loss.round_dp(2),
                    limit.normalize()
                ),
            );
        }
    }

    fn begin_days(&mut self) {
        let today = self.now.day();
        let risk = &self.state.risk;
        let levels = self.state.settings.narrower.iter().map(|(level, _)| level);
        let marks: Vec<DayMark> = levels
            .filter(|level| risk.books.get(level).is_none_or(|b| b.day != today))
            .filter_map(|level| {
                let start = self.state.open_result(level, &|s| self.price_of(s))?;
                let start = start.round_dp(8).normalize();
                Some(DayMark { level, start })
            })
            .collect();
        if !marks.is_empty() {
            self.emit(Event::DayBegan { day: today, marks });
        }
    }

    fn end_losses(&mut self) {
        let today = self.now.day();
        let strategies = &self.state.settings.narrower.strategy;
        let over: Vec<Name> = self
            .state
            .risk
            .lost
            .iter()
            .filter(|(name, lost)| {
                let limit = strategies.get(name).map(|l| l.daily_loss_usd);
                lost.day < today || limit.is_none_or(|limit| limit > lost.limit)
            })
            .map(|(name, _)| *name)
            .collect();
        for strategy in over {
            self.emit(Event::StrategyDayOver { strategy });
        }
        if self.state.risk.lost.is_empty()
            && self.state.trading.causes.contains_key(&Cause::StrategyLoss)
        {
            self.lift(
                Cause::StrategyLoss,
                "the day is over, or the limit is higher",
            );
        }
    }
}
