//! The numbers of one bar, each in its place.

use std::ops::Index;

use crate::strategies::definition::Definition;
use crate::strategies::{Bar, Source};

/// The place of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(u16);

/// The bar's own numbers, the readings, the constants.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    numbers: Vec<f64>,
    indicators: usize,
}

impl Slots {
    /// For so many indicators, without constants.
    pub fn new(indicators: usize) -> Self {
        Self {
            numbers: vec![f64::NAN; Source::COUNT + indicators],
            indicators,
        }
    }

    /// The place of a bar's number.
    pub fn source(source: Source) -> Slot {
        Slot(source as u16)
    }

    /// The place of an indicator's reading.
    pub fn indicator(definition: &Definition, name: &str) -> Slot {
        let at = definition.indicators.iter().position(|i| i.name == name);
        Self::reading(at.expect("a checked definition refers to its own indicators"))
    }

    fn reading(at: usize) -> Slot {
        Slot((Source::COUNT + at) as u16)
    }

    /// The places of all readings.
    pub fn of_indicators(&self) -> Vec<Slot> {
        (0..self.indicators).map(Self::reading).collect()
    }

    /// A place for a number that never changes.
    pub fn constant(&mut self, number: f64) -> Slot {
        self.numbers.push(number);
        Slot((self.numbers.len() - 1) as u16)
    }

    /// Takes a bar's own numbers in.
    #[inline]
    pub fn take(&mut self, bar: &Bar) {
        let own = [bar.open, bar.high, bar.low, bar.close, bar.volume];
        self.numbers[..Source::COUNT].copy_from_slice(&own);
    }

    /// Takes the reading of the indicator at that place of the definition in.
    #[inline]
    pub fn read(&mut self, at: usize, reading: f64) {
        self.numbers[Source::COUNT + at] = reading;
    }
}

impl Index<Slot> for Slots {
    type Output = f64;

    #[inline]
    fn index(&self, slot: Slot) -> &f64 {
        &self.numbers[usize::from(slot.0)]
    }
}
