//! From a request to an approved order: an exit where it can only reduce, else an entry through the
//! risk gate, with its capital bound in the same record.

use rust_decimal::Decimal;

use super::{OWN_PREFIX, Order, OrderId, OrderRequest, Purpose, Status};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::{PositionId, ReservationId};
use crate::core::refusal::Refusal;
use crate::core::reservation::{Class, MAX_VICTIMS, Reservation};
use crate::core::risk;
use crate::core::slicing::{self, Slicing};
use crate::core::state::{Decider, Reply};

impl Decider<'_> {
    pub(in crate::core) fn place(&mut self, request: &OrderRequest) -> Answer {
        if let Some(known) = self.known_or_fit(request)? {
            return Ok(Reply::Order(known));
        }
        if request.algorithm.is_some() {
            risk::sanity(self.state, request)?;
            let quote = self.quote(request.symbol);
            slicing::large_enough(request, self.state.smallest(request.price, quote))?;
        }
        match self.exit_of(request) {
            Some(position) => {
                risk::sanity(self.state, request)?;
                self.prevent_self_trade(request, true)?;
                let price = self.quote(request.symbol).map(|q| q.last);
                let id = self.approve(
                    request,
                    Purpose::Exit,
                    Some(position),
                    None,
                    price.unwrap_or_default(),
                );
                self.run_slice(id);
                Ok(Reply::Order(id))
            }
            None if request.reduce_only => Err(Refusal::new(
                "RISK_SIZE",
                "nothing that is open can be reduced by this order",
                "`pilothouse positions` shows what is open; stop and target hold their quantity: \
                 `pilothouse positions close ID` moves them out of the way",
            )
            .measured(0, request.quantity.normalize())),
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
        self.may_draw(request)?;
        let quote = self.quote(request.symbol);
        let verdict = risk::entry(self.state, self.now, request, quote, self.worth(), |s| {
            self.price_of(s)
        });
        let (capital, reference) = (verdict.capital, verdict.reference);
        // An entry that would meet one of our own is told so first.
        let opposed = |r: &Refusal| r.code == "RISK_OPPOSING_POSITION";
        if verdict.refusal.as_ref().is_none_or(opposed) {
            self.prevent_self_trade(request, false)?;
        }
        if verdict.refusal.is_none() && request.draws.is_none() {
            self.make_room(capital, Class::Live, request)?;
        }
        let order = verdict.refusal.is_none().then(|| OrderId(self.next_id()));
        self.judged(order, request, verdict)?;
        let agent = request
            .agent_id
            .unwrap_or_else(|| "trader".parse().expect("a built-in name"));
        let reservation = self.state.ledger.free_id(agent, self.now, 0);
        let id = OrderId(self.next_id());
        self.emit(Event::Reserved {
            row: Box::new(Reservation {
                strategy: request.strategy,
                order: Some(id),
                drawn: self.state.drawn_for(request, capital),
                ..Reservation::bound(reservation, capital, format!("live: {id}"), self.now)
            }),
        });
        let position = PositionId(id.0 + 1);
        self.approve(
            request,
            Purpose::Entry,
            Some(position),
            Some(reservation),
            reference,
        );
        self.run_slice(id);
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

    pub(super) fn approve(
        &mut self,
        request: &OrderRequest,
        purpose: Purpose,
        position: Option<PositionId>,
        reservation: Option<ReservationId>,
        decision_price: Decimal,
    ) -> OrderId {
        let slicing = request.algorithm.as_ref().map(|plan| {
            let quote = self.quote(request.symbol);
            let minimum = self.state.smallest(request.price, quote);
            Box::new(Slicing::begun(
                request,
                plan,
                self.now,
                decision_price,
                minimum,
            ))
        });
        self.approve_as(Order {
            slicing,
            purpose,
            position,
            reservation,
            ..self.drafted(request, decision_price)
        })
    }

    /// Approves a part of a sliced order: it has the purpose and the position of the whole, and
    /// nothing of its own is bound to it.
    pub(in crate::core) fn approve_part(
        &mut self,
        parent: &Order,
        request: &OrderRequest,
        decision_price: Decimal,
    ) -> OrderId {
        self.approve_as(Order {
            purpose: parent.purpose,
            position: parent.position,
            parent: Some(parent.id),
            ..self.drafted(request, decision_price)
        })
    }

    fn approve_as(&mut self, order: Order) -> OrderId {
        let id = order.id;
        let order = Order {
            // What is sent in slices works as soon as it is approved.
            status: if order.is_sent() {
                Status::Pending
            } else {
                Status::Open
            },
            ..order
        };
        self.emit(Event::OrderApproved {
            order: Box::new(order),
        });
        id
    }

    /// An order as its request says, before anybody has decided what it is for.
    fn drafted(&self, request: &OrderRequest, decision_price: Decimal) -> Order {
        let id = OrderId(self.next_id());
        Order {
            id,
            client_order_id: request
                .client_order_id
                .clone()
                .unwrap_or_else(|| format!("{OWN_PREFIX}{}", id.0)),
            purpose: Purpose::Entry,
            position: None,
            reservation: None,
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
            price: request.price,
            parent: None,
            slicing: None,
            doubt: None,
            request: request.clone(),
        }
    }
}
