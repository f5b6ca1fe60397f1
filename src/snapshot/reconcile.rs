//! The last comparison with the venue.

use super::document::ComparisonRow;
use super::samples::StatementSample;
use crate::core::State;
use crate::core::order::Status;
use crate::core::reconcile::Difference;

/// When, how many, what the last comparison found, and what nobody knows. One that finds nothing is
/// no event: of it only the engine knows, by the venue's last `statement`.
pub(super) fn row(state: &State, statement: Option<StatementSample>) -> ComparisonRow {
    let memory = &state.reconcile;
    let last = state.compared;
    let quiet = statement.filter(|s| last.is_none_or(|c| s.at > c.at));
    let found = last.filter(|_| quiet.is_none());
    let of_last = |d: &&Difference| found.is_some_and(|c| d.at == c.at);
    let at_most = found.map_or(0, |c| c.differences as usize);
    let differences: Vec<String> = memory.latest.iter().filter(of_last).map(words).collect();
    let earlier = differences.len().saturating_sub(at_most);
    let unknown = |o: &&crate::core::order::Order| o.status == Status::Unknown;
    let unknown = state.orders.live.values().filter(unknown).count();
    ComparisonRow {
        at: quiet.map(|s| s.at).or(last.map(|c| c.at)),
        orders: quiet
            .map(|s| s.orders)
            .or(last.map(|c| c.orders))
            .unwrap_or(0),
        differences: differences.into_iter().skip(earlier).collect(),
        found: found.map_or(0, |c| c.differences),
        mismatched: memory.mismatched.keys().copied().collect(),
        history: memory.latest.iter().map(words).collect(),
        unknown: u32::try_from(unknown).unwrap_or(u32::MAX),
        external: memory.external.iter().cloned().collect(),
        asked: memory.asked,
    }
}

fn words(d: &Difference) -> String {
    match d.order {
        Some(id) => format!("{} {id}: {}", d.at, d.what),
        None => format!("{} {}", d.at, d.what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Event, Time};
    use rust_decimal_macros::dec;

    fn differs(state: &mut State, at: i64, asset: &str) {
        let (asset, ours, venue) = (asset.to_owned(), dec!(1), dec!(2));
        state.evolve(Time(at), &Event::BalanceAdjusted { asset, ours, venue });
    }

    fn compared(state: &mut State, at: i64, orders: u32, differences: u32) {
        let event = Event::Compared {
            orders,
            differences,
        };
        state.evolve(Time(at), &event);
    }

    #[test]
    fn what_differed_once_is_history_when_the_next_comparison_finds_nothing() {
        let mut state = State::default();
        differs(&mut state, 10, "BTC");
        differs(&mut state, 10, "ETH");
        compared(&mut state, 10, 3, 2);
        let said = |at, orders| {
            Some(StatementSample {
                at: Time(at),
                orders,
            })
        };
        // The desk heard it just before it was judged.
        let shown = row(&state, said(9, 3));
        assert_eq!((shown.found, shown.differences.len()), (2, 2));
        let shown = row(&state, said(40, 5));
        assert_eq!((shown.at, shown.orders), (Some(Time(40)), 5));
        assert_eq!((shown.found, shown.differences.len()), (0, 0));
        assert_eq!(shown.history.len(), 2);

        differs(&mut state, 70, "ETH");
        compared(&mut state, 70, 4, 1);
        let shown = row(&state, None);
        assert_eq!(
            (shown.at, shown.orders, shown.found),
            (Some(Time(70)), 4, 1)
        );
        assert_eq!(shown.differences.len(), 1);
        assert!(
            shown.differences[0].contains("ETH"),
            "{:?}",
            shown.differences
        );
        compared(&mut state, 80, 4, 0);
        let shown = row(&state, None);
        assert_eq!((shown.found, shown.differences.len()), (0, 0));
        assert_eq!(shown.history.len(), 3);
    }

    #[test]
    fn positions_the_venue_does_not_hold_stay_until_they_agree() {
        let mut state = State::default();
        let symbol = "BTC/USDT".parse().unwrap();
        let (ours, venue) = (dec!(2), dec!(1));
        let event = Event::PositionsDiffer {
            symbol,
            ours,
            venue,
        };
        state.evolve(Time(10), &event);
        compared(&mut state, 10, 0, 1);
        compared(&mut state, 20, 0, 0);
        let shown = row(&state, None);
        assert_eq!((shown.found, shown.unresolved()), (0, 1));
        state.evolve(Time(30), &Event::PositionsAgree { symbol });
        assert_eq!(row(&state, None).unresolved(), 0);
    }
}
