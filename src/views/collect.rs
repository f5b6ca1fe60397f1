//! Which rows an event touches. Rows that change are kept as they last were, so that a batch
//! writes each of them once.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sqlx::SqliteConnection;

use super::concerns::{execution_of, transition_of};
use super::rows::*;
use super::table::{self, Row};
use crate::core::approval::Approval;
use crate::core::id::{
    ApprovalId, CycleId, MessageId, OrderId, PositionId, ReservationId, RunId, ServiceId,
};
use crate::core::message::Message;
use crate::core::order::{Order, Status};
use crate::core::{Event, Name, State, Time};

/// The last row of each key, in the order in which the keys were first met: the tables' order does
/// not depend on where batches end.
#[derive(Debug)]
struct Latest<K, R> {
    places: BTreeMap<K, usize>,
    rows: Vec<R>,
}

impl<K, R> Default for Latest<K, R> {
    fn default() -> Self {
        Self {
            places: BTreeMap::new(),
            rows: Vec::new(),
        }
    }
}

impl<K: Ord, R: Row> Latest<K, R> {
    fn put(&mut self, key: K, row: R) {
        match self.places.entry(key) {
            std::collections::btree_map::Entry::Occupied(place) => self.rows[*place.get()] = row,
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(self.rows.len());
                self.rows.push(row);
            }
        }
    }
}

/// Who asked, when and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// The record.
    pub seq: u64,
    /// Engine time.
    pub time: Time,
    /// Who asked.
    pub actor: Name,
    /// The record that caused it; 0 for none.
    pub cause: u64,
    /// From where; none for the engine itself.
    pub from: Option<crate::core::Origin>,
}

/// The last price of each open position, as of its last snapshot.
pub(super) type Marks = BTreeMap<PositionId, Decimal>;

/// Rows that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    audit: Vec<AuditRow>,
    transitions: Vec<TransitionRow>,
    reservations: Latest<ReservationId, ReservationRow>,
    messages: Latest<MessageId, MessageRow>,
    cycles: Latest<CycleId, CycleRow>,
    agents: Latest<Name, HealthRow>,
    orders: Latest<OrderId, OrderRow>,
    statuses: Vec<StatusRow>,
    executions: Vec<ExecutionRow>,
    trades: Vec<TradeRow>,
    positions: Latest<PositionId, PositionRow>,
    snapshots: Vec<SnapshotRow>,
    runs: Latest<RunId, RunRow>,
    versions: Latest<(Name, String), VersionRow>,
    services: Latest<ServiceId, ServiceRow>,
    stages: Vec<StageRow>,
}

impl Pending {
    /// Whether there is nothing to write: every record has an event, and every event a row.
    pub fn is_empty(&self) -> bool {
        self.audit.is_empty()
    }

    /// Takes an event that `state` has just folded.
    pub fn take(&mut self, state: &State, marks: &Marks, origin: &Origin, event: &Event) {
        let data = json(event);
        let at = origin.time;
        self.touch(state, marks, at, event);
        if let Some(agent) = transition_of(state, event, origin.actor) {
            self.transitions.push(TransitionRow {
                timestamp: at,
                agent_type: agent,
                state_change: event.name(),
                details: data.clone(),
                created_at: at,
            });
        }
        if let Some((order, size, fill_price)) = execution_of(event) {
            let known = order.and_then(|id| state.orders.get(id));
            self.executions.push(ExecutionRow {
                timestamp: at,
                event_type: event.name(),
                order_id: order,
                symbol: known.map(|o| o.request.symbol),
                side: known.map(|o| o.request.side),
                size: size.or(known.map(|o| o.quantity)).map(|q| q.normalize()),
                fill_price,
                details: data.clone(),
            });
        }
        self.audit.push(AuditRow {
            seq: origin.seq,
            time: at,
            kind: event.name(),
            actor: origin.actor,
            cause: (origin.cause > 0).then_some(origin.cause),
            data,
            origin: origin.from,
        });
    }

    fn touch(&mut self, state: &State, marks: &Marks, at: Time, event: &Event) {
        match event {
            Event::Started { .. } => {
                for (name, health) in &state.agents {
                    self.agents.put(*name, (*name, health).into());
                }
            }
            Event::AgentCounted { agent, .. }
            | Event::AgentWaits { agent, .. }
            | Event::HealthChanged { agent, .. } => {
                self.agent(state, *agent);
            }
            Event::AgentRegistered { registration } => self.agent(state, registration.name),
            Event::Reserved { row } => self.reservation(state, row.id),
            Event::Bound { id, .. }
            | Event::Granted { id, .. }
            | Event::WaitsFor { id, .. }
            | Event::Renewed { id, .. }
            | Event::ReservationEnded { id, .. } => self.reservation(state, *id),
            Event::HandedOver { from, row } => {
                self.reservation(state, *from);
                self.reservation(state, row.id);
            }
            Event::RunAsked { run } => self.run(state, run.id),
            Event::RunBegan { id, .. }
            | Event::StepEnded { run: id, .. }
            | Event::RunEnded { id, .. } => self.run(state, *id),
            Event::VersionProved { version } => {
                let key = (version.strategy, version.version.clone());
                self.versions.put(key, VersionRow::of(version, at));
            }
            Event::ServiceOpened { service } => self.service(state, service.id),
            Event::ServiceBegan { id, .. }
            | Event::ServiceSignalled { id, .. }
            | Event::PaperEntered { id, .. }
            | Event::PaperLeft { id, .. }
            | Event::ServiceMarked { id, .. } => self.service(state, *id),
            Event::ServiceStaged { id, .. } | Event::ServiceEnded { id, .. } => {
                let left = state.services.get(*id).and_then(|s| s.left.last());
                self.stages.extend(left.map(|left| StageRow::of(*id, left)));
                self.service(state, *id);
            }
            Event::Sent { message: sent } => {
                // Whether somebody's queue holds it only the bus knows.
                let row = message(state, sent.id).unwrap_or(sent);
                self.messages.put(sent.id, row.into());
            }
            Event::MessageEnded { id, .. } => {
                // One agent's copy may be done with while others wait.
                if let Some(message) = message(state, *id) {
                    self.messages.put(*id, message.into());
                }
            }
            Event::CycleOpened { id, .. }
            | Event::CycleMoved { id, .. }
            | Event::CycleFound { id, .. }
            | Event::CycleEnded { id, .. }
            | Event::CycleData { cycle: id, .. } => self.cycle(state, *id),
            Event::ApprovalAsked { approval } => {
                if let Some(id) = approval.cycle {
                    self.cycle(state, id);
                }
            }
            Event::ApprovalEnded { id, .. } => {
                if let Some(id) = approval(state, *id).and_then(|a| a.cycle) {
                    self.cycle(state, id);
                }
            }
            Event::OrderApproved { order } => {
                self.step(order, Status::Pending, at, None);
                self.order(state, marks, order.id);
            }
            Event::OrderMoved {
                id, status, reason, ..
            } => {
                if let Some(order) = self.order(state, marks, *id) {
                    let details = reason
                        .as_ref()
                        .map(|r| json(&serde_json::json!({ "reason": r })));
                    self.step(order, *status, at, details);
                }
            }
            Event::OrderFilled { id, fill } => {
                if let Some(order) = self.order(state, marks, *id) {
                    self.step(order, order.status, at, Some(json(fill)));
                    self.trades.push((order, fill).into());
                }
            }
            Event::CancelAsked { id, .. }
            | Event::OrderAmended { id, .. }
            | Event::OrderShown { id, .. }
            | Event::OrderDeferred { id, .. }
            | Event::SlicingMoved { id, .. } => {
                self.order(state, marks, *id);
            }
            Event::ProtectionSet { id, .. }
            | Event::Trailed { id, .. }
            | Event::CloseWanted { id, .. }
            | Event::CloseDropped { id, .. } => self.position(state, marks, *id),
            Event::PositionClosed { id, .. } => {
                self.position(state, marks, *id);
                // A service counts what its positions brought.
                let closed = state.positions.get(*id);
                if let Some(service) = closed.and_then(|p| p.service) {
                    self.service(state, service);
                }
            }
            Event::PositionSnapshot {
                id,
                price,
                unrealised,
            } => {
                if let Some(position) = state.positions.get(*id) {
                    self.snapshots.push(SnapshotRow {
                        timestamp: at,
                        position_id: *id,
                        symbol: position.symbol,
                        current_price: *price,
                        unrealized_pnl: *unrealised,
                        unrealized_pnl_pct: position.unrealised_pct(*price),
                    });
                }
                self.position(state, marks, *id);
            }
            _ => {}
        }
    }

    fn agent(&mut self, state: &State, name: Name) {
        if let Some(health) = state.agents.get(&name) {
            self.agents.put(name, (name, health).into());
        }
    }

    fn run(&mut self, state: &State, id: RunId) {
        if let Some(run) = state.research.get(id) {
            self.runs.put(id, run.into());
        }
    }

    fn service(&mut self, state: &State, id: ServiceId) {
        if let Some(service) = state.services.get(id) {
            self.services.put(id, service.into());
        }
    }

    fn cycle(&mut self, state: &State, id: CycleId) {
        if let Some(cycle) = state.cycles.get(id) {
            let mut waiting = state.approvals.waiting.values();
            let approval = waiting.find(|a| a.cycle == Some(id)).map(|a| a.id);
            self.cycles.put(id, CycleRow::of(cycle, approval));
        }
    }

    fn reservation(&mut self, state: &State, id: ReservationId) {
        let ledger = &state.ledger;
        let row = ledger
            .get(id)
            .or_else(|| ledger.past().rev().find(|r| r.id == id));
        if let Some(row) = row {
            self.reservations.put(id, row.into());
            // What it takes or gives back changes the one it was drawn on.
            let source = row.drawn.and_then(|drawn| ledger.get(drawn.from));
            if let Some(source) = source {
                self.reservations.put(source.id, source.into());
            }
        }
    }

    /// An order, and the position whose protection may hang on it.
    fn order<'s>(&mut self, state: &'s State, marks: &Marks, id: OrderId) -> Option<&'s Order> {
        let order = state.orders.get(id)?;
        self.orders.put(id, order.into());
        if let Some(position) = order.position {
            self.position(state, marks, position);
        }
        Some(order)
    }

    fn position(&mut self, state: &State, marks: &Marks, id: PositionId) {
        if let Some(position) = state.positions.get(id) {
            let price = marks.get(&id).copied();
            let row = PositionRow::of(position, price, state.is_protected(id));
            self.positions.put(id, row);
        }
    }

    fn step(&mut self, order: &Order, status: Status, at: Time, details: Option<String>) {
        self.statuses.push(StatusRow {
            order_id: order.id,
            external_id: order.venue_order_id.clone(),
            status: OrderStatus(status),
            timestamp: at,
            details,
        });
    }

    /// Writes every row, and what `state` would restore.
    ///
    /// # Errors
    /// The database fails.
    pub async fn write(
        &self,
        connection: &mut SqliteConnection,
        state: &State,
    ) -> Result<(), sqlx::Error> {
        table::write(connection, &self.audit).await?;
        table::write(connection, &self.transitions).await?;
        table::write(connection, &self.reservations.rows).await?;
        table::write(connection, &self.messages.rows).await?;
        table::write(connection, &self.cycles.rows).await?;
        table::write(connection, &self.agents.rows).await?;
        table::write(connection, &self.orders.rows).await?;
        table::write(connection, &self.statuses).await?;
        table::write(connection, &self.executions).await?;
        table::write(connection, &self.trades).await?;
        table::write(connection, &self.positions.rows).await?;
        table::write(connection, &self.snapshots).await?;
        table::write(connection, &self.runs.rows).await?;
        table::write(connection, &self.versions.rows).await?;
        table::write(connection, &self.services.rows).await?;
        table::write(connection, &self.stages).await?;
        table::write(connection, &[CoordinatorRow::from(state)]).await
    }
}

/// A message that waits or is done with.
fn message(state: &State, id: MessageId) -> Option<&Message> {
    let bus = &state.bus;
    let past = || bus.past.iter().rev().find(|m| m.id == id);
    bus.live.get(&id).or_else(past)
}

/// An approval that waits or was decided.
fn approval(state: &State, id: ApprovalId) -> Option<&Approval> {
    let approvals = &state.approvals;
    let past = || approvals.past.iter().rev().find(|a| a.id == id);
    approvals.waiting.get(&id).or_else(past)
}
