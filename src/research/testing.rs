//! What the tests of research share: strategies, bars, and data on disk.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;

use super::Dataset;
use crate::strategies::{
    Condition, Definition, Indicator, NamedIndicator, Operand, Parameter, PositionSide, Require,
    Search, Size, Source, Term,
};

/// A strategy whose parameters are lengths of averages that the close must lie above; of `ordered` ones
/// the first lies below the second.
pub(super) fn definition(axes: &[(&str, i64, i64)], ordered: bool) -> Definition {
    let parameters = axes.iter().map(|(name, from, to)| Parameter {
        name: (*name).to_owned(),
        about: "length of an average, bars".to_owned(),
        whole: true,
        from: 1.into(),
        to: 10_000.into(),
        default: (*to).into(),
        search: Some(Search {
            from: (*from).into(),
            to: (*to).into(),
            step: 1.into(),
        }),
    });
    let indicators = axes.iter().map(|(name, _, _)| NamedIndicator {
        name: (*name).to_owned(),
        is: Indicator::Sma {
            of: Source::Close,
            length: Term::Parameter((*name).to_owned()),
        },
    });
    let above = |(name, _, _): &(&str, i64, i64)| {
        let average = Operand::Indicator((*name).to_owned());
        Condition::Above(Operand::Bar(Source::Close), average)
    };
    let entry = Condition::All(axes.iter().map(above).collect());
    Definition {
        name: "averages".to_owned(),
        version: "1".to_owned(),
        about: "long above its averages".to_owned(),
        side: PositionSide::Long,
        parameters: parameters.collect(),
        require: if ordered {
            vec![Require {
                parameter: axes[0].0.to_owned(),
                below: axes[1].0.to_owned(),
            }]
        } else {
            Vec::new()
        },
        indicators: indicators.collect(),
        exit: Condition::Not(Box::new(entry.clone())),
        entry,
        stop: None,
        target: None,
        size: Size {
            quantity: Term::Number(Decimal::ZERO),
            share: Term::Number(Decimal::new(9, 1)),
        },
    }
}

/// Writes bars of a length, given their closes; each opens where the one before closed.
pub(super) fn write(dir: &Path, name: &str, minutes: i64, closes: &[f64]) -> PathBuf {
    let mut before = closes[0];
    let rows: Vec<_> = closes
        .iter()
        .enumerate()
        .map(|(n, close)| {
            let at = 1_704_067_200_000 + n as i64 * minutes * 60_000;
            let (open, high, low) = (before, close.max(before), close.min(before));
            before = *close;
            format!("{at},{open:.4},{high:.4},{low:.4},{close:.4},5")
        })
        .collect();
    let path = dir.join(name);
    std::fs::write(&path, rows.join("\n")).unwrap();
    path
}

/// Bars of an hour, swinging with a period of so many of them.
pub(super) fn swinging(dir: &Path, count: usize, period: f64) -> PathBuf {
    let closes: Vec<_> = (0..count)
        .map(|n| {
            100.0 + 10.0 * (n as f64 * std::f64::consts::TAU / period).sin() + (n % 7) as f64 / 5.0
        })
        .collect();
    write(dir, "XBTUSD.csv", 60, &closes)
}

/// The bars of a file.
pub(super) fn dataset(path: &Path) -> Dataset {
    Dataset::open(&[path.to_owned()], None).unwrap()
}
