//! An event in a plain sentence.

use super::research;
use crate::core::Event;
use crate::core::order::{Order, Side, Status};
use crate::core::reservation::{Resource, Standing};
use crate::core::risk::Check;
use crate::snapshot::waits_for;

/// What happened, without a full stop.
pub(super) fn of(event: &Event) -> Option<String> {
    Some(match event {
        Event::Refused { refusal } => format!(
            "refused by {}: {}{}",
            refusal.code,
            refusal.message,
            match (&refusal.limit, &refusal.value) {
                (Some(limit), Some(value)) => format!(" (limit {limit}, found {value})"),
                _ => String::new(),
            }
        ),
        Event::Reserved { row } if row.standing == Standing::Queued => format!(
            "{} asked for {} of {} for {:?}, class {}, as {}, and waits {}",
            row.agent,
            amount(row.resource, row.asked),
            resource(row.resource),
            row.purpose,
            row.class.as_str(),
            row.id,
            waits_for(row).unwrap_or_default()
        ),
        Event::Granted { id, amount, .. } => format!("{id} was granted {}", amount.normalize()),
        Event::Reserved { row } => format!(
            "{} was granted {} of {} for {:?}, class {}{}",
            row.agent,
            amount(row.resource, row.amount),
            resource(row.resource),
            row.purpose,
            row.class.as_str(),
            row.drawn.map_or_else(String::new, |drawn| format!(
                ", {} of it drawn on {}",
                amount(row.resource, drawn.amount),
                drawn.from
            ))
        ),
        Event::Bound {
            id, amount, order, ..
        } => match order {
            Some(order) => format!("{order} binds {amount} USD of {id}"),
            None => format!("{amount} USD of {id} stay bound to the position"),
        },
        Event::Renewed { id, expires_at } => format!("{id} was renewed until {expires_at}"),
        Event::ReservationEnded { id, how, reason } => {
            format!("{id} ended as {}: {reason}", standing(*how))
        }
        Event::CycleOpened { id, symbol } => format!("{id} was opened for {symbol}"),
        Event::CycleMoved { phase, result, .. } => match result {
            Some(result) => format!("{result}; the cycle went on to {}", phase.as_str()),
            None => format!("the cycle went on to {}", phase.as_str()),
        },
        Event::CycleEnded { phase, result, .. } => {
            format!("the cycle ended as {}: {result}", phase.as_str())
        }
        Event::CycleFound { found, .. } => {
            let signal = found.signal.as_ref()?;
            format!(
                "the signal was {} {} with confidence {}: {}",
                signal.action.as_str(),
                signal.symbol,
                signal.confidence,
                signal.reasoning
            )
        }
        Event::SignalWeighed {
            confidence,
            agreement,
            weighed,
            verdict,
            ..
        } => format!(
            "confidence {confidence} was weighed to {weighed}{}: {verdict}",
            agreement.map_or_else(String::new, |a| format!(" with agreement {a}"))
        ),
        Event::RiskChecked { checks, .. } => checked(checks),
        Event::OrderApproved { order } => approved(order),
        Event::OrderMoved {
            id, status, reason, ..
        } => match reason {
            Some(reason) => format!("{id} became {}: {reason}", word(*status)),
            None => format!("{id} became {}", word(*status)),
        },
        Event::OrderFilled { id, fill } => format!(
            "{id} filled {} at {}, fee {}",
            fill.quantity, fill.price, fill.fee
        ),
        Event::OrderAmended {
            id,
            quantity,
            stop_price,
            ..
        } => match stop_price {
            Some(stop) => format!("{id} was changed to {quantity} with its trigger at {stop}"),
            None => format!("{id} was changed to {quantity}"),
        },
        Event::OrderShown { id, quantity, .. } => {
            format!("the venue works {id} with {quantity}")
        }
        Event::OrderDeferred {
            id,
            attempt,
            reason,
        } => format!("{id} was not processed ({reason}) and is sent again: repeat {attempt}"),
        Event::AbsenceRead { id, .. } => {
            format!("the venue was asked for {id} and did not find it")
        }
        Event::ReconcileDiffers { what, .. } => format!("against the venue: {what}"),
        Event::Trailed { id, best, stop } => match stop {
            Some(stop) => format!("the stop of {id} follows to {stop}; the best price is {best}"),
            None => format!("the best price of {id} is {best}"),
        },
        Event::CancelAsked { id, reason } => format!("the cancel of {id} was asked for: {reason}"),
        Event::ProtectionSet {
            id,
            stop,
            target,
            by,
            ..
        } => {
            let part = |name: &str, price: &Option<_>| {
                price.as_ref().map_or_else(
                    || format!("no {name}"),
                    |p: &rust_decimal::Decimal| format!("{name} {p}"),
                )
            };
            format!(
                "{by} set {} and {} for {id}",
                part("stop", stop),
                part("target", target)
            )
        }
        Event::CloseWanted { id, closing } => {
            format!("{} wants {id} closed: {}", closing.by, closing.reason)
        }
        Event::PositionClosed { id, realised, .. } => {
            format!("{id} was closed with {realised} after fees")
        }
        event => return research::of(event),
    })
}

/// What came of it, where the event says so.
pub(super) fn outcome(event: &Event) -> Option<String> {
    match event {
        Event::Refused { refusal } => Some(format!("refused: {}", refusal.code)),
        Event::OrderMoved { id, status, .. } if status.is_terminal() => {
            Some(format!("{id} {}", word(*status)))
        }
        Event::CycleEnded { phase, result, .. } => Some(format!("{}: {result}", phase.as_str())),
        Event::PositionClosed { id, realised, .. } => {
            Some(format!("{id} closed, {realised} after fees"))
        }
        Event::ReservationEnded { how, .. } => Some(standing(*how)),
        Event::OrderApproved { order } => Some(format!("{} approved", order.id)),
        Event::Reserved { row } => Some(standing(row.standing)),
        event => research::outcome(event),
    }
}

fn approved(order: &Order) -> String {
    let side = match order.request.side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    };
    format!(
        "{} was approved{}: {side} {} {} at {}, decided at a price of {}",
        order.id,
        order
            .request
            .service
            .map_or_else(String::new, |service| format!(" for {service}")),
        order.quantity,
        order.request.symbol,
        order
            .request
            .price
            .map_or_else(|| "the market".to_owned(), |price| price.to_string()),
        order.decision_price
    )
}

fn checked(checks: &[Check]) -> String {
    match checks.iter().find(|check| !check.passed) {
        Some(check) => format!(
            "risk looked at {} rules and stopped at {} (limit {}, found {})",
            checks.len(),
            check.rule,
            check.limit,
            check.value
        ),
        None => format!("risk looked at {} rules and all passed", checks.len()),
    }
}

fn amount(resource: Resource, amount: rust_decimal::Decimal) -> String {
    match resource {
        Resource::Capital => format!("{amount} USD"),
        Resource::Compute => format!("{amount} slots"),
        Resource::Api => format!("{amount} calls"),
    }
}

fn resource(resource: Resource) -> &'static str {
    match resource {
        Resource::Capital => "capital",
        Resource::Compute => "compute",
        Resource::Api => "the API budget",
    }
}

fn standing(standing: Standing) -> String {
    format!("{standing:?}").to_ascii_lowercase()
}

fn word(status: Status) -> String {
    let json = serde_json::to_value(status).unwrap_or_default();
    json.as_str().unwrap_or_default().replace('_', " ")
}
