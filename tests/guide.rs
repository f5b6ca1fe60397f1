//! Guide mode with the engine whole: what the crew wants waits for the operator, and lapses by the
//! wall clock, however fast the market goes.

mod support;

use pilothouse::config::Mode;
use pilothouse::engine::{Engine, FeedChoice, Speed};

#[test]
fn an_entry_nobody_decides_lapses_by_the_wall_clock() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = support::options(folder.path(), FeedChoice::Simulated);
    options.speed = Some(Speed::Times(3_600));
    options.config.coordinator.mode = Mode::Guide;
    options.config.coordinator.approval_s = 1;
    let engine = Engine::start(options).unwrap();
    let snapshot = support::wait_for(&engine, |s| {
        let waits = |a: &pilothouse::snapshot::ApprovalRow| a.status == "waiting";
        s.approvals.items.iter().any(waits)
    });
    assert_eq!(snapshot.status.autonomy, "guide");
    let row = snapshot.approvals.items[0].clone();
    let until = row.expires_at.expect("it is said when it lapses");
    assert!(until - snapshot.built_at <= 1_000);
    let cycle = row.cycle_id.expect("a cycle asked");
    let snapshot = support::wait_for(&engine, |s| {
        let lapsed = |a: &pilothouse::snapshot::ApprovalRow| a.id == row.id && a.status == "lapsed";
        s.approvals.items.iter().any(lapsed)
    });
    let ended = snapshot.cycles.items.iter().find(|c| c.id == cycle);
    assert_eq!(ended.unwrap().result.as_deref(), Some("approval lapsed"));
    assert_eq!(snapshot.orders.total, 0, "nothing was sent unasked");
    engine.handle.shutdown();
    assert!(engine.join().is_some());
}
