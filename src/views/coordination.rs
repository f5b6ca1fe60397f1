//! What coordination leaves in the tables: a history with every event of it, and what the rows say.

use rust_decimal_macros::dec;

use super::history::{History, btc};
use super::tests::{content, fold, listed, rows, run};
use super::{Listed, check, rebuild};
use crate::core::activity::{Activity, ActivityEnd, ActivityKind};
use crate::core::approval::{Approval, Verdict};
use crate::core::command::Registration;
use crate::core::degradation::Level;
use crate::core::id::{ActivityId, ApprovalId, CycleId, MessageId};
use crate::core::message::{Delivery, Filter, Message, MessageKind, Payload, Priority, Topic};
use crate::core::order::{Kind, OrderRequest, Side};
use crate::core::reservation::{Reservation, SplitPolicy, Standing, Waits};
use crate::core::{Event, Name};
use crate::snapshot::{CycleRow, MessageRow, ReservationRow};

/// Events of coordination, by their names in the audit.
const EVENTS: [&str; 16] = [
    "granted",
    "waits_for",
    "wait_told",
    "window_opened",
    "window_closed",
    "activity_began",
    "activity_resumed",
    "activity_ended",
    "agent_registered",
    "subscribed",
    "unsubscribed",
    "cycle_data",
    "approval_asked",
    "approval_ended",
    "degradation_moved",
    "wall_hour_passed",
];

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A history with every event of coordination, stated as facts: by which rules they come about is
/// not the tables' business.
pub(super) fn coordinated() -> History {
    let mut history = History::new();
    history.start();
    gather(&mut history);
    act(&mut history);
    cycle(&mut history);
    talk(&mut history);
    history.fact(Event::DegradationMoved {
        level: Level::Limited,
        reason: "3 failures of analysis in a row".into(),
    });
    history.fact(Event::WallHourPassed { hour: 491_963 });
    history
}

/// Two that want what only one can have: both wait, one is granted less than it asked, the other
/// is denied; a third is preempted.
fn gather(history: &mut History) {
    let granted = history.reserve(dec!(10), 60).events;
    let row = granted.into_iter().find_map(|event| match event {
        Event::Reserved { row } => Some(row),
        _ => None,
    });
    let taken = row.unwrap();
    history.wait(10);
    history.fact(Event::WindowOpened { priority: 3 });
    let queued = |n| {
        let mut row = Reservation::clone(&taken);
        row.id.n = n;
        row.standing = Standing::Queued;
        row.asked = dec!(6000);
        row.sharpe = Some(dec!(1.25));
        row.created_at = history.now();
        row.waits = Some(Waits::Window { stays: true });
        row
    };
    let (first, second) = (queued(1), queued(2));
    let (first_id, second_id) = (first.id, second.id);
    for row in [first, second] {
        history.fact(Event::Reserved { row: Box::new(row) });
    }
    history.wait(250);
    history.fact(Event::WindowClosed {
        priority: 3,
        split: Some(SplitPolicy::SharpeWeighted),
        seed: 7,
    });
    history.fact(Event::Granted {
        id: first_id,
        amount: dec!(4000.50),
        expires_at: history.now() + 60_000,
    });
    history.fact(Event::WaitTold { id: second_id });
    history.fact(Event::WaitsFor {
        id: second_id,
        waits: Waits::Resource,
    });
    history.fact(Event::ReservationEnded {
        id: second_id,
        how: Standing::Denied,
        reason: "it would close a circle".into(),
    });
    history.fact(Event::ReservationEnded {
        id: taken.id,
        how: Standing::Preempted,
        reason: "for trader_1".into(),
    });
}

/// A discovery waits for a deployment, and HARDSTOP ends it.
fn act(history: &mut History) {
    let activity = |n, kind, agent, queued| Activity {
        id: ActivityId(n),
        kind,
        agent: name(agent),
        declared: true,
        queued,
        since: history.now(),
        end: None,
    };
    let deployment = activity(100, ActivityKind::Deployment, "deployer", false);
    let discovery = activity(101, ActivityKind::Discovery, "discoverer", true);
    for activity in [deployment, discovery] {
        history.fact(Event::ActivityBegan { activity });
    }
    history.fact(Event::ActivityEnded {
        id: ActivityId(100),
        how: ActivityEnd::Ended,
        reason: "in service".into(),
    });
    history.fact(Event::ActivityResumed {
        id: ActivityId(101),
    });
}

/// One cycle waits for the operator, another was approved.
fn cycle(history: &mut History) {
    for n in [1, 2] {
        let id = CycleId {
            second: history.now().0 / 1000,
            n,
        };
        history.fact(Event::CycleOpened { id, symbol: btc() });
        for (key, value) in [
            ("risk_note", r#"{"vola":0.30000000000000004441}"#),
            ("trading_decision_why", r#""it's \"up\"""#),
        ] {
            history.fact(Event::CycleData {
                cycle: id,
                key: key.into(),
                value: value.into(),
                by: name("risk"),
            });
        }
        let approval = Approval {
            id: ApprovalId(200 + u64::from(n)),
            cycle: Some(id),
            by: name("risk"),
            request: OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.01)),
            price: Some(dec!(50000.10)),
            reason: "the trend goes up".into(),
            created_at: history.now(),
            end: None,
        };
        history.fact(Event::ApprovalAsked {
            approval: Box::new(approval),
        });
    }
    history.fact(Event::ApprovalEnded {
        id: ApprovalId(201),
        verdict: Verdict::Approved,
        by: name("operator"),
        reason: "go".into(),
    });
}

/// An outside agent joins, hears and speaks on a topic of its own; nobody answers, or too late.
fn talk(history: &mut History) {
    history.fact(Event::AgentRegistered {
        registration: Box::new(Registration {
            name: name("quant"),
            version: "2.1".into(),
            handles: vec![name("sentiment_analysis")],
            lockstep: false,
            token_hash: "00".into(),
        }),
    });
    history.fact(Event::Subscribed {
        agent: name("quant"),
        topic: Topic::TaSignals,
        filter: Filter::default(),
    });
    history.fact(Event::Unsubscribed {
        agent: name("quant"),
        topic: Topic::TaSignals,
        source: None,
    });
    let message = |n: u64| Message {
        id: MessageId(300 + n),
        from: name("quant"),
        to: Some(name("risk")),
        topic: Some(Topic::Own),
        kind: MessageKind::Request,
        priority: Priority::High,
        subject: format!("number {n}"),
        payload: Payload::Json {
            text: r#"{"n":1}"#.into(),
        },
        in_reply_to: None,
        response: None,
        created_at: history.now(),
        expires_at: Some(history.now() + 30_000),
        delivery: Delivery::Queued,
        processed_at: None,
    };
    for message in [1, 2, 3, 4].map(message) {
        history.fact(Event::Sent {
            message: Box::new(message),
        });
    }
    for (n, how) in [
        (1, Delivery::Acknowledged),
        (2, Delivery::Expired),
        (3, Delivery::Dead),
    ] {
        history.fact(Event::MessageEnded {
            id: MessageId(300 + n),
            how,
            response: (n == 1).then_some(MessageId(304)),
            agent: None,
            reason: (n == 3).then(|| "handed over 5 times".into()),
        });
    }
}

#[test]
fn what_is_published_waits_as_long_as_a_reader_has_it() {
    let mut history = History::new();
    history.start();
    history.fact(Event::Subscribed {
        agent: name("quant"),
        topic: Topic::Own,
        filter: Filter::default(),
    });
    let published = Message {
        id: MessageId(300),
        from: name("scout"),
        to: None,
        topic: Some(Topic::Own),
        kind: MessageKind::Event,
        priority: Priority::Normal,
        subject: "seen".into(),
        payload: Payload::Json { text: "1".into() },
        in_reply_to: None,
        response: None,
        created_at: history.now(),
        expires_at: None,
        delivery: Delivery::Acknowledged,
        processed_at: None,
    };
    history.fact(Event::Sent {
        message: Box::new(published),
    });
    run(async {
        fold(&history).await;
        let status = rows(&history, "SELECT status, processed FROM agent_messages").await;
        assert_eq!(status, [["queued", "0"]]);
    });
}

#[test]
fn reservations_wait_and_end_in_their_table() {
    let history = coordinated();
    run(async {
        fold(&history).await;
        assert_eq!(
            rows(
                &history,
                "SELECT status, amount, asked, sharpe, waits_for, reserved_at > created_at
                 FROM resource_reservations"
            )
            .await,
            [
                ["preempted", "10", "10", "NULL", "NULL", "0"],
                ["held", "4000.5", "6000", "1.25", "NULL", "1"],
                ["denied", "10", "6000", "1.25", "NULL", "0"]
            ]
        );
    });
}

#[test]
fn what_may_be_done_changes_in_state_transitions() {
    let history = coordinated();
    run(async {
        fold(&history).await;
        assert_eq!(
            rows(
                &history,
                "SELECT agent_type, state_change, coalesce(details ->> '$.reason',
                    details ->> '$.activity.kind', details ->> '$.registration.version')
                 FROM state_transitions
                 WHERE state_change NOT IN ('started', 'reserved', 'cause_lifted', 'cause_added')"
            )
            .await,
            [
                ["optimizer", "activity_began", "optimisation"],
                ["optimizer", "granted", "NULL"],
                ["optimizer", "reservation_ended", "it would close a circle"],
                ["optimizer", "reservation_ended", "for trader_1"],
                ["deployer", "activity_began", "deployment"],
                ["discoverer", "activity_began", "discovery"],
                ["deployer", "activity_ended", "in service"],
                ["discoverer", "activity_resumed", "NULL"],
                ["risk", "approval_asked", "NULL"],
                ["risk", "approval_asked", "NULL"],
                ["operator", "approval_ended", "go"],
                ["quant", "agent_registered", "2.1"],
                [
                    "supervisor",
                    "degradation_moved",
                    "3 failures of analysis in a row"
                ]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT autonomy, degradation,
                    (SELECT group_concat(value ->> '$.kind') FROM json_each(activities))
                 FROM coordinator_state"
            )
            .await,
            [["autonomous", "limited", "optimisation,discovery"]]
        );
    });
}

#[test]
fn messages_keep_how_they_ended() {
    let history = coordinated();
    run(async {
        fold(&history).await;
        assert_eq!(
            rows(
                &history,
                "SELECT from_agent, topic, status, processed, processed_at IS NULL,
                    response_message_id FROM agent_messages"
            )
            .await,
            [
                ["quant", "quant", "acknowledged", "1", "0", "message_304"],
                ["quant", "quant", "expired", "0", "1", "NULL"],
                ["quant", "quant", "dead", "0", "1", "NULL"],
                ["quant", "quant", "queued", "0", "1", "NULL"]
            ]
        );
    });
}

#[test]
fn lists_from_sql_are_whole_documents() {
    let history = coordinated();
    run(async {
        fold(&history).await;
        let cycles = listed(&history, Listed::Cycles, None, None).await;
        let cycles: Vec<CycleRow> = cycles
            .items
            .into_iter()
            .map(|item| serde_json::from_value(item).unwrap())
            .collect();
        assert_eq!(cycles[0].data, ["risk_note", "trading_decision_why"]);
        assert_eq!(cycles[0].approval, Some(ApprovalId(202)));
        assert_eq!(cycles[1].approval, None);
        assert_eq!(
            rows(
                &history,
                "SELECT DISTINCT shared_data FROM coordination_state"
            )
            .await,
            [[concat!(
                r#"{"risk_note":{"vola":0.30000000000000004441},"#,
                r#""trading_decision_why":"it's \"up\""}"#
            )]]
        );
        let held = listed(&history, Listed::Reservations, None, Some("held")).await;
        let held: ReservationRow = serde_json::from_value(held.items[0].clone()).unwrap();
        assert_eq!(held.sharpe, Some(dec!(1.25)));
        let dead = listed(&history, Listed::Messages, None, Some("dead")).await;
        let dead: MessageRow = serde_json::from_value(dead.items[0].clone()).unwrap();
        assert_eq!(dead.topic.as_deref(), Some("quant"));
    });
}

#[test]
fn every_event_of_coordination_is_folded_the_same_again() {
    let history = coordinated();
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
