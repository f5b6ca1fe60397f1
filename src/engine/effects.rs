//! What the outside must do because of an event, after the commit: orders through the gate, work
//! for the crew, the gate itself.

use std::time::Instant;

use super::handle::Submission;
use super::reply::ReplyTo;
use super::world::{Given, WorkId, World};

use crate::agents::{Brief, CrewAnswer, Work, WorkDone};
use crate::core::command::{Answer, Report};
use crate::core::message::{Payload, Topic};
use crate::core::order::Purpose;
use crate::core::{Command, Event, Name, Symbol};
use crate::venue::{Amendment, Said, VenueOrder};
use rust_decimal::prelude::ToPrimitive;

/// Whether an event asks anything of the outside.
pub(super) fn has_effect(event: &Event) -> bool {
    matches!(
        event,
        Event::OrderApproved { .. }
            | Event::OrderMoved { .. }
            | Event::OrderFilled { .. }
            | Event::CancelAsked { .. }
            | Event::OrderAmended { .. }
            | Event::TaskStarted { .. }
            | Event::Sent { .. }
            | Event::MessageEnded { .. }
            | Event::HardstopCleared { .. }
            | Event::PoolMarked { .. }
            | Event::WindowOpened { .. }
            | Event::ApprovalAsked { .. }
    )
}

/// Which piece of work an answer belongs to.
pub(super) fn work_id(work: &WorkDone) -> WorkId {
    match work {
        WorkDone::Task(id, _) => WorkId::Task(*id),
        WorkDone::Phase(id, _) => WorkId::Phase(*id),
        WorkDone::Halt(id) => WorkId::Halt(*id),
    }
}

impl World {
    pub(super) fn carry_out(&mut self, seq: u64, event: Event) {
        match event {
            Event::OrderApproved { order } if order.is_sent() => self.send(seq, &order),
            Event::CancelAsked { id, .. } => {
                let live = self.state.orders.live.get(&id);
                if let Some(order) = live.filter(|o| o.is_sent()) {
                    self.venue.cancel(&order.client_order_id, self.clock.now());
                }
            }
            Event::OrderAmended {
                id,
                quantity,
                stop_price,
                price,
            } => {
                if let Some(order) = self.state.orders.live.get(&id) {
                    let to = Amendment {
                        quantity,
                        price,
                        stop_price,
                    };
                    self.venue
                        .amend(&order.client_order_id, to, self.clock.now());
                }
            }
            Event::OrderMoved { id, .. } | Event::OrderFilled { id, .. } => {
                if let Some(order) = self.state.orders.get(id)
                    && order.status.is_terminal()
                    && order.is_sent()
                {
                    self.gate.mark_terminal(&order.client_order_id);
                }
            }
            Event::TaskStarted { task } => {
                let brief = self.brief(task.symbol);
                self.assign(
                    seq,
                    task.name,
                    brief,
                    WorkId::Task(task.id),
                    Work::Task(task.id),
                );
            }
            Event::Sent { message } => self.deliver(seq, *message),
            Event::MessageEnded { id, .. } => self.no_longer_expect(id),
            Event::HardstopCleared { epoch, presses, .. } => {
                self.clearing = false;
                match self.gate.open(epoch, presses) {
                    Ok(()) => {
                        if let Err(error) = self.sentinel.remove(epoch) {
                            tracing::warn!("the sentinel of epoch {epoch} stays: {error}");
                        }
                    }
                    Err(pressed) => tracing::warn!("the stop was pressed again: {pressed}"),
                }
            }
            Event::WindowOpened { priority } => self.window_opened(priority),
            Event::ApprovalAsked { approval } => self.deadlines.note(approval.id),
            Event::PoolMarked { equity, .. } => {
                self.sampling.mark(self.clock.now(), equity.to_f64());
            }
            _ => {}
        }
    }

    /// To send is: take a permit, write, mark written. An exit needs no permit.
    fn send(&mut self, seq: u64, order: &crate::core::order::Order) {
        let id = order.client_order_id.as_str();
        let now = self.clock.now();
        // It may have been cancelled by the same record that approved it.
        if self
            .state
            .orders
            .live
            .get(&order.id)
            .is_none_or(|o| o.cancel.is_some())
        {
            self.report(seq, id, Report::GateKilled);
            return;
        }
        if order.purpose == Purpose::Entry {
            let risk = (order.remaining() * order.decision_price)
                .to_u64()
                .unwrap_or(u64::MAX)
                .saturating_mul(100);
            match self.gate.permit_weighed(id, self.state.trading.epoch, risk) {
                Ok(permit) => {
                    self.venue.place(VenueOrder::of(order), now);
                    permit.written();
                }
                Err(refused) => {
                    tracing::info!("{id} was not sent: {refused:?}");
                    self.report(seq, id, Report::GateKilled);
                }
            }
        } else {
            self.gate.exit_pass(id);
            self.venue.place(VenueOrder::of(order), now);
        }
    }

    fn report(&mut self, cause: u64, client_order_id: &str, report: Report) {
        self.internal.push_back((
            cause,
            Submission::internal(
                "gate",
                Command::Venue {
                    client_order_id: client_order_id.to_owned(),
                    report,
                },
            ),
        ));
    }

    /// What the venue has said since.
    pub(super) fn take_reports(&mut self) {
        for said in self.venue.said() {
            let command = match said {
                Said::Order(client_order_id, report) => Command::Venue {
                    client_order_id,
                    report,
                },
                Said::Statement(statement) => Command::Statement(statement),
                _ => continue,
            };
            self.internal
                .push_back((0, Submission::internal("venue", command)));
        }
    }

    pub(super) fn assign(&mut self, seq: u64, agent: Name, brief: Brief, id: WorkId, work: Work) {
        self.given.insert(
            id,
            Given {
                since: Instant::now(),
                agent,
                cause: seq,
            },
        );
        if let Err(refused) = self.crew.assign(agent, brief, work) {
            self.give_up(id, &refused.to_string());
        }
    }

    /// Ends a piece of work that will not be answered.
    pub(super) fn give_up(&mut self, id: WorkId, why: &str) {
        let Some(given) = self.given.remove(&id) else {
            return;
        };
        let answer = Answer::Failed(why.to_owned());
        let command = match id {
            WorkId::Task(task) => Command::TaskDone { task, answer },
            WorkId::Phase(message) => Command::PhaseDone { message, answer },
            // A halt that cannot be delivered stays in the queue until it is too old.
            WorkId::Halt(_) => {
                tracing::warn!("{} cannot be told to halt: {why}", given.agent);
                return;
            }
        };
        let submission = Submission {
            actor: given.agent,
            command,
            answer: ReplyTo::Nobody,
        };
        self.internal.push_back((given.cause, submission));
    }

    /// An agent's answer becomes a command in its name.
    pub(super) fn answered(&mut self, answer: CrewAnswer) {
        let cause = self
            .given
            .remove(&work_id(&answer.work))
            .map_or(0, |given| given.cause);
        let command = match answer.work {
            WorkDone::Task(task, answer) => Command::TaskDone { task, answer },
            WorkDone::Phase(message, answer) => Command::PhaseDone { message, answer },
            WorkDone::Halt(message) => Command::Acknowledge {
                message,
                agent: Some(answer.agent),
            },
        };
        let submission = Submission {
            actor: answer.agent,
            command,
            answer: ReplyTo::Nobody,
        };
        self.apply(cause, submission);
    }

    /// Everything an agent may look at.
    pub(super) fn brief(&self, symbol: Symbol) -> Brief {
        let latest = |topic| {
            self.state
                .bus
                .latest(topic, None, Some(symbol), self.clock.now())
                .map(|m| &m.payload)
        };
        Brief {
            now: self.clock.now(),
            symbol,
            interval_ms: self.market.interval_ms(symbol),
            candles: self.market.recent(symbol),
            quote: self.market.quotes.get(symbol).copied(),
            ta: match latest(Topic::TaSignals) {
                Some(Payload::Ta(ta)) => Some(ta.clone()),
                _ => None,
            },
            regime: match latest(Topic::RegimeUpdates) {
                Some(Payload::Regime(regime)) => Some(regime.clone()),
                _ => None,
            },
            sentiment: match latest(Topic::SentimentUpdates) {
                Some(Payload::Sentiment(sentiment)) => Some(sentiment.clone()),
                _ => None,
            },
            position_open: self.state.positions.of(symbol).next().is_some(),
        }
    }

    /// Told once, at the start: what the venue should work, and what it works.
    pub(super) fn reconcile(&mut self) {
        let working: Vec<(VenueOrder, String)> = self
            .state
            .orders
            .live
            .values()
            .filter(|o| o.is_sent())
            .filter_map(|o| Some((VenueOrder::of(o), o.venue_order_id.clone()?)))
            .collect();
        for order in self.state.orders.live.values().filter(|o| o.is_sent()) {
            if order.purpose == Purpose::Entry {
                if let Err(refused) = self.gate.adopt(&order.client_order_id, 0) {
                    tracing::warn!("{} is not in the gate's table: {refused:?}", order.id);
                }
            } else {
                self.gate.exit_pass(&order.client_order_id);
            }
        }
        self.venue.restore(working);
        // A cancel that was asked for before the crash may never have been sent.
        let now = self.clock.now();
        for order in self.state.orders.live.values() {
            if order.cancel.is_some() && order.venue_order_id.is_some() {
                self.venue.cancel(&order.client_order_id, now);
            }
        }
        self.venue.state(now);
        self.take_reports();
    }
}
