//! What an engine holds of the venue.

use super::channel::Request;
use super::exchange::Shared;
use crate::core::Time;
use crate::gate::Gate;
use crate::market::Instant;
use crate::venue::{Amendment, Capabilities, Said, Venue, VenueOrder};

/// Until when the venue takes an order after it was sent, milliseconds.
const DEADLINE_MS: i64 = 5_000;

/// An engine's connection; with the engine it is gone.
pub struct Link {
    exchange: Shared,
    gate: Gate,
}

impl Link {
    /// Connects. The gate is only looked at, to see what passes it.
    pub fn connect(exchange: Shared, gate: Gate) -> Self {
        exchange.get().connect();
        Self { exchange, gate }
    }

    fn ask(&self, request: Request) {
        let mut exchange = self.exchange.get();
        let (id, asked) = (request.id().to_owned(), request.asked());
        exchange.note(|| format!("  engine: {asked:?} {id}"));
        exchange.leaves(request);
    }
}

impl Venue for Link {
    fn name(&self) -> &str {
        "model"
    }

    fn capabilities(&self) -> Capabilities {
        let exchange = self.exchange.get();
        Capabilities {
            absence_is_proof: exchange.weather.absence_is_proof,
            enforces_reduce_only: exchange.weather.enforces_reduce_only,
        }
    }

    fn place(&mut self, order: VenueOrder, _: Time) {
        let deadline = {
            let mut exchange = self.exchange.get();
            exchange.passes(&order, self.gate.observe().closed);
            exchange.written(&order.client_order_id);
            exchange.now + DEADLINE_MS
        };
        self.ask(Request::Place(Box::new(order), deadline));
    }

    fn amend(&mut self, client_order_id: &str, to: Amendment, _: Time) {
        self.ask(Request::Amend(client_order_id.to_owned(), to));
    }

    fn cancel(&mut self, client_order_id: &str, _: Time) {
        self.ask(Request::Cancel(client_order_id.to_owned()));
    }

    fn look_up(&mut self, client_order_id: &str, _: Time) {
        self.ask(Request::LookUp(client_order_id.to_owned()));
    }

    fn state(&mut self, _: Time) {
        self.ask(Request::Statement);
    }

    /// It keeps its orders itself.
    fn restore(&mut self, _: Vec<(VenueOrder, String)>) {}

    /// Its prices are its own.
    fn on_market(&mut self, _: &Instant) {}

    /// The story lets the venue's time pass, whether an engine lives or not.
    fn advance(&mut self, _: Time) {}

    fn wakes_at(&self) -> Option<Time> {
        self.exchange.get().wakes_at()
    }

    fn said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.exchange.get().inbox)
    }
}
