use super::super::pool::Pool;
use super::super::store::Store;
use super::*;
use crate::core::id::RunId;
use crate::core::research::{RunRequest, RunStatus, Verdict, Version};
use crate::core::trading_state::Cause;
use crate::core::{Event, State, Time};
use crate::engine::clock::Speed;
use crate::engine::conductor::Moment;

fn run() -> Run {
    Run {
        id: RunId(1),
        request: RunRequest {
            kind: RunKind::Discover,
            strategy: None,
            spec: String::new(),
            data_hash: String::new(),
            code_version: String::new(),
            seed: 0,
            trials: 1,
            key: None,
        },
        by: "operator".parse().unwrap(),
        status: RunStatus::Running,
        activity: None,
        steps: BTreeMap::new(),
        steps_done: 0,
        trials_done: 0,
        verdict: None,
        created_at: Time(1),
        started_at: None,
        ended_at: None,
    }
}

/// What a charge says as it looks at its run.
fn look(charge: &mut Charge, state: &State, wall: Instant) -> Vec<(Name, Command)> {
    let mut pool = Pool::new(1, Arc::new(|_| {}));
    let moment = Moment {
        now: Time(1),
        wall,
        speed: Speed::Times(1),
    };
    let mut desk = Desk {
        state,
        moment,
        pool: &mut pool,
        store: &Arc::new(Store::new(std::path::Path::new("/nowhere"))),
        last_job: &mut 0,
        words: Vec::new(),
    };
    charge.look(&run(), &mut desk);
    let words = desk.words;
    pool.stop();
    words
}

#[test]
fn what_was_found_waits_until_it_can_be_put_to_work() {
    let version = Version {
        strategy: "found_1".parse().unwrap(),
        version: "1".into(),
        definition: "{}".into(),
        parameters: Vec::new(),
        symbol: "BTC/USDT".parse().unwrap(),
        interval_ms: 60_000,
        has_stop: true,
        promise: None,
        run: None,
        feature_hash: "1".into(),
    };
    let passed = Ending {
        verdict: Verdict {
            status: RunStatus::Passed,
            best: None,
            gates: Vec::new(),
            hash: None,
            reason: String::new(),
        },
        found: vec![version],
    };
    let mut charge = Charge::new(RunKind::Discover);
    charge.stage = Stage::Over(Box::new(passed), false);
    let mut state = State::default();
    let (cause, by) = (Cause::Drawdown, "operator".parse().unwrap());
    let halted = Event::CauseAdded {
        cause,
        by,
        reason: "it fell".into(),
    };
    state.evolve(Time(1), &halted);
    let now = Instant::now();
    assert!(look(&mut charge, &state, now).is_empty());
    assert!(
        look(&mut charge, &state, now).is_empty(),
        "nor is it refused"
    );
    let mut words = look(&mut charge, &State::default(), now);
    let Some((_, Command::EndRun { found, .. })) = words.pop() else {
        panic!("{words:?}");
    };
    assert_eq!(found.len(), 1);
}

#[test]
fn what_the_file_system_refused_is_tried_again_with_growing_pauses_and_not_for_ever() {
    let state = State::default();
    let mut charge = Charge::new(RunKind::Discover);
    let mut wall = Instant::now();
    for nth in 1..=FAILURES {
        charge.stage = Stage::Opening(7);
        charge.hear(7, Done::Failed("the disk is full".into()));
        look(&mut charge, &state, wall);
        assert!(matches!(charge.stage, Stage::New), "{nth}: it rests");
        let pause = PAUSE.0 * 2u32.pow(nth - 1);
        look(&mut charge, &state, wall + pause / 2);
        assert!(matches!(charge.stage, Stage::New), "{nth}: it rests still");
        wall += pause;
        look(&mut charge, &state, wall);
        assert!(matches!(charge.stage, Stage::Opening(_)), "{nth}");
    }
    charge.stage = Stage::Opening(7);
    charge.hear(7, Done::Failed("the disk is full".into()));
    let mut words = look(&mut charge, &state, wall);
    let Some((_, Command::EndRun { verdict, .. })) = words.pop() else {
        panic!("{words:?}");
    };
    assert_eq!(verdict.status, RunStatus::NotJudged);
    assert!(verdict.reason.contains("the disk is full"));
}

#[test]
fn a_run_of_another_version_of_the_program_is_not_gone_on_with() {
    let store = Store::new(std::path::Path::new("/nowhere"));
    let Done::Broken(why) = job::open(&store, RunId(1), &run().request) else {
        panic!("it was opened");
    };
    assert!(why.contains("version"), "{why}");
}
