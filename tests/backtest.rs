//! Backtests, against a plain computation of the same rule, and as scripts meet them.

#[path = "support/bars.rs"]
mod bars;
#[path = "support/program.rs"]
mod program;

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bars::{generate, plain};
use pilothouse::backtest::{FillAt, Plan, Quiet, run, wide_open};
use pilothouse::market::Tapes;
use pilothouse::strategies::named;
use pilothouse::venue::paper::PaperSettings;
use program::{Home, Running, Said};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use rustix::process::Signal;
use serde_json::Value;

/// One whole unit is bought each time, as the reference has it.
const ONE: [&str; 2] = ["--set", "quantity=1"];
/// The reference's flags.
const REFERENCE: [&str; 12] = [
    "--set",
    "fast=10",
    "--set",
    "slow=30",
    "--set",
    "quantity=1",
    "--fill",
    "close",
    "--fee",
    "0.0026",
    "--cash",
    "10000000",
];

/// A home with a file of bars.
struct Bench {
    home: Home,
}

impl Bench {
    fn new() -> Self {
        Self { home: Home::new() }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn said(&self, data: &Path, more: &[&str]) -> Said {
        let mut command = self.home.program(&["backtest", "--json", "--data"]);
        command.arg(data).args(more);
        self.home.ended(command)
    }

    fn reference(&self, data: &Path, more: &[&str]) -> Value {
        self.said(data, &[&REFERENCE[..], more].concat()).done()
    }
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// The cells of a table without its head.
fn rows(path: PathBuf) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn the_reference_comes_to_the_cent_that_every_right_engine_reports() {
    let bench = Bench::new();
    let data = bench.file("bars0.csv", &generate(42, 500_000, false).csv);
    let read = Tapes::open(&[data], None).unwrap();
    let symbols: Vec<_> = read.tapes.iter().map(|tape| tape.symbol).collect();
    let plan = Plan {
        tapes: read.tapes,
        data_hash: read.hash,
        strategy: named("ema_cross")
            .unwrap()
            .with(&[("quantity".into(), dec!(1))])
            .unwrap(),
        cash: dec!(10000000),
        fill: FillAt::Close,
        paper: PaperSettings {
            slippage: Decimal::ZERO,
            spread: Decimal::ZERO,
            participation: Decimal::ONE,
            ..PaperSettings::default()
        },
        settings: wide_open(&symbols),
    };
    let outcome = run(&plan, &mut Quiet).unwrap();
    let total = outcome.total();
    assert_eq!((total.bars, total.fills), (500_000, 18_709));
    assert_eq!(outcome.equity.round_dp(2), dec!(8505675.25));
}

#[test]
fn other_seeds_agree_with_a_plain_computation_to_the_last_digit() {
    let bench = Bench::new();
    for seed in 1..=4 {
        for gaps in [false, true] {
            let bars = generate(seed, 4_000, gaps);
            let data = bench.file("bars.csv", &bars.csv);
            for (fill, next_open) in [("close", false), ("next_open", true)] {
                let terms = ["--cash", "10000000", "--fee", "0.0026", "--fill", fill];
                let said = bench.said(&data, &[&ONE[..], &terms].concat()).done();
                let expected = plain(&bars, next_open);
                assert_eq!(said["fills"], expected.fills, "{seed} {fill} {gaps}");
                assert_eq!(
                    decimal(&said["equity"]),
                    expected.equity,
                    "{seed} {fill} {gaps}"
                );
            }
        }
    }
}

#[test]
fn several_symbols_are_the_sum_of_each_alone_and_equal_runs_are_equal_to_the_byte() {
    let bench = Bench::new();
    let many = [1, 2, 3].map(|seed| generate(seed, 3_000, false));
    for (n, bars) in many.iter().enumerate() {
        bench.file(&format!("all/bars{n}.csv"), &bars.csv);
    }
    bench.file("all/ticks.csv", "1704067200000,1,1\n");
    let folder = bench.home.path().join("all");
    let said = bench.reference(&folder, &[]);
    let alone = many.each_ref().map(|bars| plain(bars, false));
    let equity: Decimal = alone.iter().map(|p| p.equity).sum();
    assert_eq!(decimal(&said["equity"]), equity);
    assert_eq!(said["fills"], alone.iter().map(|p| p.fills).sum::<u64>());
    assert_eq!(said["symbol"], Value::Null);
    let parts = said["symbols"].as_array().unwrap();
    for (part, alone) in parts.iter().zip(&alone) {
        assert_eq!(decimal(&part["equity"]), alone.equity, "{part}");
    }
    assert_eq!(parts[2]["symbol"], "BARS2/USD");

    let again = bench.reference(&folder, &[]);
    let hash = said["journal_hash"].as_str().unwrap();
    assert_eq!(
        (again["journal_hash"].as_str(), hash.len()),
        (Some(hash), 64)
    );
    let other = bench.reference(&folder, &["--symbol", "BARS1/USD"]);
    assert_eq!(decimal(&other["equity"]), alone[1].equity);
    assert_ne!(other["journal_hash"], hash);
}

#[test]
fn the_report_says_what_the_answer_says_row_by_row() {
    let bench = Bench::new();
    let bars = generate(7, 5_000, false);
    let data = bench.file("XBTUSD_1.csv", &bars.csv);
    let report = bench.home.path().join("a/report");
    let said = bench.reference(&data, &["--report", report.to_str().unwrap()]);
    let summary: Value =
        serde_json::from_slice(&fs::read(report.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary, said);
    assert_eq!(said["symbol"], "BTC/USD");

    let equity = rows(report.join("equity.csv"));
    assert_eq!(equity.len(), 5_000);
    assert_eq!(equity[0], ["2024-01-01T00:01:00.000Z", "10000000"]);
    assert_eq!(equity[4_999][0], said["to"].as_str().unwrap());
    assert_eq!(equity[4_999][1], said["equity"].as_str().unwrap());

    let trades = rows(report.join("trades.csv"));
    let sum = |column: usize| -> Decimal {
        trades
            .iter()
            .map(|row| row[column].parse::<Decimal>().unwrap())
            .sum()
    };
    let cash = dec!(10000000);
    assert_eq!(
        cash + sum(9),
        decimal(&said["equity"]),
        "the open one is listed too"
    );
    assert_eq!(sum(8), decimal(&said["fees"]));
    let closed: Vec<_> = trades.iter().filter(|row| !row[5].is_empty()).collect();
    assert_eq!(said["trades"], closed.len());
    assert_eq!((&trades[0][1][..], &trades[0][2][..]), ("BTC/USD", "long"));
    let won = closed.iter().filter(|row| !row[9].starts_with('-')).count();
    let rate = Decimal::from(won * 100) / Decimal::from(closed.len());
    assert!((decimal(&said["win_rate_pct"]) - rate).abs() < dec!(0.000001));

    let page = fs::read_to_string(report.join("report.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 3, "equity, drawdown, price");
    assert!(page.contains("prefers-color-scheme:dark") && page.contains("class=\"buy\""));
    for outside in ["http:", "https:", "src=", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let names = fs::read_dir(&report).unwrap().count();
    assert_eq!(names, 4, "nothing else is left there");
}

#[test]
fn a_broken_file_is_refused_by_file_and_line_and_leaves_no_report() {
    let bench = Bench::new();
    let mut csv = generate(1, 300, false).csv;
    csv.push_str("1704085200000,1,1,2,1,1\n");
    let data = bench.file("broken.csv", &csv);
    let report = bench.home.path().join("report");
    let said = bench.said(&data, &["--report", report.to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let problem = said.problem();
    assert_eq!(problem["code"], "DATA_INVALID");
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.contains("broken.csv:302: high 1 is below low 2"),
        "{message}"
    );
    assert!(!report.exists());
}

#[test]
fn what_cannot_be_run_is_said_with_what_could() {
    let bench = Bench::new();
    let data = bench.file("XBTUSD_1.csv", &generate(1, 50, false).csv);
    let absent = bench.home.path().join("absent.csv");
    let empty = bench.file("empty/readme.txt", "");
    for (data, more, code, exit, words) in [
        (
            &data,
            &["--strategy", "ema"][..],
            "STRATEGY_UNKNOWN",
            2,
            "ema_cross",
        ),
        (
            &data,
            &["--set", "fst=3"],
            "PARAMETER_INVALID",
            2,
            "fast, slow, quantity",
        ),
        (
            &data,
            &["--set", "fast=0"],
            "PARAMETER_INVALID",
            2,
            "1 to 10000",
        ),
        (&data, &["--set", "fast"], "USAGE", 2, "KEY=VALUE"),
        (&data, &["--cash", "-1"], "USAGE", 2, "--cash"),
        (&data, &["--fee", "1.5"], "USAGE", 2, "a fraction"),
        (&data, &["--fill", "open"], "USAGE", 2, "next_open"),
        (
            &data,
            &["--symbol", "ETH/USD"],
            "SYMBOL_UNKNOWN",
            1,
            "BTC/USD",
        ),
        (&absent, &[], "NO_DATA", 1, "absent.csv"),
        (
            &empty.parent().unwrap().to_owned(),
            &[],
            "NO_DATA",
            1,
            "no .csv",
        ),
    ] {
        let said = bench.said(data, more);
        assert_eq!(said.code, Some(exit), "{more:?}: {said:?}");
        let problem = said.problem();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem.to_string().contains(words), "{problem}");
    }
}

#[test]
fn a_limit_of_the_named_configuration_binds_and_no_other_does() {
    let bench = Bench::new();
    let data = bench.file("bars.csv", &generate(5, 2_000, false).csv);
    bench.file("pilothouse.toml", "[risk]\nmax_order_value_usd = \"1\"\n");
    let free = bench.reference(&data, &[]);
    assert!(free["fills"].as_u64().unwrap() > 10);
    let own = bench.file("own.toml", "[risk]\nmax_exposure_usd = \"20000\"\n");
    let bound = bench.reference(&data, &["--config", own.to_str().unwrap()]);
    assert_eq!(bound["fills"], 0);
    let refused = bound["refusals"]["RISK_EXPOSURE"].as_u64().unwrap();
    assert!(refused > 10, "{bound}");
    assert_eq!(decimal(&bound["equity"]), dec!(10000000));
    let wrong = bench.file("wrong.toml", "[risk]\nmax_exposure = \"1\"\n");
    let said = bench.said(&data, &["--config", wrong.to_str().unwrap()]);
    assert_eq!(said.code, Some(6), "{said:?}");
}

#[test]
fn slippage_and_fees_cost_what_they_say() {
    let bench = Bench::new();
    let data = bench.file("bars.csv", &generate(5, 2_000, false).csv);
    let run = |more: &[&str]| {
        bench
            .said(&data, &[&ONE[..], &["--cash", "1000000"], more].concat())
            .done()
    };
    let free = run(&["--fee", "0"]);
    let paid = run(&["--fee", "0.001"]);
    let fees = decimal(&free["equity"]) - decimal(&paid["equity"]);
    assert_eq!(decimal(&paid["fees"]), fees);
    assert_eq!(decimal(&free["fees"]), dec!(0));
    let slipped = run(&["--fee", "0", "--slippage", "0.001"]);
    let lost = decimal(&free["equity"]) - decimal(&slipped["equity"]);
    assert!(
        (lost / fees - dec!(1)).abs() < dec!(0.0001),
        "{lost} of {fees}"
    );
}

#[test]
fn people_get_a_table() {
    let bench = Bench::new();
    let data = bench.file("bars.csv", &generate(5, 100, false).csv);
    let mut command = bench.home.program(&["backtest", "--data"]);
    command.arg(&data);
    let said = bench.home.ended(command);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out.contains("max_drawdown_pct") && said.out.contains("BAR/USD"),
        "{}",
        said.out
    );
    assert_eq!(said.err, "");
}

/// A backtest that waits for its data, which comes through the pipe.
fn waiting(bench: &Bench, report: &Path) -> (Running, File) {
    let data = bench.home.path().join("bars.csv");
    let made = Command::new("mkfifo").arg(&data).status().unwrap();
    assert!(made.success());
    let mut command = bench.home.program(&["backtest", "--json", "--data"]);
    command.arg(&data).arg("--report").arg(report);
    let running = bench.home.spawn(command);
    // This waits for the reader: signals are taken before anything is read.
    let pipe = OpenOptions::new().write(true).open(&data).unwrap();
    (running, pipe)
}

#[test]
fn ctrl_c_while_it_reads_ends_it_and_leaves_nothing() {
    let bench = Bench::new();
    let report = bench.home.path().join("report");
    let (running, mut pipe) = waiting(&bench, &report);
    running.signal(Signal::INT);
    pipe.write_all(generate(1, 100, false).csv.as_bytes())
        .unwrap();
    drop(pipe);
    let said = running.ended();
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(said.problem()["code"], "INTERRUPTED");
    assert!(!report.exists());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let bench = Bench::new();
    let (running, _pipe) = waiting(&bench, &bench.home.path().join("report"));
    running.signal(Signal::INT);
    running.signal(Signal::TERM);
    let said = running.ended();
    assert_eq!(said.code, None, "it did not end by a signal: {said:?}");
}

/// Ratios by their definitions: simple daily returns, 365 days a year.
fn ratios(days: &[f64]) -> (f64, f64, f64) {
    let returns: Vec<f64> = days.windows(2).map(|d| d[1] / d[0] - 1.0).collect();
    let count = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / count;
    let spread = returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>();
    let below = returns.iter().filter(|r| **r < 0.0).map(|r| r * r);
    let below = below.sum::<f64>() / count;
    let (mut peak, mut fall) = (days[0], 0.0f64);
    for day in days {
        peak = peak.max(*day);
        fall = fall.max(1.0 - day / peak);
    }
    let year = 365f64.sqrt();
    let sharpe = mean / (spread / (count - 1.0)).sqrt() * year;
    (sharpe, mean / below.sqrt() * year, 100.0 * fall)
}

#[test]
fn every_ratio_agrees_with_a_plain_computation() {
    let bench = Bench::new();
    let bars = generate(11, 10_000, false);
    let data = bench.file("bars.csv", &bars.csv);
    let said = bench.reference(&data, &[]);
    let expected = plain(&bars, false);

    // The bar that closes at midnight is the day's last.
    let mut days = vec![10_000_000.0];
    let ends = (1440..10_000).step_by(1440).chain([10_000]);
    days.extend(ends.map(|end| f64::try_from(expected.worth[end - 1]).unwrap()));
    assert_eq!(days.len(), 8);
    let (sharpe, sortino, fall) = ratios(&days);
    let gains: Decimal = expected.closed.iter().filter(|p| **p > dec!(0)).sum();
    let losses: Decimal = expected.closed.iter().filter(|p| **p < dec!(0)).sum();
    let part = |part: usize, of: usize| 100.0 * part as f64 / of as f64;
    let won = expected.closed.iter().filter(|p| **p > dec!(0)).count();
    for (name, expected) in [
        ("sharpe", sharpe),
        ("sortino", sortino),
        ("max_drawdown_pct", fall),
        ("profit_factor", f64::try_from(-gains / losses).unwrap()),
        ("exposure_pct", part(expected.exposed, 10_000)),
        ("win_rate_pct", part(won, expected.closed.len())),
    ] {
        let found: f64 = said[name].as_str().unwrap().parse().unwrap();
        assert!(expected != 0.0, "{name} says nothing");
        assert!(
            (found - expected).abs() < 1e-8,
            "{name}: {found} {expected}"
        );
    }
    assert_eq!(said["trades"], expected.closed.len());
}
