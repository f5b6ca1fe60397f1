//! How well orders were carried out over a window of the journal: how much was filled, at which price
//! against that of the decision, and what the price did afterwards.

use std::collections::{BTreeMap, VecDeque};

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::id::OrderId;
use crate::core::order::{Fill, Kind, Liquidity, Order, Purpose, Status};
use crate::core::record::RecordBody;
use crate::core::{Event, Quotes, Symbol, Time};

/// Minutes after a fill at which the price is looked at again.
const AFTER: [i64; 3] = [1, 5, 30];
/// A look may be late by so much, milliseconds of engine time.
const LATE_MS: i64 = 60_000;
/// Orders remembered, the latest; looks that wait at a time.
const KEPT: usize = 100_000;
const WAITING: usize = 1_000;
/// Decimals of shares and of basis points.
const SHARE: u32 = 6;
const POINTS: u32 = 2;

/// What is remembered of an order.
struct Sent {
    symbol: Symbol,
    sign: Decimal,
    /// The price it was decided at.
    price: Option<Decimal>,
    /// Whether it was sent within the window and counts as one that should fill.
    counts: bool,
}

/// A look at the price that is due.
struct Look {
    due: Time,
    symbol: Symbol,
    price: Decimal,
    sign: Decimal,
}

/// A mean.
#[derive(Default)]
struct Mean {
    sum: Decimal,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: Decimal) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self, decimals: u32) -> Option<Decimal> {
        let mean = self.sum.checked_div(Decimal::from(self.count))?;
        Some(mean.round_dp(decimals).normalize())
    }
}

/// The figures of a window, folded from the records of the journal in their order.
pub(super) struct Executed {
    since: Time,
    orders: BTreeMap<OrderId, Sent>,
    /// Value of what was sent and should fill, and of what was filled of it.
    submitted: Decimal,
    filled: Decimal,
    confidences: Vec<Decimal>,
    slippage: Mean,
    looks: [VecDeque<Look>; AFTER.len()],
    decay: [Mean; AFTER.len()],
    ends: BTreeMap<Status, u32>,
    sent: u32,
    fills: u32,
    makers: u32,
    fees: Decimal,
}

impl Executed {
    /// Nothing yet; what happened before `since` does not count.
    pub(super) fn since(since: Time) -> Self {
        Self {
            since,
            orders: BTreeMap::new(),
            submitted: Decimal::ZERO,
            filled: Decimal::ZERO,
            confidences: Vec::new(),
            slippage: Mean::default(),
            looks: Default::default(),
            decay: Default::default(),
            ends: BTreeMap::new(),
            sent: 0,
            fills: 0,
            makers: 0,
            fees: Decimal::ZERO,
        }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, time: Time, body: &RecordBody) {
        self.look(time, &body.quotes);
        for event in &body.events {
            match event {
                Event::OrderApproved { order } => self.approved(time, order, &body.quotes),
                Event::OrderFilled { id, fill } => self.filled(*id, fill),
                Event::OrderMoved { id, status, .. }
                    if status.is_terminal()
                        && self.orders.get(id).is_some_and(|sent| sent.counts) =>
                {
                    *self.ends.entry(*status).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    /// A sliced order never leaves; its slices do. Of a stop and a target one is always cancelled:
    /// neither counts as one that should fill.
    fn approved(&mut self, time: Time, order: &Order, quotes: &Quotes) {
        let request = &order.request;
        if request.algorithm.is_some() {
            return;
        }
        let quoted = quotes.get(request.symbol).map(|quote| quote.last);
        let price = match request.kind {
            Kind::StopLoss | Kind::TakeProfit => order.stop_price.or(quoted),
            _ => quoted.or(order.price),
        };
        let should_fill = !matches!(order.purpose, Purpose::Stop | Purpose::Target);
        let counts = should_fill && time >= self.since;
        if counts {
            self.sent += 1;
            self.submitted += order.quantity * price.unwrap_or_default();
            self.confidences.extend(request.confidence);
        }
        let sent = Sent {
            symbol: request.symbol,
            sign: request.side.sign(),
            price,
            counts,
        };
        self.orders.insert(order.id, sent);
        if self.orders.len() > KEPT {
            self.orders.pop_first();
        }
    }

    fn filled(&mut self, id: OrderId, fill: &Fill) {
        let Some(sent) = self.orders.get(&id).filter(|_| fill.time >= self.since) else {
            return;
        };
        self.fills += 1;
        self.makers += u32::from(fill.liquidity == Liquidity::Maker);
        self.fees += fill.fee;
        if let Some(price) = sent.price {
            if sent.counts {
                self.filled += fill.quantity * price;
            }
            if let Some(off) = (fill.price - price).checked_div(price) {
                self.slippage.add(off * sent.sign * BASIS_POINTS);
            }
        }
        for (waiting, minutes) in self.looks.iter_mut().zip(AFTER) {
            if waiting.len() < WAITING {
                waiting.push_back(Look {
                    due: fill.time.plus_s(minutes * 60),
                    symbol: sent.symbol,
                    price: fill.price,
                    sign: sent.sign,
                });
            }
        }
    }

    /// The first price known when a look is due, or a little later.
    fn look(&mut self, time: Time, quotes: &Quotes) {
        for (waiting, mean) in self.looks.iter_mut().zip(&mut self.decay) {
            if waiting.front().is_none_or(|first| first.due > time) {
                continue;
            }
            waiting.retain(|look| {
                if look.due > time {
                    return true;
                }
                if time - look.due > LATE_MS {
                    return false;
                }
                let Some(quote) = quotes.get(look.symbol) else {
                    return true;
                };
                if let Some(gain) = (quote.last - look.price).checked_div(look.price) {
                    mean.add(gain * look.sign * BASIS_POINTS);
                }
                false
            });
        }
    }

    fn fill_efficiency(&self) -> Option<Decimal> {
        let share = self.filled.checked_div(self.submitted)?;
        Some(share.round_dp(SHARE).normalize())
    }

    /// How well orders were carried out, as of the record `seq`.
    pub(super) fn telemetry(&self, window_s: i64, seq: u64) -> Summary {
        let mut sorted = self.confidences.clone();
        sorted.sort();
        let mut mean = Mean::default();
        sorted.iter().for_each(|c| mean.add(*c));
        let confidence = mean.value(SHARE).map(|mean| Confidence {
            mean,
            q1: quantile(&sorted, 1),
            median: quantile(&sorted, 2),
            q3: quantile(&sorted, 3),
        });
        let decay = |slot: usize| self.decay[slot].value(POINTS);
        Summary {
            window_s,
            samples: self.fills,
            fill_efficiency: self.fill_efficiency(),
            confidence,
            slippage_bps: self.slippage.value(POINTS),
            edge_decay_bps: EdgeDecay {
                one: decay(0),
                five: decay(1),
                thirty: decay(2),
            },
            seq,
        }
    }

    /// How orders ended and what they cost, as of the record `seq`.
    pub(super) fn execution(&self, window_s: i64, seq: u64) -> Execution {
        let ends = |status| self.ends.get(&status).copied().unwrap_or(0);
        let makers = Decimal::from(self.makers).checked_div(Decimal::from(self.fills));
        Execution {
            window_s,
            orders: self.sent,
            filled: ends(Status::Filled),
            cancelled: ends(Status::Cancelled),
            expired: ends(Status::Expired),
            rejected: ends(Status::Rejected),
            fills: self.fills,
            fees: self.fees.normalize(),
            maker_share: makers.map(|share| share.round_dp(SHARE).normalize()),
            fill_efficiency: self.fill_efficiency(),
            slippage_bps: self.slippage.value(POINTS),
            seq,
        }
    }
}

/// How well orders were carried out (trading.md, Telemetry).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TelemetrySummary)]
pub(super) struct Summary {
    /// Seconds looked back on.
    window_s: i64,
    /// Fills in them.
    samples: u32,
    /// Quantity filled of what was submitted, 0 to 1.
    fill_efficiency: Option<Decimal>,
    /// Of the signals behind the orders, 0 to 1.
    confidence: Option<Confidence>,
    /// Mean distance of the fill from the price at the decision; positive is worse.
    slippage_bps: Option<Decimal>,
    /// Mean return after the fill.
    edge_decay_bps: EdgeDecay,
    /// The journal position it shows.
    seq: u64,
}

/// How sure signals were, 0 to 1.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ConfidenceSummary)]
struct Confidence {
    /// Mean.
    mean: Decimal,
    /// First quartile.
    q1: Option<Decimal>,
    /// Median.
    median: Option<Decimal>,
    /// Third quartile.
    q3: Option<Decimal>,
}

/// Mean signed return after the fill, basis points.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct EdgeDecay {
    /// After a minute.
    #[serde(rename = "1m")]
    one: Option<Decimal>,
    /// After five.
    #[serde(rename = "5m")]
    five: Option<Decimal>,
    /// After thirty.
    #[serde(rename = "30m")]
    thirty: Option<Decimal>,
}

/// How orders ended and what they cost.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ExecutionStatistics)]
pub(super) struct Execution {
    /// Seconds looked back on.
    window_s: i64,
    /// Orders sent in them.
    orders: u32,
    /// Of them filled whole.
    filled: u32,
    /// Cancelled.
    cancelled: u32,
    /// Expired.
    expired: u32,
    /// Refused by the venue.
    rejected: u32,
    /// Fills.
    fills: u32,
    /// What they cost, in the quote currency.
    fees: Decimal,
    /// Share of fills as maker, 0 to 1.
    maker_share: Option<Decimal>,
    /// Quantity filled of what was submitted, 0 to 1.
    fill_efficiency: Option<Decimal>,
    /// Mean distance of the fill from the price at the decision; positive is worse.
    slippage_bps: Option<Decimal>,
    /// The journal position it shows.
    seq: u64,
}

/// Basis points of a whole.
const BASIS_POINTS: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// The value below which `quarter` quarters lie, between two where it falls between them.
fn quantile(sorted: &[Decimal], quarter: usize) -> Option<Decimal> {
    let place = sorted.len().checked_sub(1)? * quarter;
    let (left, rest) = (place / 4, place % 4);
    let low = sorted[left];
    let high = sorted.get(left + 1).copied().unwrap_or(low);
    let share = Decimal::new(25 * rest as i64, 2);
    Some((low + (high - low) * share).round_dp(SHARE).normalize())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use rust_decimal_macros::dec;

    fn quotes(last: Decimal) -> Quotes {
        let mut quotes = Quotes::default();
        quotes.set(
            symbol(),
            crate::core::Quote {
                last,
                bid: last,
                ask: last,
                time: Time(0),
                bar_ms: 0,
                traded: Decimal::ZERO,
            },
        );
        quotes
    }

    fn symbol() -> Symbol {
        "BTC/USDT".parse().unwrap()
    }

    fn sent(e: &mut Executed, id: u64, sign: Decimal, quantity: Decimal) {
        let price = dec!(100);
        e.sent += 1;
        e.submitted += quantity * price;
        let sent = Sent {
            symbol: symbol(),
            sign,
            price: Some(price),
            counts: true,
        };
        e.orders.insert(OrderId(id), sent);
    }

    fn fill(at_s: i64, price: Decimal, quantity: Decimal) -> Fill {
        Fill {
            execution_id: "x".into(),
            time: Time(0).plus_s(at_s),
            price,
            quantity,
            fee: dec!(0.1),
            liquidity: Liquidity::Taker,
        }
    }

    #[test]
    fn paying_more_and_selling_for_less_are_both_worse() {
        let mut e = Executed::since(Time(0));
        sent(&mut e, 1, dec!(1), dec!(2));
        sent(&mut e, 2, dec!(-1), dec!(2));
        e.filled(OrderId(1), &fill(1, dec!(100.1), dec!(2)));
        e.filled(OrderId(2), &fill(2, dec!(99.7), dec!(1)));
        let t = json!(e.telemetry(86_400, 1));
        assert_eq!(t["slippage_bps"], "20");
        assert_eq!(t["fill_efficiency"], "0.75");
        assert_eq!(t["samples"], 2);
        assert_eq!(t["confidence"], Value::Null);
        let x = json!(e.execution(86_400, 1));
        assert_eq!(
            (&x["orders"], &x["fees"], &x["maker_share"]),
            (&json!(2), &json!("0.2"), &json!("0"))
        );
    }

    #[test]
    fn what_the_price_did_afterwards_is_seen_when_it_is_due_or_not_at_all() {
        let mut e = Executed::since(Time(0));
        sent(&mut e, 1, dec!(1), dec!(1));
        e.filled(OrderId(1), &fill(0, dec!(100), dec!(1)));
        e.look(Time(0).plus_s(59), &quotes(dec!(150)));
        e.look(Time(0).plus_s(60), &Quotes::default());
        e.look(Time(0).plus_s(75), &quotes(dec!(101)));
        e.look(Time(0).plus_s(76), &quotes(dec!(150)));
        // Nothing is known of the fifth minute until two minutes later.
        e.look(Time(0).plus_s(421), &quotes(dec!(150)));
        e.look(Time(0).plus_s(1_800), &quotes(dec!(98)));
        let t = json!(e.telemetry(86_400, 1));
        assert_eq!(
            t["edge_decay_bps"],
            json!({"1m": "100", "5m": null, "30m": "-200"})
        );
    }

    #[test]
    fn fills_before_the_window_and_of_nobody_do_not_count() {
        let mut e = Executed::since(Time(10_000));
        sent(&mut e, 1, dec!(1), dec!(1));
        e.filled(OrderId(1), &fill(9, dec!(100), dec!(1)));
        e.filled(OrderId(7), &fill(11, dec!(100), dec!(1)));
        assert_eq!(json!(e.telemetry(60, 1))["samples"], 0);
        assert_eq!(json!(e.telemetry(60, 1))["slippage_bps"], Value::Null);
    }

    #[test]
    fn quartiles_lie_between_values() {
        let sorted = [dec!(0.5), dec!(0.6), dec!(0.7), dec!(0.9)];
        let at = |quarter| quantile(&sorted, quarter).unwrap();
        assert_eq!((at(1), at(2), at(3)), (dec!(0.575), dec!(0.65), dec!(0.75)));
        assert_eq!(quantile(&sorted[..1], 3), Some(dec!(0.5)));
        assert_eq!(quantile(&[], 2), None);
    }
}
