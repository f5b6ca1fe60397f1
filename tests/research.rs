//! Research beside the trading: runs through a whole engine, on bars that the test makes. What they come
//! to depends on nothing but what was asked, however often the engine dies over it.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pilothouse::config::Config;
use pilothouse::core::activity::ActivityKind;
use pilothouse::core::id::{ReservationId, RunId};
use pilothouse::core::research::{Run, RunStatus};
use pilothouse::core::reservation::{Resource, Standing};
use pilothouse::core::{Command, Name, Reply, State};
use pilothouse::engine::{Engine, FeedChoice, Lane, Options, Speed, read_state};
use pilothouse::gate::{How, Press};
use pilothouse::research::{Kind, Method, RunSpec, StepResult};
use pilothouse::strategies::named;
use serde_json::Value;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bars of an hour that swing and drift.
fn bars(dir: &Path, count: usize) -> PathBuf {
    let close = |n: usize| {
        let at = n as f64;
        100.0 + at / 100.0 + 12.0 * (at / 8.0).sin() + (n * 7 % 11) as f64 / 10.0
    };
    let row = |n: usize| {
        let (open, close) = (close(n.saturating_sub(1)), close(n));
        let time = 1_704_067_200_000 + n as i64 * 3_600_000;
        let (high, low) = (open.max(close), open.min(close));
        format!("{time},{open:.4},{high:.4},{low:.4},{close:.4},5\n")
    };
    let path = dir.join("XBTUSD.csv");
    fs::write(&path, (0..count).map(row).collect::<String>()).unwrap();
    path
}

fn optimise(data: PathBuf, trials: u32) -> RunSpec {
    let definition = named("ema_cross").unwrap();
    RunSpec {
        trials,
        seed: 7,
        method: Method::Tpe,
        ..RunSpec::new(Kind::Optimise, Some((*definition).clone()), vec![data])
    }
}

fn discover(data: PathBuf, candidates: u32) -> RunSpec {
    RunSpec {
        candidates,
        seed: 3,
        ..RunSpec::new(Kind::Discover, None, vec![data])
    }
}

/// An engine in a folder of its own, and another folder for its data.
struct House {
    data: tempfile::TempDir,
    home: tempfile::TempDir,
    options: Options,
    engine: Engine,
}

impl House {
    fn open() -> Self {
        Self::with(|_| {})
    }

    fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        Self::at(FeedChoice::Idle, None, adjust)
    }

    fn at(feed: FeedChoice, speed: Option<Speed>, adjust: impl FnOnce(&mut Config)) -> Self {
        let [data, home] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut options = support::options(home.path(), feed);
        options.views = false;
        options.speed = speed;
        adjust(&mut options.config);
        let engine = Engine::start(options.clone()).unwrap();
        Self {
            data,
            home,
            options,
            engine,
        }
    }

    fn bars(&self, count: usize) -> PathBuf {
        bars(self.data.path(), count)
    }

    fn submit(&self, actor: &str, command: Command) -> Reply {
        let handle = &self.engine.handle;
        let outcome = handle.submit(Lane::Control, actor.parse().unwrap(), command);
        outcome.unwrap().reply
    }

    fn ask(&self, spec: RunSpec) -> RunId {
        let request = self.engine.handle.prepare_run(spec, None).unwrap();
        match self.submit("operator", Command::AskRun(Box::new(request))) {
            Reply::Run(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn state(&self) -> State {
        read_state(self.home.path()).unwrap()
    }

    fn until(&self, what: &str, wanted: impl Fn(&State) -> bool) -> State {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = self.state();
            if wanted(&state) {
                return state;
            }
            assert!(
                Instant::now() < deadline,
                "not seen: {what}; {:#?}",
                state.research.live
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until so many steps of a run are done.
    fn steps(&self, id: RunId, done: u32) -> State {
        let far = |state: &State| {
            state
                .research
                .live
                .get(&id)
                .is_some_and(|r| r.steps_done >= done)
        };
        self.until("steps", far)
    }

    /// Waits for the end of a run, after which nothing is held for it.
    fn over(&self, id: RunId) -> Run {
        let state = self.until("the run's end", |s| !s.research.live.contains_key(&id));
        assert_eq!(slots(&state), 0, "{:#?}", state.ledger);
        let mut activities = state.activities.live.values();
        assert!(!activities.any(|a| searches(a.agent)));
        state.research.get(id).unwrap().clone()
    }

    fn file(&self, id: RunId, file: &str) -> PathBuf {
        self.home
            .path()
            .join("research")
            .join(id.to_string())
            .join(file)
    }

    fn lines(&self, id: RunId) -> Vec<StepResult> {
        let text = fs::read_to_string(self.file(id, "trials.jsonl")).unwrap();
        text.lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    }

    /// The folder as a kill would leave it now, and the next engine on it.
    fn crash(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let home = tempfile::tempdir().unwrap();
        copy(self.home.path(), home.path());
        meanwhile(home.path());
        self.engine.handle.shutdown();
        self.engine.join().unwrap();
        let options = Options {
            state_dir: home.path().to_owned(),
            ..self.options
        };
        let engine = Engine::start(options.clone()).unwrap();
        Self {
            data: self.data,
            home,
            options,
            engine,
        }
    }

    fn close(self) -> State {
        self.engine.handle.shutdown();
        self.engine.join().unwrap().state
    }
}

/// The slot of a run's step, once it is held.
fn held(state: &State, id: RunId) -> Option<ReservationId> {
    let run = state.research.live.get(&id)?;
    let mut slots = run.steps.values().copied();
    slots.find(|slot| {
        state
            .ledger
            .get(*slot)
            .is_some_and(|r| r.standing == Standing::Held)
    })
}

/// How the compute slots ended that there were.
fn ended(state: &State) -> Vec<Standing> {
    let past = state.ledger.past();
    let slots = past.filter(|row| row.resource == Resource::Compute);
    slots.map(|row| row.standing).collect()
}

/// Compute slots that are held or waited for by those who search.
fn slots(state: &State) -> usize {
    let live = state.ledger.live();
    let compute = live.filter(|row| row.resource == Resource::Compute);
    compute.filter(|row| searches(row.agent)).count()
}

fn searches(agent: Name) -> bool {
    ["optimizer", "discoverer"].contains(&agent.as_str())
}

/// The journal first: what it tells of is on disk by then, as in a kill.
fn copy(from: &Path, to: &Path) {
    let mut entries: Vec<_> = fs::read_dir(from).unwrap().map(|e| e.unwrap()).collect();
    entries.sort_by_key(|entry| entry.file_name() != "journal");
    for entry in entries {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&path, &target);
        } else if entry.file_type().unwrap().is_file() {
            // What is put in its place in one step may have gone meanwhile.
            let _ = fs::copy(&path, &target);
        }
    }
}

#[test]
fn a_run_is_computed_judged_and_written_down() {
    let house = House::open();
    let id = house.ask(optimise(house.bars(4_000), 32));
    let run = house.over(id);
    let verdict = run.verdict.unwrap();
    let hash = verdict.hash.unwrap();
    assert!(
        matches!(run.status, RunStatus::Passed | RunStatus::Failed),
        "{}",
        verdict.reason
    );
    assert_eq!((run.trials_done, run.request.trials), (32, 32));
    assert_eq!(run.steps_done as usize, house.lines(id).len());
    let report = fs::read_to_string(house.file(id, "report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["hash"], hash.as_str());
    assert!(house.file(id, "report.html").exists());
    let spec = fs::read_to_string(house.file(id, "spec.json")).unwrap();
    assert_eq!(spec, run.request.spec);
    let best: Value = serde_json::from_str(&verdict.best.unwrap()).unwrap();
    assert!(best["parameters"]["fast"].is_string(), "{best}");
    let proved = &house.state().research.versions;
    match run.status {
        RunStatus::Passed => {
            let version = proved.back().unwrap();
            assert_eq!(version.run, Some(id));
            assert_eq!(version.version, format!("1-{id}"));
        }
        _ => assert!(proved.is_empty()),
    }
    house.close();
}

#[test]
fn a_backtest_judges_and_proves_nothing() {
    let house = House::with(|config| {
        let gates = &mut config.research;
        gates.min_sharpe = 0.into();
        gates.max_drawdown = 1.into();
        gates.min_trades = 1;
        gates.min_excess_sharpe = 0.into();
    });
    // It falls and swings: the rule gains where holding loses.
    let path = house.data.path().join("XBTUSD.csv");
    let close = |n: usize| 100.0 - n as f64 / 100.0 + 20.0 * (n as f64 / 40.0).sin();
    let row = |n: usize| {
        let (open, close) = (close(n.saturating_sub(1)), close(n));
        let time = 1_704_067_200_000 + n as i64 * 3_600_000;
        format!(
            "{time},{open:.4},{:.4},{:.4},{close:.4},5\n",
            open.max(close),
            open.min(close)
        )
    };
    fs::write(&path, (0..3_000).map(row).collect::<String>()).unwrap();
    let definition = named("ema_cross").unwrap();
    let spec = RunSpec {
        set: vec![("fast".into(), 3.into()), ("slow".into(), 12.into())],
        ..RunSpec::new(Kind::Backtest, Some((*definition).clone()), vec![path])
    };
    let run = house.over(house.ask(spec));
    assert_eq!(run.status, RunStatus::Passed, "{:?}", run.verdict);
    assert!(house.close().research.versions.is_empty());
}

#[test]
fn the_hash_is_the_same_however_many_compute_and_however_often_it_is_killed() {
    let alone = House::with(|c| c.resources.backtests = 1);
    let id = alone.ask(optimise(alone.bars(2_000), 64));
    let hash = alone.over(id).verdict.unwrap().hash.unwrap();
    alone.close();

    let house = House::with(|c| c.resources.backtests = 3);
    let id = house.ask(optimise(house.bars(2_000), 64));
    house.steps(id, 2);
    let torn = |home: &Path| {
        let path = home
            .join("research")
            .join(id.to_string())
            .join("trials.jsonl");
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str("{\"plan\":\"");
        fs::write(path, text).unwrap();
    };
    let house = house.crash(torn);
    house.steps(id, 5);
    let house = house.crash(|_| {});
    let again = house.over(id).verdict.unwrap().hash.unwrap();
    assert_eq!(again, hash);
    let mut steps: Vec<_> = house.lines(id).iter().map(|line| line.step).collect();
    let lines = steps.len();
    steps.sort();
    steps.dedup();
    assert_eq!(
        steps.len(),
        lines,
        "a step that is there is not computed again"
    );
    assert!(!ended(&house.close()).contains(&Standing::Expired));
}

#[test]
fn an_optimisation_waits_for_a_deployment_and_goes_on_after_it() {
    let house = House::open();
    let id = house.ask(optimise(house.bars(2_000), 96));
    house.steps(id, 1);
    let deployer = Some("deployer".parse().unwrap());
    let kind = ActivityKind::Deployment;
    let reply = house.submit(
        "operator",
        Command::BeginActivity {
            kind,
            agent: deployer,
        },
    );
    let Reply::Activity(deployment) = reply else {
        panic!("{reply:?}");
    };
    let waits = |state: &State| {
        let run = &state.research.live[&id];
        !run.steps.is_empty() && held(state, id).is_none()
    };
    let done = house.until("all steps wait", waits).research.live[&id].steps_done;
    let agent = support::wait_for(&house.engine, |s| {
        let agents = s.status.agents.iter();
        let mut optimizer = agents.filter(|a| a.name.as_str() == "optimizer");
        let said = optimizer.next().and_then(|a| a.status_message.clone());
        said.is_some_and(|said| {
            said.ends_with(&format!("waits: for {deployment}, a deployment, to end"))
        })
    });
    assert!(
        agent
            .status
            .agents
            .iter()
            .any(|a| a.name.as_str() == "optimizer" && a.last_heartbeat.is_some())
    );
    assert_eq!(house.state().research.live[&id].steps_done, done);
    let reason = "it is in service".to_owned();
    house.submit(
        "operator",
        Command::EndActivity {
            id: deployment,
            reason,
        },
    );
    assert!(house.over(id).verdict.unwrap().hash.is_some());
    house.close();
}

#[test]
fn the_stop_ends_what_is_computed_within_a_second() {
    let house = House::open();
    let definition = named("ema_cross").unwrap();
    let data = vec![house.bars(80_000)];
    let id = house.ask(RunSpec::new(
        Kind::Backtest,
        Some((*definition).clone()),
        data,
    ));
    house.until("a slot", |state| held(state, id).is_some());
    let pressed = Instant::now();
    house.engine.handle.gate().close(Press {
        by: "operator".parse().unwrap(),
        how: How::Request(None),
        reason: "test".into(),
    });
    let run = house.over(id);
    assert!(
        pressed.elapsed() < Duration::from_secs(1),
        "{:?}",
        pressed.elapsed()
    );
    assert_eq!(run.status, RunStatus::Cancelled);
    assert!(house.lines(id).is_empty());
    // The pool waits a second for a thread that does not come back.
    let closes = Instant::now();
    house.close();
    assert!(
        closes.elapsed() < Duration::from_secs(1),
        "{:?}",
        closes.elapsed()
    );
}

#[test]
fn a_slot_that_is_lost_gives_the_step_up_and_another_one_is_asked_for() {
    let house = House::open();
    let definition = named("ema_cross").unwrap();
    let data = vec![house.bars(25_000)];
    let id = house.ask(RunSpec::new(
        Kind::Backtest,
        Some((*definition).clone()),
        data,
    ));
    let state = house.until("a slot", |state| held(state, id).is_some());
    let first = held(&state, id).unwrap();
    house.submit("operator", Command::Release { id: first });
    let second = |state: &State| held(state, id).is_some_and(|slot| slot != first);
    house.until("another slot", second);
    let run = house.over(id);
    assert!(run.verdict.unwrap().hash.is_some());
    assert_eq!((run.steps_done, house.lines(id).len()), (1, 1));
    house.close();
}

#[test]
fn a_step_keeps_its_slot_however_long_it_takes_and_however_fast_time_goes() {
    let fast = Some(Speed::Times(100_000));
    for (feed, speed, ttl_s) in [
        (FeedChoice::Idle, None, 4),
        (FeedChoice::Simulated, fast, 600),
    ] {
        let house = House::at(feed, speed, |c| c.research.step_ttl_s = ttl_s);
        let definition = named("ema_cross").unwrap();
        let data = vec![house.bars(20_000)];
        let id = house.ask(RunSpec::new(
            Kind::Backtest,
            Some((*definition).clone()),
            data,
        ));
        assert!(house.over(id).verdict.unwrap().hash.is_some());
        assert_eq!(ended(&house.close()), [Standing::Released]);
    }
}

#[test]
fn data_that_is_gone_or_has_changed_is_not_judged() {
    let house = House::open();
    let path = house.bars(2_000);
    let prepare = |house: &House| {
        let handle = &house.engine.handle;
        handle.prepare_run(optimise(path.clone(), 8), None).unwrap()
    };
    let submit = |request| match house.submit("operator", Command::AskRun(Box::new(request))) {
        Reply::Run(id) => house.over(id),
        other => panic!("{other:?}"),
    };
    let request = prepare(&house);
    house.bars(2_001);
    let run = submit(request);
    assert_eq!(run.status, RunStatus::NotJudged);
    let reason = run.verdict.unwrap().reason;
    assert!(
        reason.starts_with("the data is no longer what it was"),
        "{reason}"
    );
    let request = prepare(&house);
    fs::remove_file(&path).unwrap();
    let run = submit(request);
    assert_eq!(run.status, RunStatus::NotJudged);
    assert!(!run.verdict.unwrap().reason.is_empty());
    house.close();
}

#[test]
fn discoveries_take_one_slot_one_after_the_other() {
    let house = House::open();
    let data = house.bars(2_000);
    let first = house.ask(discover(data.clone(), 16));
    let second = house.ask(discover(data, 8));
    let state = house.until("the first one's end", |state| {
        assert!(slots(state) <= 1);
        !state.research.live.contains_key(&first)
    });
    assert_eq!(state.research.get(second).unwrap().steps_done, 0);
    let (first, second) = (
        state.research.get(first).unwrap().clone(),
        house.over(second),
    );
    assert_eq!((first.trials_done, second.trials_done), (16, 8));
    for run in [first, second] {
        assert!(run.verdict.unwrap().hash.is_some());
    }
    house.close();
}

#[test]
fn the_engine_answers_while_it_computes_and_shows_how_far_it_is() {
    let house = House::open();
    let id = house.ask(optimise(house.bars(10_000), 2_000));
    house.steps(id, 2);
    for _ in 0..20 {
        let asked = Instant::now();
        let unknown = Command::StopRun {
            run: RunId(1),
            reason: String::new(),
        };
        assert!(matches!(
            house.submit("operator", unknown),
            Reply::Refused(_)
        ));
        assert!(
            asked.elapsed() < Duration::from_millis(500),
            "{:?}",
            asked.elapsed()
        );
    }
    support::wait_for(&house.engine, |s| {
        let agents = s.status.agents.iter();
        let mut said = agents.filter_map(|a| a.status_message.as_deref());
        said.any(|s| {
            s.starts_with(&id.to_string()) && s.contains(" trials, ") && s.ends_with("left")
        })
    });
    let stop = Command::StopRun {
        run: id,
        reason: "enough".into(),
    };
    house.submit("operator", stop);
    assert_eq!(house.over(id).status, RunStatus::Cancelled);
    house.close();
}

#[test]
fn a_request_is_checked_before_it_is_made_and_its_gates_are_the_configured_ones() {
    let house = House::with(|c| c.research.min_trades = 44);
    let handle = &house.engine.handle;
    let missing = optimise(house.data.path().join("none.csv"), 8);
    let refusal = handle.prepare_run(missing, None).unwrap_err();
    assert_eq!(refusal.code, "RESEARCH_DATA");
    let short = optimise(house.bars(100), 8);
    let refusal = handle.prepare_run(short, None).unwrap_err();
    assert_eq!(refusal.code, "RESEARCH_DATA_SHORT");
    let mut lenient = optimise(house.bars(2_000), 8);
    lenient.gates.trades = 0;
    let key = || Some("once".to_owned());
    let request = handle.prepare_run(lenient.clone(), key()).unwrap();
    assert_eq!(request, handle.prepare_run(lenient, key()).unwrap());
    let spec = RunSpec::from_json(&request.spec).unwrap();
    assert_eq!((spec.gates.trades, request.trials), (44, 8));
    house.close();
}
