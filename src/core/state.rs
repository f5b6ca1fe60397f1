//! The state and the two ways to change it: a command is handled (decided and folded as it goes),
//! or a record of the journal is folded. Both end in [`State::evolve`], and nothing else changes
//! anything.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::access::Tokens;
use super::activity::Activities;
use super::alarm::{Ack, Acks};
use super::approval::{ApprovalId, Approvals};
use super::command::Command;
use super::cycle::{Cycles, Phase};
use super::degradation::Degradation;
use super::event::Event;
use super::health::{AgentHealth, Agents};
use super::id::{
    ActivityId, CycleId, MessageId, OrderId, PositionId, ReservationId, RunId, ServiceId,
};
use super::message::{Bus, End};
use super::order::{Orders, Status};
use super::position::{Account, Positions};
use super::quote::{Quote, Quotes};
use super::reconcile::{Comparison, ReconcileMemory};
use super::refusal::Refusal;
use super::research::Research;
use super::reservation::{Class, Ledger, Pooled, Resource, Standing};
use super::risk::{Cooldown, Lost, RiskMemory};
use super::schedule::Schedules;
use super::service::Services;
use super::settings::Settings;
use super::strategy::Records;
use super::text::{Name, Symbol};
use super::time::Time;
use super::trading_state::{Flattening, Given, Hardstop, Mode, Trading};

/// What a decision may look at besides the state.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Engine time; it never runs backwards.
    pub now: Time,
    /// The latest price of each symbol.
    pub quotes: &'a Quotes,
}

/// What the one who asked is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It is done.
    Done,
    /// It is refused.
    Refused(Refusal),
    /// Granted or queued, in the order asked; all of them alike.
    Reserved(Vec<Grant>),
    /// The answer comes with the end of the window of this priority: see [`Reply::Allocated`].
    Gathering(u8, Vec<ReservationId>),
    /// What became of the requests a window held.
    Allocated(Vec<(ReservationId, Result<Grant, Refusal>)>),
    /// An activity runs or waits.
    Activity(ActivityId),
    /// The entry waits for the operator.
    Approval(ApprovalId),
    /// What became of a release.
    Released(Released),
    /// An order was approved, or was known by its request id.
    Order(OrderId),
    /// A position will be closed, by this order once stop and target are out of the way.
    Closing(PositionId, Option<OrderId>),
    /// A research run was asked for, or was known by its key.
    Run(RunId),
    /// A strategy version goes to work.
    Service(ServiceId),
    /// Positions that will be closed.
    Flattening(Vec<PositionId>),
    /// A cycle was opened.
    Cycle(CycleId),
    /// A message was sent.
    Message(MessageId),
}

/// What a request for a reservation got.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Encode, Decode)]
pub struct Grant {
    /// Its id.
    #[n(0)]
    pub id: ReservationId,
    /// Held or queued.
    #[n(1)]
    pub standing: Standing,
    /// Of what.
    #[n(2)]
    pub resource: Resource,
    /// For what.
    #[n(3)]
    pub class: Class,
    /// USD, slots or calls granted; while it is queued, asked.
    #[cbor(n(4), with = "super::codec::dec")]
    pub amount: Decimal,
    /// What was asked.
    #[cbor(n(5), with = "super::codec::dec")]
    pub asked: Decimal,
    /// When it ends by itself.
    #[n(6)]
    pub expires_at: Option<Time>,
}

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Released {
    /// It is given back.
    Released,
    /// It was queued and is gone.
    Cancelled,
    /// It had ended otherwise than by its time.
    AlreadyReleased,
    /// Its time was up before.
    Expired,
    /// Nobody knows it.
    Unknown,
}

/// A decision: its facts, its answer and the prices it looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// In order; none means that nothing happened and nothing is journaled.
    pub events: Vec<Event>,
    /// For the one who asked.
    pub reply: Reply,
    /// For the record.
    pub looked: Quotes,
}

/// Counts that survive a restart (K4).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Statistics {
    /// Signals that asked for a trade.
    #[n(0)]
    pub signals_seen: u64,
    /// Those that went on to risk.
    #[n(1)]
    pub signals_passed: u64,
    /// Those that did not.
    #[n(2)]
    pub signals_ignored: u64,
    /// Conflicts found.
    #[n(3)]
    pub conflicts: u64,
    /// Orders approved.
    #[n(4)]
    pub trades_routed: u64,
    /// Orders refused, by the rule's code.
    #[n(5)]
    pub trades_rejected: std::collections::BTreeMap<String, u64>,
    /// Requests refused, of any kind.
    #[n(6)]
    pub refusals: u64,
    /// Fills booked.
    #[n(7)]
    pub fills: u64,
    /// What a venue said and could not be.
    #[n(8)]
    pub defects: u64,
    /// Differences found while reconciling.
    #[n(9)]
    pub differences: u64,
    /// What was done about conflicts, by the resolution's word.
    #[n(10)]
    #[cbor(default)]
    pub resolutions: std::collections::BTreeMap<String, u64>,
}

/// Which engine and feed the journal belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Identity {
    /// Version of the last start.
    #[n(0)]
    pub version: String,
    /// The venue account, fixed at the first start.
    #[n(1)]
    pub account: String,
    /// The feed of the last start.
    #[n(2)]
    pub feed: String,
    /// Its content hash.
    #[n(3)]
    pub feed_hash: String,
    /// Engine time of the first start: a simulated market counts from here.
    #[n(4)]
    pub born_at: Time,
    /// Starts so far.
    #[n(5)]
    pub starts: u64,
}

/// The state: the fold of all events.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct State {
    /// The last record folded.
    #[n(0)]
    pub seq: u64,
    /// Its engine time.
    #[n(1)]
    pub time: Time,
    /// The last number given to an id.
    #[n(2)]
    pub last_id: u64,
    /// Which engine and feed; none before the first start.
    #[n(3)]
    pub identity: Option<Identity>,
    /// The limits in force.
    #[n(4)]
    pub settings: Settings,
    /// May we trade?
    #[n(5)]
    pub trading: Trading,
    /// Who holds what.
    #[n(6)]
    pub ledger: Ledger,
    /// What runs when.
    #[n(7)]
    pub schedules: Schedules,
    /// Who is well.
    #[n(8)]
    pub agents: Agents,
    /// What was said.
    #[n(9)]
    pub bus: Bus,
    /// What is being decided.
    #[n(10)]
    pub cycles: Cycles,
    /// What was asked of venues.
    #[n(11)]
    pub orders: Orders,
    /// What is held.
    #[n(12)]
    pub positions: Positions,
    /// What it is worth.
    #[n(13)]
    pub account: Account,
    /// How often.
    #[n(14)]
    pub statistics: Statistics,
    /// When positions were last written down.
    #[n(15)]
    pub snapshots_at: Time,
    /// Who deploys, optimises, discovers, trades.
    #[n(16)]
    #[cbor(default)]
    pub activities: Activities,
    /// Entries that wait for the operator.
    #[n(17)]
    #[cbor(default)]
    pub approvals: Approvals,
    /// How much of the crew is needed.
    #[n(18)]
    #[cbor(default)]
    pub degradation: Degradation,
    /// What strategies have earned.
    #[n(19)]
    #[cbor(default)]
    pub records: Records,
    /// What the gate remembers: rates, cooldowns, the guard, the last refusals.
    #[n(20)]
    #[cbor(default)]
    pub risk: RiskMemory,
    /// When orders and balances were last compared with the venue, and what differed.
    #[n(21)]
    #[cbor(default)]
    pub compared: Option<Comparison>,
    /// What is remembered between two comparisons.
    #[n(22)]
    #[cbor(default)]
    pub reconcile: ReconcileMemory,
    /// Research runs, and the versions they have proved.
    #[n(23)]
    #[cbor(default)]
    pub research: Research,
    /// Strategy versions at work.
    #[n(24)]
    #[cbor(default)]
    pub services: Services,
    /// Who may use the API from outside.
    #[n(25)]
    #[cbor(default)]
    pub tokens: Tokens,
    /// Alarms that somebody has taken note of.
    #[n(26)]
    #[cbor(default)]
    pub acks: Acks,
}

impl Default for State {
    fn default() -> Self {
        Self {
            seq: 0,
            time: Time(0),
            last_id: 0,
            identity: None,
            settings: Settings::of(&[]),
            trading: Trading::default(),
            ledger: Ledger::default(),
            schedules: Schedules::default(),
            agents: Agents::default(),
            bus: Bus::default(),
            cycles: Cycles::default(),
            orders: Orders::default(),
            positions: Positions::default(),
            account: Account::default(),
            statistics: Statistics::default(),
            snapshots_at: Time(0),
            activities: Activities::default(),
            approvals: Approvals::default(),
            degradation: Degradation::default(),
            records: Records::default(),
            risk: RiskMemory::default(),
            compared: None,
            reconcile: ReconcileMemory::default(),
            research: Research::default(),
            services: Services::default(),
            tokens: Tokens::default(),
            acks: Acks::default(),
        }
    }
}

impl State {
    /// Decides a command and folds what was decided.
    pub fn handle(&mut self, context: &Context<'_>, actor: Name, command: &Command) -> Decision {
        let mut decider = Decider {
            now: context.now.max(self.time),
            quotes: context.quotes,
            actor,
            events: Vec::new(),
            looked: Quotes::default(),
            state: self,
        };
        let reply = decider.decide(command).unwrap_or_else(|refusal| {
            decider.emit(Event::Refused {
                refusal: refusal.clone(),
            });
            Reply::Refused(refusal)
        });
        decider.end_flatten();
        decider.tell_executions();
        decider.take_turns(command);
        decider.settle(command);
        let Decider {
            events,
            looked,
            now,
            ..
        } = decider;
        if !events.is_empty() {
            self.seq += 1;
            self.time = now;
        }
        Decision {
            events,
            reply,
            looked,
        }
    }

    /// Folds a record of the journal.
    pub fn fold(&mut self, seq: u64, time: Time, events: &[Event]) {
        for event in events {
            self.evolve(time, event);
        }
        self.seq = seq;
        self.time = time;
    }

    /// The state of trading.
    pub fn mode(&self) -> Mode {
        self.trading.mode()
    }

    /// Folds one event. It cannot fail: what does not fit was refused when it was decided.
    pub fn evolve(&mut self, at: Time, event: &Event) {
        let keep = self.settings.execution.history_in_memory as usize;
        match event {
            Event::Started { start } => {
                let first = self.identity.is_none();
                let (born_at, starts) = self
                    .identity
                    .as_ref()
                    .map_or((at, 1), |i| (i.born_at, i.starts + 1));
                self.identity = Some(Identity {
                    version: start.version.clone(),
                    account: start.account.clone(),
                    feed: start.feed.clone(),
                    feed_hash: start.feed_hash.clone(),
                    born_at,
                    starts,
                });
                self.take_settings(at, &start.settings, false);
                self.trading.presses = 0;
                self.reconcile.since_start = false;
                self.bus.adopt();
                if first {
                    self.account.balances = start.balances.clone();
                    self.account.day = at.day();
                }
                for name in super::health::CREW {
                    let name: Name = name.parse().expect("a built-in name");
                    self.agents.entry(name).or_default();
                }
            }
            Event::Refused { refusal } => {
                self.statistics.refusals += 1;
                if refusal.code.starts_with("RISK_") {
                    self.risk.refused(at, refusal);
                    *self
                        .statistics
                        .trades_rejected
                        .entry(refusal.code.clone())
                        .or_default() += 1;
                }
            }
            Event::HardstopEngaged {
                epoch,
                presses,
                by,
                reason,
                entries,
                ..
            } => {
                self.trading.epoch = *epoch;
                self.trading.presses = *presses;
                self.trading.sweeping = true;
                self.trading.hardstop = Some(Hardstop {
                    epoch: *epoch,
                    given: given(*by, reason, at),
                    cancels_total: *entries,
                });
            }
            Event::HardstopSwept => self.trading.sweeping = false,
            Event::HardstopPressed { presses, .. } => self.trading.presses = *presses,
            Event::HardstopCleared { epoch, .. } => {
                self.trading.hardstop = None;
                self.trading.cleared = *epoch;
            }
            Event::CauseAdded { cause, by, reason } => {
                self.trading.causes.insert(*cause, given(*by, reason, at));
            }
            Event::CauseLifted { cause, .. } => {
                self.trading.causes.remove(cause);
                if *cause == super::trading_state::Cause::StopsInRow {
                    self.account.stops_in_row = 0;
                }
            }
            Event::SymbolPaused { symbol, by, reason } => {
                self.trading
                    .paused_symbols
                    .insert(*symbol, given(*by, reason, at));
            }
            Event::SymbolResumed { symbol, .. } => {
                self.errors_over(*symbol);
                self.trading.paused_symbols.remove(symbol);
            }
            Event::Reserved { row } => {
                // What is reserved for a position that is open is what holds it from now on.
                let position = row.position.and_then(|p| self.positions.open.get_mut(&p));
                if let Some(position) = position {
                    position.reservation = Some(row.id);
                }
                self.ledger.enter((**row).clone(), at);
            }
            Event::KeyRemembered { actor, key, answer } => {
                self.ledger.remember(*actor, key, answer.clone());
            }
            Event::Bound {
                id,
                amount,
                order,
                position,
            } => self.ledger.bind(*id, *amount, *order, *position),
            Event::Renewed { id, expires_at } => {
                self.ledger
                    .change(*id, |row| row.expires_at = Some(*expires_at));
            }
            Event::ReservationEnded { id, how, .. } => {
                self.ledger.end(*id, *how);
                self.research.lose(*id);
            }
            Event::HandedOver { from, row } => self.ledger.hand_over(*from, (**row).clone(), at),
            Event::PoolMarked {
                equity,
                pool,
                reset_peak,
            } => {
                let account = &mut self.account;
                if account.opening.is_zero() {
                    account.opening = *equity;
                    account.day_start = *equity;
                    account.peak = *equity;
                }
                if account.day != at.day() {
                    account.day = at.day();
                    account.day_start = account.equity;
                }
                account.equity = *equity;
                account.peak = if *reset_peak {
                    *equity
                } else {
                    account.peak.max(*equity)
                };
                account.marked_at = at;
                self.ledger.pool = *pool;
            }
            Event::DayLost { day, limit, .. } => {
                self.account.loss_day = Some(*day);
                self.account.loss_limit = *limit;
            }
            Event::TaskToggled { name, enabled, .. } => {
                if let Some(schedule) = self.schedules.find_mut(*name) {
                    schedule.enabled = *enabled;
                    if *enabled {
                        schedule.next_run = schedule.next_run.max(at);
                    }
                }
            }
            Event::ScheduleRun { name, next_run } => {
                if let Some(schedule) = self.schedules.find_mut(*name) {
                    schedule.last_run = Some(at);
                    schedule.next_run = *next_run;
                }
            }
            Event::TaskStarted { task } => {
                self.last_id = self.last_id.max(task.id.0);
                if let Some(schedule) = self.schedules.find_mut(task.name) {
                    schedule.runs += 1;
                }
                self.schedules.running.insert(task.id, task.clone());
            }
            Event::TaskEnded { task, error, .. } => {
                if let Some(task) = self.schedules.running.remove(task)
                    && error.is_some()
                    && let Some(schedule) = self.schedules.find_mut(task.name)
                {
                    schedule.failures += 1;
                }
            }
            Event::AgentCounted {
                agent,
                ok,
                message,
                weighs,
            } => {
                let window = self.settings.health.window;
                let health = self.agents.entry(*agent).or_default();
                health.count(at, *ok, window);
                health.status_message.clone_from(message);
                let class = self.class_of(*agent);
                // Somebody nobody needs may fail as often as it likes.
                match ok {
                    _ if !self.is_of_the_crew(*agent) => {}
                    true if *weighs => self.degradation.succeed(class),
                    true => {}
                    false => self.degradation.fail(class, *weighs, at),
                }
            }
            Event::AgentWaits {
                agent,
                message,
                weighs,
            } => {
                let health = self.agents.entry(*agent).or_default();
                health.status_message = Some(message.clone());
                if *weighs {
                    let class = self.class_of(*agent);
                    self.degradation.succeed(class);
                }
            }
            Event::HealthChanged {
                agent,
                stale,
                unhealthy,
            } => {
                let silent = *stale && self.agents.get(agent).is_none_or(|a| !a.stale);
                if silent && self.needed_agents().contains(&agent.as_str()) {
                    let class = self.class_of(*agent);
                    self.degradation.fail(class, true, at);
                }
                let health: &mut AgentHealth = self.agents.entry(*agent).or_default();
                health.stale = *stale;
                health.unhealthy = *unhealthy;
                health.changed_at = Some(at);
            }
            Event::Sent { message } => {
                self.last_id = self.last_id.max(message.id.0);
                self.bus.put(message, keep);
            }
            Event::MessageEnded {
                id,
                how,
                response,
                agent,
                reason,
            } => {
                let end = End {
                    id: *id,
                    agent: *agent,
                    how: *how,
                    response: *response,
                    reason: reason.clone(),
                    at,
                };
                self.bus.end(&end, keep);
            }
            Event::CycleOpened { id, symbol } => {
                if let Some(schedule) = self.schedules.find_mut(decision()) {
                    schedule.runs += 1;
                }
                self.open_cycle(at, *id, *symbol);
            }
            Event::CycleMoved {
                id,
                phase,
                waiting,
                result,
                agent,
            } => self.move_cycle(at, *id, *phase, (*waiting, *agent), result.as_deref()),
            Event::CycleFound { id, found } => {
                if let Some(cycle) = self.cycles.live.get_mut(id) {
                    cycle.found = (**found).clone();
                }
            }
            Event::CycleEnded { id, phase, result } => {
                if *phase == Phase::Failed
                    && let Some(schedule) = self.schedules.find_mut(decision())
                {
                    schedule.failures += 1;
                }
                self.end_cycle(at, *id, *phase, result, keep);
            }
            Event::SignalWeighed {
                passed, verdict, ..
            } => {
                self.statistics.signals_seen += 1;
                if *passed {
                    self.statistics.signals_passed += 1;
                } else {
                    self.statistics.signals_ignored += 1;
                }
                if verdict.starts_with("conflict") {
                    self.statistics.conflicts += 1;
                    // Without a model every conflict is met by waiting.
                    *self
                        .statistics
                        .resolutions
                        .entry("wait".to_owned())
                        .or_default() += 1;
                }
            }
            Event::RiskChecked {
                request_id,
                checks,
                symbol,
                strategy,
                ..
            } => self
                .risk
                .checked(at, request_id.as_ref(), (*symbol, *strategy), checks),
            Event::OrderApproved { order } => self.approve(at, order),
            Event::OrderMoved {
                id,
                status,
                venue_id,
                reason,
            } => {
                self.count_error(*id, *status);
                self.move_order(at, *id, *status, venue_id.as_ref(), reason.as_ref(), keep);
            }
            Event::OrderFilled { id, fill } => {
                self.count_error(*id, Status::Filled);
                self.fill_order(at, *id, fill, keep);
            }
            Event::CancelAsked { id, reason } => {
                if let Some(order) = self.orders.live.get_mut(id) {
                    order.cancel = Some((at, reason.clone()));
                    order.updated_at = at;
                }
            }
            Event::OrderAmended {
                id,
                quantity,
                stop_price,
                price,
            }
            | Event::OrderShown {
                id,
                quantity,
                price,
                stop_price,
            } => {
                if let Some(order) = self.orders.live.get_mut(id) {
                    order.quantity = *quantity;
                    order.stop_price = *stop_price;
                    order.price = *price;
                    order.updated_at = at;
                }
                self.reconcile.refitted.remove(id);
            }
            Event::ProtectionSet {
                id,
                stop,
                target,
                trail,
                ..
            } => {
                if let Some(position) = self.positions.open.get_mut(id) {
                    position.stop = *stop;
                    position.target = *target;
                    position.set_trail(*trail);
                }
            }
            Event::CloseWanted { id, closing } => {
                if let Some(position) = self.positions.open.get_mut(id) {
                    position.closing = Some(closing.clone());
                }
            }
            Event::CloseDropped { id, .. } => {
                if let Some(position) = self.positions.open.get_mut(id) {
                    position.closing = None;
                }
            }
            Event::PositionClosed {
                id,
                reason,
                realised,
            } => {
                self.book_close(*id, *realised);
                self.book_service(*id, *realised);
                self.close_position(at, *id, *reason, *realised, keep);
            }
            Event::PositionSnapshot { .. } => self.snapshots_at = at,
            Event::Granted {
                id,
                amount,
                expires_at,
            } => self.ledger.granted(*id, *amount, *expires_at, at),
            Event::TurnsLeft { left } => self.ledger.turns_left = *left,
            Event::WaitsFor { id, waits } => {
                self.ledger.change(*id, |row| row.waits = Some(*waits));
            }
            Event::WaitTold { id } => {
                self.ledger.change(*id, |row| row.told_at = Some(at));
            }
            Event::WindowOpened { priority } => self.ledger.open_window(*priority),
            Event::WindowClosed { priority, .. } => self.ledger.close_window(*priority),
            Event::ActivityBegan { activity } => {
                self.last_id = self.last_id.max(activity.id.0);
                self.activities.live.insert(activity.id, activity.clone());
            }
            Event::ActivityResumed { id } => {
                if let Some(activity) = self.activities.live.get_mut(id) {
                    activity.queued = false;
                    activity.since = at;
                }
            }
            Event::ActivityEnded { id, how, .. } => self.activities.end(*id, *how, at),
            Event::AgentRegistered { registration } => {
                self.agents.entry(registration.name).or_default().outside =
                    Some((**registration).clone());
            }
            Event::Subscribed {
                agent,
                topic,
                filter,
            } => self.bus.subscribe(*agent, *topic, filter.clone()),
            Event::Unsubscribed {
                agent,
                topic,
                source,
            } => self.bus.unsubscribe(*agent, *topic, *source),
            Event::CycleData {
                cycle, key, value, ..
            } => self.cycles.write(*cycle, key, value),
            Event::ApprovalAsked { approval } => {
                self.last_id = self.last_id.max(approval.id.0);
                self.approvals
                    .waiting
                    .insert(approval.id, (**approval).clone());
            }
            Event::ApprovalEnded {
                id,
                verdict,
                by,
                reason,
            } => {
                let end = (*verdict, *by, reason.clone(), at);
                self.approvals.end(*id, end, keep);
            }
            Event::DegradationMoved { level, reason } => {
                self.degradation.move_to(*level, reason, at);
            }
            Event::WallHourPassed { hour } => self.ledger.hour_passed(*hour),
            Event::SlicingMoved { id, slicing } => {
                if let Some(order) = self.orders.live.get_mut(id) {
                    order.slicing = Some(slicing.clone());
                    order.updated_at = at;
                }
            }
            Event::CooldownBegan {
                strategy,
                until,
                trips,
                rule,
            } => {
                let cooldown = Cooldown {
                    since: at,
                    until: *until,
                    trips: *trips,
                    rule: *rule,
                };
                let window = self.settings.risk.cooldown_window_s;
                self.risk.cool_down(*strategy, cooldown, window);
            }
            Event::GuardBreached { venue, reason } => self.risk.breach(*venue, reason, at),
            Event::GuardCleared { venue } => {
                self.risk.guard.remove(venue);
            }
            Event::Trailed { id, best, stop } => {
                if let Some(position) = self.positions.open.get_mut(id) {
                    position.trailed(*best, *stop);
                }
            }
            Event::AbsenceRead { id, wall } => {
                if let Some(order) = self.orders.live.get_mut(id) {
                    let doubt = order.doubt.get_or_insert_default();
                    // The wall clock may be set back: the reads begin anew.
                    let since = doubt.absent_since.unwrap_or(*wall);
                    doubt.absent_since = Some(since.min(*wall));
                    doubt.reads += 1;
                }
            }
            Event::OrderDeferred { id, reason, .. } => {
                if let Some(order) = self.orders.live.get_mut(id) {
                    order.reason = Some(reason.clone());
                    order.updated_at = at;
                }
            }
            Event::FlattenBegan {
                by,
                reason,
                positions,
            } => {
                self.trading.flattening = Some(Flattening {
                    given: given(*by, reason, at),
                    positions: positions.clone(),
                });
            }
            Event::FlattenEnded => self.trading.flattening = None,
            Event::Compared {
                orders,
                differences,
            } => {
                self.compared = Some(Comparison {
                    at,
                    orders: *orders,
                    differences: *differences,
                });
                self.reconcile.since_start = true;
                self.reconcile.asked = false;
            }
            Event::SyncAsked { .. } => self.reconcile.asked = true,
            Event::StrategyDayLost {
                strategy,
                day,
                limit,
                ..
            } => {
                let (day, limit) = (*day, *limit);
                self.risk.lost.insert(*strategy, Lost { day, limit });
            }
            Event::DayBegan { day, marks } => self.begin_day(*day, marks),
            Event::StrategyDayOver { strategy } => {
                self.risk.lost.remove(strategy);
            }
            Event::RunAsked { .. }
            | Event::RunBegan { .. }
            | Event::StepTaken { .. }
            | Event::StepEnded { .. }
            | Event::RunEnded { .. }
            | Event::VersionProved { .. } => self.fold_research(at, event, keep),
            Event::ServiceOpened { .. }
            | Event::ServiceStaged { .. }
            | Event::ServiceBegan { .. }
            | Event::ServiceEnded { .. }
            | Event::ServiceSignalled { .. }
            | Event::PaperEntered { .. }
            | Event::PaperLeft { .. }
            | Event::ServiceMarked { .. } => self.fold_services(at, event, keep),
            Event::TokenIssued { token } => {
                self.tokens.0.insert(token.name, (**token).clone());
            }
            Event::TokenRevoked { name, .. } => {
                self.tokens.0.remove(name);
            }
            Event::AlarmAcked { id, since, by } => {
                let (since, by) = (*since, *by);
                self.acks.note(id, Ack { since, at, by });
            }
            Event::Configured { settings, .. } => self.take_settings(at, settings, true),
            Event::Defect { .. } => self.statistics.defects += 1,
            Event::ReconcileDiffers { .. }
            | Event::BalanceAdjusted { .. }
            | Event::OperatorLost { .. }
            | Event::PositionsDiffer { .. }
            | Event::PositionsAgree { .. }
            | Event::ExternalSeen { .. }
            | Event::ProtectionRefitted { .. } => self.differ(at, event),
        }
    }
}

/// The task whose runs are cycles.
fn decision() -> Name {
    "trading_decision".parse().expect("a built-in name")
}

fn given(by: Name, reason: &str, at: Time) -> Given {
    Given {
        by,
        reason: reason.to_owned(),
        at,
    }
}

/// A decision being made. What it emits is folded at once, so that each step sees the ones before.
pub(super) struct Decider<'a> {
    pub(super) state: &'a mut State,
    pub(super) now: Time,
    pub(super) actor: Name,
    quotes: &'a Quotes,
    pub(super) events: Vec<Event>,
    looked: Quotes,
}

/// Events of one record, about: records have a size, and what is left is decided next.
const RECORD_EVENTS: usize = 3_000;

impl Decider<'_> {
    /// Events that this decision may still come to where it could also stop.
    pub(super) fn left(&self) -> usize {
        RECORD_EVENTS.saturating_sub(self.events.len())
    }

    /// What a decision gave back goes to those who wait for it, in the same decision.
    fn take_turns(&mut self, command: &Command) {
        self.go_on();
        let state = &self.state;
        if state.ledger.queue_len() == 0 && state.activities.live.is_empty() {
            return;
        }
        let frees = |e: &Event| {
            matches!(
                e,
                Event::ReservationEnded { .. }
                    | Event::HandedOver { .. }
                    | Event::Bound { .. }
                    | Event::PoolMarked { .. }
                    | Event::ActivityEnded { .. }
                    | Event::CauseLifted { .. }
                    | Event::WindowClosed { .. }
            )
        };
        let due = state.ledger.turns_left || state.ledger.waiting(Pooled::Api) > 0;
        let slides = *command == Command::Tick && due;
        if slides || self.events.iter().any(frees) {
            self.settle_activities();
            self.resume_queue();
            // What was taken from somebody may have been the last of an activity others wait for.
            while self.settle_activities() {
                self.resume_queue();
            }
        }
    }

    /// What a service gave up may be what another waits for, and so on; every round ends one of them.
    fn settle(&mut self, command: &Command) {
        while self.settle_services() {
            self.take_turns(command);
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.state.evolve(self.now, &event);
        self.events.push(event);
    }

    /// The price of a symbol, which the record will keep.
    pub(super) fn quote(&mut self, symbol: Symbol) -> Option<Quote> {
        let quote = *self.quotes.get(symbol)?;
        self.looked.set(symbol, quote);
        Some(quote)
    }

    /// All prices at once, for the account's worth; kept in the record only with an event that
    /// states the worth itself.
    pub(super) fn worth(&self) -> Option<Decimal> {
        self.state
            .account
            .worth(self.quotes, &self.state.settings.symbols)
    }

    /// The price of any symbol, for weighing what is held.
    pub(super) fn price_of(&self, symbol: Symbol) -> Option<Decimal> {
        self.quotes.get(symbol).map(|q| q.last)
    }

    pub(super) fn next_id(&self) -> u64 {
        self.state.last_id + 1
    }
}
