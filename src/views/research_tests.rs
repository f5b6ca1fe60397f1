//! What research and services leave in the tables: a history with every event of them.

use rust_decimal_macros::dec;

use super::history::{History, btc};
use super::tests::{content, fold, rows, run};
use super::{check, rebuild};
use crate::core::id::{ActivityId, ReservationId, RunId, ServiceId};
use crate::core::order::Side;
use crate::core::position::CloseReason;
use crate::core::research::{
    GateResult, Promise, Run, RunKind, RunRequest, RunStatus, Setting, Verdict, Version,
};
use crate::core::reservation::Reservation;
use crate::core::service::{Book, End, Holding, Kind, Mark, Service, Stage};
use crate::core::{Event, Name};

/// Events of research and services, by their names in the audit.
const EVENTS: [&str; 15] = [
    "run_asked",
    "run_began",
    "step_taken",
    "step_ended",
    "run_ended",
    "version_proved",
    "service_opened",
    "service_staged",
    "service_began",
    "service_ended",
    "service_signalled",
    "paper_entered",
    "paper_left",
    "service_marked",
    "handed_over",
];

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn gate(passed: Option<bool>) -> GateResult {
    GateResult {
        gate: "sharpe".into(),
        limit: "1".into(),
        value: passed.map(|_| "1.7".into()),
        passed,
    }
}

fn version() -> Version {
    Version {
        strategy: name("ema_cross"),
        version: "run_400".into(),
        definition: r#"{"name":"ema_cross"}"#.into(),
        parameters: vec![Setting {
            name: "fast".into(),
            value: dec!(12),
        }],
        symbol: btc(),
        interval_ms: 60_000,
        has_stop: true,
        promise: Some(Promise {
            sharpe: Some(dec!(1.7)),
            trades: 44,
            ..Promise::default()
        }),
        run: Some(RunId(400)),
        feature_hash: "ab".into(),
    }
}

/// A history with every event of research and services, stated as facts: by which rules they come
/// about is not the tables' business.
fn researched() -> History {
    let mut history = History::new();
    history.start();
    let slot = slot(&mut history);
    search(&mut history, slot.id);
    candidate(&mut history);
    deployment(&mut history, slot);
    history
}

fn slot(history: &mut History) -> Reservation {
    let granted = history.reserve(dec!(10), 600).events;
    let row = granted.into_iter().find_map(|event| match event {
        Event::Reserved { row } => Some(*row),
        _ => None,
    });
    row.unwrap()
}

/// One run passes, another is stopped.
fn search(history: &mut History, slot: ReservationId) {
    for n in [400, 401] {
        let run = Run {
            id: RunId(n),
            request: RunRequest {
                kind: RunKind::Optimise,
                strategy: Some(name("ema_cross")),
                spec: r#"{"method":"tpe"}"#.into(),
                data_hash: "dd".into(),
                code_version: "0.1.0".into(),
                seed: u64::MAX,
                trials: 100,
                key: None,
            },
            by: name("operator"),
            status: RunStatus::Queued,
            activity: None,
            steps: [].into(),
            steps_done: 0,
            trials_done: 0,
            verdict: None,
            created_at: history.now(),
            started_at: None,
            ended_at: None,
        };
        history.fact(Event::RunAsked { run: Box::new(run) });
    }
    let (id, step) = (RunId(400), 3);
    history.fact(Event::RunBegan {
        id,
        activity: ActivityId(500),
    });
    history.fact(Event::StepTaken {
        run: id,
        step,
        slot,
    });
    history.fact(Event::StepEnded {
        run: id,
        step,
        trials: 25,
    });
    for (id, status, passed) in [
        (RunId(400), RunStatus::Passed, Some(true)),
        (RunId(401), RunStatus::Cancelled, None),
    ] {
        let verdict = Verdict {
            status,
            best: passed.map(|_| r#"{"parameters":{"fast":"12"}}"#.into()),
            gates: vec![gate(passed)],
            hash: passed.map(|_| "ff".into()),
            reason: format!("it is {}", status.as_str()),
        };
        history.fact(Event::RunEnded {
            id,
            verdict: Box::new(verdict),
        });
    }
    // Proved twice: the later word counts.
    for interval_ms in [1, 60_000] {
        history.fact(Event::VersionProved {
            version: Box::new(Version {
                interval_ms,
                ..version()
            }),
        });
    }
}

fn opened(history: &History, n: u64, kind: Kind, stage: Stage) -> Service {
    Service {
        id: ServiceId(n),
        kind,
        run: Some(RunId(400)),
        version: version(),
        by: name("operator"),
        asked: dec!(1000),
        capital: dec!(0),
        stage,
        staged_at: history.now(),
        began_at: None,
        holds: Vec::new(),
        book: Book::default(),
        left: Vec::new(),
        replaces: None,
        created_at: history.now(),
        ended: None,
    }
}

/// On paper it trades once, then it is dropped at the smallest size.
fn candidate(history: &mut History) {
    let id = ServiceId(600);
    history.fact(Event::ServiceOpened {
        service: Box::new(opened(history, 600, Kind::Candidate, Stage::Warm)),
    });
    history.fact(Event::ServiceBegan {
        id,
        capital: dec!(1000),
    });
    for day in [1, 2] {
        let (equity, price) = (dec!(1000), dec!(50000));
        let mark = Mark { day, equity, price };
        history.fact(Event::ServiceMarked { id, mark });
    }
    history.fact(Event::ServiceSignalled {
        id,
        passed: true,
        reason: None,
    });
    history.fact(Event::PaperEntered {
        id,
        holding: Holding {
            side: Side::Buy,
            quantity: dec!(0.01),
            entry: dec!(50000),
            fee: dec!(0.1),
            stop: Some(dec!(49000)),
            target: None,
            opened_at: history.now(),
        },
    });
    history.wait(1_000);
    history.fact(Event::PaperLeft {
        id,
        price: dec!(50100),
        realised: dec!(0.80),
        reason: CloseReason::TakeProfit,
    });
    history.fact(Event::ServiceStaged {
        id,
        stage: Stage::Limited,
        holds: Vec::new(),
        gates: vec![gate(Some(true))],
        replaces: None,
    });
    history.fact(Event::ServiceEnded {
        id,
        how: End::Dropped,
        reason: "not judged: 0 trades".into(),
        gates: vec![gate(None)],
    });
}

/// Its capital passes to the trader as it comes into service.
fn deployment(history: &mut History, from: Reservation) {
    let id = ServiceId(601);
    let service = Service {
        holds: vec![from.id],
        ..opened(history, 601, Kind::Deployment, Stage::Part(2))
    };
    history.fact(Event::ServiceOpened {
        service: Box::new(service),
    });
    let agent = name("trader");
    let row = Reservation {
        id: ReservationId {
            at: history.now(),
            agent,
            n: 0,
        },
        agent,
        ..from.clone()
    };
    let holds = vec![row.id];
    history.fact(Event::HandedOver {
        from: from.id,
        row: Box::new(row),
    });
    history.fact(Event::ServiceStaged {
        id,
        stage: Stage::InService,
        holds,
        gates: vec![gate(Some(true))],
        replaces: None,
    });
    history.fact(Event::ServiceBegan {
        id,
        capital: dec!(1000),
    });
}

#[test]
fn runs_and_what_they_proved_are_in_their_tables() {
    let history = researched();
    run(async {
        fold(&history).await;
        assert_eq!(
            rows(
                &history,
                "SELECT id, status, seed, steps_done, trials_done, hash, reason,
                    gates ->> '$[0].passed', best ->> '$.parameters.fast' FROM research_runs"
            )
            .await,
            [
                [
                    "run_400",
                    "passed",
                    "18446744073709551615",
                    "1",
                    "25",
                    "ff",
                    "it is passed",
                    "1",
                    "12"
                ],
                [
                    "run_401",
                    "cancelled",
                    "18446744073709551615",
                    "0",
                    "0",
                    "NULL",
                    "it is cancelled",
                    "NULL",
                    "NULL"
                ]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT id, interval_ms, promise ->> '$.sharpe', run_id,
                    parameters ->> '$[0].value' FROM strategy_versions"
            )
            .await,
            [["ema_cross@run_400", "60000", "1.7", "run_400", "12"]]
        );
    });
}

#[test]
fn services_keep_the_figures_of_every_stage_they_left() {
    let history = researched();
    run(async {
        fold(&history).await;
        assert_eq!(
            rows(
                &history,
                "SELECT id, kind, stage, capital, trades, end_how, end_reason FROM services"
            )
            .await,
            [
                [
                    "service_600",
                    "candidate",
                    "limited",
                    "1000",
                    "0",
                    "dropped",
                    "not judged: 0 trades"
                ],
                [
                    "service_601",
                    "deployment",
                    "in_service",
                    "1000",
                    "0",
                    "NULL",
                    "NULL"
                ]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT service_id, stage, signals, trades, wins, realised,
                    gates ->> '$[0].passed' FROM service_stages"
            )
            .await,
            [
                ["service_600", "warm", "1", "1", "1", "0.8", "1"],
                ["service_600", "limited", "0", "0", "0", "0", "NULL"],
                ["service_601", "stage_3", "0", "0", "0", "0", "1"]
            ]
        );
    });
}

#[test]
fn what_is_handed_over_ends_with_one_and_is_held_by_the_other() {
    let history = researched();
    run(async {
        fold(&history).await;
        assert_eq!(
            rows(
                &history,
                "SELECT agent_type, status, amount FROM resource_reservations"
            )
            .await,
            [["optimizer", "released", "10"], ["trader", "held", "10"]]
        );
        let holds = "SELECT holds ->> '$[0]' = (SELECT id FROM resource_reservations
             WHERE agent_type = 'trader') FROM services WHERE id = 'service_601'";
        assert_eq!(rows(&history, holds).await, [["1"]]);
        let concerned = "SELECT DISTINCT state_change, agent_type FROM state_transitions
             WHERE state_change LIKE 'service_%' OR state_change = 'handed_over'
                OR state_change LIKE 'run_%' ORDER BY state_change, agent_type";
        assert_eq!(
            rows(&history, concerned).await,
            [
                ["handed_over", "trader"],
                ["run_asked", "operator"],
                ["run_began", "optimizer"],
                ["run_ended", "optimizer"],
                ["service_began", "deployer"],
                ["service_began", "discoverer"],
                ["service_ended", "discoverer"],
                ["service_opened", "operator"],
                ["service_staged", "deployer"],
                ["service_staged", "discoverer"]
            ]
        );
    });
}

#[test]
fn every_event_of_research_is_folded_the_same_again() {
    let history = researched();
    run(async {
        fold(&history).await;
        let kinds = rows(&history, "SELECT DISTINCT kind FROM audit").await;
        let kinds: Vec<&str> = kinds.iter().map(|row| row[0].as_str()).collect();
        for event in EVENTS {
            assert!(kinds.contains(&event), "{event}");
        }
        let before = content(&history).await;
        rebuild(&history.state_dir()).await.unwrap();
        assert_eq!(content(&history).await, before);
        assert_eq!(check(&history.state_dir()).await.unwrap(), []);
    });
}
