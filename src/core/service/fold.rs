//! What each event of a service changes.

use rust_decimal::Decimal;

use super::{Book, Ended, Left, Service, Services, Stage};
use crate::core::event::Event;
use crate::core::id::{PositionId, ServiceId};
use crate::core::state::State;
use crate::core::time::Time;

impl Services {
    fn end(&mut self, id: ServiceId, keep: usize, ended: Ended) {
        let Some(mut service) = self.live.remove(&id) else {
            return;
        };
        service.ended = Some(ended);
        service.holds.clear();
        self.past.push_back(service);
        while self.past.len() > keep {
            self.past.pop_front();
        }
    }
}

impl Service {
    fn leave(&mut self, at: Time, gates: &[crate::core::research::GateResult]) {
        self.left.push(Left {
            stage: self.stage,
            at,
            gates: gates.to_vec(),
            book: std::mem::take(&mut self.book),
        });
    }
}

impl State {
    /// The share of its capital that a stage of a service may use.
    pub fn share_of(&self, stage: Stage) -> Decimal {
        match stage {
            Stage::Part(n) => {
                let share = self.settings.research.stages.get(usize::from(n));
                share.map_or(Decimal::ONE, |s| s.0)
            }
            Stage::Warm | Stage::Limited | Stage::InService => Decimal::ONE,
        }
    }

    /// A position of a service was closed: its book counts it, whatever stage it was opened in.
    pub(in crate::core) fn book_service(&mut self, id: PositionId, realised: Decimal) {
        let Some(position) = self.positions.open.get(&id) else {
            return;
        };
        let Some(service) = position.service else {
            return;
        };
        let cost = position.entered_value;
        if let Some(service) = self.services.live.get_mut(&service) {
            service.book.close(realised, cost);
        }
    }

    pub(in crate::core) fn fold_services(&mut self, at: Time, event: &Event, keep: usize) {
        match event {
            Event::ServiceOpened { service } => {
                self.last_id = self.last_id.max(service.id.0);
                let service = (**service).clone();
                self.services.live.insert(service.id, service);
            }
            Event::ServiceStaged {
                id,
                stage,
                holds,
                gates,
                replaces,
            } => {
                if let Some(service) = self.services.live.get_mut(id) {
                    // What waits for the same stage again keeps what it has shown in it.
                    if service.stage != *stage {
                        service.leave(at, gates);
                        service.stage = *stage;
                        service.staged_at = at;
                        service.replaces = replaces.or(service.replaces);
                    }
                    service.began_at = None;
                    service.holds.clone_from(holds);
                }
            }
            Event::ServiceBegan { id, capital } => {
                let stage = self.services.live.get(id).map(|s| s.stage);
                let share = stage.map_or(Decimal::ONE, |stage| self.share_of(stage));
                if let Some(service) = self.services.live.get_mut(id) {
                    service.began_at = Some(at);
                    service.capital = *capital;
                    // Days in which it waited are none of its own.
                    service.book.mark = None;
                    if service.book.capital.is_zero() {
                        service.book = Book::new((*capital * share).round_dp(8));
                    }
                }
            }
            Event::ServiceEnded {
                id,
                how,
                reason,
                gates,
            } => {
                if let Some(service) = self.services.live.get_mut(id) {
                    service.leave(at, gates);
                }
                let ended = Ended {
                    how: *how,
                    at,
                    reason: reason.clone(),
                };
                self.services.end(*id, keep, ended);
            }
            Event::ServiceSignalled { id, passed, .. } => {
                self.statistics.signals_seen += 1;
                if *passed {
                    self.statistics.signals_passed += 1;
                } else {
                    self.statistics.signals_ignored += 1;
                }
                if let Some(service) = self.services.live.get_mut(id) {
                    service.book.signals += 1;
                }
            }
            Event::PaperEntered { id, holding } => {
                if let Some(service) = self.services.live.get_mut(id) {
                    service.book.holding = Some(holding.clone());
                }
            }
            Event::PaperLeft { id, realised, .. } => {
                if let Some(service) = self.services.live.get_mut(id)
                    && let Some(holding) = service.book.holding.take()
                {
                    let cost = holding.entry * holding.quantity;
                    service.book.close(*realised, cost);
                }
            }
            Event::ServiceMarked { id, mark } => {
                if let Some(service) = self.services.live.get_mut(id) {
                    service.book.mark(*mark);
                }
            }
            _ => {}
        }
    }
}
