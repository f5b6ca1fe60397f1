//! From an order to its fills. A market order meets one price and fills at once; whatever rests is the
//! paper venue's, which is fed only while something does.

use rust_decimal::Decimal;

use super::{Run, Step};
use crate::backtest::effect::Effect;
use crate::backtest::plan::FillAt;
use crate::backtest::trade::Trade;
use crate::backtest::watch::Watch;
use crate::core::command::Report;
use crate::core::id::OrderId;
use crate::core::order::{Fill, Kind, Liquidity, Order, Purpose};
use crate::core::{Command, Symbol};
use crate::market::{Instant, Item};
use crate::strategies::Standing;
use crate::venue::{Said, Venue, VenueOrder};

/// The volume of a bar where an order's share of it has no limit: more than any order is.
const PLENTY: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

impl<W: Watch> Run<'_, W> {
    /// Does what the core asked for until it asks for nothing more.
    pub(super) fn settle(&mut self) {
        if self.desk.effects.is_empty() && self.touched.is_empty() {
            return;
        }
        loop {
            while let Some(effect) = self.desk.effects.pop_front() {
                self.carry_out(effect);
            }
            if !self.hear() {
                break;
            }
        }
        while let Some(lane) = self.touched.pop() {
            self.stand(lane);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(id, seq) => self.send(id, seq),
            Effect::Cancel(id) => self.cancel(id),
            Effect::Amend(id, to) => {
                if let Some(order) = self.desk.state.orders.live.get(&id) {
                    let client = &order.client_order_id;
                    self.venue.amend(client, to, self.desk.now);
                }
            }
            Effect::Closed(id) => {
                let position = self.desk.state.positions.get(id);
                if let Some(trade) = position.map(|p| Trade::of(p, None)) {
                    let lane = self.touched_by(trade.symbol);
                    let of = &mut self.lanes[lane];
                    of.score.count(&trade);
                    of.strategy
                        .fund(self.cash + of.score.profit - of.score.loss);
                    self.watch.trade(&trade);
                }
            }
            Effect::Press(press) => {
                let trading = &self.desk.state.trading;
                let command = Command::GateSeen {
                    epoch: trading.epoch + 1,
                    presses: trading.presses + 1,
                    notes: vec![*press],
                };
                self.desk.ask(self.names.gate, 0, command);
            }
        }
    }

    fn send(&mut self, id: OrderId, seq: u64) {
        let Some(order) = self.desk.state.orders.live.get(&id) else {
            return;
        };
        let (kind, symbol) = (order.request.kind, order.request.symbol);
        if order.cancel.is_some() {
            let client = order.client_order_id.clone();
            return self.report(client, Report::GateKilled, seq);
        }
        let lane = self.touched_by(symbol);
        match (kind, self.fill) {
            (Kind::Market, FillAt::NextOpen) => self.lanes[lane].pending.push_back((id, seq)),
            (Kind::Market, FillAt::Close) => self.fill(lane, id, seq, None),
            _ => self.rest(lane, id),
        }
    }

    /// Gives an order to the venue.
    fn rest(&mut self, lane: usize, id: OrderId) {
        let Some(order) = self.desk.state.orders.live.get(&id) else {
            return;
        };
        let order = VenueOrder::of(order);
        if !std::mem::replace(&mut self.lanes[lane].resting, true)
            && let Some(bar) = self.lanes[lane].closed
        {
            // It has not been fed until now, and judges an order by the last price.
            self.meet(lane, &Step::Close(bar));
        }
        self.venue.place(order, self.desk.now);
    }

    fn cancel(&mut self, id: OrderId) {
        let Some(order) = self.desk.state.orders.live.get(&id) else {
            return;
        };
        let client = order.client_order_id.clone();
        let symbol = order.request.symbol;
        let lane = self.touched_by(symbol);
        let pending = &mut self.lanes[lane].pending;
        if let Some(at) = pending.iter().position(|(waits, _)| *waits == id) {
            pending.remove(at);
            let reason = "cancelled on request".to_owned();
            return self.report(client, Report::Cancelled { reason }, 0);
        }
        self.venue.cancel(&client, self.desk.now);
    }

    /// What the venue has to say, if anything.
    fn hear(&mut self) -> bool {
        self.venue.advance(self.desk.now);
        let said = self.venue.said();
        let any = !said.is_empty();
        for said in said {
            // It is asked for nothing else.
            let Said::Order(client, report) = said else {
                continue;
            };
            self.count_said(&client, &report);
            self.report(client, report, 0);
        }
        any
    }

    /// Counts a fill of the venue for its symbol.
    fn count_said(&mut self, client: &str, report: &Report) {
        let Some(order) = self.desk.state.orders.by_client_id(client) else {
            return;
        };
        let symbol = order.request.symbol;
        let lane = self.touched_by(symbol);
        if let Report::Filled(fill) = report {
            self.lanes[lane].fills += 1;
            self.lanes[lane].fees += fill.fee;
        }
    }

    fn report(&mut self, client_order_id: String, report: Report, cause: u64) {
        let command = Command::Venue {
            client_order_id,
            report,
        };
        self.desk.ask(self.names.venue, cause, command);
    }

    /// The market orders that have waited for this price.
    pub(super) fn fill_pending(&mut self, lane: usize, step: &Step<'_>) {
        if self.lanes[lane].pending.is_empty() {
            return;
        }
        let volume = match step {
            Step::Open(bar) => Some(bar.candle().volume),
            Step::Trade(trade) => Some(trade.quantity().into()),
            Step::Close(_) | Step::Minute(_) => None,
        };
        for (id, seq) in std::mem::take(&mut self.lanes[lane].pending) {
            self.fill(lane, id, seq, volume);
        }
        self.settle();
    }

    /// Fills a market order at the last price, as far as the volume allows; the venue works the rest.
    fn fill(&mut self, lane: usize, id: OrderId, seq: u64, volume: Option<Decimal>) {
        let Some(order) = self.desk.state.orders.live.get(&id) else {
            return;
        };
        let last = self.desk.last(lane);
        let price = if self.paper.slippage.is_zero() {
            last
        } else {
            self.paper.slipped(order.request.side, last).normalize()
        };
        let wanted = order.remaining();
        let quantity = match volume.or_else(|| Some(self.lanes[lane].closed?.candle().volume)) {
            Some(volume) if self.is_limited() => wanted.min(self.paper.allowance(volume)),
            _ => wanted,
        };
        let client = order.client_order_id.clone();
        if quantity > Decimal::ZERO {
            self.executions += 1;
            let fill = Fill {
                execution_id: self.executions.to_string(),
                time: self.desk.now,
                price,
                quantity,
                fee: self.paper.fee(Liquidity::Taker, price * quantity),
                liquidity: Liquidity::Taker,
            };
            self.touch(lane);
            let of = &mut self.lanes[lane];
            of.fills += 1;
            of.fees += fill.fee;
            self.report(client, Report::Filled(fill), seq);
        }
        if quantity < wanted {
            self.rest(lane, id);
        }
    }

    /// Whether an order may have only a share of the volume.
    fn is_limited(&self) -> bool {
        self.paper.participation < Decimal::ONE
    }

    /// The venue meets a step of a symbol, and what comes of it is done.
    pub(super) fn venue_meets(&mut self, lane: usize, step: &Step<'_>) {
        self.meet(lane, step);
        if self.hear() {
            self.settle();
        }
    }

    fn meet(&mut self, lane: usize, step: &Step<'_>) {
        let (symbol, interval_ms) = (self.lanes[lane].symbol, self.lanes[lane].interval_ms);
        let plenty = |volume| if self.is_limited() { volume } else { PLENTY };
        let item = match step {
            Step::Close(bar) => {
                let mut candle = bar.candle();
                candle.volume = plenty(candle.volume);
                Item::Bar {
                    symbol,
                    interval_ms,
                    candle,
                }
            }
            Step::Open(bar) => {
                let candle = bar.candle();
                Item::Open {
                    symbol,
                    price: candle.open,
                    volume: plenty(candle.volume),
                    holds_until: bar.open_time() + interval_ms / 3,
                }
            }
            Step::Trade(trade) => Item::Trade {
                symbol,
                price: trade.price().into(),
                quantity: plenty(trade.quantity().into()),
            },
            // Its trades were met one by one.
            Step::Minute(_) => return,
        };
        self.venue.on_market(&Instant {
            time: self.desk.now,
            items: vec![item],
        });
    }

    /// Looks up how a strategy stands in its symbol.
    fn stand(&mut self, lane: usize) {
        let state = &self.desk.state;
        let of = &mut self.lanes[lane];
        let symbol = of.symbol;
        let mut waiting = false;
        let mut resting = false;
        let ours = |o: &&Order| o.request.symbol == symbol;
        for order in state.orders.live.values().filter(ours) {
            waiting |= matches!(order.purpose, Purpose::Entry | Purpose::Exit);
            resting |= !of.pending.iter().any(|(id, _)| *id == order.id);
        }
        of.resting = resting;
        let held: Decimal = state
            .positions
            .of(symbol)
            .map(|p| p.quantity * p.side.sign())
            .sum();
        of.open = !held.is_zero();
        of.standing = if waiting {
            Standing::Waiting
        } else if held.is_zero() {
            Standing::Flat
        } else if held.is_sign_positive() {
            Standing::Long(held)
        } else {
            Standing::Short(-held)
        };
    }

    /// The lane of a symbol that something has happened to.
    fn touched_by(&mut self, symbol: Symbol) -> usize {
        let found = self.lanes.iter().position(|lane| lane.symbol == symbol);
        let lane = found.expect("an order is of a symbol that is traded");
        self.touch(lane);
        lane
    }

    /// Notes that a lane's orders or positions may have changed.
    fn touch(&mut self, lane: usize) {
        if !self.touched.contains(&lane) {
            self.touched.push(lane);
        }
    }
}
