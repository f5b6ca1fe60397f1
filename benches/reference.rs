//! The reference backtest's rule through the real core: EMA(10) and EMA(30) of the closes, seeded
//! with the first; from the 30th bar on flat and fast > slow buys 1 at this close, long and
//! fast ≤ slow sells it; none on the last bar; 0.26 % fee. Every engine that is right reports
//! 18,709 fills and 8,505,675.25 for 500,000 bars of seed 42.
//!
//! `cargo bench --bench reference -- BARS.csv`

use std::collections::BTreeMap;
use std::time::Instant;

use pilothouse::core::command::{Report, Start};
use pilothouse::core::order::{Fill, Kind, Liquidity, OrderRequest, Side};
use pilothouse::core::position::Amount;
use pilothouse::core::{
    Command, Context, Name, Quote, Quotes, RecordBody, Reply, Settings, State, Symbol,
};
use pilothouse::market::{Feed, Item, RecordedFeed};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

struct Run {
    state: State,
    quotes: Quotes,
    now: pilothouse::core::Time,
    bytes: Vec<u8>,
    written: u64,
}

impl Run {
    fn ask(&mut self, actor: Name, command: Command) -> Reply {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, actor, &command);
        if !decision.events.is_empty() {
            self.bytes.clear();
            RecordBody {
                actor,
                cause: 0,
                command,
                quotes: decision.looked,
                events: decision.events,
            }
            .encode_into(&mut self.bytes);
            self.written += self.bytes.len() as u64;
        }
        decision.reply
    }
}

fn settings(symbol: Symbol) -> Settings {
    let wide = dec!(1000000000);
    let mut settings = Settings::of(&[symbol]);
    settings.schedules.clear();
    let risk = &mut settings.risk;
    risk.max_order_value_usd = wide;
    risk.max_exposure_usd = wide;
    risk.daily_loss_usd = wide;
    risk.max_drawdown = dec!(1);
    risk.orders_per_minute = u32::MAX;
    risk.orders_burst = u32::MAX;
    risk.max_stops_in_row = u32::MAX;
    risk.duplicate_window_s = 0;
    risk.max_quote_age_s = u32::MAX;
    settings.execution.expected_slippage = Decimal::ZERO;
    settings
}

fn main() {
    let Some(path) = std::env::args().skip(1).find(|a| !a.starts_with('-')) else {
        println!("reference: skipped, no file of bars was named");
        return;
    };
    let name = |n: &str| n.parse::<Name>().expect("a name");
    let read = Instant::now();
    let mut feed = RecordedFeed::open(path.as_ref(), None).expect("bars");
    let read = read.elapsed();
    let symbol = feed.info().symbols[0];
    let bars = feed.info().rows;
    let mut run = Run {
        state: State::default(),
        quotes: Quotes::default(),
        now: feed.info().first.expect("bars"),
        bytes: Vec::new(),
        written: 0,
    };
    let cash = BTreeMap::from([(symbol.quote().to_owned(), Amount(dec!(10000000)))]);
    run.ask(
        name("engine"),
        Command::Start(Box::new(Start {
            version: "bench".into(),
            account: "paper".into(),
            feed: "reference".into(),
            feed_hash: String::new(),
            settings: settings(symbol),
            balances: cash,
        })),
    );
    run.ask(name("engine"), Command::Statement(Box::default()));
    let (strategy, venue, clock) = (name("ema_cross"), name("venue"), name("clock"));
    let (mut fast, mut slow, mut n, mut executions) = (0.0, 0.0, 0u64, 0u64);
    let began = Instant::now();
    while let Some(instant) = feed.next() {
        for item in &instant.items {
            let Item::Bar { candle, .. } = item else {
                continue;
            };
            run.now = instant.time;
            let close = candle.close;
            run.quotes.set(
                symbol,
                Quote {
                    last: close,
                    bid: close,
                    ask: close,
                    time: run.now,
                    bar_ms: 60_000,
                    traded: rust_decimal::Decimal::ZERO,
                },
            );
            run.ask(clock, Command::Tick);
            n += 1;
            let c = f64::try_from(close).expect("a price");
            if n == 1 {
                (fast, slow) = (c, c);
            } else {
                fast += (c - fast) * 2.0 / 11.0;
                slow += (c - slow) * 2.0 / 31.0;
            }
            let long = !run.state.positions.open.is_empty();
            if n < 30 || n == bars || long == (fast > slow) {
                continue;
            }
            let side = if long { Side::Sell } else { Side::Buy };
            let request = OrderRequest::new(symbol, side, Kind::Market, Decimal::ONE);
            let Reply::Order(id) = run.ask(strategy, Command::Place(Box::new(request))) else {
                panic!("refused at bar {n}");
            };
            executions += 1;
            let report = Report::Filled(Fill {
                execution_id: executions.to_string(),
                time: run.now,
                price: close,
                quantity: Decimal::ONE,
                fee: close * dec!(0.0026),
                liquidity: Liquidity::Taker,
            });
            let client_order_id = format!("ph-{}", id.0);
            run.ask(
                venue,
                Command::Venue {
                    client_order_id,
                    report,
                },
            );
        }
    }
    let took = began.elapsed().as_secs_f64();
    let equity = run
        .state
        .account
        .worth(&run.quotes, &[symbol])
        .expect("priced");
    println!("bars {bars}, read in {:.0} ms", read.as_secs_f64() * 1e3);
    println!(
        "fills {}, equity {}",
        run.state.statistics.fills,
        equity.round_dp(2)
    );
    println!(
        "{:.0} bars/s through risk, order, fill, position and encoding ({:.2} s, {} bytes of records)",
        bars as f64 / took,
        took,
        run.written
    );
}
