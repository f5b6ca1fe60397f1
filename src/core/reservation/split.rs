//! How capital is shared where several want more than there is (R6).
//!
//! `amount × weight ÷ Σ weights`, in whole cents, never above what was asked; what that leaves goes
//! round again. A weight is a Sharpe ratio where it is positive, or with Thompson sampling a draw
//! from the strategy's posterior.

use rust_decimal::{Decimal, MathematicalOps};
use rust_decimal_macros::dec;

use super::SplitPolicy;
use crate::core::id::ReservationId;

/// Somebody who wants a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Claim {
    pub(super) id: ReservationId,
    pub(super) asked: Decimal,
    pub(super) sharpe: Decimal,
    /// Closed trades behind that figure.
    pub(super) trades: u64,
}

const CENT: Decimal = dec!(0.01);

/// What each gets of `free`, in the order of the claims. They sum to no more than `free`.
pub(super) fn split(
    free: Decimal,
    claims: &[Claim],
    policy: SplitPolicy,
    seed: u64,
) -> Vec<Decimal> {
    let weights: Vec<Decimal> = match policy {
        SplitPolicy::SharpeWeighted => claims.iter().map(|c| c.sharpe).collect(),
        SplitPolicy::Thompson => {
            let mut chance = Chance(seed);
            claims.iter().map(|c| draw(c, &mut chance)).collect()
        }
    };
    let mut granted = vec![Decimal::ZERO; claims.len()];
    let mut left = free.max(Decimal::ZERO);
    // Those with a positive weight first; where they leave something, or there are none, the others
    // share equally.
    let positive: Vec<usize> = (0..claims.len())
        .filter(|i| weights[*i] > Decimal::ZERO)
        .collect();
    let others: Vec<usize> = (0..claims.len())
        .filter(|i| weights[*i] <= Decimal::ZERO)
        .collect();
    let equal = vec![Decimal::ONE; claims.len()];
    left -= share(left, claims, &positive, &weights, &mut granted);
    share(left, claims, &others, &equal, &mut granted);
    granted
}

/// Shares `free` among some; gives back what was taken.
fn share(
    free: Decimal,
    claims: &[Claim],
    among: &[usize],
    weights: &[Decimal],
    granted: &mut [Decimal],
) -> Decimal {
    let (mut left, mut open) = (free, among.to_vec());
    // Whoever would get all that it asked gets just that, and the rest goes round again.
    loop {
        let total: Decimal = open.iter().map(|i| weights[*i]).sum();
        if total.is_zero() || left.is_zero() {
            break;
        }
        let full: Vec<usize> = open
            .iter()
            .copied()
            .filter(|i| left * weights[*i] / total >= claims[*i].asked)
            .collect();
        if full.is_empty() {
            cents(left, total, claims, &open, weights, granted);
            left -= open.iter().map(|i| granted[*i]).sum::<Decimal>();
            break;
        }
        for i in &full {
            granted[*i] = claims[*i].asked;
            left -= claims[*i].asked;
        }
        open.retain(|i| !full.contains(i));
    }
    free - left
}

/// Whole cents, those left over by largest remainder, ties to the higher Sharpe ratio.
fn cents(
    free: Decimal,
    total: Decimal,
    claims: &[Claim],
    open: &[usize],
    weights: &[Decimal],
    granted: &mut [Decimal],
) {
    let free = free.trunc_with_scale(2);
    let mut over = free;
    let mut remainders: Vec<(Decimal, usize)> = Vec::with_capacity(open.len());
    for i in open {
        let exact = free * weights[*i] / total;
        granted[*i] = exact.trunc_with_scale(2);
        over -= granted[*i];
        remainders.push((exact - granted[*i], *i));
    }
    remainders.sort_by(|(a, i), (b, j)| {
        let (one, other) = (&claims[*i], &claims[*j]);
        b.cmp(a)
            .then(other.sharpe.cmp(&one.sharpe))
            .then(one.id.cmp(&other.id))
    });
    for (_, i) in remainders {
        if over < CENT {
            break;
        }
        if granted[i] + CENT <= claims[i].asked {
            granted[i] += CENT;
            over -= CENT;
        }
    }
}

/// One draw from a normal posterior around the known ratio, the narrower the more trades are behind
/// it: `sharpe + z ÷ √(1 + trades)`.
fn draw(claim: &Claim, chance: &mut Chance) -> Decimal {
    let width = Decimal::from(1 + claim.trades.min(1_000_000))
        .sqrt()
        .unwrap_or(Decimal::ONE);
    claim.sharpe + (chance.normal() / width).round_dp(8)
}

/// Chance from a seed in the journal (SplitMix64), so that a decision can be made again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Close to normal: the sum of twelve uniform numbers, less six.
    fn normal(&mut self) -> Decimal {
        let sum: u64 = (0..12).map(|_| self.next() >> 34).sum();
        Decimal::from(sum) / Decimal::from(1_u64 << 30) - dec!(6)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::time::Time;

    fn claim(n: u32, asked: Decimal, sharpe: Decimal) -> Claim {
        Claim {
            id: ReservationId {
                at: Time(1_771_068_213_740),
                agent: "trader".parse().unwrap(),
                n,
            },
            asked,
            sharpe,
            trades: 0,
        }
    }

    fn by_sharpe(free: Decimal, claims: &[Claim]) -> Vec<Decimal> {
        split(free, claims, SplitPolicy::SharpeWeighted, 0)
    }

    #[test]
    fn the_documents_own_scenario_by_its_formula() {
        // 12 × 1.5 ÷ 2.3 = 7.826…, 12 × 0.8 ÷ 2.3 = 4.173…; the cent left goes to the larger
        // remainder.
        let claims = [claim(0, dec!(10), dec!(1.5)), claim(1, dec!(10), dec!(0.8))];
        assert_eq!(by_sharpe(dec!(12), &claims), [dec!(7.83), dec!(4.17)]);
    }

    #[test]
    fn nobody_gets_more_than_asked_and_the_rest_goes_round_again() {
        let claims = [
            claim(0, dec!(2), dec!(3)),
            claim(1, dec!(10), dec!(1)),
            claim(2, dec!(10), dec!(1)),
        ];
        assert_eq!(by_sharpe(dec!(12), &claims), [dec!(2), dec!(5), dec!(5)]);
    }

    #[test]
    fn no_positive_ratio_means_equal_parts() {
        let claims = [
            claim(0, dec!(10), dec!(-1)),
            claim(1, dec!(10), dec!(0)),
            claim(2, dec!(10), dec!(-2)),
        ];
        // The cent that is left over goes to the highest ratio.
        assert_eq!(
            by_sharpe(dec!(10), &claims),
            [dec!(3.33), dec!(3.34), dec!(3.33)]
        );
    }

    #[test]
    fn a_ratio_below_zero_gets_what_the_others_leave() {
        let claims = [claim(0, dec!(3), dec!(1)), claim(1, dec!(10), dec!(-1))];
        assert_eq!(by_sharpe(dec!(10), &claims), [dec!(3), dec!(7)]);
        assert_eq!(by_sharpe(dec!(2), &claims), [dec!(2), dec!(0)]);
    }

    #[test]
    fn a_draw_follows_its_seed_and_the_record() {
        let mut claims = [claim(0, dec!(100), dec!(1)), claim(1, dec!(100), dec!(1))];
        let drawn = |claims: &[Claim], seed| split(dec!(100), claims, SplitPolicy::Thompson, seed);
        assert_eq!(drawn(&claims, 7), drawn(&claims, 7));
        assert_ne!(drawn(&claims, 7), drawn(&claims, 8));
        // With a long record chance has little to say.
        for claim in &mut claims {
            claim.trades = 1_000_000;
        }
        for seed in 0..50 {
            let got = drawn(&claims, seed);
            assert!((got[0] - dec!(50)).abs() < dec!(1), "{got:?}");
        }
    }

    proptest! {
        #[test]
        fn shares_fit_and_are_as_large_as_they_can_be(
            free in 0_u64..1_000_000,
            wishes in proptest::collection::vec((1_u64..500_000, -300_i64..300), 1..12),
            policy in prop_oneof![Just(SplitPolicy::SharpeWeighted), Just(SplitPolicy::Thompson)],
            seed in any::<u64>(),
        ) {
            let free = Decimal::new(free as i64, 2);
            let claims: Vec<Claim> = wishes
                .iter()
                .enumerate()
                .map(|(n, (asked, sharpe))| {
                    claim(n as u32, Decimal::new(*asked as i64, 2), Decimal::new(*sharpe, 2))
                })
                .collect();
            let got = split(free, &claims, policy, seed);
            let total: Decimal = got.iter().sum();
            let asked: Decimal = claims.iter().map(|c| c.asked).sum();
            for (claim, amount) in claims.iter().zip(&got) {
                prop_assert!(*amount >= Decimal::ZERO && *amount <= claim.asked);
            }
            // Nothing is left lying while somebody wants it.
            prop_assert_eq!(total, free.min(asked));
        }
    }
}
