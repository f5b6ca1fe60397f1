//! The promises of the simulated exchange, worked by hand. Every test reads its reports as lines.

mod prices;
mod properties;
mod requests;
mod restart;
mod volume;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::*;
use crate::core::order::{Kind, Side};
use crate::market::{Candle, MINUTE_MS};

/// An amendment of quantity and trigger.
fn to(quantity: Decimal, stop_price: Option<Decimal>) -> Amendment {
    Amendment {
        quantity,
        price: None,
        stop_price,
    }
}

impl PaperVenue {
    /// What it said of orders.
    fn reports(&mut self) -> Vec<(String, Report)> {
        let said = self.said().into_iter();
        said.filter_map(|said| match said {
            Said::Order(id, report) => Some((id, report)),
            _ => None,
        })
        .collect()
    }

    /// Client ids of what works or is on its way.
    fn open_orders(&self) -> Vec<String> {
        self.known.keys().cloned().collect()
    }
}

fn settings() -> PaperSettings {
    PaperSettings {
        maker_fee: dec!(0.001),
        taker_fee: dec!(0.002),
        slippage: dec!(0.001),
        latency_ms: 50,
        participation: dec!(0.1),
        spread: dec!(0.002),
        quantity_step: dec!(0.001),
        price_step: dec!(0.01),
        minimum_value: dec!(5),
    }
}

fn venue() -> PaperVenue {
    PaperVenue::new(settings())
}

fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

fn order(id: &str, side: Side, kind: Kind, quantity: Decimal) -> VenueOrder {
    VenueOrder {
        client_order_id: id.to_owned(),
        symbol: btc(),
        side,
        kind,
        quantity,
        filled: dec!(0),
        price: None,
        stop_price: None,
        time_in_force: TimeInForce::Gtc,
        expires_at: None,
        post_only: false,
        reduce_only: false,
        submit_by: None,
    }
}

fn market(id: &str, side: Side, quantity: Decimal) -> VenueOrder {
    order(id, side, Kind::Market, quantity)
}

fn limit(id: &str, side: Side, quantity: Decimal, price: Decimal) -> VenueOrder {
    VenueOrder {
        price: Some(price),
        ..order(id, side, Kind::Limit, quantity)
    }
}

fn stop(id: &str, side: Side, quantity: Decimal, trigger: Decimal) -> VenueOrder {
    VenueOrder {
        stop_price: Some(trigger),
        ..order(id, side, Kind::StopLoss, quantity)
    }
}

fn target(id: &str, side: Side, quantity: Decimal, trigger: Decimal) -> VenueOrder {
    VenueOrder {
        stop_price: Some(trigger),
        ..order(id, side, Kind::TakeProfit, quantity)
    }
}

fn reducing(order: VenueOrder) -> VenueOrder {
    VenueOrder {
        reduce_only: true,
        ..order
    }
}

/// A minute's bar begins; its price holds for 20 s.
fn open(at: i64, price: Decimal, volume: Decimal) -> Instant {
    Instant {
        time: Time(at),
        items: vec![Item::Open {
            symbol: btc(),
            price,
            volume,
            holds_until: Time(at + MINUTE_MS / 3),
        }],
    }
}

/// The minute's bar that began at `from`: open, high, low, close.
fn bar(from: i64, ohlc: [Decimal; 4], volume: Decimal) -> Instant {
    let [open, high, low, close] = ohlc;
    Instant {
        time: Time(from + MINUTE_MS),
        items: vec![Item::Bar {
            symbol: btc(),
            interval_ms: MINUTE_MS,
            candle: Candle {
                open_time: Time(from),
                open,
                high,
                low,
                close,
                volume,
            },
        }],
    }
}

fn trade(at: i64, price: Decimal, quantity: Decimal) -> Instant {
    Instant {
        time: Time(at),
        items: vec![Item::Trade {
            symbol: btc(),
            price,
            quantity,
        }],
    }
}

/// One report as a line.
fn line((id, report): &(String, Report)) -> String {
    match report {
        Report::Submitted => format!("{id} submitted"),
        Report::Accepted { venue_id } => format!("{id} accepted {venue_id}"),
        Report::Filled(f) => format!(
            "{id} filled {} @ {} fee {} {:?}",
            f.quantity, f.price, f.fee, f.liquidity
        ),
        Report::Cancelled { reason } => format!("{id} cancelled: {reason}"),
        Report::Expired => format!("{id} expired"),
        Report::Rejected { reason } => format!("{id} rejected: {reason}"),
        Report::Absent => format!("{id} absent"),
        other => format!("{id} {other:?}"),
    }
}

/// What was said since.
fn said(venue: &mut PaperVenue) -> Vec<String> {
    venue.reports().iter().map(line).collect()
}

/// What was said since of fills and ends: neither submitted nor accepted.
fn outcome(venue: &mut PaperVenue) -> Vec<String> {
    let mut lines = said(venue);
    lines.retain(|l| !l.ends_with(" submitted") && !l.contains(" accepted "));
    lines
}
