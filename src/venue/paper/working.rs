//! One order that works: which prices concern it, and what it pays when one does.

use rust_decimal::Decimal;

use super::settings::PaperSettings;
use crate::core::Time;
use crate::core::order::{Kind, Liquidity, Side, TimeInForce};
use crate::venue::VenueOrder;

/// How an order stands to the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A limit that has met no price yet: the first one says whether it crosses or rests.
    Fresh,
    /// Waits for the price to reach its level.
    Resting,
    /// Takes whatever price comes: a market order, or a trigger that has been reached.
    Taking,
}

/// At what an order fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    pub price: Decimal,
    pub liquidity: Liquidity,
}

/// Where the price on its way meets an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reached {
    pub distance: Decimal,
    pub seq: u64,
    pub price: Decimal,
}

#[derive(Debug)]
pub(super) struct Working {
    pub order: VenueOrder,
    /// Since when it stands as it does: its arrival, or the last move of its trigger.
    pub since: Time,
    pub stage: Stage,
    /// The span of volume in which `taken` was filled.
    window: u64,
    taken: Decimal,
}

impl Working {
    /// An order that arrives.
    pub fn arrived(order: VenueOrder, since: Time) -> Self {
        let stage = match order.kind {
            Kind::Market => Stage::Taking,
            Kind::Limit if !order.post_only => Stage::Fresh,
            _ => Stage::Resting,
        };
        Self::new(order, since, stage)
    }

    /// An order that worked before this start: a limit has met a price by then, and a trigger that
    /// has filled in part was reached.
    pub fn restored(order: VenueOrder) -> Self {
        let stage = match order.kind {
            Kind::Market => Stage::Taking,
            Kind::Limit if order.time_in_force == TimeInForce::Ioc => Stage::Fresh,
            Kind::StopLoss | Kind::TakeProfit if order.filled > Decimal::ZERO => Stage::Taking,
            _ => Stage::Resting,
        };
        Self::new(order, Time(i64::MIN), stage)
    }

    fn new(order: VenueOrder, since: Time, stage: Stage) -> Self {
        Self {
            order,
            since,
            stage,
            window: 0,
            taken: Decimal::ZERO,
        }
    }

    /// Its limit was moved: the next price says whether it crosses or rests.
    pub fn renew(&mut self, at: Time) {
        self.since = at;
        if self.stage == Stage::Resting && !self.order.post_only {
            self.stage = Stage::Fresh;
        }
    }

    /// A stop or target of a position.
    pub fn protects(&self) -> bool {
        self.order.reduce_only && self.is_trigger()
    }

    pub fn is_trigger(&self) -> bool {
        matches!(self.order.kind, Kind::StopLoss | Kind::TakeProfit)
    }

    pub fn remaining(&self) -> Decimal {
        (self.order.quantity - self.order.filled).max(Decimal::ZERO)
    }

    /// What may still fill in a window whose allowance an order is `allowance`.
    pub fn room(&self, window: u64, allowance: Decimal) -> Decimal {
        let taken = if self.window == window {
            self.taken
        } else {
            Decimal::ZERO
        };
        self.remaining().min(allowance - taken).max(Decimal::ZERO)
    }

    /// Books a fill in a window.
    pub fn fill(&mut self, quantity: Decimal, window: u64) {
        if self.window != window {
            self.window = window;
            self.taken = Decimal::ZERO;
        }
        self.taken += quantity;
        self.order.filled += quantity;
    }

    fn level(&self) -> Option<Decimal> {
        match self.order.kind {
            Kind::Market => None,
            Kind::Limit => self.order.price,
            Kind::StopLoss | Kind::TakeProfit => self.order.stop_price,
        }
    }

    fn is_reached(&self, level: Decimal, price: Decimal) -> bool {
        let from_above = match self.order.kind {
            Kind::StopLoss => self.order.side == Side::Sell,
            _ => self.order.side == Side::Buy,
        };
        if from_above {
            price <= level
        } else {
            price >= level
        }
    }

    /// Whether a price makes a difference to it.
    pub fn is_concerned(&self, price: Decimal) -> bool {
        self.stage != Stage::Resting || self.level().is_some_and(|l| self.is_reached(l, price))
    }

    /// Meets a price: what it fills at, if it does, and how it stands from then on. At a gap the
    /// market was never at its level, and a resting limit has the better price.
    pub fn meet(&mut self, price: Decimal, gap: bool, settings: &PaperSettings) -> Option<Terms> {
        let terms = self.terms(price, gap, settings);
        if self.stage == Stage::Fresh {
            self.stage = Stage::Resting;
        } else if self.is_trigger() && terms.is_some() {
            self.stage = Stage::Taking;
        }
        terms
    }

    /// Whether it is cancelled if it has not filled by now.
    pub fn has_had_its_chance(&self) -> bool {
        let waits = self.is_trigger() && self.stage == Stage::Resting;
        self.order.time_in_force == TimeInForce::Ioc && !waits
    }

    fn terms(&self, price: Decimal, gap: bool, settings: &PaperSettings) -> Option<Terms> {
        let side = self.order.side;
        let taker = |price| Terms {
            price,
            liquidity: Liquidity::Taker,
        };
        let Some(level) = self.level().filter(|_| self.stage != Stage::Taking) else {
            return Some(taker(settings.slipped(side, price)));
        };
        if !self.is_reached(level, price) {
            return None;
        }
        Some(match (self.order.kind, self.stage) {
            (Kind::Limit, Stage::Fresh) => taker(better(side, level, settings.touch(side, price))),
            (Kind::Limit, _) => Terms {
                price: if gap {
                    better(side, level, settings.on_price_step(side, price))
                } else {
                    level
                },
                liquidity: Liquidity::Maker,
            },
            _ => taker(settings.slipped(side, price)),
        })
    }

    /// Where the price meets it on its way from one point to another.
    pub fn reached(&self, seq: u64, from: Decimal, to: Decimal) -> Option<Reached> {
        let level = self.level().filter(|_| self.stage == Stage::Resting)?;
        let price = if self.is_reached(level, from) {
            from
        } else if self.is_reached(level, to) {
            level
        } else {
            return None;
        };
        Some(Reached {
            distance: (price - from).abs(),
            seq,
            price,
        })
    }
}

fn better(side: Side, a: Decimal, b: Decimal) -> Decimal {
    match side {
        Side::Buy => a.min(b),
        Side::Sell => a.max(b),
    }
}
