//! What a definition and its rule promise.

mod any;
mod built_in;
mod conditions;
mod definitions;
mod hashes;
mod indicators;
mod levels;

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::*;
use crate::core::Time;

/// A bar that has stood still.
fn bar(close: f64) -> Bar {
    Bar {
        open_time: Time(0),
        open: close,
        high: close,
        low: close,
        close,
        volume: 1.0,
    }
}

fn number(number: Decimal) -> Term {
    Term::Number(number)
}

fn close() -> Operand {
    Operand::Bar(Source::Close)
}

fn reading(name: &str) -> Operand {
    Operand::Indicator(name.to_owned())
}

/// What never holds.
fn never() -> Condition {
    let one = || Operand::Number(dec!(1));
    Condition::Above(one(), one())
}

/// Long by one, without levels, by these indicators and conditions.
fn made(indicators: Vec<(&str, Indicator)>, entry: Condition, exit: Condition) -> Definition {
    Definition {
        name: "made".to_owned(),
        version: "1".to_owned(),
        about: String::new(),
        side: PositionSide::Long,
        parameters: Vec::new(),
        require: Vec::new(),
        indicators: indicators
            .into_iter()
            .map(|(name, is)| NamedIndicator {
                name: name.to_owned(),
                is,
            })
            .collect(),
        entry,
        exit,
        stop: None,
        target: None,
        size: Size {
            quantity: number(dec!(1)),
            share: number(dec!(0.95)),
        },
    }
}

type Running = Box<dyn Strategy>;

fn built(definition: Definition) -> Running {
    let chosen = Arc::new(definition).with(&[]);
    chosen.unwrap().build(dec!(10000))
}

fn set(name: &str, values: &[(&str, Decimal)]) -> Result<Chosen, ParameterError> {
    let values: Vec<_> = values.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
    named(name).unwrap().with(&values)
}
