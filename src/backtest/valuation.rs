//! What everything is worth at a close, in whole numbers: a sum of products that is exact, and costs
//! nothing next to a decimal's.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::market::Fixed;

/// Digits of a price after the point that can be counted.
pub(super) const MOST_DIGITS: u8 = 18;
/// Digits of a quantity after the point.
const QUANTITY_SCALE: u32 = 8;

/// An amount, exact: `mantissa` ÷ 10^`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equity {
    mantissa: i128,
    scale: u32,
}

impl From<Decimal> for Equity {
    fn from(amount: Decimal) -> Self {
        Self {
            mantissa: amount.mantissa(),
            scale: amount.scale(),
        }
    }
}

impl Equity {
    /// As a decimal without trailing zeros; what has more than 28 digits is rounded to them.
    pub fn decimal(self) -> Decimal {
        let Self {
            mut mantissa,
            mut scale,
        } = self;
        while scale > 0
            && (mantissa % 10 == 0 || Decimal::try_from_i128_with_scale(mantissa, scale).is_err())
        {
            mantissa /= 10;
            scale -= 1;
        }
        Decimal::try_from_i128_with_scale(mantissa, scale).unwrap_or(Decimal::MAX)
    }

    /// As indicators and curves take it.
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / POWERS_F64[self.scale as usize]
    }

    /// Appends its digits, without trailing zeros.
    pub fn write_into(self, text: &mut Vec<u8>) {
        if self.mantissa < 0 {
            text.push(b'-');
        }
        let power = POWERS[self.scale as usize].unsigned_abs();
        let digits = self.mantissa.unsigned_abs();
        match (u64::try_from(digits), u64::try_from(power)) {
            // Nearly always; a division of 128 bits takes ten times as long.
            (Ok(digits), Ok(power)) => parts(
                text,
                u128::from(digits / power),
                u128::from(digits % power),
                self.scale,
            ),
            _ => parts(text, digits / power, digits % power, self.scale),
        }
    }
}

fn parts(text: &mut Vec<u8>, whole: u128, mut fraction: u128, mut scale: u32) {
    whole_into(text, whole);
    if fraction == 0 {
        return;
    }
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        scale -= 1;
    }
    text.push(b'.');
    let from = text.len();
    whole_into(text, fraction);
    let missing = scale as usize - (text.len() - from);
    text.splice(from..from, std::iter::repeat_n(b'0', missing));
}

fn whole_into(text: &mut Vec<u8>, number: u128) {
    let Ok(mut number) = u64::try_from(number) else {
        return text.extend_from_slice(number.to_string().as_bytes());
    };
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}

impl fmt::Display for Equity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(40);
        self.write_into(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// Cash, what is held of each symbol, and the last price of each.
#[derive(Debug)]
pub(super) struct Valuation {
    price_scale: u32,
    cash: i128,
    held: Vec<i64>,
    prices: Vec<i128>,
    highest: Vec<i128>,
    any: bool,
    /// Whether all of it can be counted in whole numbers.
    pub exact: bool,
}

impl Valuation {
    /// Of symbols whose prices have at most so many digits after the point, and are at most so high.
    pub fn new(price_scale: u8, highest: &[Fixed]) -> Self {
        let mut valuation = Self {
            price_scale: price_scale.into(),
            cash: 0,
            held: vec![0; highest.len()],
            prices: vec![0; highest.len()],
            highest: Vec::new(),
            any: false,
            exact: true,
        };
        valuation.highest = highest.iter().map(|h| valuation.scaled(*h)).collect();
        valuation
    }

    /// A price at the common scale.
    #[inline]
    pub fn scaled(&self, price: Fixed) -> i128 {
        let shift = self.price_scale as usize - usize::from(price.scale);
        // Below 10^12 at most 18 digits after the point: no 128 bits are filled.
        i128::from(price.mantissa).wrapping_mul(POWERS[shift])
    }

    /// A price at the common scale, as indicators take it.
    pub fn unscaled(&self, price: i128) -> f64 {
        price as f64 / POWERS_F64[self.price_scale as usize]
    }

    /// The last price of a symbol.
    #[inline]
    pub fn price(&mut self, symbol: usize, price: Fixed) {
        self.prices[symbol] = self.scaled(price);
    }

    /// What is in the account now: of the quote currency, and of each base.
    pub fn account(&mut self, cash: Decimal, held: impl Iterator<Item = Decimal>) {
        let scale = self.price_scale + QUANTITY_SCALE;
        self.exact = true;
        match whole(cash, scale) {
            Some(cash) => self.cash = cash,
            None => self.exact = false,
        }
        self.any = false;
        for (at, held) in held.enumerate() {
            let counted = whole(held, QUANTITY_SCALE).and_then(|h| i64::try_from(h).ok());
            // All symbols together must stay countable too.
            let fits = counted.is_some_and(|h| {
                let most = self.highest[at].checked_mul(i128::from(h));
                most.is_some_and(|m| m.unsigned_abs() < i128::MAX.unsigned_abs() >> 16)
            });
            self.exact &= fits;
            self.held[at] = counted.unwrap_or(0);
            self.any |= !held.is_zero();
        }
    }

    /// Whether anything is held whose worth moves.
    pub fn holds(&self) -> bool {
        self.any
    }

    /// The worth of all of it; only where it is [exact](Self::exact).
    #[inline]
    pub fn equity(&self) -> Equity {
        let mut sum = self.cash;
        if self.any {
            for (held, price) in self.held.iter().zip(&self.prices) {
                sum = sum.wrapping_add(i128::from(*held).wrapping_mul(*price));
            }
        }
        Equity {
            mantissa: sum,
            scale: self.price_scale + QUANTITY_SCALE,
        }
    }

    /// An amount as a floor, rounded up: rather one look too many.
    pub fn floor(&self, amount: Decimal) -> Floor {
        let scale = self.price_scale + QUANTITY_SCALE;
        let up = if amount.scale() > scale {
            amount.round_dp_with_strategy(scale, RoundingStrategy::ToPositiveInfinity)
        } else {
            amount
        };
        // What cannot be counted lies beyond all that can.
        let beyond = if amount.is_sign_negative() {
            i128::MIN
        } else {
            i128::MAX
        };
        Floor(whole(up, scale).unwrap_or(beyond))
    }
}

/// An amount below which a limit may be broken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor(i128);

impl Floor {
    /// No equity comes to it.
    pub const NONE: Self = Self(i128::MIN);

    /// Whether an equity of the same valuation is at or under it.
    #[inline]
    pub fn is_reached(self, equity: Equity) -> bool {
        equity.mantissa <= self.0
    }
}

/// A decimal as a whole number of 10^-`scale`, where it is one.
fn whole(amount: Decimal, scale: u32) -> Option<i128> {
    let mut mantissa = amount.mantissa();
    let mut has = amount.scale();
    while has > scale {
        if mantissa % 10 != 0 {
            return None;
        }
        mantissa /= 10;
        has -= 1;
    }
    mantissa.checked_mul(POWERS[(scale - has) as usize])
}

const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

const POWERS_F64: [f64; 39] = {
    let mut powers = [1.0; 39];
    let mut at = 0;
    while at < 39 {
        powers[at] = POWERS[at] as f64;
        at += 1;
    }
    powers
};

/// A recorded number as indicators take it.
#[inline]
pub(super) fn float(number: Fixed) -> f64 {
    number.mantissa as f64 / POWERS_F64[usize::from(number.scale)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal_macros::dec;

    use super::*;

    fn fixed(mantissa: i64, scale: u8) -> Fixed {
        Fixed { mantissa, scale }
    }

    #[test]
    fn worth_is_cash_and_what_is_held_at_the_last_prices() {
        let mut valuation = Valuation::new(2, &[fixed(9, 0), fixed(5, 0)]);
        valuation.price(0, fixed(725, 2));
        valuation.price(1, fixed(3, 0));
        valuation.account(dec!(100.005), [dec!(-0.5), dec!(2)].into_iter());
        assert!(valuation.exact && valuation.holds());
        assert_eq!(valuation.equity().decimal(), dec!(102.38));
        assert!(valuation.floor(dec!(102.38)).is_reached(valuation.equity()));
        assert!(
            !valuation
                .floor(dec!(102.379))
                .is_reached(valuation.equity())
        );
        valuation.account(dec!(0.00000000001), [dec!(0), dec!(0)].into_iter());
        assert!(!valuation.exact, "eleven digits are too many");
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_decimal(mantissa in -1_000_000_000_000_000_000i64.., scale in 0u32..=28) {
            let decimal = Decimal::new(mantissa, scale);
            let equity = Equity::from(decimal);
            prop_assert_eq!(equity.to_string(), decimal.normalize().to_string());
            prop_assert_eq!(equity.decimal(), decimal);
        }
    }
}
