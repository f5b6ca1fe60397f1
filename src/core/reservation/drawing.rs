//! What orders draw on a reservation made before: it leaves that row for one of its own, and what
//! that one no longer needs goes back as long as the first is held (domain.md, Reservations).

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Class, Ledger, Reservation, Resource, Standing};
use crate::core::id::{OrderId, PositionId, ReservationId};
use crate::core::text::Name;
use crate::core::time::Time;

/// What a row took out of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Drawn {
    /// Out of which.
    #[n(0)]
    pub from: ReservationId,
    /// USD of its amount that came from there, and goes back there.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub amount: Decimal,
}

impl Class {
    /// Whether an order that costs money may draw on it: the others are for work without money, and
    /// exits bind nothing.
    pub fn pays(self) -> bool {
        matches!(self, Self::Live | Self::Deployment)
    }
}

impl Reservation {
    /// What it was granted, whatever has been drawn on it since: USD, slots or calls.
    pub fn granted(&self) -> Decimal {
        self.granted.unwrap_or(self.amount)
    }

    fn draws_on(&self, from: ReservationId) -> bool {
        self.drawn.is_some_and(|drawn| drawn.from == from)
    }

    /// Whether something can be drawn on it: it is held, and it is capital.
    pub fn lends(&self) -> bool {
        self.resource == Resource::Capital && self.standing == Standing::Held
    }
}

impl Ledger {
    /// The row that one was drawn on, as long as what goes back goes there.
    pub fn source_of(&self, row: &Reservation) -> Option<&Reservation> {
        let drawn = row.drawn.as_ref()?;
        self.get(drawn.from).filter(|source| source.lends())
    }

    /// Who has what this row holds once it ends: whose it is, or the owner of what it was drawn on.
    pub fn heir_of(&self, row: &Reservation) -> Name {
        self.source_of(row).map_or(row.agent, |source| source.agent)
    }

    /// An order or a position lives on a row, of this amount. What it needs more comes from the
    /// reservation it was drawn on as far as that has it, else from the pool; what it needs less
    /// goes back the same way, the pool's part first.
    pub(in crate::core) fn bind(
        &mut self,
        id: ReservationId,
        amount: Decimal,
        order: Option<OrderId>,
        position: Option<PositionId>,
    ) {
        let Some(row) = self.get(id) else { return };
        let drawn = row.drawn.map(|before| {
            let left = self.source_of(row).map_or(Decimal::ZERO, |s| s.amount);
            let more = (amount - row.amount).clamp(Decimal::ZERO, left);
            Drawn {
                amount: (before.amount + more).min(amount),
                ..before
            }
        });
        let before = row.drawn.map_or(Decimal::ZERO, |d| d.amount);
        if let Some(drawn) = drawn {
            self.take(drawn.from, drawn.amount - before);
        }
        self.change(id, |row| {
            row.standing = Standing::Bound;
            row.amount = amount;
            row.order = order;
            row.position = position;
            row.expires_at = None;
            row.drawn = drawn;
        });
    }

    /// A row ends; what it had drawn goes back.
    pub(in crate::core) fn end(&mut self, id: ReservationId, how: Standing) {
        if let Some(drawn) = self.get(id).and_then(|row| row.drawn) {
            self.take(drawn.from, -drawn.amount);
        }
        self.change(id, |row| row.standing = how);
    }

    /// A reservation is given back and another takes its place, with what is left of it and all that
    /// was drawn on it.
    pub(in crate::core) fn hand_over(&mut self, from: ReservationId, row: Reservation, now: Time) {
        let id = row.id;
        let drawn: Vec<ReservationId> = self
            .live()
            .filter(|r| r.draws_on(from))
            .map(|r| r.id)
            .collect();
        self.change(from, |row| row.standing = Standing::Released);
        self.enter(row, now);
        for child in drawn {
            self.change(child, |row| {
                row.drawn = row.drawn.map(|d| Drawn { from: id, ..d });
            });
        }
    }

    /// Takes from a reservation that is held still, or gives back to it.
    pub(super) fn take(&mut self, from: ReservationId, amount: Decimal) {
        if amount.is_zero() || !self.get(from).is_some_and(Reservation::lends) {
            return;
        }
        self.change(from, |source| {
            source.granted = Some(source.granted());
            source.amount -= amount;
        });
    }

    /// Whether what is left of each held reservation and what is drawn on it are what it was
    /// granted, and no row has drawn more than it holds.
    pub(super) fn check_drawn(&self) -> Result<(), String> {
        let mut out: BTreeMap<ReservationId, Decimal> = BTreeMap::new();
        for row in self.live() {
            let Some(drawn) = &row.drawn else { continue };
            if row.standing != Standing::Bound
                || drawn.amount < Decimal::ZERO
                || drawn.amount > row.amount
            {
                return Err(format!("{} has drawn what it may not", row.id));
            }
            *out.entry(drawn.from).or_default() += drawn.amount;
        }
        for row in self.live().filter(|row| row.lends()) {
            let drawn = out.get(&row.id).copied().unwrap_or_default();
            if row.amount + drawn != row.granted() {
                return Err(format!(
                    "{} was granted {}: {} are left and {drawn} drawn",
                    row.id,
                    row.granted(),
                    row.amount
                ));
            }
        }
        Ok(())
    }
}
