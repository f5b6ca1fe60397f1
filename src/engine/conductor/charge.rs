//! A run in hand: opened, computed step by step in the slots that the core grants, summed up, ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::book::Book;
use super::desk::Desk;
use super::ending::{Ending, broken};
use super::job::{self, Done, JobId, Link};
use super::pace::Pace;
use super::progress::Progress;
use crate::core::id::ReservationId;
use crate::core::research::{Run, RunKind};
use crate::core::reservation::Standing;
use crate::core::{Command, Name};
use crate::research::StepId;

/// The pause after a slot was lost or refused, or a piece of work failed, and what it grows to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Failures one after the other that a run outlives.
const FAILURES: u32 = 5;

/// How far a run is.
enum Stage {
    New,
    Opening(JobId),
    Computing,
    Reporting(JobId),
    /// What the core is told, and whether it was.
    Over(Box<Ending>, bool),
    /// The core took nothing of it.
    Refused,
}

/// A step that the pool has.
struct AtWork {
    job: JobId,
    slot: ReservationId,
    link: Arc<Link>,
}

/// One run.
pub(super) struct Charge {
    kind: RunKind,
    stage: Stage,
    book: Option<Book>,
    /// Steps that a slot was asked for and that are not done.
    wanted: BTreeSet<u32>,
    at_work: BTreeMap<u32, AtWork>,
    asks_at: Option<Instant>,
    /// Nothing is given to the pool before.
    works_at: Option<Instant>,
    /// Why work has failed since the last look.
    failed: Option<String>,
    failures: u32,
    pause: Duration,
    pace: Pace,
}

impl Charge {
    pub fn new(kind: RunKind) -> Self {
        Self {
            kind,
            stage: Stage::New,
            book: None,
            wanted: BTreeSet::new(),
            at_work: BTreeMap::new(),
            asks_at: None,
            works_at: None,
            failed: None,
            failures: 0,
            pause: PAUSE.0,
            pace: Pace::default(),
        }
    }

    /// Nothing of it is wanted any more.
    pub fn stop(&self) {
        self.at_work.values().for_each(|step| step.link.stop());
    }

    /// Whose it is.
    pub fn agent(&self) -> Name {
        self.kind.agent()
    }

    /// How far it is; none before it is opened.
    pub fn progress(&self) -> Option<Progress> {
        let done = self.book.as_ref()?.progress;
        Some(Progress {
            eta_s: self.pace.left(done.of.saturating_sub(done.done)),
            ..done
        })
    }

    /// The oldest sign of life of what is computed for it, wall time.
    pub fn alive_ms(&self) -> Option<i64> {
        let signs = self.at_work.values().map(|step| step.link.alive_ms());
        signs.filter(|at| *at > 0).min()
    }

    /// What came of a piece of work.
    pub fn hear(&mut self, job: JobId, done: Done) {
        let step = self.at_work.iter().find(|(_, w)| w.job == job);
        let step = step.map(|(step, _)| *step);
        if let Some(step) = step {
            self.at_work.remove(&step);
        }
        match (done, &self.stage) {
            (Done::Opened(opened), Stage::Opening(of)) if *of == job => {
                let (plan, results) = *opened;
                self.book = Some(Book::new(plan, results));
                self.failures = 0;
                self.stage = Stage::Computing;
            }
            (Done::Computed(result), Stage::Computing) => {
                // A slot may be lost while its last result is written: the result counts.
                if let Some(book) = &mut self.book {
                    self.pace.count(book.add(*result));
                    self.pause = PAUSE.0;
                    self.failures = 0;
                }
            }
            (Done::Reported(ending), Stage::Reporting(of)) if *of == job => {
                self.stage = Stage::Over(ending, false);
            }
            (Done::Failed(why), _) if self.waits_for(job, step) => self.fail(why),
            (Done::Broken(why), _) if self.waits_for(job, step) => self.give_up(&why),
            _ => {}
        }
    }

    /// Whether a piece of work is what the run waits for: of its stage, or of a step.
    fn waits_for(&self, job: JobId, step: Option<u32>) -> bool {
        match &self.stage {
            Stage::Opening(of) | Stage::Reporting(of) => *of == job,
            _ => step.is_some(),
        }
    }

    fn fail(&mut self, why: String) {
        tracing::warn!("research will be tried again: {why}");
        self.failed = Some(why);
        match self.stage {
            Stage::Opening(_) => self.stage = Stage::New,
            Stage::Reporting(_) => self.stage = Stage::Computing,
            _ => {}
        }
    }

    /// What the file system has refused is tried again after a pause, a bounded number of times.
    fn rest(&mut self, desk: &Desk<'_>) {
        let Some(why) = self.failed.take() else {
            return;
        };
        // Steps that fail together are one failure.
        if self.rests(desk) {
            return;
        }
        self.failures += 1;
        if self.failures > FAILURES {
            return self.give_up(&format!("{why}, and {FAILURES} times again"));
        }
        self.works_at = Some(desk.moment.wall + self.pause);
        self.pause = (self.pause * 2).min(PAUSE.1);
    }

    fn give_up(&mut self, why: &str) {
        self.stop();
        self.stage = Stage::Over(Box::new(broken(why)), false);
    }

    /// Compares what the core says of the run with what is done for it.
    pub fn look(&mut self, run: &Run, desk: &mut Desk<'_>) {
        self.rest(desk);
        match &mut self.stage {
            Stage::New => {
                self.keep(run, desk);
                self.open(run, desk);
            }
            Stage::Opening(_) => self.keep(run, desk),
            Stage::Computing => {
                self.keep(run, desk);
                self.compute(run, desk);
            }
            Stage::Reporting(_) => self.give_back(run, desk),
            // What was found is put to work as the run ends, and nothing begins meanwhile.
            Stage::Over(ending, false)
                if !ending.found.is_empty() && !desk.state.mode().reserves() => {}
            Stage::Over(ending, told @ false) => {
                *told = true;
                let (verdict, found) = (ending.verdict.clone(), ending.found.clone());
                let command = Command::EndRun {
                    run: run.id,
                    verdict: Box::new(verdict),
                    found,
                };
                desk.say(run.request.kind.agent(), command);
            }
            Stage::Over(..) => {
                tracing::error!("{}: the core does not take how it ended", run.id);
                self.stage = Stage::Refused;
                let command = Command::StopRun {
                    run: run.id,
                    reason: "how it ended was refused".to_owned(),
                };
                desk.say(run.request.kind.agent(), command);
            }
            Stage::Refused => {}
        }
        self.pace.look(desk.moment.wall, !self.at_work.is_empty());
    }

    /// Whether work may be given to the pool, or has to wait after a failure.
    fn rests(&self, desk: &Desk<'_>) -> bool {
        self.works_at.is_some_and(|at| desk.moment.wall < at)
    }

    fn open(&mut self, run: &Run, desk: &mut Desk<'_>) {
        if self.rests(desk) {
            return;
        }
        let (id, request) = (run.id, run.request.clone());
        if let Some(job) = desk.give(id, move |store| job::open(store, id, &request)) {
            self.stage = Stage::Opening(job);
        }
    }

    /// Keeps the run's slots, as long as it is in hand.
    fn keep(&self, run: &Run, desk: &mut Desk<'_>) {
        for slot in run.steps.values() {
            desk.renew(run.request.kind.agent(), *slot);
        }
    }

    /// Tells of the steps that are done.
    fn give_back(&mut self, run: &Run, desk: &mut Desk<'_>) {
        let Some(book) = &self.book else { return };
        for step in run.steps.keys() {
            if book.has(*step) {
                self.wanted.remove(step);
                let command = Command::StepDone {
                    run: run.id,
                    step: *step,
                    trials: book.trials(*step),
                };
                desk.say(run.request.kind.agent(), command);
            }
        }
    }

    fn compute(&mut self, run: &Run, desk: &mut Desk<'_>) {
        self.give_back(run, desk);
        let Some(book) = &self.book else { return };
        if book.is_full() {
            if self.rests(desk) {
                return;
            }
            let (id, plan, results) = (run.id, Arc::clone(&book.plan), book.results.clone());
            let report = move |store: &_| job::report(store, id, &plan, &results);
            if let Some(job) = desk.give(id, report) {
                self.stage = Stage::Reporting(job);
            }
            return;
        }
        self.notice_losses(run, desk);
        for (step, slot) in &run.steps {
            if self.is_done(*step) {
                continue;
            }
            self.wanted.insert(*step);
            let row = desk.state.ledger.get(*slot);
            if row.is_some_and(|row| row.standing == Standing::Held) {
                self.begin(run, *step, *slot, desk);
            }
        }
        self.ask(run, desk);
    }

    fn is_done(&self, step: u32) -> bool {
        self.book.as_ref().is_some_and(|book| book.has(step))
    }

    /// What is computed without the slot it was begun in is given up.
    fn notice_losses(&mut self, run: &Run, desk: &Desk<'_>) {
        let mut lost = false;
        self.at_work.retain(|step, work| {
            let kept = run.steps.get(step) == Some(&work.slot);
            if !kept {
                work.link.stop();
            }
            kept
        });
        let book = self.book.as_ref();
        self.wanted.retain(|step| {
            let done = book.is_some_and(|book| book.has(*step));
            let kept = run.steps.contains_key(step);
            lost |= !kept && !done;
            kept && !done
        });
        if lost && !is_queued(run, desk) {
            self.asks_at = Some(desk.moment.wall + self.pause);
            self.pause = (self.pause * 2).min(PAUSE.1);
        }
    }

    fn begin(&mut self, run: &Run, step: u32, slot: ReservationId, desk: &mut Desk<'_>) {
        let Some(book) = &self.book else { return };
        if self.at_work.contains_key(&step) || self.rests(desk) {
            return;
        }
        let (id, plan) = (run.id, Arc::clone(&book.plan));
        let grounds = plan.grounds(StepId(step), &book.results);
        let link = Arc::new(Link::default());
        let theirs = Arc::clone(&link);
        let compute =
            move |store: &_| job::compute(store, id, &plan, StepId(step), &grounds, &theirs);
        if let Some(job) = desk.give(id, compute) {
            self.at_work.insert(step, AtWork { job, slot, link });
        }
    }

    /// Asks for slots of the steps that are ready, as many as may be computed at once.
    fn ask(&mut self, run: &Run, desk: &mut Desk<'_>) {
        let agent = run.request.kind.agent();
        if let Some(activity) = run.activity
            && !desk.state.activities.live.contains_key(&activity)
        {
            let reason = format!("{activity} was ended");
            return desk.say(
                agent,
                Command::StopRun {
                    run: run.id,
                    reason,
                },
            );
        }
        let early = self.asks_at.is_some_and(|at| desk.moment.wall < at);
        if early || is_queued(run, desk) || !desk.state.mode().reserves() {
            return;
        }
        let Some(book) = &self.book else { return };
        let at_once = match (run.activity, run.request.kind) {
            // The first begins the run; a discovery has one slot at a time.
            (None, _) | (_, RunKind::Discover) => 1,
            _ => desk.pool.most(),
        };
        let under_way = self.wanted.len();
        let ready = book.ready.iter().map(|step| step.0);
        let ready = ready.filter(|step| !self.wanted.contains(step));
        let next: Vec<u32> = ready.take(at_once.saturating_sub(under_way)).collect();
        for step in next {
            self.wanted.insert(step);
            desk.say(agent, Command::BeginStep { run: run.id, step });
        }
    }
}

/// Whether the run's activity waits for another one.
fn is_queued(run: &Run, desk: &Desk<'_>) -> bool {
    let activity = run
        .activity
        .and_then(|id| desk.state.activities.live.get(&id));
    activity.is_some_and(|activity| activity.queued)
}

#[cfg(test)]
mod tests;
