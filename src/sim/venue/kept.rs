//! An order as the venue keeps it, with enough of its past to answer from an old picture.

use rust_decimal::Decimal;

use crate::core::Time;
use crate::core::command::VenueSaid;
use crate::core::order::{Fill, Kind};
use crate::venue::{Amendment, VenueOrder};

/// How an order came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Filled to the last.
    Filled,
    /// Cancelled, in these words.
    Cancelled(&'static str),
    /// Its time in force is over.
    Expired,
}

/// An order the venue has taken.
#[derive(Debug, Clone)]
pub struct Kept {
    /// As it stands.
    pub order: VenueOrder,
    /// The venue's own id.
    pub venue_id: String,
    /// When it was taken.
    pub accepted_at: Time,
    /// Its executions, oldest first.
    pub fills: Vec<Fill>,
    /// When and how it ended.
    pub ended: Option<(Time, End)>,
    /// Its figures, from when on.
    figures: Vec<(Time, Amendment)>,
    /// Whether its trigger was reached.
    pub triggered: bool,
    /// The stream lost a fill of it: it says nothing more of it until somebody asks.
    pub silent: bool,
}

impl Kept {
    /// An order at the moment it is taken.
    pub fn new(order: VenueOrder, venue_id: String, at: Time) -> Self {
        let figures = Amendment {
            quantity: order.quantity,
            price: order.price,
            stop_price: order.stop_price,
        };
        Self {
            triggered: !matches!(order.kind, Kind::StopLoss | Kind::TakeProfit),
            order,
            venue_id,
            accepted_at: at,
            fills: Vec::new(),
            ended: None,
            figures: vec![(at, figures)],
            silent: false,
        }
    }

    /// Whether it works.
    pub fn works(&self) -> bool {
        self.ended.is_none()
    }

    /// What may still fill.
    pub fn remaining(&self) -> Decimal {
        self.order.quantity - self.order.filled
    }

    /// Works with other figures from now on.
    pub fn amend(&mut self, to: Amendment, at: Time) {
        self.order.quantity = to.quantity;
        self.order.price = to.price;
        self.order.stop_price = to.stop_price;
        self.figures.push((at, to));
    }

    /// Whether a picture taken then shows it at all.
    pub fn known_at(&self, at: Time) -> bool {
        self.accepted_at <= at
    }

    /// The fills such a picture shows.
    pub fn fills_at(&self, at: Time) -> impl Iterator<Item = &Fill> {
        self.fills.iter().filter(move |f| f.time <= at)
    }

    /// The end such a picture shows.
    pub fn ended_at(&self, at: Time) -> Option<End> {
        self.ended.filter(|(when, _)| *when <= at).map(|(_, e)| e)
    }

    /// The order as such a picture shows it.
    pub fn said_at(&self, at: Time) -> VenueSaid {
        let mut figures = self.figures.iter().rev();
        let then = figures.find(|(when, _)| *when <= at);
        let then = then.map_or(self.figures[0].1, |(_, figures)| *figures);
        VenueSaid {
            client_order_id: self.order.client_order_id.clone(),
            venue_id: self.venue_id.clone(),
            quantity: then.quantity,
            filled: self.fills_at(at).map(|f| f.quantity).sum(),
            price: then.price,
            stop_price: then.stop_price,
        }
    }
}
