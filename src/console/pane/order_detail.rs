//! An order in full: what is asked, how far it is, where it came from, and each of its fills.

use rust_decimal::Decimal;

use super::orders::{kind, plan, progress, purpose, side, status_word};
use crate::console::figures::{self, quantity};
use crate::core::Time;
use crate::core::order::{Fill, Liquidity, TimeInForce};
use crate::snapshot::{OrderRow, SlicingRow};

/// Cells of the bar of a sliced order.
const BAR: usize = 24;

/// In lines; `clock` is engine time.
pub fn lines(o: &OrderRow, clock: Time) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} {} {} {}{}",
        o.id,
        purpose(o.purpose),
        side(o.side),
        quantity(o.quantity),
        o.symbol,
        if o.reduce_only { ", reduce only" } else { "" }
    )];
    let mut say = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name:<14} {value}")));
    };
    let cancelled = if o.cancel_asked {
        ", its cancel is asked for"
    } else {
        ""
    };
    say(
        "state",
        Some(format!("{}{cancelled}", status_word(o.status))),
    );
    say("reason", o.reason.clone());
    say("type", Some(terms(o)));
    say(
        "filled",
        Some(format!(
            "{} of {}",
            quantity(o.filled),
            quantity(o.quantity)
        )),
    );
    let prices = [
        ("limit", o.price),
        ("trigger", o.stop_price),
        ("mean price", o.average_price),
        ("fees", Some(o.fees)),
    ];
    for (name, value) in prices {
        say(name, value.map(quantity));
    }
    say("position", o.position_id.map(|id| id.to_string()));
    say("slice of", o.parent_id.map(|id| id.to_string()));
    let times = [
        ("approved", Some(o.created_at)),
        ("last changed", Some(o.updated_at)),
        ("expires", o.expires_at),
    ];
    for (name, at) in times {
        say(name, at.map(|at| figures::moment(at, clock)));
    }
    let text = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    say("agent", o.agent_id.map(|name| name.to_string()));
    say("strategy", o.strategy.map(|name| name.to_string()));
    say("policy", text(&o.policy_version));
    say("features", text(&o.feature_hash));
    say("confidence", o.confidence.map(quantity));
    say("self-trade", text(&o.self_trade));
    say("request id", text(&o.request_id));
    say("client id", Some(o.client_order_id.clone()));
    say("venue id", text(&o.venue_order_id));
    for (key, value) in &o.metadata {
        say("metadata", Some(format!("{key} = {value}")));
    }
    if let Some(s) = &o.slicing {
        lines.extend(slices(s, clock));
    }
    lines.extend(fills(&o.fills, clock));
    lines
}

fn terms(o: &OrderRow) -> String {
    let stands = match o.time_in_force {
        TimeInForce::Gtc => "gtc",
        TimeInForce::Ioc => "ioc",
        TimeInForce::Gtd => "gtd",
    };
    let maker = if o.post_only { ", only as maker" } else { "" };
    format!("{}, {stands}{maker}", kind(o.kind))
}

fn slices(s: &SlicingRow, clock: Time) -> Vec<String> {
    let held = if s.paused {
        ", HELD by an operator"
    } else {
        ""
    };
    let percent = figures::percent;
    let live: Vec<String> = s.working.iter().map(ToString::to_string).collect();
    let moment = |at| figures::moment(at, clock);
    let mut lines = vec![
        String::new(),
        format!("SLICES {}{held}", plan(s.kind)),
        format!(
            "  {} done {} of the planned {}",
            progress(s, BAR),
            percent(s.done),
            percent(s.planned)
        ),
        format!("  from {} to {}", moment(s.started_at), moment(s.ends_at)),
        format!("  {} sent, live: {}", s.children, or_none(&live.join(" "))),
        format!(
            "  next {}",
            s.next_at.map_or_else(|| "none".to_owned(), moment)
        ),
    ];
    let prices: Vec<String> = [
        ("arrival", Some(s.arrival_price)),
        ("mean", s.average_price),
        ("twap", s.twap),
        ("vwap", s.vwap),
    ]
    .into_iter()
    .filter_map(|(name, price)| Some(format!("{name} {}", quantity(price?))))
    .collect();
    lines.push(format!("  {}", prices.join("  ")));
    lines.extend(s.slippage_bps.map(|bps| {
        let worse = if bps > Decimal::ZERO {
            ", worse than on arrival"
        } else {
            ""
        };
        format!("  slippage {} bps{worse}", figures::signed(bps))
    }));
    lines
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// A line for each fill.
fn fills(fills: &[Fill], clock: Time) -> Vec<String> {
    let mut lines = vec![String::new(), format!("FILLS {}", fills.len())];
    lines.extend(fills.iter().map(|f| {
        let liquidity = match f.liquidity {
            Liquidity::Maker => "maker",
            Liquidity::Taker => "taker",
        };
        format!(
            "  {}  {} at {}  fee {}  {liquidity}  {}",
            figures::moment(f.time, clock),
            quantity(f.quantity),
            quantity(f.price),
            quantity(f.fee),
            f.execution_id
        )
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn all_that_an_order_says_of_itself_is_told() {
        let snapshot = fixture::snapshot();
        for o in &snapshot.orders.items {
            let text = lines(o, fixture::NOW).join("\n");
            let wanted = [
                Some(o.client_order_id.clone()),
                o.venue_order_id.clone(),
                o.request_id.clone(),
                o.reason.clone(),
                o.policy_version.clone(),
                o.feature_hash.clone(),
                o.agent_id.map(|n| n.to_string()),
                o.strategy.map(|n| n.to_string()),
                o.confidence.map(|d| d.to_string()),
                o.parent_id.map(|id| id.to_string()),
                o.position_id.map(|id| id.to_string()),
            ];
            for value in wanted.into_iter().flatten() {
                assert!(text.contains(&value), "{value}\n{text}");
            }
            for (key, value) in &o.metadata {
                assert!(text.contains(&format!("{key} = {value}")), "{text}");
            }
            for fill in &o.fills {
                let at = text.find(&fill.execution_id).unwrap();
                let line = text[..at].lines().last().unwrap();
                for part in [
                    quantity(fill.price),
                    quantity(fill.quantity),
                    quantity(fill.fee),
                ] {
                    assert!(line.contains(&part), "{part} in {line}");
                }
            }
        }
    }
}
