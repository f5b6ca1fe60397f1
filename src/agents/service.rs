//! What the trader and the judges look at for one service, and what they make of it.

use rust_decimal::Decimal;

use crate::core::Time;
use crate::core::id::ServiceId;
use crate::core::research::{GateResult, Version};
use crate::core::service::{Act, Holding, Judgement, Service, Stage};
use crate::core::settings::ResearchSettings;
use crate::market::Candle;
use crate::strategies::Standing;

/// A bar of a service has closed: everything the trader may look at.
#[derive(Debug, Clone)]
pub struct BarBrief {
    /// Engine time.
    pub now: Time,
    /// Which service.
    pub service: ServiceId,
    /// What runs.
    pub version: Version,
    /// USD it may use: what is left of its stage's share.
    pub capital: Decimal,
    /// How it stands in its symbol.
    pub standing: Standing,
    /// What it holds on paper: nobody but the trader looks at what a bar was like within.
    pub paper: Option<Holding>,
    /// Where the bar before `bars` begins; none: there is none, or `bars` reach back as far as they can.
    pub before: Option<Time>,
    /// Closed bars of its length, oldest first; only the last one is new enough to enter on.
    pub bars: Vec<Candle>,
    /// How many of them, from the last one back, have closed since the service was last looked at: the
    /// position may be left on any of these.
    pub new: usize,
    /// Whether `bars` are all the history there is, for a rule that begins with it.
    pub history: bool,
    /// A quantity is a multiple of this, base currency.
    pub quantity_step: Decimal,
    /// A price is a multiple of this, quote currency.
    pub price_step: Decimal,
}

/// What the trader makes of a bar.
#[derive(Debug, Clone, PartialEq)]
pub enum Acted {
    /// It wants nothing.
    Nothing,
    /// Its rule has seen too little to say anything: so many bars of so many.
    Warms(u32, u32),
    /// It wants this.
    Wants(Act),
    /// Its rule does not go on from these bars: it has to see so many of those before the service
    /// was asked for, and all since.
    Lacks(u32),
}

/// A service's stage, for its judge.
#[derive(Debug, Clone)]
pub struct StageBrief {
    /// Engine time.
    pub now: Time,
    /// As it stands.
    pub service: Service,
    /// What it is worth, USD.
    pub worth: Decimal,
    /// The limits.
    pub settings: ResearchSettings,
    /// Whether anything may go on to another stage now.
    pub may_advance: bool,
}

/// A judge's word on a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The stage that was judged.
    pub stage: Stage,
    /// What it comes to.
    pub judgement: Judgement,
    /// What it was judged by.
    pub gates: Vec<GateResult>,
}
