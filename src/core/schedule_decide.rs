//! Which task runs when, and what its answer brings.

use super::command::{Answer as Said, TaskAction};
use super::decide::Answer;
use super::event::Event;
use super::health::AT_WORK;
use super::id::TaskId;
use super::message::Payload;
use super::refusal::Refusal;
use super::schedule::Task;
use super::state::{Decider, Reply};
use super::text::{Name, Symbol};
use super::time::Time;

/// What an agent said, if it is fit to be heard.
pub(super) fn checked(answer: &Said) -> Result<&[Payload], String> {
    match answer {
        Said::Failed(why) | Said::Waits(why) => Err(why.clone()),
        Said::Said(words) => match words.iter().find_map(|w| w.check().err()) {
            Some(found) => Err(format!("its answer is out of range: {found}")),
            None => Ok(words),
        },
    }
}

impl Decider<'_> {
    pub(super) fn run_schedules(&mut self) {
        if !self.state.mode().schedules() {
            return;
        }
        let mut due: Vec<(Time, usize)> = self
            .state
            .schedules
            .rows
            .iter()
            .enumerate()
            .filter(|(_, s)| s.enabled && s.next_run <= self.now)
            .map(|(i, s)| (s.next_run, i))
            .collect();
        due.sort_unstable();
        for (_, i) in due {
            self.run_schedule(self.state.schedules.rows[i].name);
        }
    }

    /// One run for every symbol that is not being looked at already. Runs that were missed are not
    /// made up for: the next one is the first that lies ahead.
    fn run_schedule(&mut self, name: Name) {
        let Some(schedule) = self.state.schedules.find(name.as_str()) else {
            return;
        };
        let step = i64::from(schedule.interval_s) * 1000;
        let missed = (self.now - schedule.next_run).max(0) / step + 1;
        let next_run = schedule.next_run + missed * step;
        self.emit(Event::ScheduleRun { name, next_run });
        if !AT_WORK.contains(&name.as_str()) || self.state.degradation.level.skips(name.as_str()) {
            return;
        }
        for symbol in self.state.settings.symbols.clone() {
            if name.as_str() == "trading_decision" {
                self.open_scheduled(symbol);
            } else {
                self.start_task(name, symbol);
            }
        }
    }

    fn start_task(&mut self, name: Name, symbol: Symbol) {
        let busy = |t: &Task| t.name == name && t.symbol == symbol;
        if self.state.schedules.running.values().any(busy) {
            return;
        }
        let task = Task {
            id: TaskId(self.next_id()),
            name,
            symbol,
            started_at: self.now,
        };
        self.emit(Event::TaskStarted { task });
    }

    pub(super) fn task(&mut self, name: &str, action: TaskAction) -> Answer {
        let Some(schedule) = self.state.schedules.find(name) else {
            let known: Vec<_> = self
                .state
                .schedules
                .rows
                .iter()
                .map(|s| s.name.as_str())
                .collect();
            return Err(Refusal::new(
                "TASK_UNKNOWN",
                format!("there is no task {name:?}"),
                format!("one of {}", known.join(", ")),
            ));
        };
        let (name, enabled) = (schedule.name, schedule.enabled);
        if action != TaskAction::Disable && !AT_WORK.contains(&name.as_str()) {
            return Err(Refusal::new(
                "NOT_CONFIGURED",
                format!("{name} does not work in this version"),
                "the others do: `pilothouse task list`",
            ));
        }
        match action {
            TaskAction::Run => {
                let mode = self.state.mode();
                if !mode.schedules() {
                    return Err(Refusal::new(
                        "TASK_STATE",
                        format!("no task runs while trading is {}", mode.as_str()),
                        "`pilothouse status` shows what has to be lifted",
                    ));
                }
                let level = self.state.degradation.level;
                if level.skips(name.as_str()) {
                    return Err(Refusal::new(
                        "TASK_DEGRADED",
                        format!("{name} rests while degradation is {}", level.as_str()),
                        "it runs again after some minutes without a failure",
                    )
                    .measured("normal", level.as_str()));
                }
                let keep = self.state.schedules.find(name.as_str()).map(|s| s.next_run);
                self.run_schedule(name);
                if let Some(next_run) = keep.filter(|at| *at > self.now) {
                    self.emit(Event::ScheduleRun { name, next_run });
                }
            }
            TaskAction::Enable | TaskAction::Disable => {
                let wanted = action == TaskAction::Enable;
                if enabled != wanted {
                    self.emit(Event::TaskToggled {
                        name,
                        enabled: wanted,
                        by: self.actor,
                    });
                }
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn task_done(&mut self, id: TaskId, answer: &Said) -> Answer {
        let Some(task) = self.state.schedules.running.get(&id).cloned() else {
            return Ok(Reply::Done);
        };
        let began = task.started_at;
        let error = match (answer, checked(answer)) {
            (_, Ok(words)) => {
                for payload in words {
                    self.publish(task.name, payload.clone());
                }
                None
            }
            (Said::Waits(_), _) => None,
            (_, Err(why)) => Some(why),
        };
        self.emit(Event::TaskEnded {
            task: id,
            agent: task.name,
            error: error.clone(),
        });
        let running = &self.state.schedules.running;
        let of_this_run = |t: &Task| t.name == task.name && t.started_at == began;
        let others = running.values().any(of_this_run);
        match answer {
            Said::Waits(why) => self.waits_of_run(task.name, began, others, why),
            _ => self.count_of_run(task.name, began, others, error),
        }
        Ok(Reply::Done)
    }
}
