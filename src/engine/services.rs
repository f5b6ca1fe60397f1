//! Services at work: what the close of a bar gives the trader and the judges to do, what they make of it,
//! and that what a service holds is renewed in time.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::handle::Submission;
use super::market::Closed;
use super::reply::ReplyTo;
use super::world::{WorkId, World};
use crate::agents::{Acted, BarBrief, Brief, StageBrief, Unable, Verdict, Work};
use crate::core::id::{ReservationId, ServiceId};
use crate::core::order::Side;
use crate::core::reservation::Standing as Held;
use crate::core::service::{Service, Stage};
use crate::core::{Command, Name, State, Time};
use crate::market::bars::{begins, gather};
use crate::strategies::Standing;

/// Bars that a rule begins with, at most.
const MOST_BARS: i64 = 20_000;

/// What is remembered of services between two bars; all of it can be forgotten.
#[derive(Default)]
pub(super) struct Services {
    /// When bars were last looked for.
    looked_at: Option<Time>,
    /// What the trader is asked: the stage, and the bars.
    asked: BTreeMap<ServiceId, (Stage, Closed)>,
    /// What each service was last judged on.
    judged: BTreeMap<ServiceId, Judged>,
    /// Why a service does not trade, though it is at work.
    waits: BTreeMap<ServiceId, String>,
}

/// What a judgement depends on.
#[derive(PartialEq)]
struct Judged {
    stage: Stage,
    trades: u64,
    days: u64,
    /// Whether its shortest and its longest time were over.
    over: (bool, bool),
}

impl Services {
    /// Why a service does not trade, in words.
    pub(super) fn waits(&self, id: ServiceId) -> Option<&str> {
        self.waits.get(&id).map(String::as_str)
    }

    fn forget(&mut self, state: &State) {
        let live = &state.services.live;
        self.asked.retain(|id, _| live.contains_key(id));
        self.judged.retain(|id, _| live.contains_key(id));
        self.waits.retain(|id, _| live.contains_key(id));
    }
}

/// How a service stands in its symbol.
pub(super) fn standing(state: &State, service: &Service) -> Standing {
    let stands = |side: Side, quantity: Decimal| match side {
        Side::Buy => Standing::Long(quantity),
        Side::Sell => Standing::Short(quantity),
    };
    if let Some(holding) = &service.book.holding {
        return stands(holding.side, holding.quantity);
    }
    let mut asks = state.approvals.waiting.values();
    if state.enters(service.id) || asks.any(|a| a.request.service == Some(service.id)) {
        return Standing::Waiting;
    }
    match state.positions_of(service.id).next() {
        Some(position) if position.closing.is_some() => Standing::Waiting,
        Some(position) => stands(position.side, position.quantity),
        None => Standing::Flat,
    }
}

impl World {
    /// Looks for bars that have closed since it last did: one that closed at the start's own instant was
    /// perhaps never answered.
    pub(super) fn watch_services(&mut self) {
        let now = self.clock.now();
        let since = self.services.looked_at.unwrap_or(now + -1);
        self.services.looked_at = Some(now);
        if self.state.services.live.is_empty() {
            return;
        }
        self.services.forget(&self.state);
        self.renew_services(now);
        let at_work = self.state.services.live.values();
        let at_work: Vec<(ServiceId, _, i64)> = at_work
            .filter(|s| s.is_at_work())
            .map(|s| (s.id, s.symbol(), s.version.interval_ms))
            .collect();
        for (id, symbol, interval_ms) in at_work {
            match self.market.closed_since(symbol, interval_ms, since) {
                Ok(closed) if closed.bars.is_empty() => {}
                Ok(closed) => {
                    self.ask_judge(id);
                    self.ask_trader(id, closed, None);
                }
                Err(why) => {
                    self.services.waits.insert(id, why);
                }
            }
        }
    }

    /// Gives a judge what has changed since it last looked.
    fn ask_judge(&mut self, id: ServiceId) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let settings = &self.state.settings.research;
        let now = self.clock.now();
        let lasted = service.began_at.map_or(0, |began| (now - began) / 1_000);
        let lasted = u64::try_from(lasted).unwrap_or(0);
        let stage = service.stage;
        let judged = Judged {
            stage,
            trades: service.book.trades,
            days: service.book.days.count,
            over: (
                lasted >= u64::from(settings.shortest(stage)),
                lasted >= settings.longest(stage),
            ),
        };
        let holds = service.book.holding.is_some() || self.state.positions_of(id).next().is_some();
        if !holds && self.services.judged.get(&id) == Some(&judged) && !judged.over.1 {
            return;
        }
        let symbol = service.symbol();
        let Some(price) = self.market.quotes.get(symbol).map(|q| q.last) else {
            return;
        };
        let Some(worth) = self.state.worth_of_service(id, price) else {
            return;
        };
        let brief = StageBrief {
            now,
            service: service.clone(),
            worth,
            settings: settings.clone(),
            may_advance: self.state.mode().reserves(),
        };
        let judge = service.kind.judge();
        self.services.judged.insert(id, judged);
        let bare = Brief::bare(now, symbol);
        let seq = self.state.seq;
        self.assign(seq, judge, bare, WorkId::Judge(id), Work::Judge(brief));
    }

    /// Gives the trader bars that have closed, led in by so many where its rule begins.
    fn ask_trader(&mut self, id: ServiceId, closed: Closed, lead_in: Option<u32>) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let now = self.clock.now();
        let symbol = service.symbol();
        let mut bars = closed.bars.clone();
        if let Some(lead_in) = lead_in {
            let mut history = self.history(service, lead_in);
            history.retain(|bar| bars.first().is_none_or(|b| bar.open_time < b.open_time));
            history.append(&mut bars);
            bars = history;
        }
        let execution = &self.state.settings.execution;
        let brief = BarBrief {
            now,
            service: id,
            version: service.version.clone(),
            capital: service.book.settled().min(service.book.capital),
            standing: standing(&self.state, service),
            before: closed.before,
            bars,
            history: lead_in.is_some(),
            quantity_step: execution.quantity_step,
            price_step: execution.price_step,
        };
        self.services.asked.insert(id, (service.stage, closed));
        let bare = Brief::bare(now, symbol);
        let seq = self.state.seq;
        self.assign(seq, trader(), bare, WorkId::Bar(id), Work::Bar(brief));
    }

    /// The bars of a service from so many before it was asked for, as far as they are known.
    fn history(&self, service: &Service, lead_in: u32) -> Vec<crate::market::Candle> {
        let wanted_ms = service.version.interval_ms;
        let (kept, of_ms) = self.market.kept(service.symbol());
        let back = |time: Time, bars: i64| time + -bars.saturating_mul(wanted_ms);
        let from = back(service.created_at, i64::from(lead_in));
        let from = from.max(back(self.clock.now(), MOST_BARS));
        let from = begins(from, of_ms, wanted_ms);
        let past = self.feed.past(service.symbol(), from);
        let first = |candles: &[crate::market::Candle]| candles.first().map(|c| c.open_time);
        let kept = &kept[kept.partition_point(|c| c.open_time < from)..];
        match (first(&past), first(kept)) {
            (None, _) => gather(kept, of_ms, wanted_ms),
            (Some(past), Some(kept_from)) if kept_from < past => gather(kept, of_ms, wanted_ms),
            _ => gather(&past, of_ms, wanted_ms),
        }
    }

    /// What the trader makes of a bar. What is meant for a stage that is over is for nobody.
    pub(super) fn acted(&mut self, cause: u64, id: ServiceId, acted: Result<Acted, Unable>) {
        let Some((stage, closed)) = self.services.asked.remove(&id) else {
            return;
        };
        let service = self.state.services.live.get(&id);
        if service.is_none_or(|s| !s.is_at_work() || s.stage != stage) {
            return;
        }
        match acted {
            Ok(Acted::Lacks(lead_in)) => return self.ask_trader(id, closed, Some(lead_in)),
            Ok(Acted::Warms(seen, of)) => {
                let words = format!("{seen} of {of} bars");
                self.services.waits.insert(id, words);
            }
            Ok(Acted::Nothing | Acted::Wants(_)) => {
                self.services.waits.remove(&id);
            }
            Err(ref why) => {
                self.services.waits.insert(id, why.to_string());
            }
        }
        let failed = acted.as_ref().err().map(ToString::to_string);
        if let Ok(Acted::Wants(act)) = acted {
            self.say(cause, trader(), Command::Act(Box::new(act)));
        }
        self.count(cause, trader(), failed);
    }

    /// What a judge makes of a stage.
    pub(super) fn judged(
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
        if let Ok(Some(verdict)) = verdict {
            let command = Command::Judge {
                service: id,
                stage: verdict.stage,
                judgement: verdict.judgement,
                gates: verdict.gates,
            };
            self.say(cause, judge, command);
        }
        self.count(cause, judge, failed);
    }

    /// Work for a service was not answered.
    pub(super) fn gave_up(&mut self, cause: u64, agent: Name, id: WorkId, why: &str) {
        let why: Unable = why.into();
        match id {
            WorkId::Bar(id) => self.acted(cause, id, Err(why)),
            WorkId::Judge(id) => self.judged(cause, agent, id, Err(why)),
            WorkId::Task(_) | WorkId::Phase(_) | WorkId::Halt(_) => {}
        }
    }

    /// An agent's own heartbeat: journaled where it changes its health, else nothing.
    fn count(&mut self, cause: u64, agent: Name, failed: Option<String>) {
        let command = Command::Heartbeat {
            agent,
            ok: failed.is_none(),
            message: failed,
        };
        self.say(cause, agent, command);
    }

    fn say(&mut self, cause: u64, agent: Name, command: Command) {
        let submission = Submission {
            actor: agent,
            command,
            answer: ReplyTo::Nobody,
        };
        self.apply(cause, submission);
    }

    /// Renews what services hold once half of its time is over. What still waits is not renewed: a wait
    /// has an end.
    fn renew_services(&mut self, now: Time) {
        let ttl_s = u64::from(self.state.settings.research.service_ttl_s.max(1));
        let due: Vec<ReservationId> = self
            .renewals()
            .filter(|(_, at)| *at <= now)
            .map(|(id, _)| id)
            .collect();
        for id in due {
            self.say(0, id.agent, Command::Renew { id, ttl_s });
        }
    }

    /// When what services hold next wants renewal.
    pub(super) fn next_renewal(&self) -> Option<Time> {
        // What is due already is done with whatever else is due.
        let now = self.clock.now();
        self.renewals()
            .map(|(_, at)| at)
            .filter(|at| *at > now)
            .min()
    }

    fn renewals(&self) -> impl Iterator<Item = (ReservationId, Time)> {
        let half_ms = i64::from(self.state.settings.research.service_ttl_s.max(1)) * 500;
        let holds = self.state.services.live.values().flat_map(|s| &s.holds);
        holds.filter_map(move |id| {
            let row = self.state.ledger.get(*id)?;
            let expires_at = row.expires_at.filter(|_| row.standing == Held::Held)?;
            Some((*id, expires_at + -half_ms))
        })
    }
}

fn trader() -> Name {
    "trader".parse().expect("a built-in name")
}
