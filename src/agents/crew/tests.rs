//! Panics, hangs, floods and halts, on a clock that stands still until a test moves it. Nothing
//! sleeps: a fake agent waits for its script, a test waits for answers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};

use super::*;
use crate::agents::Unable;
use crate::agents::tests::brief;
use crate::core::command::Answer;
use crate::core::id::{MessageId, TaskId};
use crate::core::message::Payload;

/// Longest wait for something that is certain to come.
const SOON: Duration = Duration::from_secs(20);

/// Milliseconds, moved by hand; each reading of the wall is told.
struct ByHand {
    now: AtomicU64,
    read: Mutex<Option<Sender<()>>>,
}

impl Clock for ByHand {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn wall_ms(&self) -> i64 {
        if let Some(read) = &*self.read.lock().unwrap() {
            let _ = read.send(());
        }
        1_000_000 + i64::try_from(self.now.load(Ordering::SeqCst)).unwrap()
    }
}

/// What the fake agent does with its next piece of work.
#[derive(Clone, Copy)]
enum Act {
    Say,
    Fail,
    Panic,
}

struct Puppet {
    began: SyncSender<()>,
    script: Arc<Mutex<Receiver<Act>>>,
}

impl Agent for Puppet {
    fn name(&self) -> Name {
        puppet()
    }

    fn run(&mut self, _: &Brief, _: &Work) -> Result<Vec<Payload>, Unable> {
        self.began.send(()).map_err(|e| e.to_string())?;
        // The script is let go before a panic: the next puppet reads on.
        let act = self.script.lock().unwrap().recv();
        match act.map_err(|e| e.to_string())? {
            Act::Say => Ok(Vec::new()),
            Act::Fail => Err("no idea".into()),
            Act::Panic => panic!("out of its mind"),
        }
    }
}

fn puppet() -> Name {
    "puppet".parse().unwrap()
}

/// A crew of one puppet, and the strings it hangs on.
struct Stage {
    crew: Crew,
    clock: Arc<ByHand>,
    made: Arc<AtomicU64>,
    acts: Sender<Act>,
    began: Receiver<()>,
    answers: Receiver<CrewAnswer>,
}

impl Stage {
    fn new(beat_every: Duration) -> Self {
        let clock = Arc::new(ByHand {
            now: AtomicU64::new(0),
            read: Mutex::new(None),
        });
        let made = Arc::new(AtomicU64::new(0));
        let (acts, script) = channel();
        let script = Arc::new(Mutex::new(script));
        let (begin, began) = sync_channel(256);
        let (tell, answers) = channel();
        let count = Arc::clone(&made);
        let make: Maker = Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Box::new(Puppet {
                began: begin.clone(),
                script: Arc::clone(&script),
            })
        });
        let crew = Crew::with(
            vec![(puppet(), make)],
            Arc::clone(&clock) as Arc<dyn Clock>,
            beat_every,
            Arc::new(move |answer| tell.send(answer).unwrap_or(())),
        );
        Self {
            crew,
            clock,
            made,
            acts,
            began,
            answers,
        }
    }

    fn assign(&self, work: Work) -> Result<(), Refused> {
        self.crew.assign(puppet(), brief(Vec::new()), work)
    }

    fn task(&self, n: u64) -> Result<(), Refused> {
        self.assign(Work::Task(TaskId(n)))
    }

    fn act(&self, act: Act) {
        self.acts.send(act).unwrap();
    }

    fn wait_begin(&self) {
        self.began.recv_timeout(SOON).unwrap();
    }

    fn answer(&self) -> CrewAnswer {
        self.answers.recv_timeout(SOON).unwrap()
    }

    fn pass(&self, ms: u64) {
        self.clock.now.fetch_add(ms, Ordering::SeqCst);
    }
}

fn failed(n: u64, why: &str) -> WorkDone {
    WorkDone::Task(TaskId(n), Answer::Failed(why.to_owned()))
}

fn said(n: u64) -> WorkDone {
    WorkDone::Task(TaskId(n), Answer::Said(Vec::new()))
}

#[test]
fn work_is_answered_and_its_time_taken() {
    let stage = Stage::new(SOON);
    for (n, act, done) in [(1, Act::Say, said(1)), (2, Act::Fail, failed(2, "no idea"))] {
        stage.task(n).unwrap();
        stage.wait_begin();
        stage.pass(30);
        stage.act(act);
        let answer = stage.answer();
        assert_eq!((answer.agent, answer.work), (puppet(), done));
        assert_eq!(answer.took, Duration::from_millis(30));
    }
    let beats = stage.crew.beats();
    assert_eq!(beats.len(), 1);
    assert_eq!(beats[0].mean_ms, Some(30.0));
    assert_eq!(beats[0].lifetime_mean_ms, Some(30.0));
    assert_eq!(
        beats[0].at_ms, 1_000_060,
        "the end of work is a sign of life"
    );
    let nobody = "nobody".parse().unwrap();
    let refused = stage
        .crew
        .assign(nobody, brief(Vec::new()), Work::Task(TaskId(3)));
    assert_eq!(refused, Err(Refused::Unknown));
}

#[test]
fn an_idle_agent_beats() {
    let stage = Stage::new(Duration::from_millis(1));
    let (read, reads) = channel();
    *stage.clock.read.lock().unwrap() = Some(read);
    stage.pass(7_000);
    for _ in 0..3 {
        reads.recv_timeout(SOON).unwrap();
    }
    assert_eq!(stage.crew.beats()[0].at_ms, 1_007_000);
}

#[test]
fn a_panic_is_contained_and_rests_longer_each_time() {
    let stage = Stage::new(SOON);
    for (n, rest) in [(10, 1_000), (20, 2_000), (30, 4_000)] {
        stage.task(n).unwrap();
        stage.wait_begin();
        stage.task(n + 1).unwrap();
        stage.act(Act::Panic);
        assert_eq!(stage.answer().work, failed(n, "panicked: out of its mind"));
        let dropped = stage.answer().work;
        assert!(
            matches!(&dropped, WorkDone::Task(id, Answer::Failed(_)) if id.0 == n + 1),
            "{dropped:?}"
        );
        assert_eq!(stage.task(n + 2), Err(Refused::BackingOff));
        stage.pass(rest - 1);
        assert_eq!(stage.task(n + 2), Err(Refused::BackingOff));
        stage.pass(1);
    }
    stage.act(Act::Say);
    stage.task(40).unwrap();
    assert_eq!(stage.answer().work, said(40));
    assert_eq!(stage.made.load(Ordering::SeqCst), 4, "one agent a panic");
}

#[test]
fn rests_end_at_a_minute_and_one_success_forgets_them() {
    let stage = Stage::new(SOON);
    for n in 0..9 {
        stage.act(Act::Panic);
        stage.task(n).unwrap();
        stage.answer();
        stage.pass(60_000);
    }
    stage.act(Act::Say);
    stage.task(10).unwrap();
    assert_eq!(stage.answer().work, said(10));
    stage.act(Act::Panic);
    stage.task(11).unwrap();
    stage.answer();
    stage.pass(1_000);
    stage.act(Act::Say);
    stage.task(12).unwrap();
    assert_eq!(stage.answer().work, said(12));
}

#[test]
fn a_hang_is_cut_off_and_not_heard_any_more() {
    let stage = Stage::new(SOON);
    let limit = Duration::from_secs(10);
    assert!(
        !stage.crew.cut_off(puppet()),
        "who does not work cannot hang"
    );
    stage.task(1).unwrap();
    stage.wait_begin();
    stage.pass(10_000);
    assert!(stage.crew.overdue(limit).is_empty());
    stage.pass(1);
    assert_eq!(stage.crew.overdue(limit), [puppet()]);
    assert!(stage.crew.cut_off(puppet()));
    assert_eq!(stage.answer().work, failed(1, "cut off after 10001 ms"));
    assert!(stage.crew.overdue(limit).is_empty());
    assert_eq!(stage.task(2), Err(Refused::BackingOff));
    stage.pass(1_000);
    // Both threads come back now, the lost one first: it holds the script.
    stage.task(3).unwrap();
    stage.wait_begin();
    stage.act(Act::Say);
    stage.act(Act::Say);
    assert_eq!(stage.answer().work, said(3));
    // The callback is gone when both threads are.
    drop(stage.crew);
    let more = stage.answers.recv_timeout(SOON);
    assert_eq!(more, Err(RecvTimeoutError::Disconnected));
}

#[test]
fn threads_that_hang_are_counted() {
    let stage = Stage::new(SOON);
    for n in 0..4 {
        stage.task(n).unwrap();
        stage.wait_begin();
        assert!(stage.crew.cut_off(puppet()));
        stage.answer();
        stage.pass(60_000);
    }
    assert_eq!(stage.task(5), Err(Refused::NoThread));
    // The script's end lets all of them go.
    drop(stage.acts);
}

#[test]
fn a_full_queue_refuses_work_but_no_halt() {
    let stage = Stage::new(SOON);
    stage.task(0).unwrap();
    stage.wait_begin();
    for n in 1..=1_024 {
        stage.task(n).unwrap();
    }
    assert_eq!(stage.task(1_025), Err(Refused::Busy));
    stage.assign(Work::Halt(MessageId(9))).unwrap();
    stage.task(1_026).unwrap();
    stage.act(Act::Say);
    stage.act(Act::Say);
    assert_eq!(stage.answer().work, said(0));
    for n in 1..=1_024 {
        assert_eq!(stage.answer().work, failed(n, "halted"));
    }
    let halt = WorkDone::Halt(MessageId(9));
    assert_eq!(
        stage.answer().work,
        halt,
        "nothing waits when a halt is acknowledged"
    );
    assert_eq!(
        stage.answer().work,
        said(1_026),
        "what came after it goes on"
    );
}

#[test]
fn a_resting_agent_still_obeys_a_halt() {
    let stage = Stage::new(SOON);
    stage.act(Act::Panic);
    stage.task(1).unwrap();
    stage.answer();
    stage.assign(Work::Halt(MessageId(2))).unwrap();
    assert_eq!(stage.answer().work, WorkDone::Halt(MessageId(2)));
}

#[test]
fn a_stopped_crew_takes_nothing_more() {
    let stage = Stage::new(SOON);
    stage.act(Act::Say);
    stage.task(1).unwrap();
    assert_eq!(stage.answer().work, said(1));
    stage.crew.stop();
    assert_eq!(stage.task(2), Err(Refused::Stopped));
}

#[test]
fn the_built_in_crew_is_the_one_at_work() {
    let (tell, answers) = channel();
    let crew = Crew::start(Arc::new(move |answer| tell.send(answer).unwrap_or(())));
    let conducted = crate::core::health::CONDUCTED;
    let at_work = crate::core::health::AT_WORK.into_iter();
    let here = at_work.filter(|name| !conducted.contains(name));
    let mut expected: Vec<Name> = here.map(|name| name.parse().unwrap()).collect();
    expected.sort();
    let names: Vec<Name> = crew.beats().iter().map(|beat| beat.agent).collect();
    assert_eq!(names, expected);
    let ta = "technical_analysis".parse().unwrap();
    crew.assign(ta, brief(Vec::new()), Work::Task(TaskId(1)))
        .unwrap();
    let answer = answers.recv_timeout(SOON).unwrap();
    let waits = Answer::Waits("0 of 60 candles".into());
    assert_eq!(answer.work, WorkDone::Task(TaskId(1), waits));
}
