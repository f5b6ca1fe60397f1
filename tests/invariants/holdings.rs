//! Balance = inventory + positions, always: what an entry, an exit, a stop or a target fills moves
//! its position and the balance alike, and leaves the inventory where it was.

use pilothouse::core::order::Purpose;
use pilothouse::core::{Event, State};
use rust_decimal::Decimal;

use super::Found;

/// What no position speaks for, of an asset, before a fill.
#[derive(Debug, Clone)]
pub struct Inventory {
    asset: String,
    amount: Decimal,
}

fn inventory(state: &State, asset: &str) -> Decimal {
    state.account.balance(asset) - state.positions.held(asset)
}

/// What must stay as it is through this event.
pub fn before(state: &State, event: &Event) -> Option<Inventory> {
    let symbol = match event {
        Event::OrderFilled { id, fill } => {
            let order = state.orders.get(*id)?;
            let open = order.position.and_then(|p| state.positions.open.get(&p));
            let fits = match order.purpose {
                Purpose::Entry => true,
                // What a venue fills beyond the position is inventory.
                _ => open.is_some_and(|p| fill.quantity <= p.quantity),
            };
            (fits && order.purpose != Purpose::Rebalance).then_some(order.request.symbol)?
        }
        Event::PositionClosed { id, .. } => state.positions.open.get(id)?.symbol,
        _ => return None,
    };
    let asset = symbol.base().to_owned();
    let amount = inventory(state, &asset);
    Some(Inventory { asset, amount })
}

/// Whether it has.
pub fn after(state: &State, before: Option<&Inventory>) -> Found {
    match before {
        Some(before) if inventory(state, &before.asset) != before.amount => {
            Err(format!("the inventory of {} moved", before.asset))
        }
        _ => Ok(()),
    }
}
