//! The engine whole, on recorded and on simulated prices: the crew answers, orders fill, positions
//! are protected, and the same recording gives the same journal at any speed.

mod support;

use std::path::Path;
use std::time::Duration;

use pilothouse::core::trading_state::Mode;
use pilothouse::engine::{Ended, Engine, FeedChoice, Over, Speed};
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
