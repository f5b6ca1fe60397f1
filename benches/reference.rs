//! The reference backtest, and how its cost grows: `ema_cross` 10 over 30, one unit, filled at the close
//! with a fee of 0.26 %. Every engine that is right reports 18,709 fills and 8,505,675.25 for 500,000 bars
//! of seed 42; 92,046 and 42,321,866.85 for five symbols.
//!
//! `cargo bench --bench reference -- BARS.csv [BARS.csv …] [TICKS.csv]`; a file whose name begins with
//! `ticks` is one of trades.
//!
//! Rates are per second of the process' CPU time. Each form runs several times; the median is shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pilothouse::backtest::{
    FillAt, Outcome, Plan, Quiet, Report, document, run, run_rule, wide_open,
};
use pilothouse::core::Symbol;
use pilothouse::core::order::Side;
use pilothouse::market::Tapes;
use pilothouse::strategies::{Bar, Chosen, Standing, Strategy, Wish, named};
use pilothouse::venue::paper::PaperSettings;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use rustix::time::{ClockId, clock_gettime};

const TIMES: usize = 5;

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn wall() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Never trades, or on every so many trades of the market: one in, one out.
struct EveryNth {
    every: u64,
    seen: u64,
}

impl Strategy for EveryNth {
    fn on_bar(&mut self, _: &Bar, _: Standing) -> Option<Wish> {
        None
    }

    fn on_trade(&mut self, _: f64, standing: Standing) -> Option<Wish> {
        self.seen += 1;
        if self.every == 0 || !self.seen.is_multiple_of(self.every) {
            return None;
        }
        let side = match standing {
            Standing::Flat => Side::Buy,
            _ => Side::Sell,
        };
        Some(Wish::at_market(side, Decimal::ONE))
    }

    fn features(&self) -> Vec<f64> {
        vec![self.seen as f64]
    }
}

/// A rule for each symbol.
type Make<'p> = &'p dyn Fn() -> Box<dyn Strategy>;

const NEVER: fn() -> Box<dyn Strategy> = || Box::new(EveryNth { every: 0, seen: 0 });
const HUNDREDTH: fn() -> Box<dyn Strategy> = || {
    Box::new(EveryNth {
        every: 100,
        seen: 0,
    })
};

fn cross() -> Chosen {
    let cross = named("ema_cross").expect("built in");
    let one = [("quantity".to_owned(), Decimal::ONE)];
    cross.with(&one).expect("one unit is allowed")
}

fn plan(files: &[PathBuf]) -> Plan {
    let tapes = Tapes::open(files, None).expect("readable data");
    let symbols: Vec<Symbol> = tapes.tapes.iter().map(|t| t.symbol).collect();
    Plan {
        tapes: tapes.tapes,
        data_hash: tapes.hash,
        strategy: cross(),
        cash: dec!(10000000),
        fill: FillAt::Close,
        paper: PaperSettings {
            slippage: Decimal::ZERO,
            spread: Decimal::ZERO,
            latency_ms: 0,
            participation: Decimal::ONE,
            ..PaperSettings::default()
        },
        settings: wide_open(&symbols),
    }
}

/// Rows a CPU second, median, and what came of it: the same each time.
fn rate(plan: &Plan, make: Make<'_>) -> (f64, Outcome) {
    let rows: usize = plan.tapes.iter().map(pilothouse::market::Tape::len).sum();
    let mut rates = Vec::new();
    let mut first: Option<Outcome> = None;
    for _ in 0..TIMES {
        let began = cpu();
        let outcome = run_rule(plan, make, &mut Quiet).expect("a run");
        rates.push(rows as f64 / (cpu() - began).as_secs_f64());
        let first = first.get_or_insert_with(|| outcome.clone());
        assert_eq!(first.journal_hash, outcome.journal_hash, "runs differ");
    }
    rates.sort_by(f64::total_cmp);
    (rates[TIMES / 2], first.expect("it ran"))
}

fn told(what: &str, rate: f64, outcome: &Outcome) {
    let fills = outcome.total().fills;
    let equity = outcome.equity.round_dp(2);
    println!("{what:<28} {rate:>12.0} rows/CPU s   {fills:>8} fills   equity {equity}");
}

fn to_report(file: &Path) {
    let folder = std::env::temp_dir().join(format!("pilothouse-bench-{}", std::process::id()));
    let mut walls = Vec::new();
    for _ in 0..TIMES {
        let (began, began_cpu) = (wall(), cpu());
        let plan = plan(&[file.to_owned()]);
        let read = wall() - began;
        let mut report = Report::create(&folder).expect("a folder");
        let outcome = run(&plan, &mut report).expect("a run");
        let summary = document(&outcome, wall() - began);
        report.finish(&summary, "reference").expect("a report");
        walls.push((wall() - began, read, cpu() - began_cpu));
    }
    std::fs::remove_dir_all(&folder).expect("our own folder");
    walls.sort();
    let (all, read, cpu) = walls[TIMES / 2];
    println!(
        "file to report: {all:.0?} of wall time, {read:.0?} of it reading; {cpu:.0?} of CPU time"
    );
}

fn main() {
    let files: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .map(PathBuf::from)
        .collect();
    if files.is_empty() {
        println!("reference: skipped, no file was named");
        return;
    }
    let (ticks, bars): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| {
        let name = file.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("ticks")
    });
    if let Some(first) = bars.first() {
        let one = plan(std::slice::from_ref(first));
        let built = || one.strategy.build(one.cash);
        let (alone, outcome) = rate(&one, &built);
        told("one symbol", alone, &outcome);
        let (rate_of, outcome) = rate(&one, &NEVER);
        told("one symbol, no orders", rate_of, &outcome);
        if bars.len() > 1 {
            let (together, outcome) = rate(&plan(&bars), &built);
            told("several symbols", together, &outcome);
            println!(
                "a bar of several costs {:.2} x one of one",
                alone / together
            );
        }
        to_report(first);
    }
    if let Some(first) = ticks.first() {
        let one = plan(std::slice::from_ref(first));
        for (what, make) in [
            ("ticks, no orders", &NEVER),
            ("ticks, one order in 100", &HUNDREDTH),
        ] {
            let (rate, outcome) = rate(&one, make);
            told(what, rate, &outcome);
        }
    }
}
