//! What requests do when they leave and when they arrive.

use rust_decimal::Decimal;

use super::channel::{Flight, Request};
use super::exchange::Exchange;
use super::kept::{End, Kept};
use crate::core::command::Report;
use crate::core::order::{Kind, TimeInForce};
use crate::sim::fault::Fault;
use crate::venue::{Amendment, Said, VenueError, VenueOrder};

impl Exchange {
    /// A request leaves the engine.
    pub(super) fn leaves(&mut self, request: Request) {
        if matches!(self.down, Some((_, true))) {
            self.timed_out(&request);
            return;
        }
        let id = request.id().to_owned();
        if self.strikes(Fault::RateLimit, &id) {
            self.fail(&request, VenueError::Retryable("EAPI:Rate limit".into()));
            return;
        }
        let (mut arrives, mut answered) = (true, true);
        let mut late = false;
        match &request {
            Request::Place(..) => {
                if self.strikes(Fault::TimeoutBefore, &id) {
                    (arrives, answered) = (false, false);
                } else if !self.weather.absence_is_proof && self.strikes(Fault::LateArrival, &id) {
                    (late, answered) = (true, false);
                } else if self.strikes(Fault::TimeoutAfter, &id) {
                    answered = false;
                }
            }
            Request::Amend(..) | Request::Cancel(_) => {
                let lost = if matches!(request, Request::Cancel(_)) {
                    Fault::CancelLost
                } else {
                    Fault::AmendLost
                };
                if self.strikes(lost, &id) {
                    answered = false;
                    arrives = self.dice.chance(50);
                }
            }
            Request::LookUp(_) | Request::Statement => {
                if self.strikes(Fault::ReadFailed, &id) {
                    (arrives, answered) = (false, false);
                }
            }
        }
        if !answered {
            self.timed_out(&request);
        }
        if arrives {
            let after = if late {
                self.dice.between(1_500, 4_900)
            } else {
                self.dice.between(10, 90)
            };
            let mut at = self.now + after;
            if self.weather.absence_is_proof {
                // Such a venue takes requests in their order: what it reads has all of them.
                let requests = self.flights.iter();
                let mut before = requests.filter(|(_, f)| matches!(f, Flight::Request { .. }));
                at = at.max(before.next_back().map_or(at, |((last, _), _)| *last));
            }
            self.fly(at, Flight::Request { request, answered });
        }
    }

    fn timed_out(&mut self, request: &Request) {
        let said = Said::Failed {
            client_order_id: request.id().to_owned(),
            asked: request.asked(),
            error: VenueError::Ambiguous("no answer in time".into()),
        };
        self.answer(said, 500, 3_000);
    }

    /// A request arrives at the venue.
    pub(super) fn arrive(&mut self, request: Request, answered: bool) {
        match request {
            Request::Place(order, deadline) => {
                let late = self.now > deadline;
                match self.refusal(&order, late) {
                    Some(why) => {
                        let id = order.client_order_id.clone();
                        self.note(|| format!("  venue: refuses {id}: {why}"));
                        if answered {
                            self.refuse(Request::Place(order, deadline), why);
                        }
                    }
                    None => self.take(*order),
                }
            }
            Request::Amend(id, to) => self.amends(id, to, answered),
            Request::Cancel(id) => self.cancels(id, answered),
            Request::LookUp(id) => self.looks_up(&id),
            Request::Statement => self.states(),
        }
    }

    fn refuse(&mut self, request: Request, why: &str) {
        let asked_again = self.orders.contains_key(request.id());
        if matches!(request, Request::Place(..)) && !asked_again && self.dice.chance(40) {
            let reason = why.to_owned();
            let said = Said::Order(request.id().to_owned(), Report::Rejected { reason });
            self.answer(said, 10, 80);
        } else {
            self.fail(&request, VenueError::Definitive(why.to_owned()));
        }
    }

    fn refusal(&mut self, order: &VenueOrder, late: bool) -> Option<&'static str> {
        let id = &order.client_order_id;
        if late {
            return Some("EOrder:Deadline");
        }
        if self.orders.contains_key(id) {
            return Some("EOrder:Duplicate client id");
        }
        if order.quantity <= Decimal::ZERO {
            return Some("EOrder:Size");
        }
        let open = self.reducible(order.symbol, order.side);
        if order.reduce_only && self.weather.enforces_reduce_only && open <= Decimal::ZERO {
            return Some("EOrder:Reduce only");
        }
        let last = self.prices[&order.symbol];
        let crosses = order
            .price
            .is_some_and(|p| (p - last) * order.side.sign() >= Decimal::ZERO);
        if order.post_only && crosses {
            return Some("EOrder:Post only");
        }
        if order.time_in_force == TimeInForce::Gtd
            && order.expires_at.is_none_or(|at| at <= self.now)
        {
            return Some("EOrder:Expired");
        }
        let id = id.clone();
        self.strikes(Fault::Refusal, &id)
            .then_some("EOrder:Insufficient funds")
    }

    fn take(&mut self, order: VenueOrder) {
        self.accepted += 1;
        let id = order.client_order_id.clone();
        let venue_id = format!("V{}", self.accepted);
        let whole = Kept::new(order, venue_id.clone(), self.now);
        self.note(|| {
            let o = &whole.order;
            let at = o
                .price
                .or(o.stop_price)
                .map_or(String::new(), |p| format!(" at {p}"));
            format!(
                "  venue: takes {id}, {:?} {:?} {}{at}",
                o.side, o.kind, o.quantity
            )
        });
        self.orders.insert(id.clone(), whole);
        self.book.push(id.clone());
        self.tell_order(&id, Report::Accepted { venue_id });
        self.meet(&id, true);
        let Some(kept) = self.orders.get(&id) else {
            return;
        };
        // An order at the market that met only a part of it goes on with the next price.
        if kept.works() && kept.order.time_in_force == TimeInForce::Ioc {
            self.end(&id, End::Cancelled("immediate or cancel"));
            let reason = "immediate or cancel".to_owned();
            self.tell_order(&id, Report::Cancelled { reason });
        }
    }

    fn amends(&mut self, id: String, to: Amendment, answered: bool) {
        let request = Request::Amend(id.clone(), to);
        let works = self.orders.get(&id).filter(|k| k.works());
        let Some(kept) = works else {
            if answered {
                self.fail(
                    &request,
                    VenueError::Definitive("EOrder:Unknown order".into()),
                );
            }
            return;
        };
        let fits = to.quantity > kept.order.filled
            && (kept.order.kind == Kind::Limit || to.price == kept.order.price);
        if !fits || self.strikes(Fault::AmendRefused, &id) {
            if answered {
                self.fail(
                    &request,
                    VenueError::Definitive("EOrder:Cannot amend".into()),
                );
            }
            return;
        }
        let now = self.now;
        if let Some(kept) = self.orders.get_mut(&id) {
            kept.amend(to, now);
        }
        self.note(|| format!("  venue: {id} is amended to {to:?}"));
        self.tell_order(
            &id,
            Report::Amended {
                quantity: to.quantity,
                price: to.price,
                stop_price: to.stop_price,
            },
        );
        self.meet(&id, false);
    }

    fn cancels(&mut self, id: String, answered: bool) {
        let works = self.orders.get(&id).is_some_and(Kept::works);
        if !works {
            if self
                .orders
                .get(&id)
                .is_some_and(|k| k.remaining() <= Decimal::ZERO)
            {
                self.happen(Fault::CancelTooLate, &id);
            }
            if answered {
                let unknown = VenueError::Definitive("EOrder:Unknown order".into());
                self.fail(&Request::Cancel(id), unknown);
            }
            return;
        }
        if self.strikes(Fault::CancelRefused, &id) {
            if answered {
                let busy = VenueError::Definitive("EService:Busy".into());
                self.fail(&Request::Cancel(id), busy);
            }
            return;
        }
        self.end(&id, End::Cancelled("asked for"));
        let reason = "asked for".to_owned();
        self.tell_order(&id, Report::Cancelled { reason });
    }
}
