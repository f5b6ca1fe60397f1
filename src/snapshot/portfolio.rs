//! The account's allocation against its targets, by the rule that a rebalance would follow.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::samples::Samples;
use crate::core::{State, Time};

/// The shares the account should be kept at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    /// Share of each asset, 0 to 1.
    pub shares: BTreeMap<String, Decimal>,
    /// Deviation of a share above which trades restore the targets, 0 to 1.
    pub threshold: Decimal,
    /// Amounts of assets that are left out: they are never sold.
    pub bags: BTreeMap<String, Decimal>,
}

/// `portfolio`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Portfolio {
    /// Engine time.
    pub timestamp: Time,
    /// `rebalance` where a share is further from its target than the threshold, else `no_action`.
    pub action: String,
    /// Worth of what the targets are about, bags left out.
    pub total_equity_usd: Decimal,
    /// What is held or wanted, by name.
    pub assets: Vec<AssetRow>,
    /// The largest deviation, whichever way.
    pub max_deviation_pct: Decimal,
    /// What restores the targets: the answer of a rebalance has it.
    pub trades: Vec<TradeRow>,
    /// How trades are carried out; none where there are none.
    pub execution_strategy: Option<String>,
    /// Whether a rule chose it because no model did.
    pub used_fallback_strategy: bool,
    /// In a sentence.
    pub reasoning: String,
    /// Journal position.
    pub seq: u64,
}

/// An asset's share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssetRow {
    /// Its name.
    pub asset: String,
    /// Worth of what is held of it, its bag left out; none without a price.
    pub value_usd: Option<Decimal>,
    /// Of the whole, in percent; none without a price.
    pub pct: Option<Decimal>,
    /// What it should be; 0 for an asset that no target names.
    pub target_pct: Decimal,
    /// How far above its target it is.
    pub deviation_pct: Option<Decimal>,
    /// Its bag, in the asset's own units.
    pub hodl: Decimal,
}

/// A trade that restores a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TradeRow {
    /// Pair.
    pub symbol: String,
    /// `SELL` or `BUY`.
    pub action: String,
    /// Worth.
    pub amount_usd: Decimal,
    /// `market`, `limit`, `dca`.
    pub execution_type: String,
    /// The lowest first.
    pub priority: u32,
    /// Which of its batches; none where it is sent at once.
    pub batch: Option<u32>,
}

/// Decimals of a share in percent.
const PERCENT: u32 = 2;

/// The allocation as it is.
pub(super) fn portfolio(state: &State, samples: &Samples) -> Portfolio {
    let account = &state.account;
    let symbols = &state.settings.symbols;
    let targets = &samples.targets;
    let held = account
        .balances
        .iter()
        .filter(|(_, held)| !held.0.is_zero());
    let names: BTreeSet<&String> = held
        .map(|(name, _)| name)
        .chain(targets.shares.keys())
        .collect();
    let holdings: Vec<Holding> = names
        .into_iter()
        .map(|asset| {
            let bag = targets.bags.get(asset).copied().unwrap_or_default();
            let free = (account.balance(asset) - bag).max(Decimal::ZERO);
            let price = crate::core::position::Account::price(asset, &samples.quotes, symbols);
            let value = if free.is_zero() {
                Some(Decimal::ZERO)
            } else {
                price.map(|price| free * price)
            };
            Holding {
                asset: asset.clone(),
                value,
                bag,
            }
        })
        .collect();
    Portfolio {
        timestamp: samples.clock.unwrap_or(state.time),
        seq: state.seq,
        ..weighed(holdings, targets)
    }
}

/// What is held of an asset.
struct Holding {
    asset: String,
    /// USD, the bag left out.
    value: Option<Decimal>,
    bag: Decimal,
}

/// Shares against targets. An account that holds nothing is at its targets.
fn weighed(holdings: Vec<Holding>, targets: &Targets) -> Portfolio {
    let total: Decimal = holdings.iter().filter_map(|h| h.value).sum();
    let percent = |share: Decimal| share * Decimal::ONE_HUNDRED;
    let mut widest = (Decimal::ZERO, None);
    let mut unpriced = Vec::new();
    let assets = holdings
        .into_iter()
        .map(|holding| {
            let target = targets.shares.get(&holding.asset);
            let target = target.copied().unwrap_or_default();
            let share = match holding.value {
                Some(value) => Some(value.checked_div(total).unwrap_or(target)),
                None => {
                    unpriced.push(holding.asset.clone());
                    None
                }
            };
            let deviation = share.map(|share| share - target);
            if let Some(off) = deviation.map(|d| d.abs())
                && off > widest.0
            {
                widest = (off, Some(holding.asset.clone()));
            }
            let shown = |share: Decimal| percent(share).round_dp(PERCENT).normalize();
            AssetRow {
                asset: holding.asset,
                value_usd: holding
                    .value
                    .map(|value| value.round_dp(PERCENT).normalize()),
                pct: share.map(shown),
                target_pct: percent(target).normalize(),
                deviation_pct: deviation.map(shown),
                hodl: holding.bag.normalize(),
            }
        })
        .collect();
    let named = !targets.shares.is_empty();
    let over = named && unpriced.is_empty() && widest.0 > targets.threshold;
    let reasoning = reasoning(&widest, over, targets, &unpriced);
    Portfolio {
        action: if over { "rebalance" } else { "no_action" }.to_owned(),
        total_equity_usd: total.round_dp(PERCENT).normalize(),
        assets,
        max_deviation_pct: percent(widest.0).round_dp(PERCENT).normalize(),
        reasoning,
        ..Portfolio::default()
    }
}

fn reasoning(
    (widest, asset): &(Decimal, Option<String>),
    over: bool,
    targets: &Targets,
    unpriced: &[String],
) -> String {
    if targets.shares.is_empty() {
        return "no targets are known here".to_owned();
    }
    if !unpriced.is_empty() {
        return format!(
            "no price of {}: its share is not known",
            unpriced.join(", ")
        );
    }
    let Some(asset) = asset else {
        return "every share is at its target".to_owned();
    };
    let percent = |share: Decimal| (share * Decimal::ONE_HUNDRED).round_dp(PERCENT).normalize();
    let (widest, threshold) = (percent(*widest), percent(targets.threshold));
    if over {
        format!("{asset} is {widest} % off its target, over the threshold of {threshold} %")
    } else {
        format!("{asset} is {widest} % off its target, within the threshold of {threshold} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn targets(threshold: Decimal) -> Targets {
        Targets {
            shares: [
                ("BTC", dec!(0.3333)),
                ("XRP", dec!(0.3333)),
                ("USDT", dec!(0.3334)),
            ]
            .map(|(asset, share)| (asset.to_owned(), share))
            .into(),
            threshold,
            bags: BTreeMap::new(),
        }
    }

    fn of(values: &[(&str, Decimal)], threshold: Decimal) -> Portfolio {
        let holding = |(asset, value): &(&str, Decimal)| Holding {
            asset: (*asset).to_owned(),
            value: Some(*value),
            bag: Decimal::ZERO,
        };
        weighed(values.iter().map(holding).collect(), &targets(threshold))
    }

    /// The documents' example: 4,100 USD.
    const EXAMPLE: [(&str, Decimal); 3] = [
        ("BTC", dec!(1535)),
        ("USDT", dec!(1275)),
        ("XRP", dec!(1290)),
    ];

    #[test]
    fn the_documents_example_is_within_its_threshold() {
        let p = of(&EXAMPLE, dec!(0.05));
        assert_eq!(p.total_equity_usd, dec!(4100));
        let one = |p: Option<Decimal>| p.unwrap().round_dp(1);
        let shares: Vec<Decimal> = p.assets.iter().map(|a| one(a.pct)).collect();
        assert_eq!(shares, [dec!(37.4), dec!(31.1), dec!(31.5)]);
        let off: Vec<Decimal> = p.assets.iter().map(|a| one(a.deviation_pct)).collect();
        assert_eq!(off, [dec!(4.1), dec!(-2.2), dec!(-1.9)]);
        assert_eq!((p.max_deviation_pct, &*p.action), (dec!(4.11), "no_action"));
        assert!(p.trades.is_empty() && p.execution_strategy.is_none());
        assert!(
            p.reasoning.starts_with("BTC is 4.11 % off"),
            "{}",
            p.reasoning
        );
    }

    #[test]
    fn exactly_the_threshold_is_no_action_and_more_is_one() {
        let exact = dec!(0.05);
        let at = |off: Decimal| {
            let shares = [
                ("BTC", (dec!(0.3333) + off) * dec!(10000)),
                ("USDT", (dec!(0.3334) - off) * dec!(10000)),
                ("XRP", dec!(3333)),
            ];
            of(&shares, exact).action
        };
        assert_eq!(at(dec!(0.05)), "no_action");
        assert_eq!(at(dec!(0.0501)), "rebalance");
    }

    #[test]
    fn an_empty_account_is_at_its_targets() {
        let p = of(&EXAMPLE.map(|(asset, _)| (asset, dec!(0))), dec!(0.05));
        assert_eq!((&*p.action, p.max_deviation_pct), ("no_action", dec!(0)));
        assert_eq!(p.assets[0].pct, Some(dec!(33.33)));
    }

    #[test]
    fn without_a_price_nothing_is_concluded() {
        let holdings = vec![
            Holding {
                asset: "BTC".into(),
                value: None,
                bag: dec!(0),
            },
            Holding {
                asset: "USDT".into(),
                value: Some(dec!(100)),
                bag: dec!(0),
            },
        ];
        let p = weighed(holdings, &targets(dec!(0.05)));
        assert_eq!((&*p.action, p.assets[0].pct), ("no_action", None));
        assert!(p.reasoning.contains("no price of BTC"), "{}", p.reasoning);
    }
}
