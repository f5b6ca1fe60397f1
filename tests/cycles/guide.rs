//! Guide mode: the operator decides on entries, and on nothing else.

use pilothouse::core::approval::{ApprovalId, Verdict};
use pilothouse::core::command::Press;
use pilothouse::core::cycle::Phase;
use pilothouse::core::message::Payload;
use pilothouse::core::order::{Kind, OrderRequest, Side};
use pilothouse::core::{Command, Event, Reply, Settings};
use rust_decimal_macros::dec;

use crate::bench::{Bench, btc, buy, name};

fn decide(id: ApprovalId, approve: bool) -> Command {
    Command::Decide {
        id,
        approve,
        reason: "as I see it".into(),
    }
}

fn verdict(bench: &Bench, id: ApprovalId) -> Verdict {
    let past = bench.state.approvals.past.iter().find(|a| a.id == id);
    past.unwrap().end.as_ref().unwrap().0
}

fn hardstop() -> Command {
    Command::GateSeen {
        epoch: 1,
        presses: 1,
        notes: vec![Press {
            by: name("operator"),
            how: "key".into(),
            reason: "enough".into(),
        }],
    }
}

#[test]
fn an_approved_entry_is_placed_and_watched() {
    let mut bench = Bench::guided();
    let (cycle, id) = bench.until_approval();
    let waits = bench.cycle(cycle);
    assert_eq!((waits.phase, waits.waiting), (Phase::Execution, None));
    let run = waits.phases.last().unwrap();
    assert_eq!(run.result.as_deref(), Some(&*format!("waits for {id}")));
    assert_eq!(waits.phases.len(), 4);
    assert!(bench.state.orders.live.is_empty());
    assert!(bench.state.ledger.bound_capital(None).is_zero());
    let refusal = bench.refused("risk", decide(id, true));
    assert_eq!(refusal.code, "APPROVAL_OPERATOR_ONLY");
    bench.pass(600);
    let Reply::Order(order) = bench.ask("operator", decide(id, true)) else {
        panic!("not placed");
    };
    assert_eq!(verdict(&bench, id), Verdict::Approved);
    assert_eq!(bench.cycle(cycle).phase, Phase::Monitoring);
    assert_eq!(bench.cycle(cycle).found.order, Some(order));
    assert!(bench.state.ledger.bound_capital(None) > dec!(450));
    let again = bench.refused("alice", decide(id, false));
    assert_eq!(again.code, "APPROVAL_DECIDED");
    let unknown = bench.refused("alice", decide(ApprovalId(1_000_000), true));
    assert_eq!(unknown.code, "APPROVAL_UNKNOWN");
    bench.folds_to_the_same_state();
}

#[test]
fn the_gate_looks_again_at_what_is_approved() {
    let mut bench = Bench::guided();
    let (cycle, id) = bench.until_approval();
    bench.ask(
        "operator",
        Command::Pause {
            symbol: Some(btc()),
            reason: "news".into(),
        },
    );
    let refusal = bench.refused("operator", decide(id, true));
    assert_eq!(refusal.code, "RISK_SYMBOL_PAUSED");
    let ended = bench.cycle(cycle);
    assert_eq!(ended.phase, Phase::Completed);
    let result = ended.result.as_deref().unwrap();
    assert!(
        result.starts_with("risk refused: RISK_SYMBOL_PAUSED"),
        "{result}"
    );
    assert!(bench.state.orders.live.is_empty());
    bench.folds_to_the_same_state();
}

#[test]
fn a_dearer_entry_is_shrunk_to_the_limits_of_its_hour() {
    let mut bench = Bench::guided();
    let cycle = bench.until(Phase::RiskValidation);
    let wanted = Payload::Sized {
        quantity: dec!(0.054),
        stop: dec!(44100),
        target: dec!(46800),
    };
    bench.said(cycle, wanted);
    bench.said(cycle, Payload::Plan { limit: None });
    let id = *bench.state.approvals.waiting.keys().next().unwrap();
    bench.price(dec!(46700));
    let Reply::Order(order) = bench.ask("operator", decide(id, true)) else {
        panic!("not placed");
    };
    let quantity = bench.state.orders.live[&order].quantity;
    assert!(quantity < dec!(0.054), "{quantity}");
    assert!(quantity * dec!(46700) <= bench.state.settings.risk.max_order_value_usd);
}

#[test]
fn a_rejected_and_a_lapsed_entry_end_their_cycles() {
    let mut bench = Bench::guided();
    let (cycle, id) = bench.until_approval();
    assert_eq!(bench.ask("alice", decide(id, false)), Reply::Done);
    assert_eq!(verdict(&bench, id), Verdict::Rejected);
    let result = bench.cycle(cycle).result.clone().unwrap();
    assert_eq!(result, "rejected by alice: as I see it");
    bench.pass(1);
    let (cycle, id) = bench.until_approval();
    bench.ask("supervisor", Command::Lapse { id });
    assert_eq!(verdict(&bench, id), Verdict::Lapsed);
    assert_eq!(bench.cycle(cycle).phase, Phase::Completed);
    assert_eq!(
        bench.cycle(cycle).result.as_deref(),
        Some("approval lapsed")
    );
    // A second lapse of the same has nothing to do.
    assert!(
        bench
            .events("supervisor", Command::Lapse { id })
            .0
            .is_empty()
    );
    bench.folds_to_the_same_state();
}

#[test]
fn stop_halt_shutdown_and_restart_lapse_what_waits() {
    type Way = fn(&mut Bench);
    let ways: [(&str, Way); 4] = [
        ("hardstop", |b| drop(b.ask("gate", hardstop()))),
        ("halt", |b| {
            // A fall from the peak that is over its limit.
            b.state.settings.risk.max_drawdown = dec!(-1);
            b.ask("clock", Command::Tick);
            assert!(!b.state.mode().schedules());
        }),
        ("shutdown", |b| {
            let leave_entries = false;
            b.ask("engine", Command::Shutdown { leave_entries });
        }),
        ("restart", |b| b.start(b.state.settings.clone())),
    ];
    for (what, way) in ways {
        let mut bench = Bench::guided();
        let (cycle, of_cycle) = bench.until_approval();
        let reply = bench.ask("trader", Command::Place(Box::new(buy(dec!(0.02)))));
        let Reply::Approval(own) = reply else {
            panic!("{reply:?}");
        };
        way(&mut bench);
        assert!(bench.state.approvals.waiting.is_empty(), "{what}");
        for id in [of_cycle, own] {
            assert_eq!(verdict(&bench, id), Verdict::Lapsed, "{what}");
        }
        let phase = bench.cycle(cycle).phase;
        assert!(matches!(phase, Phase::Halted | Phase::Failed), "{what}");
    }
}

#[test]
fn a_halted_cycle_takes_its_approval_with_it() {
    let mut bench = Bench::guided();
    let (cycle, id) = bench.until_approval();
    let reason = "no".to_owned();
    bench.ask("operator", Command::HaltCycle { id: cycle, reason });
    assert_eq!(bench.cycle(cycle).phase, Phase::Halted);
    assert_eq!(verdict(&bench, id), Verdict::Lapsed);
    assert_eq!(
        bench.refused("operator", decide(id, true)).code,
        "APPROVAL_DECIDED"
    );
}

#[test]
fn an_agents_own_entry_waits_and_exits_and_the_operators_do_not() {
    let mut bench = Bench::guided();
    let keyed = |quantity| OrderRequest {
        request_id: Some("r1".into()),
        ..buy(quantity)
    };
    let place = |request: OrderRequest| Command::Place(Box::new(request));
    let Reply::Approval(id) = bench.ask("trader", place(keyed(dec!(0.01)))) else {
        panic!("not asked");
    };
    // The same request waits once; another under its key is refused.
    assert_eq!(
        bench.ask("trader", place(keyed(dec!(0.01)))),
        Reply::Approval(id)
    );
    let mismatch = bench.refused("trader", place(keyed(dec!(0.02))));
    assert_eq!(mismatch.code, "IDEMPOTENCY_MISMATCH");
    // What risk refuses is not asked for.
    let large = bench.refused("trader", place(buy(dec!(1))));
    assert!(large.code.starts_with("RISK_"), "{}", large.code);
    let Reply::Order(order) = bench.ask("operator", decide(id, true)) else {
        panic!("not placed");
    };
    assert_eq!(
        bench.ask("trader", place(keyed(dec!(0.01)))),
        Reply::Order(order)
    );
    bench.venue(order, pilothouse::core::command::Report::Submitted);
    let fill = pilothouse::core::order::Fill {
        execution_id: "e1".into(),
        time: bench.now,
        price: dec!(45000),
        quantity: dec!(0.01),
        fee: dec!(1),
        liquidity: pilothouse::core::order::Liquidity::Taker,
    };
    bench.venue(order, pilothouse::core::command::Report::Filled(fill));
    let position = *bench.state.positions.open.keys().next().unwrap();
    let close = Command::Close {
        position,
        limit: None,
        reason: "done".into(),
    };
    assert!(matches!(bench.ask("trader", close), Reply::Closing(..)));
    // An exit goes on to the gate, which may refuse it, but nobody is asked.
    let exit = OrderRequest {
        reduce_only: true,
        ..OrderRequest::new(btc(), Side::Sell, Kind::Market, dec!(0.005))
    };
    let reply = bench.ask("trader", place(exit));
    assert!(!matches!(reply, Reply::Approval(_)), "{reply:?}");
    bench.pass(10);
    let reply = bench.ask("operator", place(buy(dec!(0.01))));
    assert!(matches!(reply, Reply::Order(_)), "{reply:?}");
    bench.folds_to_the_same_state();
}

#[test]
fn the_queue_of_approvals_is_bounded() {
    let mut bench = Bench::guided();
    for n in 1..=100 {
        let request = buy(dec!(0.0001) * rust_decimal::Decimal::from(n));
        let reply = bench.ask("trader", Command::Place(Box::new(request)));
        assert!(matches!(reply, Reply::Approval(_)), "{reply:?}");
    }
    let more = bench.refused("trader", Command::Place(Box::new(buy(dec!(0.02)))));
    assert_eq!(more.code, "APPROVAL_QUEUE_FULL");
    assert_eq!(more.limit.as_deref(), Some("100"));
    bench.folds_to_the_same_state();
}

#[test]
fn autonomous_entries_are_placed_unasked() {
    let mut bench = Bench::with(Settings::of(&[btc()]));
    let (events, reply) = bench.events("trader", Command::Place(Box::new(buy(dec!(0.01)))));
    assert!(matches!(reply, Reply::Order(_)), "{reply:?}");
    let asked = |e: &Event| matches!(e, Event::ApprovalAsked { .. });
    assert!(!events.iter().any(asked));
}
