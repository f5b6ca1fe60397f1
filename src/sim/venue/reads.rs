//! What the venue answers when it is asked how things are; the picture may be old.

use super::exchange::Exchange;
use super::kept::{End, Kept};
use crate::core::Time;
use crate::core::command::{Report, Statement};
use crate::core::order::Fill;
use crate::core::position::Amount;
use crate::sim::fault::Fault;
use crate::venue::Said;

/// The latest fills a statement names, at most.
const FILLS: usize = 100;
/// The oldest a picture may be, milliseconds.
const OLDEST_MS: i64 = 89_000;

impl Exchange {
    /// When the picture was taken that a read shows.
    fn picture(&mut self, id: &str) -> Time {
        if !self.weather.absence_is_proof && self.strikes(Fault::RestLag, id) {
            let age = self.dice.between(100, OLDEST_MS);
            return Time(self.now.0 - age);
        }
        self.now
    }

    pub(super) fn looks_up(&mut self, id: &str) {
        let at = self.picture(id);
        let known = self.orders.get(id).filter(|k| k.known_at(at));
        let Some(kept) = known else {
            self.answer(Said::NotFound(id.to_owned()), 10, 80);
            return;
        };
        let mut words: Vec<Report> = kept.fills_at(at).cloned().map(Report::Filled).collect();
        let said = kept.said_at(at);
        match kept.ended_at(at) {
            None => {
                words.push(Report::Amended {
                    quantity: said.quantity,
                    price: said.price,
                    stop_price: said.stop_price,
                });
                let venue_id = said.venue_id;
                words.push(Report::Accepted { venue_id });
            }
            Some(End::Filled) => words.push(Report::Done),
            Some(End::Cancelled(why)) => words.push(Report::Cancelled { reason: why.into() }),
            Some(End::Expired) => words.push(Report::Expired),
        }
        if let Some(kept) = self.orders.get_mut(id) {
            kept.silent = false;
        }
        // One answer: its words come together, and in their order.
        let Some(link) = self.link else { return };
        let when = self.now + self.dice.between(10, 80);
        for report in words {
            let said = Said::Order(id.to_owned(), report);
            self.fly(when, super::channel::Flight::Word { link, said });
        }
    }

    pub(super) fn states(&mut self) {
        let at = self.picture("");
        // Several reads make one statement: the fills may be of another moment than the orders.
        let fills_at = if self.weather.absence_is_proof {
            at
        } else {
            self.picture("").max(at)
        };
        let known = self.orders.values().filter(|k| k.known_at(at));
        let open = known
            .filter(|k| k.ended_at(at).is_none())
            .map(|k| k.said_at(at))
            .collect();
        let balances = self.balances_at(fills_at).into_iter();
        let balances = balances.map(|(asset, n)| (asset, Amount(n))).collect();
        let fills = self.fills_at(fills_at);
        let statement = Statement {
            open,
            balances: Some(balances),
            fills,
            absence_is_proof: self.weather.absence_is_proof,
            ..Statement::default()
        };
        self.answer(Said::Statement(Box::new(statement)), 10, 80);
    }

    fn fills_at(&self, at: Time) -> Vec<(String, Fill)> {
        let of = |k: &Kept| -> Vec<(String, Fill)> {
            let id = &k.order.client_order_id;
            k.fills_at(at).map(|f| (id.clone(), f.clone())).collect()
        };
        let mut fills: Vec<_> = self.orders.values().flat_map(of).collect();
        fills.sort_by_key(|(_, f)| (f.time, f.execution_id[1..].parse::<u64>().unwrap_or(0)));
        fills.split_off(fills.len().saturating_sub(FILLS))
    }
}
