//! How long positions have lacked their stop, or its fill: by the wall clock, as what they wait for
//! is another program (domain.md, Time).

use std::collections::{BTreeMap, BTreeSet};

use crate::core::id::PositionId;
use crate::core::position::Lack;
use crate::core::{Quotes, State, Time};
use crate::snapshot::LackSample;

/// What positions lack, and since when.
#[derive(Debug, Default)]
pub(super) struct Protection {
    noted: BTreeMap<PositionId, Noted>,
    /// Those whose lack of a stop somebody was told of.
    told: BTreeSet<PositionId>,
}

/// What people are told of a position's stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It has lacked one for the deadline.
    Bare(PositionId),
    /// It has one again.
    Protected(PositionId),
}

#[derive(Debug, Clone, Copy)]
struct Noted {
    lack: Lack,
    /// Wall time.
    wall: Time,
    /// Engine time.
    since: Time,
}

impl Protection {
    /// Looks at every open position; what lasts keeps its beginning.
    pub(super) fn look(&mut self, state: &State, quotes: &Quotes, wall: Time, now: Time) {
        let before = std::mem::take(&mut self.noted);
        for (id, position) in &state.positions.open {
            let price = quotes.get(position.symbol).map(|q| q.last);
            let Some(lack) = state.lack(position, price) else {
                continue;
            };
            let new = Noted {
                lack,
                wall,
                since: now,
            };
            let known = before.get(id).filter(|noted| noted.lack == lack);
            self.noted.insert(*id, known.copied().unwrap_or(new));
        }
    }

    /// Those that have lasted for the deadline.
    pub(super) fn late(&self, state: &State, wall: Time) -> Vec<LackSample> {
        let deadline = i64::from(state.settings.execution.protection_deadline_s) * 1000;
        self.noted
            .iter()
            .filter(|(_, noted)| wall - noted.wall >= deadline)
            .map(|(id, noted)| LackSample {
                position: *id,
                lack: noted.lack,
                since: noted.since,
            })
            .collect()
    }

    /// What is new since this was asked last: each standing lack of a stop once.
    pub(super) fn news(&mut self, state: &State, wall: Time) -> Vec<News> {
        let mut news = Vec::new();
        let bare = |id: &PositionId| {
            let noted = self.noted.get(id);
            noted.is_some_and(|noted| noted.lack == Lack::Stop)
        };
        self.told.retain(|id| {
            let stands = bare(id);
            if !stands && state.positions.open.contains_key(id) {
                news.push(News::Protected(*id));
            }
            stands
        });
        let late = self.late(state, wall).into_iter();
        for sample in late.filter(|sample| sample.lack == Lack::Stop) {
            if self.told.insert(sample.position) {
                news.push(News::Bare(sample.position));
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::command::{Report, Start};
    use crate::core::order::{Fill, Kind, Liquidity, OrderRequest, Purpose, Side};
    use crate::core::position::Amount;
    use crate::core::{Command, Context, Quote, Settings, Symbol};
    use rust_decimal::Decimal;
    use rust_decimal_macros::dec;

    fn quotes(symbol: Symbol, last: Decimal) -> Quotes {
        let mut quotes = Quotes::default();
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: Time(1_000_000),
            bar_ms: 0,
            traded: Decimal::ZERO,
        };
        quotes.set(symbol, quote);
        quotes
    }

    fn ask(state: &mut State, quotes: &Quotes, command: Command) {
        let context = Context {
            now: Time(1_000_000),
            quotes,
        };
        state.handle(&context, "operator".parse().unwrap(), &command);
    }

    fn report(state: &mut State, quotes: &Quotes, purpose: Purpose, report: Report) {
        let mut live = state.orders.live.values();
        let order = live.find(|o| o.purpose == purpose).unwrap();
        let client_order_id = order.client_order_id.clone();
        let command = Command::Venue {
            client_order_id,
            report,
        };
        ask(state, quotes, command);
    }

    #[test]
    fn what_lasts_five_seconds_of_wall_time_is_late_and_starts_anew_when_it_changes() {
        let symbol: Symbol = "BTC/USDT".parse().unwrap();
        let at = quotes(symbol, dec!(45000));
        let mut state = State::default();
        let start = Start {
            version: String::new(),
            account: "paper".into(),
            feed: String::new(),
            feed_hash: String::new(),
            settings: Settings::of(&[symbol]),
            balances: [("USDT".to_owned(), Amount(dec!(10000)))].into(),
        };
        ask(&mut state, &at, Command::Start(Box::new(start)));
        ask(&mut state, &at, Command::Statement(Box::default()));
        let request = OrderRequest {
            stop: Some(dec!(44000)),
            ..OrderRequest::new(symbol, Side::Buy, Kind::Market, dec!(0.01))
        };
        ask(&mut state, &at, Command::Place(Box::new(request)));
        let fill = Fill {
            execution_id: "e1".into(),
            time: Time(1_000_000),
            price: dec!(45000),
            quantity: dec!(0.01),
            fee: dec!(0),
            liquidity: Liquidity::Taker,
        };
        report(&mut state, &at, Purpose::Entry, Report::Filled(fill));

        let mut protection = Protection::default();
        let mut heard = Vec::new();
        let mut late = |state: &State, quotes: &Quotes, wall: i64| -> Vec<Lack> {
            protection.look(state, quotes, Time(wall), Time(1_000_000));
            for news in protection.news(state, Time(wall)) {
                heard.push((wall, news));
            }
            let late = protection.late(state, Time(wall));
            late.iter().map(|sample| sample.lack).collect()
        };
        assert_eq!(late(&state, &at, 0), []);
        assert_eq!(late(&state, &at, 4_999), []);
        assert_eq!(late(&state, &at, 5_000), [Lack::Stop]);
        assert_eq!(late(&state, &at, 5_500), [Lack::Stop]);
        let venue_id = "P-1".to_owned();
        report(
            &mut state,
            &at,
            Purpose::Stop,
            Report::Accepted { venue_id },
        );
        assert_eq!(late(&state, &at, 6_000), []);
        // The price is beyond the stop, and nothing fills.
        let below = quotes(symbol, dec!(43000));
        assert_eq!(late(&state, &below, 7_000), []);
        assert_eq!(late(&state, &below, 12_000), [Lack::Fill]);
        let id = *state.positions.open.keys().next().unwrap();
        let told = [(5_000, News::Bare(id)), (6_000, News::Protected(id))];
        assert_eq!(heard, told, "without a record, and once");
    }
}
