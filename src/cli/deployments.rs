//! Strategy versions in service, and how far they have come.

use serde_json::Value;

use super::arguments::Page;
use super::exit::Exit;
use super::research::tell;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::{Name, Symbol};

/// Columns of services, what an operator asks first in front: a narrow terminal breaks the rest.
const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("STRATEGY", "strategy"),
    ("STAGE", "stage"),
    ("STATE", "state"),
    ("P&L", "pnl"),
    ("TRADES", "trades"),
    ("SHARPE", "sharpe"),
    ("PROMISED", "promised"),
    ("FALL %", "max_drawdown_pct"),
    ("LEFT", "left"),
    ("CAPITAL", "capital"),
    ("SYMBOL", "symbol"),
    ("VERSION", "version"),
    ("SIGNALS", "signals"),
    ("WON %", "win_rate_pct"),
    ("RETURN %", "return_pct"),
    ("WAITS FOR, OR WHY", "why"),
];

/// Figures of which two digits after the point are enough to decide by.
const FIGURES: &[&str] = &[
    "pnl",
    "sharpe",
    "promised",
    "max_drawdown_pct",
    "capital",
    "win_rate_pct",
    "return_pct",
];

const STAGES: &str = "\
A deployment begins with a tenth of its capital, goes on with half of it, then has all of it; each stage has its shortest
time and is left only by gates that were passed. `pilothouse strategy show NAME` shows the gates of each stage, and what
the research has promised. SHARPE is what it reached here and PROMISED what the research did; FALL % is the deepest fall from
its peak; LEFT is the time before the stage can be left, and `due` that it is judged as soon as it has traded enough.";

#[derive(Debug, clap::Args)]
#[command(after_help = STAGES)]
pub struct Args {
    /// Those that have ended too: they are listed anyway.
    #[arg(long, hide = true, conflicts_with = "live")]
    all: bool,
    /// Not those that have ended.
    #[arg(long)]
    live: bool,
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
    let status = if args.live && !args.all {
        "live"
    } else {
        "all"
    };
    let query = args.page.query(vec![
        ("status", Some(status.to_owned())),
        ("strategy", args.strategy.map(|name| name.to_string())),
        ("symbol", args.symbol.map(|symbol| symbol.to_string())),
    ]);
    show(session, "deployments", query)
}

/// Reads a list of services, deployments or candidates, and shows them.
pub fn show(session: &Session, path: &str, query: Vec<(String, String)>) -> Exit {
    let mut call = Call::get(path);
    call.query = query;
    session.show(session.read(&call), |document| {
        let mut list = document.clone();
        for row in list["items"].as_array_mut().into_iter().flatten() {
            for_people(row);
        }
        table::list(&list, COLUMNS)
    })
}

/// Services as rows.
pub fn rows(services: &[Value]) -> String {
    let mut rows = services.to_vec();
    rows.iter_mut().for_each(for_people);
    table::rows(&rows, COLUMNS)
}

/// Figures with few digits, and what takes two fields to say in one.
fn for_people(row: &mut Value) {
    let ended = row["end"]["how"].as_str().map(|how| how.replace('_', " "));
    row["state"] = ended.map_or_else(|| row["status"].clone(), Value::from);
    row["why"] = match row["end"]["reason"].is_null() {
        true => row["waits_for"].clone(),
        false => row["end"]["reason"].clone(),
    };
    row["promised"] = row["promise"]["sharpe"].clone();
    row["left"] = match row["time_left_s"].as_u64() {
        Some(0) => "due".into(),
        Some(seconds) => tell::span(seconds).into(),
        None => Value::Null,
    };
    for figure in FIGURES {
        row[*figure] = tell::rounded(&row[*figure]).into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_say_how_it_stands_in_few_digits_and_one_word() {
        let text = rows(&[
            json!({"id": "service_1", "strategy": "trend", "stage": "stage_1", "status": "running",
                "pnl": "-12.3456", "sharpe": "1.23456", "promise": {"sharpe": "1.5001"},
                "time_left_s": 4_000, "end": null, "waits_for": null}),
            json!({"id": "service_2", "strategy": "trend", "stage": "stage_2", "status": "ended",
                "pnl": "3", "time_left_s": null, "waits_for": null,
                "end": {"how": "rolled_back", "reason": "operator: drill"}}),
        ]);
        let lines: Vec<_> = text.lines().collect();
        let begins = "service_1  trend     stage_1  running      -12.35       -    1.23";
        assert!(lines[1].starts_with(begins), "{text}");
        assert!(lines[1].contains("1.5  ") && lines[1].contains("1 h 6 min"));
        assert!(lines[2].contains("rolled back") && lines[2].ends_with("operator: drill"));
    }
}
