//! The page: numbers, curves and trades in one file that needs nothing else.

use std::collections::VecDeque;
use std::fmt::Write as _;

use serde_json::Value;

use super::charts::{Curve, Marks};
use crate::backtest::trade::Trade;
use crate::core::Symbol;
use crate::core::order::Side;

/// What the page is made of.
pub(super) struct Facts<'a> {
    pub title: &'a str,
    pub summary: &'a Value,
    pub curve: Option<&'a Curve>,
    pub prices: &'a [(Symbol, Curve, Marks)],
    pub trades: &'a VecDeque<Trade>,
    pub counted: u64,
}

const STYLE: &str = include_str!("page.css");

/// The numbers, by their names in the document.
const NUMBERS: &[(&str, &str)] = &[
    ("Equity at the end", "equity"),
    ("Equity at the start", "cash"),
    ("Return, %", "return_pct"),
    ("Sharpe ratio", "sharpe"),
    ("Sortino ratio", "sortino"),
    ("Largest drawdown, %", "max_drawdown_pct"),
    ("Profit factor", "profit_factor"),
    ("Trades won, %", "win_rate_pct"),
    ("Exposure, %", "exposure_pct"),
    ("Closed trades", "trades"),
    ("Fills", "fills"),
    ("Fees", "fees"),
    ("Bars", "bars"),
    ("From", "from"),
    ("To", "to"),
    ("Journal hash", "journal_hash"),
];

pub(super) fn page(facts: &Facts<'_>) -> String {
    let title = escaped(facts.title);
    let mut page = String::with_capacity(1 << 18);
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>"
    );
    numbers(&mut page, facts.summary);
    symbols(&mut page, facts.summary);
    if let Some(curve) = facts.curve {
        section(&mut page, "Equity", &curve.draw("line", None));
        section(&mut page, "Drawdown from the peak", &curve.draw_falls());
    }
    for (symbol, curve, marks) in facts.prices {
        let title = match marks.every() {
            1 => format!("{symbol}, entries and exits"),
            n => format!("{symbol}, entries and exits of one trade in {n}"),
        };
        section(&mut page, &title, &curve.draw("price", Some(marks)));
    }
    trades(&mut page, facts);
    page.push_str("</body></html>\n");
    page
}

fn section(page: &mut String, title: &str, content: &str) {
    let _ = write!(page, "<h2>{}</h2>{content}", escaped(title));
}

fn numbers(page: &mut String, summary: &Value) {
    page.push_str("<table class=\"numbers\">");
    for (label, key) in NUMBERS {
        let value = shown(&summary[*key]);
        let _ = write!(page, "<tr><th>{label}</th><td>{value}</td></tr>");
    }
    page.push_str("</table>");
}

fn symbols(page: &mut String, summary: &Value) {
    let parts = summary["symbols"].as_array().map_or(&[][..], Vec::as_slice);
    if parts.len() < 2 {
        return;
    }
    page.push_str("<h2>Symbols</h2>");
    let columns = [
        ("Symbol", "symbol"),
        ("Equity", "equity"),
        ("Closed trades", "trades"),
        ("Fills", "fills"),
        ("Won, %", "win_rate_pct"),
        ("Profit factor", "profit_factor"),
        ("Exposure, %", "exposure_pct"),
        ("Fees", "fees"),
    ];
    head(page, columns.iter().map(|(label, _)| *label));
    for part in parts {
        row(page, columns.iter().map(|(_, key)| shown(&part[*key])));
    }
    page.push_str("</table>");
}

fn trades(page: &mut String, facts: &Facts<'_>) {
    let listed = facts.trades.len() as u64;
    let title = if listed == facts.counted {
        "Trades".to_owned()
    } else {
        format!(
            "The latest {listed} of {} trades; trades.csv has all",
            facts.counted
        )
    };
    let _ = write!(page, "<h2>{title}</h2>");
    let columns = [
        "Id", "Symbol", "Side", "Entry", "Price", "Exit", "Price", "Quantity", "Fees", "P&amp;L",
    ];
    head(page, columns.into_iter());
    for trade in facts.trades {
        let side = match trade.side {
            Side::Buy => "long",
            Side::Sell => "short",
        };
        let cells = [
            trade.id.to_string(),
            trade.symbol.to_string(),
            side.to_owned(),
            trade.entry_time.to_string(),
            trade.entry_price.to_string(),
            trade.exit_time.map_or("open".to_owned(), |t| t.to_string()),
            trade.exit_price.map_or(String::new(), |p| p.to_string()),
            trade.quantity.to_string(),
            trade.fees.to_string(),
            trade.pnl.to_string(),
        ];
        row(page, cells.into_iter());
    }
    page.push_str("</table>");
}

fn head<'a>(page: &mut String, cells: impl Iterator<Item = &'a str>) {
    page.push_str("<table><tr>");
    for cell in cells {
        let _ = write!(page, "<th>{cell}</th>");
    }
    page.push_str("</tr>");
}

fn row(page: &mut String, cells: impl Iterator<Item = String>) {
    page.push_str("<tr>");
    for cell in cells {
        let _ = write!(page, "<td>{cell}</td>");
    }
    page.push_str("</tr>");
}

/// A value of the document: ratios to six decimals, which is more than anybody reads.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => match text.split_once('.') {
            Some((whole, decimals)) if decimals.len() > 8 && !text.contains(':') => {
                format!("{whole}.{}", &decimals[..6])
            }
            _ => escaped(text),
        },
        other => escaped(&other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
