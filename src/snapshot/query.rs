//! Single things looked up exactly, without building a snapshot of everything.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::build;
use super::contention::{Running, activity as activity_row};
use super::document::MessageRow;
use super::research::{self, Page, RunFilter, ServiceFilter};
use super::samples::Samples;
use crate::core::id::{
    ActivityId, ApprovalId, CycleId, MessageId, ReservationId, RunId, ServiceId,
};
use crate::core::message::{MessageKind, Topic};
use crate::core::{Name, Quotes, State, Symbol, Time};

/// What somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The state of trading: `{"state","seq"}`.
    Mode,
    /// An agent's row.
    Agent(Name),
    /// A reservation's row, live or remembered.
    Reservation(ReservationId),
    /// An activity's row, live or remembered.
    Activity(ActivityId),
    /// An approval's row, waiting or remembered.
    Approval(ApprovalId),
    /// A message's row in full, live, remembered or given up.
    Message(MessageId),
    /// A research run's row, live or remembered.
    Run(RunId),
    /// Research runs, live or remembered: a list of rows.
    Runs(RunFilter, Page<RunId>),
    /// A service's row, live or remembered.
    Service(ServiceId),
    /// Services, live or remembered: a list of rows.
    Services(ServiceFilter, Page<ServiceId>),
    /// The strategy versions that may be put into service, the newest first: a list of what
    /// [`described`](super::described) makes rows of.
    Versions {
        /// Only of this strategy.
        strategy: Option<Name>,
    },
    /// One of them in full, its rule and values included.
    Version {
        /// Which strategy.
        strategy: Name,
        /// Which version of it; none: the newest.
        version: Option<String>,
    },
    /// The pairs that are traded: `{"symbols":[…]}`.
    Symbols,
    /// What waits for an agent, in order of delivery: a list.
    Queue {
        /// Whose.
        agent: Name,
        /// Rows, at most.
        limit: usize,
    },
    /// The last word on a topic that is not too old.
    Latest {
        /// Which topic.
        topic: Topic,
        /// Only from this one.
        source: Option<Name>,
        /// Only about this.
        symbol: Option<Symbol>,
    },
    /// A cycle's shared data, `{"cycle_id","data":{KEY: TEXT}}`, or with a key
    /// `{"cycle_id","key","value":TEXT}`: documents as their text, so that no digit is lost.
    Data {
        /// Which cycle.
        cycle: CycleId,
        /// Only this key.
        key: Option<String>,
    },
}

/// What a document has beside the state.
pub struct Beside<'a> {
    /// Engine time.
    pub now: Time,
    /// The last prices.
    pub quotes: &'a Quotes,
    /// All that is measured; it takes long, and is taken only where a document has it.
    pub samples: &'a dyn Fn() -> &'a Samples,
}

/// The document, with the journal position it shows as `seq`; `Null` where there is no such thing.
pub fn answer(state: &State, query: &Query, beside: &Beside<'_>) -> Value {
    let document = match query {
        Query::Mode => Some(json!({ "state": state.mode() })),
        Query::Agent(name) => agent(state, *name, (beside.samples)()),
        Query::Reservation(id) => state
            .ledger
            .get(*id)
            .map(|row| json!(build::reservation(row))),
        Query::Activity(id) => activity(state, *id),
        Query::Approval(id) => approval(state, *id, (beside.samples)()),
        Query::Message(id) => message(state, *id),
        Query::Run(id) => {
            let found = state.research.get(*id);
            found.map(|run| json!(research::run(state, (beside.samples)(), run)))
        }
        Query::Runs(filter, page) => Some(research::run_list(state, filter, page, beside)),
        Query::Service(id) => {
            let found = state.services.get(*id);
            found.map(|s| json!(research::service(state, beside.quotes, beside.now, s)))
        }
        Query::Services(filter, page) => Some(research::service_list(state, filter, page, beside)),
        Query::Versions { strategy } => Some(versions(state, *strategy)),
        Query::Version { strategy, version } => {
            research::version(state, *strategy, version.as_deref()).map(|v| json!(v))
        }
        Query::Symbols => Some(json!({ "symbols": state.settings.symbols })),
        Query::Queue { agent, limit } => Some(queue(state, *agent, *limit)),
        Query::Latest {
            topic: Topic::MarketData,
            symbol,
            ..
        } => price(*symbol, beside.quotes),
        Query::Latest {
            topic,
            source,
            symbol,
        } => {
            let last = state.bus.latest(*topic, *source, *symbol, beside.now);
            last.map(|m| json!(MessageRow::from(m)))
        }
        Query::Data { cycle, key } => data(state, *cycle, key.as_deref()),
    };
    match document {
        Some(mut document) => {
            document["seq"] = state.seq.into();
            document
        }
        None => Value::Null,
    }
}

fn agent(state: &State, name: Name, samples: &Samples) -> Option<Value> {
    let health = state.agents.get(&name)?;
    Some(json!(build::agent(state, samples, name, health)))
}

fn activity(state: &State, id: ActivityId) -> Option<Value> {
    let all = &state.activities;
    let past = || all.past.iter().rev().find(|a| a.id == id);
    let found = all.live.get(&id).or_else(past)?;
    Some(json!(activity_row(&Running::of(state), found)))
}

fn approval(state: &State, id: ApprovalId, samples: &Samples) -> Option<Value> {
    let all = &state.approvals;
    let past = || all.past.iter().rev().find(|a| a.id == id);
    let found = all.waiting.get(&id).or_else(past)?;
    Some(json!(build::approval(found, samples)))
}

fn message(state: &State, id: MessageId) -> Option<Value> {
    let past = || state.bus.past.iter().rev().find(|m| m.id == id);
    let dead = || {
        let mut letters = state.bus.dead_letters.iter().rev();
        letters.find(|l| l.message.id == id).map(|l| &l.message)
    };
    let found = state.bus.live.get(&id).or_else(past).or_else(dead)?;
    Some(json!(MessageRow::from(found)))
}

fn queue(state: &State, agent: Name, limit: usize) -> Value {
    let items: Vec<_> = state
        .bus
        .queue(agent)
        .take(limit)
        .map(MessageRow::from)
        .collect();
    json!({ "items": items, "total": state.bus.queued(agent) })
}

fn versions(state: &State, strategy: Option<Name>) -> Value {
    let items: Vec<_> = research::versions(state, strategy).collect();
    json!({ "total": items.len(), "items": items })
}

/// The feed's last word on a price, as a message would say it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceWord {
    /// `market_data`.
    pub topic: &'static str,
    /// Who says it.
    pub from: &'static str,
    /// `event`.
    pub kind: MessageKind,
    /// What it says.
    pub payload: PricePayload,
    /// When the price was made.
    pub created_at: Time,
}

/// A price, in the pair's quote currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct PricePayload {
    /// The pair.
    pub symbol: Symbol,
    /// The last price.
    pub price: Decimal,
    /// What a seller gets.
    pub bid: Decimal,
    /// What a buyer pays.
    pub ask: Decimal,
    /// When the price was made.
    pub time: Time,
}

/// The feed's last word is in no journal: it is the newest of what was measured.
fn price(symbol: Option<Symbol>, quotes: &Quotes) -> Option<Value> {
    let wanted = |of: &Symbol| symbol.is_none_or(|symbol| symbol == *of);
    let (symbol, quote) = quotes
        .iter()
        .filter(|(of, _)| wanted(of))
        .max_by_key(|(_, quote)| quote.time)?;
    Some(json!(PriceWord {
        topic: Topic::MarketData.as_str(),
        from: Topic::MarketData.owners()[0],
        kind: MessageKind::Event,
        payload: PricePayload {
            symbol: *symbol,
            price: quote.last,
            bid: quote.bid,
            ask: quote.ask,
            time: quote.time,
        },
        created_at: quote.time,
    }))
}

fn data(state: &State, id: CycleId, key: Option<&str>) -> Option<Value> {
    let cycle = state.cycles.get(id)?;
    Some(match key {
        Some(key) => json!({
            "cycle_id": id,
            "key": key,
            "value": cycle.data.get(key)?,
        }),
        None => json!({ "cycle_id": id, "data": cycle.data }),
    })
}
