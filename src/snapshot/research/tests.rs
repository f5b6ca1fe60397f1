use std::collections::BTreeSet;

use rust_decimal_macros::dec;
use serde_json::{Value, json};

use super::*;
use crate::core::id::ActivityId;
use crate::core::research::{Run, RunRequest, Verdict, Version};
use crate::core::service::{Book, Service, Stage};
use crate::core::{Event, Quote};
use crate::snapshot::{RunSample, build};

const RUN: &str = "id kind strategy symbol method status progress eta_s trials trials_done steps_running \
    steps_waiting best gates reason data_hash code_version seed hash by created_at started_at ended_at \
    waits_for";
const SERVICE: &str = "id kind strategy version symbol interval_s stage share status waits_for capital \
    asked signals trades wins win_rate_pct pnl unrealised return_pct sharpe baseline_sharpe \
    max_drawdown_pct allowed_drawdown_pct promise gates stages run by created_at stage_since time_left_s holds replaces end";

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn fields(document: &Value) -> BTreeSet<&str> {
    document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

pub(super) fn asked(id: u64) -> Event {
    let run = Run {
        id: RunId(id),
        request: RunRequest {
            kind: RunKind::Optimise,
            strategy: Some(name("ema_cross")),
            spec: r#"{"kind":"optimise","symbol":"BTC/USDT","method":"tpe","data":["x"]}"#.into(),
            data_hash: "dd".into(),
            code_version: "1".into(),
            seed: 7,
            trials: 200,
            key: None,
        },
        by: name("operator"),
        status: RunStatus::Queued,
        activity: None,
        steps: [].into(),
        steps_done: 0,
        trials_done: 50,
        verdict: None,
        created_at: Time(1),
        started_at: None,
        ended_at: None,
    };
    Event::RunAsked { run: Box::new(run) }
}

pub(super) fn ended(id: u64, status: RunStatus) -> Event {
    let verdict = Verdict {
        status,
        best: Some(r#"{"parameters":{"fast":"5"}}"#.into()),
        gates: Vec::new(),
        hash: None,
        reason: "because".into(),
    };
    Event::RunEnded {
        id: RunId(id),
        verdict: Box::new(verdict),
    }
}

fn opened() -> Event {
    let version = Version {
        strategy: name("ema_cross"),
        version: "1".into(),
        definition: "{}".into(),
        parameters: Vec::new(),
        symbol: "BTC/USDT".parse().unwrap(),
        interval_ms: 60_000,
        has_stop: true,
        promise: Some(Default::default()),
        run: None,
        feature_hash: "ab".into(),
    };
    let service = Service {
        id: ServiceId(9),
        kind: Kind::Deployment,
        version,
        run: None,
        by: name("operator"),
        asked: dec!(1000),
        capital: dec!(0),
        stage: Stage::Part(0),
        staged_at: Time(1_000),
        began_at: None,
        holds: Vec::new(),
        book: Book::default(),
        left: Vec::new(),
        replaces: None,
        created_at: Time(1_000),
        ended: None,
    };
    Event::ServiceOpened {
        service: Box::new(service),
    }
}

#[test]
fn the_documents_have_the_agreed_fields() {
    let mut state = State::default();
    state.evolve(Time(1), &asked(1));
    state.evolve(Time(1), &opened());
    let document = json!(build(&state, &Samples::default()).research);
    let words = |text: &'static str| text.split_whitespace().collect::<BTreeSet<_>>();
    assert_eq!(fields(&document["runs"][0]), words(RUN));
    assert_eq!(fields(&document["services"][0]), words(SERVICE));
    assert_eq!(
        fields(&document),
        words("runs runs_total services services_total shares")
    );
    let again: ResearchDocument = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(json!(again), document);
}

#[test]
fn a_run_shows_what_was_asked_and_how_far_it_is() {
    let mut state = State::default();
    state.evolve(Time(1), &asked(1));
    let id = RunId(1);
    let row = |state: &State, samples: &Samples| build(state, samples).research.runs[0].clone();
    let waiting = row(&state, &Samples::default());
    assert_eq!(
        (waiting.method.as_deref(), waiting.progress),
        (Some("tpe"), 0.25)
    );
    assert_eq!(
        waiting.symbol.map(|s| s.to_string()).as_deref(),
        Some("BTC/USDT")
    );
    assert!(waiting.waits_for.is_some());
    let samples = Samples {
        research: [(
            id,
            RunSample {
                done: 150,
                of: 200,
                eta_s: Some(12),
            },
        )]
        .into(),
        ..Samples::default()
    };
    let computed = row(&state, &samples);
    assert_eq!((computed.progress, computed.eta_s), (0.75, Some(12)));
    state.evolve(Time(2), &ended(1, RunStatus::NotJudged));
    let over = row(&state, &samples);
    assert_eq!(
        (over.progress, over.eta_s, over.waits_for),
        (1.0, None, None)
    );
    assert_eq!(over.best.unwrap()["parameters"]["fast"], "5");
}

#[test]
fn what_waits_for_another_activity_names_it() {
    let mut state = State::default();
    let activity = |n, queued| crate::core::activity::Activity {
        id: ActivityId(n),
        kind: crate::core::activity::ActivityKind::Deployment,
        agent: name("deployer"),
        declared: true,
        queued,
        since: Time(1),
        end: None,
    };
    for (n, queued) in [(3, false), (4, true)] {
        let activity = activity(n, queued);
        state.evolve(Time(1), &Event::ActivityBegan { activity });
    }
    state.evolve(Time(1), &asked(1));
    let began = Event::RunBegan {
        id: RunId(1),
        activity: ActivityId(4),
    };
    state.evolve(Time(1), &began);
    let row = build(&state, &Samples::default()).research.runs[0].clone();
    let why = row.waits_for.unwrap();
    assert!(
        why.contains("activity_3") || why.contains("trading"),
        "{why}"
    );
}

#[test]
fn a_service_counts_what_is_open_and_keeps_the_figures_of_its_last_stage() {
    let mut state = State::default();
    let id = ServiceId(9);
    state.evolve(Time(1_000), &opened());
    let mut samples = Samples {
        clock: Some(Time(61_000)),
        ..Samples::default()
    };
    let symbol: Symbol = "BTC/USDT".parse().unwrap();
    let quote = Quote {
        last: dec!(110),
        bid: dec!(110),
        ask: dec!(110),
        time: Time(61_000),
        bar_ms: 0,
        traded: dec!(0),
    };
    samples.quotes.set(symbol, quote);
    let row = |state: &State, samples: &Samples| build(state, samples).research.services[0].clone();
    let waiting = row(&state, &samples);
    assert_eq!(
        (waiting.status.as_str(), waiting.stage.as_str()),
        ("waiting", "stage_1")
    );
    assert_eq!((waiting.time_left_s, waiting.interval_s), (None, 60));

    state.settings.research.stages = vec![crate::core::settings::Share(dec!(0.1))];
    state.settings.research.stage_s = 100;
    let capital = dec!(1000);
    state.evolve(Time(1_000), &Event::ServiceBegan { id, capital });
    let holding = crate::core::service::Holding {
        side: crate::core::order::Side::Buy,
        quantity: dec!(1),
        entry: dec!(100),
        fee: dec!(0.5),
        stop: None,
        target: None,
        opened_at: Time(2_000),
    };
    state.evolve(Time(2_000), &Event::PaperEntered { id, holding });
    let working = row(&state, &samples);
    assert_eq!(
        (working.status.as_str(), working.share),
        ("running", dec!(0.1))
    );
    assert_eq!((working.pnl, working.unrealised), (dec!(9.5), dec!(9.5)));
    assert_eq!(
        (working.return_pct, working.win_rate_pct),
        (Some(dec!(9.5)), None)
    );
    assert_eq!(working.time_left_s, Some(40));

    let left = Event::PaperLeft {
        id,
        price: dec!(110),
        realised: dec!(9),
        reason: crate::core::position::CloseReason::Exit,
    };
    state.evolve(Time(3_000), &left);
    let over = Event::ServiceEnded {
        id,
        how: End::RolledBack,
        reason: "by hand".into(),
        gates: Vec::new(),
    };
    state.evolve(Time(4_000), &over);
    let ended = row(&state, &samples);
    assert_eq!(
        (ended.status.as_str(), ended.trades, ended.pnl),
        ("ended", 1, dec!(9))
    );
    assert_eq!(ended.win_rate_pct, Some(dec!(100)));
    assert_eq!(ended.stages.len(), 1);
    assert_eq!(ended.end.unwrap().reason, "by hand");
}

#[test]
fn what_was_rolled_back_is_an_alarm_until_it_is_put_to_work_again() {
    let alarms = |state: &State, clock: i64| -> Vec<String> {
        let samples = Samples {
            clock: Some(Time(clock)),
            ..Samples::default()
        };
        let alarms = build(state, &samples).alarms.into_iter();
        let ours = alarms.filter(|a| a.about == "ema_cross");
        ours.map(|a| format!("{} {}", a.severity, a.text)).collect()
    };
    let over = |id, how| Event::ServiceEnded {
        id,
        how,
        reason: "it fell 13 %".into(),
        gates: Vec::new(),
    };
    let mut state = State::default();
    state.evolve(Time(1_000), &opened());
    assert!(alarms(&state, 2_000).is_empty());
    state.evolve(Time(2_000), &over(ServiceId(9), End::RolledBack));
    let text = "1 ema_cross 1 was rolled back: it fell 13 %";
    assert_eq!(alarms(&state, 3_000), [text]);
    assert!(alarms(&state, 2_000 + 86_400_000).is_empty(), "a day later");
    let again = |id, at| match opened() {
        Event::ServiceOpened { mut service } => {
            service.id = ServiceId(id);
            service.created_at = Time(at);
            Event::ServiceOpened { service }
        }
        other => other,
    };
    state.evolve(Time(2_000), &again(10, 2_000));
    assert_eq!(alarms(&state, 3_000), [text], "the one before came back");
    state.evolve(Time(3_000), &again(11, 3_000));
    assert!(alarms(&state, 3_000).is_empty());
    state.evolve(Time(4_000), &over(ServiceId(11), End::Superseded));
    assert!(alarms(&state, 5_000).is_empty(), "that is no loss");
}

#[test]
fn lists_are_bounded_and_what_lives_comes_first() {
    let mut state = State::default();
    state.settings.execution.history_in_memory = 1_000;
    for id in 1..=150 {
        state.evolve(Time(1), &asked(id));
        if id != 5 {
            state.evolve(Time(1), &ended(id, RunStatus::Failed));
        }
    }
    let document = build(&state, &Samples::default()).research;
    assert_eq!((document.runs.len(), document.runs_total), (100, 150));
    let first: Vec<_> = document.runs.iter().take(2).map(|run| run.id).collect();
    assert_eq!(first, [RunId(5), RunId(150)]);
}
