//! The grammar: what a composed strategy is put together from.

use rust_decimal::Decimal;

use crate::research::random::Random;
use crate::strategies::{
    Condition, Definition, Distance, Indicator, NamedIndicator, Operand, Parameter, PositionSide,
    Require, Search, Size, Source, Term,
};

/// Lengths that a composition begins with, bars.
const LENGTHS: [i64; 8] = [5, 10, 15, 20, 30, 50, 75, 100];
/// Lengths of filters.
const LONG: [i64; 4] = [50, 100, 150, 200];
/// Filters at most.
const FILTERS: u64 = 3;

/// One composition in the making.
struct Making<'r> {
    random: &'r mut Random,
    parameters: Vec<Parameter>,
    indicators: Vec<NamedIndicator>,
    require: Vec<Require>,
}

/// A composition, without a name of its own yet.
pub(super) fn composed(random: &mut Random) -> Definition {
    let mut making = Making {
        random,
        parameters: Vec::new(),
        indicators: Vec::new(),
        require: Vec::new(),
    };
    let (signal, words, reverse) = making.signal();
    let mut entry = vec![signal];
    let mut about = vec![words];
    let mut kinds: Vec<u64> = Vec::new();
    for _ in 0..making.random.below(FILTERS) {
        let kind = making.random.below(6);
        if !kinds.contains(&kind) {
            kinds.push(kind);
            let (filter, words) = making.filter(kind);
            entry.push(filter);
            about.push(words);
        }
    }
    let (exit, leaves) = making.exit(reverse);
    let (stop, target) = making.distances();
    Definition {
        name: "found".to_owned(),
        version: "1".to_owned(),
        about: format!("long when {}; out {leaves}", about.join(" and ")),
        side: PositionSide::Long,
        parameters: making.parameters,
        require: making.require,
        indicators: making.indicators,
        entry: Condition::All(entry),
        exit,
        stop: Some(stop),
        target,
        size: Size {
            quantity: Term::Number(Decimal::ZERO),
            share: Term::Number(Decimal::new(95, 2)),
        },
    }
}

fn close() -> Operand {
    Operand::Bar(Source::Close)
}

fn number(n: i64) -> Operand {
    Operand::Number(n.into())
}

impl Making<'_> {
    /// A parameter with a range, a default and the values that a search tries.
    fn parameter(&mut self, name: &str, about: &str, whole: bool, values: [Decimal; 4]) -> Term {
        let [from, to, step, default] = values;
        self.parameters.push(Parameter {
            name: name.to_owned(),
            about: about.to_owned(),
            whole,
            from,
            to,
            default,
            search: Some(Search { from, to, step }),
        });
        Term::Parameter(name.to_owned())
    }

    fn length(&mut self, name: &str, of: &[i64]) -> Term {
        let default = *self.random.pick(of);
        let values = [5, 200, 5, default].map(Decimal::from);
        self.parameter(name, "a length, bars", true, values)
    }

    /// A level of an indicator, in tenths.
    fn level(&mut self, name: &str, tenths: [i64; 4]) -> Operand {
        let values = tenths.map(|n| Decimal::new(n, 1).normalize());
        self.parameter(name, "a level of an indicator", false, values);
        Operand::Parameter(name.to_owned())
    }

    fn indicator(&mut self, name: &str, is: Indicator) -> Operand {
        self.indicators.push(NamedIndicator {
            name: name.to_owned(),
            is,
        });
        Operand::Indicator(name.to_owned())
    }

    fn average(&mut self, name: &str, of: &[i64]) -> Operand {
        let length = self.length(name, of);
        let of = Source::Close;
        let is = match self.random.below(2) {
            0 => Indicator::Ema { of, length },
            _ => Indicator::Sma { of, length },
        };
        self.indicator(name, is)
    }

    /// Above, or the moment it gets there.
    fn rises(&mut self, one: Operand, other: Operand) -> Condition {
        match self.random.below(2) {
            0 => Condition::Above(one, other),
            _ => Condition::CrossesAbove(one, other),
        }
    }

    fn falls(&mut self, one: Operand, other: Operand) -> Condition {
        match self.random.below(2) {
            0 => Condition::Below(one, other),
            _ => Condition::CrossesBelow(one, other),
        }
    }

    /// What makes it enter, in words too, and what would be the reverse of it.
    fn signal(&mut self) -> (Condition, String, Condition) {
        let of = Source::Close;
        match self.random.below(9) {
            0 => {
                let fast = self.average("fast", &LENGTHS[..5]);
                let slow = self.average("slow", &LENGTHS[5..]);
                self.require.push(Require {
                    parameter: "fast".into(),
                    below: "slow".into(),
                });
                let reverse = Condition::Below(fast.clone(), slow.clone());
                (
                    self.rises(fast, slow),
                    "a fast average is above a slow one".into(),
                    reverse,
                )
            }
            1 => {
                let average = self.average("average", &LENGTHS);
                let reverse = Condition::Below(close(), average.clone());
                (
                    self.rises(close(), average),
                    "the close is above its average".into(),
                    reverse,
                )
            }
            2 => {
                let (of, words) = match self.random.below(2) {
                    0 => (Source::High, "the highest high"),
                    _ => (Source::Close, "the highest close"),
                };
                let length = self.length("channel", &LENGTHS);
                let highest = self.indicator(
                    "highest",
                    Indicator::Highest {
                        of,
                        length: length.clone(),
                    },
                );
                let lowest = self.indicator(
                    "lowest",
                    Indicator::Lowest {
                        of: Source::Low,
                        length,
                    },
                );
                let reverse = Condition::Below(close(), lowest);
                (
                    Condition::Above(close(), highest),
                    format!("it closes above {words}"),
                    reverse,
                )
            }
            3 | 4 => {
                let length = self.length("strength", &LENGTHS[..5]);
                let rsi = self.indicator("rsi", Indicator::Rsi { of, length });
                let low = self.level("weak", [150, 450, 50, 300]);
                let reverse = Condition::Above(rsi.clone(), number(60));
                if self.random.below(2) == 0 {
                    (self.falls(rsi, low), "its strength is low".into(), reverse)
                } else {
                    (
                        Condition::CrossesAbove(rsi, low),
                        "its strength recovers".into(),
                        reverse,
                    )
                }
            }
            5 => {
                let length = self.length("window", &LENGTHS);
                let score = self.indicator("score", Indicator::Zscore { of, length });
                let low = self.level("depth", [-30, -5, 5, -15]);
                let reverse = Condition::Above(score.clone(), number(0));
                (
                    self.falls(score, low),
                    "it lies far below its mean".into(),
                    reverse,
                )
            }
            6 => {
                let length = self.length("window", &LENGTHS);
                let width = Term::Number(2.into());
                let band = Indicator::LowerBand {
                    of,
                    length: length.clone(),
                    width,
                };
                let band = self.indicator("band", band);
                let mean = self.indicator("mean", Indicator::Sma { of, length });
                let reverse = Condition::Above(close(), mean);
                (
                    self.falls(close(), band),
                    "it closes below its lower band".into(),
                    reverse,
                )
            }
            7 => {
                let length = self.length("window", &LENGTHS);
                let width = Term::Number(2.into());
                let band = Indicator::UpperBand {
                    of,
                    length: length.clone(),
                    width,
                };
                let band = self.indicator("band", band);
                let mean = self.indicator("mean", Indicator::Sma { of, length });
                let reverse = Condition::Below(close(), mean);
                (
                    self.rises(close(), band),
                    "it closes above its upper band".into(),
                    reverse,
                )
            }
            _ => {
                let length = self.length("window", &LENGTHS);
                let change = self.indicator("change", Indicator::Roc { of, length });
                let least = self.level("thrust", [0, 50, 5, 10]);
                let reverse = Condition::Below(change.clone(), number(0));
                (
                    self.rises(change, least),
                    "it has risen enough".into(),
                    reverse,
                )
            }
        }
    }

    /// What must hold besides.
    fn filter(&mut self, kind: u64) -> (Condition, String) {
        let of = Source::Close;
        match kind {
            0 => {
                let trend = self.average("trend", &LONG);
                (Condition::Above(close(), trend), "the trend is up".into())
            }
            1 => {
                let trend = self.average("slope", &LONG);
                (Condition::Below(close(), trend), "the trend is down".into())
            }
            2 => {
                let length = self.length("momentum", &LONG);
                let change = self.indicator("momentum", Indicator::Roc { of, length });
                (
                    Condition::Above(change, number(0)),
                    "it has gained for long".into(),
                )
            }
            3 => {
                let length = self.length("busy", &LENGTHS);
                let usual = self.indicator(
                    "busy",
                    Indicator::Sma {
                        of: Source::Volume,
                        length,
                    },
                );
                let volume = Operand::Bar(Source::Volume);
                (
                    Condition::Above(volume, usual),
                    "more is traded than usual".into(),
                )
            }
            4 => {
                let length = self.length("calm", &LENGTHS[..5]);
                let rsi = self.indicator("calm", Indicator::Rsi { of, length });
                (
                    Condition::Below(rsi, number(70)),
                    "it has not run hot".into(),
                )
            }
            _ => (
                Condition::Above(close(), Operand::Bar(Source::Open)),
                "the bar has risen".into(),
            ),
        }
    }

    /// What makes it leave, and in words.
    fn exit(&mut self, reverse: Condition) -> (Condition, String) {
        let of = Source::Close;
        let other = match self.random.below(5) {
            0 | 1 => return (reverse, "when that is over".into()),
            2 => {
                let length = self.length("leave", &LENGTHS);
                let lowest = self.indicator(
                    "leave",
                    Indicator::Lowest {
                        of: Source::Low,
                        length,
                    },
                );
                (Condition::Below(close(), lowest), "below the lowest low")
            }
            3 => {
                let average = self.average("leave", &LENGTHS);
                (
                    Condition::CrossesBelow(close(), average),
                    "when it falls through an average",
                )
            }
            _ => {
                let length = self.length("leave", &LENGTHS[..5]);
                let rsi = self.indicator("leave", Indicator::Rsi { of, length });
                (Condition::Above(rsi, number(75)), "when it has run hot")
            }
        };
        let (condition, words) = other;
        let exit = Condition::Any(vec![reverse, condition]);
        (exit, format!("when that is over or {words}"))
    }

    /// A stop, and at times a target, both in percent or both in true ranges.
    fn distances(&mut self) -> (Distance, Option<Distance>) {
        let by_range = self.random.below(2) == 0;
        let has_target = self.random.below(2) == 0;
        if by_range {
            let length = Term::Number(14.into());
            self.indicator("range", Indicator::Atr { length });
        }
        let mut distance = |name: &str, tenths: [i64; 4]| {
            let values = tenths.map(|n| Decimal::new(n, 1).normalize());
            let factor = self.parameter(name, "distance from the entry", false, values);
            if by_range {
                let of = "range".to_owned();
                Distance::Multiple { of, times: factor }
            } else {
                Distance::Percent(factor)
            }
        };
        let stop = distance("stop", [10, 80, 5, 30]);
        let target = has_target.then(|| distance("target", [10, 160, 10, 60]));
        (stop, target)
    }
}
