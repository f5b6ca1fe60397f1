//! What the trader wants for a service becomes a fill on paper or an order through the gate.

use rust_decimal::Decimal;

use super::{Act, Service};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::{PositionId, ReservationId, ServiceId};
use crate::core::message::{Action, Payload, TradingSignal};
use crate::core::order::{Kind, OrderRequest, Purpose, Side};
use crate::core::position::{CloseReason, Position};
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::state::{Decider, Reply, State};

impl State {
    /// The open positions of a service.
    pub fn positions_of(&self, id: ServiceId) -> impl Iterator<Item = &Position> {
        let open = self.positions.open.values();
        open.filter(move |p| p.service == Some(id))
    }

    /// Whether an entry of a service works, or waits for the operator.
    pub fn enters(&self, id: ServiceId) -> bool {
        let mut orders = self.orders.live.values();
        let mut asked = self.approvals.waiting.values();
        orders.any(|o| o.purpose == Purpose::Entry && o.request.service == Some(id))
            || asked.any(|a| a.request.service == Some(id))
    }

    /// What a service is worth at a price: its capital, what it realised in this stage, and what is
    /// open.
    pub fn worth_of_service(&self, id: ServiceId, price: Decimal) -> Option<Decimal> {
        let service = self.services.live.get(&id)?;
        let paper = service.book.holding.as_ref().map(|h| h.gain(price));
        let open = self.positions_of(id);
        let real: Decimal = open.map(|p| p.realised() + p.unrealised(price)).sum();
        Some((service.book.settled() + paper.unwrap_or_default() + real).normalize())
    }

    /// The share of a reservation that the service that holds it may use in its stage.
    pub(in crate::core) fn share_in_use(&self, hold: ReservationId) -> Decimal {
        let mut services = self.services.live.values();
        let holder = services.find(|s| s.holds.contains(&hold));
        holder.map_or(Decimal::ONE, |service| self.share_of(service.stage))
    }
}

impl Decider<'_> {
    pub(in crate::core) fn act(&mut self, act: &Act) -> Answer {
        if self.actor.as_str() != "trader" {
            return Err(Refusal::new(
                "SERVICE_OWNED",
                "what is deployed is traded by the trader",
                "`pilothouse orders place` is the operator's own hand",
            )
            .measured("trader", self.actor));
        }
        let service = self.state.services.live.get(&act.service);
        let Some(service) = service.filter(|s| s.is_at_work()).cloned() else {
            return Err(Refusal::new(
                "SERVICE_IDLE",
                format!("{} is not at work", act.service),
                "`pilothouse strategy list` shows what is",
            ));
        };
        match (self.leaving(&service, act.side), act.leaves) {
            (Some(leaving), true) => {
                self.announce(&service, act);
                self.leave(&service, leaving, act)
            }
            (None, true) => {
                self.signalled(service.id, Some("nothing is held any more".into()));
                Ok(Reply::Done)
            }
            (_, false) => {
                self.announce(&service, act);
                self.enter_for(&service, act)
            }
        }
    }

    /// Says on the bus what is wanted; without a price there is nothing to say.
    fn announce(&mut self, service: &Service, act: &Act) {
        let Some(quote) = self.quote(service.symbol()) else {
            return;
        };
        let percent = |level: Option<Decimal>| {
            let away = (level? - quote.last).abs().checked_div(quote.last)?;
            Some((away * Decimal::ONE_HUNDRED).round_dp(4))
        };
        let signal = TradingSignal {
            symbol: service.symbol(),
            action: match act.side {
                Side::Buy => Action::Buy,
                Side::Sell => Action::Sell,
            },
            // A rule is fulfilled or not.
            confidence: Decimal::ONE,
            entry_price: Some(quote.last),
            stop_loss_pct: percent(act.stop),
            take_profit_pct: percent(act.target),
            leverage: Some(Decimal::ONE),
            reasoning: act.reasoning.clone(),
            policy_version: Some(policy(service)),
            feature_hash: Some(act.feature_hash.clone()),
        };
        self.publish(self.actor, Payload::Signal(signal));
    }

    /// What an act of this side would leave.
    fn leaving(&self, service: &Service, side: Side) -> Option<Leaving> {
        if let Some(holding) = &service.book.holding {
            return (holding.side != side).then_some(Leaving::Paper);
        }
        let mut open = self.state.positions_of(service.id);
        let position = open.find(|p| p.side != side)?;
        Some(Leaving::Real(position.id))
    }

    fn leave(&mut self, service: &Service, leaving: Leaving, act: &Act) -> Answer {
        self.signalled(service.id, None);
        match leaving {
            Leaving::Paper => {
                match (act.met, self.quote(service.symbol())) {
                    (Some(level), _) => self.leave_paper_on(service.id, level),
                    (None, Some(quote)) => {
                        self.leave_paper_at(service.id, &quote, CloseReason::Exit);
                    }
                    (None, None) => {}
                }
                Ok(Reply::Done)
            }
            Leaving::Real(position) => self.close(position, None, &act.reasoning),
        }
    }

    fn enter_for(&mut self, service: &Service, act: &Act) -> Answer {
        let id = service.id;
        let mode = self.state.mode();
        if !mode.entries() {
            let reason = format!("trading is {}", mode.as_str());
            self.signalled(id, Some(reason));
            return Ok(Reply::Done);
        }
        let busy = service.book.holding.is_some()
            || self.state.enters(id)
            || self.state.positions_of(id).next().is_some();
        if busy {
            self.signalled(id, Some("it holds or enters already".into()));
            return Ok(Reply::Done);
        }
        if let Some(reason) = self.stands_against(service) {
            self.signalled(id, Some(reason));
            return Ok(Reply::Done);
        }
        self.signalled(id, None);
        if service.is_shadow() {
            let Some(quote) = self.quote(service.symbol()) else {
                return Err(Refusal::new(
                    "RISK_STALE_PRICE",
                    format!("{} has no price", service.symbol()),
                    "wait for the feed",
                ));
            };
            self.enter_paper(act, &quote)?;
            return Ok(Reply::Done);
        }
        let request = OrderRequest {
            stop: act.stop,
            target: act.target,
            strategy: Some(service.strategy()),
            agent_id: Some(self.actor),
            policy_version: Some(policy(service)),
            feature_hash: Some(act.feature_hash.clone()),
            service: Some(id),
            draws: service.holds.first().copied(),
            // Stop and target are the rule's own, as they were when it was judged.
            trail: Some(Decimal::ZERO),
            ..OrderRequest::new(service.symbol(), act.side, Kind::Market, act.quantity)
        };
        if let Some(position) = self.exit_of(&request) {
            // It would reduce what is none of its own.
            return Err(Refusal::new(
                "RISK_OPPOSING_POSITION",
                format!("{position} of somebody else would be reduced by this entry"),
                "a strategy enters where nothing stands against it",
            ));
        }
        let request = self.within_limits(request);
        self.order(&request)
    }

    /// As much of an entry as the limits leave room for: a rule knows its capital, not the gate. Where
    /// nothing would be left the gate says why.
    fn within_limits(&mut self, request: OrderRequest) -> OrderRequest {
        let Some(quote) = self.quote(request.symbol) else {
            return request;
        };
        let most = risk::cut(self.state, &request, &quote, |s| self.price_of(s));
        let large_enough = most >= self.state.smallest(None, Some(quote));
        match most < request.quantity && most > Decimal::ZERO && large_enough {
            true => OrderRequest {
                quantity: most,
                ..request
            },
            false => request,
        }
    }

    /// Why nothing is entered for a service now, though trading would allow it.
    fn stands_against(&self, service: &Service) -> Option<String> {
        let symbol = service.symbol();
        let paused = self.state.trading.paused_symbols.contains_key(&symbol);
        paused.then(|| format!("{symbol} is paused"))
    }

    fn signalled(&mut self, id: ServiceId, refused: Option<String>) {
        self.emit(Event::ServiceSignalled {
            id,
            passed: refused.is_none(),
            reason: refused,
        });
    }
}

/// What leaves.
enum Leaving {
    /// What is held on paper.
    Paper,
    /// A position.
    Real(PositionId),
}

/// What decided an order: the strategy and its version.
fn policy(service: &Service) -> String {
    format!("{}-{}", service.strategy(), service.version.version)
}
