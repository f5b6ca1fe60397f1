//! What a backtest promises, on bars small enough to reckon by hand.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::*;
use crate::core::order::Side;
use crate::core::{Settings, Symbol, Time};
use crate::market::Tapes;
use crate::strategies::{Bar, Standing, Strategy, Wish, named};
use crate::venue::paper::PaperSettings;

/// Does what its list says at each bar.
struct Scripted(Vec<Option<Wish>>, usize);

impl Strategy for Scripted {
    fn on_bar(&mut self, _: &Bar, standing: Standing) -> Option<Wish> {
        let wish = self.0.get(self.1).copied().flatten();
        self.1 += 1;
        wish.filter(|w| w.side == Side::Sell || standing == Standing::Flat)
    }

    fn features(&self) -> Vec<f64> {
        Vec::new()
    }
}

const BUY: Wish = Wish {
    side: Side::Buy,
    quantity: Decimal::ONE,
    limit: None,
    stop: None,
    target: None,
};

/// A rule for each symbol.
type Make = fn() -> Box<dyn Strategy>;

macro_rules! scripted {
    ($name:ident, $script:expr) => {
        const $name: Make = || Box::new(Scripted($script, 0));
    };
}

/// Sees every trade and every worth.
#[derive(Default)]
struct Noted {
    trades: Vec<Trade>,
    worth: Vec<(Time, Decimal)>,
}

impl Watch for Noted {
    fn trade(&mut self, trade: &Trade) {
        self.trades.push(trade.clone());
    }

    fn worth(&mut self, at: Time, equity: Equity) {
        self.worth.push((at, equity.decimal()));
    }
}

fn free() -> PaperSettings {
    PaperSettings {
        maker_fee: Decimal::ZERO,
        taker_fee: Decimal::ZERO,
        slippage: Decimal::ZERO,
        spread: Decimal::ZERO,
        latency_ms: 0,
        participation: Decimal::ONE,
        ..PaperSettings::default()
    }
}

fn file(dir: &Path, rows: &[&str]) -> PathBuf {
    let path = dir.join("data.csv");
    let rows: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(n, row)| match row.split_once(';') {
            Some((ms, rest)) => {
                format!("{},{rest}", 1_704_067_200_000 + ms.parse::<i64>().unwrap())
            }
            None => format!("{},{row}", 1_704_067_200_000 + n as i64 * 60_000),
        })
        .collect();
    std::fs::write(&path, rows.join("\n")).unwrap();
    path
}

fn plan(rows: &[&str], fill: FillAt) -> Plan {
    let dir = tempfile::tempdir().unwrap();
    let tapes = Tapes::open(&[file(dir.path(), rows)], None).unwrap();
    let symbols: Vec<Symbol> = tapes.tapes.iter().map(|t| t.symbol).collect();
    Plan {
        tapes: tapes.tapes,
        data_hash: tapes.hash,
        strategy: named("ema_cross").unwrap().with(&[]).unwrap(),
        cash: dec!(1000),
        fill,
        paper: free(),
        settings: wide_open(&symbols),
    }
}

fn noted(plan: &Plan, make: Make) -> (Outcome, Noted) {
    let mut noted = Noted::default();
    (run_rule(plan, &make, &mut noted).unwrap(), noted)
}

fn minute(n: i64) -> Time {
    Time(1_704_067_200_000 + n * 60_000)
}

scripted!(
    BUY_THEN_SELL,
    vec![
        Some(BUY),
        None,
        Some(Wish {
            side: Side::Sell,
            ..BUY
        }),
    ]
);
scripted!(
    BUY_PROTECTED,
    vec![Some(Wish {
        stop: Some(dec!(90)),
        target: Some(dec!(120)),
        ..BUY
    })]
);
scripted!(
    BUY_PROTECTED_THEN_SELL,
    vec![
        Some(Wish {
            stop: Some(dec!(90)),
            target: Some(dec!(120)),
            ..BUY
        }),
        None,
        Some(Wish {
            side: Side::Sell,
            ..BUY
        }),
    ]
);
scripted!(
    BUY_AT_LIMIT,
    vec![Some(Wish {
        limit: Some(dec!(95)),
        ..BUY
    })]
);

const QUIET: &str = "100,100,100,100,5";

#[test]
fn a_market_order_fills_at_its_close_or_at_the_next_open() {
    let rows = [
        "100,101,99,100,5",
        "102,103,101,102.5,5",
        "104,105,103,104.5,5",
        "106,107,105,106,5",
        QUIET,
    ];
    let (outcome, seen) = noted(&plan(&rows, FillAt::Close), BUY_THEN_SELL);
    let trade = &seen.trades[0];
    assert_eq!(
        (trade.entry_price, trade.exit_price),
        (dec!(100), Some(dec!(104.5)))
    );
    assert_eq!(
        (trade.entry_time, trade.exit_time),
        (minute(1), Some(minute(3)))
    );
    assert_eq!((outcome.equity, trade.pnl), (dec!(1004.5), dec!(4.5)));
    let part = &outcome.parts[0];
    assert_eq!((part.bars, part.exposed, part.fills), (5, 2, 2));
    let worth: Vec<_> = seen.worth.iter().map(|(_, worth)| *worth).collect();
    assert_eq!(
        worth,
        [
            dec!(1000),
            dec!(1002.5),
            dec!(1004.5),
            dec!(1004.5),
            dec!(1004.5)
        ]
    );

    let (outcome, seen) = noted(&plan(&rows, FillAt::NextOpen), BUY_THEN_SELL);
    let trade = &seen.trades[0];
    assert_eq!(
        (trade.entry_price, trade.exit_price),
        (dec!(102), Some(dec!(106)))
    );
    assert_eq!(
        (trade.entry_time, trade.exit_time),
        (minute(1), Some(minute(3)))
    );
    assert_eq!(outcome.equity, dec!(1004));
    assert_eq!(outcome.parts[0].exposed, 2);
}

#[test]
fn within_a_bar_the_nearer_of_high_and_low_comes_first() {
    // The low of 85 is nearer to the open than the high of 125: the stop is met before the target.
    let (outcome, seen) = noted(
        &plan(&[QUIET, "100,125,85,110,5", QUIET], FillAt::Close),
        BUY_PROTECTED,
    );
    assert_eq!(seen.trades[0].exit_price, Some(dec!(90)));
    assert_eq!(outcome.equity, dec!(990));
    // The high of 121 is nearer than the low of 70.
    let (outcome, seen) = noted(
        &plan(&[QUIET, "100,121,70,75,5", QUIET], FillAt::Close),
        BUY_PROTECTED,
    );
    assert_eq!(seen.trades[0].exit_price, Some(dec!(120)));
    assert_eq!((outcome.equity, seen.trades.len()), (dec!(1020), 1));
    // A bar that opens under the stop fills there: the market was never at 90.
    let (_, seen) = noted(
        &plan(&[QUIET, "80,85,79,84,5", QUIET], FillAt::Close),
        BUY_PROTECTED,
    );
    assert_eq!(seen.trades[0].exit_price, Some(dec!(80)));
}

#[test]
fn a_strategy_may_leave_a_position_that_its_stop_protects() {
    for (fill, price) in [(FillAt::Close, dec!(101)), (FillAt::NextOpen, dec!(103))] {
        let rows = [
            QUIET,
            QUIET,
            "100,101,100,101,5",
            "103,103,103,103,5",
            "70,70,70,70,5",
            QUIET,
        ];
        let (outcome, seen) = noted(&plan(&rows, fill), BUY_PROTECTED_THEN_SELL);
        assert_eq!(seen.trades.len(), 1);
        assert_eq!(seen.trades[0].exit_price, Some(price), "{fill:?}");
        assert_eq!(outcome.equity, dec!(900) + price);
    }
}

#[test]
fn a_limit_waits_for_its_price() {
    let rows = [QUIET, "100,100,96,97,5", "97,99,94,98,5", QUIET];
    let (outcome, seen) = noted(&plan(&rows, FillAt::Close), BUY_AT_LIMIT);
    let trade = &seen.trades[0];
    assert_eq!((trade.entry_price, trade.entry_time), (dec!(95), minute(3)));
    assert_eq!(
        (trade.exit_time, trade.pnl),
        (None, dec!(5)),
        "open at the end"
    );
    assert_eq!(outcome.equity, dec!(1005));
    assert_eq!(outcome.parts[0].equity, dec!(1005));
}

#[test]
fn nothing_is_decided_on_the_last_bar() {
    let (outcome, seen) = noted(&plan(&[QUIET], FillAt::Close), BUY_THEN_SELL);
    assert_eq!((outcome.parts[0].fills, seen.trades.len()), (0, 0));
}

#[test]
fn trades_make_minutes_and_a_market_order_fills_at_the_next_trade() {
    let rows = [
        "0;100,1",
        "20000;104,1",
        "59000;102,1",
        "61000;103,2",
        "130000;110,1",
        "200000;120,1",
    ];
    let (outcome, seen) = noted(&plan(&rows, FillAt::Close), BUY_THEN_SELL);
    assert_eq!(outcome.parts[0].bars, 4);
    let last = seen.worth.last().map(|(at, _)| *at);
    assert_eq!((Some(outcome.to), last), (last, Some(minute(4))));
    let trade = &seen.trades[0];
    assert_eq!(
        (trade.entry_price, trade.entry_time),
        (dec!(102), minute(1))
    );
    assert_eq!(trade.exit_price, Some(dec!(110)));
    let (_, seen) = noted(&plan(&rows, FillAt::NextOpen), BUY_THEN_SELL);
    let trade = &seen.trades[0];
    assert_eq!(
        (trade.entry_price, trade.exit_price),
        (dec!(103), Some(dec!(120)))
    );
}

#[test]
fn a_share_of_the_volume_fills_over_several_bars() {
    let rows = [QUIET, QUIET, QUIET, QUIET, QUIET, QUIET];
    let mut plan = plan(&rows, FillAt::Close);
    plan.paper.participation = dec!(0.1);
    let (outcome, seen) = noted(&plan, BUY_THEN_SELL);
    assert!(outcome.parts[0].fills >= 2, "{outcome:?}");
    assert!(seen.trades.iter().all(|t| t.quantity == dec!(1)));
}

#[test]
fn a_tick_that_is_left_out_would_have_decided_nothing() {
    // Falling by one a bar: the loss of the day and the drawdown are met on the way.
    let rows: Vec<String> = (0..300)
        .map(|n| {
            let price = 1000 - n;
            format!("{price},{price},{price},{price},5")
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let tight: [fn(&mut Settings); 4] = [
        |_| {},
        |s| {
            s.risk.daily_loss_usd = dec!(50);
            s.resources.pool_mark_s = 60;
        },
        |s| {
            s.risk.max_drawdown = dec!(0.1);
            s.resources.pool_mark_s = 3600;
        },
        |s| s.execution.position_snapshot_s = 300,
    ];
    let mut records = Vec::new();
    for tighten in tight {
        let mut plan = plan(&rows, FillAt::Close);
        tighten(&mut plan.settings);
        let sparing = run_rule(&plan, &BUY_THEN_SELL_LATE, &mut Quiet).unwrap();
        let eager = super::run::eagerly(&plan, &BUY_THEN_SELL_LATE, &mut Quiet).unwrap();
        assert_eq!(sparing, eager);
        records.push(sparing.records);
    }
    assert!(records[1..].iter().all(|r| *r > records[0]), "{records:?}");
}

scripted!(BUY_THEN_SELL_LATE, {
    let mut script = vec![Some(BUY)];
    script.resize(280, None);
    script.push(Some(Wish {
        side: Side::Sell,
        ..BUY
    }));
    script
});

#[test]
fn an_onlooker_ends_it() {
    struct Gone(Report);
    impl Watch for Gone {
        fn worth(&mut self, at: Time, equity: Equity) {
            self.0.worth(at, equity);
        }

        fn goes_on(&mut self, _: u64, _: u64) -> bool {
            false
        }
    }
    let rows = vec![QUIET; 5_000];
    let plan = plan(&rows, FillAt::Close);
    let dir = tempfile::tempdir().unwrap();
    let left = || std::fs::read_dir(dir.path()).unwrap().count();
    let mut gone = Gone(Report::create(dir.path()).unwrap());
    let ended = run_rule(&plan, &BUY_THEN_SELL, &mut gone);
    assert!(matches!(ended, Err(BacktestError::Interrupted)));
    assert_eq!(left(), 2, "rows were written");
    drop(gone);
    assert_eq!(left(), 0, "nothing is left half written");
}

#[test]
fn a_market_order_loses_half_the_spread_wherever_it_fills() {
    let rows = [QUIET; 6];
    for (fill, participation) in [
        (FillAt::Close, dec!(1)),
        (FillAt::NextOpen, dec!(1)),
        (FillAt::Close, dec!(0.1)),
    ] {
        let mut plan = plan(&rows, fill);
        plan.paper.spread = dec!(0.02);
        plan.paper.slippage = dec!(0.005);
        plan.paper.participation = participation;
        let (_, seen) = noted(&plan, BUY_THEN_SELL_LAST);
        let trade = &seen.trades[0];
        let prices = (trade.entry_price, trade.exit_price);
        assert_eq!(prices, (dec!(101.5), Some(dec!(98.5))), "{participation}");
    }
}

scripted!(
    BUY_THEN_SELL_LAST,
    vec![
        Some(BUY),
        None,
        None,
        Some(Wish {
            side: Side::Sell,
            ..BUY
        }),
    ]
);

#[test]
fn what_is_paid_in_different_currencies_is_not_added() {
    let mut one = plan(&[QUIET], FillAt::Close);
    for (others, refused) in [
        (&["BTC/USD", "ETH/USD"][..], false),
        (&["BTC/USD", "ETH/EUR"], true),
        (&["BTC/USD", "ETH/BTC"], true),
    ] {
        let tape = |symbol: &&str| {
            let dir = tempfile::tempdir().unwrap();
            let symbol = symbol.parse().unwrap();
            let read = Tapes::open(&[file(dir.path(), &[QUIET])], Some(symbol));
            read.unwrap().tapes.remove(0)
        };
        one.tapes = others.iter().map(tape).collect();
        let symbols: Vec<_> = one.tapes.iter().map(|t| t.symbol).collect();
        one.settings = wide_open(&symbols);
        let ended = run_rule(&one, &BUY_THEN_SELL, &mut Quiet);
        assert_eq!(
            matches!(ended, Err(BacktestError::Currencies { .. })),
            refused,
            "{ended:?}"
        );
    }
}

#[test]
fn the_ratios_are_those_of_the_reference() {
    let root = std::env::var_os("PILOTHOUSE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let curve = root.join("reference/equity_XBTUSD_2019_2022.csv");
    let required = std::env::var("PILOTHOUSE_REQUIRE").is_ok_and(|list| list.contains("data"));
    let Ok(curve) = std::fs::read_to_string(&curve) else {
        assert!(!required, "required data is absent: {}", curve.display());
        return println!("skipped: no data at {}", curve.display());
    };
    let known = std::fs::read_to_string(root.join("reference/metrics_XBTUSD_2019_2022.json"));
    let known: serde_json::Value = serde_json::from_str(&known.unwrap()).unwrap();
    let known = |name: &str| known["metrics"][name].as_f64().unwrap();
    let mut days = curve.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split(',').collect();
        let day: chrono::NaiveDate = cells[0].parse().unwrap();
        let at = day
            .and_hms_opt(12, 0, 0)
            .unwrap()
            .and_utc()
            .timestamp_millis();
        (Time(at), cells[1].parse::<Decimal>().unwrap())
    });
    let mut daily = Daily::new(days.next().unwrap().1);
    for (at, equity) in days {
        // The day's last bar counts, not the one before it.
        daily.close(at + -3_600_000, dec!(1).into());
        daily.close(at, equity.into());
    }
    let found = daily.metrics();
    for (found, name) in [(found.sharpe, "sharpe"), (found.sortino, "sortino")] {
        assert!(
            (found.unwrap() - known(name)).abs() < 1e-9,
            "{name}: {found:?}"
        );
    }
    assert!((found.max_drawdown + known("max_drawdown")).abs() < 1e-9);
}

#[test]
fn a_day_ends_with_the_bar_that_closes_at_midnight() {
    let day = 86_400_000;
    let mut daily = Daily::new(dec!(100));
    for (at, equity) in [
        (day - 60_000, dec!(1)),
        (day, dec!(110)),
        (day + 60_000, dec!(1)),
        (2 * day, dec!(99)),
    ] {
        daily.close(Time(at), equity.into());
    }
    let metrics = daily.metrics();
    // +10 % and −10 %: mean 0.
    assert!(metrics.sharpe.unwrap().abs() < 1e-9);
    assert!((metrics.max_drawdown - 0.1).abs() < 1e-12);
    let mut one = Daily::new(dec!(100));
    one.close(Time(day), dec!(120).into());
    assert_eq!(one.metrics().sharpe, None, "one day says nothing");
}
