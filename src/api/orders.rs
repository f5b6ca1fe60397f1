//! Orders, the operator's own among them: all pass the same gate.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::exact::Exact;
use super::list::Seen;
use super::openapi::{AFTER, LIMIT, Param, SYMBOL, Words};
use super::routes::Given;
use super::{list, problem, unknown};
use crate::client::Problem;
use crate::core::id::{OrderId, ReservationId};
use crate::core::order::{Kind, OrderRequest, SelfTrade, Side, TimeInForce};
use crate::core::slicing::{Algorithm, AlgorithmKind, SliceAction};
use crate::core::{Command, Name, Reply, Symbol, Time};
use crate::engine::Lane;
use crate::snapshot::{ApprovalRow, OrderRow, Query, Snapshot};

/// Seconds a sliced order may take that names none.
const PLAN_S: u32 = 3_600;

pub(super) const LIST: Words = Words::of("Orders: live ones, then the latest that ended.")
    .query(&[
        SYMBOL,
        Param::one_of("status", &["open", "all"], "All by default."),
        LIMIT,
        AFTER,
    ])
    .gives_list::<OrderRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let symbol: Option<Symbol> = ask.parsed("symbol")?;
    let open = match ask.query("status") {
        None | Some("all") => false,
        Some("open") => true,
        Some(other) => {
            return Err(problem::invalid(
                "status",
                format!("{other:?} is none of open, all"),
            ));
        }
    };
    let snapshot = ask.api.snapshot();
    let pass = |row: &OrderRow| {
        symbol.is_none_or(|symbol| symbol == row.symbol) && !(open && row.status.is_terminal())
    };
    let filtered = open || symbol.is_some();
    let known = (!filtered).then_some(snapshot.orders.total);
    list::answer(ask, &snapshot.orders, list::ALL, known, pass, |row| {
        row.id.to_string()
    })
}

pub(super) const ONE: Words =
    Words::of("An order, by its own id or by the request's or the client's id for it.")
        .gives::<Seen<OrderRow>>();

/// By its own id, or by the one the caller gave it.
pub(super) fn one(ask: &Ask<'_>) -> Given {
    let text = ask.part(0);
    let id: Option<OrderId> = text.parse().ok();
    let snapshot = ask.api.snapshot();
    let found = snapshot.orders.items.iter().find(|row| {
        id == Some(row.id) || row.request_id.as_deref() == Some(text) || row.client_order_id == text
    });
    let row = found.ok_or_else(|| unknown("order", text))?;
    Ok(list::one(&snapshot, row))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceOrder)]
struct Wish {
    symbol: Symbol,
    side: Side,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    /// In the base currency.
    quantity: Exact,
    /// Limit price.
    price: Option<Exact>,
    /// Price that triggers it.
    stop_price: Option<Exact>,
    time_in_force: Option<TimeInForce>,
    /// Until when, where it stands until a time.
    expires_at: Option<Time>,
    /// Only as maker.
    #[serde(default)]
    post_only: bool,
    /// Can only reduce.
    #[serde(default)]
    reduce_only: bool,
    /// 1 to 5.
    leverage: Option<Exact>,
    /// Price of the stop that protects what it opens.
    stop: Option<Exact>,
    /// Price of the target of what it opens.
    target: Option<Exact>,
    /// The caller's own id for it; a repeat is the same order.
    request_id: Option<String>,
    /// On whose account.
    strategy: Option<Name>,
    /// Who asks; agents ask for themselves.
    agent_id: Option<Name>,
    /// Which policy decided.
    policy_version: Option<String>,
    /// Which features it saw.
    feature_hash: Option<String>,
    /// How sure it is, 0 to 1.
    confidence: Option<Exact>,
    /// Whatever else is kept; risk reads `spread` and `adverse_selection`, both fractions.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>)]
    metadata: BTreeMap<String, Box<RawValue>>,
    /// Trailing distance of the stop, a fraction.
    trail: Option<Exact>,
    /// Sent with it to the venue.
    client_order_id: Option<String>,
    self_trade: Option<SelfTrade>,
    /// Sends it in slices.
    algorithm: Option<Plan>,
    /// The reservation that it draws on.
    reservation: Option<ReservationId>,
}

/// How an order is sent in slices.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Slices)]
struct Plan {
    kind: AlgorithmKind,
    /// Seconds of engine time, an hour by default.
    duration_s: Option<u32>,
    /// Share of the market's volume, 0 to 1.
    participation: Option<Exact>,
    /// What is shown at once, base quantity.
    display: Option<Exact>,
    /// How many children.
    slices: Option<u32>,
}

impl Plan {
    fn algorithm(self) -> Algorithm {
        Algorithm {
            kind: self.kind,
            duration_s: self.duration_s.unwrap_or(PLAN_S),
            participation: self.participation.map(|exact| exact.0),
            display: self.display.map(|exact| exact.0),
            slices: self.slices,
            profile: Vec::new(),
        }
    }
}

impl Wish {
    fn request(self, ask: &Ask<'_>) -> Result<OrderRequest, Problem> {
        let exact = |value: Option<Exact>| value.map(|exact| exact.0);
        let (default_kind, default_stands) = ask.api.desk.order_defaults();
        let kind = self.kind.unwrap_or(default_kind);
        // What waits for its trigger, or has an end of its own, stands until then.
        let stands = match kind {
            Kind::Limit | Kind::Market if self.expires_at.is_none() => default_stands,
            _ => TimeInForce::default(),
        };
        Ok(OrderRequest {
            request_id: self
                .request_id
                .or_else(|| ask.request.key.map(str::to_owned)),
            symbol: self.symbol,
            side: self.side,
            kind,
            quantity: self.quantity.0,
            price: exact(self.price),
            stop_price: exact(self.stop_price),
            time_in_force: self.time_in_force.unwrap_or(stands),
            expires_at: self.expires_at,
            post_only: self.post_only,
            reduce_only: self.reduce_only,
            leverage: exact(self.leverage).unwrap_or(Decimal::ONE),
            stop: exact(self.stop),
            target: exact(self.target),
            strategy: self.strategy,
            agent_id: ask.acting(self.agent_id)?,
            policy_version: self.policy_version,
            feature_hash: self.feature_hash,
            confidence: exact(self.confidence),
            metadata: self
                .metadata
                .into_iter()
                .map(|(key, value)| (key, text(&value)))
                .collect(),
            cycle: None,
            self_trade: self.self_trade.unwrap_or_default(),
            trail: exact(self.trail),
            algorithm: self.algorithm.map(Plan::algorithm),
            client_order_id: self.client_order_id,
            draws: self.reservation,
            service: None,
        })
    }
}

/// A value as text: a string without its quotes, anything else as it is written.
fn text(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

pub(super) const PLACE: Words = Words::of(
    "Places an order through the gate that all orders pass: 201 it is on its way, 202 it waits for the operator's approval, 409 refused by a rule (429: the order rate).",
)
.takes::<Wish>()
.answers::<Seen<OrderRow>>(201)
.answers::<Seen<ApprovalRow>>(202);

pub(super) fn place(ask: &Ask<'_>) -> Given {
    let wish: Wish = ask.body()?;
    let request = wish.request(ask)?;
    let lane = if request.reduce_only {
        Lane::Exit
    } else {
        Lane::Normal
    };
    let outcome = ask.submit(lane, Command::Place(Box::new(request)))?;
    match outcome.reply {
        Reply::Order(id) => {
            let answer = shown(&ask.api.shown(outcome.seq), id)?;
            Ok(answer.and_status(201))
        }
        // In guide mode an entry waits for the operator.
        Reply::Approval(id) => {
            let shown = ask.api.desk.ask(Query::Approval(id));
            let document = shown.map_err(|error| problem::silent(&error))?;
            Ok(Answer::with(202, document))
        }
        _ => Err(unknown("order", "placed")),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelReason)]
struct Reason {
    /// Why, for the audit.
    reason: Option<String>,
}

pub(super) const CANCEL: Words = Words::of("Asks the venue to cancel an order.")
    .takes::<Reason>()
    .gives::<Seen<OrderRow>>();

pub(super) fn cancel(ask: &Ask<'_>) -> Given {
    let order: OrderId = ask.id("order")?;
    let Reason { reason } = ask.body()?;
    let reason = reason.unwrap_or_else(|| "cancelled by hand".into());
    let seq = ask
        .submit(Lane::Exit, Command::Cancel { order, reason })?
        .seq;
    shown(&ask.api.shown(seq), order)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AmendOrder)]
struct Change {
    /// In the base currency.
    quantity: Option<Exact>,
    /// Limit price.
    price: Option<Exact>,
    /// Price that triggers it.
    stop_price: Option<Exact>,
}

pub(super) const AMEND: Words = Words::of("Changes a working order; what is absent stays.")
    .takes::<Change>()
    .gives::<Seen<OrderRow>>();
pub(super) const PAUSE: Words =
    Words::of("Sends no more of a sliced order.").gives::<Seen<OrderRow>>();
pub(super) const RESUME: Words =
    Words::of("Goes on with a sliced order, over the time that is left.").gives::<Seen<OrderRow>>();

/// Changes a working order; what is absent stays.
pub(super) fn amend(ask: &Ask<'_>) -> Given {
    let order: OrderId = ask.id("order")?;
    let Change {
        quantity,
        price,
        stop_price,
    } = ask.body()?;
    if quantity.is_none() && price.is_none() && stop_price.is_none() {
        return Err(problem::invalid(
            "quantity",
            "a quantity, a price or a stop_price is needed",
        ));
    }
    let exact = |value: Option<Exact>| value.map(|exact| exact.0);
    let command = Command::Amend {
        order,
        quantity: exact(quantity),
        price: exact(price),
        stop_price: exact(stop_price),
    };
    let seq = ask.submit(Lane::Exit, command)?.seq;
    shown(&ask.api.shown(seq), order)
}

/// No new child of a sliced order.
pub(super) fn pause(ask: &Ask<'_>) -> Given {
    slice(ask, SliceAction::Pause)
}

/// It goes on, over the time that is left.
pub(super) fn resume(ask: &Ask<'_>) -> Given {
    slice(ask, SliceAction::Resume)
}

fn slice(ask: &Ask<'_>, action: SliceAction) -> Given {
    let order: OrderId = ask.id("order")?;
    let seq = ask
        .submit(Lane::Normal, Command::Slice { order, action })?
        .seq;
    shown(&ask.api.shown(seq), order)
}

/// An order's document.
pub(super) fn shown(snapshot: &Snapshot, id: OrderId) -> Given {
    let found = snapshot.orders.items.iter().find(|row| row.id == id);
    let row = found.ok_or_else(|| unknown("order", &id.to_string()))?;
    Ok(list::one(snapshot, row))
}
