//! What is known of each strategy from the trades it has closed: the record that capital is shared
//! by.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;

use super::service::Spread;
use super::text::Name;

/// Strategies on record, at most.
const MAX_STRATEGIES: usize = 1_024;
/// Fewer trades say nothing.
const MIN_TRADES: u64 = 10;

/// All records, by strategy.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
#[cbor(transparent)]
pub struct Records(#[n(0)] BTreeMap<Name, Spread>);

impl Records {
    /// Closed trades of a strategy.
    pub fn trades(&self, strategy: Name) -> u64 {
        self.0.get(&strategy).map_or(0, |r| r.count)
    }

    /// Mean ÷ standard deviation (n − 1) of the returns of a strategy's closed trades; none under ten
    /// of them, and none where all are alike.
    pub fn sharpe(&self, strategy: Name) -> Option<Decimal> {
        let record = self.0.get(&strategy).filter(|r| r.count >= MIN_TRADES)?;
        Some((record.mean / record.deviation()?).round_dp(8))
    }

    /// Counts a closed trade: what it realised, after fees, on what it cost.
    pub(super) fn count(&mut self, strategy: Name, realised: Decimal, cost: Decimal) {
        let Some(change) = realised.checked_div(cost) else {
            return;
        };
        if !self.0.contains_key(&strategy) && self.0.len() >= MAX_STRATEGIES {
            return;
        }
        self.0.entry(strategy).or_default().count(change);
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::MathematicalOps;
    use rust_decimal_macros::dec;

    use super::*;

    #[test]
    fn ten_trades_make_a_record() {
        let name: Name = "ema_cross".parse().unwrap();
        let mut records = Records::default();
        // Returns 1 % to 9 %: mean 5 %, sample variance 60 ÷ 8 = 7.5 %².
        for n in 1..=9 {
            records.count(name, Decimal::from(n), dec!(100));
        }
        assert_eq!(records.sharpe(name), None);
        records.count(name, dec!(5), dec!(100));
        // The tenth at the mean: variance 60 ÷ 9.
        let expected = dec!(0.05) / (dec!(0.0060) / dec!(9)).sqrt().unwrap();
        let found = records.sharpe(name).unwrap();
        assert!((found - expected).abs() < dec!(0.000001), "{found}");
        assert_eq!(records.trades(name), 10);
        records.count(name, dec!(5), Decimal::ZERO);
        assert_eq!(records.trades(name), 10);
    }
}
