//! One symbol at the simulated exchange: its price, its volume and the orders that wait for it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::pair::Pair;
use super::settings::PaperSettings;
use super::working::{Reached, Stage, Terms, Working};
use crate::core::Time;
use crate::core::command::Report;
use crate::core::order::Fill;
use crate::market::{Candle, MINUTE_MS};
use crate::venue::{Amendment, VenueOrder};

/// What an order needs to be dealt with, and where the outcome goes.
pub(super) struct Desk<'a> {
    pub settings: &'a PaperSettings,
    /// Engine time of the reports.
    pub now: Time,
    /// Client order id and report, in order.
    pub reports: &'a mut Vec<(String, Report)>,
    /// Orders that ended, by number.
    pub gone: &'a mut Vec<(u64, VenueOrder)>,
}

/// A bar that has begun.
#[derive(Debug)]
struct Begun {
    open: Decimal,
    holds_until: Time,
}

/// Trades counted by the minute.
#[derive(Debug, Default)]
struct Minute {
    number: i64,
    volume: Decimal,
    before: Decimal,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    /// The latest price, however old.
    pub last: Option<Decimal>,
    bar: Option<Begun>,
    minute: Minute,
    /// Number of the span whose volume `volume` is: a bar or a minute.
    window: u64,
    volume: Decimal,
    /// Buying and selling.
    pairs: [Pair; 2],
    /// By number, which is the order of arrival.
    orders: BTreeMap<u64, Working>,
}

impl Book {
    /// A bar begins: everybody meets its first price.
    pub fn open(&mut self, price: Decimal, volume: Decimal, holds_until: Time, desk: &mut Desk) {
        self.last = Some(price);
        self.bar = Some(Begun {
            open: price,
            holds_until,
        });
        self.begin(volume);
        self.meet_all(price, true, desk, |_| true);
    }

    /// A trade of the market. What fills an order in a minute is measured by the larger of the
    /// volume so far and that of the minute before.
    pub fn trade(&mut self, price: Decimal, quantity: Decimal, desk: &mut Desk) {
        let number = desk.now.0.div_euclid(MINUTE_MS);
        let minute = &mut self.minute;
        if number != minute.number {
            *minute = Minute {
                number,
                volume: Decimal::ZERO,
                before: if number == minute.number + 1 {
                    minute.volume
                } else {
                    Decimal::ZERO
                },
            };
            self.window += 1;
        }
        minute.volume = minute.volume.saturating_add(quantity);
        self.volume = minute.volume.max(minute.before);
        self.last = Some(price);
        self.bar = None;
        self.meet_all(price, false, desk, |_| true);
    }

    /// A bar closed: the price went from the open to the nearer of high and low (the low, where
    /// both are as near: a long meets its stop before its target), to the other, to the close.
    ///
    /// Who came after the open had ceased to hold meets the close alone: the rest of the way may
    /// lie before it. Who comes with the close meets the next price.
    pub fn close(&mut self, candle: &Candle, desk: &mut Desk) {
        let holds_until = match self.bar.take() {
            Some(begun) => begun.holds_until,
            None => {
                self.begin(candle.volume);
                candle.open_time
            }
        };
        self.last = Some(candle.close);
        if self.orders.is_empty() {
            return;
        }
        let (near, far) = if candle.high - candle.open < candle.open - candle.low {
            (candle.high, candle.low)
        } else {
            (candle.low, candle.high)
        };
        self.walk(candle.open, near, holds_until, desk);
        self.walk(near, far, holds_until, desk);
        self.walk(far, candle.close, holds_until, desk);
        let now = desk.now;
        self.meet_all(candle.close, false, desk, |since| since < now);
    }

    /// Takes an order in; it meets the price that holds when it arrives.
    pub fn admit(&mut self, seq: u64, working: Working, desk: &mut Desk) {
        let price = self.holding(working.since);
        self.orders.insert(seq, working);
        if let Some(price) = price {
            self.meet(seq, price, false, desk);
        }
    }

    /// The orders that wait, in the order of their arrival.
    pub fn orders(&self) -> impl Iterator<Item = &VenueOrder> {
        self.orders.values().map(|working| &working.order)
    }

    /// Takes an order back in that worked before this start.
    pub fn restore(&mut self, seq: u64, working: Working) {
        self.orders.insert(seq, working);
    }

    /// Ends an order, where it still works.
    pub fn end(&mut self, seq: u64, report: Report, desk: &mut Desk) {
        if let Some(working) = self.orders.remove(&seq) {
            desk.reports
                .push((working.order.client_order_id.clone(), report));
            desk.gone.push((seq, working.order));
        }
    }

    /// Moves quantity and trigger of an order, where it still works. A trigger that has been
    /// reached is not taken back.
    pub fn amend(
        &mut self,
        (seq, id): (u64, Option<&str>),
        to: Amendment,
        at: Time,
        desk: &mut Desk,
    ) {
        let Some(working) = self.orders.get_mut(&seq) else {
            // Whoever counts on the amended order must hear that it is gone.
            if let Some(id) = id {
                desk.reports.push((id.to_owned(), Report::Absent));
            }
            return;
        };
        let trigger = to.stop_price;
        working.order.quantity = to.quantity;
        if working.remaining().is_zero() {
            let reason = "amended to what has filled".to_owned();
            return self.end(seq, Report::Cancelled { reason }, desk);
        }
        if to.price.is_some() && working.order.price != to.price {
            // A limit that moves meets the market anew.
            working.order.price = to.price;
            working.renew(at);
            if let Some(price) = self.holding(at) {
                self.meet(seq, price, false, desk);
            }
            return;
        }
        if trigger.is_some()
            && working.order.stop_price != trigger
            && working.is_trigger()
            && working.stage == Stage::Resting
        {
            working.order.stop_price = trigger;
            working.since = at;
            if let Some(price) = self.holding(at) {
                self.meet(seq, price, false, desk);
            }
        }
    }

    /// The core's word on an order is on its way and has its effect at `due`.
    pub fn heard(&mut self, seq: u64, now: Time, due: Time) {
        if let Some(working) = self.orders.get(&seq)
            && working.protects()
        {
            self.pairs[working.order.side as usize].heard(now, due);
        }
    }

    fn holding(&self, at: Time) -> Option<Decimal> {
        self.bar
            .as_ref()
            .filter(|bar| at <= bar.holds_until)
            .map(|bar| bar.open)
    }

    fn begin(&mut self, volume: Decimal) {
        self.window += 1;
        self.volume = volume;
    }

    /// One price: whom it concerns meets it in the order of arrival.
    fn meet_all(
        &mut self,
        price: Decimal,
        gap: bool,
        desk: &mut Desk,
        takes_part: impl Fn(Time) -> bool,
    ) {
        let concerned: Vec<u64> = self
            .orders
            .iter()
            .filter(|(_, w)| takes_part(w.since) && w.is_concerned(price))
            .map(|(seq, _)| *seq)
            .collect();
        for seq in concerned {
            self.meet(seq, price, gap, desk);
        }
    }

    /// A way from one price to another: whom it reaches meets it in the order it does, then of
    /// arrival.
    fn walk(&mut self, from: Decimal, to: Decimal, holds_until: Time, desk: &mut Desk) {
        let mut reached: Vec<Reached> = self
            .orders
            .iter()
            .filter(|(_, w)| w.since <= holds_until)
            .filter_map(|(seq, w)| w.reached(*seq, from, to))
            .collect();
        reached.sort_unstable();
        for Reached { seq, price, .. } in reached {
            self.meet(seq, price, true, desk);
        }
    }

    fn meet(&mut self, seq: u64, price: Decimal, gap: bool, desk: &mut Desk) {
        let Some(working) = self.orders.get_mut(&seq) else {
            return;
        };
        if let Some(terms) = working.meet(price, gap, desk.settings) {
            self.fill(seq, terms, desk);
        }
        if self
            .orders
            .get(&seq)
            .is_some_and(Working::has_had_its_chance)
        {
            let reason = "immediate or cancel: the rest found nobody".to_owned();
            self.end(seq, Report::Cancelled { reason }, desk);
        }
    }

    /// Fills as much as the volume allows.
    fn fill(&mut self, seq: u64, terms: Terms, desk: &mut Desk) {
        let Some(working) = self.orders.get_mut(&seq) else {
            return;
        };
        let (side, kind) = (working.order.side, working.order.kind);
        let pair = &mut self.pairs[side as usize];
        if working.protects() && pair.holds(kind, desk.now) {
            return;
        }
        let quantity = working.room(self.window, desk.settings.allowance(self.volume));
        let notional = terms.price.checked_mul(quantity);
        let Some(notional) = notional.filter(|_| quantity > Decimal::ZERO) else {
            return;
        };
        if working.protects() {
            pair.filled(kind, desk.now + desk.settings.latency());
        }
        working.fill(quantity, self.window);
        let order = &working.order;
        // Numbered by what has filled: the same after a restart, which forgets how many there were.
        let execution_id = format!("{}-{}", order.client_order_id, order.filled.normalize());
        let fill = Fill {
            execution_id,
            time: desk.now,
            price: terms.price.normalize(),
            quantity: quantity.normalize(),
            fee: desk.settings.fee(terms.liquidity, notional),
            liquidity: terms.liquidity,
        };
        desk.reports
            .push((order.client_order_id.clone(), Report::Filled(fill)));
        if working.remaining().is_zero()
            && let Some(working) = self.orders.remove(&seq)
        {
            desk.gone.push((seq, working.order));
        }
    }
}
