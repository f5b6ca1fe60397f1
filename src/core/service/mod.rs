//! Services: a strategy version at work on one symbol. A candidate of a discovery goes from paper (warm)
//! to the smallest real size (limited); a deployment from a tenth of its capital to the whole of it. Each
//! stage reserves for itself and is left only by gates that were passed.

mod act;
mod book;
mod ending;
mod fold;
mod gates;
mod judging;
mod opening;
mod settle;
mod shadow;
mod taking_back;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use book::{Book, Holding, Mark, Spread};

use super::id::{ReservationId, RunId, ServiceId};
use super::order::Side;
use super::research::{GateResult, Version};
use super::text::{Name, Symbol};
use super::time::Time;

/// How a strategy version came to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Kind {
    /// Found by a discovery.
    #[n(0)]
    Candidate,
    /// Put into service by somebody.
    #[n(1)]
    Deployment,
}

impl Kind {
    /// As in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Deployment => "deployment",
        }
    }

    /// The agent that judges it.
    pub fn judge(self) -> Name {
        let name = match self {
            Self::Candidate => "discoverer",
            Self::Deployment => "deployer",
        };
        name.parse().expect("a built-in name")
    }
}

/// How far it has come.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// On paper: fills are booked at the prices of the feed, nothing is sent.
    #[n(0)]
    Warm,
    /// The smallest real size.
    #[n(1)]
    Limited,
    /// A part of its capital: the n-th of the configured shares, from 0.
    #[n(2)]
    Part(#[n(0)] u8),
    /// All of it, for as long as it does what was promised.
    #[n(3)]
    InService,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Warm => f.pad("warm"),
            Self::Limited => f.pad("limited"),
            Self::Part(n) => f.pad(&format!("stage_{}", n + 1)),
            Self::InService => f.pad("in_service"),
        }
    }
}

/// How a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum End {
    /// A candidate passed all its stages: its version may be deployed.
    #[n(0)]
    Promoted,
    /// A candidate did not.
    #[n(1)]
    Dropped,
    /// A deployment was taken back.
    #[n(2)]
    RolledBack,
    /// Another version of the strategy took its place.
    #[n(3)]
    Superseded,
    /// By HARDSTOP, or because it could not have what it needs.
    #[n(4)]
    Cancelled,
}

impl End {
    /// As in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::Dropped => "dropped",
            Self::RolledBack => "rolled_back",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a judge makes of a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Every gate is passed: on to the next stage.
    #[n(0)]
    Advance,
    /// It broke what was promised, or failed a gate.
    #[n(1)]
    Fail(#[n(0)] String),
    /// The stage's longest time is over and a gate still has nothing to judge by.
    #[n(2)]
    NotJudged(#[n(0)] String),
}

/// What the trader wants for a service.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Act {
    /// Which.
    #[n(0)]
    pub service: ServiceId,
    /// Buy or sell.
    #[n(1)]
    pub side: Side,
    /// Base quantity of an entry; an exit closes all of it.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Where the position is given up.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub stop: Option<Decimal>,
    /// Where it has earned enough.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub target: Option<Decimal>,
    /// SHA-256 of what it was decided by, in hex.
    #[n(5)]
    pub feature_hash: String,
    /// In words.
    #[n(6)]
    pub reasoning: String,
    /// Where a stop or target of what is held on paper was met within the bar: it leaves there.
    #[cbor(n(7), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub met: Option<Decimal>,
    /// Whether it leaves what is held; else it enters. What was held may be gone by the time it is asked.
    #[n(8)]
    #[cbor(default)]
    pub leaves: bool,
}

/// How a service ended, when and why.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Ended {
    /// How.
    #[n(0)]
    pub how: End,
    /// When.
    #[n(1)]
    pub at: Time,
    /// Why.
    #[n(2)]
    pub reason: String,
}

/// The figures with which a stage was left.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Left {
    /// Which.
    #[n(0)]
    pub stage: Stage,
    /// When.
    #[n(1)]
    pub at: Time,
    /// What it was judged by.
    #[n(2)]
    pub gates: Vec<GateResult>,
    /// What it had done.
    #[n(3)]
    pub book: Book,
}

/// A strategy version at work.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Service {
    /// Ours.
    #[n(0)]
    pub id: ServiceId,
    /// How it came here.
    #[n(1)]
    pub kind: Kind,
    /// What runs.
    #[n(2)]
    pub version: Version,
    /// The discovery that found it.
    #[n(3)]
    pub run: Option<RunId>,
    /// Who asked for it.
    #[n(4)]
    pub by: Name,
    /// USD asked for, of all stages together.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub asked: Decimal,
    /// USD it was given for this stage; 0 while it waits.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub capital: Decimal,
    /// How far it is.
    #[n(7)]
    pub stage: Stage,
    /// When it came to this stage.
    #[n(8)]
    pub staged_at: Time,
    /// When it began to trade in it; none: it waits for what it reserved.
    #[n(9)]
    pub began_at: Option<Time>,
    /// What it holds or waits for: its capital, then its compute slot.
    #[n(10)]
    pub holds: Vec<ReservationId>,
    /// What it has done in this stage.
    #[n(11)]
    pub book: Book,
    /// The stages it has left.
    #[n(12)]
    pub left: Vec<Left>,
    /// The service of the same strategy that it takes the place of.
    #[n(13)]
    pub replaces: Option<ServiceId>,
    /// When it was asked for.
    #[n(14)]
    pub created_at: Time,
    /// How it ended.
    #[n(15)]
    pub ended: Option<Ended>,
}

impl Service {
    /// The strategy.
    pub fn strategy(&self) -> Name {
        self.version.strategy
    }

    /// The pair it trades.
    pub fn symbol(&self) -> Symbol {
        self.version.symbol
    }

    /// Whether it trades on paper.
    pub fn is_shadow(&self) -> bool {
        self.stage == Stage::Warm
    }

    /// Whether it trades now.
    pub fn is_at_work(&self) -> bool {
        self.began_at.is_some() && self.ended.is_none()
    }
}

/// All services.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Services {
    /// Those that have not ended.
    #[n(0)]
    pub live: BTreeMap<ServiceId, Service>,
    /// Those that have, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Service>,
}

impl Services {
    /// A service, ended or not.
    pub fn get(&self, id: ServiceId) -> Option<&Service> {
        self.live
            .get(&id)
            .or_else(|| self.past.iter().find(|s| s.id == id))
    }

    /// The live services of a strategy.
    pub fn of(&self, strategy: Name) -> impl Iterator<Item = &Service> {
        self.live.values().filter(move |s| s.strategy() == strategy)
    }

    /// Whether any position on paper is open.
    pub fn holds_on_paper(&self) -> bool {
        self.live.values().any(|s| s.book.holding.is_some())
    }
}
