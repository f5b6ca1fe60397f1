//! A strategy on recorded data; no engine is asked, and none that runs is disturbed.

mod limits;
mod looking;

use std::path::PathBuf;
use std::time::Instant;

use clap::ValueEnum;
use rust_decimal::Decimal;
use serde_json::Value;

use super::arguments::assignment;
use super::exit::Exit;
use super::session::Session;
use super::{strategy, table};
use crate::api::exact;
use crate::backtest::{BacktestError, FillAt, Outcome, Plan, Report, document, run};
use crate::client::Problem;
use crate::core::Symbol;
use crate::core::risk::MOST;
use crate::market::{FeedError, Tape, TapeError, Tapes};
use crate::strategies::Chosen;

use looking::Looking;

/// How much a backtest steps back for others: a live engine comes first.
const NICENESS: i32 = 10;

const RULES: &str = "\
What neither --config nor a flag sets is off: the limits of [risk] and [guard], the circuit breakers,
slippage, spread and latency. [execution.rate] is never on: recorded data answers every request. An
order fills whole unless a participation under 1 is configured. A market order loses the slippage and
half the spread; latency only delays orders that rest. Symbols have one quote currency. Nothing is decided on the last bar; what is open then is valued at its close, and stands
in trades.csv without an exit. Drawdown, Sharpe and Sortino are of the equity at each day's last bar.";

#[derive(Debug, clap::Args)]
#[command(after_help = RULES)]
pub struct Args {
    /// A file of candles or trades, or a folder of them; several may be given.
    #[arg(long, required = true, value_name = "PATH")]
    data: Vec<PathBuf>,
    /// Only this pair; it also names the pair of a file whose name tells none.
    #[arg(long)]
    symbol: Option<Symbol>,
    /// The rule: a built-in one by its name, or a definition in a file that ends in .toml or .json.
    #[arg(long, default_value = "ema_cross", value_name = "NAME|FILE")]
    strategy: String,
    /// A parameter of the rule.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    sets: Vec<(String, Decimal)>,
    /// What each symbol begins with, in its quote currency.
    #[arg(long, default_value = "10000", value_parser = amount, allow_negative_numbers = true)]
    cash: Decimal,
    /// Fee of every fill, a fraction of its value [default: as configured, 0.0026 for a taker].
    #[arg(long, value_parser = fraction, allow_negative_numbers = true)]
    fee: Option<Decimal>,
    /// What a market order loses on the price, a fraction [default: 0, or as configured].
    #[arg(long, value_parser = fraction, allow_negative_numbers = true)]
    slippage: Option<Decimal>,
    /// When a market order fills: at the close it was decided on, or at the next price.
    #[arg(long, default_value = "close")]
    fill: FillArg,
    /// Write summary.json, trades.csv, equity.csv and report.html there.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FillArg {
    Close,
    NextOpen,
}

pub fn backtest(session: &Session, args: &Args) -> Exit {
    match carried_out(session, args) {
        Ok(outcome) => session.show(Ok(outcome), human),
        Err(Failure::Said(problem)) => session.fail(&problem),
        Err(Failure::Usage(problem)) => {
            session.fail(&problem);
            Exit::Usage
        }
    }
}

/// What went wrong, and whether the command line is to blame.
enum Failure {
    Said(Problem),
    Usage(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Said(problem)
    }
}

fn carried_out(session: &Session, args: &Args) -> Result<Value, Failure> {
    let began = Instant::now();
    let strategy = chosen(args)?;
    let looking = Looking::begin().map_err(|error| {
        let text = format!("signals cannot be taken: {error}");
        Problem::new(0, "SIGNALS_UNAVAILABLE", text, "")
    })?;
    // Where the platform has no such thing, it runs as everything else does.
    let _ = rustix::process::nice(NICENESS);
    let tapes = Tapes::open(&args.data, args.symbol).map_err(|e| unreadable(&e))?;
    uninterrupted(&looking)?;
    for note in tapes.notes.iter().filter(|note| note.ends_with("left out")) {
        session.remark(note);
    }
    let plan = plan(session, args, strategy, tapes)?;
    let report = args
        .report
        .as_ref()
        .map(|folder| Report::create(folder).map_err(|e| unwritable(&e)))
        .transpose()?;
    let mut watch = looking.with(report);
    let outcome = run(&plan, &mut watch).map_err(|e| stopped(&e))?;
    uninterrupted(&watch)?;
    let shown = document(&outcome, began.elapsed());
    if let Some(report) = watch.take_report() {
        let written = report.finish(&shown, &title(&plan, &outcome));
        written.map_err(|e| unwritable(&e))?;
    }
    Ok(shown)
}

fn chosen(args: &Args) -> Result<Chosen, Failure> {
    let definition = strategy::definition(&args.strategy).map_err(Failure::Usage)?;
    definition.with(&args.sets).map_err(|wrong| {
        let parameters = definition.parameters.iter();
        let all: Vec<_> = parameters
            .map(|p| {
                format!(
                    "{}: {} ({}; default {})",
                    p.name,
                    p.about,
                    p.words(),
                    p.default
                )
            })
            .collect();
        let code = "PARAMETER_INVALID";
        Failure::Usage(Problem::new(0, code, wrong.to_string(), all.join("; ")))
    })
}

fn plan(session: &Session, args: &Args, strategy: Chosen, tapes: Tapes) -> Result<Plan, Problem> {
    let symbols: Vec<Symbol> = tapes.tapes.iter().map(|t| t.symbol).collect();
    let limits::Terms {
        settings,
        mut paper,
        idle,
    } = limits::of(session.globals.config.as_deref(), &symbols)?;
    for words in idle {
        session.warn(&words);
    }
    if let Some(fee) = args.fee {
        (paper.maker_fee, paper.taker_fee) = (fee, fee);
    }
    paper.slippage = args.slippage.unwrap_or(paper.slippage);
    Ok(Plan {
        tapes: tapes.tapes,
        data_hash: tapes.hash,
        strategy,
        cash: args.cash,
        fill: match args.fill {
            FillArg::Close => FillAt::Close,
            FillArg::NextOpen => FillAt::NextOpen,
        },
        paper,
        settings,
    })
}

fn title(plan: &Plan, outcome: &Outcome) -> String {
    let symbols: Vec<_> = plan
        .tapes
        .iter()
        .map(|tape: &Tape| tape.symbol.to_string())
        .collect();
    let parameters: Vec<_> = plan
        .strategy
        .parameters
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    format!(
        "{} ({}) on {}, {} to {}",
        plan.strategy.definition.name,
        parameters.join(", "),
        symbols.join(", "),
        outcome.from.utc().format("%Y-%m-%d"),
        outcome.to.utc().format("%Y-%m-%d"),
    )
}

/// The numbers one below the other, and a row for each symbol where there are several.
fn human(document: &Value) -> String {
    let mut numbers = document.clone();
    let parts = document["symbols"].as_array().cloned().unwrap_or_default();
    if let Some(fields) = numbers.as_object_mut() {
        fields.remove("symbols");
        let refused = document["refusals"].as_object();
        let words = refused.filter(|r| !r.is_empty()).map(|refused| {
            let words: Vec<_> = refused
                .iter()
                .map(|(code, n)| format!("{code} {n}"))
                .collect();
            words.join(", ")
        });
        fields.insert("refusals".into(), words.into());
    }
    let text = table::fields(&numbers);
    if parts.len() < 2 {
        return text;
    }
    let columns = [
        ("SYMBOL", "symbol"),
        ("EQUITY", "equity"),
        ("TRADES", "trades"),
        ("FILLS", "fills"),
        ("WON %", "win_rate_pct"),
        ("FEES", "fees"),
    ];
    format!("{text}\n{}", table::rows(&parts, &columns))
}

fn unreadable(error: &TapeError) -> Problem {
    let (code, hint) = match error {
        TapeError::Symbol { .. } => ("SYMBOL_UNKNOWN", "name one of those, or leave --symbol out"),
        TapeError::Feed(FeedError::Missing(_) | FeedError::Empty(_) | FeedError::NoFiles(_)) => (
            "NO_DATA",
            "--data names a file of candles or trades, or a folder of them",
        ),
        TapeError::Feed(FeedError::Clash { .. }) => (
            "DATA_INVALID",
            "name one of the files with --data, or their pair with --symbol",
        ),
        TapeError::Feed(_) => ("DATA_INVALID", "mend the file, or name another with --data"),
    };
    Problem::new(0, code, error.to_string(), hint)
}

fn uninterrupted(looking: &Looking) -> Result<(), Problem> {
    if looking.is_interrupted() {
        return Err(stopped(&BacktestError::Interrupted));
    }
    Ok(())
}

fn stopped(error: &BacktestError) -> Problem {
    let (code, hint) = match error {
        BacktestError::NoData => ("NO_DATA", "--data names files with rows in them"),
        BacktestError::Digits { .. } | BacktestError::Twice(_) => {
            ("DATA_INVALID", "name other files with --data")
        }
        BacktestError::Currencies { .. } => ("DATA_INVALID", "choose one of them with --symbol"),
        BacktestError::Start(refusal) => (refusal.code.as_str(), refusal.hint.as_str()),
        BacktestError::Interrupted => ("INTERRUPTED", "nothing was kept of it"),
    };
    Problem::new(0, code, error.to_string(), hint)
}

fn unwritable(error: &std::io::Error) -> Problem {
    let text = format!("the report cannot be written: {error}");
    let hint = "--report DIR names a folder that can be written";
    Problem::new(0, "REPORT_UNWRITABLE", text, hint)
}

fn amount(text: &str) -> Result<Decimal, String> {
    exact::parse(text).and_then(|amount| {
        within(
            amount,
            amount > Decimal::ZERO && amount < MOST,
            "above 0, below 10^12",
        )
    })
}

fn fraction(text: &str) -> Result<Decimal, String> {
    exact::parse(text).and_then(|f| {
        within(
            f,
            f >= Decimal::ZERO && f < Decimal::ONE,
            "0 up to below 1, a fraction",
        )
    })
}

fn within(value: Decimal, holds: bool, allowed: &str) -> Result<Decimal, String> {
    if holds {
        return Ok(value);
    }
    Err(format!("{value} is out of range: {allowed}"))
}
