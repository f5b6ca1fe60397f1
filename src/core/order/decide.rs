//! What may be sent, what a venue's word changes, and how positions stay protected.

use rust_decimal::Decimal;

use super::{Kind, Order, OrderId, OrderRequest, Purpose, Status, TimeInForce};
use crate::core::command::Report;
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::PositionId;
use crate::core::position::{CloseReason, Closing, Position};
use crate::core::refusal::Refusal;
use crate::core::reservation::{Class, MAX_VICTIMS, Reservation, Resource, Standing};
use crate::core::risk;
use crate::core::state::{Decider, Reply, State};
use crate::core::trading_state::Cause;

/// Bytes of an order's metadata.
const MAX_METADATA: usize = 4_096;
/// Bytes of a policy's version and a feature hash.
const MAX_TEXT: usize = 256;
/// Why an entry goes whose position is being closed: what still fills is closed too.
const CLOSING: &str = "its position is being closed";
/// Bytes of a request id.
const MAX_REQUEST_ID: usize = 128;

impl Decider<'_> {
    /// The order this request made before, or none where it may make one.
    pub(in crate::core) fn known_or_fit(
        &self,
        request: &OrderRequest,
    ) -> Result<Option<OrderId>, Refusal> {
        if let Some(id) = &request.request_id {
            if id.is_empty() || id.len() > MAX_REQUEST_ID {
                return Err(Refusal::new(
                    "ORDER_INVALID",
                    "a request id has 1 to 128 bytes",
                    "shorten it",
                )
                .measured(MAX_REQUEST_ID, id.len()));
            }
            if let Some(known) = self.state.orders.by_request.get(id) {
                let same = self.state.orders.get(*known).map(|o| &o.request) == Some(request);
                return if same {
                    Ok(Some(*known))
                } else {
                    Err(Refusal::new(
                        "IDEMPOTENCY_MISMATCH",
                        format!("{id} came with another order before: {known}"),
                        "a new order wants a new request id",
                    ))
                };
            }
        }
        for text in [&request.policy_version, &request.feature_hash]
            .into_iter()
            .flatten()
        {
            if text.len() > MAX_TEXT {
                return Err(Refusal::new(
                    "ORDER_INVALID",
                    "policy_version and feature_hash have at most 256 bytes",
                    "keep the rest elsewhere",
                )
                .measured(MAX_TEXT, text.len()));
            }
        }
        let metadata: usize = request
            .metadata
            .iter()
            .map(|(k, v)| k.len() + v.len())
            .sum();
        if metadata > MAX_METADATA {
            return Err(Refusal::new(
                "ORDER_INVALID",
                "metadata is at most 4 KiB",
                "keep the rest elsewhere",
            )
            .measured(MAX_METADATA, metadata));
        }
        if request.time_in_force == TimeInForce::Gtd
            && request.expires_at.is_none_or(|at| at <= self.now)
        {
            return Err(Refusal::new(
                "ORDER_INVALID",
                "good-till-date needs a date that lies ahead",
                "--expires TIME",
            ));
        }
        Ok(None)
    }

    pub(in crate::core) fn place(&mut self, request: &OrderRequest) -> Answer {
        if let Some(known) = self.known_or_fit(request)? {
            return Ok(Reply::Order(known));
        }
        match self.exit_of(request) {
            Some(position) => {
                risk::sanity(self.state, request)?;
                let price = self.quote(request.symbol).map(|q| q.last);
                let id = self.approve(
                    request,
                    Purpose::Exit,
                    Some(position),
                    None,
                    price.unwrap_or_default(),
                );
                Ok(Reply::Order(id))
            }
            None if request.reduce_only => Err(Refusal::new(
                "RISK_SIZE",
                "nothing that is open can be reduced by this order",
                "`pilothouse positions` shows what is open; stop and target hold their quantity: \
                 `pilothouse positions close ID` moves them out of the way",
            )),
            None => self.enter(request),
        }
    }

    /// The position an order could only reduce: opposite side, no more than is open and not yet
    /// spoken for. A stop and target pair counts once, at the larger of the two.
    pub(in crate::core) fn exit_of(&self, request: &OrderRequest) -> Option<PositionId> {
        self.state
            .positions
            .of(request.symbol)
            .find(|p| {
                p.side != request.side
                    && p.quantity > Decimal::ZERO
                    && request.quantity <= p.quantity - self.state.open_exits(p)
            })
            .map(|p| p.id)
    }

    fn enter(&mut self, request: &OrderRequest) -> Answer {
        let quote = self.quote(request.symbol);
        let verdict = risk::entry(self.state, self.now, request, quote, self.worth(), |s| {
            self.price_of(s)
        });
        if verdict.refusal.is_none() {
            self.make_room(verdict.capital, Class::Live, request)?;
        }
        let order = verdict.refusal.is_none().then(|| OrderId(self.next_id()));
        self.emit(Event::RiskChecked {
            order,
            request_id: request.request_id.clone(),
            checks: verdict.checks,
        });
        if let Some(refusal) = verdict.refusal {
            return Err(refusal);
        }
        let agent = request
            .agent_id
            .unwrap_or_else(|| "trader".parse().expect("a built-in name"));
        let reservation = self.state.ledger.free_id(agent, self.now, 0);
        let id = OrderId(self.next_id());
        self.emit(Event::Reserved {
            row: Box::new(Reservation {
                id: reservation,
                agent,
                strategy: request.strategy,
                resource: Resource::Capital,
                class: Class::Live,
                amount: verdict.capital,
                asked: verdict.capital,
                purpose: format!("live: {id}"),
                standing: Standing::Bound,
                created_at: self.now,
                expires_at: None,
                order: Some(id),
                position: None,
                group: Vec::new(),
                sharpe: None,
                ttl_s: 0,
                waits: None,
                told_at: None,
                granted_at: None,
                keyed: None,
                turn: Class::Live.priority(),
            }),
        });
        let position = PositionId(id.0 + 1);
        self.approve(
            request,
            Purpose::Entry,
            Some(position),
            Some(reservation),
            verdict.reference,
        );
        Ok(Reply::Order(id))
    }

    /// Takes from lower priorities what an entry lacks.
    fn make_room(
        &mut self,
        capital: Decimal,
        class: Class,
        request: &OrderRequest,
    ) -> Result<(), Refusal> {
        let ledger = &self.state.ledger;
        if capital <= ledger.available_capital() {
            return Ok(());
        }
        let victims = ledger.victims(class.priority(), capital);
        if victims.len() > MAX_VICTIMS {
            return Err(Refusal::new(
                "RISK_CAPITAL",
                format!(
                    "{} reservations would have to give way at once",
                    victims.len()
                ),
                "ask for less, or let the lower priorities give back",
            )
            .measured(MAX_VICTIMS, victims.len()));
        }
        self.take_from(
            &victims,
            &format!("an order of {} {}", request.quantity, request.symbol),
        );
        Ok(())
    }

    fn approve(
        &mut self,
        request: &OrderRequest,
        purpose: Purpose,
        position: Option<PositionId>,
        reservation: Option<crate::core::id::ReservationId>,
        decision_price: Decimal,
    ) -> OrderId {
        let id = OrderId(self.next_id());
        let order = Order {
            id,
            client_order_id: format!("ph-{}", id.0),
            purpose,
            position,
            reservation,
            decision_price,
            created_at: self.now,
            status: Status::Pending,
            venue_order_id: None,
            quantity: request.quantity,
            filled: Decimal::ZERO,
            filled_value: Decimal::ZERO,
            fees: Decimal::ZERO,
            fills: Vec::new(),
            updated_at: self.now,
            cancel: None,
            reason: None,
            stop_price: request.stop_price,
            request: request.clone(),
        };
        self.emit(Event::OrderApproved {
            order: Box::new(order),
        });
        id
    }

    pub(in crate::core) fn cancel(&mut self, id: OrderId, reason: &str) -> Answer {
        let Some(order) = self.state.orders.get(id) else {
            return Err(unknown("ORDER_UNKNOWN", &id.to_string(), "orders"));
        };
        let owner = order.request.agent_id;
        if self.is_outside(self.actor) && owner != Some(self.actor) {
            return Err(Refusal::new(
                "ORDER_OWNED",
                format!("{id} is not {}'s", self.actor),
                "an agent cancels its own orders; an operator any",
            )
            .measured(self.actor, owner.map_or("nobody".into(), |o| o.to_string())));
        }
        if order.status.is_terminal() {
            return Err(Refusal::new(
                "ORDER_ENDED",
                format!("{id} has ended already"),
                "nothing is left to cancel",
            ));
        }
        if matches!(order.purpose, Purpose::Stop | Purpose::Target) {
            return Err(Refusal::new(
                "ORDER_PROTECTS",
                format!("{id} protects an open position"),
                "move it with `positions set`, or close the position",
            ));
        }
        let reason = if reason.trim().is_empty() {
            "cancelled by hand"
        } else {
            checked_reason(reason)?
        };
        self.ask_cancel(id, reason);
        Ok(Reply::Order(id))
    }

    pub(in crate::core) fn ask_cancel(&mut self, id: OrderId, reason: &str) {
        if self
            .state
            .orders
            .live
            .get(&id)
            .is_some_and(|o| o.cancel.is_none())
        {
            self.emit(Event::CancelAsked {
                id,
                reason: reason.to_owned(),
            });
        }
    }

    pub(in crate::core) fn close(
        &mut self,
        id: PositionId,
        limit: Option<Decimal>,
        reason: &str,
    ) -> Answer {
        let Some(position) = self.state.positions.get(id) else {
            return Err(unknown("POSITION_UNKNOWN", &id.to_string(), "positions"));
        };
        if !position.is_open() {
            return Err(Refusal::new(
                "POSITION_CLOSED",
                format!("{id} is closed already"),
                "nothing is left to close",
            ));
        }
        if let Some(limit) = limit {
            let request = OrderRequest {
                price: Some(limit),
                ..OrderRequest::new(
                    position.symbol,
                    position.side.opposite(),
                    Kind::Limit,
                    position.quantity,
                )
            };
            risk::sanity(self.state, &request)?;
        }
        let reason = if reason.trim().is_empty() {
            "closed by hand"
        } else {
            checked_reason(reason)?
        };
        let entry = position.entry_order;
        if position.closing.as_ref().is_none_or(|c| c.limit != limit) {
            self.emit(Event::CloseWanted {
                id,
                closing: Closing {
                    limit,
                    reason: reason.to_owned(),
                    by: self.actor,
                    order: None,
                },
            });
            for order in self.state.live_exits(id) {
                self.ask_cancel(order, "its position is being closed");
            }
            self.ask_cancel(entry, CLOSING);
        }
        let order = self.carry_out_close(id);
        Ok(Reply::Closing(id, order))
    }

    /// Sends the closing order once no other exit of the position works, so that nothing is sold
    /// twice.
    fn carry_out_close(&mut self, id: PositionId) -> Option<OrderId> {
        let position = self.state.positions.open.get(&id)?;
        let closing = position.closing.clone()?;
        let working = self.state.live_exits(id);
        if !working.is_empty() || position.quantity.is_zero() {
            return working
                .into_iter()
                .find(|o| self.state.orders.live[o].purpose == Purpose::Exit);
        }
        let request = OrderRequest {
            price: closing.limit,
            reduce_only: true,
            leverage: position.leverage,
            strategy: position.strategy,
            agent_id: Some(closing.by),
            ..OrderRequest::new(
                position.symbol,
                position.side.opposite(),
                if closing.limit.is_some() {
                    Kind::Limit
                } else {
                    Kind::Market
                },
                position.quantity,
            )
        };
        let price = self.quote(request.symbol).map(|q| q.last);
        let order = self.approve(
            &request,
            Purpose::Exit,
            Some(id),
            None,
            price.unwrap_or_default(),
        );
        self.emit(Event::CloseWanted {
            id,
            closing: Closing {
                order: Some(order),
                ..closing
            },
        });
        Some(order)
    }

    pub(in crate::core) fn flatten(&mut self, reason: &str) -> Answer {
        if !reason.trim().is_empty() {
            checked_reason(reason)?;
        }
        let entries: Vec<_> = self
            .state
            .orders
            .live
            .values()
            .filter(|o| o.purpose == Purpose::Entry)
            .map(|o| o.id)
            .collect();
        for id in entries {
            self.ask_cancel(id, CLOSING);
        }
        Ok(Reply::Flattening(self.close_all(reason)))
    }

    /// Closes everything that is open now, at the market.
    pub(in crate::core) fn close_all(&mut self, reason: &str) -> Vec<PositionId> {
        let open: Vec<_> = self.state.positions.open.keys().copied().collect();
        for id in &open {
            // What is open can be closed at the market, whatever else is refused.
            let _ = self.close(*id, None, reason);
        }
        open
    }

    pub(in crate::core) fn protect(
        &mut self,
        id: PositionId,
        stop: Option<Decimal>,
        target: Option<Decimal>,
    ) -> Answer {
        let Some(position) = self.state.positions.open.get(&id).cloned() else {
            return Err(unknown("POSITION_UNKNOWN", &id.to_string(), "positions"));
        };
        let price = self
            .quote(position.symbol)
            .map_or_else(|| position.entry(), |q| q.last);
        let sign = position.side.sign();
        for (what, level, side) in [
            ("stop", stop, Decimal::NEGATIVE_ONE),
            ("target", target, Decimal::ONE),
        ] {
            let Some(level) = level else { continue };
            let step = self.state.settings.execution.price_step;
            if level <= Decimal::ZERO || level >= risk::MOST || !risk::on_step(level, step) {
                return Err(Refusal::new(
                    "RISK_PRICE",
                    format!("the {what} must lie above 0, on the venue's step"),
                    "round it to the step",
                )
                .measured(step, level));
            }
            if (level - price) * side * sign <= Decimal::ZERO {
                return Err(Refusal::new(
                    "RISK_PRICE",
                    format!("the {what} is on the wrong side of the price"),
                    "a long's stop lies below and its target above; a short's the other way round",
                )
                .measured(price.normalize(), level));
            }
        }
        self.emit(Event::ProtectionSet {
            id,
            stop: stop.or(position.stop),
            target: target.or(position.target),
            by: self.actor,
        });
        self.keep_protected(id);
        Ok(Reply::Done)
    }

    /// Places stop and target for what is open, or fits them to it.
    pub(in crate::core) fn keep_protected(&mut self, id: PositionId) {
        let Some(position) = self.state.positions.open.get(&id).cloned() else {
            return;
        };
        if position.closing.is_some() || position.quantity.is_zero() {
            return;
        }
        // What other exits speak for is not sold twice.
        let quantity = position.quantity - self.state.other_exits(&position);
        if quantity <= Decimal::ZERO {
            return;
        }
        for (purpose, level, order) in [
            (Purpose::Stop, position.stop, position.stop_order),
            (Purpose::Target, position.target, position.target_order),
        ] {
            let Some(level) = level else { continue };
            let working = order.and_then(|o| self.state.orders.live.get(&o)).cloned();
            match working {
                Some(order) if order.cancel.is_none() => {
                    let quantity = order.filled + quantity;
                    if order.quantity != quantity || order.stop_price != Some(level) {
                        self.emit(Event::OrderAmended {
                            id: order.id,
                            quantity,
                            stop_price: Some(level),
                        });
                    }
                }
                Some(_) => {}
                None => {
                    let kind = match purpose {
                        Purpose::Stop => Kind::StopLoss,
                        _ => Kind::TakeProfit,
                    };
                    let request = OrderRequest {
                        stop_price: Some(level),
                        reduce_only: true,
                        leverage: position.leverage,
                        strategy: position.strategy,
                        ..OrderRequest::new(
                            position.symbol,
                            position.side.opposite(),
                            kind,
                            quantity,
                        )
                    };
                    self.approve(&request, purpose, Some(id), None, level);
                }
            }
        }
    }

    /// A venue's word on an order of ours.
    pub(in crate::core) fn report(&mut self, id: OrderId, report: &Report) -> Answer {
        let Some(order) = self.state.orders.get(id).cloned() else {
            return Ok(Reply::Done);
        };
        match report {
            Report::Filled(fill) => {
                if order
                    .fills
                    .iter()
                    .any(|f| f.execution_id == fill.execution_id)
                {
                    return Ok(Reply::Done);
                }
                self.emit(Event::OrderFilled {
                    id,
                    fill: fill.clone(),
                });
                self.after_fill(&order);
            }
            Report::Submitted => self.step(&order, Status::Submitted, None, None),
            Report::Accepted { venue_id } => {
                // A fill may overtake the acceptance: the id is kept, the status stays.
                let status = match order.status {
                    Status::PartiallyFilled => Status::PartiallyFilled,
                    _ => Status::Open,
                };
                self.step(&order, status, Some(venue_id.clone()), None);
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
        }
        self.after_end(id);
        Ok(Reply::Done)
    }

    fn step(
        &mut self,
        order: &Order,
        status: Status,
        venue_id: Option<String>,
        reason: Option<String>,
    ) {
        if order.status.is_terminal() && status.is_terminal() {
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

    /// After a fill: protection for what is open, or the end of the position.
    fn after_fill(&mut self, order: &Order) {
        if let Some(id) = order.position {
            let empty = self
                .state
                .positions
                .open
                .get(&id)
                .is_some_and(|p| p.quantity.is_zero());
            if order.purpose.reduces() && empty {
                self.finish_position(id, order.purpose);
            } else if order.cancel.as_ref().is_some_and(|(_, why)| why == CLOSING) {
                // It filled while it was being cancelled so that its position be closed.
                let closing = self.state.positions.open.get(&id);
                if closing.is_some_and(|p| p.closing.is_some()) {
                    self.carry_out_close(id);
                } else {
                    // What is open can be closed at the market, whatever else is refused.
                    let _ = self.close(id, None, "its entry filled while it was being closed");
                }
            } else {
                self.keep_protected(id);
            }
        }
        self.mark_pool(false, true);
    }

    fn finish_position(&mut self, id: PositionId, by: Purpose) {
        for order in self.state.live_exits(id) {
            self.ask_cancel(order, "the position is closed");
        }
        let entry = self.state.positions.open.get(&id).map(|p| p.entry_order);
        if let Some(entry) = entry {
            self.ask_cancel(entry, "the position is closed");
        }
        let Some(position) = self.state.positions.open.get(&id) else {
            return;
        };
        let (realised, reservation) = (position.realised(), position.reservation);
        self.emit(Event::PositionClosed {
            id,
            reason: match by {
                Purpose::Stop => CloseReason::StopLoss,
                Purpose::Target => CloseReason::TakeProfit,
                _ => CloseReason::Exit,
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

    fn give_back(&mut self, id: crate::core::id::ReservationId, reason: &str) {
        self.emit(Event::ReservationEnded {
            id,
            how: Standing::Released,
            reason: reason.to_owned(),
        });
    }

    /// When an order has ended: the filled part of an entry stays bound to its position, the rest
    /// is given back; an exit that left something open makes room for protection or the close.
    fn after_end(&mut self, id: OrderId) {
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
                    let amount =
                        risk::rounded_up(order.filled_value / order.request.leverage + order.fees);
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
            let carried = self
                .state
                .positions
                .open
                .get(&position)
                .and_then(|p| p.closing.as_ref())
                .is_some_and(|c| c.order == Some(id));
            if carried && order.status != Status::Filled {
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

impl State {
    /// Live orders that only reduce this position.
    fn live_exits(&self, id: PositionId) -> Vec<OrderId> {
        self.orders
            .live
            .values()
            .filter(|o| o.position == Some(id) && o.purpose.reduces())
            .map(|o| o.id)
            .collect()
    }

    /// Quantity of a position that live exits speak for; stop and target count once.
    fn open_exits(&self, position: &Position) -> Decimal {
        let pair = self
            .orders
            .live
            .values()
            .filter(|o| o.position == Some(position.id))
            .filter(|o| matches!(o.purpose, Purpose::Stop | Purpose::Target))
            .map(Order::remaining)
            .max();
        pair.unwrap_or_default() + self.other_exits(position)
    }

    /// Quantity of a position that exits other than its stop and target speak for.
    fn other_exits(&self, position: &Position) -> Decimal {
        self.orders
            .live
            .values()
            .filter(|o| o.position == Some(position.id) && o.purpose == Purpose::Exit)
            .map(Order::remaining)
            .sum()
    }

    /// Whether a position needs no stop or has one that works for all of it.
    pub fn is_protected(&self, id: PositionId) -> bool {
        self.positions.open.get(&id).is_none_or(|p| {
            p.stop.is_none()
                || p.closing.as_ref().is_some_and(|c| c.limit.is_none())
                || p.stop_order
                    .and_then(|o| self.orders.live.get(&o))
                    .is_some_and(|o| {
                        matches!(o.status, Status::Open | Status::PartiallyFilled)
                            && o.remaining() >= p.quantity - self.other_exits(p)
                    })
        })
    }
}

fn unknown(code: &str, id: &str, list: &str) -> Refusal {
    Refusal::new(
        code,
        format!("nobody knows {id}, or it has ended"),
        format!("`pilothouse {list}` lists them"),
    )
}
