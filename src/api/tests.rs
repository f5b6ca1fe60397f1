use super::*;
use crate::core::activity::{Activity, ActivityKind};
use crate::core::id::{ActivityId, CycleId, MessageId, ReservationId};
use crate::core::message::{Delivery, Message, MessageKind, Payload, Priority, Topic};
use crate::core::reservation::{Class, Reservation, Resource, Standing};
use crate::core::{Event, Name, Quotes, State};
use crate::snapshot::{Beside, Query, Samples, answer, build};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn message(id: u64, text: String) -> Event {
    let message = Message {
        id: MessageId(id),
        from: name("scout"),
        to: Some(name("risk")),
        topic: None,
        kind: MessageKind::Request,
        priority: Priority::Normal,
        subject: "s".into(),
        payload: Payload::Json { text },
        in_reply_to: None,
        response: None,
        created_at: Time(1),
        expires_at: None,
        delivery: Delivery::Queued,
        processed_at: None,
    };
    Event::Sent {
        message: Box::new(message),
    }
}

fn api(state: State) -> Api {
    let folder = Folder::new(state, Samples::default());
    Api::new(folder, Path::new("/nowhere"))
}

fn get(api: &Api, path: &str, query: &[(&str, &str)]) -> serde_json::Value {
    asked(api, path, query).body
}

fn asked(api: &Api, path: &str, query: &[(&str, &str)]) -> Answer {
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let answer = api.answer(&Request {
        who: Caller::owner(),
        method: "GET",
        path,
        query: &query,
        body: "",
        key: None,
    });
    assert!(answer.is_ok(), "{answer:?}");
    answer
}

#[test]
fn a_snapshot_stays_light_and_a_page_has_its_messages_in_full() {
    let mut state = State::default();
    let text = |id: u64| format!("\"{}{id:02}\"", "x".repeat(60 * 1024));
    for id in 1..=20 {
        state.evolve(Time(1), &message(id, text(id)));
    }
    let snapshot = build(&state, &Samples::default());
    let bytes = serde_json::to_string(&snapshot.messages).unwrap().len();
    assert!(bytes < 150 * 1024, "{bytes}");
    let newest = &snapshot.messages.items[0];
    assert_eq!(newest.payload["text"], text(20));
    let older = &snapshot.messages.items[10];
    let size = serde_json::json!({ "truncated": true, "bytes": text(1).len() });
    assert_eq!(older.payload, size);

    let api = api(state);
    let page = get(&api, "coordination/messages", &[("limit", "5")]);
    assert_eq!(page["total"], 20);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 5);
    for (row, id) in items.iter().zip((16..=20).rev()) {
        assert_eq!(row["payload"]["text"], text(id));
    }
}

#[test]
fn what_waits_is_counted_as_it_comes_and_goes() {
    let mut state = State::default();
    let risk = name("risk");
    for id in 1..=40 {
        let Event::Sent { mut message } = message(id, "1".into()) else {
            unreachable!()
        };
        message.priority = Priority::ALL[id as usize % 4];
        message.created_at = Time(id as i64);
        state.evolve(Time(id as i64), &Event::Sent { message });
    }
    for id in [1, 2, 5, 40] {
        let event = Event::MessageEnded {
            id: MessageId(id),
            how: Delivery::Acknowledged,
            response: None,
            agent: None,
            reason: None,
        };
        state.evolve(Time(50), &event);
    }
    let mut recounted = [0; 4];
    for m in state.bus.queue(risk) {
        recounted[m.priority as usize] += 1;
    }
    assert_eq!(recounted, [9, 8, 9, 10]);
    let samples = Samples {
        clock: Some(Time(50)),
        ..Samples::default()
    };
    let snapshot = build(&state, &samples);
    let row = snapshot.queues.iter().find(|q| q.agent == risk).unwrap();
    assert_eq!(row.waiting, recounted);
    assert_eq!(state.bus.oldest(risk).map(|m| m.id), Some(MessageId(3)));
    assert_eq!(row.oldest_ms, Some(47));
}

#[test]
fn a_crowd_of_activities_is_cut_and_all_wait_for_the_one_that_runs() {
    let mut state = State::default();
    for n in 1..=500 {
        let activity = Activity {
            id: ActivityId(n),
            kind: ActivityKind::Deployment,
            agent: name("quant"),
            declared: true,
            queued: n != 7,
            since: Time(1),
            end: None,
        };
        state.evolve(Time(1), &Event::ActivityBegan { activity });
    }
    let snapshot = build(&state, &Samples::default());
    assert_eq!(snapshot.status.conflicts.len(), 100);
    assert_eq!(snapshot.status.activities.len(), 100);
    for row in &snapshot.activities.items {
        let waits = (row.id != ActivityId(7)).then_some(ActivityId(7));
        assert_eq!(row.waits_for, waits, "{}", row.id);
    }
}

#[test]
fn one_thing_shows_its_journal_position_as_lists_do() {
    let mut state = State::default();
    let id = CycleId { second: 3, n: 1 };
    let opened = Event::CycleOpened {
        id,
        symbol: "BTC/USDT".parse().unwrap(),
    };
    state.fold(9, Time(1), &[opened]);
    let api = api(state);
    let one = get(&api, &format!("coordination/cycles/{id}"), &[]);
    assert_eq!(one["seq"], 9);
}

#[test]
fn data_of_a_cycle_keeps_every_digit() {
    let mut state = State::default();
    let id = CycleId { second: 3, n: 1 };
    let symbol = "BTC/USDT".parse().unwrap();
    state.evolve(Time(1), &Event::CycleOpened { id, symbol });
    let value = r#"{"vola":0.12345678901234567890123}"#;
    let event = Event::CycleData {
        cycle: id,
        key: "quant_note".into(),
        value: value.into(),
        by: name("quant"),
    };
    state.evolve(Time(1), &event);
    let api = api(state);
    for (path, part) in [
        ("data", format!(r#""data":{{"quant_note":{value}}}"#)),
        ("data/quant_note", format!(r#""value":{value}"#)),
    ] {
        let path = format!("coordination/cycles/{id}/{path}");
        let answer = asked(&api, &path, &[]);
        let written = answer.written.unwrap();
        assert!(written.contains(&part), "{written}");
        assert!(written.contains(r#""seq":0"#), "{written}");
        assert_eq!(answer.body["cycle_id"], id.to_string());
    }
}

#[test]
fn live_reservations_are_counted_beyond_those_that_are_shown() {
    let mut state = State::default();
    for n in 1..=1_200 {
        let agent = name("quant");
        let row = Reservation {
            id: ReservationId {
                at: Time(1),
                agent,
                n,
            },
            agent,
            strategy: None,
            resource: Resource::Capital,
            class: Class::Paper,
            amount: 1.into(),
            asked: 1.into(),
            purpose: "paper_trade".into(),
            standing: Standing::Held,
            created_at: Time(1),
            expires_at: Some(Time(9)),
            order: None,
            position: None,
            group: Vec::new(),
            sharpe: None,
            ttl_s: 300,
            waits: None,
            told_at: None,
            granted_at: None,
            keyed: None,
            turn: 2,
            drawn: None,
            granted: None,
        };
        state.evolve(Time(1), &Event::Reserved { row: Box::new(row) });
    }
    let list = get(&api(state), "reservations", &[("status", "live")]);
    assert_eq!(list["total"], 1_200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1_000);
}

#[test]
fn measuring_is_left_out_where_no_document_has_it() {
    let state = State::default();
    let quotes = Quotes::default();
    let beside = Beside {
        now: Time(1),
        quotes: &quotes,
        samples: &|| unreachable!("nothing of it is shown"),
    };
    for topic in [Topic::TaSignals, Topic::MarketData] {
        let query = Query::Latest {
            topic,
            source: None,
            symbol: None,
        };
        assert!(answer(&state, &query, &beside).is_null());
    }
}
