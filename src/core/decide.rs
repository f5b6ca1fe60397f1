//! From a command to its decision: which rule answers which command.

use super::command::{Command, Report};
use super::event::Event;
use super::message::MAX_TEXT;
use super::refusal::Refusal;
use super::state::{Decider, Reply};
use super::text::Name;

pub(super) type Answer = Result<Reply, Refusal>;

impl Decider<'_> {
    /// An agent outside the process acts as itself, whatever stands in front of the core.
    fn acts_as_itself(&self, command: &Command) -> Result<(), Refusal> {
        let actor = self.actor;
        if !self.is_outside(actor) {
            return Ok(());
        }
        let of = |id: &super::id::ReservationId| Some(id.agent);
        let named: Option<Name> = match command {
            Command::Reserve { items, .. } => {
                let mut others = items.iter().filter_map(|i| i.agent);
                others.find(|a| *a != actor)
            }
            Command::Release { id } | Command::Renew { id, .. } => of(id),
            Command::Place(request) => request.agent_id,
            // Who signs as the supervisor is refused by a rule of its own.
            Command::Send(letter) => letter.from.filter(|from| from.as_str() != "supervisor"),
            Command::BeginActivity { agent, .. }
            | Command::Subscribe { agent, .. }
            | Command::Unsubscribe { agent, .. }
            | Command::Acknowledge { agent, .. } => *agent,
            Command::Heartbeat { agent, .. } => Some(*agent),
            _ => None,
        };
        match named.filter(|name| *name != actor) {
            None => Ok(()),
            Some(name) => Err(Refusal::new(
                "AGENT_NOT_ITSELF",
                format!("{actor} may not act as {name} nor for it"),
                "leave the name out, or use its own token",
            )
            .measured(actor, name)),
        }
    }

    pub(super) fn decide(&mut self, command: &Command) -> Answer {
        self.acts_as_itself(command)?;
        match command {
            Command::Start(start) => self.start(start),
            Command::Statement(statement) => self.statement(statement),
            Command::LossAccepted { seq } => self.loss_accepted(*seq),
            Command::Tick => self.tick(),
            Command::GateSeen {
                epoch,
                presses,
                notes,
            } => self.gate_seen(*epoch, *presses, notes),
            Command::OperatorLost { follows, reason } => self.operator_lost(*follows, reason),
            Command::Pause { symbol, reason } => self.pause(*symbol, reason),
            Command::Resume { symbol, reason } => self.resume(*symbol, reason),
            Command::Clear {
                epoch,
                reason,
                presses,
                since_press_ms,
            } => self.clear(*epoch, reason, *presses, *since_press_ms),
            Command::DiskLow { free_mb, low } => self.disk_low(*free_mb, *low),
            Command::Shutdown { leave_entries } => self.shutdown(*leave_entries),
            Command::Task { name, action } => self.task(name, *action),
            Command::TaskDone { task, answer } => self.task_done(*task, answer),
            Command::Reserve { items, key, wait } => self.reserve(items, key.as_deref(), *wait),
            Command::CloseWindow { priority } => self.close_window(*priority),
            Command::BeginActivity { kind, agent } => self.begin_activity(*kind, *agent),
            Command::EndActivity { id, reason } => self.end_activity(*id, reason),
            Command::WallHour { hour } => {
                if *hour > self.state.ledger.keys.hour() {
                    self.emit(Event::WallHourPassed { hour: *hour });
                }
                Ok(Reply::Done)
            }
            Command::Release { id } => self.release(*id),
            Command::Renew { id, ttl_s } => self.renew(*id, *ttl_s),
            Command::Place(request) => self.order(request),
            Command::Cancel { order, reason } => self.cancel(*order, reason),
            Command::Close {
                position,
                limit,
                reason,
            } => self.close(*position, *limit, reason),
            Command::Protect {
                position,
                stop,
                target,
                trail,
            } => self.protect(*position, *stop, *target, *trail),
            Command::Amend {
                order,
                quantity,
                price,
                stop_price,
            } => self.amend(*order, *quantity, *price, *stop_price),
            Command::Slice { order, action } => self.slice(*order, *action),
            Command::Sync => {
                let by = self.actor;
                self.emit(Event::SyncAsked { by });
                Ok(Reply::Done)
            }
            Command::NotFound {
                client_order_id,
                wall,
                past_deadline,
            } => self.not_found(client_order_id, *wall, *past_deadline),
            Command::Guard { venue, breach } => self.guard(*venue, breach.as_deref()),
            Command::Flatten { reason } => self.flatten(reason),
            Command::Venue {
                client_order_id,
                report,
            } => self.venue(client_order_id, report),
            Command::PhaseDone { message, answer } => self.phase_done(*message, answer),
            Command::PhaseLate { message } => self.phase_late(*message),
            Command::Beat { agent, stale } => self.beat(*agent, *stale),
            Command::StartCycle { symbol } => self.start_cycle(*symbol),
            Command::PutData { cycle, key, value } => self.put_data(*cycle, key, value),
            Command::Decide {
                id,
                approve,
                reason,
            } => self.decide_approval(*id, *approve, reason),
            Command::Lapse { id } => self.lapse(*id),
            Command::HaltCycle { id, reason } => self.halt_cycle(*id, reason),
            Command::Send(letter) => self.send(letter),
            Command::Acknowledge { message, agent } => self.acknowledge(*message, *agent),
            Command::Undelivered {
                message,
                agent,
                times,
            } => self.undelivered(*message, *agent, *times),
            Command::Subscribe {
                agent,
                topic,
                filter,
            } => self.subscribe(*agent, *topic, filter),
            Command::Unsubscribe {
                agent,
                topic,
                source,
            } => self.unsubscribe(*agent, *topic, *source),
            Command::Register(registration) => self.register(registration),
            Command::AskRun(request) => self.ask_run(request),
            Command::BeginStep { run, step } => self.begin_step(*run, *step),
            Command::StepDone { run, step, trials } => self.step_done(*run, *step, *trials),
            Command::EndRun {
                run,
                verdict,
                found,
            } => self.end_run(*run, verdict, found),
            Command::StopRun { run, reason } => self.stop_run(*run, reason),
            Command::Deploy(request) => self.deploy(request),
            Command::Rollback { strategy, reason } => self.rollback(*strategy, reason),
            Command::Act(act) => self.act(act),
            Command::Drop { service, reason } => self.drop_candidate(*service, reason),
            Command::Judge {
                service,
                stage,
                judgement,
                gates,
            } => self.judge(*service, *stage, judgement, gates),
            Command::IssueToken {
                name,
                access,
                hash,
                reason,
            } => self.issue_token(*name, *access, hash, reason),
            Command::RevokeToken { name, reason } => self.revoke_token(*name, reason),
            Command::AckAlarm { id, since } => self.ack_alarm(id, *since),
            Command::Configure {
                settings,
                changes,
                reason,
            } => self.configure(settings, changes, reason),
            Command::Denied {
                what,
                role,
                needs,
                untold,
            } => Err(denied(what, role, needs, *untold)),
            Command::Heartbeat { agent, ok, message } => {
                self.heartbeat(*agent, *ok, message.as_deref())
            }
        }
    }

    fn venue(&mut self, client_id: &str, report: &Report) -> Answer {
        match self.state.orders.by_client_id(client_id) {
            Some(order) => {
                let id = order.id;
                self.report(id, report)
            }
            // A trade of long ago, told again.
            None if self.state.reconcile.knows(report) => Ok(Reply::Done),
            None => {
                self.emit(Event::Defect {
                    what: format!("the venue speaks of {client_id}, which is not an order of ours"),
                });
                Ok(Reply::Done)
            }
        }
    }

    fn beat(&mut self, agent: Name, stale: bool) -> Answer {
        if let Some(health) = self.state.agents.get(&agent)
            && health.stale != stale
        {
            let unhealthy = health.unhealthy;
            self.emit(Event::HealthChanged {
                agent,
                stale,
                unhealthy,
            });
            if stale && self.state.agents[&agent].outside.is_some() {
                self.cancel_activities(Some(agent), "its agent gives no sign of life");
            }
            self.degrade_if_due(agent);
        }
        Ok(Reply::Done)
    }
}

/// A reason somebody has to give.
pub(super) fn checked_reason(reason: &str) -> Result<&str, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > MAX_TEXT {
        return Err(Refusal::new(
            "REASON_MISSING",
            "a reason of 1 to 1,024 bytes is needed",
            "say why, for whoever reads the audit: --reason TEXT",
        ));
    }
    Ok(reason)
}

/// An attempt that a role did not allow.
fn denied(what: &str, role: &str, needs: &str, untold: u64) -> Refusal {
    let more = match untold {
        0 => String::new(),
        n => format!("; {n} more attempts before it are not told"),
    };
    let message = format!("the role {role} may not {what}{more}");
    let hint = format!("it takes the role {needs}");
    Refusal::new("FORBIDDEN", message, hint).measured(needs, role)
}
