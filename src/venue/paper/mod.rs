//! A simulated exchange, driven by the feed and by engine time alone: the same calls give the same
//! reports. Nothing in it is random.
//!
//! It keeps nothing of its own. What works is given back to it by [`Venue::restore`]; a fill that was
//! not journaled did not happen. What a restart forgets besides: how much of the running bar has
//! filled an order already, that a trigger was reached where nothing has filled yet, and the ids of
//! orders that ended.
//!
//! Where it is simpler than the world: an order crosses when the last price reaches its level, not
//! the ask or the bid; those price a limit that crosses on arrival. Triggers, once reached, are
//! market orders, with slippage, targets too. Orders do not share a bar's volume: each may have
//! its [participation](PaperSettings::participation). An order whose date comes within a bar has no
//! part in it.

mod book;
mod check;
mod ended;
mod pair;
mod settings;
mod working;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::book::{Book, Desk};
use self::ended::Ended;
use self::working::Working;
use super::{Amendment, Capabilities, Said, Venue, VenueOrder};
use crate::core::command::{Report, Statement, VenueSaid};
use crate::core::order::TimeInForce;
use crate::core::{Symbol, Time};
use crate::market::{Instant, Item};

pub use self::settings::PaperSettings;

/// Orders that work or are on their way, at most.
pub const MAX_ORDERS: usize = 10_000;
/// Requests on their way, at most: beyond, an amendment has its effect at once.
const MAX_FLIGHTS: usize = 4 * MAX_ORDERS;

/// A request on its way, and when it has its effect.
#[derive(Debug)]
struct Flight {
    due: Time,
    seq: u64,
    symbol: Symbol,
    asks: Asks,
}

#[derive(Debug)]
enum Asks {
    Place(Box<VenueOrder>),
    Amend { id: String, to: Amendment },
    Cancel,
}

/// Where an order is found by its client id.
#[derive(Debug)]
struct Known {
    seq: u64,
    symbol: Symbol,
    is_cancel_asked: bool,
}

/// The simulated exchange.
#[derive(Debug)]
pub struct PaperVenue {
    settings: PaperSettings,
    books: BTreeMap<Symbol, Book>,
    /// Orders that work or are on their way.
    known: BTreeMap<String, Known>,
    ended: Ended,
    /// By the time they are due.
    flights: VecDeque<Flight>,
    /// Orders that work until a date.
    dates: BTreeSet<(Time, u64, Symbol)>,
    last_seq: u64,
    reports: Vec<(String, Report)>,
    /// Answers to what was asked about orders.
    said: Vec<Said>,
    gone: Vec<(u64, VenueOrder)>,
}

impl PaperVenue {
    /// An exchange without orders and without prices.
    pub fn new(settings: PaperSettings) -> Self {
        Self {
            settings,
            books: BTreeMap::new(),
            known: BTreeMap::new(),
            ended: Ended::default(),
            flights: VecDeque::new(),
            dates: BTreeSet::new(),
            last_seq: 0,
            reports: Vec::new(),
            said: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// Runs something on a symbol's book and clears away what ended by it.
    fn at_book(&mut self, symbol: Symbol, now: Time, run: impl FnOnce(&mut Book, &mut Desk)) {
        let mut desk = Desk {
            settings: &self.settings,
            now,
            reports: &mut self.reports,
            gone: &mut self.gone,
        };
        run(self.books.entry(symbol).or_default(), &mut desk);
        while let Some((seq, order)) = self.gone.pop() {
            if let Some(date) = date_of(&order) {
                self.dates.remove(&(date, seq, order.symbol));
            }
            self.known.remove(&order.client_order_id);
            self.ended.insert(order.client_order_id);
        }
    }

    fn send(&mut self, seq: u64, symbol: Symbol, asks: Asks, now: Time) {
        let due = now + self.settings.latency();
        let due = self.flights.back().map_or(due, |last| last.due.max(due));
        self.flights.push_back(Flight {
            due,
            seq,
            symbol,
            asks,
        });
    }

    /// Everything that is due by `now`, in the order of its time.
    fn settle(&mut self, now: Time) {
        loop {
            let date = self
                .dates
                .first()
                .copied()
                .filter(|(date, ..)| *date <= now);
            let due = self
                .flights
                .front()
                .map(|f| f.due)
                .filter(|due| *due <= now);
            match (date, due) {
                (Some((date, seq, symbol)), due) if due.is_none_or(|due| date <= due) => {
                    self.at_book(symbol, now, |book, desk| {
                        book.end(seq, Report::Expired, desk)
                    });
                }
                (_, Some(_)) => self.land(now),
                _ => return,
            }
        }
    }

    /// The next request has its effect.
    fn land(&mut self, now: Time) {
        let Some(Flight {
            due,
            seq,
            symbol,
            asks,
        }) = self.flights.pop_front()
        else {
            return;
        };
        match asks {
            Asks::Place(order) => self.arrive(seq, *order, due, now),
            Asks::Amend { id, to } => self.at_book(symbol, now, |book, desk| {
                book.amend((seq, Some(&id)), to, due, desk);
            }),
            Asks::Cancel => self.at_book(symbol, now, |book, desk| {
                let reason = "cancelled on request".to_owned();
                book.end(seq, Report::Cancelled { reason }, desk);
            }),
        }
    }

    fn arrive(&mut self, seq: u64, order: VenueOrder, at: Time, now: Time) {
        let last = self.books.get(&order.symbol).and_then(|book| book.last);
        let date = date_of(&order);
        let refused = check::refusal(&order, last, &self.settings)
            .or_else(|| check::crossing(&order, last))
            .map(|reason| Report::Rejected { reason })
            .or_else(|| date.filter(|date| *date <= at).map(|_| Report::Expired));
        let id = order.client_order_id.clone();
        if let Some(report) = refused {
            self.known.remove(&id);
            self.ended.insert(id.clone());
            self.reports.push((id, report));
            return;
        }
        if let Some(date) = date {
            self.dates.insert((date, seq, order.symbol));
        }
        let venue_id = venue_id(&id);
        self.reports.push((id, Report::Accepted { venue_id }));
        self.at_book(order.symbol, now, |book, desk| {
            book.admit(seq, Working::arrived(order, at), desk);
        });
    }

    /// Lets a symbol's book know that the core has spoken of an order.
    fn hear(&mut self, seq: u64, symbol: Symbol, now: Time) {
        if let Some(due) = self.flights.back().map(|flight| flight.due) {
            self.at_book(symbol, now, |book, _| book.heard(seq, now, due));
        }
    }

    /// Every order that works or is on its way, as it stands.
    fn working(&self) -> Vec<VenueSaid> {
        let said = |order: &VenueOrder| VenueSaid {
            client_order_id: order.client_order_id.clone(),
            venue_id: venue_id(&order.client_order_id),
            quantity: order.quantity,
            filled: order.filled,
            price: order.price,
            stop_price: order.stop_price,
        };
        let arriving = self.flights.iter().filter_map(|flight| match &flight.asks {
            Asks::Place(order) => Some(said(order)),
            _ => None,
        });
        let resting = self.books.values().flat_map(Book::orders).map(said);
        resting.chain(arriving).collect()
    }

    /// Gives an order its number, by which it arrives.
    fn enrol(&mut self, order: &VenueOrder) -> u64 {
        self.last_seq += 1;
        self.known.insert(
            order.client_order_id.clone(),
            Known {
                seq: self.last_seq,
                symbol: order.symbol,
                is_cancel_asked: false,
            },
        );
        self.last_seq
    }
}

fn venue_id(client_order_id: &str) -> String {
    format!("P-{client_order_id}")
}

fn date_of(order: &VenueOrder) -> Option<Time> {
    order
        .expires_at
        .filter(|_| order.time_in_force == TimeInForce::Gtd)
}

impl Venue for PaperVenue {
    fn name(&self) -> &str {
        "paper"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            absence_is_proof: true,
            // It keeps no positions.
            enforces_reduce_only: false,
        }
    }

    fn place(&mut self, order: VenueOrder, now: Time) {
        let id = &order.client_order_id;
        let refused = if self.known.contains_key(id) || self.ended.contains(id) {
            Some("the client order id was used before".to_owned())
        } else if self.known.len() >= MAX_ORDERS {
            Some(format!("{MAX_ORDERS} orders are at work already"))
        } else {
            None
        };
        if let Some(reason) = refused {
            self.reports.push((id.clone(), Report::Rejected { reason }));
            return;
        }
        self.reports.push((id.clone(), Report::Submitted));
        let seq = self.enrol(&order);
        self.send(seq, order.symbol, Asks::Place(Box::new(order)), now);
    }

    fn amend(&mut self, client_order_id: &str, to: Amendment, now: Time) {
        let Some(&Known { seq, symbol, .. }) = self.known.get(client_order_id) else {
            // Whoever counts on the amended order must hear that it is gone.
            self.reports
                .push((client_order_id.to_owned(), Report::Absent));
            return;
        };
        let id = client_order_id.to_owned();
        if self.flights.len() >= MAX_FLIGHTS {
            // It may still be on its way to the book: that it is not there says nothing.
            self.at_book(symbol, now, |book, desk| {
                book.amend((seq, None), to, now, desk);
            });
            return;
        }
        self.send(seq, symbol, Asks::Amend { id, to }, now);
        self.hear(seq, symbol, now);
    }

    fn cancel(&mut self, client_order_id: &str, now: Time) {
        let Some(known) = self.known.get_mut(client_order_id) else {
            if !self.ended.contains(client_order_id) {
                self.reports
                    .push((client_order_id.to_owned(), Report::Absent));
            }
            return;
        };
        if std::mem::replace(&mut known.is_cancel_asked, true) {
            return;
        }
        let (seq, symbol) = (known.seq, known.symbol);
        self.send(seq, symbol, Asks::Cancel, now);
        self.hear(seq, symbol, now);
    }

    fn look_up(&mut self, client_order_id: &str, _: Time) {
        self.said.push(if self.known.contains_key(client_order_id) {
            let venue_id = venue_id(client_order_id);
            Said::Order(client_order_id.to_owned(), Report::Accepted { venue_id })
        } else {
            Said::NotFound(client_order_id.to_owned())
        });
    }

    /// It keeps no accounts: what it would say of balances is what the core says.
    fn state(&mut self, _: Time) {
        let statement = Statement {
            open: self.working(),
            absence_is_proof: true,
            ..Statement::default()
        };
        self.said.push(Said::Statement(Box::new(statement)));
    }

    fn restore(&mut self, orders: Vec<(VenueOrder, String)>) {
        for (order, _) in orders {
            if order.filled >= order.quantity || self.known.contains_key(&order.client_order_id) {
                continue;
            }
            let seq = self.enrol(&order);
            if let Some(date) = date_of(&order) {
                self.dates.insert((date, seq, order.symbol));
            }
            self.books
                .entry(order.symbol)
                .or_default()
                .restore(seq, Working::restored(order));
        }
    }

    fn on_market(&mut self, instant: &Instant) {
        let now = instant.time;
        self.settle(now);
        for item in &instant.items {
            self.at_book(item.symbol(), now, |book, desk| match item {
                Item::Open {
                    price,
                    volume,
                    holds_until,
                    ..
                } => book.open(*price, *volume, *holds_until, desk),
                Item::Bar { candle, .. } => book.close(candle, desk),
                Item::Trade {
                    price, quantity, ..
                } => book.trade(*price, *quantity, desk),
            });
        }
    }

    fn advance(&mut self, now: Time) {
        self.settle(now);
    }

    fn wakes_at(&self) -> Option<Time> {
        let due = self.flights.front().map(|flight| flight.due);
        let date = self.dates.first().map(|(date, ..)| *date);
        due.into_iter().chain(date).min()
    }

    fn said(&mut self) -> Vec<Said> {
        let reports = std::mem::take(&mut self.reports).into_iter();
        reports
            .map(|(id, report)| Said::Order(id, report))
            .chain(std::mem::take(&mut self.said))
            .collect()
    }
}
