//! How a cycle moves: only here, only by the supervisor (domain.md, Cycles). Each phase but the
//! last asks an agent by a message; HOLD, a conflict or a refusal ends the cycle early, and it
//! says so.

use rust_decimal::Decimal;

use super::command::Answer as Said;
use super::cycle::{Cycle, Findings, Phase};
use super::decide::{Answer, checked_reason};
use super::event::Event;
use super::health::NEEDED;
use super::id::{CycleId, MessageId};
use super::message::{
    Action, Delivery, Message, MessageKind, Payload, Priority, Topic, TradingSignal,
};
use super::order::{Kind, OrderRequest};
use super::refusal::Refusal;
use super::risk;
use super::signal::{self, Voices};
use super::state::{Decider, Reply, State};
use super::text::{Name, Symbol};
use super::time::Time;

/// An unhealthy agent gets another chance after this long, milliseconds of engine time.
const PROBE_MS: i64 = 300_000;
/// Monitoring ends after this long in any case, milliseconds of engine time.
const MONITOR_MS: i64 = 120_000;

fn supervisor() -> Name {
    "supervisor".parse().expect("a built-in name")
}

impl Decider<'_> {
    pub(super) fn start_cycle(&mut self, symbol: Option<Symbol>) -> Answer {
        let symbol = match symbol {
            Some(symbol) => {
                self.known_symbol(symbol)?;
                symbol
            }
            None => *self.state.settings.symbols.first().ok_or_else(|| {
                Refusal::new(
                    "CYCLE_SYMBOL",
                    "nothing is traded here",
                    "configure a symbol",
                )
            })?,
        };
        self.open_cycle(symbol).map(Reply::Cycle)
    }

    pub(super) fn open_cycle(&mut self, symbol: Symbol) -> Result<CycleId, Refusal> {
        if self.state.cycles.live.values().any(|c| c.symbol == symbol) {
            return Err(Refusal::new(
                "CYCLE_RUNNING",
                format!("a cycle of {symbol} is running"),
                "wait for its end, or halt it",
            ));
        }
        let count = self.state.cycles.live.len() as u64
            + self.state.cycles.completed
            + self.state.cycles.halted
            + self.state.cycles.failed;
        let id = CycleId {
            second: self.now.0.div_euclid(1000),
            n: u32::try_from(count + 1).unwrap_or(u32::MAX),
        };
        self.emit(Event::CycleOpened { id, symbol });
        if let Some(why) = self.may_not_start() {
            self.end_cycle(id, Phase::Halted, &why);
            return Err(Refusal::new(
                "CYCLE_MAY_NOT_START",
                why,
                "`pilothouse status` shows state and health",
            ));
        }
        let ask = Payload::Analyse { symbol };
        self.enter_phase(
            id,
            Phase::StrategyAnalysis,
            "analyse",
            ask,
            "agents are well",
        );
        Ok(id)
    }

    fn may_not_start(&self) -> Option<String> {
        let mode = self.state.mode();
        if !mode.schedules() || mode == super::trading_state::Mode::Paused {
            return Some(format!("trading is {}", mode.as_str()));
        }
        let unwell: Vec<&str> = NEEDED
            .into_iter()
            .filter(|name| {
                let name: Name = name.parse().expect("a built-in name");
                self.state
                    .agents
                    .get(&name)
                    .is_some_and(|a| a.stale || a.unhealthy && !self.may_probe(a))
            })
            .collect();
        (!unwell.is_empty()).then(|| format!("Unhealthy agents detected: {}", unwell.join(", ")))
    }

    /// An agent that works only in cycles could never show that it is well again: after five
    /// minutes without a failure it gets one more chance.
    fn may_probe(&self, agent: &super::health::AgentHealth) -> bool {
        agent.failed_at.is_none_or(|at| self.now - at >= PROBE_MS)
    }

    fn enter_phase(
        &mut self,
        id: CycleId,
        phase: Phase,
        subject: &str,
        payload: Payload,
        result: &str,
    ) {
        let to = phase.agent().and_then(|a| a.parse().ok());
        let ttl = i64::from(self.state.settings.command_ttl_s);
        let message = Message {
            id: MessageId(self.next_id()),
            from: supervisor(),
            to,
            topic: None,
            kind: MessageKind::Command,
            priority: Priority::High,
            subject: format!("{subject} {id}"),
            payload,
            in_reply_to: None,
            response: None,
            created_at: self.now,
            // The deadline of the phase is one of wall time, and the engine's.
            expires_at: Some(self.now.plus_s(ttl)),
            delivery: Delivery::Queued,
            processed_at: None,
        };
        let waiting = self.post(message);
        self.emit(Event::CycleMoved {
            id,
            phase,
            waiting: Some(waiting),
            result: Some(result.to_owned()),
        });
    }

    pub(super) fn end_cycle(&mut self, id: CycleId, phase: Phase, why: &str) {
        let Some(cycle) = self.state.cycles.live.get(&id) else {
            return;
        };
        if let Some(message) = cycle.waiting
            && self.state.bus.live.contains_key(&message)
        {
            self.emit(Event::MessageEnded {
                id: message,
                how: Delivery::Dead,
                response: None,
                agent: None,
                reason: None,
            });
        }
        self.emit(Event::CycleEnded {
            id,
            phase,
            result: why.to_owned(),
        });
    }

    pub(super) fn halt_cycle(&mut self, id: CycleId, reason: &str) -> Answer {
        let reason = checked_reason(reason)?;
        if !self.state.cycles.live.contains_key(&id) {
            return Err(Refusal::new(
                "CYCLE_UNKNOWN",
                format!("{id} is not running"),
                "`pilothouse cycles` lists those that are",
            ));
        }
        let why = format!("{}: {reason}", self.actor);
        self.end_cycle(id, Phase::Halted, &why);
        Ok(Reply::Done)
    }

    pub(super) fn phase_late(&mut self, message: MessageId) -> Answer {
        if let Some(cycle) = self.waiting_for(message) {
            let (id, phase) = (cycle.id, cycle.phase);
            let agent = phase.agent().unwrap_or_default();
            if let Ok(agent) = agent.parse() {
                self.count(agent, false, Some("missed a phase's deadline".into()));
            }
            let why = format!("{agent} did not answer in time");
            self.end_cycle(id, Phase::Failed, &why);
        }
        Ok(Reply::Done)
    }

    fn waiting_for(&self, message: MessageId) -> Option<&Cycle> {
        self.state
            .cycles
            .live
            .values()
            .find(|c| c.waiting == Some(message))
    }

    pub(super) fn phase_done(&mut self, id: MessageId, answer: &Said) -> Answer {
        let Some(question) = self.state.bus.live.get(&id).cloned() else {
            return Ok(Reply::Done);
        };
        let agent = question.to.unwrap_or_else(supervisor);
        let heard = super::schedule_decide::checked(answer);
        let said = match &heard {
            Ok(words) => words.first().cloned().unwrap_or(Payload::Note {
                what: "answer".into(),
                message: "nothing to say".into(),
            }),
            Err(why) => Payload::Note {
                what: "error".into(),
                message: why.clone(),
            },
        };
        let response = self.post(Message {
            id: MessageId(self.next_id()),
            from: agent,
            to: Some(question.from),
            topic: None,
            kind: MessageKind::Response,
            priority: question.priority,
            subject: format!("Re: {}", question.subject),
            payload: said.clone(),
            in_reply_to: Some(id),
            response: None,
            created_at: self.now,
            expires_at: None,
            delivery: Delivery::Acknowledged,
            processed_at: Some(self.now),
        });
        self.emit(Event::MessageEnded {
            id,
            how: Delivery::Acknowledged,
            response: Some(response),
            agent: None,
            reason: None,
        });
        let failed = heard.err();
        let Some(cycle) = self.waiting_for(id).cloned() else {
            // Its cycle was stopped by somebody else: that is no failure of the agent's.
            return Ok(Reply::Done);
        };
        self.count(agent, failed.is_none(), failed.clone());
        if let Some(why) = failed {
            self.end_cycle(cycle.id, Phase::Failed, &format!("{agent}: {why}"));
            return Ok(Reply::Done);
        }
        match (cycle.phase, said) {
            (Phase::StrategyAnalysis, Payload::Signal(signal)) => self.analysed(&cycle, signal),
            (
                Phase::RiskValidation,
                Payload::Sized {
                    quantity,
                    stop,
                    target,
                },
            ) => self.sized(&cycle, quantity, stop, target),
            (Phase::Execution, Payload::Plan { limit }) => self.execute(&cycle, limit),
            (phase, _) => {
                let why = format!("{agent} gave no answer to {}", phase.as_str());
                self.end_cycle(cycle.id, Phase::Failed, &why);
            }
        }
        Ok(Reply::Done)
    }

    fn voices(&self, symbol: Symbol) -> Voices {
        let latest = |topic| {
            self.state
                .bus
                .latest(topic, None, Some(symbol), self.now)
                .map(|m| m.payload.clone())
        };
        Voices {
            ta: latest(Topic::TaSignals).and_then(|p| match p {
                Payload::Ta(ta) => Some(ta),
                _ => None,
            }),
            regime: latest(Topic::RegimeUpdates).and_then(|p| match p {
                Payload::Regime(regime) => Some(regime),
                _ => None,
            }),
            sentiment: latest(Topic::SentimentUpdates).and_then(|p| match p {
                Payload::Sentiment(sentiment) => Some(sentiment),
                _ => None,
            }),
        }
    }

    /// HOLD → conflicts → consensus → minimum confidence; then risk is asked for a size.
    fn analysed(&mut self, cycle: &Cycle, mut signal: TradingSignal) {
        let agent: Name = "trading_decision".parse().expect("a built-in name");
        self.publish(agent, Payload::Signal(signal.clone()));
        let Some(side) = signal.action.side() else {
            let why = format!("HOLD: {}", signal.reasoning);
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        };
        let voices = self.voices(cycle.symbol);
        let agreement = signal::agreement(&voices, side);
        let weighed = signal::weigh(signal.confidence, agreement);
        let strict = voices.regime.as_ref().is_some_and(|r| r.entry_strictness);
        let r = &self.state.settings.risk;
        let minimum = if strict {
            r.strict_confidence
        } else {
            r.minimum_confidence
        };
        let risk_per_trade = r.risk_per_trade;
        let mode = self.state.mode();
        let (passed, verdict) = if let Some(conflict) = signal::conflict(&voices, false) {
            (false, format!("conflict: {conflict}; wait"))
        } else if weighed < minimum {
            (
                false,
                format!("confidence {weighed} is under the minimum {minimum}"),
            )
        } else if !mode.entries() {
            (false, format!("ignored: trading is {}", mode.as_str()))
        } else {
            (true, "goes on to risk".to_owned())
        };
        self.emit(Event::SignalWeighed {
            cycle: cycle.id,
            symbol: cycle.symbol,
            confidence: signal.confidence,
            agreement: agreement.map(|a| a.round_dp(4)),
            weighed,
            verdict: verdict.clone(),
            passed,
        });
        if !passed {
            let why = format!("{} {verdict}", signal.action.as_str());
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        }
        signal.confidence = weighed;
        let Some(quote) = self.quote(cycle.symbol) else {
            self.end_cycle(cycle.id, Phase::Failed, "the symbol has no price");
            return;
        };
        self.found(
            cycle.id,
            Findings {
                signal: Some(signal.clone()),
                ..Findings::default()
            },
        );
        let multiplier = voices
            .regime
            .map_or(Decimal::ONE, |r| r.position_size_multiplier);
        let ask = Payload::Validate {
            signal,
            equity: self.worth().unwrap_or(self.state.account.equity),
            price: quote.last,
            multiplier,
            risk_per_trade,
        };
        self.enter_phase(cycle.id, Phase::RiskValidation, "validate", ask, &verdict);
    }

    fn found(&mut self, id: CycleId, found: Findings) {
        self.emit(Event::CycleFound {
            id,
            found: Box::new(found),
        });
    }

    /// Risk's size, cut to every limit; the gate looks before execution is asked.
    fn sized(&mut self, cycle: &Cycle, wanted: Decimal, stop: Decimal, target: Decimal) {
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
        if let Some(refusal) = verdict.refusal {
            self.emit(Event::RiskChecked {
                order: None,
                request_id: request.request_id.clone(),
                checks: verdict.checks,
            });
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
            Action::Sell => super::order::Side::Sell,
            Action::Buy | Action::Hold => super::order::Side::Buy,
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
            confidence: Some(signal.confidence),
            cycle: Some(cycle.id),
            ..OrderRequest::new(cycle.symbol, side, kind, quantity)
        }
    }

    fn execute(&mut self, cycle: &Cycle, limit: Option<Decimal>) {
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
        match self.place(&request) {
            Ok(Reply::Order(order)) => {
                self.found(
                    cycle.id,
                    Findings {
                        order: Some(order),
                        ..found.clone()
                    },
                );
                self.emit(Event::CycleMoved {
                    id: cycle.id,
                    phase: Phase::Monitoring,
                    waiting: None,
                    result: Some(format!("sent {order}")),
                });
            }
            Ok(_) => {}
            Err(refusal) => {
                let why = format!("risk refused: {refusal}");
                self.emit(Event::Refused { refusal });
                self.end_cycle(cycle.id, Phase::Completed, &why);
            }
        }
    }

    /// Monitoring ends when the order is terminal and its position protected, or after 120 s.
    pub(super) fn watch_cycles(&mut self) {
        let done: Vec<(CycleId, String)> = self
            .state
            .cycles
            .live
            .values()
            .filter(|c| c.phase == Phase::Monitoring)
            .filter_map(|c| {
                let began = c.phases.last().map_or(c.started_at, |p| p.started_at);
                let order = c.found.order.and_then(|id| self.state.orders.get(id));
                let settled = order.is_none_or(|o| {
                    o.status.is_terminal() && o.position.is_none_or(|p| self.state.is_protected(p))
                });
                let result = || {
                    order.map_or("no order".to_owned(), |o| {
                        format!("{} {}", o.id, status_word(o.status))
                    })
                };
                (settled || self.now - began >= MONITOR_MS).then(|| (c.id, result()))
            })
            .collect();
        for (id, result) in done {
            self.end_cycle(id, Phase::Completed, &result);
        }
    }
}

fn status_word(status: super::order::Status) -> &'static str {
    use super::order::Status;
    match status {
        Status::Filled => "filled",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Rejected => "rejected",
        _ => "still works",
    }
}

impl State {
    pub(super) fn next_cycle_due(&self) -> Option<Time> {
        self.cycles
            .live
            .values()
            .filter(|c| c.phase == Phase::Monitoring)
            .filter_map(|c| c.phases.last().map(|p| p.started_at + MONITOR_MS))
            .min()
    }
}
