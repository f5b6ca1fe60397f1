//! The channel: what is on its way, and how words are lost, doubled, late and out of order.

use super::exchange::Exchange;
use crate::core::Time;
use crate::core::command::Report;
use crate::sim::fault::Fault;
use crate::venue::{Amendment, Asked, Said, VenueError, VenueOrder};

/// A request after which a time-out is told, and what is on the other side of it.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// Take an order; no later than then.
    Place(Box<VenueOrder>, Time),
    /// Change one.
    Amend(String, Amendment),
    /// Cancel one.
    Cancel(String),
    /// Find one.
    LookUp(String),
    /// Name everything.
    Statement,
}

impl Request {
    pub(super) fn asked(&self) -> Asked {
        match self {
            Self::Place(..) => Asked::Place,
            Self::Amend(..) => Asked::Amend,
            Self::Cancel(_) => Asked::Cancel,
            Self::LookUp(_) => Asked::LookUp,
            Self::Statement => Asked::Statement,
        }
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Place(order, _) => &order.client_order_id,
            Self::Amend(id, _) | Self::Cancel(id) | Self::LookUp(id) => id,
            Self::Statement => "",
        }
    }
}

/// Something on its way.
#[derive(Debug, Clone)]
pub(super) enum Flight {
    /// To the venue. Not answered where a time-out was told instead.
    Request { request: Request, answered: bool },
    /// To the engine, over this link.
    Word { link: u64, said: Said },
}

impl Exchange {
    pub(super) fn fly(&mut self, at: Time, flight: Flight) {
        self.flown += 1;
        self.flights.insert((at, self.flown), flight);
    }

    /// What the stream of executions tells of an order; it may be lost, doubled, late.
    pub(super) fn tell_order(&mut self, id: &str, report: Report) {
        let Some(link) = self.link else { return };
        let fills = matches!(report, Report::Filled(_));
        if self.down.is_some() {
            if let Some(kept) = self.orders.get_mut(id).filter(|_| fills) {
                kept.silent = true;
            }
            return;
        }
        let dropped = if fills {
            Fault::FillDropped
        } else {
            Fault::WordDropped
        };
        if self.orders.get(id).is_some_and(|k| k.silent) {
            return;
        }
        if self.strikes(dropped, id) {
            if let Some(kept) = self.orders.get_mut(id).filter(|_| fills) {
                kept.silent = true;
            }
            return;
        }
        let said = Said::Order(id.to_owned(), report);
        let mut at = self.now + self.dice.between(5, 60);
        if self.strikes(Fault::Reorder, id) {
            at = self.now + self.dice.between(0, 3_000);
        } else {
            if self.strikes(Fault::Delay, id) {
                at = self.now + self.dice.between(1_000, 20_000);
            }
            at = at.max(self.stream_clear_at);
            self.stream_clear_at = at;
        }
        if fills && self.strikes(Fault::FillTwice, id) {
            let again = at + self.dice.between(0, 5_000);
            let said = said.clone();
            self.fly(again, Flight::Word { link, said });
        }
        self.fly(at, Flight::Word { link, said });
    }

    /// An answer to a request.
    pub(super) fn answer(&mut self, said: Said, least_ms: i64, most_ms: i64) {
        let Some(link) = self.link else { return };
        let at = self.now + self.dice.between(least_ms, most_ms);
        self.fly(at, Flight::Word { link, said });
    }

    /// An order was written to the connection, if there is one.
    pub(super) fn written(&mut self, id: &str) {
        if !matches!(self.down, Some((_, true))) {
            self.inbox
                .push(Said::Order(id.to_owned(), Report::Submitted));
        }
    }

    pub(super) fn fail(&mut self, request: &Request, error: VenueError) {
        let said = Said::Failed {
            client_order_id: request.id().to_owned(),
            asked: request.asked(),
            error,
        };
        self.answer(said, 10, 80);
    }

    /// Breaks the connection now and then, and mends it.
    pub fn shake(&mut self) {
        if let Some((until, _)) = self.down {
            if until <= self.now {
                self.down = None;
                self.answer(Said::Up, 0, 0);
            }
        } else if self.link.is_some() && self.strikes(Fault::Disconnect, "") {
            let until = self.now + self.dice.between(500, 40_000);
            let whole = self.dice.chance(50);
            self.down = Some((until, whole));
            // What the stream was about to say is lost with it.
            let told = |f: &Flight| {
                matches!(
                    f,
                    Flight::Word {
                        said: Said::Order(..),
                        ..
                    }
                )
            };
            self.flights.retain(|_, flight| !told(flight));
            self.answer(Said::Down("the connection broke".into()), 0, 0);
        }
    }

    /// Lets come what is due by now.
    pub fn settle(&mut self) {
        while let Some(((at, n), _)) = self.flights.first_key_value() {
            if *at > self.now {
                break;
            }
            let key = (*at, *n);
            match self.flights.remove(&key) {
                Some(Flight::Request { request, answered }) => self.arrive(request, answered),
                Some(Flight::Word { link, said }) if self.link == Some(link) => {
                    self.hand_over(said);
                }
                _ => {}
            }
        }
        self.expire();
        self.shake();
    }

    fn hand_over(&mut self, said: Said) {
        if let Said::Failed {
            client_order_id,
            asked: Asked::Place,
            error,
        } = &said
        {
            self.proved(client_order_id, matches!(error, VenueError::Retryable(_)));
        }
        self.inbox.push(said);
    }

    /// When something comes by itself.
    pub fn wakes_at(&self) -> Option<Time> {
        let flight = self.flights.keys().next().map(|(at, _)| *at);
        let up = self.down.map(|(until, _)| until);
        [flight, up, self.next_expiry()].into_iter().flatten().min()
    }

    /// The engine died: what was about to be said is lost, and of its requests some arrive.
    pub fn hang_up(&mut self) {
        self.link = None;
        self.down = None;
        self.inbox.clear();
        let at_once = self.weather.absence_is_proof;
        let flights = std::mem::take(&mut self.flights);
        for (key, flight) in flights {
            let Flight::Request { request, .. } = flight else {
                continue;
            };
            if !self.dice.chance(60) {
                continue;
            }
            if at_once {
                self.arrive(request, false);
            } else {
                let answered = false;
                self.flights
                    .insert(key, Flight::Request { request, answered });
            }
        }
    }

    /// An engine connects.
    pub(super) fn connect(&mut self) -> u64 {
        self.links += 1;
        self.link = Some(self.links);
        self.stream_clear_at = self.now;
        self.links
    }
}
