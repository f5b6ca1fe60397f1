//! Strategies at work in the whole engine, on made-up prices as fast as they go: deployments in their
//! stages, what is taken back, HARDSTOP, crashes in every stage, and candidates.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pilothouse::config::CapitalPool;
use pilothouse::core::command::{DeployRequest, Press, Start, TaskAction};
use pilothouse::core::position::{Amount, CloseReason};
use pilothouse::core::research::{
    GateResult, RunKind, RunRequest, RunStatus, Setting, Verdict, Version,
};
use pilothouse::core::reservation::Standing;
use pilothouse::core::service::{End, Kind, Service, Stage};
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{Command, Context, Event, Quotes, RecordBody, Reply, State, Symbol, Time};
use pilothouse::engine::{
    Ended, Engine, FeedChoice, Options, Over, Speed, journal_dir, recover, settings,
};
use pilothouse::journal::{Batch, Reader};
use pilothouse::strategies::{Definition, Term};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use support::options;

/// 2024-01-01, in ms.
const FROM: Time = Time(1_704_067_200_000);
const MINUTE: i64 = 60_000;

/// Buys low and sells high on these prices.
const WINS: (&str, &str) = (
    r#"{"below":[{"bar":"close"},{"number":"99"}]}"#,
    r#"{"above":[{"bar":"close"},{"number":"103"}]}"#,
);
/// Buys high and sells low.
const LOSES: (&str, &str) = (
    r#"{"above":[{"bar":"close"},{"number":"103"}]}"#,
    r#"{"below":[{"bar":"close"},{"number":"99"}]}"#,
);
/// Never buys.
const RESTS: (&str, &str) = (
    r#"{"below":[{"bar":"close"},{"number":"1"}]}"#,
    r#"{"above":[{"bar":"close"},{"number":"103"}]}"#,
);

fn symbol() -> Symbol {
    "DOT/USDT".parse().unwrap()
}

/// A version of a rule that enters and leaves so, with a stop out of reach.
fn version(name: &str, number: u32, (entry, exit): (&str, &str)) -> Version {
    let json = format!(
        r#"{{"name":"{name}","version":"{number}","about":"a test's","side":"long",
        "entry":{entry},"exit":{exit},"stop":{{"percent":{{"number":"10"}}}},
        "size":{{"quantity":{{"number":"0"}},"share":{{"number":"0.95"}}}}}}"#
    );
    let definition = Definition::from_json(&json).unwrap();
    Version {
        strategy: name.parse().unwrap(),
        version: number.to_string(),
        feature_hash: definition.feature_hash(),
        definition: definition.to_json(),
        parameters: Vec::<Setting>::new(),
        symbol: symbol(),
        interval_ms: MINUTE,
        has_stop: true,
        promise: None,
        run: None,
    }
}

fn deploy(version: Version, capital: Decimal) -> (&'static str, Command) {
    let request = DeployRequest {
        strategy: version.strategy,
        version: version.version.clone(),
        capital,
        unproven: Some(Box::new(version)),
    };
    ("operator", Command::Deploy(Box::new(request)))
}

/// A wave of 37 minutes between 97 and 105.
fn wave(folder: &Path, days: usize) -> PathBuf {
    let mut csv = String::from("ts_ms,open,high,low,close,volume\n");
    let price = |n: usize| {
        let angle = std::f64::consts::TAU * n as f64 / 37.0;
        101.0 + 4.0 * angle.sin()
    };
    for n in 0..days * 1_440 {
        let (open, close) = (price(n), price(n + 1));
        let (high, low) = (open.max(close), open.min(close));
        let time = FROM.0 + n as i64 * MINUTE;
        writeln!(csv, "{time},{open:.4},{high:.4},{low:.4},{close:.4},100000").unwrap();
    }
    let file = folder.join("wave_DOTUSDT.csv");
    std::fs::write(&file, csv).unwrap();
    file
}

/// A state folder, the prices, and what every start of it is given.
struct House {
    folder: tempfile::TempDir,
    options: Options,
}

impl House {
    fn new(days: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let feed = FeedChoice::Recorded(wave(folder.path(), days));
        let mut options = options(&folder.path().join("state"), feed);
        options.speed = Some(Speed::Max);
        options.symbol = Some(symbol());
        options.exit_at_end = true;
        options.views = false;
        let research = &mut options.config.research;
        research.warm_s = 3 * 86_400;
        research.limited_s = 86_400;
        Self { folder, options }
    }

    fn journal(&self) -> PathBuf {
        journal_dir(&self.options.state_dir)
    }

    /// Writes what was said before the first price, and runs to the end of the recording.
    fn run(&self, said: Vec<(&str, Command)>) -> Over {
        prelude(&self.options, said);
        self.go_on()
    }

    fn go_on(&self) -> Over {
        let over = Engine::start(self.options.clone()).unwrap().join().unwrap();
        assert!(matches!(over.ended, Ended::FeedOver), "{:?}", over.ended);
        whole(&over.state);
        over
    }

    /// All records: number, time, events.
    fn records(&self) -> Vec<(u64, Time, RecordBody)> {
        let mut reader = Reader::open_dir(&self.journal(), 1).unwrap();
        let mut records = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            let body = RecordBody::decode(record.body).unwrap();
            records.push((record.seq, record.time, body));
        }
        records
    }

    fn events(&self) -> Vec<Event> {
        let records = self.records().into_iter();
        records.flat_map(|(_, _, body)| body.events).collect()
    }

    /// The same house as a crash right after a record leaves it.
    fn killed_after(&self, seq: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = self.options.clone();
        options.state_dir = folder.path().join("state");
        let mut journal = recover(&options.state_dir, 4).unwrap().journal;
        let mut reader = Reader::open_dir(&self.journal(), 1).unwrap();
        while let Some(record) = reader.next_record().unwrap() {
            if record.seq > seq {
                break;
            }
            let mut batch = Batch::new();
            batch.push(record.seq, record.time, record.body).unwrap();
            journal.append(&batch, record.time).unwrap();
        }
        Self { folder, options }
    }
}

/// Sums are those of their rows, and every reservation of a strategy is a live service's or an order's.
fn whole(state: &State) {
    state.ledger.check().unwrap();
    let services = &state.services.live;
    for row in state.ledger.live().filter(|r| r.strategy.is_some()) {
        let held = services.values().any(|s| s.holds.contains(&row.id));
        assert!(held || row.standing == Standing::Bound, "leaked: {row:?}");
    }
    for service in services.values() {
        let rows = service.holds.iter().map(|id| state.ledger.get(*id));
        assert!(rows.into_iter().all(|row| row.is_some()), "{service:?}");
    }
}

fn prelude(options: &Options, said: Vec<(&str, Command)>) -> State {
    let recovered = recover(&options.state_dir, 4).unwrap();
    let (mut journal, mut state) = (recovered.journal, recovered.state);
    let start = Start {
        version: "test".into(),
        account: "paper".into(),
        feed: "test".into(),
        feed_hash: String::new(),
        settings: settings(&options.config, &[symbol()]),
        balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
    };
    let off = |name: &str| {
        let (name, action) = (name.to_owned(), TaskAction::Disable);
        ("operator", Command::Task { name, action })
    };
    let mut commands = vec![
        ("engine", Command::Start(Box::new(start))),
        ("engine", Command::Statement(Box::default())),
        off("technical_analysis"),
        off("regime_detection"),
        off("trading_decision"),
    ];
    commands.extend(said);
    let mut batch = Batch::new();
    let quotes = Quotes::default();
    for (actor, command) in commands {
        let actor = actor.parse().unwrap();
        let context = Context {
            now: FROM,
            quotes: &quotes,
        };
        let decision = state.handle(&context, actor, &command);
        assert!(!matches!(decision.reply, Reply::Refused(_)), "{decision:?}");
        if let Reply::Gathering(..) = decision.reply {
            panic!("nothing is gathered here");
        }
        if decision.events.is_empty() {
            continue;
        }
        let mut bytes = Vec::new();
        RecordBody {
            actor,
            cause: 0,
            command,
            quotes: decision.looked,
            events: decision.events,
            origin: None,
        }
        .encode_into(&mut bytes);
        batch.push(state.seq, FROM, &bytes).unwrap();
    }
    journal.append(&batch, FROM).unwrap();
    state
}

fn of(state: &State, name: &str) -> Service {
    let all = state.services.live.values().chain(&state.services.past);
    let found = all.filter(|s| s.strategy().as_str() == name);
    found.max_by_key(|s| s.id).unwrap().clone()
}

fn stages(service: &Service) -> Vec<Stage> {
    service.left.iter().map(|left| left.stage).collect()
}

#[test]
fn a_deployment_goes_through_its_stages_and_draws_no_more_than_each_allows() {
    let house = House::new(1);
    let over = house.run(vec![deploy(version("wins", 1, WINS), dec!(2000))]);
    let service = of(&over.state, "wins");
    assert_eq!(service.stage, Stage::InService, "{service:#?}");
    assert_eq!(
        stages(&service),
        [Stage::Part(0), Stage::Part(1), Stage::Part(2)]
    );
    assert!(service.book.trades > 3 && service.book.realised > dec!(0));
    // Told again from the journal: every entry names what decided it, and each draws within its stage.
    let mut state = State::default();
    let mut entries = BTreeMap::new();
    for (seq, time, body) in house.records() {
        state.fold(seq, time, &body.events);
        for event in &body.events {
            let Event::OrderApproved { order } = event else {
                continue;
            };
            let request = &order.request;
            if request.service.is_none() || order.purpose.reduces() {
                continue;
            }
            assert_eq!(request.strategy.unwrap().as_str(), "wins");
            assert_eq!(request.policy_version.as_deref(), Some("wins-1"));
            assert_eq!(request.feature_hash.as_ref().unwrap().len(), 64);
            let at_work = &state.services.live[&service.id];
            assert_eq!(request.draws, at_work.holds.first().copied());
            *entries.entry(at_work.stage).or_insert(0) += 1;
        }
        for at_work in state.services.live.values().filter(|s| s.is_at_work()) {
            let row = state.ledger.get(at_work.holds[0]).unwrap();
            let drawn = row.granted() - row.amount;
            let share = state.share_of(at_work.stage) * row.granted();
            assert!(drawn <= share, "{}: {drawn} of {share}", at_work.stage);
        }
    }
    assert_eq!(entries.len(), 4, "it enters in every stage: {entries:?}");
}

#[test]
fn the_same_recording_with_a_service_at_work_gives_the_same_journal() {
    // Said once; every run goes on from the same journal, over the same file.
    let house = House::new(1);
    let mut said = found(version("found", 1, WINS));
    said.extend([
        deploy(version("wins", 1, WINS), dec!(2000)),
        deploy(version("loses", 1, LOSES), dec!(2000)),
        deploy(version("waits", 1, WINS), dec!(9000)),
    ]);
    let begins_at = prelude(&house.options, said).seq;
    let told = |speed| {
        let mut copy = house.killed_after(begins_at);
        copy.options.speed = Some(speed);
        let over = copy.go_on();
        (over.journal_hash.unwrap(), copy.records())
    };
    let (hash, records) = told(Speed::Max);
    for speed in [Speed::Max, Speed::Times(20_000)] {
        let (again, others) = told(speed);
        for (one, other) in records.iter().zip(&others) {
            assert_eq!(one, other, "at {speed}");
        }
        assert_eq!(hash, again, "at {speed}");
    }
}

#[test]
fn what_falls_too_far_is_taken_back_and_its_capital_is_free() {
    let house = House::new(1);
    let over = house.run(vec![deploy(version("loses", 1, LOSES), dec!(2000))]);
    let service = of(&over.state, "loses");
    let ended = service.ended.clone().unwrap();
    assert_eq!(ended.how, End::RolledBack, "{service:#?}");
    assert!(ended.reason.contains("from its peak"), "{}", ended.reason);
    assert_eq!(service.stage, Stage::Part(0));
    assert!(over.state.positions.open.is_empty());
    assert_eq!(over.state.ledger.live().count(), 0);
    assert!(over.state.orders.live.is_empty());
}

#[test]
fn what_never_trades_is_taken_back_as_not_judged() {
    let house = House::new(1);
    let over = house.run(vec![deploy(version("rests", 1, RESTS), dec!(2000))]);
    let ended = of(&over.state, "rests").ended.unwrap();
    assert_eq!(ended.how, End::RolledBack);
    assert!(ended.reason.starts_with("not judged: "), "{}", ended.reason);
}

#[test]
fn what_gets_no_bars_is_taken_back_once_its_time_is_over() {
    let house = House::new(1);
    let mut odd = version("odd", 1, WINS);
    // The feed's minutes do not make such bars.
    odd.interval_ms = MINUTE * 3 / 2;
    let over = house.run(vec![deploy(odd, dec!(2000))]);
    let service = of(&over.state, "odd");
    let ended = service.ended.clone().expect("nothing it could wait for");
    assert_eq!(ended.how, End::RolledBack);
    assert!(ended.reason.starts_with("not judged: "), "{}", ended.reason);
    let longest = over.state.settings.research.longest(Stage::Part(0));
    let lasted = ended.at - service.began_at.unwrap();
    assert_eq!(lasted, i64::try_from(longest).unwrap() * 1_000);
    assert_eq!(over.state.ledger.live().count(), 0);
}

#[test]
fn a_quantity_of_its_own_grows_with_the_stages_until_it_can_be_paid() {
    let house = House::new(1);
    let mut fixed = version("wins", 1, WINS);
    // Some 1,500 of 2,000 USD, and the first stage has 200.
    let mut definition = Definition::from_json(&fixed.definition).unwrap();
    definition.size.quantity = Term::Number(dec!(15));
    fixed.feature_hash = definition.feature_hash();
    fixed.definition = definition.to_json();
    let over = house.run(vec![deploy(fixed, dec!(2000))]);
    let service = of(&over.state, "wins");
    assert_eq!(service.stage, Stage::InService, "{service:#?}");
    let entries = house.events().into_iter().filter_map(|event| match event {
        Event::OrderApproved { order } if !order.purpose.reduces() => {
            order.request.service.map(|_| order.request.quantity)
        }
        _ => None,
    });
    let entries: Vec<Decimal> = entries.collect();
    assert!(entries[0] < dec!(2), "{entries:?}");
    assert_eq!(entries.last(), Some(&dec!(15)));
}

#[test]
fn two_deployments_queue_for_the_same_money() {
    let mut house = House::new(1);
    house.options.config.resources.capital_pool_usd = CapitalPool::Usd(dec!(3000));
    let over = house.run(vec![
        deploy(version("loses", 1, LOSES), dec!(2000)),
        deploy(version("wins", 1, WINS), dec!(2000)),
    ]);
    let (first, second) = (of(&over.state, "loses"), of(&over.state, "wins"));
    assert_eq!(first.ended.as_ref().unwrap().how, End::RolledBack);
    assert_eq!(second.stage, Stage::InService, "{second:#?}");
    assert!(second.left[0].book.trades > 0);
}

#[test]
fn a_crash_in_any_stage_promotes_nothing_twice_and_leaks_nothing() {
    let house = House::new(1);
    let over = house.run(vec![deploy(version("wins", 1, WINS), dec!(2000))]);
    let expected = of(&over.state, "wins");
    let records = house.records();
    let concerns = |event: &Event| {
        matches!(
            event,
            Event::ServiceOpened { .. }
                | Event::ServiceStaged { .. }
                | Event::ServiceSignalled { .. }
                | Event::HandedOver { .. }
        )
    };
    let of_services: Vec<u64> = records
        .iter()
        .filter(|(_, _, body)| body.events.iter().any(concerns))
        .map(|(seq, ..)| *seq)
        .collect();
    let staged = |body: &RecordBody| {
        let staged = |e: &Event| matches!(e, Event::ServiceStaged { .. });
        body.events.iter().any(staged)
    };
    let mut kills: Vec<u64> = records
        .iter()
        .filter(|(_, _, body)| staged(body))
        .flat_map(|(seq, ..)| [seq - 1, *seq, seq + 3])
        .collect();
    kills.extend(of_services.iter().step_by(of_services.len() / 6 + 1));
    for seq in kills {
        let house = house.killed_after(seq);
        let over = house.go_on();
        let service = of(&over.state, "wins");
        assert_eq!(service.id, expected.id, "after record {seq}");
        assert_eq!(service.stage, Stage::InService, "after record {seq}");
        assert_eq!(stages(&service), stages(&expected), "after record {seq}");
        let staged = house.events().into_iter();
        let staged = staged.filter(|e| matches!(e, Event::ServiceStaged { .. }));
        assert_eq!(staged.count(), 3, "after record {seq}");
    }
}

#[test]
fn an_operator_takes_a_version_back_and_the_one_before_works_again() {
    let house = House::new(1);
    prelude(
        &house.options,
        vec![deploy(version("wins", 1, WINS), dec!(2000))],
    );
    let over = house.go_on();
    assert_eq!(of(&over.state, "wins").stage, Stage::InService);
    // The second day, with the second version.
    let mut house = house;
    house.options.feed = FeedChoice::Recorded(wave(house.folder.path(), 2));
    let said = vec![deploy(version("wins", 2, WINS), dec!(2000))];
    say(&house.options, said);
    let over = house.go_on();
    let second = of(&over.state, "wins");
    assert_eq!(second.version.version, "2");
    assert_eq!(second.stage, Stage::InService, "{second:#?}");
    let first = &over.state.services.past[0];
    assert_eq!(first.ended.as_ref().unwrap().how, End::Superseded);
    // It is taken back, on the third day.
    house.options.feed = FeedChoice::Recorded(wave(house.folder.path(), 3));
    let strategy = "wins".parse().unwrap();
    let reason = "it smells".to_owned();
    say(
        &house.options,
        vec![("operator", Command::Rollback { strategy, reason })],
    );
    let over = house.go_on();
    let again = of_live(&over.state, "wins");
    assert_eq!(
        (again.version.version.as_str(), again.stage),
        ("1", Stage::InService)
    );
    assert!(again.book.trades > 0);
    let ended = over.state.services.past.back().unwrap();
    assert_eq!(ended.version.version, "2");
    assert!(
        over.state
            .positions
            .open
            .values()
            .all(|p| p.service == Some(again.id))
    );
}

fn of_live(state: &State, name: &str) -> Service {
    let mut live = state.services.live.values();
    live.rfind(|s| s.strategy().as_str() == name)
        .unwrap()
        .clone()
}

/// Something said between two runs of the engine, at the journal's last time.
fn say(options: &Options, said: Vec<(&str, Command)>) {
    let recovered = recover(&options.state_dir, 4).unwrap();
    let (mut journal, mut state) = (recovered.journal, recovered.state);
    let (now, quotes) = (state.time, Quotes::default());
    let mut batch = Batch::new();
    for (actor, command) in said {
        let actor = actor.parse().unwrap();
        let context = Context {
            now,
            quotes: &quotes,
        };
        let decision = state.handle(&context, actor, &command);
        assert!(!matches!(decision.reply, Reply::Refused(_)), "{decision:?}");
        let mut bytes = Vec::new();
        RecordBody {
            actor,
            cause: 0,
            command,
            quotes: decision.looked,
            events: decision.events,
            origin: None,
        }
        .encode_into(&mut bytes);
        batch.push(state.seq, now, &bytes).unwrap();
    }
    journal.append(&batch, now).unwrap();
}

#[test]
fn the_stop_ends_every_service_in_its_own_record() {
    let house = House::new(1);
    house.run(vec![deploy(version("wins", 1, WINS), dec!(2000))]);
    // As it holds a position in its second stage.
    let mut state = State::default();
    let held = house.records().into_iter().find(|(seq, time, body)| {
        state.fold(*seq, *time, &body.events);
        let service = state.services.live.values().next();
        let second = service.is_some_and(|s| s.stage == Stage::Part(1) && s.is_at_work());
        let protected = |p: &pilothouse::core::position::Position| p.stop_order.is_some();
        second && state.positions.open.values().any(protected)
    });
    let (seq, ..) = held.unwrap();
    let house = house.killed_after(seq);
    let press = Press {
        by: "operator".parse().unwrap(),
        how: "socket".into(),
        reason: "enough".into(),
    };
    let (epoch, presses, notes) = (1, 1, vec![press]);
    say(
        &house.options,
        vec![(
            "gate",
            Command::GateSeen {
                epoch,
                presses,
                notes,
            },
        )],
    );
    let (_, _, body) = house.records().pop().unwrap();
    let ended = |e: &Event| {
        matches!(
            e,
            Event::ServiceEnded {
                how: End::Cancelled,
                ..
            }
        )
    };
    assert!(body.events.iter().any(ended), "{body:?}");
    let over = house.go_on();
    assert_eq!(over.state.mode(), Mode::Hardstopped);
    assert!(over.state.services.live.is_empty());
    // What it held goes on with its stop, until that is hit.
    let told = house.events();
    let closed = told.iter().rev().find_map(|e| match e {
        Event::PositionClosed { reason, .. } => Some(*reason),
        _ => None,
    });
    let mut open = over.state.positions.open.values();
    match open.next() {
        Some(position) => assert!(position.stop_order.is_some() && position.closing.is_none()),
        None => assert_eq!(closed, Some(CloseReason::StopLoss)),
    }
    let unbound = over.state.ledger.live();
    assert!(unbound.into_iter().all(|r| r.standing == Standing::Bound));
}

/// A discovery that has found this.
fn found(found: Version) -> Vec<(&'static str, Command)> {
    let request = RunRequest {
        kind: RunKind::Discover,
        strategy: None,
        spec: "{}".into(),
        data_hash: "0".repeat(64),
        code_version: "test".into(),
        seed: 1,
        trials: 1,
        key: None,
    };
    let verdict = Verdict {
        status: RunStatus::Passed,
        best: None,
        gates: vec![GateResult {
            gate: "trades".into(),
            limit: ">= 30".into(),
            value: Some("40".into()),
            passed: Some(true),
        }],
        hash: None,
        reason: "every gate was passed".into(),
    };
    vec![
        ("operator", Command::AskRun(Box::new(request))),
        (
            "discoverer",
            Command::EndRun {
                run: pilothouse::core::id::RunId(1),
                verdict: Box::new(verdict),
                found: vec![found],
            },
        ),
    ]
}

#[test]
fn a_candidate_that_wins_on_paper_and_small_is_promoted() {
    let house = House::new(5);
    let over = house.run(found(version("wins", 1, WINS)));
    let service = of(&over.state, "wins");
    assert_eq!(service.kind, Kind::Candidate);
    assert_eq!(
        stages(&service),
        [Stage::Warm, Stage::Limited],
        "{service:#?}"
    );
    assert_eq!(service.ended.as_ref().unwrap().how, End::Promoted);
    assert!(
        over.state
            .research
            .version(service.strategy(), "1")
            .is_some()
    );
    assert!(
        service
            .left
            .iter()
            .all(|l| l.gates.iter().all(|g| g.passed == Some(true)))
    );
}

#[test]
fn a_candidate_that_loses_is_dropped_and_one_that_rests_is_not_judged() {
    let house = House::new(1);
    let over = house.run(found(version("loses", 1, LOSES)));
    let service = of(&over.state, "loses");
    let ended = service.ended.clone().unwrap();
    assert_eq!(ended.how, End::Dropped);
    assert!(ended.reason.contains("from its peak"), "{}", ended.reason);
    let mut house = House::new(2);
    house.options.config.research.warm_s = 6 * 3_600;
    let over = house.run(found(version("rests", 1, RESTS)));
    let ended = of(&over.state, "rests").ended.unwrap();
    assert_eq!(ended.how, End::Dropped);
    assert!(ended.reason.starts_with("not judged: "), "{}", ended.reason);
    assert!(over.state.orders.ended.is_empty(), "nothing was sent");
}
