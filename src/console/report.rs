//! What the console shows of a run's report, once it was asked for.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

/// A report that was read, or why it was not.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The run it is of.
    pub run: String,
    /// What it holds.
    pub report: Result<Report, String>,
}

/// The part of a report that is drawn. What is not there is not drawn.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Report {
    /// How much may be luck.
    #[serde(default)]
    pub deflated: Option<Deflated>,
    /// The figures of holding the out-of-sample bars.
    #[serde(default)]
    pub baseline: Option<Value>,
    /// The map of the two parameters that matter most.
    #[serde(default)]
    pub plane: Option<Plane>,
    /// Equity on bars that chose nothing.
    #[serde(default)]
    pub out_of_sample: Option<Curve>,
    /// Equity of holding the same bars.
    #[serde(default)]
    pub held: Option<Curve>,
}

/// How much of a Sharpe ratio may be luck.
#[derive(Debug, Clone, Deserialize)]
pub struct Deflated {
    /// How many were tried.
    pub tried: u64,
    /// Of how many it is the best; 0: of all of them.
    #[serde(default)]
    pub among: u64,
    /// The best ratio that so many give by luck alone, a year.
    #[serde(default)]
    pub by_luck: Option<Decimal>,
    /// The chance that it is better than luck, 0 to 1.
    #[serde(default)]
    pub probability: Option<Decimal>,
}

/// Mean Sharpe ratios over two parameters.
#[derive(Debug, Clone, Deserialize)]
pub struct Plane {
    /// Across.
    pub x: Side,
    /// Up; none where one parameter alone was searched.
    #[serde(default)]
    pub y: Option<Side>,
    /// Row by row, the lowest first; none where nothing was tried.
    pub cells: Vec<Vec<Option<Decimal>>>,
}

/// A side of the map.
#[derive(Debug, Clone, Deserialize)]
pub struct Side {
    /// The parameter.
    pub name: String,
    /// The least value of each cell.
    pub values: Vec<Decimal>,
}

/// Equity at the ends of days, quote currency.
#[derive(Debug, Clone, Deserialize)]
pub struct Curve {
    /// What it began with.
    pub start: Decimal,
    /// The UTC day, counted from 1970, and the equity at its end.
    pub days: Vec<(i64, Decimal)>,
}

impl Curve {
    /// Its equities, oldest first.
    pub fn equities(&self) -> impl Iterator<Item = Decimal> {
        let days = self.days.iter().map(|(_, equity)| *equity);
        std::iter::once(self.start).chain(days)
    }

    /// Where it ends.
    pub fn end(&self) -> Decimal {
        self.days.last().map_or(self.start, |(_, equity)| *equity)
    }

    /// What it gained on its start, percent.
    pub fn gain_pct(&self) -> Option<Decimal> {
        let share = (self.end() - self.start).checked_div(self.start)?;
        share.checked_mul(Decimal::ONE_HUNDRED)
    }
}

impl Report {
    /// Reads a report as it is served.
    ///
    /// # Errors
    /// What it lacks, in words.
    pub fn read(document: &Value) -> Result<Self, String> {
        Self::deserialize(document).map_err(|error| format!("the report is garbled: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;
    use serde_json::json;

    #[test]
    fn a_report_is_read_as_far_as_it_is_known() {
        let report = Report::read(&json!({
            "kind": "optimise", "plane": null, "deflated": {"tried": 400, "probability": "0.97", "later": 1},
            "out_of_sample": {"start": "100", "days": [[19_000, "110"], [19_001, "105"]]},
        }))
        .unwrap();
        let curve = report.out_of_sample.unwrap();
        assert_eq!(
            curve.equities().collect::<Vec<_>>(),
            [dec!(100), dec!(110), dec!(105)]
        );
        assert_eq!(curve.gain_pct(), Some(dec!(5)));
        assert_eq!(report.deflated.unwrap().by_luck, None);
        assert!(
            Report::read(&json!({"plane": 7}))
                .unwrap_err()
                .contains("garbled")
        );
    }
}
