//! The run itself: from instant to instant, each symbol in its turn.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::desk::Desk;
use super::error::BacktestError;
use super::lane::{Lane, Step, bar_of};
use super::metrics::Daily;
use super::outcome::{Outcome, Part};
use super::plan::{FillAt, Plan};
use super::trade::Trade;
use super::valuation::{MOST_DIGITS, Valuation, float};
use super::watch::Watch;
use crate::core::command::Start;
use crate::core::position::Amount;
use crate::core::{Command, Name, Reply, Settings, Symbol, Time};
use crate::market::{Fixed, Tape};
use crate::strategies::{Bar, Strategy};
use crate::venue::paper::{PaperSettings, PaperVenue};

mod orders;
mod wishes;

/// Instants between two looks at whether to go on.
const LOOK_EVERY: u32 = 4096;

/// Who says what.
struct Names {
    engine: Name,
    clock: Name,
    venue: Name,
    gate: Name,
    trader: Name,
    strategy: Name,
}

/// A backtest under way.
struct Run<'p, W> {
    desk: Desk,
    lanes: Vec<Lane<'p>>,
    venue: PaperVenue,
    paper: PaperSettings,
    fill: FillAt,
    version: &'p str,
    names: Names,
    /// What each symbol began with.
    cash: Decimal,
    executions: u64,
    daily: Daily,
    /// Lanes whose orders or positions may have changed.
    touched: Vec<usize>,
    /// What closes at this time, kept for its memory.
    closing: Vec<(usize, Step<'p>)>,
    watch: &'p mut W,
}

/// Runs a plan to its end.
///
/// # Errors
/// There is nothing to run on, the core refuses to start, or `watch` has seen enough.
pub fn run<W: Watch>(plan: &Plan, watch: &mut W) -> Result<Outcome, BacktestError> {
    run_rule(plan, &|| plan.strategy.build(plan.cash), watch)
}

/// The same with what `make` gives for each symbol, under the name and version of the plan's strategy.
///
/// # Errors
/// Those of [`run`].
pub fn run_rule<W: Watch>(
    plan: &Plan,
    make: &dyn Fn() -> Box<dyn Strategy>,
    watch: &mut W,
) -> Result<Outcome, BacktestError> {
    carried_out(plan, make, watch, false)
}

/// The same, ticking at every close.
#[cfg(test)]
pub(super) fn eagerly<W: Watch>(
    plan: &Plan,
    make: &dyn Fn() -> Box<dyn Strategy>,
    watch: &mut W,
) -> Result<Outcome, BacktestError> {
    carried_out(plan, make, watch, true)
}

fn carried_out<W: Watch>(
    plan: &Plan,
    make: &dyn Fn() -> Box<dyn Strategy>,
    watch: &mut W,
    eager: bool,
) -> Result<Outcome, BacktestError> {
    let symbols: Vec<Symbol> = plan.tapes.iter().map(|t| t.symbol).collect();
    check(&plan.tapes)?;
    let (Some(from), Some(to)) = (
        plan.tapes.iter().filter_map(Tape::first).min(),
        plan.tapes.iter().filter_map(Tape::last).max(),
    ) else {
        return Err(BacktestError::NoData);
    };
    let scale = plan.tapes.iter().map(Tape::price_scale).max().unwrap_or(0);
    let highest: Vec<Fixed> = plan.tapes.iter().map(Tape::highest).collect();
    let cash = plan.cash * Decimal::from(symbols.len());
    watch.begins(&symbols, from, to, cash.into());

    // A market order meets the other side of the book, half the spread from the last price, and slips
    // from there.
    let paper = PaperSettings {
        slippage: plan.paper.slippage + plan.paper.spread / Decimal::TWO,
        ..plan.paper.clone()
    };
    let name = |text: &str| text.parse().expect("a checked name");
    let definition = &*plan.strategy.definition;
    let lanes = plan.tapes.iter();
    let mut run = Run {
        desk: Desk::new(
            &symbols,
            from,
            plan.paper.spread,
            Valuation::new(scale, &highest),
        ),
        lanes: lanes.map(|tape| Lane::new(tape, make())).collect(),
        venue: PaperVenue::new(paper.clone()),
        paper,
        fill: plan.fill,
        version: &definition.version,
        names: Names {
            engine: name("engine"),
            clock: name("clock"),
            venue: name("venue"),
            gate: name("gate"),
            trader: name("trader"),
            strategy: name(&definition.name),
        },
        cash: plan.cash,
        executions: 0,
        daily: Daily::new(cash),
        touched: Vec::new(),
        closing: Vec::new(),
        watch,
    };
    run.desk.eager = eager;
    run.start(plan, &symbols, cash)?;
    run.go()?;
    Ok(run.finish(plan, from, to, cash))
}

fn check(tapes: &[Tape]) -> Result<(), BacktestError> {
    for (at, tape) in tapes.iter().enumerate() {
        let digits = tape.price_scale();
        if digits > MOST_DIGITS {
            return Err(BacktestError::Digits {
                symbol: tape.symbol,
                digits,
                most: MOST_DIGITS,
            });
        }
        if tapes[..at].iter().any(|t| t.symbol == tape.symbol) {
            return Err(BacktestError::Twice(tape.symbol));
        }
        let first = tapes[0].symbol;
        if tape.symbol.quote() != first.quote() {
            return Err(BacktestError::Currencies {
                first,
                second: tape.symbol,
            });
        }
    }
    Ok(())
}

impl<W: Watch> Run<'_, W> {
    fn start(
        &mut self,
        plan: &Plan,
        symbols: &[Symbol],
        cash: Decimal,
    ) -> Result<(), BacktestError> {
        let quote = symbols[0].quote().to_owned();
        let balances = BTreeMap::from([(quote, Amount(cash))]);
        let mut settings = Settings {
            symbols: symbols.to_vec(),
            schedules: Vec::new(),
            ..plan.settings.clone()
        };
        settings.execution.taker_fee = plan.paper.taker_fee;
        settings.execution.expected_slippage = plan.paper.slippage;
        settings.execution.quantity_step = plan.paper.quantity_step;
        settings.execution.price_step = plan.paper.price_step;
        settings.execution.minimum_value = plan.paper.minimum_value;
        let start = Start {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            account: "paper".to_owned(),
            feed: "backtest".to_owned(),
            feed_hash: plan.data_hash.clone(),
            settings,
            balances,
        };
        let engine = self.names.engine;
        for command in [
            Command::Start(Box::new(start)),
            Command::Statement(Box::default()),
        ] {
            if let Reply::Refused(refusal) = self.desk.ask(engine, 0, command) {
                return Err(BacktestError::Start(Box::new(refusal)));
            }
        }
        self.settle();
        Ok(())
    }

    /// From the first instant to the last.
    fn go(&mut self) -> Result<(), BacktestError> {
        let rows: u64 = self.lanes.iter().map(Lane::rows).sum();
        let mut looks = 0;
        while let Some(at) = self.lanes.iter().filter_map(Lane::peek).min() {
            // Overlapping bars may open before the last close; time does not go back.
            self.desk.now = self.desk.now.max(at);
            self.instant();
            looks += 1;
            if looks >= LOOK_EVERY {
                looks = 0;
                let done = self.lanes.iter().map(Lane::done).sum();
                if !self.watch.goes_on(done, rows) {
                    return Err(BacktestError::Interrupted);
                }
            }
        }
        Ok(())
    }

    /// Closes, then opens and trades of one time.
    fn instant(&mut self) {
        let now = self.desk.now;
        if let [_] = self.lanes[..] {
            // One symbol needs no list of what has closed.
            if let Some(step) = self.lanes[0].close_by(now) {
                self.prices(0, &step);
                self.closed(&[(0, step)]);
            }
        } else {
            let mut closed = std::mem::take(&mut self.closing);
            for lane in 0..self.lanes.len() {
                if let Some(step) = self.lanes[lane].close_by(now) {
                    self.prices(lane, &step);
                    closed.push((lane, step));
                }
            }
            if !closed.is_empty() {
                self.closed(&closed);
                closed.clear();
            }
            self.closing = closed;
        }
        for lane in 0..self.lanes.len() {
            while let Some(step) = self.lanes[lane].begin_by(now) {
                self.begun(lane, &step);
                if let Step::Open(_) = step {
                    break;
                }
            }
        }
    }

    /// The price that a step brings.
    #[inline]
    fn prices(&mut self, lane: usize, step: &Step<'_>) {
        let last = match step {
            Step::Close(bar) => bar.close(),
            Step::Minute(forming) => forming.last(),
            Step::Open(bar) => bar.open(),
            Step::Trade(trade) => trade.price(),
        };
        let holds_ms = self.lanes[lane].holds_ms();
        self.desk.price(lane, last, self.desk.now, holds_ms);
    }

    /// Bars that closed at this time: the venue, the clock, the strategies, in this order.
    fn closed(&mut self, closed: &[(usize, Step<'_>)]) {
        let now = self.desk.now;
        for (lane, step) in closed {
            if self.lanes[*lane].resting {
                self.venue_meets(*lane, step);
            }
        }
        let equity = self.desk.equity();
        let records = self.desk.state.seq;
        self.desk.tick(equity, self.names.clock);
        self.settle();
        for (lane, step) in closed {
            let lane = *lane;
            let (bar, close) = match step {
                Step::Close(bar) => (bar_of(*bar), bar.close()),
                Step::Minute(forming) => {
                    let interval = self.lanes[lane].interval_ms;
                    (forming.bar(interval, self.desk.valuation()), forming.last())
                }
                Step::Open(_) | Step::Trade(_) => continue,
            };
            self.decide(lane, &bar);
            self.watch.closes(lane, now, close);
        }
        let equity = if self.desk.state.seq == records {
            equity
        } else {
            self.desk.equity()
        };
        for (lane, _) in closed {
            let lane = &mut self.lanes[*lane];
            lane.bars += 1;
            lane.exposed += u64::from(lane.open);
        }
        self.daily.close(now, equity);
        self.watch.worth(now, equity);
    }

    #[inline]
    fn decide(&mut self, lane: usize, bar: &Bar) {
        let of = &mut self.lanes[lane];
        // The last bar decides nothing: what it would begin could not be seen to its end.
        let wish = of.strategy.on_bar(bar, of.standing);
        if let Some(wish) = wish
            && !self.lanes[lane].is_over()
        {
            self.wish(lane, &wish);
        }
    }

    /// A bar opened that was waited for, or the market traded.
    fn begun(&mut self, lane: usize, step: &Step<'_>) {
        self.prices(lane, step);
        if self.lanes[lane].resting {
            self.venue_meets(lane, step);
        }
        self.fill_pending(lane, step);
        if self.desk.holds() {
            let equity = self.desk.equity();
            self.desk.tick(equity, self.names.clock);
            self.settle();
        }
        if let Step::Trade(trade) = step {
            let of = &mut self.lanes[lane];
            of.form(*trade, self.desk.valuation());
            let price = float(trade.price());
            let wish = of.strategy.on_trade(price, of.standing);
            if let Some(wish) = wish
                && !self.lanes[lane].is_over()
            {
                self.wish(lane, &wish);
            }
        }
    }

    fn finish(mut self, plan: &Plan, from: Time, to: Time, cash: Decimal) -> Outcome {
        let equity = self.desk.equity().decimal();
        let mut parts: Vec<Part> = self
            .lanes
            .iter()
            .map(|lane| Part {
                symbol: lane.symbol,
                bars: lane.bars,
                exposed: lane.exposed,
                fills: lane.fills,
                fees: lane.fees.normalize(),
                equity: plan.cash + lane.score.profit - lane.score.loss,
                score: lane.score,
            })
            .collect();
        let open: Vec<Trade> = self
            .desk
            .state
            .positions
            .open
            .values()
            .filter_map(|position| {
                let lane = parts.iter().position(|p| p.symbol == position.symbol)?;
                let trade = Trade::of(position, Some(self.desk.last(lane)));
                parts[lane].equity += trade.pnl;
                Some(trade)
            })
            .collect();
        for trade in &open {
            self.watch.trade(trade);
        }
        let hash = self.desk.chain.hash();
        Outcome {
            parts,
            from,
            to,
            cash,
            equity,
            metrics: self.daily.metrics(),
            refusals: self.desk.state.statistics.trades_rejected.clone(),
            records: self.desk.state.seq,
            journal_hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}
