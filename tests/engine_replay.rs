//! The engine whole, on recorded and on simulated prices: the crew answers, orders fill, positions
//! are protected, and the same recording gives the same journal at any speed.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use pilothouse::config::Config;
use pilothouse::core::command::{Report, Start};
use pilothouse::core::order::{Kind, OrderRequest, Side, Status};
use pilothouse::core::position::Amount;
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{
    Command, Context, Name, Quote, Quotes, RecordBody, Reply, Settings, State, Time,
};
use pilothouse::engine::{Ended, Engine, FeedChoice, Over, Speed, journal_dir, recover};
use pilothouse::journal::Batch;
use rust_decimal_macros::dec;
use support::{data, options};

fn replay(feed: &Path, speed: Speed) -> Over {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), FeedChoice::Recorded(feed.to_owned()));
    options.speed = Some(speed);
    options.exit_at_end = true;
    let over = Engine::start(options).unwrap().join().unwrap();
    assert!(matches!(over.ended, Ended::FeedOver), "{:?}", over.ended);
    over
}

#[test]
fn the_same_recording_gives_the_same_journal_at_any_speed() {
    let Some(file) = data("market/kraken_XBTUSD_trades_2019-07-01.csv") else {
        return;
    };
    let first = replay(&file, Speed::Max);
    let second = replay(&file, Speed::Max);
    let paced = replay(&file, Speed::Times(100_000));
    assert!(first.state.statistics.refusals < 1000);
    assert!(first.state.cycles.completed > 0, "{:?}", first.state.cycles);
    assert!(first.journal_hash.is_some());
    assert_eq!(first.journal_hash, second.journal_hash);
    assert_eq!(first.journal_hash, paced.journal_hash);
    assert_eq!(first.state, paced.state);
}

#[test]
fn the_simulated_market_trades_at_once_and_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), FeedChoice::Simulated);
    options.speed = Some(Speed::Times(3_600));
    let engine = Engine::start(options.clone()).unwrap();
    let snapshot = support::wait_for(&engine, |s| s.positions.items.iter().any(|p| p.protected));
    assert!(snapshot.status.statistics.cycles_completed + snapshot.cycles.total > 0);
    assert!(snapshot.agents_at_work() >= 5);
    engine.handle.shutdown();
    let over = engine.join().unwrap();
    assert!(matches!(over.ended, Ended::Asked));
    let again = Engine::start(options).unwrap();
    let snapshot = again.handle.fresh(Duration::from_secs(5));
    assert_eq!(
        snapshot
            .positions
            .items
            .iter()
            .filter(|p| p.status == "open")
            .count(),
        over.state.positions.open.len()
    );
    assert_eq!(again.handle.latest().status.state, Mode::Running);
    again.handle.shutdown();
    assert!(again.join().is_some());
}

trait AtWork {
    fn agents_at_work(&self) -> usize;
}

impl AtWork for pilothouse::snapshot::Snapshot {
    fn agents_at_work(&self) -> usize {
        self.status
            .agents
            .iter()
            .filter(|a| a.successes > 0)
            .count()
    }
}

/// A journal as a crash leaves it: what was decided is durable, what was to be sent is not sent.
fn crashed(state_dir: &Path, commands: Vec<(&str, Command)>, quotes: &Quotes, now: Time) -> State {
    let dir = journal_dir(state_dir);
    let recovered = recover(state_dir, 4).unwrap();
    let (mut journal, mut state) = (recovered.journal, recovered.state);
    let mut batch = Batch::new();
    for (actor, command) in commands {
        let actor: Name = actor.parse().unwrap();
        let decision = state.handle(&Context { now, quotes }, actor, &command);
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
    assert!(dir.exists());
    state
}

#[test]
fn a_cancel_that_a_crash_kept_from_being_sent_is_sent_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let symbols = Config::default().coordinator.symbols;
    let now = Time(chrono::Utc::now().timestamp_millis() - 60_000);
    let mut quotes = Quotes::default();
    quotes.set(
        symbols[0],
        Quote {
            last: dec!(64000),
            bid: dec!(64000),
            ask: dec!(64000),
            time: now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        },
    );
    let limit = OrderRequest {
        price: Some(dec!(63000)),
        ..OrderRequest::new(symbols[0], Side::Buy, Kind::Limit, dec!(0.01))
    };
    let start = Start {
        version: "test".into(),
        account: "paper".into(),
        feed: "test".into(),
        feed_hash: String::new(),
        settings: Settings::of(&symbols),
        balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
    };
    let works = Report::Accepted {
        venue_id: "P-1".into(),
    };
    let stop = Command::GateSeen {
        epoch: 1,
        presses: 1,
        notes: Vec::new(),
    };
    let before = crashed(
        folder.path(),
        vec![
            ("engine", Command::Start(Box::new(start))),
            ("engine", Command::Statement(Box::default())),
            ("operator", Command::Place(Box::new(limit))),
            (
                "venue",
                Command::Venue {
                    client_order_id: "ph-1".into(),
                    report: works,
                },
            ),
            ("gate", stop),
        ],
        &quotes,
        now,
    );
    assert_eq!(before.orders.live.len(), 1);
    let engine = Engine::start(options(folder.path(), FeedChoice::Simulated)).unwrap();
    let snapshot = support::wait_for(&engine, |s| s.orders.items[0].status == Status::Cancelled);
    assert_eq!(snapshot.status.state, Mode::Hardstopped);
    engine.handle.shutdown();
    engine.join();
}
