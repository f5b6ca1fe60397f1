//! The bus in one process: durable events with 64 in flight, conflated prices, and how long an
//! urgent message takes past 100,000 that wait.
//!
//! `cargo bench --bench bus`

use std::sync::LazyLock;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use pilothouse::config::Config;
use pilothouse::core::command::{Letter, Registration};
use pilothouse::core::message::{
    Filter, MarketData, Message, MessageKind, Payload, Priority, Topic,
};
use pilothouse::core::{Command, Name, Reply, Symbol, Time};
use pilothouse::engine::{Engine, FeedChoice, Lane, Options, ReplyTo, Submission};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

const MESSAGES: u32 = 100_000;
const IN_FLIGHT: u32 = 64;
const PROBES: usize = 1_000;
const LONG: Duration = Duration::from_secs(10);

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Waits where there is nothing to take.
fn take(engine: &Engine, agent: &str, limit: usize) -> Vec<Message> {
    static TIMER: LazyLock<Runtime> = LazyLock::new(|| {
        let timer = Builder::new_current_thread().enable_time().build();
        timer.expect("a runtime")
    });
    let boxes = engine.handle.mailboxes();
    let filled = async { timeout(LONG, boxes.filled(name(agent))).await };
    assert_eq!(TIMER.block_on(filled), Ok(true), "something comes in");
    boxes.take(name(agent), limit)
}

fn note(to: Option<&str>, priority: Priority) -> Command {
    Command::Send(Box::new(Letter {
        from: None,
        to: to.map(name),
        topic: to.is_none().then_some(Topic::SystemEvents),
        kind: MessageKind::Event,
        priority,
        subject: "bench".into(),
        payload: Payload::Note {
            what: "bench".into(),
            message: "x".repeat(64),
        },
        ttl_s: None,
        in_reply_to: None,
    }))
}

fn ask(engine: &Engine, actor: &str, command: Command) -> Reply {
    let outcome = engine.handle.submit(Lane::Normal, name(actor), command);
    outcome.expect("the engine answers").reply
}

/// Sends with so many unanswered at once, and says how long it took.
fn pour(engine: &Engine, command: &Command) -> Duration {
    let (sender, answers) = sync_channel(IN_FLIGHT as usize);
    let began = Instant::now();
    for sent in 0..MESSAGES {
        if sent >= IN_FLIGHT {
            answers.recv().expect("an answer");
        }
        let submission = Submission {
            actor: name("operator"),
            origin: None,
            command: command.clone(),
            answer: ReplyTo::Sync(sender.clone()),
        };
        let posted = engine.handle.post(Lane::Normal, submission);
        posted.expect("the lane has room");
    }
    for _ in 0..IN_FLIGHT.min(MESSAGES) {
        answers.recv().expect("an answer");
    }
    began.elapsed()
}

/// From the call that sends to the moment it is in the receiver's hands, durable; sorted.
fn probe(engine: &Engine, priority: Priority) -> Vec<Duration> {
    let mut took: Vec<Duration> = (0..PROBES)
        .map(|_| {
            let began = Instant::now();
            let submission = Submission {
                actor: name("operator"),
                origin: None,
                command: note(Some("reader"), priority),
                answer: ReplyTo::Nobody,
            };
            let posted = engine.handle.post(Lane::Normal, submission);
            posted.expect("the lane has room");
            let taken = loop {
                let taken = take(engine, "reader", 1);
                if taken.first().is_some_and(|m| m.priority == priority) {
                    break taken;
                }
            };
            let took = began.elapsed();
            let message = taken[0].id;
            let agent = None;
            ask(engine, "reader", Command::Acknowledge { message, agent });
            took
        })
        .collect();
    took.sort_unstable();
    took
}

fn rate(took: Duration) -> f64 {
    f64::from(MESSAGES) / took.as_secs_f64()
}

fn main() {
    let folder = std::env::temp_dir().join(format!("pilothouse-bus-{}", std::process::id()));
    let mut config = Config::default();
    config.bus.queue = u64::from(MESSAGES) * 3;
    let engine = Engine::start(Options {
        state_dir: folder.clone(),
        config,
        feed: FeedChoice::Idle,
        speed: None,
        seed: 1,
        symbol: None,
        exit_at_end: false,
        accept_loss: None,
        views: false,
    })
    .expect("the engine starts");
    for agent in ["reader", "watcher"] {
        let registration = Registration {
            name: name(agent),
            version: "1".into(),
            handles: Vec::new(),
            lockstep: false,
            token_hash: "0".repeat(64),
        };
        let reply = ask(
            &engine,
            "operator",
            Command::Register(Box::new(registration)),
        );
        assert_eq!(reply, Reply::Done);
        let told = take(&engine, agent, 1);
        let message = told[0].id;
        let agent_name = None;
        ask(
            &engine,
            agent,
            Command::Acknowledge {
                message,
                agent: agent_name,
            },
        );
    }
    let calm = probe(&engine, Priority::Normal);
    println!(
        "publish to receive, durable: p50 {:?}, p99 {:?}",
        calm[PROBES / 2],
        calm[PROBES * 99 / 100]
    );

    let took = pour(&engine, &note(None, Priority::Normal));
    println!(
        "durable system_events, {IN_FLIGHT} in flight: {MESSAGES} in {took:?}, {:.0}/s",
        rate(took)
    );

    let subscribe = Command::Subscribe {
        agent: None,
        topic: Topic::MarketData,
        filter: Filter::default(),
    };
    ask(&engine, "watcher", subscribe);
    let boxes = engine.handle.mailboxes();
    let symbol: Symbol = "BTC/USDT".parse().expect("a symbol");
    let began = Instant::now();
    for n in 0..MESSAGES {
        let price = MarketData {
            symbol,
            price: n.into(),
            time: Time(i64::from(n)),
        };
        boxes.quote(std::iter::once(price));
    }
    let took = began.elapsed();
    let taken = boxes.take(name("watcher"), 10);
    assert_eq!(taken.len(), 1, "the latest only");
    println!(
        "conflated market_data: {MESSAGES} in {took:?}, {:.0}/s, {} replaced",
        rate(took),
        boxes.conflated()
    );

    pour(&engine, &note(Some("reader"), Priority::Low));
    let urgent = probe(&engine, Priority::Critical);
    println!(
        "urgent behind {MESSAGES}: p50 {:?}, p99 {:?}",
        urgent[PROBES / 2],
        urgent[PROBES * 99 / 100]
    );
    engine.handle.shutdown();
    engine.join();
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        eprintln!("{} stays: {error}", folder.display());
    }
}
