//! Who may compute when: a run is asked for, its steps take compute slots one by one, and what comes of
//! it is said once.

use rust_decimal::Decimal;

use super::{Run, RunKind, RunRequest, RunStatus, Verdict, Version};
use crate::core::activity::ActivityEnd;
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::{ReservationId, RunId};
use crate::core::refusal::Refusal;
use crate::core::reservation::{ReserveItem, Resource, Standing};
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Runs that wait or work, at most.
const MAX_LIVE: usize = 64;
/// Bytes of what decides how a run ends.
const MAX_SPEC: usize = 65_536;

impl Decider<'_> {
    pub(in crate::core) fn ask_run(&mut self, request: &RunRequest) -> Answer {
        if let Some(known) = self.run_by_key(request.key.as_deref()) {
            if known.request == *request {
                return Ok(Reply::Run(known.id));
            }
            return Err(Refusal::new(
                "IDEMPOTENCY_MISMATCH",
                "this key came with another run before",
                "a new run wants a new key",
            ));
        }
        let mode = self.state.mode();
        if !mode.reserves() {
            return Err(Refusal::new(
                "RESEARCH_STATE",
                format!("nothing is searched while trading is {}", mode.as_str()),
                "`pilothouse status` shows what has to be lifted",
            )
            .measured("running", mode.as_str()));
        }
        let live = self.state.research.live.len();
        if live >= MAX_LIVE {
            return Err(Refusal::new(
                "RESEARCH_LIMIT",
                format!("{live} runs wait or work"),
                "wait, or stop one: `pilothouse research stop ID`",
            )
            .measured(MAX_LIVE, live));
        }
        if request.spec.len() > MAX_SPEC {
            return Err(Refusal::new(
                "RESEARCH_SPEC",
                "what is asked is too long",
                "fewer fixed values, a shorter definition",
            )
            .measured(MAX_SPEC, request.spec.len()));
        }
        let id = RunId(self.next_id());
        let run = Run {
            id,
            request: request.clone(),
            by: self.actor,
            status: RunStatus::Queued,
            activity: None,
            steps: std::collections::BTreeMap::new(),
            steps_done: 0,
            trials_done: 0,
            verdict: None,
            created_at: self.now,
            started_at: None,
            ended_at: None,
        };
        self.emit(Event::RunAsked { run: Box::new(run) });
        Ok(Reply::Run(id))
    }

    fn run_by_key(&self, key: Option<&str>) -> Option<&Run> {
        let key = key?;
        let research = &self.state.research;
        let mut all = research.live.values().chain(&research.past);
        all.find(|run| run.request.key.as_deref() == Some(key))
    }

    fn live_run(&self, id: RunId) -> Result<&Run, Refusal> {
        self.state.research.live.get(&id).ok_or_else(|| {
            let known = self.state.research.get(id).is_some();
            let what = if known { "is over" } else { "is unknown" };
            Refusal::new(
                "RESEARCH_UNKNOWN",
                format!("{id} {what}"),
                "`pilothouse research list` lists the runs",
            )
        })
    }

    /// Whether the one who speaks is the agent that does runs of this kind.
    fn does(&self, kind: RunKind) -> Result<Name, Refusal> {
        let agent = kind.agent();
        if self.actor == agent {
            return Ok(agent);
        }
        Err(Refusal::new(
            "RESEARCH_OWNED",
            format!("runs of this kind are {agent}'s"),
            "`pilothouse research stop ID` ends one",
        )
        .measured(agent, self.actor))
    }

    /// A step asks for its compute slot, and waits for it where there is none. The first begins the run.
    pub(in crate::core) fn begin_step(&mut self, id: RunId, step: u32) -> Answer {
        let run = self.live_run(id)?;
        let (kind, activity) = (run.request.kind, run.activity);
        if run.steps.contains_key(&step) {
            return Ok(Reply::Done);
        }
        let agent = self.does(kind)?;
        let activity = match activity {
            Some(activity) => activity,
            None => {
                let activity = self.begin_for_run(kind.activity(), agent);
                self.emit(Event::RunBegan { id, activity });
                activity
            }
        };
        // A discovery waits for the one before it, whatever is free meanwhile.
        let waits = |a: &crate::core::activity::Activity| a.queued;
        if self.state.activities.live.get(&activity).is_none_or(waits) {
            return Ok(Reply::Done);
        }
        let item = ReserveItem {
            resource: Resource::Compute,
            class: Some(kind.class()),
            amount: Decimal::ONE,
            purpose: format!("{}: {id} step {step}", kind.class().as_str()),
            ttl_s: Some(u64::from(self.state.settings.research.step_ttl_s.max(1))),
            agent: Some(agent),
            strategy: self
                .state
                .research
                .live
                .get(&id)
                .and_then(|r| r.request.strategy),
            sharpe: None,
        };
        let reply = self.reserve(&[item], None, true)?;
        if let Reply::Reserved(grants) = &reply
            && let Some(grant) = grants.first()
        {
            let slot = grant.id;
            self.emit(Event::StepTaken {
                run: id,
                step,
                slot,
            });
        }
        Ok(reply)
    }

    pub(in crate::core) fn step_done(&mut self, id: RunId, step: u32, trials: u64) -> Answer {
        let run = self.live_run(id)?;
        self.does(run.request.kind)?;
        let Some(slot) = run.steps.get(&step).copied() else {
            return Err(Refusal::new(
                "RESEARCH_STEP",
                format!("step {step} of {id} holds no compute slot"),
                "a step is computed in the slot it was given",
            ));
        };
        self.emit(Event::StepEnded {
            run: id,
            step,
            trials,
        });
        self.give_back_slot(slot, Standing::Released, "its step is computed");
        Ok(Reply::Done)
    }

    fn give_back_slot(&mut self, slot: ReservationId, how: Standing, reason: &str) {
        match self.state.ledger.get(slot).map(|row| row.standing) {
            Some(Standing::Queued) => self.end_waiting(slot, Standing::Cancelled, reason),
            Some(Standing::Held) => self.emit(Event::ReservationEnded {
                id: slot,
                how,
                reason: reason.to_owned(),
            }),
            _ => {}
        }
    }

    /// What came of a run. A version that passed may be put into service; candidates of a discovery go
    /// on to paper.
    pub(in crate::core) fn end_run(
        &mut self,
        id: RunId,
        verdict: &Verdict,
        found: &[Version],
    ) -> Answer {
        let kind = self.live_run(id)?.request.kind;
        self.does(kind)?;
        if !verdict.status.is_over() {
            return Err(Refusal::new(
                "RESEARCH_VERDICT",
                "a run ends as passed, failed, not judged or cancelled",
                "say which",
            ));
        }
        let passed = verdict.status == RunStatus::Passed;
        let all_gates = verdict.gates.iter().all(|g| g.passed == Some(true));
        if passed && (verdict.gates.is_empty() || !all_gates) {
            return Err(Refusal::new(
                "RESEARCH_GATES",
                "a run passes only where every gate was judged and passed",
                "failed or not_judged is what this one is",
            ));
        }
        let mode = self.state.mode();
        if kind == RunKind::Discover && passed && !found.is_empty() && !mode.reserves() {
            return Err(Refusal::new(
                "RESEARCH_STATE",
                format!(
                    "no candidate goes on paper while trading is {}",
                    mode.as_str()
                ),
                "say it again once that is lifted",
            )
            .measured("running", mode.as_str()));
        }
        self.over(id, verdict.clone());
        if !passed {
            return Ok(Reply::Done);
        }
        for version in found {
            let version = Version {
                run: Some(id),
                ..version.clone()
            };
            match kind {
                RunKind::Discover => self.test_candidate(version),
                RunKind::Optimise => self.emit(Event::VersionProved {
                    version: Box::new(version),
                }),
                // It was judged on the bars that somebody may have chosen it by.
                RunKind::Backtest => {}
            }
        }
        Ok(Reply::Done)
    }

    /// A candidate goes on paper, unless the same rule is there already or was proved before.
    fn test_candidate(&mut self, version: Version) {
        let same = |v: &Version| {
            v.feature_hash == version.feature_hash
                && v.parameters == version.parameters
                && v.symbol == version.symbol
                && v.interval_ms == version.interval_ms
        };
        let services = self.state.services.live.values();
        let at_work = services
            .filter(|s| same(&s.version))
            .map(|s| s.id.to_string())
            .next();
        let proved = self.state.research.versions.iter().find(|v| same(v));
        let known = at_work.or_else(|| proved.map(|v| format!("{} {}", v.strategy, v.version)));
        let Some(known) = known else {
            return self.open_candidate(version);
        };
        let refusal = Refusal::new(
            "RESEARCH_KNOWN",
            format!("{} is the same rule as {known}", version.strategy),
            "one of them is enough",
        );
        self.emit(Event::Refused { refusal });
    }

    /// Ends a run with everything it holds or waits for.
    fn over(&mut self, id: RunId, verdict: Verdict) {
        let Some(run) = self.state.research.live.get(&id) else {
            return;
        };
        let reason = format!("{id} is {}", verdict.status.as_str());
        let (how, slots_end) = match verdict.status {
            RunStatus::Cancelled => (ActivityEnd::Cancelled, Standing::Cancelled),
            _ => (ActivityEnd::Ended, Standing::Released),
        };
        let slots: Vec<ReservationId> = run.steps.values().copied().collect();
        let activity = run.activity;
        self.emit(Event::RunEnded {
            id,
            verdict: Box::new(verdict),
        });
        for slot in slots {
            self.give_back_slot(slot, slots_end, &reason);
        }
        if let Some(activity) = activity
            && self.state.activities.live.contains_key(&activity)
        {
            self.emit(Event::ActivityEnded {
                id: activity,
                how,
                reason,
            });
        }
    }

    pub(in crate::core) fn stop_run(&mut self, id: RunId, reason: &str) -> Answer {
        if let Some(run) = self.state.research.get(id)
            && run.status.is_over()
        {
            return Ok(Reply::Run(id));
        }
        self.live_run(id)?;
        let reason = if reason.trim().is_empty() {
            "stopped by hand"
        } else {
            checked_reason(reason)?
        };
        self.cancel_run(id, &format!("{}: {reason}", self.actor));
        Ok(Reply::Run(id))
    }

    fn cancel_run(&mut self, id: RunId, reason: &str) {
        let verdict = Verdict {
            status: RunStatus::Cancelled,
            best: None,
            gates: Vec::new(),
            hash: None,
            reason: reason.to_owned(),
        };
        self.over(id, verdict);
    }

    /// The stop ends what is searched: nothing of it resumes by itself.
    pub(in crate::core) fn cancel_runs(&mut self, reason: &str) {
        let live: Vec<RunId> = self.state.research.live.keys().copied().collect();
        for id in live {
            self.cancel_run(id, reason);
        }
    }
}
