//! Engine: how quick it has been and how full its queues were, each figure with its way.

use super::{Column, Row, Rows, pretty};
use crate::console::figures;
use crate::core::Time;
use crate::snapshot::{Series, Snapshot};

/// The pane.
pub struct Engine;

/// Cells of a way.
const CELLS: usize = 60;

const COLUMNS: &[Column] = &[
    Column::whole("figure", 18, 10),
    Column::number("now", 6, 9),
    Column::number("least", 6, 5),
    Column::number("most", 6, 7),
    Column::words("oldest to newest", 16, 8),
];

impl Rows for Engine {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.measures.series.len()).collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.measures.series[index].name.clone()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let series = &snapshot.measures.series[index];
        let said = |value: Option<f64>| value.map_or("-".to_owned(), |v| figure(series, v));
        let values = || series.values.iter().copied();
        Row {
            cells: vec![
                series.name.clone().into(),
                said(values().last()).into(),
                said(values().reduce(f64::min)).into(),
                said(values().reduce(f64::max)).into(),
                figures::sparkline(&series.values, CELLS).into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.measures.series[index])
    }
}

fn figure(series: &Series, value: f64) -> String {
    match series.unit.as_str() {
        "us" if value >= 1_000.0 => figures::latency(value / 1_000.0),
        "us" => format!("{value:.0}us"),
        _ => format!("{value:.0}"),
    }
}

/// Over which time.
pub fn summary(snapshot: &Snapshot) -> String {
    let measures = &snapshot.measures;
    let points = measures.series.iter().map(|s| s.values.len()).max();
    match points {
        Some(points) if points > 0 => {
            let seconds = points as i64 * i64::from(measures.every_s);
            format!("the last {}", figures::span(seconds * 1_000))
        }
        _ => "nothing measured yet".to_owned(),
    }
}
