//! The desk before a venue that says what it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rust_decimal_macros::dec;

use super::desk::{Desk, Moment, Rules, Wall};
use crate::core::command::{Report, Start};
use crate::core::order::{Kind, OrderRequest, Side, Status};
use crate::core::position::Amount;
use crate::core::settings::GuardSettings;
use crate::core::{Command, Context, Name, Quote, Quotes, Settings, State, Symbol, Time};
use crate::gate::{Gate, How, Press};
use crate::market::Instant;
use crate::snapshot::{Samples, build};
use crate::venue::{Amendment, Asked, Capabilities, Said, Venue, VenueError, VenueOrder};

/// What it was asked, and what it is to say.
#[derive(Default)]
struct Script {
    asked: Vec<String>,
    says: Vec<Said>,
}

struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    fn note(&self, what: String) {
        self.0.lock().unwrap().asked.push(what);
    }
}

impl Venue for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            absence_is_proof: false,
            enforces_reduce_only: false,
        }
    }
    fn place(&mut self, order: VenueOrder, _: Time) {
        self.note(format!("place {}", order.client_order_id));
    }
    fn amend(&mut self, id: &str, to: Amendment, _: Time) {
        self.note(format!("amend {id} {}", to.quantity));
    }
    fn cancel(&mut self, id: &str, _: Time) {
        self.note(format!("cancel {id}"));
    }
    fn look_up(&mut self, id: &str, _: Time) {
        self.note(format!("look up {id}"));
    }
    fn state(&mut self, _: Time) {
        self.note("state".into());
    }
    fn restore(&mut self, _: Vec<(VenueOrder, String)>) {}
    fn on_market(&mut self, _: &Instant) {}
    fn advance(&mut self, _: Time) {}
    fn wakes_at(&self) -> Option<Time> {
        None
    }
    fn said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.0.lock().unwrap().says)
    }
}

struct Bench {
    state: State,
    quotes: Quotes,
    desk: Desk,
    gate: Gate,
    script: Arc<Mutex<Script>>,
    at: Moment,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

const RULES: Rules = Rules {
    calls_per_minute: 600,
    calls_burst: 100,
    orders_per_minute: 30,
    orders_burst: 3,
    retries: 3,
    retry_delay_ms: 5_000,
    submission_deadline_ms: 5_000,
    reconcile_ms: 30_000,
    poll_ms: 5_000,
    guard: GuardSettings {
        window_s: 300,
        minimum_samples: 20,
        max_rejection_rate: dec!(0.2),
        max_p95_latency_ms: 2_000,
        clear_after_s: 60,
    },
    max_quote_age_s: 5,
};

impl Bench {
    fn new() -> Self {
        let (gate, script) = (Gate::new(0, false), Arc::default());
        let venue = Box::new(Scripted(Arc::clone(&script)));
        let at = Moment {
            now: Time(1_000_000),
            wall: Wall(1_000_000),
        };
        let mut bench = Self {
            state: State::default(),
            quotes: Quotes::default(),
            desk: Desk::new(venue, gate.clone(), RULES),
            gate,
            script,
            at,
        };
        let mut settings = Settings::of(&[btc()]);
        settings.risk.duplicate_window_s = 0;
        settings.risk.positions_per_symbol = 50;
        settings.risk.positions_total = 50;
        settings.risk.orders_per_minute = 1_000;
        settings.risk.orders_burst = 1_000;
        let start = Start {
            version: "test".into(),
            account: "scripted".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        };
        bench.ask("engine", Command::Start(Box::new(start)));
        bench.ask("engine", Command::Statement(Box::default()));
        bench
    }

    /// Decides, and carries out what was decided.
    fn ask(&mut self, actor: &str, command: Command) {
        let quote = Quote {
            last: dec!(45000),
            bid: dec!(45000),
            ask: dec!(45000),
            time: self.at.now,
            bar_ms: 0,
            traded: dec!(0),
        };
        self.quotes.set(btc(), quote);
        let context = Context {
            now: self.at.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name(actor), &command);
        let seq = self.state.seq;
        for event in &decision.events {
            self.desk.carry_out(&self.state, seq, event, self.at);
        }
        self.desk.flush(&self.state, self.at);
    }

    fn buy(&mut self) {
        let request = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.001));
        self.ask("operator", Command::Place(Box::new(request)));
    }

    fn says(&mut self, said: Said) {
        self.script.lock().unwrap().says.push(said);
        self.hear();
    }

    /// What was said is decided, until nothing new comes of it.
    fn hear(&mut self) {
        loop {
            let words = self.desk.commands(&self.state, self.at);
            if words.is_empty() {
                return;
            }
            for (_, command) in words {
                self.ask("venue", command);
            }
        }
    }

    fn pass(&mut self, ms: i64) {
        self.at.now = self.at.now + ms;
        self.at.wall = self.at.wall.plus(ms);
        self.desk.advance(&self.state, self.at);
        self.hear();
    }

    fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    fn placed(&mut self) -> Vec<String> {
        let asked = self.asked().into_iter();
        asked
            .filter_map(|a| a.strip_prefix("place ").map(str::to_owned))
            .collect()
    }

    fn failed(&mut self, id: &str, asked: Asked, error: VenueError) {
        self.says(Said::Failed {
            client_order_id: id.into(),
            asked,
            error,
        });
    }

    fn status(&self, id: &str) -> Status {
        self.state.orders.by_client_id(id).unwrap().status
    }
}

fn timed_out() -> VenueError {
    VenueError::Ambiguous("time-out".into())
}

#[test]
fn a_time_out_is_searched_for_and_never_sent_again() {
    let mut bench = Bench::new();
    bench.buy();
    let [id] = &bench.placed()[..] else { panic!() };
    let id = id.clone();
    bench.failed(&id, Asked::Place, timed_out());
    assert_eq!(bench.status(&id), Status::Unknown);
    let look = format!("look up {id}");
    let mut looks = 0;
    for _ in 0..200 {
        bench.pass(1_000);
        let asked = bench.asked();
        assert!(!asked.iter().any(|a| a.starts_with("place")));
        if asked.contains(&look) {
            looks += 1;
            bench.says(Said::NotFound(id.clone()));
        }
        if bench.status(&id) == Status::Cancelled {
            assert!(
                bench.asked().contains(&format!("cancel {id}")),
                "should it be there all the same, it goes"
            );
            assert!(looks >= 2 && bench.desk.is_quiet());
            return;
        }
    }
    panic!("it stays unknown");
}

#[test]
fn what_was_not_processed_is_sent_again_three_times_and_then_refused() {
    let mut bench = Bench::new();
    bench.buy();
    let id = bench.placed().remove(0);
    for pause in [5_000, 10_000, 20_000] {
        bench.failed(&id, Asked::Place, VenueError::Retryable("throttled".into()));
        bench.pass(pause - 1);
        assert!(bench.placed().is_empty());
        bench.pass(1);
        assert_eq!(bench.placed(), std::slice::from_ref(&id));
    }
    bench.failed(&id, Asked::Place, VenueError::Retryable("throttled".into()));
    assert_eq!(bench.status(&id), Status::Rejected);
    assert_eq!(bench.gate.open_entries().len(), 0);
}

#[test]
fn what_waits_for_its_turn_is_cancelled_without_the_venue_and_expires() {
    let mut bench = Bench::new();
    for _ in 0..5 {
        bench.buy();
    }
    assert_eq!(bench.placed().len(), 3, "a burst of three");
    let waiting: Vec<_> = bench
        .state
        .orders
        .live
        .values()
        .filter(|o| o.status == Status::Pending)
        .map(|o| (o.id, o.client_order_id.clone()))
        .collect();
    let (order, id) = waiting[3].clone();
    let reason = "by hand".to_owned();
    bench.ask("operator", Command::Cancel { order, reason });
    bench.hear();
    assert_eq!(bench.status(&id), Status::Cancelled);
    assert!(bench.asked().is_empty(), "the venue never heard of it");
    let (_, last) = &waiting[4];
    bench.at.wall = bench.at.wall.plus(5_001);
    bench.pass(2_000);
    assert!(bench.placed().is_empty());
    assert_eq!(
        bench.status(last),
        Status::Cancelled,
        "its deadline has passed"
    );
}

#[test]
fn a_closed_gate_kills_what_waits_and_cancels_do_not() {
    let mut bench = Bench::new();
    for _ in 0..4 {
        bench.buy();
    }
    let sent = bench.placed();
    bench.gate.close(Press {
        by: name("operator"),
        how: How::Key,
        reason: "test".into(),
    });
    bench.pass(2_000);
    assert!(bench.placed().is_empty(), "no permit after the close");
    let seen = bench.gate.observe();
    bench.ask(
        "gate",
        Command::GateSeen {
            epoch: seen.epoch,
            presses: seen.presses,
            notes: Vec::new(),
        },
    );
    let mut cancelled = bench.asked();
    cancelled.retain(|a| a.starts_with("cancel"));
    assert_eq!(
        cancelled.len(),
        sent.len(),
        "every cancel is written at once"
    );
    bench.pass(5_000);
    let again = bench.asked();
    assert!(
        sent.iter()
            .all(|id| again.contains(&format!("cancel {id}"))),
        "until confirmed"
    );
    for id in &sent {
        let reason = "on request".to_owned();
        bench.says(Said::Order(id.clone(), Report::Cancelled { reason }));
    }
    assert!(bench.desk.is_quiet() && bench.gate.open_entries().is_empty());
}

#[test]
fn an_order_amended_before_it_left_leaves_as_it_stands_then() {
    let mut bench = Bench::new();
    let request = OrderRequest {
        stop: Some(dec!(44000)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.01))
    };
    bench.ask("operator", Command::Place(Box::new(request)));
    let id = bench.placed().remove(0);
    bench.ask("venue", Command::Tick);
    let fill = |n: u32| {
        Report::Filled(crate::core::order::Fill {
            execution_id: n.to_string(),
            time: Time(1_000_000),
            price: dec!(45000),
            quantity: dec!(0.004),
            fee: dec!(0),
            liquidity: crate::core::order::Liquidity::Taker,
        })
    };
    bench.says(Said::Order(id.clone(), fill(1)));
    let stop = bench.placed().remove(0);
    bench.says(Said::Order(stop.clone(), Report::Submitted));
    bench.says(Said::Order(id, fill(2)));
    assert_eq!(bench.asked(), [format!("amend {stop} 0.008")]);
    bench.failed(&stop, Asked::Amend, timed_out());
    bench.pass(0);
    assert!(
        bench.asked().contains(&"state".to_owned()),
        "how it works only the venue knows"
    );
}

#[test]
fn while_the_stream_is_down_the_venue_is_asked_every_five_seconds() {
    let mut bench = Bench::new();
    bench.desk.start(&bench.state, bench.at);
    assert_eq!(bench.asked(), ["state"]);
    bench.says(Said::Down("reset by peer".into()));
    for _ in 0..3 {
        bench.pass(5_000);
        assert_eq!(bench.asked(), ["state"]);
    }
    bench.says(Said::Up);
    bench.pass(1);
    assert_eq!(bench.asked(), ["state"], "what was missed is asked for");
    bench.pass(6_000);
    assert!(bench.asked().is_empty());
}

#[test]
fn what_was_on_its_way_when_the_engine_died_is_looked_for() {
    let mut bench = Bench::new();
    bench.buy();
    let id = bench.placed().remove(0);
    // A new process has the state alone.
    let venue = Box::new(Scripted(Arc::clone(&bench.script)));
    bench.desk = Desk::new(venue, Gate::new(0, false), RULES);
    bench.desk.start(&bench.state, bench.at);
    bench.hear();
    assert_eq!(bench.status(&id), Status::Unknown);
    bench.pass(2_000);
    let asked = bench.asked();
    assert!(asked.contains(&format!("look up {id}")), "{asked:?}");
    assert!(!asked.contains(&format!("place {id}")), "never sent again");
}

#[test]
fn a_cancel_that_was_asked_for_is_sent_again_after_a_start_whatever_is_known_of_the_order() {
    let mut bench = Bench::new();
    bench.buy();
    let id = bench.placed().remove(0);
    let order = bench.state.orders.by_client_id(&id).unwrap().id;
    let reason = String::new();
    bench.ask("operator", Command::Cancel { order, reason });
    bench.asked();
    let venue = Box::new(Scripted(Arc::clone(&bench.script)));
    bench.desk = Desk::new(venue, Gate::new(0, false), RULES);
    bench.desk.start(&bench.state, bench.at);
    bench.hear();
    assert!(bench.asked().contains(&format!("cancel {id}")));
}

#[test]
fn a_read_does_not_judge_what_was_sent_after_it_was_asked_for() {
    let mut bench = Bench::new();
    bench.desk.start(&bench.state, bench.at);
    assert_eq!(bench.asked(), ["state"]);
    bench.buy();
    let id = bench.placed().remove(0);
    bench.says(Said::Order(id.clone(), Report::Submitted));
    // Long after, the answer comes: it shows what was there when it was asked for.
    bench.at.wall = bench.at.wall.plus(20_000);
    let statement = crate::core::command::Statement {
        absence_is_proof: true,
        ..Default::default()
    };
    bench.says(Said::Statement(Box::new(statement)));
    assert!(!bench.status(&id).is_terminal());
    let heard = bench.desk.statement().expect("one came");
    assert_eq!((heard.at, heard.orders), (bench.at.now, 0));
    bench.ask("operator", Command::Sync);
    bench.pass(20_000);
    let statement = crate::core::command::Statement {
        absence_is_proof: true,
        ..Default::default()
    };
    bench.says(Said::Statement(Box::new(statement)));
    assert!(bench.status(&id).is_terminal(), "the next one judges it");
    let heard = bench.desk.statement().expect("another came");
    assert_eq!((heard.at, heard.orders), (bench.at.now, 1));
}

#[test]
fn what_is_open_without_its_stop_is_an_alarm_without_an_engine_too() {
    let mut bench = Bench::new();
    let mut request = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.001));
    request.stop = Some(dec!(44000));
    bench.ask("operator", Command::Place(Box::new(request)));
    let id = bench.placed().remove(0);
    bench.says(Said::Order(id.clone(), Report::Submitted));
    let fill = crate::core::order::Fill {
        execution_id: "e1".into(),
        price: dec!(45000),
        quantity: dec!(0.001),
        fee: dec!(0),
        liquidity: crate::core::order::Liquidity::Taker,
        time: bench.at.now,
    };
    bench.says(Said::Order(id, Report::Filled(fill)));
    assert!(
        !bench.placed().is_empty(),
        "its stop was sent and is not open"
    );
    let alarms = |running| {
        let samples = Samples {
            running,
            ..Samples::default()
        };
        let alarms = build(&bench.state, &samples).alarms;
        alarms
            .iter()
            .filter(|a| a.text.contains("no working stop"))
            .count()
    };
    assert_eq!(alarms(false), 1);
    assert_eq!(alarms(true), 0, "an engine measures for how long");
}
