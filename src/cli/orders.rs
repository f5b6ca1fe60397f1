//! Orders, the operator's own among them.

use std::collections::BTreeMap;

use clap::{Subcommand, ValueEnum};
use rust_decimal::Decimal;
use serde_json::json;

use super::arguments::{Page, decimal, word};
use super::exit::Exit;
use super::session::Session;
use super::slices::Slices;
use crate::client::Call;
use crate::core::id::ReservationId;
use crate::core::{Name, Symbol, Time};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Which.
    #[arg(long, default_value = "all")]
    status: Which,
    /// Only this symbol.
    #[arg(long)]
    symbol: Option<Symbol>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    Open,
    All,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All of them.
    List,
    /// One, by its id or the request's.
    Show { id: String },
    /// Place one, through the same gate as everybody's.
    Place(Box<Place>),
    /// Change one that works: less, or another price; what is not named stays.
    Amend {
        /// Which.
        id: String,
        /// Base quantity, with what has filled.
        #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
        quantity: Option<String>,
        /// Limit price.
        #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
        price: Option<String>,
        /// Trigger price.
        #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
        stop_price: Option<String>,
    },
    /// Compare orders and balances with the venue now.
    Sync,
    /// Hold a sliced one: what rests stays, nothing new is sent.
    Pause {
        /// Which.
        id: String,
    },
    /// Let a held one go on, over the time that is left.
    Resume {
        /// Which.
        id: String,
    },
    /// Cancel one.
    Cancel {
        /// Which.
        id: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SideArg {
    Buy,
    Sell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum KindArg {
    Market,
    Limit,
    StopLoss,
    TakeProfit,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ForceArg {
    /// Until cancelled.
    Gtc,
    /// What fills at once.
    Ioc,
    /// Until --expires.
    Gtd,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SelfTradeArg {
    /// This one is refused; what happens where none is named.
    #[value(name = "cancel_newest")]
    Newest,
    /// The one that rests is cancelled.
    #[value(name = "cancel_oldest")]
    Oldest,
    /// The one that rests is cancelled, and this one is refused.
    #[value(name = "cancel_both")]
    Both,
}

#[derive(Debug, clap::Args)]
struct Place {
    /// Pair, BTC/USDT or BTC_USDT.
    #[arg(long)]
    symbol: Symbol,
    /// Buy or sell.
    #[arg(long)]
    side: SideArg,
    /// How it meets the market [default: execution.default_type].
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<KindArg>,
    /// Base quantity.
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    quantity: String,
    /// Limit price.
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    price: Option<String>,
    /// Trigger price.
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    stop_price: Option<String>,
    /// How long it stands [default: execution.time_in_force].
    #[arg(long)]
    tif: Option<ForceArg>,
    /// Until when, RFC 3339, for gtd.
    #[arg(long, value_parser = time)]
    expires: Option<Time>,
    /// Only as maker.
    #[arg(long)]
    post_only: bool,
    /// It must be an exit.
    #[arg(long)]
    reduce_only: bool,
    /// What to do where it would trade with an order of our own: an exit always goes.
    #[arg(long, value_name = "HOW")]
    self_trade: Option<SelfTradeArg>,
    /// 1 to 5.
    #[arg(long, value_parser = decimal)]
    leverage: Option<String>,
    /// Stop placed after the fill.
    #[arg(long, value_parser = decimal)]
    stop: Option<String>,
    /// Target placed after the fill.
    #[arg(long, value_parser = decimal)]
    target: Option<String>,
    /// The stop trails so far behind the best price, in percent (1.5).
    #[arg(long, value_parser = decimal)]
    trail: Option<String>,
    /// Whose it is.
    #[arg(long)]
    strategy: Option<Name>,
    /// Which agent asked.
    #[arg(long)]
    agent: Option<Name>,
    /// Which policy decided.
    #[arg(long)]
    policy_version: Option<String>,
    /// Which features it saw.
    #[arg(long)]
    feature_hash: Option<String>,
    /// How sure it was, 0 to 1.
    #[arg(long, value_parser = decimal)]
    confidence: Option<String>,
    /// The same one again is the same order.
    #[arg(long)]
    request_id: Option<String>,
    /// The id it is sent to the venue with; one is made where none is named.
    #[arg(long, value_name = "ID")]
    client_order_id: Option<String>,
    /// The held reservation that covers an entry; what it does not need goes back there.
    #[arg(long, value_name = "ID")]
    reservation: Option<ReservationId>,
    /// Whatever else is to be kept.
    #[arg(long, value_name = "K=V", value_parser = pair)]
    meta: Vec<(String, String)>,
    #[command(flatten)]
    slices: Slices,
}

fn time(text: &str) -> Result<Time, String> {
    serde_json::from_value(text.into())
        .map_err(|_| format!("{text:?} is no RFC 3339 time, such as 2026-02-14T11:23:33Z"))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is expected")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A percentage as the fraction that documents have.
pub fn fraction(percent: &str) -> String {
    percent.parse::<Decimal>().map_or_else(
        |_| percent.to_owned(),
        |number| (number / Decimal::ONE_HUNDRED).normalize().to_string(),
    )
}

impl Place {
    fn call(self) -> Call {
        let metadata: BTreeMap<String, String> = self.meta.into_iter().collect();
        Call::post(
            "orders",
            json!({
                "symbol": self.symbol,
                "side": word(&self.side),
                "type": self.kind.as_ref().and_then(word),
                "quantity": self.quantity,
                "price": self.price,
                "stop_price": self.stop_price,
                "time_in_force": self.tif.as_ref().and_then(word),
                "expires_at": self.expires,
                "post_only": self.post_only,
                "reduce_only": self.reduce_only,
                "self_trade": self.self_trade.as_ref().and_then(word),
                "leverage": self.leverage,
                "stop": self.stop,
                "target": self.target,
                "trail": self.trail.as_deref().map(fraction),
                "strategy": self.strategy,
                "agent_id": self.agent,
                "policy_version": self.policy_version,
                "feature_hash": self.feature_hash,
                "confidence": self.confidence,
                "request_id": self.request_id,
                "client_order_id": self.client_order_id,
                "reservation": self.reservation,
                "metadata": metadata,
                "algorithm": self.slices.algorithm(),
            }),
        )
    }
}

pub fn orders(session: &Session, args: Args) -> Exit {
    match args.action {
        None | Some(Action::List) => {
            let symbol = args.symbol.map(|symbol| symbol.to_string());
            let pairs = vec![("status", word(&args.status)), ("symbol", symbol)];
            let columns = [
                ("ID", "id"),
                ("SYMBOL", "symbol"),
                ("SIDE", "side"),
                ("TYPE", "type"),
                ("PURPOSE", "purpose"),
                ("QUANTITY", "quantity"),
                ("FILLED", "filled"),
                ("PRICE", "price"),
                ("TRIGGER", "stop_price"),
                ("AVERAGE", "average_price"),
                ("STATUS", "status"),
                ("CREATED", "created_at"),
            ];
            session.list_of("orders", args.page.query(pairs), &columns)
        }
        Some(Action::Show { id }) => session.one(format!("orders/{id}")),
        Some(Action::Place(place)) => session.fields(session.change(&place.call())),
        Some(Action::Amend {
            id,
            quantity,
            price,
            stop_price,
        }) => session.fields(session.change(&Call::patch(
            format!("orders/{id}"),
            json!({ "quantity": quantity, "price": price, "stop_price": stop_price }),
        ))),
        Some(Action::Sync) => session.post("orders/sync", json!({})),
        Some(Action::Pause { id }) => session.post(format!("orders/{id}/pause"), json!({})),
        Some(Action::Resume { id }) => session.post(format!("orders/{id}/resume"), json!({})),
        Some(Action::Cancel { id, reason }) => {
            session.post(format!("orders/{id}/cancel"), json!({ "reason": reason }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_is_percent_here_and_a_fraction_there() {
        assert_eq!(fraction("1.5"), "0.015");
        assert_eq!(fraction("10"), "0.1");
    }
}
