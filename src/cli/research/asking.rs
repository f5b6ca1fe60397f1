//! Asking for a run.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{show, waiting};
use crate::cli::arguments::{assignment, decimal, word};
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::strategy;
use crate::client::{Call, Problem};
use crate::core::Symbol;

const EXAMPLES: &str = "\
Prints the run's id on stdout. With --wait it shows how far it is until it is over, and then what it has come to: exit 0
where every gate was passed, 1 where one was not or could not be judged, 3 where the run is refused.
The same data, values and seed give the same run, hash for hash, however many compute it.

Examples:
  pilothouse research run optimise --strategy ema_cross --data XBTUSD_60.csv --trials 200 --seed 7 --wait
  pilothouse research run discover --data XBTUSD_60.csv --candidates 100
  pilothouse research run backtest --strategy own.toml --data XBTUSD_60.csv --set fast=20";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Search the parameters of a strategy, walk-forward: what chose them does not judge them.
    Optimise(Box<Optimise>),
    /// Compose strategies, and take what passes on to paper.
    Discover(Box<Discover>),
    /// Judge one strategy as it is.
    Backtest(Box<Backtest>),
}

#[derive(Debug, clap::Args)]
struct Optimise {
    #[command(flatten)]
    rule: Rule,
    /// How parameters are searched [default: tpe].
    #[arg(long)]
    method: Option<Method>,
    /// Backtests, shared out over the folds [default: 200].
    #[arg(long, value_name = "N")]
    trials: Option<u32>,
    /// Walk-forward folds [default: 4].
    #[arg(long, value_name = "K")]
    folds: Option<u32>,
    /// The two parameters that the map is of [default: those that matter most].
    #[arg(long, num_args = 2, value_names = ["X", "Y"])]
    map: Option<Vec<String>>,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, clap::Args)]
struct Discover {
    /// Strategies that are composed [default: 50].
    #[arg(long, value_name = "N")]
    candidates: Option<u32>,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, clap::Args)]
struct Backtest {
    #[command(flatten)]
    rule: Rule,
    #[command(flatten)]
    terms: Terms,
}

/// What is tried.
#[derive(Debug, clap::Args)]
struct Rule {
    /// A strategy by its name, or a definition in a file that ends in .toml or .json.
    #[arg(long, value_name = "NAME|FILE")]
    strategy: String,
    /// Which version of it [default: the built-in one, else the newest that a run has proved].
    #[arg(long, value_name = "V")]
    version: Option<String>,
    /// A parameter that is fixed.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    sets: Vec<(String, Decimal)>,
}

/// On what, and under which terms.
#[derive(Debug, clap::Args)]
struct Terms {
    /// A file of candles, or a folder of them; several may be given.
    #[arg(long, required = true, value_name = "PATH")]
    data: Vec<PathBuf>,
    /// Only this pair; it also names the pair of a file whose name tells none.
    #[arg(long)]
    symbol: Option<Symbol>,
    /// Where all choices come from [default: 0].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// What each trial begins with, quote currency [default: 10000].
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    cash: Option<String>,
    /// Fee of every fill, a fraction of its value [default: 0.0026].
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    fee: Option<String>,
    /// What a market order loses on the price, a fraction [default: 0].
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    slippage: Option<String>,
    /// Take missing bars as they are, and only report them.
    #[arg(long)]
    allow_gaps: bool,
    /// The same key again is the same run.
    #[arg(long)]
    key: Option<String>,
    /// Wait until it is over.
    #[arg(long)]
    wait: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Method {
    /// All combinations, thinned to what may be tried.
    Grid,
    /// Drawn blindly, none twice.
    Random,
    /// Drawn where it went well so far.
    Tpe,
}

pub fn run(session: &Session, args: &Args) -> Exit {
    let (terms, body) = match &args.kind {
        Kind::Optimise(o) => (&o.terms, o.body()),
        Kind::Discover(d) => (&d.terms, Ok(d.body())),
        Kind::Backtest(b) => (&b.terms, b.body()),
    };
    let body = match body.and_then(|own| terms.within(own)) {
        Ok(body) => body,
        Err(problem) => {
            session.fail(&problem);
            return Exit::Usage;
        }
    };
    let mut call = Call::post("research/runs", body);
    call.key.clone_from(&terms.key);
    let asked = session.change(&call);
    if terms.wait {
        return watched(session, asked);
    }
    session.show(asked, |run| {
        let id = run["id"].as_str().unwrap_or_default();
        session.remark(&outcome(run));
        format!("{id}\n")
    })
}

/// Looks on until it is over; the exit code says whether it passed.
fn watched(session: &Session, asked: Result<Value, Problem>) -> Exit {
    let over = asked.and_then(|run| {
        session.remark(&outcome(&run));
        waiting::until_over(session, run)
    });
    let passed = over.as_ref().is_ok_and(|run| run["status"] == "passed");
    let shown = session.show(over, |run| show::words(session, run));
    match shown {
        Exit::Done if !passed => Exit::Failed,
        exit => exit,
    }
}

/// What came of asking, and where to look.
fn outcome(run: &Value) -> String {
    let text = |name: &str| run[name].as_str().unwrap_or_default();
    let waits = match run["waits_for"].as_str() {
        Some(waits) => format!(", waits: {waits}"),
        None => String::new(),
    };
    let id = text("id");
    format!(
        "{id} {}{waits}; `pilothouse research show {id}` and screen 8 of the console show it",
        text("status")
    )
}

impl Optimise {
    fn body(&self) -> Result<Value, Problem> {
        let mut body = self.rule.body()?;
        body["kind"] = "optimise".into();
        body["method"] = self.method.as_ref().and_then(word).into();
        body["trials"] = self.trials.into();
        body["folds"] = self.folds.into();
        body["map"] = self.map.clone().into();
        Ok(body)
    }
}

impl Discover {
    fn body(&self) -> Value {
        json!({ "kind": "discover", "candidates": self.candidates })
    }
}

impl Backtest {
    fn body(&self) -> Result<Value, Problem> {
        let mut body = self.rule.body()?;
        body["kind"] = "backtest".into();
        Ok(body)
    }
}

impl Rule {
    /// A name is looked up by the engine, which knows more of them; a file is read here.
    fn body(&self) -> Result<Value, Problem> {
        let set = strategy::settings(&self.sets)?;
        Ok(match strategy::in_file(&self.strategy) {
            Some(read) => json!({ "definition": read?, "set": set }),
            None => json!({ "strategy": self.strategy, "version": self.version, "set": set }),
        })
    }
}

impl Terms {
    /// The body with these terms; what was not named is left to the engine.
    fn within(&self, mut body: Value) -> Result<Value, Problem> {
        let data: Result<Vec<Value>, Problem> = self.data.iter().map(absolute).collect();
        body["data"] = data?.into();
        body["symbol"] = self.symbol.map(|symbol| symbol.to_string()).into();
        body["seed"] = self.seed.into();
        body["cash"] = self.cash.clone().into();
        body["fee"] = self.fee.clone().into();
        body["slippage"] = self.slippage.clone().into();
        body["allow_gaps"] = self.allow_gaps.then_some(true).into();
        Ok(match body {
            Value::Object(fields) => {
                let named = fields.into_iter().filter(|(_, value)| !value.is_null());
                named.collect::<Map<_, _>>().into()
            }
            other => other,
        })
    }
}

/// The engine has a folder of its own: a path is sent as it is from the root on.
fn absolute(path: &PathBuf) -> Result<Value, Problem> {
    let unusable = |why: String| {
        let hint = "--data names a file of candles, or a folder of them";
        Problem::new(0, "USAGE", format!("{}: {why}", path.display()), hint)
    };
    let whole = std::path::absolute(path).map_err(|error| unusable(error.to_string()))?;
    let text = whole.to_str();
    text.map(Value::from)
        .ok_or_else(|| unusable("a path of data is UTF-8".into()))
}
