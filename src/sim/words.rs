//! Commands and events in few words, for whoever reads a story.

use crate::core::command::Report;
use crate::core::{Command, Event};

/// A command.
pub fn command(command: &Command) -> String {
    match command {
        Command::Venue {
            client_order_id,
            report,
        } => format!("{client_order_id} {}", self::report(report)),
        Command::Statement(said) => {
            let open: Vec<&str> = said
                .open
                .iter()
                .map(|o| o.client_order_id.as_str())
                .collect();
            format!(
                "statement: works [{}], {} fills",
                open.join(" "),
                said.fills.len()
            )
        }
        Command::NotFound {
            client_order_id,
            past_deadline,
            ..
        } => format!("{client_order_id} not found, past its deadline: {past_deadline}"),
        Command::Place(request) => {
            let r = request;
            let at = r.price.or(r.stop_price);
            let at = at.map_or(String::new(), |p| format!(" at {p}"));
            let sliced = r.algorithm.as_ref();
            let sliced = sliced.map_or(String::new(), |a| format!(" by {:?}", a.kind));
            format!(
                "{:?} {:?} {} {}{at}{sliced}",
                r.side, r.kind, r.quantity, r.symbol
            )
        }
        other => other.name().replace('_', " "),
    }
}

fn report(report: &Report) -> String {
    match report {
        Report::Filled(fill) => {
            format!(
                "{} filled {} at {}",
                fill.execution_id, fill.quantity, fill.price
            )
        }
        Report::Amended { quantity, .. } => format!("amended to {quantity}"),
        Report::Accepted { .. } => "accepted".into(),
        Report::Submitted => "submitted".into(),
        Report::Cancelled { reason } => format!("cancelled: {reason}"),
        Report::Rejected { reason } => format!("rejected: {reason}"),
        Report::Unknown { reason } => format!("unknown: {reason}"),
        Report::AmendRefused { reason } => format!("not amended: {reason}"),
        Report::Deferred { reason, attempt } => format!("put off, {attempt}: {reason}"),
        Report::Unsent { reason } => format!("unsent: {reason}"),
        Report::Done => "filled to its last".into(),
        Report::Expired => "expired".into(),
        Report::GateKilled => "kept in by the gate".into(),
        Report::Absent => "absent".into(),
    }
}

/// An event.
pub fn event(event: &Event) -> String {
    match event {
        Event::OrderApproved { order } => {
            format!(
                "approved {} ({:?} {})",
                order.client_order_id, order.purpose, order.quantity
            )
        }
        Event::OrderMoved { id, status, .. } => format!("{id} {status:?}"),
        Event::OrderFilled { id, fill } => format!("{id} filled {}", fill.quantity),
        Event::CancelAsked { id, reason } => format!("cancel {id}: {reason}"),
        Event::OrderAmended { id, quantity, .. } => format!("amend {id} to {quantity}"),
        Event::OrderShown { id, quantity, .. } => format!("{id} shows {quantity}"),
        Event::PositionClosed { id, realised, .. } => format!("{id} closed, {realised}"),
        Event::Refused { refusal } => format!("refused {}", refusal.code),
        Event::ReconcileDiffers { what, .. } => format!("differs: {what}"),
        Event::Defect { what } => format!("DEFECT: {what}"),
        Event::HardstopEngaged { epoch, .. } => format!("HARDSTOP {epoch}"),
        Event::CauseAdded { cause, .. } => format!("{} begins", cause.as_str()),
        Event::CauseLifted { cause, .. } => format!("{} ends", cause.as_str()),
        other => other.name().replace('_', " "),
    }
}
