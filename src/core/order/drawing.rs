//! Entries that draw on a reservation made before, instead of making one of their own: which may,
//! on which, and how much.

use rust_decimal::Decimal;

use super::OrderRequest;
use crate::core::id::ReservationId;
use crate::core::refusal::Refusal;
use crate::core::reservation::{Drawn, Reservation, Resource, Standing};
use crate::core::state::{Decider, State};
use crate::core::text::Name;

/// Where one may look for another.
const LIST: &str = "`pilothouse reservations` lists them";

impl Decider<'_> {
    /// Whether an entry may draw on the reservation it names: held capital for live trades or a
    /// deployment, of its strategy, and its own agent's unless the operator or the trader asks.
    ///
    /// # Errors
    /// `RESERVE_UNKNOWN`, `RESERVE_CLASS` or `RESERVE_OWNED`. Whether there is enough of it the gate
    /// says.
    pub(in crate::core) fn may_draw(&self, request: &OrderRequest) -> Result<(), Refusal> {
        let Some(id) = request.draws else {
            return Ok(());
        };
        let Some(row) = self.state.ledger.get(id) else {
            let ended = self.state.ledger.ended(id);
            let why = ended.map_or("nobody knows it", |_| "it has ended");
            return Err(unheld(id, why));
        };
        match row.standing {
            Standing::Held => {}
            Standing::Queued => return Err(unheld(id, "it waits for its grant")),
            _ => return Err(unheld(id, "an order or position lives on it")),
        }
        if row.resource != Resource::Capital || !row.class.pays() {
            let found = format!("{} of {:?}", row.class.as_str(), row.resource).to_lowercase();
            return Err(Refusal::new(
                "RESERVE_CLASS",
                format!("{id} is not capital that an order may cost"),
                "draw on capital of class live or deployment, or leave the reservation out",
            )
            .measured("live or deployment of capital", found));
        }
        self.lets(row, request)
    }

    fn lets(&self, row: &Reservation, request: &OrderRequest) -> Result<(), Refusal> {
        let refused = |message: String, limit: Name, value: Option<Name>| {
            let value = value.map_or_else(|| "none".to_owned(), |name| name.to_string());
            Err(Refusal::new("RESERVE_OWNED", message, LIST).measured(limit, value))
        };
        if let Some(strategy) = row.strategy
            && request.strategy != Some(strategy)
        {
            let message = format!("{} is {strategy}'s alone", row.id);
            return refused(message, strategy, request.strategy);
        }
        let outside = self.is_outside(self.actor);
        let asks = outside.then_some(self.actor).or(request.agent_id);
        let may = |agent: Name| {
            agent == row.agent || !outside && matches!(agent.as_str(), "operator" | "trader")
        };
        if asks.is_none_or(may) {
            return Ok(());
        }
        let message = format!("{} is {}'s", row.id, row.agent);
        refused(message, row.agent, asks)
    }
}

fn unheld(id: ReservationId, why: &str) -> Refusal {
    Refusal::new("RESERVE_UNKNOWN", format!("{id} is not held: {why}"), LIST)
}

impl State {
    /// Whether a reservation is there to draw on.
    pub fn lends(&self, id: ReservationId) -> bool {
        self.ledger.get(id).is_some_and(Reservation::lends)
    }

    /// What orders may still draw on a reservation, USD; 0 where it is not held. A deployment uses its
    /// capital in stages.
    pub fn drawable(&self, id: ReservationId) -> Decimal {
        let Some(row) = self.ledger.get(id).filter(|row| row.lends()) else {
            return Decimal::ZERO;
        };
        let kept = row.granted() * (Decimal::ONE - self.share_in_use(id));
        (row.amount - kept).max(Decimal::ZERO)
    }

    /// What a bound row may take more, USD: of the reservation it was drawn on as long as that is
    /// held, else of the pool.
    pub(in crate::core) fn spare_for(&self, row: &Reservation) -> Decimal {
        let source = self.ledger.source_of(row);
        source.map_or_else(
            || self.ledger.available_capital(),
            |source| self.drawable(source.id),
        )
    }

    /// What an entry that binds so much takes out of the reservation it draws on.
    pub(super) fn drawn_for(&self, request: &OrderRequest, capital: Decimal) -> Option<Drawn> {
        let from = request.draws.filter(|id| self.lends(*id))?;
        let left = self.ledger.get(from)?.amount;
        Some(Drawn {
            from,
            amount: capital.min(left),
        })
    }
}
