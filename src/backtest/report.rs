//! The report: `summary.json`, `trades.csv`, `equity.csv` and `report.html` in a folder. What grows with
//! the data is written as it comes; a report that does not come to its end leaves no file behind.

mod aside;
mod background;
mod charts;
mod html;
mod rows;

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::aside::Aside;
use self::background::EquityRows;
use self::charts::{Curve, Marks};
use self::rows::Rows;
use super::trade::Trade;
use super::valuation::{Equity, float};
use super::watch::Watch;
use crate::core::{Symbol, Time};
use crate::market::Fixed;

/// Trades that the page lists, the latest ones.
const LISTED: usize = 1_000;
/// Symbols whose prices the page draws.
const DRAWN: usize = 8;

/// A report that is being written.
#[derive(Debug)]
pub struct Report {
    folder: PathBuf,
    equity: EquityRows,
    trades: Rows,
    curve: Option<Curve>,
    prices: Vec<(Symbol, Curve, Marks)>,
    latest: VecDeque<Trade>,
    counted: u64,
    broken: Option<io::Error>,
}

impl Report {
    /// Makes the folder and begins its files.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let rows = |name: &str, head: &str| Rows::create(folder, name, head);
        Ok(Self {
            equity: EquityRows::begin(rows("equity.csv", "time,equity\n")?)?,
            trades: rows(
                "trades.csv",
                "id,symbol,side,entry_time,entry_price,exit_time,exit_price,quantity,fees,pnl\n",
            )?,
            folder: folder.to_owned(),
            curve: None,
            prices: Vec::new(),
            latest: VecDeque::new(),
            counted: 0,
            broken: None,
        })
    }

    /// Writes what is left to write, and gives every file its name, the summary the last: where it is,
    /// all are.
    ///
    /// # Errors
    /// Something could not be written, now or before. Then none of the files is left.
    pub fn finish(self, summary: &Value, title: &str) -> io::Result<()> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let page = html::page(&html::Facts {
            title,
            summary,
            curve: self.curve.as_ref(),
            prices: &self.prices,
            trades: &self.latest,
            counted: self.counted,
        });
        let mut text = serde_json::to_string_pretty(summary)?;
        text.push('\n');
        let mut files = [
            self.equity.finish()?,
            self.trades.finish()?,
            Aside::of(&self.folder, "report.html", page.as_bytes())?,
            Aside::of(&self.folder, "summary.json", text.as_bytes())?,
        ];
        for file in &mut files {
            file.name()?;
        }
        files.into_iter().for_each(Aside::keep);
        Ok(())
    }
}

impl Watch for Report {
    fn begins(&mut self, symbols: &[Symbol], from: Time, to: Time, cash: Equity) {
        self.curve = Some(Curve::new(from, to, cash.to_f64()));
        self.prices = symbols
            .iter()
            .take(DRAWN)
            .map(|symbol| (*symbol, Curve::new(from, to, f64::NAN), Marks::default()))
            .collect();
    }

    fn closes(&mut self, symbol: usize, at: Time, close: Fixed) {
        if let Some((_, curve, _)) = self.prices.get_mut(symbol) {
            curve.push(at, float(close));
        }
    }

    fn worth(&mut self, at: Time, equity: Equity) {
        self.equity.push(at, equity);
        if let Some(curve) = &mut self.curve {
            curve.push(at, equity.to_f64());
        }
    }

    fn trade(&mut self, trade: &Trade) {
        if let Err(error) = self.trades.trade(trade) {
            self.broken.get_or_insert(error);
        }
        self.counted += 1;
        if let Some((_, _, marks)) = self.prices.iter_mut().find(|p| p.0 == trade.symbol) {
            marks.push(trade);
        }
        if self.latest.len() == LISTED {
            self.latest.pop_front();
        }
        self.latest.push_back(trade.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_is_there_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let whole = ["equity.csv", "report.html", "summary.json", "trades.csv"];
        for in_the_way in whole {
            let folder = dir.path().join(in_the_way);
            fs::create_dir_all(folder.join(in_the_way)).unwrap();
            let report = Report::create(&folder).unwrap();
            assert_eq!(names(&folder).len(), 3, "two files are begun");
            assert!(report.finish(&json!({}), "").is_err());
            assert_eq!(names(&folder), [in_the_way]);

            fs::remove_dir(folder.join(in_the_way)).unwrap();
            drop(Report::create(&folder).unwrap());
            assert!(names(&folder).is_empty(), "it was given up");
            let report = Report::create(&folder).unwrap();
            report.finish(&json!({}), "").unwrap();
            assert_eq!(names(&folder), whole);
        }
    }
}
