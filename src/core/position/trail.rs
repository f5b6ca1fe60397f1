//! Trailing stops (P4): armed by a gain, they follow the best price at a distance and only ever
//! tighten, in steps that are worth an event and an amendment at the venue.

use minicbor::{Decode, Encode};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::Position;
use crate::core::order::Side;
use crate::core::settings::ExecutionSettings;

/// A stop that follows the price (P4).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Encode, Decode)]
pub struct Trail {
    /// How far behind the best price, a fraction of it.
    #[cbor(n(0), with = "crate::core::codec::dec", has_nil)]
    pub distance: Decimal,
    /// The best price that moved the stop, armed it, or stood when somebody set it; none before.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub best: Option<Decimal>,
    /// Whether the gain that arms it was reached.
    #[n(2)]
    pub armed: bool,
}

impl Trail {
    /// One that has seen no price yet.
    pub(in crate::core) fn new(distance: Decimal) -> Self {
        Self {
            distance,
            best: None,
            armed: false,
        }
    }

    /// The better of a price and the best so far.
    fn better(&self, side: Side, price: Decimal) -> Decimal {
        match (self.best, side) {
            (None, _) => price,
            (Some(best), Side::Buy) => best.max(price),
            (Some(best), Side::Sell) => best.min(price),
        }
    }

    /// The stop that lies the distance behind a best price, on the venue's step, rounded towards
    /// the price: a stop is rather hit early than late.
    fn behind(&self, side: Side, best: Decimal, step: Decimal) -> Decimal {
        let exact = best - best * self.distance * side.sign();
        if step.is_zero() {
            return exact.normalize();
        }
        let towards = match side {
            Side::Buy => RoundingStrategy::ToPositiveInfinity,
            Side::Sell => RoundingStrategy::ToNegativeInfinity,
        };
        ((exact / step).round_dp_with_strategy(0, towards) * step).normalize()
    }
}

impl Position {
    /// The stop that a price moves this position's to, or arms it at; none where all stays. What
    /// is not better than the best so far moves nothing, so a stop that somebody set stands until
    /// the price has come further than it was then.
    pub(super) fn follow(&self, price: Decimal, settings: &ExecutionSettings) -> Option<Decimal> {
        let trail = self.trail.as_ref()?;
        let sign = self.side.sign();
        if trail
            .best
            .is_some_and(|b| (price - b) * sign <= Decimal::ZERO)
        {
            return None;
        }
        let entry = self.entry();
        let gain = (price - entry) * sign;
        if !trail.armed && gain < entry * settings.trail_activation {
            return None;
        }
        let behind = trail.behind(self.side, price, settings.price_step);
        if behind <= Decimal::ZERO || (price - behind) * sign <= Decimal::ZERO {
            return None;
        }
        match self.stop {
            None => Some(behind),
            Some(stop) if (behind - stop) * sign >= stop * settings.trail_step => Some(behind),
            Some(stop) => (!trail.armed).then_some(stop),
        }
    }

    /// The best price at which an armed trail goes on after somebody has set stop or distance, and
    /// the stop where the new distance asks for a tighter one.
    pub(in crate::core) fn follow_on(
        &self,
        price: Decimal,
        stop_given: bool,
        settings: &ExecutionSettings,
    ) -> Option<(Decimal, Option<Decimal>)> {
        let trail = self.trail.as_ref().filter(|t| t.armed)?;
        let sign = self.side.sign();
        let best = trail.better(self.side, price);
        let behind = trail.behind(self.side, best, settings.price_step);
        let fits = behind > Decimal::ZERO && (price - behind) * sign > Decimal::ZERO;
        let tighter = self
            .stop
            .is_none_or(|s| (behind - s) * sign > Decimal::ZERO);
        Some((best, (!stop_given && fits && tighter).then_some(behind)))
    }

    pub(in crate::core) fn set_trail(&mut self, distance: Option<Decimal>) {
        self.trail = distance.map(|distance| Trail {
            distance,
            ..self.trail.unwrap_or(Trail::new(distance))
        });
    }

    pub(in crate::core) fn trailed(&mut self, best: Decimal, stop: Option<Decimal>) {
        if let Some(trail) = &mut self.trail {
            trail.best = Some(best);
            trail.armed |= stop.is_some();
        }
        if stop.is_some() {
            self.stop = stop;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fill, position};
    use super::*;
    use crate::core::settings::Settings;
    use rust_decimal_macros::dec;

    fn open(side: Side, entry: Decimal, stop: Option<Decimal>) -> Position {
        let mut open = position(side, dec!(1));
        open.enter(&fill(entry, dec!(2)));
        open.stop = stop;
        open.trail = Some(Trail::new(dec!(0.015)));
        open
    }

    /// Looks at prices one after the other; what moved is kept as the events would keep it.
    fn walk(position: &mut Position, step: Decimal, prices: &[Decimal]) -> Vec<Option<Decimal>> {
        let mut settings = Settings::of(&[]).execution;
        settings.price_step = step;
        let look = |price: &Decimal| {
            let stop = position.follow(*price, &settings);
            if stop.is_some() {
                position.trailed(*price, stop);
            }
            stop
        };
        prices.iter().map(look).collect()
    }

    #[test]
    fn a_long_arms_at_one_percent_and_its_stop_only_rises_in_steps() {
        let mut long = open(Side::Buy, dec!(100), Some(dec!(98)));
        let prices = [
            dec!(100.99),
            dec!(101),
            dec!(101.05),
            dec!(103),
            dec!(102),
            dec!(90),
            dec!(103),
            dec!(103.2),
        ];
        assert_eq!(
            walk(&mut long, dec!(0.01), &prices),
            [
                None,
                Some(dec!(99.49)), // 99.485, rounded towards the price
                None,              // less than a tenth of a percent further
                Some(dec!(101.46)),
                None,
                None,
                None,
                Some(dec!(101.66)),
            ]
        );
    }

    #[test]
    fn a_short_is_the_mirror_and_a_tighter_stop_of_its_own_stays() {
        let mut short = open(Side::Sell, dec!(100), Some(dec!(100.2)));
        let moved = walk(
            &mut short,
            dec!(0.01),
            &[
                dec!(99.01),
                dec!(99),
                dec!(98),
                dec!(99),
                dec!(97.9),
                dec!(97),
            ],
        );
        assert_eq!(
            moved,
            [
                None,
                Some(dec!(100.2)), // armed; 100.48 would be looser
                Some(dec!(99.47)),
                None,
                Some(dec!(99.36)),
                Some(dec!(98.45)),
            ]
        );
    }

    #[test]
    fn a_trail_without_a_stop_makes_one_when_it_is_armed() {
        let mut long = open(Side::Buy, dec!(100), None);
        let moved = walk(&mut long, dec!(0), &[dec!(100.5), dec!(102)]);
        assert_eq!(moved, [None, Some(dec!(100.47))]);
    }

    #[test]
    fn steps_so_coarse_that_the_stop_would_meet_the_price_move_nothing() {
        let mut long = open(Side::Buy, dec!(100), None);
        assert_eq!(walk(&mut long, dec!(5), &[dec!(105)]), [None]);
    }

    #[test]
    fn a_looser_stop_by_hand_stands_until_the_price_comes_further() {
        let mut long = open(Side::Buy, dec!(100), Some(dec!(98)));
        walk(&mut long, dec!(0.01), &[dec!(104)]);
        let settings = Settings::of(&[]).execution;
        long.stop = Some(dec!(99));
        let (best, stop) = long.follow_on(dec!(103), true, &settings).unwrap();
        assert_eq!((best, stop), (dec!(104), None));
        long.trailed(best, stop);
        let moved = walk(
            &mut long,
            dec!(0.01),
            &[dec!(103.9), dec!(104), dec!(104.01)],
        );
        assert_eq!(moved, [None, None, Some(dec!(102.45))]);
        // A shorter distance tightens at once, a longer one loosens nothing.
        long.set_trail(Some(dec!(0.01)));
        let shorter = long.follow_on(dec!(104), false, &settings).unwrap();
        assert_eq!(shorter, (dec!(104.01), Some(dec!(102.9699))));
        long.set_trail(Some(dec!(0.03)));
        let longer = long.follow_on(dec!(104), false, &settings).unwrap();
        assert_eq!(longer, (dec!(104.01), None));
    }
}
