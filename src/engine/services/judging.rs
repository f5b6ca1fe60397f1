//! What the judges are given, when, and what they make of it.

use super::memory::Judged;
use super::{Service, World};
use crate::agents::{Brief, StageBrief, Unable, Verdict, Work};
use crate::core::id::ServiceId;
use crate::core::{Command, Name, Time};
use crate::engine::world::WorkId;

impl World {
    /// Gives a judge a service in which something has changed since it last looked, as a bar closes or at
    /// any other moment.
    pub(super) fn ask_judge(&mut self, id: ServiceId, bar: bool) {
        if self.given.contains_key(&WorkId::Judge(id)) {
            return;
        }
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let Some(began) = service.began_at else {
            return;
        };
        let settings = &self.state.settings.research;
        let now = self.clock.now();
        let lasted = u64::try_from((now - began) / 1_000).unwrap_or(0);
        let stage = service.stage;
        let judged = Judged {
            stage,
            trades: service.book.trades,
            days: service.book.days.count,
            day: now.day(),
            over: (
                lasted >= u64::from(settings.shortest(stage)),
                lasted >= settings.longest(stage),
            ),
            may_advance: self.state.mode().reserves(),
        };
        let holds = service.book.holding.is_some() || self.state.positions_of(id).next().is_some();
        if !self.services.is_due(id, &judged, now, bar && holds) {
            return;
        }
        // Where there is no price any more, what is open counts for nothing.
        let symbol = service.symbol();
        let price = self.market.quotes.get(symbol).map(|q| q.last);
        let worth = price.and_then(|price| self.state.worth_of_service(id, price));
        let brief = StageBrief {
            now,
            service: service.clone(),
            worth: worth.unwrap_or_else(|| service.book.settled()),
            settings: settings.clone(),
            may_advance: judged.may_advance,
        };
        let judge = service.kind.judge();
        self.services.judged.insert(id, (now, Some(judged)));
        let bare = Brief::bare(now, symbol);
        let seq = self.state.seq;
        self.assign(seq, judge, bare, WorkId::Judge(id), Work::Judge(brief));
    }

    /// What a judge makes of a stage.
    pub(in crate::engine) fn judged(
        &mut self,
        cause: u64,
        judge: Name,
        id: ServiceId,
        verdict: Result<Option<Verdict>, Unable>,
    ) {
        let service = self.state.services.live.get(&id);
        if service.is_none_or(|s| !s.is_at_work()) {
            return;
        }
        let failed = verdict.as_ref().err().map(ToString::to_string);
        if failed.is_some() {
            self.services.came_to_nothing(id);
        }
        if let Ok(Some(verdict)) = verdict {
            let stage = verdict.stage;
            let command = Command::Judge {
                service: id,
                stage,
                judgement: verdict.judgement,
                gates: verdict.gates,
            };
            self.say(cause, judge, command);
            // Whatever is said leaves the stage, or was refused.
            let service = self.state.services.live.get(&id);
            if service.is_some_and(|s| s.stage == stage) {
                self.services.came_to_nothing(id);
            }
        }
        self.count(cause, judge, failed);
    }

    /// When the shortest or the longest time of a stage is next over.
    pub(in crate::engine) fn next_judgement(&self) -> Option<Time> {
        let now = self.clock.now();
        let settings = &self.state.settings.research;
        let at = |service: &Service| {
            let began = service.began_at?;
            let ends = [
                u64::from(settings.shortest(service.stage)),
                settings.longest(service.stage),
            ];
            let ends = ends.map(|s| i64::try_from(s).unwrap_or(i64::MAX).saturating_mul(1_000));
            let ends = ends.map(|ms| Time(began.0.saturating_add(ms)));
            ends.into_iter().filter(|at| *at > now).min()
        };
        self.state.services.live.values().filter_map(at).min()
    }
}
