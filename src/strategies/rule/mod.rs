//! A definition at work: compiled once, then bar by bar without allocation and without text.
//!
//! Every number that a bar brings has a slot: the bar's own five, then one for each indicator, then the
//! constants. Conditions compare slots; those of the bar before are kept for crossings.

mod indicators;
mod program;
mod slots;
mod window;

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

use super::condition::Condition;
use super::definition::{Definition, Distance, PositionSide};
use super::parameters::Parameters;
use super::{Bar, Standing, Strategy, Wish};
use crate::core::order::Side;
use indicators::Streaming;
use program::Program;
use slots::{Slot, Slots};

/// Decimals of a quantity and of a price.
const DECIMALS: u32 = 8;

/// Bars until a definition signals.
pub(super) fn warm_up(definition: &Definition, parameters: &Parameters) -> u32 {
    let indicators = definition.indicators.iter();
    let ready = indicators.map(|i| i.is.ready_at(whole(i.is.length().of(parameters))));
    let ready = ready.max().unwrap_or(1);
    let conditions = [&definition.entry, &definition.exit];
    ready + u32::from(conditions.into_iter().any(Condition::looks_back))
}

/// What a share of a capital buys at a price, rounded down.
pub(super) fn share_buys(share: Decimal, capital: Decimal, price: Decimal) -> Option<Decimal> {
    let worth = capital.checked_mul(share)?;
    let quantity = worth.checked_div(price)?;
    Some(quantity.round_dp_with_strategy(DECIMALS, RoundingStrategy::ToZero))
}

/// A compiled definition, at work on one symbol.
#[derive(Debug)]
pub(super) struct Rule {
    side: PositionSide,
    indicators: Vec<Streaming>,
    now: Slots,
    before: Slots,
    entry: Program,
    exit: Program,
    /// What a wish is decided by.
    looked_at: Vec<Slot>,
    stop: Option<Level>,
    target: Option<Level>,
    /// Base currency; 0 goes by the share.
    quantity: Decimal,
    share: Decimal,
    capital: Decimal,
    seen: u32,
    warm_up: u32,
}

impl Rule {
    /// # Panics
    /// When the definition is not a checked one, or the parameters are another's.
    pub fn new(definition: &Definition, parameters: &Parameters, capital: Decimal) -> Self {
        let mut slots = Slots::new(definition.indicators.len());
        let compiled = definition.indicators.iter();
        let indicators = compiled
            .map(|i| Streaming::new(&i.is, parameters))
            .collect();
        let mut looked_at = slots.of_indicators();
        let mut program = |condition| {
            Program::compile(
                condition,
                definition,
                parameters,
                &mut slots,
                &mut looked_at,
            )
        };
        let (entry, exit) = (program(&definition.entry), program(&definition.exit));
        let level = |distance: &Option<Distance>| {
            let distance = distance.as_ref()?;
            Level::new(distance, definition, parameters)
        };
        Self {
            side: definition.side,
            indicators,
            before: slots.clone(),
            now: slots,
            entry,
            exit,
            looked_at,
            stop: level(&definition.stop),
            target: level(&definition.target),
            quantity: definition.size.quantity.of(parameters),
            share: definition.size.share.of(parameters),
            capital,
            seen: 0,
            warm_up: warm_up(definition, parameters),
        }
    }

    /// What it enters with at this close; none where a part of it cannot be computed. A float gives back
    /// the very decimal that it was made of, up to 15 digits: more than any venue's price has.
    fn entry_at(&self, close: f64) -> Option<Wish> {
        let price = Decimal::from_f64(close).filter(|price| *price > Decimal::ZERO)?;
        let quantity = if self.quantity.is_zero() {
            share_buys(self.share, self.capital, price)?
        } else {
            self.quantity
        };
        if quantity <= Decimal::ZERO {
            return None;
        }
        let side = self.side.entry();
        let at = |level: &Option<Level>, sign: Decimal| match level {
            None => Some(None),
            Some(level) => level.from(price, sign, &self.now).map(Some),
        };
        Some(Wish {
            stop: at(&self.stop, -side.sign())?,
            target: at(&self.target, side.sign())?,
            ..Wish::at_market(side, quantity.normalize())
        })
    }
}

impl Strategy for Rule {
    fn on_bar(&mut self, bar: &Bar, standing: Standing) -> Option<Wish> {
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.take(bar);
        for (at, indicator) in self.indicators.iter_mut().enumerate() {
            let reading = indicator.next(&self.now);
            self.now.read(at, reading);
        }
        if self.seen < self.warm_up {
            self.seen += 1;
            if self.seen < self.warm_up {
                return None;
            }
        }
        let holds = |program: &Program| program.holds(&self.now, &self.before);
        match (standing, self.side) {
            (Standing::Flat, _) if holds(&self.entry) && !holds(&self.exit) => {
                self.entry_at(bar.close)
            }
            (Standing::Long(held), PositionSide::Long) if holds(&self.exit) => {
                Some(Wish::at_market(Side::Sell, held))
            }
            (Standing::Short(owed), PositionSide::Short) if holds(&self.exit) => {
                Some(Wish::at_market(Side::Buy, owed))
            }
            _ => None,
        }
    }

    fn fund(&mut self, capital: Decimal) {
        self.capital = capital;
    }

    fn features(&self) -> Vec<f64> {
        self.looked_at.iter().map(|slot| self.now[*slot]).collect()
    }
}

/// Where a position is given up, or has earned enough.
#[derive(Debug)]
enum Level {
    /// This fraction of the price away.
    Fraction(Decimal),
    /// So many times a reading away.
    Times(f64, Slot),
}

impl Level {
    /// None where the factor is 0: then there is no level.
    fn new(distance: &Distance, definition: &Definition, parameters: &Parameters) -> Option<Self> {
        let factor = distance.factor().of(parameters);
        if factor.is_zero() {
            return None;
        }
        Some(match distance {
            Distance::Percent(_) => Self::Fraction(factor / Decimal::ONE_HUNDRED),
            Distance::Multiple { of, .. } => {
                Self::Times(float(factor), Slots::indicator(definition, of))
            }
        })
    }

    /// The level, above the price or below it by sign; none where it is no price, or that price itself.
    fn from(&self, price: Decimal, sign: Decimal, now: &Slots) -> Option<Decimal> {
        let away = match self {
            Self::Fraction(fraction) => price.checked_mul(*fraction)?,
            Self::Times(times, slot) => Decimal::from_f64(times * now[*slot])?,
        };
        let level = price.checked_add(away.checked_mul(sign)?)?;
        let level = level.round_dp(DECIMALS).normalize();
        (level > Decimal::ZERO && (level - price) * sign > Decimal::ZERO).then_some(level)
    }
}

/// A parameter that counts bars.
fn whole(number: Decimal) -> u32 {
    number
        .to_u32()
        .expect("a checked length is whole and small")
}

fn float(number: Decimal) -> f64 {
    number.to_f64().expect("every decimal is near some float")
}
