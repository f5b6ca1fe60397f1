//! The trader: keeps one running rule for each service, fed bar by bar, and says what the rules want.
//!
//! A rule begins with the bars before its service was asked for and goes on from there; after a restart
//! it is built anew from the same bars, so it is the same rule as far as the history goes back to them.
//! Where it does not, what looks back a fixed number of bars is still the same, and what only fades (an
//! exponential average) differs by less the longer the history is: eight times the rule's warm-up leaves
//! less than a millionth of an average's beginning.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sha2::{Digest, Sha256};

use super::{Acted, Agent, BarBrief, Brief, Unable, Work};
use crate::core::id::ServiceId;
use crate::core::message::Payload;
use crate::core::research::Version;
use crate::core::service::Act;
use crate::core::{Name, Time};
use crate::market::Candle;
use crate::strategies::{Bar, Chosen, Definition, Standing, Strategy, Wish};

/// Rules kept, more than there can be services.
const MOST: usize = 128;
/// Bars a rule is led in with, in warm-ups.
const LEAD: u32 = 8;
/// The same, at most.
const MOST_LEAD: u32 = 20_000;

/// Runs what is deployed.
#[derive(Default)]
pub struct Trader {
    rules: BTreeMap<ServiceId, Running>,
}

/// A rule at work.
struct Running {
    rule: Box<dyn Strategy>,
    /// Where the last bar that it saw begins.
    last: Option<Time>,
    /// Bars it has seen, as far as they matter.
    seen: u32,
    /// Bars until it signals.
    warm_up: u32,
    /// When it last had work.
    used: Time,
}

impl Agent for Trader {
    fn name(&self) -> Name {
        "trader".parse().expect("a built-in name")
    }

    fn run(&mut self, _: &Brief, _: &Work) -> Result<Vec<Payload>, Unable> {
        Err("the trader runs what is in service only".into())
    }

    fn act(&mut self, brief: &BarBrief) -> Result<Acted, Unable> {
        if brief.history {
            let begun = begin(&brief.version, brief.capital)?;
            self.keep(brief.service, begun);
        }
        let running = self.rules.get_mut(&brief.service);
        let goes_on =
            |r: &&mut Running| brief.history || r.last.is_some() && r.last == brief.before;
        let Some(running) = running.filter(goes_on) else {
            let warm_up = chosen(&brief.version)?.warm_up();
            return Ok(Acted::Lacks(warm_up.saturating_mul(LEAD).min(MOST_LEAD)));
        };
        running.used = brief.now;
        running.rule.fund(brief.capital);
        Ok(match running.feed(&brief.bars, brief.standing) {
            Some(wish) => {
                let wish = wish.on_steps(brief.quantity_step, brief.price_step);
                Acted::Wants(running.wants(brief, wish))
            }
            None if running.seen < running.warm_up => Acted::Warms(running.seen, running.warm_up),
            None => Acted::Nothing,
        })
    }
}

impl Trader {
    /// Keeps a rule; the one that was longest without work makes room.
    fn keep(&mut self, id: ServiceId, running: Running) {
        self.rules.insert(id, running);
        if self.rules.len() > MOST
            && let Some(oldest) = self
                .rules
                .iter()
                .filter(|(of, _)| **of != id)
                .min_by_key(|(_, r)| r.used)
        {
            let oldest = *oldest.0;
            self.rules.remove(&oldest);
        }
    }
}

impl Running {
    /// Shows it closed bars; it acts on the last one alone.
    fn feed(&mut self, bars: &[Candle], standing: Standing) -> Option<Wish> {
        let mut wish = None;
        for (at, candle) in bars.iter().enumerate() {
            let last = at + 1 == bars.len();
            let standing = if last { standing } else { Standing::Waiting };
            wish = self.rule.on_bar(&bar(candle), standing);
            self.seen = (self.seen + 1).min(self.warm_up);
            self.last = Some(candle.open_time);
        }
        wish
    }

    fn wants(&self, brief: &BarBrief, wish: Wish) -> Act {
        let version = &brief.version;
        let what = match brief.standing {
            Standing::Long(_) | Standing::Short(_) => "leaves",
            Standing::Flat | Standing::Waiting => "enters",
        };
        Act {
            service: brief.service,
            side: wish.side,
            quantity: wish.quantity,
            stop: wish.stop,
            target: wish.target,
            feature_hash: hash(&self.rule.features()),
            reasoning: format!("{} {} {what}", version.strategy, version.version),
        }
    }
}

fn begin(version: &Version, capital: Decimal) -> Result<Running, Unable> {
    let chosen = chosen(version)?;
    Ok(Running {
        rule: chosen.build(capital),
        last: None,
        seen: 0,
        warm_up: chosen.warm_up(),
        used: Time(0),
    })
}

/// The rule of a version, in words where it is none.
fn chosen(version: &Version) -> Result<Chosen, Unable> {
    let name = format!("{} {}", version.strategy, version.version);
    let definition = Definition::from_json(&version.definition)
        .map_err(|why| format!("{name} cannot be run: {why}"))?;
    let values: Vec<(String, Decimal)> = version
        .parameters
        .iter()
        .map(|setting| (setting.name.clone(), setting.value))
        .collect();
    Arc::new(definition)
        .with(&values)
        .map_err(|why| format!("{name} cannot be run: {why}").into())
}

fn bar(candle: &Candle) -> Bar {
    let float = |price: Decimal| price.to_f64().unwrap_or(f64::NAN);
    Bar {
        open_time: candle.open_time,
        open: float(candle.open),
        high: float(candle.high),
        low: float(candle.low),
        close: float(candle.close),
        volume: float(candle.volume),
    }
}

/// SHA-256 in hex of what a rule decided by.
fn hash(features: &[f64]) -> String {
    let mut sha = Sha256::new();
    for feature in features {
        sha.update(feature.to_le_bytes());
    }
    let digest = sha.finalize();
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
