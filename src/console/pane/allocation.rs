//! Allocation: how much of the account each asset is, against how much it should be.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{AssetRow, Snapshot};

/// The pane.
pub struct Allocation;

const COLUMNS: &[Column] = &[
    Column::whole("asset", 5, 10),
    Column::number("share", 6, 9),
    Column::number("target", 6, 8),
    Column::number("off", 6, 9),
    Column::whole("0 %                      100", CELLS, 3),
    Column::number("USD", 6, 6),
    Column::number("bag", 3, 4),
];

/// Cells of a bar.
const CELLS: u16 = 28;

impl Rows for Allocation {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let assets = &snapshot.portfolio.assets;
        let mut order: Vec<usize> = (0..assets.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(off(&assets[*i])));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.portfolio.assets[index].asset.clone()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let asset = &snapshot.portfolio.assets[index];
        let over = snapshot.portfolio.action == "rebalance"
            && off(asset) == snapshot.portfolio.max_deviation_pct;
        let role = if over { Role::Warn } else { Role::Normal };
        let percent = |share: Decimal| format!("{share:.2}%");
        let deviation = asset.deviation_pct.map(|off| {
            let sign = if off > Decimal::ZERO { "+" } else { "" };
            Cell::of(role, format!("{sign}{}", percent(off)))
        });
        let none = || "-".to_owned();
        Row {
            cells: vec![
                Cell::of(role, asset.asset.clone()),
                asset.pct.map_or_else(none, percent).into(),
                percent(asset.target_pct).into(),
                deviation.unwrap_or_else(|| "-".into()),
                bar(asset).into(),
                asset.value_usd.map_or_else(none, figures::money).into(),
                match asset.hodl {
                    bag if bag.is_zero() => "-".to_owned(),
                    bag => figures::quantity(bag),
                }
                .into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.portfolio.assets[index])
    }
}

/// How far an asset is from its target, whichever way.
fn off(asset: &AssetRow) -> Decimal {
    asset.deviation_pct.unwrap_or_default().abs()
}

/// The share as a bar, and the target across it.
fn bar(asset: &AssetRow) -> String {
    let cells = usize::from(CELLS);
    let whole = Decimal::ONE_HUNDRED;
    let share = asset.pct.unwrap_or_default();
    let mut bar: Vec<char> = figures::bar(&[(share, '█')], whole, cells)
        .chars()
        .collect();
    let at = asset.target_pct / whole * Decimal::from(cells);
    let at = at.round().to_usize().unwrap_or(0).clamp(1, cells) - 1;
    bar[at] = '│';
    bar.into_iter().collect()
}

/// What the rule says of it.
pub fn summary(snapshot: &Snapshot) -> String {
    let portfolio = &snapshot.portfolio;
    let action = match portfolio.action.as_str() {
        "rebalance" => "! over its threshold",
        _ => "no action",
    };
    format!(
        "{action} · at most {:.2}% off · {}",
        portfolio.max_deviation_pct,
        figures::money(portfolio.total_equity_usd)
    )
}
