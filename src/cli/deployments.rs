//! Strategy versions in service, and how far they have come.

use super::arguments::Page;
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::core::{Name, Symbol};

/// Columns of a list of services: deployments, and candidates too.
pub const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("STRATEGY", "strategy"),
    ("VERSION", "version"),
    ("SYMBOL", "symbol"),
    ("STAGE", "stage"),
    ("STATUS", "status"),
    ("CAPITAL", "capital"),
    ("SIGNALS", "signals"),
    ("TRADES", "trades"),
    ("WON %", "win_rate_pct"),
    ("P&L", "pnl"),
    ("RETURN %", "return_pct"),
    ("SHARPE", "sharpe"),
    ("FALL %", "max_drawdown_pct"),
    ("LEFT S", "time_left_s"),
    ("WAITS", "waits_for"),
    ("END", "end.how"),
    ("WHY", "end.reason"),
];

const STAGES: &str = "\
A deployment begins with a tenth of its capital, goes on with half of it, then has all of it; each stage has its shortest
time and is left only by gates that were passed. `pilothouse strategy show NAME` shows the gates of each stage, and what
the research has promised. LEFT S is the time before the stage can be left.";

#[derive(Debug, clap::Args)]
#[command(after_help = STAGES)]
pub struct Args {
    /// Those that have ended too.
    #[arg(long)]
    all: bool,
    /// Only of this strategy.
    #[arg(long)]
    strategy: Option<Name>,
    /// Only of this pair.
    #[arg(long)]
    symbol: Option<Symbol>,
    #[command(flatten)]
    page: Page,
}

pub fn deployments(session: &Session, args: &Args) -> Exit {
    let status = if args.all { "all" } else { "live" };
    let query = args.page.query(vec![
        ("status", Some(status.to_owned())),
        ("strategy", args.strategy.map(|name| name.to_string())),
        ("symbol", args.symbol.map(|symbol| symbol.to_string())),
    ]);
    session.list_of("deployments", query, COLUMNS)
}
