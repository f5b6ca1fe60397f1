//! Services at work: what the close of a bar gives the trader and the judges to do, what they make of it,
//! and that what a service holds is renewed in time.

mod judging;
mod lead_in;
mod memory;
mod renewal;

use rust_decimal::Decimal;

use super::handle::Submission;
use super::market::Closed;
use super::reply::ReplyTo;
use super::world::{WorkId, World};
use crate::agents::{Acted, BarBrief, Brief, Unable, Work};
use crate::core::id::ServiceId;
use crate::core::order::Side;
use crate::core::service::{Act, Service, Stage};
use crate::core::{Command, Name, State, Time};
use crate::market::Candle;
use crate::strategies::Standing;

use memory::Asked;
pub(super) use memory::Services;

/// How a service stands in its symbol.
pub(super) fn standing(state: &State, service: &Service) -> Standing {
    let stands = |side: Side, quantity: Decimal| match side {
        Side::Buy => Standing::Long(quantity),
        Side::Sell => Standing::Short(quantity),
    };
    if let Some(holding) = &service.book.holding {
        return stands(holding.side, holding.quantity);
    }
    if state.enters(service.id) {
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
        let at_work: Vec<ServiceId> = at_work.filter(|s| s.is_at_work()).map(|s| s.id).collect();
        for id in at_work {
            self.look_for_bars(id, since);
        }
    }

    /// Brings a service the bars that have closed since a time. Its judge looks with every bar, and
    /// when its time has come, whatever the bars do.
    fn look_for_bars(&mut self, id: ServiceId, since: Time) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let Some(since) = self.services.since(id, since) else {
            return self.ask_judge(id, false);
        };
        let (stage, interval_ms) = (service.stage, service.version.interval_ms);
        let look = self
            .market
            .closed_since(service.symbol(), interval_ms, since);
        match look {
            Ok(closed) if closed.bars.is_empty() => self.ask_judge(id, false),
            Ok(closed) => {
                self.ask_judge(id, true);
                self.ask_trader(id, stage, closed, None);
            }
            Err(why) => {
                self.services.waits.insert(id, why);
                self.ask_judge(id, false);
            }
        }
    }

    /// Gives the trader bars that have closed, led in by so many where its rule begins.
    fn ask_trader(&mut self, id: ServiceId, stage: Stage, closed: Closed, lead_in: Option<u32>) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let now = self.clock.now();
        let symbol = service.symbol();
        let mut bars = closed.bars.clone();
        if let Some(lead_in) = lead_in {
            let mut history = self.lead_in(service, lead_in);
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
            paper: service.book.holding.clone(),
            before: closed.before,
            bars,
            new: closed.bars.len(),
            history: lead_in.is_some(),
            quantity_step: execution.quantity_step,
            price_step: execution.price_step,
        };
        self.services.asked.insert(id, Asked { stage, closed });
        let bare = Brief::bare(now, symbol);
        let seq = self.state.seq;
        self.assign(seq, trader(), bare, WorkId::Bar(id), Work::Bar(brief));
    }

    /// What the trader makes of a bar. What would enter in a stage that is over is for nobody; what
    /// leaves is.
    pub(super) fn acted(&mut self, cause: u64, id: ServiceId, acted: Result<Acted, Unable>) {
        let Some(Asked { stage, closed }) = self.services.asked.remove(&id) else {
            return;
        };
        let service = self.state.services.live.get(&id);
        let Some(service) = service.filter(|s| s.is_at_work()) else {
            return;
        };
        match acted {
            Ok(Acted::Lacks(lead_in)) => {
                return self.ask_trader(id, stage, closed, Some(lead_in));
            }
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
        let counts = service.stage == stage;
        let failed = acted.as_ref().err().map(ToString::to_string);
        if let Ok(Acted::Wants(act)) = acted
            && (counts || leaves(standing(&self.state, service), &act))
        {
            self.say(cause, trader(), Command::Act(Box::new(act)));
        }
        let well = failed.is_none();
        self.count(cause, trader(), failed);
        // What closed while it was asked. After a failure that waits for the next look.
        if let Some(since) = self.services.left.get(&id).copied().filter(|_| well) {
            self.look_for_bars(id, since);
        }
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
            origin: None,
            command,
            answer: ReplyTo::Nobody,
        };
        self.apply(cause, submission);
    }
}

/// Whether an act leaves what is held.
fn leaves(standing: Standing, act: &Act) -> bool {
    match standing {
        Standing::Long(_) => act.side == Side::Sell,
        Standing::Short(_) => act.side == Side::Buy,
        Standing::Flat | Standing::Waiting => false,
    }
}

fn trader() -> Name {
    "trader".parse().expect("a built-in name")
}
