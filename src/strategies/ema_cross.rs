//! Long while a fast average of the closes lies above a slow one.

use rust_decimal::Decimal;

use super::{Bar, BuiltIn, Parameter, ParameterError, Parameters, Range, Standing, Strategy, Wish};
use crate::core::order::Side;

pub(super) const EMA_CROSS: BuiltIn = BuiltIn {
    name: "ema_cross",
    version: "1",
    about: "long while the fast exponential average of the closes lies above the slow one",
    parameters: &[
        Parameter {
            name: "fast",
            about: "length of the fast average, bars",
            range: Range::Whole {
                from: 1,
                to: 10_000,
            },
            default: 10,
        },
        Parameter {
            name: "slow",
            about: "length of the slow average, bars; longer than fast",
            range: Range::Whole {
                from: 2,
                to: 10_000,
            },
            default: 30,
        },
        Parameter {
            name: "quantity",
            about: "what is bought, base currency",
            range: Range::Above0 { to: 1_000_000_000 },
            default: 1,
        },
    ],
    check: |parameters| {
        let (fast, slow) = (parameters.get("fast"), parameters.get("slow"));
        if fast < slow {
            return Ok(());
        }
        Err(ParameterError::Together(format!(
            "fast = {fast} is not below slow = {slow}"
        )))
    },
    build: |parameters| Box::new(EmaCross::new(parameters)),
};

/// An exponential average that starts with the first value: each new one counts 2 ÷ (length + 1).
#[derive(Debug)]
struct Average {
    weight: f64,
    value: f64,
}

impl Average {
    fn new(length: u32) -> Self {
        Self {
            weight: 2.0 / (f64::from(length) + 1.0),
            value: 0.0,
        }
    }
}

#[derive(Debug)]
struct EmaCross {
    fast: Average,
    slow: Average,
    seen: u64,
    warm_up: u64,
    quantity: Decimal,
}

impl EmaCross {
    fn new(parameters: &Parameters) -> Self {
        let slow = parameters.whole("slow");
        Self {
            fast: Average::new(parameters.whole("fast")),
            slow: Average::new(slow),
            seen: 0,
            warm_up: slow.into(),
            quantity: parameters.get("quantity"),
        }
    }
}

impl Strategy for EmaCross {
    fn on_bar(&mut self, bar: &Bar, standing: Standing) -> Option<Wish> {
        self.seen += 1;
        for average in [&mut self.fast, &mut self.slow] {
            if self.seen == 1 {
                average.value = bar.close;
            } else {
                average.value += (bar.close - average.value) * average.weight;
            }
        }
        if self.seen < self.warm_up {
            return None;
        }
        let rising = self.fast.value > self.slow.value;
        match standing {
            Standing::Flat if rising => Some(Wish::at_market(Side::Buy, self.quantity)),
            Standing::Long(held) if !rising => Some(Wish::at_market(Side::Sell, held)),
            _ => None,
        }
    }

    fn features(&self) -> Vec<f64> {
        vec![self.fast.value, self.slow.value]
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;
    use crate::core::Time;

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

    fn set(values: &[(&str, Decimal)]) -> Result<super::super::Chosen, ParameterError> {
        let values: Vec<_> = values.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        BuiltIn::named("ema_cross").unwrap().with(&values)
    }

    #[test]
    fn it_waits_for_its_slowest_average_then_follows_the_cross() {
        let chosen = set(&[
            ("fast", dec!(1)),
            ("slow", dec!(3)),
            ("quantity", dec!(0.5)),
        ]);
        let mut cross = chosen.unwrap().build();
        assert_eq!(cross.on_bar(&bar(1.0), Standing::Flat), None);
        assert_eq!(
            cross.on_bar(&bar(2.0), Standing::Flat),
            None,
            "not yet three"
        );
        let buy = Wish::at_market(Side::Buy, dec!(0.5));
        assert_eq!(cross.on_bar(&bar(3.0), Standing::Waiting), None);
        assert_eq!(cross.on_bar(&bar(3.0), Standing::Flat), Some(buy));
        let long = Standing::Long(dec!(0.4));
        assert_eq!(cross.on_bar(&bar(4.0), long), None);
        let sell = Wish::at_market(Side::Sell, dec!(0.4));
        assert_eq!(cross.on_bar(&bar(1.0), long), Some(sell));
        assert_eq!(cross.features().len(), 2);
    }

    #[test]
    fn what_is_wrong_with_a_parameter_names_what_is_allowed() {
        let said = |values: &[(&str, Decimal)]| set(values).unwrap_err().to_string();
        assert_eq!(
            said(&[("fst", dec!(3))]),
            "there is no parameter \"fst\": fast, slow, quantity are allowed"
        );
        assert_eq!(
            said(&[("fast", dec!(1.5))]),
            "fast = 1.5 is out of range: 1 to 10000, whole, is allowed"
        );
        assert!(said(&[("quantity", dec!(0))]).contains("above 0"));
        assert!(said(&[("fast", dec!(30))]).contains("not below slow = 30"));
        assert_eq!(
            said(&[("fast", dec!(3)), ("fast", dec!(4))]),
            "fast is set twice"
        );
        let wrong = BuiltIn::named("ema").unwrap_err().to_string();
        assert_eq!(wrong, "there is no strategy \"ema\": ema_cross is allowed");
    }
}
