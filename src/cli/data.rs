//! Market data in files: what a recording holds, and one to begin with.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::exit::Exit;
use super::session::Session;
use crate::client::Problem;
use crate::core::Symbol;
use crate::demo::write_market;
use crate::market::{Reel, Tape, Tapes};

/// Holes that are listed one by one.
const HOLES: usize = 20;

const EXAMPLES: &str = "\
Recordings are candles or trades, CSV or JSON, .gz or not; what they hold is found from name and content.

Examples:
  pilothouse data sample market/
  pilothouse data inspect market/ XBTUSD_60.csv";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write two recordings of a market made up, to try strategies on: one to search, one to trade.
    Sample {
        /// Into this folder.
        dir: PathBuf,
        /// Another market.
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// What is in files or folders: pair, interval, rows, from when to when, and what is missing.
    Inspect {
        /// Which.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// The pair, where neither name nor content says it.
        #[arg(long)]
        symbol: Option<Symbol>,
    },
}

pub fn data(session: &Session, args: &Args) -> Exit {
    match &args.action {
        Action::Sample { dir, seed } => session.show(sample(dir, *seed), |document| {
            let files = document["files"].as_array().into_iter().flatten();
            let lines = files.filter_map(|file| file.as_str().map(|file| format!("{file}\n")));
            lines.collect()
        }),
        Action::Inspect { paths, symbol } => session.show(inspect(paths, *symbol), shown),
    }
}

fn sample(dir: &std::path::Path, seed: u64) -> Result<Value, Problem> {
    let market = write_market(dir, seed).map_err(|error| {
        let message = format!("{}: {error}", dir.display());
        Problem::new(0, "DATA_UNWRITABLE", message, "name a folder of your own")
    })?;
    Ok(json!({
        "symbol": market.symbol,
        "interval_s": market.interval_ms / 1000,
        "files": [market.history, market.feed],
    }))
}

fn inspect(paths: &[PathBuf], symbol: Option<Symbol>) -> Result<Value, Problem> {
    let tapes = Tapes::open(paths, symbol).map_err(|error| {
        let hint = "`pilothouse data --help` and the README say what can be read";
        Problem::new(0, "DATA_INVALID", error.to_string(), hint)
    })?;
    let items: Vec<Value> = tapes.tapes.iter().map(described).collect();
    Ok(json!({ "items": items, "hash": tapes.hash, "notes": tapes.notes }))
}

fn described(tape: &Tape) -> Value {
    let (kind, holes) = match tape.reel() {
        Reel::Bars(bars) => {
            let times = bars.iter().map(|bar| bar.open_time().0);
            ("candles", holes(times, tape.interval_ms))
        }
        Reel::Trades(_) => ("trades", Vec::new()),
    };
    let missing: i64 = holes.iter().map(|(_, bars)| bars).sum();
    let listed = holes
        .iter()
        .take(HOLES)
        .map(|(after, bars)| json!({ "after": crate::core::Time(*after), "bars": bars }));
    json!({
        "symbol": tape.symbol,
        "kind": kind,
        "interval_s": tape.interval_ms / 1000,
        "rows": tape.len(),
        "from": tape.first(),
        "to": tape.last(),
        "missing": missing,
        "holes": listed.collect::<Vec<_>>(),
        "holes_total": holes.len(),
    })
}

/// After which bar how many are missing.
fn holes(times: impl Iterator<Item = i64>, interval_ms: i64) -> Vec<(i64, i64)> {
    let mut holes = Vec::new();
    let mut before: Option<i64> = None;
    for time in times {
        if let Some(before) = before {
            let lacking = (time - before) / interval_ms.max(1) - 1;
            if lacking > 0 {
                holes.push((before, lacking));
            }
        }
        before = Some(time);
    }
    holes
}

fn shown(document: &Value) -> String {
    let text = |row: &Value, field: &str| match &row[field] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let mut lines = String::new();
    for row in document["items"].as_array().into_iter().flatten() {
        let interval = match row["interval_s"].as_i64() {
            Some(seconds) if row["kind"] == "candles" => format!(" of {seconds} s"),
            _ => String::new(),
        };
        lines.push_str(&format!(
            "{}  {} {}{interval}, {} to {}\n",
            text(row, "symbol"),
            text(row, "rows"),
            text(row, "kind"),
            text(row, "from"),
            text(row, "to"),
        ));
        for hole in row["holes"].as_array().into_iter().flatten() {
            lines.push_str(&format!(
                "  {} missing after {}\n",
                text(hole, "bars"),
                text(hole, "after")
            ));
        }
        let more = row["holes_total"]
            .as_u64()
            .unwrap_or(0)
            .saturating_sub(HOLES as u64);
        if more > 0 {
            lines.push_str(&format!("  and {more} holes more\n"));
        }
    }
    for note in document["notes"].as_array().into_iter().flatten() {
        lines.push_str(&format!("note: {}\n", note.as_str().unwrap_or_default()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_whole_and_a_hole_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let made = sample(dir.path(), 3).unwrap();
        let feed = PathBuf::from(made["files"][1].as_str().unwrap());
        let whole = inspect(std::slice::from_ref(&feed), None).unwrap();
        let row = &whole["items"][0];
        assert_eq!(
            (row["symbol"].as_str(), row["missing"].as_i64()),
            (Some("SWING/USDT"), Some(0))
        );
        let text = std::fs::read_to_string(&feed).unwrap();
        let kept: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(n, _)| !(10..13).contains(n))
            .map(|(_, line)| line)
            .collect();
        std::fs::write(&feed, kept.join("\n")).unwrap();
        let torn = inspect(&[feed], None).unwrap();
        assert_eq!(torn["items"][0]["missing"], 3);
        assert!(
            shown(&torn).contains("  3 missing after 2026-01-13T00:08:00.000Z\n"),
            "{}",
            shown(&torn)
        );
        let none = inspect(&[dir.path().join("nothing.csv")], None).unwrap_err();
        assert_eq!(none.code, "DATA_INVALID");
    }
}
