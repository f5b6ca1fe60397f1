//! The desk: it carries out what was journaled, and brings back what the venue says.

use std::collections::{BTreeMap, VecDeque};

use rust_decimal::prelude::ToPrimitive;

use super::GuardFigures;
use super::bucket::Bucket;
use super::cancels::Cancels;
use super::outbox::{Outbox, Rank, Request, Wish};
use super::retries::Retries;
use super::searches::Searches;
use super::timetable::Timetable;
use crate::core::command::Report;
use crate::core::id::OrderId;
use crate::core::order::{Order, Purpose, Status};
use crate::core::settings::GuardSettings;
use crate::core::{Command, Event, Name, Quotes, State, Time};
use crate::gate::Gate;
use crate::market::Instant;
use crate::snapshot::{GuardRow, StatementSample};
use crate::venue::{Amendment, Asked, Said, Venue, VenueError, VenueOrder};

/// Wall time, Unix milliseconds. It may jump, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Wall(pub i64);

impl Wall {
    /// Milliseconds later.
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// Now, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Engine time.
    pub now: Time,
    /// Wall time.
    pub wall: Wall,
}

/// How a venue is spoken to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Calls a minute of engine time, of any kind.
    pub calls_per_minute: u32,
    /// Calls at once.
    pub calls_burst: u32,
    /// Orders a minute of engine time.
    pub orders_per_minute: u32,
    /// Orders at once.
    pub orders_burst: u32,
    /// Repeats of an order that was proved not processed.
    pub retries: u32,
    /// Pause before the first repeat, doubled each time; wall milliseconds.
    pub retry_delay_ms: i64,
    /// Within this an entry reaches the venue, or never; wall milliseconds.
    pub submission_deadline_ms: i64,
    /// Between two comparisons with the venue, milliseconds of engine time.
    pub reconcile_ms: i64,
    /// The same while the stream of executions is down, wall milliseconds.
    pub poll_ms: i64,
    /// The live guard's bounds.
    pub guard: GuardSettings,
    /// Oldest price that entries are decided on, seconds of engine time.
    pub max_quote_age_s: u32,
}

/// An order that left.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Moment,
    /// Which of the requests about orders was the last about it.
    number: u64,
    /// Whether the venue has said what becomes of it.
    answered: bool,
}

/// Milliseconds after which a statement that was asked for is no longer waited for.
const STATEMENT_MS: i64 = 120_000;

/// What stands between the core and one venue.
pub struct Desk {
    pub(super) venue: Box<dyn Venue>,
    gate: Gate,
    rules: Rules,
    outbox: Outbox,
    retries: Retries,
    searches: Searches,
    cancels: Cancels,
    timetable: Timetable,
    /// When each live order last left.
    sent: BTreeMap<String, Sent>,
    /// Requests about orders that ever left.
    left: u64,
    /// Statements that were asked for and have not come: when, and how many requests had left.
    asked: VecDeque<(Wall, u64)>,
    /// The venue's last word on everything.
    statement: Option<StatementSample>,
    guard: GuardFigures,
    /// What is told to the core, with the record that caused it.
    words: Vec<(u64, Command)>,
    wall: Wall,
}

impl Desk {
    /// A desk before a venue, behind a gate.
    pub fn new(venue: Box<dyn Venue>, gate: Gate, rules: Rules) -> Self {
        Self {
            venue,
            gate,
            outbox: Outbox::new(
                Bucket::new(rules.calls_per_minute, rules.calls_burst),
                Bucket::new(rules.orders_per_minute, rules.orders_burst),
            ),
            retries: Retries::default(),
            searches: Searches::default(),
            cancels: Cancels::default(),
            timetable: Timetable::new(rules.reconcile_ms, rules.poll_ms),
            sent: BTreeMap::new(),
            left: 0,
            asked: VecDeque::new(),
            statement: None,
            guard: GuardFigures::new(rules.guard, rules.max_quote_age_s),
            words: Vec::new(),
            wall: Wall::default(),
            rules,
        }
    }

    /// Goes by other rules from now on; what waits for its turn waits by the new pace.
    pub fn set_rules(&mut self, rules: Rules, now: Time) {
        self.outbox.set_pace(
            now,
            (rules.calls_per_minute, rules.calls_burst),
            (rules.orders_per_minute, rules.orders_burst),
        );
        self.timetable
            .set_pace(rules.reconcile_ms, rules.poll_ms, now);
        self.guard.set_bounds(rules.guard, rules.max_quote_age_s);
        self.rules = rules;
    }

    /// Takes up what works since before this start, and asks the venue what it works.
    pub fn start(&mut self, state: &State, at: Moment) {
        let live = || state.orders.live.values().filter(|o| o.is_sent());
        let lags = !self.venue.capabilities().absence_is_proof;
        for order in live() {
            let id = &order.client_order_id;
            if order.purpose.reduces() {
                self.gate.exit_pass(id);
            } else if let Err(refused) = self.gate.adopt(id, risk_cents(order)) {
                tracing::warn!("{} is not in the gate's table: {refused:?}", order.id);
            }
            let sent = Sent {
                at,
                number: 0,
                answered: true,
            };
            self.sent.insert(id.clone(), sent);
            match order.status {
                Status::Unknown => self.search(id, at.wall),
                // Whether it left, nobody knows any more; a venue whose silence proves says so itself.
                Status::Pending | Status::Submitted if lags => {
                    let reason = "the engine died before it was answered".to_owned();
                    self.tell(id, Report::Unknown { reason }, 0);
                }
                _ => {}
            }
        }
        let working = live().filter_map(|o| Some((VenueOrder::of(o), o.venue_order_id.clone()?)));
        self.venue.restore(working.collect());
        // A cancel that was asked for before the crash may never have been sent.
        for order in live().filter(|o| o.cancel.is_some()) {
            self.cancel(state, order, 0, at);
        }
        self.timetable.want();
        self.advance(state, at);
    }

    /// Does what a journaled event asks of the outside. `seq` is its record.
    pub fn carry_out(&mut self, state: &State, seq: u64, event: &Event, at: Moment) {
        let live = |id: &OrderId| state.orders.live.get(id).filter(|o| o.is_sent());
        match event {
            Event::OrderApproved { order } if order.is_sent() => {
                // A venue inside the process is never out of reach: what waits there waits for its
                // turn, in engine time.
                let inside = self.venue.capabilities().absence_is_proof;
                let deadline = at.wall.plus(self.rules.submission_deadline_ms);
                self.place(
                    order,
                    state.trading.epoch,
                    (!inside).then_some(deadline),
                    seq,
                );
            }
            Event::CancelAsked { id, .. } => {
                if let Some(order) = live(id) {
                    self.cancel(state, order, seq, at);
                } else if let Some(order) = state.orders.get(*id).filter(|o| o.is_sent()) {
                    // It has ended here, and the venue may work it all the same.
                    let wish = Wish::Cancel(order.client_order_id.clone());
                    let _ = self.outbox.put(Rank::Exit, Request { wish, cause: seq });
                }
            }
            Event::OrderAmended { id, .. } => {
                if let Some(order) = live(id) {
                    self.amend(order, seq);
                }
            }
            Event::OrderMoved { id, .. } | Event::OrderFilled { id, .. } => {
                if let Some(order) = state.orders.get(*id).filter(|o| o.is_sent()) {
                    self.follow(order, seq, at);
                }
            }
            Event::ReconcileDiffers { id: Some(id), .. } => {
                if let Some(order) = live(id) {
                    self.look_up(&order.client_order_id, seq);
                }
            }
            Event::SyncAsked { .. } => self.timetable.want(),
            _ => {}
        }
    }

    fn place(&mut self, order: &Order, epoch: u64, deadline: Option<Wall>, cause: u64) {
        let wish = Wish::Place {
            id: order.id,
            client_order_id: order.client_order_id.clone(),
            epoch,
            deadline: deadline.filter(|_| !order.purpose.reduces()),
        };
        let rank = rank(order.purpose);
        if self.outbox.put(rank, Request { wish, cause }).is_err() {
            self.unsent(
                &order.client_order_id,
                "too many orders wait for their turn",
                cause,
            );
        }
    }

    fn cancel(&mut self, state: &State, order: &Order, cause: u64, at: Moment) {
        let id = &order.client_order_id;
        let places = |wish: &Wish| matches!(wish, Wish::Place { .. }) && wish.about() == Some(id);
        let waited = !self.outbox.drop_where(places).is_empty();
        if waited || self.retries.waits(id) {
            self.retries.forget(id);
            return self.unsent(id, "cancelled before it left", cause);
        }
        let at_once = state.mode().cancels_entries() || state.trading.flattening.is_some();
        let rank = if at_once { Rank::AtOnce } else { Rank::Exit };
        self.cancels.sent(id, at.wall);
        let wish = Wish::Cancel(id.clone());
        // One that finds no room is sent again like one that is not confirmed.
        let _ = self.outbox.put(rank, Request { wish, cause });
    }

    fn amend(&mut self, order: &Order, cause: u64) {
        let id = &order.client_order_id;
        let about = |wish: &Wish| wish.about() == Some(id);
        if self.retries.waits(id)
            || self
                .outbox
                .any(|w| about(w) && matches!(w, Wish::Place { .. }))
        {
            // It leaves as it stands then.
            return;
        }
        self.outbox
            .drop_where(|w| about(w) && matches!(w, Wish::Amend(..)));
        let to = Amendment {
            quantity: order.quantity,
            price: order.price,
            stop_price: order.stop_price,
        };
        let wish = Wish::Amend(id.clone(), to);
        if self
            .outbox
            .put(rank(order.purpose), Request { wish, cause })
            .is_err()
        {
            let reason = "too many requests wait for their turn".to_owned();
            self.tell(id, Report::AmendRefused { reason }, cause);
        }
    }

    fn look_up(&mut self, id: &str, cause: u64) {
        let wish = Wish::LookUp(id.to_owned());
        if !self.outbox.any(|w| *w == wish) {
            // One that finds no room is asked again by its search or the next comparison.
            let _ = self.outbox.put(Rank::Normal, Request { wish, cause });
        }
    }

    fn search(&mut self, id: &str, wall: Wall) {
        let left = self.sent.get(id).map_or(wall, |sent| sent.at.wall);
        let settles = left.plus(self.rules.submission_deadline_ms);
        self.searches.begin(id, settles, wall);
    }

    /// What is no longer waited for, and what now is.
    fn follow(&mut self, order: &Order, cause: u64, at: Moment) {
        let id = &order.client_order_id;
        match order.status {
            Status::Unknown => self.search(id, at.wall),
            status if status.is_terminal() => {
                if self.searches.is_looked_for(id) && status == Status::Cancelled {
                    // Its absence was concluded: should it be there all the same, it goes.
                    let wish = Wish::Cancel(id.clone());
                    let _ = self.outbox.put(Rank::AtOnce, Request { wish, cause });
                }
                let lags = !self.venue.capabilities().absence_is_proof;
                if lags && status != Status::Rejected && !order.remaining().is_zero() {
                    // Its end may have overtaken fills that were lost on their way.
                    self.look_up(id, cause);
                }
                self.gate.mark_terminal(id);
                self.searches.end(id);
                self.cancels.end(id);
                self.retries.forget(id);
                self.sent.remove(id);
            }
            Status::Pending | Status::Submitted => {}
            _ => {
                self.searches.end(id);
                self.retries.forget(id);
                if order.cancel.is_some() && !self.cancels.is_waiting(id) {
                    // It was to go before anybody knew that it works.
                    self.cancels.sent(id, at.wall);
                    let wish = Wish::Cancel(id.clone());
                    let _ = self.outbox.put(Rank::Exit, Request { wish, cause });
                }
            }
        }
    }

    /// What the market did.
    pub fn on_market(&mut self, instant: &Instant) {
        self.venue.on_market(instant);
    }

    /// Time has passed: what waited for it leaves.
    pub fn advance(&mut self, state: &State, at: Moment) {
        if at.wall < self.wall {
            self.searches
                .heed(at.wall, self.rules.submission_deadline_ms);
            for sent in self.sent.values_mut() {
                sent.at.wall = sent.at.wall.min(at.wall);
            }
            self.cancels.heed(at.wall);
            self.timetable.heed(at.wall);
            self.retries.heed(at.wall, self.rules.retry_delay_ms);
        }
        self.wall = at.wall;
        for id in self.retries.due(at.wall) {
            if let Some(order) = state.orders.by_client_id(&id) {
                self.place(order, state.trading.epoch, None, 0);
            }
        }
        for id in self.searches.due(at.wall) {
            self.look_up(&id, 0);
        }
        for id in self.cancels.due(at.wall) {
            let wish = Wish::Cancel(id);
            if !self.outbox.any(|w| *w == wish) {
                let _ = self.outbox.put(Rank::Exit, Request { wish, cause: 0 });
            }
        }
        if self.timetable.is_due(at) && !self.outbox.any(|w| *w == Wish::State) {
            let wish = Wish::State;
            let _ = self.outbox.put(Rank::Normal, Request { wish, cause: 0 });
        }
        self.venue.advance(at.now);
        self.flush(state, at);
    }

    /// Lets leave what may leave.
    pub fn flush(&mut self, state: &State, at: Moment) {
        while let Some(request) = self.outbox.take(at.now) {
            self.leave(state, request, at);
        }
    }

    fn leave(&mut self, state: &State, Request { wish, cause }: Request, at: Moment) {
        match wish {
            Wish::Place {
                id,
                client_order_id,
                epoch,
                deadline,
            } => {
                // It may have been cancelled since it was approved.
                let order = state.orders.live.get(&id).filter(|o| o.cancel.is_none());
                let Some(order) = order else {
                    return self.tell(&client_order_id, Report::GateKilled, cause);
                };
                if deadline.is_some_and(|deadline| deadline < at.wall) {
                    let why = "it could not leave before its deadline";
                    return self.unsent(&client_order_id, why, cause);
                }
                self.send(order, epoch, cause, at);
            }
            Wish::Amend(id, to) => {
                self.left += 1;
                if let Some(sent) = self.sent.get_mut(&id) {
                    sent.number = self.left;
                }
                self.venue.amend(&id, to, at.now);
            }
            Wish::Cancel(id) => self.venue.cancel(&id, at.now),
            Wish::LookUp(id) => self.venue.look_up(&id, at.now),
            Wish::State => {
                self.asked.push_back((at.wall, self.left));
                self.venue.state(at.now);
            }
        }
    }

    /// To send is: take a permit, write, mark written. An exit needs no permit.
    fn send(&mut self, order: &Order, epoch: u64, cause: u64, at: Moment) {
        let id = &order.client_order_id;
        if order.purpose.reduces() {
            self.gate.exit_pass(id);
            self.venue.place(VenueOrder::of(order), at.now);
        } else {
            // Sent again, it holds its permit already; the gate is asked anew all the same.
            self.gate.mark_terminal(id);
            match self.gate.permit_weighed(id, epoch, risk_cents(order)) {
                Ok(permit) => {
                    let submit_by = at.wall.plus(self.rules.submission_deadline_ms);
                    let order = VenueOrder {
                        submit_by: Some(submit_by.0),
                        ..VenueOrder::of(order)
                    };
                    self.venue.place(order, at.now);
                    permit.written();
                }
                Err(refused) => {
                    tracing::info!("{id} was not sent: {refused:?}");
                    return self.tell(id, Report::GateKilled, cause);
                }
            }
        }
        self.left += 1;
        let sent = Sent {
            at,
            number: self.left,
            answered: false,
        };
        self.sent.insert(id.clone(), sent);
    }

    /// Cancels every entry at once, without the core: the journal cannot be written any more.
    /// Answers the client ids of what was cancelled.
    pub fn cancel_entries(&mut self, state: &State, now: Time) -> Vec<String> {
        let live = state.orders.live.values().filter(|o| o.is_sent());
        let entries = live.filter(|o| !o.purpose.reduces());
        let ids: Vec<String> = entries.map(|o| o.client_order_id.clone()).collect();
        for id in &ids {
            self.venue.cancel(id, now);
        }
        ids
    }

    /// What was said since, as commands to the core with the record that caused each.
    pub fn commands(&mut self, state: &State, at: Moment) -> Vec<(u64, Command)> {
        for said in self.venue.said() {
            self.hear(state, said, at);
        }
        std::mem::take(&mut self.words)
    }

    fn hear(&mut self, state: &State, said: Said, at: Moment) {
        match said {
            Said::Order(id, report) => {
                match report {
                    Report::Rejected { .. } => self.answered(&id, true, at),
                    Report::Submitted => {}
                    _ => self.answered(&id, false, at),
                }
                self.tell(&id, report, 0);
            }
            Said::NotFound(id) => {
                if self.venue.capabilities().absence_is_proof {
                    return self.tell(&id, Report::Absent, 0);
                }
                let past_deadline = self.searches.is_settled(&id, at.wall);
                let command = Command::NotFound {
                    client_order_id: id,
                    wall: at.wall.0,
                    past_deadline,
                };
                self.words.push((0, command));
            }
            Said::Statement(mut statement) => {
                let recent = self.recent(state, at.wall);
                statement.recent.extend(recent);
                let judged =
                    |o: &&Order| o.is_sent() && !statement.recent.contains(&o.client_order_id);
                let orders = state.orders.live.values().filter(judged).count();
                self.statement = Some(StatementSample {
                    at: at.now,
                    orders: u32::try_from(orders).unwrap_or(u32::MAX),
                });
                self.words.push((0, Command::Statement(statement)));
            }
            Said::Down(reason) => {
                tracing::warn!("the venue's executions: {reason}");
                self.timetable.down(at.wall);
            }
            Said::Up => self.timetable.up(),
            Said::Failed {
                client_order_id,
                asked,
                error,
            } => self.failed(state, &client_order_id, asked, error, at),
        }
    }

    /// Client ids that a read cannot judge: something about them waits for its turn, they left after
    /// the read was asked for, or so lately that a venue that proves nothing by its silence may not
    /// show them yet.
    fn recent(&mut self, state: &State, wall: Wall) -> Vec<String> {
        let given_up = |at: &Wall| (wall.0 - at.0).abs() > STATEMENT_MS;
        while self.asked.front().is_some_and(|(at, _)| given_up(at)) {
            self.asked.pop_front();
        }
        let asked = self.asked.pop_front();
        let had_left = asked.map_or(self.left, |(_, left)| left);
        let lags = !self.venue.capabilities().absence_is_proof;
        let since = |left: &Wall| wall.0 - left.0 <= self.rules.submission_deadline_ms;
        let live = state.orders.live.values().map(|o| &o.client_order_id);
        live.filter(|id| {
            self.outbox.any(|wish| wish.about() == Some(id.as_str()))
                || self.retries.waits(id)
                || self
                    .sent
                    .get(*id)
                    .is_some_and(|sent| sent.number > had_left || lags && since(&sent.at.wall))
        })
        .cloned()
        .collect()
    }

    /// What follows from a request that came to nothing: by what the error proves.
    fn failed(&mut self, state: &State, id: &str, asked: Asked, error: VenueError, at: Moment) {
        match (asked, error) {
            (Asked::Place, VenueError::Definitive(reason)) => {
                self.answered(id, true, at);
                self.tell(id, Report::Rejected { reason }, 0);
            }
            (Asked::Place, VenueError::Retryable(reason)) => {
                let rules = self.rules;
                let attempt =
                    self.retries
                        .put_off(id, rules.retries, rules.retry_delay_ms, at.wall);
                let cancelled = |o: &Order| o.cancel.is_some();
                if state.orders.by_client_id(id).is_some_and(cancelled) {
                    self.retries.forget(id);
                    return self.unsent(id, "cancelled before it was processed", 0);
                }
                let report = match attempt {
                    Some(attempt) => Report::Deferred { reason, attempt },
                    None => Report::Rejected { reason },
                };
                self.tell(id, report, 0);
            }
            (Asked::Place, VenueError::Ambiguous(reason)) => {
                self.tell(id, Report::Unknown { reason }, 0);
            }
            // What protects is compared with the venue, and fitted again; it is not taken away.
            (Asked::Amend, VenueError::Retryable(_)) if protects(state, id) => {
                self.timetable.want()
            }
            (Asked::Amend, VenueError::Definitive(reason) | VenueError::Retryable(reason)) => {
                self.tell(id, Report::AmendRefused { reason }, 0);
            }
            // How it works now only the venue knows.
            (Asked::Amend, VenueError::Ambiguous(_)) => self.timetable.want(),
            // A cancel is sent again until the order has ended; perhaps it has.
            (Asked::Cancel, VenueError::Definitive(_)) => self.look_up(id, 0),
            // What is not answered is asked again in its time.
            (Asked::Cancel | Asked::LookUp, _) => {}
            (Asked::Statement, _) => {
                self.asked.pop_front();
            }
        }
    }

    /// The first answer to an order is a sample of the guard. A venue inside the process answers in
    /// engine time: what the machine does besides is not the venue's doing.
    fn answered(&mut self, id: &str, refused: bool, at: Moment) {
        let inside = self.venue.capabilities().absence_is_proof;
        let Some(sent) = self.sent.get_mut(id).filter(|sent| !sent.answered) else {
            return;
        };
        sent.answered = true;
        let latency = if inside {
            at.now - sent.at.now
        } else {
            at.wall.0 - sent.at.wall.0
        };
        self.guard.answered(at.now, refused, latency);
    }

    /// Whether the guard has to tell the core something.
    pub fn judge(&mut self, state: &State, quotes: &Quotes, at: Moment) {
        let Ok(venue) = self.venue.name().parse::<Name>() else {
            return;
        };
        let breached = state.risk.guard.contains_key(&venue);
        let symbols = &state.settings.symbols;
        if let Some(breach) = self.guard.judge(at.now, quotes, symbols, breached) {
            self.words.push((0, Command::Guard { venue, breach }));
        }
    }

    /// The guard's figures, for those who look.
    pub fn figures(&self, state: &State) -> GuardRow {
        let name = self.venue.name();
        let breach = name.parse::<Name>().ok();
        let breach = breach.and_then(|venue| state.risk.guard.get(&venue));
        GuardRow {
            connected: Some(self.timetable.is_up()),
            waiting: u32::try_from(self.outbox.len()).unwrap_or(u32::MAX),
            ..self.guard.row(name, breach)
        }
    }

    /// When the venue last said how everything stands, and of how many orders; also where nothing
    /// differed, which is no event.
    pub fn statement(&self) -> Option<StatementSample> {
        self.statement
    }

    fn unsent(&mut self, id: &str, why: &str, cause: u64) {
        let reason = why.to_owned();
        self.tell(id, Report::Unsent { reason }, cause);
    }

    fn tell(&mut self, id: &str, report: Report, cause: u64) {
        let client_order_id = id.to_owned();
        let command = Command::Venue {
            client_order_id,
            report,
        };
        self.words.push((cause, command));
    }

    /// When [`Desk::advance`] has something to do, in engine time. Comparisons wait for the next
    /// moment at which time passes anyway.
    pub fn wakes_at(&self, now: Time) -> Option<Time> {
        let venue = self.venue.wakes_at();
        venue.into_iter().chain(self.outbox.wakes_at(now)).min()
    }

    /// The same in wall time.
    pub fn wall_wakes_at(&self) -> Option<Wall> {
        [
            self.retries.wakes_at(),
            self.searches.wakes_at(),
            self.cancels.wakes_at(),
            self.timetable.wall_wakes_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether nothing waits: no request, no repeat, no search.
    pub fn is_quiet(&self) -> bool {
        self.outbox.len() == 0
            && self.retries.wakes_at().is_none()
            && self.searches.wakes_at().is_none()
            && self.words.is_empty()
    }
}

fn rank(purpose: Purpose) -> Rank {
    if purpose.reduces() {
        Rank::Exit
    } else {
        Rank::Normal
    }
}

fn protects(state: &State, id: &str) -> bool {
    let order = state.orders.by_client_id(id);
    order.is_some_and(|o| matches!(o.purpose, Purpose::Stop | Purpose::Target))
}

/// What an order puts at risk, in cents of its quote currency.
fn risk_cents(order: &Order) -> u64 {
    (order.remaining() * order.decision_price)
        .to_u64()
        .unwrap_or(u64::MAX)
        .saturating_mul(100)
}
