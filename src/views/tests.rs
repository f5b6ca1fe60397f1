use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rust_decimal_macros::dec;
use serde_json::Value;
use sqlx::{Connection, Row as _, SqliteConnection, TypeInfo, ValueRef};
use tokio::runtime::Runtime;

use super::history::History;
use super::rows::TABLES;
use super::*;
use crate::core::{Command, Reply};
use crate::snapshot::List;

pub(super) async fn listed(
    history: &History,
    what: Listed,
    of: Option<&str>,
    status: Option<&str>,
) -> List<Value> {
    let page = Page {
        limit: 100,
        after: None,
        of,
        status,
    };
    let queries = Queries::new(&history.database());
    queries.list(what, &page).await.unwrap()
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    Runtime::new().unwrap().block_on(future)
}

pub(super) async fn fold(history: &History) -> u64 {
    let mut folder = Folder::open(&history.database()).await.unwrap();
    let mut reader = history.reader(folder.next_seq());
    let folded = folder.fold_available(&mut reader).await.unwrap();
    folder.close().await.unwrap();
    folded
}

/// The rows of a statement, each column as SQLite's type and text.
pub(super) async fn rows(history: &History, sql: &'static str) -> Vec<Vec<String>> {
    let mut connection = database::read(&history.database()).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    rows.iter()
        .map(|row| {
            (0..row.columns().len())
                .map(|i| {
                    let raw = row.try_get_raw(i).unwrap();
                    let kind = raw.type_info().name().to_owned();
                    match kind.as_str() {
                        _ if raw.is_null() => "NULL".to_owned(),
                        "INTEGER" => row.get::<i64, _>(i).to_string(),
                        _ => row.get::<String, _>(i),
                    }
                })
                .collect()
        })
        .collect()
}

pub(super) async fn content(history: &History) -> Vec<(&'static str, Vec<String>)> {
    let mut connection = database::read(&history.database()).await.unwrap();
    let mut content = Vec::new();
    for table in TABLES {
        content.push((
            table.name,
            table_rows(&mut connection, table.read_sql()).await,
        ));
    }
    content
}

async fn table_rows(connection: &mut SqliteConnection, sql: String) -> Vec<String> {
    let rows: Vec<(i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(i64::MIN)
        .bind(i64::MAX)
        .fetch_all(connection)
        .await
        .unwrap();
    rows.into_iter()
        .map(|(id, row)| format!("{id} {row}"))
        .collect()
}

async fn alter(history: &History, sql: &'static str) {
    let url = format!("sqlite:{}", history.database().display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn played() -> History {
    let mut history = History::new();
    history.play();
    history
}

#[test]
fn what_befalls_orders_positions_and_the_account_is_in_its_tables() {
    let mut history = History::new();
    history.befall();
    run(async {
        fold(&history).await;
        let order = "SELECT status, quantity, filled, price, parent_id, self_trade FROM orders
             WHERE request_id = 'first'";
        assert_eq!(
            rows(&history, order).await,
            [[
                "partially_filled",
                "0.015",
                "0.01",
                "49980",
                "NULL",
                "cancel_newest"
            ]]
        );
        let position = "SELECT stop, trail, quantity FROM positions";
        assert_eq!(rows(&history, position).await, [["49841", "0.015", "0.01"]]);
        let steps = "SELECT l.status, l.details ->> '$.reason' FROM order_status_log l
             JOIN orders o ON o.id = l.order_id WHERE o.request_id = 'first' ORDER BY l.id";
        assert_eq!(
            rows(&history, steps).await,
            [
                ["pending", "NULL"],
                ["submitted", "NULL"],
                ["unknown", "no answer"],
                ["open", "NULL"],
                ["partially_filled", "NULL"]
            ]
        );
        let executions = "SELECT DISTINCT event_type FROM execution_events
             WHERE event_type NOT IN ('order_approved', 'order_moved', 'order_filled')
             ORDER BY event_type";
        assert_eq!(
            rows(&history, executions).await.concat(),
            [
                "absence_read",
                "balance_adjusted",
                "compared",
                "external_seen",
                "order_amended",
                "order_deferred",
                "order_shown",
                "positions_differ",
                "protection_refitted"
            ]
        );
        let transitions = "SELECT state_change, agent_type FROM state_transitions
             WHERE state_change IN ('flatten_began', 'flatten_ended', 'cooldown_began',
                'guard_breached', 'guard_cleared', 'strategy_day_lost', 'strategy_day_over',
                'positions_agree', 'sync_asked')
             ORDER BY state_change";
        assert_eq!(
            rows(&history, transitions).await,
            [
                ["cooldown_began", "trend"],
                ["flatten_began", "paper"],
                ["flatten_ended", "supervisor"],
                ["guard_breached", "supervisor"],
                ["guard_cleared", "supervisor"],
                ["positions_agree", "supervisor"],
                ["strategy_day_lost", "trend"],
                ["strategy_day_over", "trend"],
                ["sync_asked", "paper"]
            ]
        );
    });
}

#[test]
fn rows_say_what_happened_with_exact_decimals_as_text() {
    let history = played();
    run(async {
        assert_eq!(fold(&history).await, history.last_seq());
        assert_eq!(
            rows(
                &history,
                "SELECT request_id, status, typeof(quantity), quantity, filled, average_price, fees,
                    reason, json_extract(metadata, '$.why'), confidence, created_at
                 FROM orders WHERE purpose = 'entry'"
            )
            .await,
            [
                [
                    "first", "filled", "text", "0.01", "0.01", "50000.1", "0.000002469", "NULL",
                    "it's \"up\"", "0.70", "2026-02-14T11:23:33.741Z"
                ],
                [
                    "second", "error", "text", "0.02", "0", "NULL", "0",
                    "no such pair; DROP TABLE orders; --'\"", "it's \"up\"", "0.70",
                    "2026-02-14T11:23:38.741Z"
                ]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT execution_id, price, quantity, fee, liquidity FROM trade_executions"
            )
            .await,
            [
                ["E-1", "50000.10", "0.004", "0.0000012345", "taker"],
                ["E-2", "50000.10", "0.006", "0.0000012345", "taker"]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT l.status, l.external_id FROM order_status_log l
                 JOIN orders o ON o.id = l.order_id WHERE o.request_id = 'first' ORDER BY l.id"
            )
            .await,
            [
                ["pending", "NULL"],
                ["submitted", "NULL"],
                ["open", "V-1"],
                ["partially_filled", "V-1"],
                ["filled", "V-1"]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT amount, status, agent_type FROM resource_reservations
                 WHERE purpose = 'paper_trade' ORDER BY rowid"
            )
            .await,
            [
                ["100.1", "released", "optimizer"],
                ["0.00000001", "expired", "optimizer"]
            ]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT status, side, quantity, entry, stop, price, unrealised FROM positions"
            )
            .await,
            [[
                "open", "long", "0.01", "50000.1", "49000.50", "50000.10", "0"
            ]]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT timestamp, symbol, current_price, unrealized_pnl FROM position_snapshots"
            )
            .await,
            [["2026-02-14T11:24:39.741Z", "BTC/USDT", "50000.10", "0"]]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT to_agent, message_type, priority, processed, payload ->> '$.message'
                 FROM agent_messages WHERE subject = 'a question'"
            )
            .await,
            [["risk", "request", "high", "1", "how much?"]]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT symbol, phase, halt_requested FROM coordination_state"
            )
            .await,
            [["BTC/USDT", "halted", "1"]]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT state, hardstop ->> '$.epoch', statistics ->> '$.fills'
                 FROM coordinator_state"
            )
            .await,
            [["hardstopped", "1", "2"]]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT count(*), sum(is_healthy) FROM agent_health"
            )
            .await,
            [["11", "11"]]
        );
        assert_eq!(
            rows(
                &history,
                "SELECT agent_type, details ->> '$.reason' FROM state_transitions
                 WHERE state_change = 'hardstop_engaged'"
            )
            .await,
            [["operator", "enough"]]
        );
    });
}

#[test]
fn every_event_has_its_line_in_the_audit() {
    let mut history = History::new();
    history.start();
    let seen = history.reserve(dec!(1), 60).events;
    run(async {
        fold(&history).await;
        let queries = Queries::new(&history.database());
        let lines = queries
            .audit(history.last_seq() - 1, 100, None, None)
            .await
            .unwrap();
        assert_eq!(
            lines.iter().map(|l| l.data.clone()).collect::<Vec<_>>(),
            seen.iter()
                .map(|e| serde_json::to_value(e).unwrap())
                .collect::<Vec<_>>()
        );
        for line in lines {
            assert_eq!(line.seq, history.last_seq());
            assert_eq!(line.cause, Some(history.last_seq() - 1));
            assert_eq!(line.actor.as_str(), "operator");
            assert_eq!(line.origin, "unix:1000".parse().ok());
        }
        // The first record has several events: it is not cut by a limit of one.
        let first = queries.audit(0, 1, None, None).await.unwrap();
        assert!(first.len() > 1 && first.iter().all(|l| l.seq == 1));
        let reserved = queries.audit(0, 9, Some("reserved"), None).await.unwrap();
        assert_eq!(reserved.len(), 1);
        let nobody = Some("nobody".parse().unwrap());
        assert!(queries.audit(0, 9, None, nobody).await.unwrap().is_empty());
    });
}

#[test]
fn lists_are_documents_that_go_on_where_a_page_ended() {
    let history = played();
    run(async {
        fold(&history).await;
        let queries = Queries::new(&history.database());
        let all = listed(&history, Listed::Orders, Some("BTC/USDT"), None).await;
        assert_eq!(all.seq, history.last_seq());
        assert_eq!(all.total, all.items.len() as u64);
        let page = async |after: Option<&str>| {
            let page = Page {
                limit: 1,
                after,
                of: None,
                status: None,
            };
            queries.list(Listed::Orders, &page).await.unwrap().items
        };
        let mut paged = page(None).await;
        while let Some(item) = page(paged.last().unwrap()["id"].as_str()).await.pop() {
            paged.push(item);
        }
        assert_eq!(paged, all.items);
        assert!(page(Some("' OR 1 = 1 --")).await.is_empty());

        let rejected = listed(&history, Listed::Orders, None, Some("rejected")).await;
        assert_eq!(rejected.total, 1);
        assert_eq!(rejected.items[0]["status"], "rejected");
        let filled = listed(&history, Listed::Orders, None, Some("filled")).await;
        let order: crate::snapshot::OrderRow =
            serde_json::from_value(filled.items[0].clone()).unwrap();
        assert_eq!(
            order.fills,
            history.state.orders.get(order.id).unwrap().fills
        );

        let positions = listed(&history, Listed::Positions, None, Some("open")).await;
        serde_json::from_value::<crate::snapshot::PositionRow>(positions.items[0].clone()).unwrap();
        let agent = Some("optimizer");
        let reservations = listed(&history, Listed::Reservations, agent, None).await;
        assert_eq!(reservations.total, 2);
        serde_json::from_value::<crate::snapshot::ReservationRow>(reservations.items[0].clone())
            .unwrap();
        let cycles = listed(&history, Listed::Cycles, None, Some("halted")).await;
        let cycle: crate::snapshot::CycleRow =
            serde_json::from_value(cycles.items[0].clone()).unwrap();
        assert_eq!(cycle.success, Some(false));
        let messages = listed(&history, Listed::Messages, Some("risk"), None).await;
        serde_json::from_value::<crate::snapshot::MessageRow>(messages.items[0].clone()).unwrap();
    });
}

#[test]
fn tables_are_the_same_wherever_folding_was_interrupted() {
    for history in [played(), coordination::coordinated()] {
        run(async {
            fold(&history).await;
            let whole = content(&history).await;
            database::remove(&history.database()).unwrap();
            for limit in 1..=history.last_seq() {
                let mut folder = Folder::open(&history.database()).await.unwrap();
                let mut reader = history.reader(1);
                reader.set_limit(limit);
                assert_eq!(folder.fold_available(&mut reader).await.unwrap(), limit);
                folder.close().await.unwrap();
            }
            assert_eq!(content(&history).await, whole);
            assert_eq!(check(&history.state_dir()).await.unwrap(), []);
        });
    }
}

#[test]
fn tables_thrown_away_or_changed_are_folded_again_to_the_same() {
    let history = played();
    run(async {
        fold(&history).await;
        let before = content(&history).await;
        alter(
            &history,
            "UPDATE orders SET filled = '7' WHERE request_id = 'second'",
        )
        .await;
        let differences = check(&history.state_dir()).await.unwrap();
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].table, "orders");
        assert!(differences[0].found.as_ref().unwrap().contains("\"7\""));

        assert_eq!(
            rebuild(&history.state_dir()).await.unwrap(),
            history.last_seq()
        );
        assert_eq!(content(&history).await, before);
        database::remove(&history.database()).unwrap();
        assert_eq!(
            rebuild(&history.state_dir()).await.unwrap(),
            history.last_seq()
        );
        assert_eq!(content(&history).await, before);
    });
}

#[test]
fn tables_of_another_or_a_longer_history_are_folded_again() {
    let longer = played();
    let mut other = History::new();
    other.start();
    run(async {
        fold(&longer).await;
        let path = other.database();
        for shorter in [true, false] {
            while !shorter && other.last_seq() <= longer.last_seq() {
                other.reserve(dec!(1), 60);
            }
            std::fs::copy(longer.database(), &path).unwrap();
            let mut folder = Folder::open(&path).await.unwrap();
            assert_eq!(folder.folded(), longer.last_seq());
            let wrong = folder.fold_available(&mut other.reader(1)).await;
            match wrong.unwrap_err() {
                ViewsError::Ahead { last, .. } if shorter => assert_eq!(last, other.last_seq()),
                ViewsError::OtherHistory { seq } if !shorter => assert_eq!(seq, longer.last_seq()),
                error => panic!("{error}"),
            }
            folder.close().await.unwrap();

            let mut follower = follower::Follower::new(&path, &other.journal_dir());
            let step = follower.step(other.last_seq()).await.unwrap();
            assert_eq!(step.folded, other.last_seq());
            follower.close().await;
            assert_eq!(check(&other.state_dir()).await.unwrap(), []);
        }
    });
}

#[test]
fn a_file_that_is_no_database_is_put_aside() {
    let history = played();
    run(async {
        let garbage = [b'x'; 8192];
        std::fs::write(history.database(), garbage).unwrap();
        assert_eq!(fold(&history).await, history.last_seq());
        let aside = database::beside(&history.database(), ".broken");
        assert_eq!(std::fs::read(aside).unwrap(), garbage);
        assert_eq!(check(&history.state_dir()).await.unwrap(), []);
    });
}

#[test]
fn two_folders_on_one_file_double_nothing() {
    let mut history = History::new();
    history.start();
    run(async {
        let mut first = Folder::open(&history.database()).await.unwrap();
        first.fold_available(&mut history.reader(1)).await.unwrap();
        let mut second = Folder::open(&history.database()).await.unwrap();
        second.fold_available(&mut history.reader(1)).await.unwrap();
        history.reserve(dec!(1), 60);
        second
            .fold_available(&mut history.reader(second.next_seq()))
            .await
            .unwrap();
        let late = first
            .fold_available(&mut history.reader(first.next_seq()))
            .await;
        assert!(matches!(late, Err(ViewsError::Moved)));
        assert_eq!(check(&history.state_dir()).await.unwrap(), []);
    });
}

#[test]
fn a_write_that_failed_is_made_good_by_the_next() {
    let mut history = History::new();
    history.start();
    run(async {
        let mut folder = Folder::open(&history.database()).await.unwrap();
        let mut reader = history.reader(1);
        folder.fold_available(&mut reader).await.unwrap();
        history.reserve(dec!(1), 60);
        alter(&history, "ALTER TABLE audit RENAME TO away").await;
        let failed = folder.fold_available(&mut reader).await;
        assert!(matches!(failed, Err(ViewsError::Database(_))));
        assert_eq!(folder.folded(), history.last_seq() - 1);
        alter(&history, "ALTER TABLE away RENAME TO audit").await;
        history.reserve(dec!(2), 60);
        let folded = folder.fold_available(&mut reader).await.unwrap();
        assert_eq!(folded, history.last_seq());
        assert_eq!(check(&history.state_dir()).await.unwrap(), []);
    });
}

#[test]
fn a_file_that_vanishes_while_it_is_followed_is_made_again() {
    let mut history = played();
    run(async {
        let mut follower = follower::Follower::new(&history.database(), &history.journal_dir());
        follower.step(history.last_seq()).await.unwrap();
        database::remove(&history.database()).unwrap();
        history.wait(60_000);
        history.say(Command::Tick);
        let step = follower.step(history.last_seq()).await.unwrap();
        assert_eq!(step.folded, history.last_seq());
        assert_eq!(check(&history.state_dir()).await.unwrap(), []);
    });
}

#[test]
fn the_task_follows_what_is_durable_and_shows_what_is_wrong() {
    let mut history = played();
    let durable = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&durable);
    let seq = Arc::new(move || seen.load(Ordering::SeqCst));
    let last = history.last_seq();
    durable.store(last - 1, Ordering::SeqCst);
    let mut task = spawn(&history.state_dir(), &history.journal_dir(), seq.clone()).unwrap();
    task.stop();
    assert_eq!(
        (task.folded(), task.lag(), task.last_error()),
        (last - 1, 0, None)
    );

    history.say(Command::Tick);
    history.reserve(dec!(1), 60);
    durable.store(history.last_seq(), Ordering::SeqCst);
    assert!(task.lag() > 0);
    let mut task = spawn(&history.state_dir(), &history.journal_dir(), seq.clone()).unwrap();
    task.stop();
    assert_eq!((task.folded(), task.lag()), (history.last_seq(), 0));
    assert_eq!(run(check(&history.state_dir())).unwrap(), []);

    let nowhere = history.state_dir().join("nowhere");
    let mut task = spawn(&nowhere, &history.journal_dir(), seq).unwrap();
    task.stop();
    assert!(task.last_error().unwrap().contains("database"));
    assert!(task.lag() > 0);
}

/// Says how fast it is: `cargo test --lib views:: -- --ignored --nocapture`, better with
/// `--release`.
#[test]
#[ignore = "a measurement"]
fn twenty_thousand_events_a_second() {
    let mut history = History::new();
    history.start();
    let mut events = 0;
    while events < 100_000 {
        history.wait(1);
        let item = crate::core::reservation::ReserveItem {
            resource: crate::core::reservation::Resource::Capital,
            class: None,
            amount: dec!(1.25),
            purpose: "paper_trade".into(),
            ttl_s: Some(60),
            agent: None,
            strategy: None,
            sharpe: None,
        };
        let reserve = history.decide(Command::Reserve {
            items: vec![item],
            key: None,
            wait: false,
        });
        let Reply::Reserved(ids) = reserve.reply else {
            panic!("nothing was reserved");
        };
        let release = history.decide(Command::Release { id: ids[0].id });
        events += reserve.events.len() + release.events.len();
    }
    history.commit();
    let begun = std::time::Instant::now();
    run(fold(&history));
    let rate = f64::from(u32::try_from(events).unwrap()) / begun.elapsed().as_secs_f64();
    println!("{rate:.0} events a second");
    assert!(rate >= 20_000.0);
}
