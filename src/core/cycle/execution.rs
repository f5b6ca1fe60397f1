//! From risk's size to an order: the gate looks, execution plans, and in guide mode the operator
//! decides.

use rust_decimal::Decimal;

use super::{Cycle, Findings, Phase};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::CycleId;
use crate::core::message::{Action, Payload, TradingSignal};
use crate::core::order::{Kind, OrderRequest, Side};
use crate::core::risk;
use crate::core::state::{Decider, Reply};

impl Decider<'_> {
    pub(super) fn found(&mut self, id: CycleId, found: Findings) {
        self.emit(Event::CycleFound {
            id,
            found: Box::new(found),
        });
    }

    /// Risk's size, cut to every limit; the gate looks before execution is asked.
    pub(super) fn sized(&mut self, cycle: &Cycle, wanted: Decimal, stop: Decimal, target: Decimal) {
        let Some(signal) = cycle.found.signal.clone() else {
            return;
        };
        let mut request = Self::request_of(cycle, &signal, wanted, stop, target);
        let Some(quote) = self.quote(cycle.symbol) else {
            self.end_cycle(cycle.id, Phase::Failed, "the symbol has no price");
            return;
        };
        let price = |s| self.price_of(s);
        request.quantity = risk::cut(self.state, &request, &quote, price);
        let verdict = risk::entry(
            self.state,
            self.now,
            &request,
            Some(quote),
            self.worth(),
            price,
        );
        if verdict.refusal.is_some()
            && let Err(refusal) = self.judged(None, &request, verdict)
        {
            let why = format!("risk refused: {refusal}");
            self.emit(Event::Refused { refusal });
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        }
        if request.quantity * Decimal::TWO < wanted {
            let why = format!(
                "conflict: risk cut the size from {} to {}; wait",
                wanted.normalize().round_dp(8),
                request.quantity
            );
            self.emit(Event::SignalWeighed {
                cycle: cycle.id,
                symbol: cycle.symbol,
                confidence: signal.confidence,
                agreement: None,
                weighed: signal.confidence,
                verdict: why.clone(),
                passed: false,
            });
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        }
        let quantity = request.quantity;
        self.found(
            cycle.id,
            Findings {
                quantity: Some(quantity),
                stop: Some(stop),
                target: Some(target),
                ..cycle.found.clone()
            },
        );
        let ask = Payload::Execute {
            signal,
            quantity,
            stop,
            target,
        };
        let result = format!("{quantity} of {} wanted", wanted.round_dp(8).normalize());
        self.enter_phase(cycle.id, Phase::Execution, "execute", ask, &result);
    }

    fn request_of(
        cycle: &Cycle,
        signal: &TradingSignal,
        quantity: Decimal,
        stop: Decimal,
        target: Decimal,
    ) -> OrderRequest {
        let side = match signal.action {
            Action::Sell => Side::Sell,
            Action::Buy | Action::Hold => Side::Buy,
        };
        let kind = match signal.entry_price {
            Some(_) => Kind::Limit,
            None => Kind::Market,
        };
        OrderRequest {
            request_id: Some(cycle.id.to_string()),
            price: signal.entry_price,
            leverage: signal.leverage.unwrap_or(Decimal::ONE),
            stop: Some(stop),
            target: Some(target),
            agent_id: "trading_decision".parse().ok(),
            policy_version: signal.policy_version.clone(),
            feature_hash: signal.feature_hash.clone(),
            confidence: Some(signal.confidence),
            cycle: Some(cycle.id),
            ..OrderRequest::new(cycle.symbol, side, kind, quantity)
        }
    }

    pub(super) fn execute(&mut self, cycle: &Cycle, limit: Option<Decimal>) {
        let found = &cycle.found;
        let (Some(signal), Some(quantity), Some(stop), Some(target)) =
            (&found.signal, found.quantity, found.stop, found.target)
        else {
            return;
        };
        let mut request = Self::request_of(cycle, signal, quantity, stop, target);
        if let Some(limit) = limit {
            request.kind = Kind::Limit;
            request.price = Some(limit);
        }
        if !self.state.settings.guide {
            if let Err(refusal) = self.send_for(cycle.id, &request) {
                self.emit(Event::Refused { refusal });
            }
            return;
        }
        let by = "trading_decision".parse().expect("a built-in name");
        match self.ask_approval(Some(cycle.id), by, &request, &signal.reasoning) {
            Ok(approval) => self.emit(Event::CycleMoved {
                id: cycle.id,
                phase: Phase::Execution,
                waiting: None,
                result: Some(format!("waits for {approval}")),
                agent: None,
            }),
            Err(refusal) => {
                let why = format!("risk refused: {refusal}");
                self.emit(Event::Refused { refusal });
                self.end_cycle(cycle.id, Phase::Completed, &why);
            }
        }
    }

    /// Places a cycle's order and watches it; a refusal ends the cycle, and is told.
    pub(in crate::core) fn send_for(&mut self, id: CycleId, request: &OrderRequest) -> Answer {
        match self.place(request) {
            Ok(Reply::Order(order)) => {
                let found = self.state.cycles.live.get(&id).map(|c| c.found.clone());
                self.found(
                    id,
                    Findings {
                        order: Some(order),
                        ..found.unwrap_or_default()
                    },
                );
                self.emit(Event::CycleMoved {
                    id,
                    phase: Phase::Monitoring,
                    waiting: None,
                    result: Some(format!("sent {order}")),
                    agent: None,
                });
                Ok(Reply::Order(order))
            }
            Ok(other) => Ok(other),
            Err(refusal) => {
                self.end_cycle(id, Phase::Completed, &format!("risk refused: {refusal}"));
                Err(refusal)
            }
        }
    }
}
