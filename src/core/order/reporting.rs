//! What a venue's word changes: the order, its position, what is bound to it.

use super::{Fill, Order, OrderId, Purpose, Status};
use crate::core::command::Report;
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::{PositionId, ReservationId};
use crate::core::position::{CloseReason, Closing};
use crate::core::reservation::{Reservation, Standing};
use crate::core::risk;
use crate::core::state::{Decider, Reply};
use crate::core::trading_state::Cause;
use rust_decimal::Decimal;

impl Decider<'_> {
    /// A venue's word on an order of ours.
    pub(in crate::core) fn report(&mut self, id: OrderId, report: &Report) -> Answer {
        let Some(order) = self.state.orders.get(id).cloned() else {
            return Ok(Reply::Done);
        };
        match report {
            Report::Filled(fill) => {
                if let Some(order) = self.book(id, fill) {
                    self.after_booking(&order);
                }
                return Ok(Reply::Done);
            }
            // Sent again after it was put off, it is submitted still; other words may overtake it.
            Report::Submitted if order.status == Status::Pending => {
                self.step(&order, Status::Submitted, None, None);
            }
            Report::Submitted => {}
            Report::Accepted { venue_id } => {
                // A fill may overtake the acceptance: the id is kept, the status stays.
                let status = match order.status {
                    Status::PartiallyFilled => Status::PartiallyFilled,
                    _ => Status::Open,
                };
                // It may be told again, by a look-up too.
                if order.status != status || order.venue_order_id.as_ref() != Some(venue_id) {
                    self.step(&order, status, Some(venue_id.clone()), None);
                }
            }
            Report::Cancelled { reason } => {
                self.step(&order, Status::Cancelled, None, Some(reason.clone()));
            }
            Report::Expired => self.step(&order, Status::Expired, None, None),
            Report::Rejected { reason } => {
                self.step(&order, Status::Rejected, None, Some(reason.clone()));
            }
            Report::GateKilled => self.step(
                &order,
                Status::Cancelled,
                None,
                Some("the gate was closed: proved unsent".into()),
            ),
            Report::Absent => self.step(
                &order,
                Status::Cancelled,
                None,
                Some("the venue has never heard of it".into()),
            ),
            Report::Unknown { reason } => {
                self.step(&order, Status::Unknown, None, Some(reason.clone()));
            }
            Report::Amended {
                quantity,
                price,
                stop_price,
            } => {
                let known = (order.quantity, order.price, order.stop_price);
                if !order.status.is_terminal() && known != (*quantity, *price, *stop_price) {
                    self.emit(Event::OrderShown {
                        id,
                        quantity: *quantity,
                        price: *price,
                        stop_price: *stop_price,
                    });
                }
            }
            Report::Done => self.done(&order),
            Report::AmendRefused { reason } => self.amend_refused(&order, reason),
            Report::Deferred { reason, attempt } => {
                if !order.status.is_terminal() {
                    self.emit(Event::OrderDeferred {
                        id,
                        attempt: *attempt,
                        reason: reason.clone(),
                    });
                }
            }
            Report::Unsent { reason } => {
                self.step(&order, Status::Cancelled, None, Some(reason.clone()));
            }
        }
        self.after_word(&order);
        Ok(Reply::Done)
    }

    /// Books a fill, once. Answers the order as it stood before it, for what follows from the fill.
    pub(in crate::core) fn book(&mut self, id: OrderId, fill: &Fill) -> Option<Order> {
        let order = self.state.orders.get(id).cloned()?;
        if self.is_booked(&order, fill) {
            return None;
        }
        if let Some(parent) = order.parent {
            self.look_at_fill(parent);
        }
        self.emit(Event::OrderFilled {
            id,
            fill: fill.clone(),
        });
        Some(order)
    }

    /// What follows from a fill that is booked.
    pub(in crate::core) fn after_booking(&mut self, order: &Order) {
        self.after_fill(order);
        self.after_word(order);
    }

    /// What follows from any word on an order.
    fn after_word(&mut self, order: &Order) {
        self.after_end(order.id);
        self.pause_if_failing(order.request.symbol);
        if let Some(parent) = order.parent {
            self.after_child(parent);
        }
    }

    /// Nothing more comes of an order whose fills are all booked: it asked for no more than they are.
    fn done(&mut self, order: &Order) {
        if order.status.is_terminal() || order.filled.is_zero() {
            return;
        }
        self.emit(Event::OrderShown {
            id: order.id,
            quantity: order.filled,
            price: order.price,
            stop_price: order.stop_price,
        });
        self.step(order, Status::Filled, None, None);
    }

    /// What protects a position and cannot be fitted to it makes room for an order that fits; any
    /// other order is compared with the venue, which knows how it works.
    fn amend_refused(&mut self, order: &Order, reason: &str) {
        self.emit(Event::ReconcileDiffers {
            id: Some(order.id),
            what: format!("the venue did not amend it: {reason}"),
        });
        if matches!(order.purpose, Purpose::Stop | Purpose::Target) {
            self.ask_cancel(order.id, "it could not be amended");
        }
    }

    /// A read did not find an order whose fate is unknown. It counts as absent once it can no
    /// longer arrive and two reads, far enough apart, agree (trading.md, Orders).
    pub(in crate::core) fn not_found(
        &mut self,
        client_id: &str,
        wall: i64,
        past_deadline: bool,
    ) -> Answer {
        let Some(order) = self.state.orders.by_client_id(client_id) else {
            return Ok(Reply::Done);
        };
        let (id, status, doubt) = (order.id, order.status, order.doubt);
        if status != Status::Unknown || !past_deadline {
            return Ok(Reply::Done);
        }
        self.emit(Event::AbsenceRead { id, wall });
        let apart = i64::from(self.state.settings.execution.absence_reads_s) * 1000;
        match doubt.and_then(|d| d.absent_since) {
            Some(first) if wall - first > apart => self.report(id, &Report::Absent),
            _ => Ok(Reply::Done),
        }
    }

    fn step(
        &mut self,
        order: &Order,
        status: Status,
        venue_id: Option<String>,
        reason: Option<String>,
    ) {
        // Words may overtake each other on their way: after the end, and while nobody knows, the same
        // or less says nothing new.
        let known = status == Status::Unknown && order.status == Status::Unknown;
        if order.status.is_terminal() || known {
            return;
        }
        if order.status.may_become(status) {
            self.emit(Event::OrderMoved {
                id: order.id,
                status,
                venue_id,
                reason,
            });
        } else {
            self.emit(Event::Defect {
                what: format!(
                    "{}: {:?} cannot follow {:?}",
                    order.id, status, order.status
                ),
            });
        }
    }

    /// A fill that comes after its entry's end finds the capital given back, or bound for less.
    fn bind_late_fill(&mut self, order: &Order, id: PositionId) {
        let Some(position) = self.state.positions.open.get(&id) else {
            return;
        };
        let cost = position.cost / position.leverage + position.fees;
        let rate = self
            .state
            .usd_of(position.symbol.quote(), &|s| self.price_of(s));
        let amount = risk::rounded_up(cost * rate.unwrap_or(Decimal::ONE));
        let bound = position
            .reservation
            .and_then(|r| self.state.ledger.get(r))
            .map(|row| (row.id, row.order));
        match bound {
            Some((_, Some(_))) => {}
            Some((row, None)) => self.emit(Event::Bound {
                id: row,
                amount,
                order: None,
                position: Some(id),
            }),
            None => self.bind_anew(order, id, amount),
        }
    }

    fn bind_anew(&mut self, order: &Order, position: PositionId, amount: Decimal) {
        let agent = order
            .request
            .agent_id
            .unwrap_or_else(|| "trader".parse().expect("a built-in name"));
        let id = self.state.ledger.free_id(agent, self.now, 0);
        let purpose = format!("live: {} filled after its end", order.id);
        self.emit(Event::Reserved {
            row: Box::new(Reservation {
                strategy: order.request.strategy,
                position: Some(position),
                drawn: self.state.drawn_for(&order.request, amount),
                ..Reservation::bound(id, amount, purpose, self.now)
            }),
        });
    }

    /// After a fill: protection for what is open, or the end of the position.
    fn after_fill(&mut self, order: &Order) {
        if order.purpose == Purpose::Entry
            && order.status.is_terminal()
            && let Some(id) = order.position
        {
            self.bind_late_fill(order, id);
        }
        if let Some(id) = order.position {
            let empty = self
                .state
                .positions
                .open
                .get(&id)
                .is_some_and(|p| p.quantity.is_zero());
            if order.purpose.reduces() && empty {
                self.finish_position(id, order.purpose);
            } else if self.closes_what_it_fills(order) {
                let closing = self.state.positions.open.get(&id);
                if closing.is_some_and(|p| p.closing.is_some()) {
                    self.carry_out_close(id);
                } else {
                    self.fill_is_closed(id, order.id);
                }
            } else {
                self.fit_exits(id);
                self.keep_protected(id);
            }
        }
        self.mark_pool(false, true);
    }

    fn finish_position(&mut self, id: PositionId, by: Purpose) {
        for order in self.state.live_exits(id) {
            self.ask_cancel(order, "the position is closed");
        }
        for entry in self.state.live_entries(id) {
            self.ask_cancel(entry, "the position is closed");
        }
        let Some(position) = self.state.positions.open.get(&id) else {
            return;
        };
        let (realised, reservation) = (position.realised(), position.reservation);
        let watched = position.closing.as_ref().and_then(|c| c.counts_as);
        self.emit(Event::PositionClosed {
            id,
            reason: match by {
                Purpose::Stop => CloseReason::StopLoss,
                Purpose::Target => CloseReason::TakeProfit,
                _ => watched.unwrap_or(CloseReason::Exit),
            },
            realised: realised.normalize(),
        });
        if let Some(row) = reservation.and_then(|r| self.state.ledger.get(r))
            && row
                .order
                .is_none_or(|o| !self.state.orders.live.contains_key(&o))
        {
            let id = row.id;
            self.give_back(id, "its position is closed");
        }
        let (row, limit) = (
            self.state.account.stops_in_row,
            self.state.settings.risk.max_stops_in_row,
        );
        if row >= limit {
            self.add_cause(Cause::StopsInRow, &format!("{row} stops in a row"));
        }
    }

    fn give_back(&mut self, id: ReservationId, reason: &str) {
        self.emit(Event::ReservationEnded {
            id,
            how: Standing::Released,
            reason: reason.to_owned(),
        });
    }

    /// When an order has ended: the filled part of an entry stays bound to its position, the rest
    /// is given back; an exit that left something open makes room for protection or the close.
    pub(in crate::core) fn after_end(&mut self, id: OrderId) {
        if self.state.orders.live.contains_key(&id) {
            return;
        }
        let Some(order) = self.state.orders.get(id).cloned() else {
            return;
        };
        if let Some(row) = order.reservation.and_then(|r| self.state.ledger.get(r))
            && row.order == Some(id)
        {
            let row = row.id;
            let open = order
                .position
                .and_then(|p| self.state.positions.open.get(&p))
                .map(|p| p.id);
            match open {
                Some(position) => {
                    let quote = order.request.symbol.quote();
                    let rate = self.state.usd_of(quote, &|s| self.price_of(s));
                    let cost = order.filled_value / order.request.leverage + order.fees;
                    let amount = risk::rounded_up(cost * rate.unwrap_or(Decimal::ONE));
                    self.emit(Event::Bound {
                        id: row,
                        amount,
                        order: None,
                        position: Some(position),
                    });
                }
                None => self.give_back(row, "its order has ended"),
            }
        }
        if order.purpose.reduces()
            && let Some(position) = order.position
        {
            let closing = self.state.positions.open.get(&position);
            let closing = closing.and_then(|p| p.closing.clone());
            let carried = closing.filter(|c| c.order == Some(id) && order.status != Status::Filled);
            if let Some(closing) = carried.clone().filter(|_| order.never_worked()) {
                // The venue never had it, and nobody took the wish back: it is carried out later.
                self.emit(Event::CloseWanted {
                    id: position,
                    closing: Closing {
                        order: None,
                        ..closing
                    },
                });
                return;
            }
            if carried.is_some() {
                // Its close was cancelled, expired or refused: the wish ends with it, and stop and
                // target come back. The end of any other exit leaves the wish as it is.
                self.emit(Event::CloseDropped {
                    id: position,
                    reason: order.reason.clone().unwrap_or_default(),
                });
            }
            self.carry_out_close(position);
            // A venue that refuses a stop would refuse it again: that is an alarm, not a loop.
            if order.status != Status::Rejected || order.purpose == Purpose::Exit {
                self.keep_protected(position);
            }
        }
    }
}
