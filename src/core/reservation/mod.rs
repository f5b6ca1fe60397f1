//! Reservations of capital, compute and API calls (R1–R7): who holds what, until when, and the
//! sums that may never be exceeded.

mod api;
mod ask;
mod circle;
mod decide;
mod drawing;
mod fit;
mod keys;
mod ledger;
mod queue;
mod split;
mod window;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use api::ApiWindows;
pub(in crate::core) use ask::Wanted;
pub use drawing::Drawn;
pub(in crate::core) use fit::MAX_VICTIMS;
pub use keys::{Keys, Remembered};
pub use ledger::Ledger;

use super::activity::ActivityKind;
use super::id::{OrderId, PositionId, ReservationId};
use super::state::Grant;
use super::text::Name;
use super::time::Time;

/// What can be reserved.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Resource {
    /// USD of one pool.
    #[n(0)]
    Capital,
    /// Slots.
    #[n(1)]
    Compute,
    /// Calls to a venue.
    #[n(2)]
    Api,
}

/// What it is reserved for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Class {
    /// Closing positions, and the stop's own work.
    #[n(0)]
    Exit,
    /// Live trades.
    #[n(1)]
    Live,
    /// Putting a strategy into service.
    #[n(2)]
    Deployment,
    /// Trades without money.
    #[n(3)]
    Paper,
    /// Trades of the past.
    #[n(4)]
    Backtest,
    /// Research and discovery.
    #[n(5)]
    Research,
}

impl Class {
    /// Every class, most important first.
    pub const ALL: [Self; 6] = [
        Self::Exit,
        Self::Live,
        Self::Deployment,
        Self::Paper,
        Self::Backtest,
        Self::Research,
    ];

    /// 1 critical, 2 high, 3 medium, 4 low (R1).
    pub fn priority(self) -> u8 {
        match self {
            Self::Exit => 1,
            Self::Live => 2,
            Self::Deployment | Self::Paper => 3,
            Self::Backtest | Self::Research => 4,
        }
    }

    /// Whose compute slots it takes: research counts as backtest, deployment as paper, exit as
    /// live.
    pub fn slots(self) -> Self {
        match self {
            Self::Exit | Self::Live => Self::Live,
            Self::Deployment | Self::Paper => Self::Paper,
            Self::Backtest | Self::Research => Self::Backtest,
        }
    }

    /// Class and agent as the purpose's beginning tells them.
    pub fn of_purpose(purpose: &str) -> (Self, &'static str) {
        let purpose = purpose.trim().to_ascii_lowercase();
        let table = [
            ("exit", Self::Exit, "trader"),
            ("live", Self::Live, "trader"),
            ("deploy", Self::Deployment, "deployer"),
            ("paper", Self::Paper, "optimizer"),
            ("backtest", Self::Backtest, "optimizer"),
            ("research", Self::Research, "discoverer"),
            ("discovery", Self::Research, "discoverer"),
        ];
        table
            .iter()
            .find(|(beginning, ..)| purpose.starts_with(beginning))
            .map_or((Self::Paper, "operator"), |(_, class, agent)| {
                (*class, *agent)
            })
    }

    /// As in documents and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Live => "live",
            Self::Deployment => "deployment",
            Self::Paper => "paper",
            Self::Backtest => "backtest",
            Self::Research => "research",
        }
    }
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Standing {
    /// Waits for its turn.
    #[n(0)]
    Queued,
    /// Granted, until its time is up.
    #[n(1)]
    Held,
    /// An order or a position lives on it: no time runs, nobody may take it.
    #[n(2)]
    Bound,
    /// Given back.
    #[n(3)]
    Released,
    /// Its time was up.
    #[n(4)]
    Expired,
    /// A higher priority took it.
    #[n(5)]
    Preempted,
    /// Refused while it waited.
    #[n(6)]
    Denied,
    /// Ended by HARDSTOP or by its owner while queued.
    #[n(7)]
    Cancelled,
}

impl Standing {
    /// Nothing follows.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Queued | Self::Held | Self::Bound)
    }
}

/// One reservation.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Reservation {
    /// Its id.
    #[n(0)]
    pub id: ReservationId,
    /// Whose it is.
    #[n(1)]
    pub agent: Name,
    /// For which strategy.
    #[n(2)]
    pub strategy: Option<Name>,
    /// Of what.
    #[n(3)]
    pub resource: Resource,
    /// For what.
    #[n(4)]
    pub class: Class,
    /// USD, slots or calls granted.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub amount: Decimal,
    /// What was asked.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub asked: Decimal,
    /// Why, in the owner's words.
    #[n(7)]
    pub purpose: String,
    /// Where it stands.
    #[n(8)]
    pub standing: Standing,
    /// When it was granted.
    #[n(9)]
    pub created_at: Time,
    /// When it ends by itself; none while it is bound.
    #[n(10)]
    pub expires_at: Option<Time>,
    /// The order that lives on it.
    #[n(11)]
    pub order: Option<OrderId>,
    /// The position that lives on it.
    #[n(12)]
    pub position: Option<PositionId>,
    /// The ids granted together.
    #[n(13)]
    pub group: Vec<ReservationId>,
    /// The Sharpe ratio it came with.
    #[cbor(n(14), with = "super::codec::dec", has_nil)]
    pub sharpe: Option<Decimal>,
    /// Its life from the grant on, seconds.
    #[n(15)]
    #[cbor(default)]
    pub ttl_s: u64,
    /// What it waits for, while it is queued.
    #[n(16)]
    pub waits: Option<Waits>,
    /// When its owner was last told who holds what it waits for.
    #[n(17)]
    pub told_at: Option<Time>,
    /// When it was granted, where it had to wait.
    #[n(18)]
    pub granted_at: Option<Time>,
    /// The key its request came with, and whose.
    #[n(19)]
    pub keyed: Option<(Name, String)>,
    /// The priority at which it waits its turn: that of the least important asked for together.
    #[n(20)]
    #[cbor(default)]
    pub turn: u8,
    /// What it took out of a reservation made before.
    #[n(21)]
    pub drawn: Option<Drawn>,
    /// What it was granted, once something was drawn on it.
    #[cbor(n(22), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub granted: Option<Decimal>,
}

/// What is shared out of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Pooled {
    /// USD of the pool.
    #[n(0)]
    Capital,
    /// Slots of live trades, which are not limited.
    #[n(1)]
    Live,
    /// Slots of paper trades.
    #[n(2)]
    Paper,
    /// Slots of backtests.
    #[n(3)]
    Backtest,
    /// Calls to a venue.
    #[n(4)]
    Api,
}

impl Pooled {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Capital,
        Self::Live,
        Self::Paper,
        Self::Backtest,
        Self::Api,
    ];

    /// Out of which limit a resource is taken for a class.
    pub fn of(resource: Resource, class: Class) -> Self {
        match (resource, class.slots()) {
            (Resource::Capital, _) => Self::Capital,
            (Resource::Api, _) => Self::Api,
            (Resource::Compute, Class::Paper) => Self::Paper,
            (Resource::Compute, Class::Backtest) => Self::Backtest,
            (Resource::Compute, _) => Self::Live,
        }
    }

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capital => "capital",
            Self::Live => "live slots",
            Self::Paper => "paper slots",
            Self::Backtest => "backtest slots",
            Self::Api => "API calls",
        }
    }
}

/// The activity that a reservation of this class by this agent belongs to (domain.md, Activities):
/// a class deployment or the deployer's is a deployment, the optimizer's an optimisation, the
/// discoverer's a discovery. Exits are nobody's activity: they go on under HARDSTOP, which ends all.
pub fn activity_of(class: Class, agent: Name) -> Option<ActivityKind> {
    match agent.as_str() {
        _ if class == Class::Exit => None,
        _ if class == Class::Deployment => Some(ActivityKind::Deployment),
        "deployer" => Some(ActivityKind::Deployment),
        "optimizer" => Some(ActivityKind::Optimisation),
        "discoverer" => Some(ActivityKind::Discovery),
        _ => None,
    }
}

/// What a queued reservation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// Until somebody gives back.
    #[n(0)]
    Resource,
    /// Until an activity ends.
    #[n(1)]
    Activity(#[n(0)] super::id::ActivityId),
    /// Until its window closes and it is decided with the others; what is not granted then waits on,
    /// or is denied.
    #[n(2)]
    Window {
        /// Whether it waits on.
        #[n(0)]
        stays: bool,
    },
}

/// How capital is shared where several want more than there is (R6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum SplitPolicy {
    /// By the positive Sharpe ratios.
    #[default]
    #[n(0)]
    SharpeWeighted,
    /// By one draw from each strategy's posterior.
    #[n(1)]
    Thompson,
}

impl Reservation {
    /// What somebody wants, held from now on.
    pub(in crate::core) fn held(id: ReservationId, want: &Wanted, now: Time) -> Self {
        Self {
            id,
            agent: want.agent,
            strategy: want.strategy,
            resource: want.resource,
            class: want.class,
            amount: want.amount,
            asked: want.amount,
            purpose: want.purpose.clone(),
            standing: Standing::Held,
            created_at: now,
            expires_at: Some(now.plus_s(want.ttl_s as i64)),
            order: None,
            position: None,
            group: Vec::new(),
            sharpe: want.sharpe,
            ttl_s: want.ttl_s,
            waits: None,
            told_at: None,
            granted_at: None,
            keyed: None,
            turn: want.class.priority(),
            drawn: None,
            granted: None,
        }
    }

    /// USD that an order or a position lives on from the first, class live.
    pub(in crate::core) fn bound(
        id: ReservationId,
        amount: Decimal,
        purpose: String,
        now: Time,
    ) -> Self {
        let want = Wanted {
            resource: Resource::Capital,
            class: Class::Live,
            agent: id.agent,
            strategy: None,
            amount,
            purpose,
            ttl_s: 0,
            sharpe: None,
        };
        Self {
            standing: Standing::Bound,
            expires_at: None,
            ..Self::held(id, &want, now)
        }
    }

    /// Out of which limit it is taken.
    pub fn pooled(&self) -> Pooled {
        Pooled::of(self.resource, self.class)
    }

    /// The activity it keeps running.
    pub fn activity(&self) -> Option<ActivityKind> {
        activity_of(self.class, self.agent)
    }

    /// Whether it is the first of those asked for together.
    pub fn leads(&self) -> bool {
        self.group.first().is_none_or(|first| *first == self.id)
    }

    /// Those asked for together, itself among them.
    pub fn together(&self) -> Vec<ReservationId> {
        if self.group.is_empty() {
            vec![self.id]
        } else {
            self.group.clone()
        }
    }

    /// What was granted or queued, for the one who asked.
    pub fn answer(&self) -> Grant {
        Grant {
            id: self.id,
            standing: self.standing,
            resource: self.resource,
            class: self.class,
            amount: self.amount,
            asked: self.asked,
            expires_at: self.expires_at,
        }
    }
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct ReserveItem {
    /// Of what.
    #[n(0)]
    pub resource: Resource,
    /// For what; by the purpose when absent.
    #[n(1)]
    pub class: Option<Class>,
    /// USD, slots or calls.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub amount: Decimal,
    /// Why.
    #[n(3)]
    pub purpose: String,
    /// Seconds; the configured default when absent.
    #[n(4)]
    pub ttl_s: Option<u64>,
    /// Whose; by the purpose when absent.
    #[n(5)]
    pub agent: Option<Name>,
    /// For which strategy.
    #[n(6)]
    pub strategy: Option<Name>,
    /// Weighs where several want the same capital; of the strategy's record when absent.
    #[cbor(n(7), with = "super::codec::dec", has_nil)]
    pub sharpe: Option<Decimal>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_and_agent_follow_from_the_purpose() {
        let of = |p| Class::of_purpose(p);
        assert_eq!(of("live_trade_strategy_123"), (Class::Live, "trader"));
        assert_eq!(of("Exit of position_3"), (Class::Exit, "trader"));
        assert_eq!(of("discovery"), (Class::Research, "discoverer"));
        assert_eq!(of("lunch"), (Class::Paper, "operator"));
    }
}
