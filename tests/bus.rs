//! The bus through the engine: what is durable reaches the mailboxes, survives a restart, and what
//! is sent to the agents at work never rots.

mod support;

use std::path::Path;
use std::time::Duration;

use pilothouse::core::command::{Letter, Registration};
use pilothouse::core::id::MessageId;
use pilothouse::core::message::{Filter, Message, MessageKind, Payload, Priority, Topic};
use pilothouse::core::{Command, Name, Reply};
use pilothouse::engine::{Engine, FeedChoice, Lane, Speed};
use support::options;

const LONG: Duration = Duration::from_secs(20);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn engine(folder: &Path, feed: FeedChoice) -> Engine {
    let mut options = options(folder, feed);
    options.speed = Some(Speed::Times(60));
    Engine::start(options).unwrap()
}

fn ask(engine: &Engine, actor: &str, command: Command) -> Reply {
    let outcome = engine.handle.submit(Lane::Normal, name(actor), command);
    outcome.unwrap().reply
}

fn send(engine: &Engine, actor: &str, to: &str, kind: MessageKind, text: &str) -> MessageId {
    let letter = Letter {
        from: None,
        to: Some(name(to)),
        topic: None,
        kind,
        priority: Priority::Normal,
        subject: "s".into(),
        payload: Payload::Json { text: text.into() },
        ttl_s: None,
        in_reply_to: None,
    };
    match ask(engine, actor, Command::Send(Box::new(letter))) {
        Reply::Message(id) => id,
        other => panic!("it was not sent: {other:?}"),
    }
}

/// An agent that has joined and knows how things stand.
fn join(engine: &Engine, agent: &str) {
    join_as(engine, agent, false);
}

fn join_as(engine: &Engine, agent: &str, lockstep: bool) {
    let registration = Registration {
        name: name(agent),
        version: "1".into(),
        handles: Vec::new(),
        lockstep,
        token_hash: "0".repeat(64),
    };
    let reply = ask(
        engine,
        "operator",
        Command::Register(Box::new(registration)),
    );
    assert_eq!(reply, Reply::Done);
    let told = take(engine, agent);
    assert_eq!(told.subject, "STATE");
    acknowledge(engine, agent, told.id);
}

fn take(engine: &Engine, agent: &str) -> Message {
    let boxes = engine.handle.mailboxes();
    let timer = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let filled = async { tokio::time::timeout(LONG, boxes.filled(name(agent))).await };
    assert_eq!(timer.block_on(filled), Ok(true), "something comes in");
    let taken = boxes.take(name(agent), 1);
    taken.into_iter().next().expect("something comes in")
}

fn acknowledge(engine: &Engine, agent: &str, message: MessageId) {
    let agent_name = Some(name(agent));
    let command = Command::Acknowledge {
        message,
        agent: agent_name,
    };
    assert_eq!(ask(engine, agent, command), Reply::Done);
}

#[test]
fn what_was_not_acknowledged_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = engine(folder.path(), FeedChoice::Idle);
    join(&first, "scout");
    let event = MessageKind::Event;
    let done = send(&first, "operator", "scout", event, "{}");
    let taken = send(&first, "operator", "scout", event, "{}");
    let waiting = send(&first, "operator", "scout", event, "{}");
    assert_eq!(take(&first, "scout").id, done);
    acknowledge(&first, "scout", done);
    assert_eq!(take(&first, "scout").id, taken);
    let snapshot = first.handle.fresh(LONG);
    let queue = snapshot.queues.iter().find(|q| q.agent == name("scout"));
    let queue = queue.expect("its queue is shown");
    assert_eq!((queue.waiting, queue.in_flight), ([0, 0, 2, 0], 1));
    first.handle.shutdown();
    first.join().unwrap();

    let again = engine(folder.path(), FeedChoice::Idle);
    assert_eq!(take(&again, "scout").id, taken);
    assert_eq!(take(&again, "scout").id, waiting);
    let boxes = again.handle.mailboxes();
    assert!(boxes.take(name("scout"), 1).is_empty());
    again.handle.shutdown();
    again.join().unwrap();
}

#[test]
fn nothing_rots_in_the_queues_of_the_agents_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path(), FeedChoice::Idle);
    join(&engine, "scout");
    for kind in [MessageKind::Event, MessageKind::Command] {
        send(&engine, "scout", "risk", kind, r#"{"symbol":"BTC/USDT"}"#);
    }
    let asked = send(&engine, "scout", "risk", MessageKind::Request, "{}");
    let answer = take(&engine, "scout");
    assert_eq!(answer.kind, MessageKind::Response);
    assert_eq!(answer.in_reply_to, Some(asked));
    assert_eq!(
        (answer.from, answer.subject.as_str()),
        (name("risk"), "Re: s")
    );
    let Payload::Note { message, .. } = &answer.payload else {
        panic!("a note is expected")
    };
    assert_eq!(message, "nothing to say");
    let snapshot = engine.handle.fresh(LONG);
    let queue = snapshot.queues.iter().find(|q| q.agent == name("risk"));
    assert_eq!(queue.expect("it is shown").waiting, [0; 4]);
    engine.handle.shutdown();
    engine.join().unwrap();
}

#[test]
fn prices_reach_those_who_want_them_and_the_journal_never() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path(), FeedChoice::Simulated);
    join(&engine, "scout");
    let subscribe = Command::Subscribe {
        agent: None,
        topic: Topic::MarketData,
        filter: Filter::default(),
    };
    assert_eq!(ask(&engine, "scout", subscribe), Reply::Done);
    let word = take(&engine, "scout");
    assert_eq!(word.topic, Some(Topic::MarketData));
    let Payload::Market(price) = word.payload else {
        panic!("a price is expected")
    };
    let latest = engine.handle.mailboxes().market(Some(price.symbol));
    assert!(latest.unwrap().time >= price.time);
    engine.handle.shutdown();
    let over = engine.join().unwrap();
    let journaled = over.state.bus.past.iter();
    assert!(
        !journaled
            .into_iter()
            .any(|m| m.topic == Some(Topic::MarketData))
    );
}

#[test]
fn time_waits_for_an_agent_that_goes_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), FeedChoice::Simulated);
    options.speed = Some(Speed::Times(60));
    let engine = Engine::start(options).unwrap();
    join_as(&engine, "scout", true);
    let question = Letter {
        from: None,
        to: Some(name("scout")),
        topic: None,
        kind: MessageKind::Command,
        priority: Priority::High,
        subject: "analyse".into(),
        payload: Payload::Analyse {
            symbol: engine.symbols[0],
        },
        ttl_s: None,
        in_reply_to: None,
    };
    let reply = ask(&engine, "operator", Command::Send(Box::new(question)));
    assert!(matches!(reply, Reply::Message(_)));
    let asked = take(&engine, "scout");
    let stood = engine.handle.fresh(LONG).status.clock;
    for _ in 0..5 {
        assert_eq!(engine.handle.fresh(LONG).status.clock, stood);
    }
    acknowledge(&engine, "scout", asked.id);
    support::wait_for(&engine, |s| s.status.clock > stood);
    engine.handle.shutdown();
    engine.join().unwrap();
}
