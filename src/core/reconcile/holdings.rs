//! Balances, and the sum of positions against them: the venue wins for balances, and positions it
//! does not hold are never read as closed.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::Found;
use crate::core::event::Event;
use crate::core::order::Status;
use crate::core::position::Amount;
use crate::core::state::Decider;
use crate::core::text::{Name, Symbol};

impl Decider<'_> {
    /// Every asset of the books or of the venue. One that an order in doubt may have moved waits
    /// for the next comparison.
    pub(super) fn compare_holdings(
        &mut self,
        balances: &BTreeMap<String, Amount>,
        found: &mut Found,
    ) {
        let unsettled = self.unsettled(found);
        let touched = |asset: &str| {
            let mut symbols = unsettled.iter();
            symbols.any(|s| s.base() == asset || s.quote() == asset)
        };
        let ours = self.state.account.balances.keys();
        let assets: BTreeSet<String> = ours.chain(balances.keys()).cloned().collect();
        for asset in assets.into_iter().filter(|asset| !touched(asset)) {
            let venue = balances.get(&asset).map_or(Decimal::ZERO, |a| a.0);
            let ours = self.state.account.balance(&asset);
            let held = self.state.positions.held(&asset);
            self.compare_positions(&asset, held, ours, venue, found);
            // What is short cannot be told from what was paid in: it waits for somebody to look.
            if ours != venue && held >= Decimal::ZERO {
                found.differences += 1;
                self.emit(Event::BalanceAdjusted { asset, ours, venue });
            }
        }
    }

    /// Positions the venue does not cover: entries of their symbols are refused until an operator
    /// has looked and resumes them.
    fn compare_positions(
        &mut self,
        asset: &str,
        held: Decimal,
        ours: Decimal,
        venue: Decimal,
        found: &mut Found,
    ) {
        let short = held < Decimal::ZERO && venue != ours;
        let differs = short || held > Decimal::ZERO && venue < held;
        let known = &self.state.reconcile.mismatched;
        if !differs {
            let agree: Vec<Symbol> = known
                .keys()
                .copied()
                .filter(|s| s.base() == asset)
                .collect();
            for symbol in agree {
                self.emit(Event::PositionsAgree { symbol });
            }
            return;
        }
        let open = self.state.positions.open.values().map(|p| p.symbol);
        let new = |s: &Symbol| {
            let known = known.get(s);
            s.base() == asset && known.is_none_or(|m| (m.ours, m.venue) != (held, venue))
        };
        let symbols: BTreeSet<Symbol> = open.filter(new).collect();
        for symbol in symbols {
            found.differences += 1;
            self.emit(Event::PositionsDiffer {
                symbol,
                ours: held,
                venue,
            });
            if !self.state.trading.paused_symbols.contains_key(&symbol) {
                let by: Name = "reconcile".parse().expect("a built-in name");
                self.emit(Event::SymbolPaused {
                    symbol,
                    by,
                    reason: "the venue does not hold what its positions add up to".into(),
                });
            }
        }
    }

    /// Symbols of which some fill may be under way: an order in doubt, or one that changed in this
    /// very instant.
    fn unsettled(&self, found: &Found) -> BTreeSet<Symbol> {
        let orders = &self.state.orders;
        let doubtful = orders
            .live
            .values()
            .filter(|o| o.status == Status::Unknown || o.updated_at >= self.now);
        let ended = orders.ended.iter().rev();
        let just_ended = ended.take_while(|o| o.updated_at >= self.now);
        let symbols = doubtful.chain(just_ended).map(|o| o.request.symbol);
        symbols.chain(found.unsettled.iter().copied()).collect()
    }
}
