//! A position in full: what it is worth, what guards it, and the orders that belong to it.

use rust_decimal::Decimal;

use super::orders::{purpose, side, status_word};
use crate::console::figures::{self, quantity};
use crate::core::position::CloseReason;
use crate::snapshot::{PositionRow, Snapshot};

/// In lines.
pub fn lines(p: &PositionRow, snapshot: &Snapshot) -> Vec<String> {
    let clock = snapshot.status.clock;
    let mut lines = vec![format!(
        "{} {} {} {} {}",
        p.id,
        p.status,
        p.side,
        quantity(p.quantity),
        p.symbol
    )];
    let mut say = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name:<14} {value}")));
    };
    let percent = p
        .unrealised_pct
        .map(|pct| format!("  {}%", figures::signed(pct)));
    say(
        "unrealised",
        p.unrealised
            .map(|gain| figures::signed(gain) + percent.as_deref().unwrap_or_default()),
    );
    say("realised", Some(figures::signed(p.realised)));
    say("fees", Some(quantity(p.fees)));
    let prices = [
        ("entry", Some(p.entry)),
        ("price", p.price),
        ("exit", p.exit_price),
        ("leverage", Some(p.leverage)),
        ("margin size", Some(p.margin_size)),
    ];
    for (name, value) in prices {
        say(name, value.map(quantity));
    }
    let works = |price: Option<Decimal>, order: Option<String>| {
        price.map(|price| match order {
            Some(order) => format!("{} worked by {order}", quantity(price)),
            None => format!("{} no order works it", quantity(price)),
        })
    };
    let id = |id: Option<crate::core::id::OrderId>| id.map(|id| id.to_string());
    say("stop", works(p.stop, id(p.stop_order_id)));
    say("target", works(p.target, id(p.target_order_id)));
    say(
        "trail",
        p.trail
            .map(|t| format!("{} of the best price", quantity(t))),
    );
    let guarded = match (p.status == "open", p.protected) {
        (false, _) => None,
        (true, true) => Some("yes".to_owned()),
        (true, false) => Some("X NO: no stop works for all of it".to_owned()),
    };
    say("protected", guarded);
    say(
        "closing",
        p.closing.then(|| "! its close is asked for".to_owned()),
    );
    say("strategy", p.strategy.map(|name| name.to_string()));
    say("opened", Some(figures::moment(p.opened_at, clock)));
    say("closed", p.closed_at.map(|at| figures::moment(at, clock)));
    say("why", p.close_reason.map(|r| why(r).to_owned()));
    lines.push(String::new());
    let orders = || {
        snapshot
            .orders
            .items
            .iter()
            .filter(|o| o.position_id == Some(p.id))
    };
    lines.push(format!("ORDERS {}", orders().count()));
    lines.extend(orders().map(|o| {
        format!(
            "  {}  {} {} {}  {}",
            o.id,
            purpose(o.purpose),
            side(o.side),
            quantity(o.quantity),
            status_word(o.status)
        )
    }));
    lines
}

fn why(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::StopLoss => "its stop was hit",
        CloseReason::TakeProfit => "its target was reached",
        CloseReason::Exit => "closed by a decision",
    }
}
