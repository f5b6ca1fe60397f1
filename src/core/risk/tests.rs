//! What the gate promises, rule by rule.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::*;
use crate::core::command::{Report, Start};
use crate::core::id::OrderId;
use crate::core::order::{Fill, Kind, Liquidity, Purpose, Side};
use crate::core::position::Amount;
use crate::core::slicing::{Algorithm, AlgorithmKind, Slicing};
use crate::core::trading_state::{Cause, Flattening, Given, Mode};
use crate::core::{Command, Context, Event, Name, Quote, Quotes, Reply, Settings};

struct Bench {
    state: State,
    quotes: Quotes,
    now: Time,
    fills: u32,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn btc() -> Symbol {
    symbol("BTC/USDT")
}

fn settings() -> Settings {
    let mut settings = Settings::of(&[btc(), symbol("ETH/USDT"), symbol("ETH/BTC")]);
    settings.risk.positions_per_symbol = 50;
    settings.risk.positions_total = 50;
    settings
}

/// A market buy of a size no other order of the tests has, so that none is a duplicate.
fn buy(quantity: Decimal) -> OrderRequest {
    OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity)
}

fn of(strategy: &str, request: OrderRequest) -> OrderRequest {
    OrderRequest {
        strategy: Some(name(strategy)),
        ..request
    }
}

impl Bench {
    fn with(settings: Settings) -> Self {
        let mut bench = Self {
            state: State::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            fills: 0,
        };
        bench.price("BTC/USDT", dec!(40000));
        bench.price("ETH/USDT", dec!(2000));
        bench.price("ETH/BTC", dec!(0.05));
        bench.start(settings);
        bench
    }

    fn new() -> Self {
        Self::with(settings())
    }

    fn start(&mut self, settings: Settings) {
        self.ask(Command::Start(Box::new(Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(100000)))]),
        })));
        self.ask(Command::Statement(Box::default()));
        self.ask(Command::Tick);
    }

    fn quote(&mut self, of: &str, last: Decimal, bid: Decimal, ask: Decimal) {
        let quote = Quote {
            last,
            bid,
            ask,
            time: self.now,
            bar_ms: 0,
            traded: dec!(0),
        };
        self.quotes.set(symbol(of), quote);
    }

    fn price(&mut self, of: &str, last: Decimal) {
        self.quote(of, last, last, last);
    }

    /// Time passes, and every price is fresh again.
    fn pass(&mut self, ms: i64) {
        self.now = self.now + ms;
        let quotes: Vec<_> = self.quotes.iter().copied().collect();
        for (symbol, quote) in quotes {
            let time = self.now;
            self.quotes.set(symbol, Quote { time, ..quote });
        }
        self.ask(Command::Tick);
    }

    fn decide(&mut self, command: Command) -> (Vec<Event>, Reply) {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name("operator"), &command);
        (decision.events, decision.reply)
    }

    fn ask(&mut self, command: Command) -> Reply {
        self.decide(command).1
    }

    fn place(&mut self, request: &OrderRequest) -> Result<OrderId, Refusal> {
        match self.ask(Command::Place(Box::new(request.clone()))) {
            Reply::Order(id) => Ok(id),
            Reply::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    fn code(&mut self, request: &OrderRequest) -> String {
        self.place(request)
            .map_or_else(|refusal| refusal.code, |_| "passed".into())
    }

    fn venue(&mut self, id: OrderId, report: Report) {
        let client_order_id = self.state.orders.get(id).unwrap().client_order_id.clone();
        self.ask(Command::Venue {
            client_order_id,
            report,
        });
    }

    fn fill(&mut self, id: OrderId) {
        let order = self.state.orders.get(id).unwrap().clone();
        self.fills += 1;
        let fill = Fill {
            execution_id: format!("x{}", self.fills),
            time: self.now,
            price: self.quotes.get(order.request.symbol).unwrap().last,
            quantity: order.remaining(),
            fee: dec!(0),
            liquidity: Liquidity::Taker,
        };
        self.venue(id, Report::Filled(fill));
    }

    /// A crash, and a start from what was written.
    fn reload(&mut self) {
        let bytes = minicbor::to_vec(&self.state).unwrap();
        self.state = minicbor::decode(&bytes).unwrap();
    }
}

#[test]
fn the_rules_are_looked_at_in_the_order_of_the_table() {
    let mut bench = Bench::new();
    let mut request = of("scalper", buy(dec!(0.01)));
    request.kind = Kind::Limit;
    request.price = Some(dec!(40000));
    request.stop = Some(dec!(39000));
    let (events, _) = bench.decide(Command::Place(Box::new(request)));
    let checks = events.iter().find_map(|e| match e {
        Event::RiskChecked { checks, .. } => Some(checks),
        _ => None,
    });
    let mut rules: Vec<&str> = checks.unwrap().iter().map(|c| c.rule.as_str()).collect();
    rules.dedup();
    let table = [
        "RISK_STATE",
        "RISK_DEGRADED",
        "RISK_SYMBOL_PAUSED",
        "RISK_SYMBOL",
        "RISK_SIZE",
        "RISK_PRICE",
        "RISK_STALE_PRICE",
        "RISK_PRICE_COLLAR",
        "RISK_PRICE",
        "RISK_SIZE",
        "RISK_ORDER_VALUE",
        "RISK_SPREAD",
        "RISK_ADVERSE_SELECTION",
        "RISK_SLIPPAGE",
        "RISK_ORDER_RATE",
        "RISK_COOLDOWN",
        "RISK_POSITIONS_SYMBOL",
        "RISK_POSITIONS_TOTAL",
        "RISK_LEVERAGE",
        "RISK_EXPOSURE",
        "RISK_DAILY_LOSS",
        "RISK_DUPLICATE",
        "RISK_GUARD",
        "RISK_OPPOSING_POSITION",
        "RISK_CAPITAL",
    ];
    assert_eq!(rules, table);
}

#[test]
fn entries_come_in_a_burst_and_then_at_the_even_rate_over_a_restart_too() {
    let mut bench = Bench::new();
    for n in 1..=5 {
        bench.place(&buy(Decimal::new(n, 3))).unwrap();
    }
    let refusal = bench.place(&buy(dec!(0.006))).unwrap_err();
    assert_eq!(refusal.code, "RISK_ORDER_RATE");
    assert_eq!(
        (refusal.limit.as_deref(), refusal.value.as_deref()),
        (Some("5"), Some("6"))
    );
    assert_eq!(refusal.hint, "the next may pass in 2 s");
    bench.pass(1_999);
    bench.reload();
    assert_eq!(bench.code(&buy(dec!(0.007))), "RISK_ORDER_RATE");
    bench.pass(1);
    bench.place(&buy(dec!(0.008))).unwrap();
    assert_eq!(bench.code(&buy(dec!(0.009))), "RISK_ORDER_RATE");
    // Never more than 30 a minute and the burst, whoever hammers.
    let before = bench.state.orders.approved;
    for n in 0..600 {
        bench.pass(100);
        let _ = bench.place(&buy(dec!(0.0001) + Decimal::new(n, 8)));
    }
    assert_eq!(bench.state.orders.approved - before, 30);
}

#[test]
fn a_strategys_rate_is_its_own() {
    let mut settings = settings();
    let mut narrow = Limits::from(&settings.risk);
    (narrow.orders_burst, narrow.orders_per_minute) = (1, 6);
    settings.narrower.strategy.insert(name("slow"), narrow);
    let mut bench = Bench::with(settings);
    bench.place(&of("slow", buy(dec!(0.001)))).unwrap();
    let refusal = bench.place(&of("slow", buy(dec!(0.002)))).unwrap_err();
    assert!(refusal.message.contains("strategy slow"), "{refusal}");
    bench.place(&of("fast", buy(dec!(0.003)))).unwrap();
    bench.pass(9_999);
    assert_ne!(bench.code(&of("slow", buy(dec!(0.002)))), "passed");
}

#[test]
fn a_strategy_that_is_refused_too_much_waits_and_each_time_longer() {
    let mut bench = Bench::new();
    let order = of("scalper", buy(dec!(0.01)));
    let mut waits = Vec::new();
    for _ in 0..9 {
        bench.quote("BTC/USDT", dec!(40000), dec!(39000), dec!(41000));
        assert_eq!(bench.code(&order), "RISK_SPREAD");
        // While it waits nothing trips it again.
        assert_eq!(bench.code(&order), "RISK_SPREAD");
        bench.price("BTC/USDT", dec!(40000));
        bench.reload();
        let cooldown = bench.state.risk.cooldowns[&name("scalper")];
        let wait = cooldown.until - bench.now;
        waits.push(wait / 1000);
        assert_eq!(bench.code(&order), "RISK_COOLDOWN");
        bench.pass(wait - 1);
        assert_eq!(bench.code(&order), "RISK_COOLDOWN");
        bench.pass(1);
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    bench.place(&order).unwrap();
    // Ten minutes after the last wait it begins anew.
    bench.pass(600_001);
    bench.quote("BTC/USDT", dec!(40000), dec!(39000), dec!(41000));
    assert_eq!(bench.code(&order), "RISK_SPREAD");
    assert_eq!(bench.state.risk.cooldowns[&name("scalper")].trips, 1);
    // Others, and who has no strategy, do not wait with it.
    bench.price("BTC/USDT", dec!(40000));
    bench.place(&of("other", buy(dec!(0.011)))).unwrap();
    bench.place(&buy(dec!(0.012))).unwrap();
}

#[test]
fn an_order_may_say_worse_of_the_market_than_we_see_and_never_better() {
    let mut bench = Bench::new();
    let told = |key: &str, value: &str| {
        let mut request = buy(dec!(0.01));
        request.metadata.insert(key.into(), value.into());
        request
    };
    for (key, value, code) in [
        ("spread", "0.011", "RISK_SPREAD"),
        ("adverse_selection", "0.006", "RISK_ADVERSE_SELECTION"),
        ("adverse_selection", "much", "ORDER_INVALID"),
        ("spread", "NaN", "ORDER_INVALID"),
        ("adverse_selection", "0.005", "passed"),
    ] {
        assert_eq!(bench.code(&told(key, value)), code, "{key} {value}");
    }
    // Trades at the bid are the sellers': 0.6 % under the mid price is against a buy only.
    bench.quote("BTC/USDT", dec!(39760), dec!(39950), dec!(40050));
    let better = told("adverse_selection", "0");
    assert_eq!(bench.code(&better), "RISK_ADVERSE_SELECTION");
    let sell = OrderRequest {
        symbol: btc(),
        side: Side::Sell,
        ..buy(dec!(0.013))
    };
    let quote = bench.quotes.get(btc()).copied();
    let prices = |s| bench.quotes.get(s).map(|q| q.last);
    let verdict = entry(&bench.state, bench.now, &sell, quote, None, prices);
    let selection = verdict
        .checks
        .iter()
        .find(|c| c.rule.as_str() == "RISK_ADVERSE_SELECTION");
    assert!(selection.unwrap().passed);
}

#[test]
fn what_is_quoted_in_another_currency_is_limited_in_dollars() {
    let mut settings = settings();
    // The venue's own minimum is in the quote currency.
    settings.execution.minimum_value = dec!(0.00001);
    let mut bench = Bench::with(settings);
    let eth = |quantity| OrderRequest {
        symbol: symbol("ETH/BTC"),
        ..buy(quantity)
    };
    // 1.3 ETH at 0.05 BTC at 40,000: 2,600 USD, though only 0.065 of its quote currency.
    let refusal = bench.place(&eth(dec!(1.3))).unwrap_err();
    assert_eq!(refusal.code, "RISK_ORDER_VALUE");
    assert_eq!(refusal.value.as_deref(), Some("2600"));
    for n in 0..4 {
        bench.pass(3_000);
        let id = bench.place(&eth(dec!(0.95) - Decimal::new(n, 3))).unwrap();
        bench.fill(id);
    }
    let used = exposure(&bench.state, Level::Organisation, |s| {
        bench.quotes.get(s).map(|q| q.last)
    });
    assert_eq!(used.normalize(), dec!(7588));
    bench.pass(3_000);
    assert_eq!(bench.code(&eth(dec!(0.25))), "RISK_EXPOSURE");
    let bound: Decimal = bench.state.ledger.live().map(|row| row.amount).sum();
    assert_eq!(bound.normalize(), dec!(7588));
    // Without the price of its quote currency nobody can say what it is worth.
    let mut quotes = Quotes::default();
    let quote = *bench.quotes.get(symbol("ETH/BTC")).unwrap();
    quotes.set(symbol("ETH/BTC"), quote);
    bench.quotes = quotes;
    assert_eq!(bench.code(&eth(dec!(0.01))), "RISK_STALE_PRICE");
}

fn losing() -> (Bench, Settings) {
    let mut settings = settings();
    let mut narrow = Limits::from(&settings.risk);
    narrow.daily_loss_usd = dec!(20);
    settings.narrower.strategy.insert(name("loser"), narrow);
    (Bench::with(settings.clone()), settings)
}

#[test]
fn a_strategy_that_loses_its_day_halts_until_the_next() {
    let (mut bench, _) = losing();
    let id = bench.place(&of("loser", buy(dec!(0.05)))).unwrap();
    bench.fill(id);
    bench.price("BTC/USDT", dec!(39610));
    bench.ask(Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Running, "19.50 of 20 are lost");
    bench.price("BTC/USDT", dec!(39600));
    bench.ask(Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Halted);
    assert!(
        bench
            .state
            .trading
            .causes
            .contains_key(&Cause::StrategyLoss)
    );
    // What was lost stays lost that day, whatever the price does, and nobody resumes over it.
    bench.price("BTC/USDT", dec!(40000));
    let (symbol, reason) = (None, "looked at it".to_owned());
    bench.ask(Command::Resume { symbol, reason });
    assert_eq!(bench.state.mode(), Mode::Halted, "the cause lasts");
    bench.reload();
    bench.pass(3_000);
    let refusal = bench.place(&of("loser", buy(dec!(0.001)))).unwrap_err();
    assert_eq!(refusal.code, "RISK_STATE");
    let over = bench.state.next_due().unwrap();
    assert!(over.day() <= bench.now.day() + 1);
    bench.pass(86_400_000);
    assert!(bench.state.risk.lost.is_empty());
    bench.place(&of("loser", buy(dec!(0.001)))).unwrap();
    // The new day counts from its own beginning.
    bench.price("BTC/USDT", dec!(39700));
    bench.ask(Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Running);
}

#[test]
fn the_halt_of_a_lost_day_lifts_itself_with_the_day_or_a_higher_limit() {
    let (mut bench, mut settings) = losing();
    let id = bench.place(&of("loser", buy(dec!(0.05)))).unwrap();
    bench.fill(id);
    bench.price("BTC/USDT", dec!(39600));
    bench.ask(Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Halted);
    bench.start(settings.clone());
    assert_eq!(bench.state.mode(), Mode::Halted, "the same limit");
    let narrow = settings.narrower.strategy.get_mut(&name("loser")).unwrap();
    narrow.daily_loss_usd = dec!(25);
    bench.start(settings);
    assert_eq!(bench.state.mode(), Mode::Running);
    bench.price("BTC/USDT", dec!(39490));
    bench.ask(Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Halted, "25.50 are beyond it too");
    bench.pass(86_400_000);
    assert_eq!(bench.state.mode(), Mode::Running);
}

#[test]
fn what_was_realised_counts_in_the_day_and_so_do_fees() {
    let (mut bench, _) = losing();
    let id = bench.place(&of("loser", buy(dec!(0.05)))).unwrap();
    bench.fill(id);
    bench.price("BTC/USDT", dec!(39700));
    let exit = OrderRequest {
        side: Side::Sell,
        ..of("loser", buy(dec!(0.05)))
    };
    let exit = bench.place(&exit).unwrap();
    bench.fill(exit);
    assert!(bench.state.positions.open.is_empty());
    let lost = |bench: &Bench| {
        let prices = |s| bench.quotes.get(s).map(|q| q.last);
        bench
            .state
            .day_loss(Level::Strategy(name("loser")), &prices)
    };
    assert_eq!(lost(&bench), Some(dec!(15)));
    bench.pass(3_000);
    let id = bench.place(&of("loser", buy(dec!(0.05)))).unwrap();
    bench.fill(id);
    bench.price("BTC/USDT", dec!(39600));
    assert_eq!(lost(&bench), Some(dec!(20)));
    bench.ask(Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Halted);
}

#[test]
fn an_instrument_that_lost_its_day_is_entered_no_more_and_the_others_are() {
    let mut settings = settings();
    let mut narrow = Limits::from(&settings.risk);
    narrow.daily_loss_usd = dec!(10);
    settings.narrower.instrument.insert(btc(), narrow);
    let mut bench = Bench::with(settings);
    let id = bench.place(&buy(dec!(0.05))).unwrap();
    bench.fill(id);
    bench.price("BTC/USDT", dec!(39800));
    bench.pass(3_000);
    assert_eq!(bench.code(&buy(dec!(0.01))), "RISK_DAILY_LOSS");
    assert_eq!(bench.state.mode(), Mode::Running);
    let eth = OrderRequest {
        symbol: symbol("ETH/USDT"),
        ..buy(dec!(0.1))
    };
    bench.place(&eth).unwrap();
}

#[test]
fn a_breach_of_the_guard_keeps_entries_back_and_no_exit() {
    let mut bench = Bench::new();
    let id = bench.place(&buy(dec!(0.01))).unwrap();
    bench.fill(id);
    let venue = name("paper");
    let breach = Some("p95 latency 2500 ms, at most 2000 ms".to_owned());
    bench.ask(Command::Guard { venue, breach });
    bench.reload();
    bench.pass(3_000);
    let refusal = bench.place(&buy(dec!(0.02))).unwrap_err();
    assert_eq!(refusal.code, "RISK_GUARD");
    assert!(refusal.value.unwrap().starts_with("p95 latency 2500 ms"));
    let exit = OrderRequest {
        side: Side::Sell,
        ..buy(dec!(0.004))
    };
    let exit = bench.place(&exit).unwrap();
    let purpose = bench.state.orders.get(exit).unwrap().purpose;
    assert_eq!(purpose, Purpose::Exit);
    let breach = None;
    bench.ask(Command::Guard { venue, breach });
    bench.place(&buy(dec!(0.02))).unwrap();
}

#[test]
fn three_execution_errors_in_a_row_pause_the_symbol_and_one_success_forgives() {
    let mut bench = Bench::new();
    let mut size = dec!(0.001);
    let mut fail = |bench: &mut Bench, report: Report| {
        bench.pass(3_000);
        size += dec!(0.001);
        let id = bench.place(&buy(size)).unwrap();
        bench.venue(id, Report::Submitted);
        bench.venue(id, report);
        id
    };
    let rejected = || Report::Rejected {
        reason: "no".into(),
    };
    fail(&mut bench, rejected());
    fail(&mut bench, rejected());
    let well = Report::Accepted {
        venue_id: "v".into(),
    };
    fail(&mut bench, well);
    fail(&mut bench, rejected());
    // An order nobody knows of counts once, however it ends.
    let reason = "time-out".to_owned();
    let lost = fail(&mut bench, Report::Unknown { reason });
    bench.venue(lost, rejected());
    assert!(bench.state.trading.paused_symbols.is_empty());
    fail(&mut bench, rejected());
    let pause = &bench.state.trading.paused_symbols[&btc()];
    assert_eq!(pause.by, name("risk"));
    assert_eq!(pause.reason, "3 execution errors in a row");
    assert_eq!(bench.code(&buy(dec!(0.02))), "RISK_SYMBOL_PAUSED");
    // A resume begins the row anew.
    let (symbol, reason) = (Some(btc()), String::new());
    bench.ask(Command::Resume { symbol, reason });
    fail(&mut bench, rejected());
    assert!(bench.state.trading.paused_symbols.is_empty());
}

#[test]
fn a_refusal_is_counted_once_and_the_last_of_each_rule_is_kept() {
    let mut bench = Bench::new();
    let mut large = of("scalper", buy(dec!(0.07)));
    large.request_id = Some("r-1".into());
    bench.place(&large).unwrap_err();
    bench.pass(1_000);
    bench.place(&large).unwrap_err();
    assert_eq!(
        bench.state.statistics.trades_rejected["RISK_ORDER_VALUE"],
        2
    );
    bench.reload();
    let code = Code::new("RISK_ORDER_VALUE").unwrap();
    let last = &bench.state.risk.last_refusals[&code];
    assert_eq!(last.time, bench.now);
    assert_eq!((last.symbol, last.strategy), (Some(btc()), large.strategy));
    assert_eq!(last.request_id.as_deref(), Some("r-1"));
    assert_eq!(last.limit, Measure::from(dec!(2500)));
    assert_eq!(last.value, Measure::from(dec!(2800)));
    // What is refused without a look at the market is kept too.
    let mut exit = buy(dec!(0.001));
    exit.reduce_only = true;
    bench.place(&exit).unwrap_err();
    let size = Code::new("RISK_SIZE").unwrap();
    assert_eq!(bench.state.risk.last_refusals[&size].symbol, None);
}

#[test]
fn while_everything_is_being_closed_nothing_is_entered() {
    let mut bench = Bench::new();
    bench.state.trading.flattening = Some(Flattening {
        given: Given {
            by: name("operator"),
            reason: String::new(),
            at: bench.now,
        },
        positions: Vec::new(),
    });
    let refusal = bench.place(&buy(dec!(0.01))).unwrap_err();
    assert_eq!(refusal.code, "RISK_STATE");
    assert_eq!(refusal.value.as_deref(), Some("flattening"));
}

#[test]
fn parts_of_a_sliced_order_pass_the_gate_and_count_as_their_order_does() {
    let mut settings = settings();
    settings.risk.max_exposure_usd = dec!(2100);
    (settings.risk.positions_total, settings.risk.orders_burst) = (1, 4);
    let mut bench = Bench::with(settings);
    let id = bench.place(&buy(dec!(0.05))).unwrap();
    // The same order, as one that is sent in slices.
    let plan = Algorithm {
        kind: AlgorithmKind::Twap,
        duration_s: 60,
        participation: None,
        display: None,
        slices: None,
        profile: Vec::new(),
    };
    let slicing = Slicing::begun(&buy(dec!(0.05)), &plan, bench.now, dec!(40000), dec!(0));
    let slicing = Box::new(slicing);
    let moved = Event::SlicingMoved { id, slicing };
    bench.state.evolve(bench.now, &moved);
    bench.state.orders.recent.clear();
    let request = buy(dec!(0.01));
    for n in 0..4 {
        let parent = bench.state.orders.get(id).unwrap().clone();
        let quote = bench.quotes.get(btc()).copied();
        let prices = |s| bench.quotes.get(s).map(|q| q.last);
        let (state, now) = (&bench.state, bench.now);
        let verdict = child(state, now, &parent, &request, quote, None, prices);
        let code = verdict.refusal.map(|r| r.code);
        if n == 3 {
            assert_eq!(code.as_deref(), Some("RISK_ORDER_RATE"), "they count too");
            break;
        }
        assert_eq!(code, None);
        let own = entry(state, now, &request, quote, None, prices);
        let own = own.refusal.map(|r| r.code);
        assert_eq!(own.as_deref(), Some("RISK_POSITIONS_TOTAL"));
        let mut order = parent;
        order.id = OrderId(bench.state.last_id + 1);
        (order.parent, order.slicing) = (Some(id), None);
        (order.quantity, order.request) = (dec!(0.01), request.clone());
        let order = Box::new(order);
        bench
            .state
            .evolve(bench.now, &Event::OrderApproved { order });
        let prices = |s| bench.quotes.get(s).map(|q| q.last);
        let used = exposure(&bench.state, Level::Organisation, prices);
        assert_eq!(used.normalize(), dec!(2000), "the parent alone");
    }
}
