//! Who holds what.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::exact::Exact;
use super::list::Seen;
use super::openapi::{AFTER, AGENT, LIMIT, Param, Words};
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, unknown};
use crate::client::Problem;
use crate::core::id::ReservationId;
use crate::core::reservation::{Class, ReserveItem, Resource, Standing};
use crate::core::{Command, Grant, Name, Released, Reply, Time};
use crate::engine::Lane;
use crate::snapshot::{Query, ReservationRow};

pub(super) const LIST: Words = Words::of("Reservations: live ones, then the latest that ended.")
    .query(&[
        AGENT,
        Param::one_of(
            "class",
            &[
                "exit",
                "live",
                "deployment",
                "paper",
                "backtest",
                "research",
            ],
            "Only of this class.",
        ),
        Param::one_of(
            "status",
            &[
                "all",
                "live",
                "queued",
                "held",
                "bound",
                "released",
                "expired",
                "preempted",
                "denied",
                "cancelled",
            ],
            "Only those that stand there; `live` ones are queued, held or bound.",
        ),
        LIMIT,
        AFTER,
    ])
    .gives_list::<ReservationRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let agent: Option<Name> = ask.parsed("agent")?;
    let status = ask.query("status");
    let class = ask.query("class");
    let snapshot = ask.api.snapshot();
    let pass = |row: &ReservationRow| {
        agent.is_none_or(|agent| agent == row.agent)
            && class.is_none_or(|class| class == row.class.as_str())
            && match status {
                None | Some("all") => true,
                Some("live") => !row.status.is_terminal(),
                Some(other) => json!(row.status) == other,
            }
    };
    let known = match status {
        _ if agent.is_some() || class.is_some() => None,
        None | Some("all") => Some(snapshot.reservations.total),
        Some("live") => Some(snapshot.status.reservations_total),
        Some(_) => None,
    };
    list::answer(ask, &snapshot.reservations, list::ALL, known, pass, |row| {
        row.id.to_string()
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReserveOne)]
struct Wish {
    resource: Resource,
    /// USD of capital, slots of compute, calls of an API.
    amount: Exact,
    /// By default what the purpose begins with, else `paper`.
    class: Option<Class>,
    /// Why, in words.
    #[serde(default)]
    purpose: String,
    /// Seconds of engine time it lives, 1 to 2,592,000.
    ttl_s: Option<u64>,
    /// Whose; agents reserve for themselves.
    agent: Option<Name>,
    /// For which strategy.
    strategy: Option<Name>,
    /// Weighs where several want the same.
    sharpe: Option<Exact>,
    /// Whether it waits where it does not fit now; of several, one word counts for all.
    #[serde(default)]
    wait: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReserveSeveral)]
struct Wishes {
    /// All of them or none.
    items: Vec<Wish>,
    /// Whether they wait where they do not fit now.
    #[serde(default)]
    wait: bool,
}

/// One wish, or several that are granted together or not at all.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a body is read as one or the other")]
#[schema(as = Reserve)]
#[serde(untagged)]
enum Either {
    One(Wish),
    Several(Wishes),
}

/// What was granted, or waits.
#[derive(Serialize, ToSchema)]
struct Granted {
    /// Its id.
    reservation_id: ReservationId,
    /// `held` or `queued`.
    status: Standing,
    /// Of what.
    resource: Resource,
    /// Granted; less than asked where a split says so.
    amount: Decimal,
    /// Asked.
    asked: Decimal,
    /// 1 critical to 4 low.
    priority: u8,
    /// When it ends by itself.
    expires_at: Option<Time>,
    /// The record.
    seq: u64,
}

/// Several that were granted together, in the order asked.
#[derive(Serialize, ToSchema)]
struct GrantedTogether {
    /// Each of them.
    items: Vec<Granted>,
    /// The record.
    seq: u64,
}

/// One, or several.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Reserved {
    One(Granted),
    Several(GrantedTogether),
}

pub(super) const RESERVE: Words = Words::of(
    "Reserves capital, compute or API calls: 201 held, 202 queued, 409 refused (429: calls).",
)
.takes::<Either>()
.answers::<Reserved>(201)
.answers::<Reserved>(202);

pub(super) fn reserve(ask: &Ask<'_>) -> Stepped {
    let several = is_several(ask.request.body);
    let Wishes { items, wait } = if several {
        ask.body()?
    } else {
        Wishes {
            items: vec![ask.body()?],
            wait: false,
        }
    };
    let wait = wait || items.iter().any(|wish| wish.wait);
    let items = items
        .into_iter()
        .map(|wish| {
            Ok(ReserveItem {
                resource: wish.resource,
                class: wish.class,
                amount: wish.amount.0,
                purpose: wish.purpose,
                ttl_s: wish.ttl_s,
                agent: ask.acting(wish.agent)?.or_else(|| ask.agent()),
                strategy: wish.strategy,
                sharpe: wish.sharpe.map(|s| s.0),
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let key = ask.request.key.map(str::to_owned);
    let command = Command::Reserve { items, key, wait };
    Step::submit(Lane::Normal, command, move |outcome| {
        let Reply::Reserved(grants) = outcome.reply else {
            return Err(unknown("reservation", "granted"));
        };
        let queued = grants.iter().any(|g| g.standing == Standing::Queued);
        let seq = outcome.seq;
        let mut items: Vec<_> = grants.iter().map(|g| granted(g, seq)).collect();
        let document = match items.pop() {
            Some(one) if !several => Reserved::One(one),
            last => {
                items.extend(last);
                Reserved::Several(GrantedTogether { items, seq })
            }
        };
        Step::done(Answer::with(if queued { 202 } else { 201 }, document))
    })
}

/// Whether the body asks for several at once.
fn is_several(body: &str) -> bool {
    // Most bodies do not even have the word.
    body.contains("\"items\"")
        && serde_json::from_str::<serde_json::Map<String, Value>>(body)
            .is_ok_and(|fields| fields.contains_key("items"))
}

/// The answer to a request: it is told without waiting for a snapshot.
fn granted(grant: &Grant, seq: u64) -> Granted {
    Granted {
        reservation_id: grant.id,
        status: grant.standing,
        resource: grant.resource,
        amount: grant.amount.normalize(),
        asked: grant.asked.normalize(),
        priority: grant.class.priority(),
        expires_at: grant.expires_at,
        seq,
    }
}

/// The reservation that is spoken of: an agent speaks of its own, which the id names.
fn own(ask: &Ask<'_>) -> Result<ReservationId, Problem> {
    let id: ReservationId = ask.id("reservation")?;
    ask.acting(Some(id.agent))?;
    Ok(id)
}

/// What a release came to.
#[derive(Serialize, ToSchema)]
struct Release {
    /// Which.
    reservation_id: ReservationId,
    /// `cancelled` where it was queued.
    result: Released,
    /// The record.
    seq: u64,
}

pub(super) const RELEASE: Words =
    Words::of("Gives a reservation back, or takes a queued wish out of the queue.")
        .gives::<Release>();

pub(super) fn release(ask: &Ask<'_>) -> Stepped {
    let id = own(ask)?;
    Step::submit(
        Lane::Normal,
        Command::Release { id },
        move |outcome| match outcome.reply {
            Reply::Released(result) if result != Released::Unknown => {
                Step::done(Answer::ok(Release {
                    reservation_id: id,
                    result,
                    seq: outcome.seq,
                }))
            }
            _ => Err(unknown("reservation", &id.to_string())),
        },
    )
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Renewal)]
struct Renewal {
    /// Seconds of engine time from now on, 1 to 2,592,000.
    ttl_s: u64,
}

pub(super) const RENEW: Words = Words::of("Counts the time to live of a reservation anew.")
    .takes::<Renewal>()
    .gives::<Seen<ReservationRow>>();

pub(super) fn renew(ask: &Ask<'_>) -> Stepped {
    let id = own(ask)?;
    let Renewal { ttl_s } = ask.body()?;
    let command = Command::Renew { id, ttl_s };
    Step::submit(Lane::Normal, command, move |_| {
        Step::show(Query::Reservation(id), "reservation", id.to_string())
    })
}
