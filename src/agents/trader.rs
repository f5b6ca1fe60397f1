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
            met: None,
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

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;
    use crate::agents::tests::service;
    use crate::core::service::{Kind, Stage};
    use crate::market::MINUTE_MS;

    /// Minutes of a price that swings.
    fn minutes(count: i64) -> Vec<Candle> {
        let minute = |n: i64| {
            let swing = (n as f64 / 9.0).sin() * 5.0 + (n as f64 / 31.0).sin() * 9.0;
            let price = Decimal::try_from(100.0 + swing).unwrap().round_dp(4);
            Candle::of_trade(Time(n * MINUTE_MS), price, dec!(10))
        };
        (0..count).map(minute).collect()
    }

    fn brief(bars: &[Candle], before: Option<Time>, standing: Standing) -> BarBrief {
        let service = service(Kind::Deployment, Stage::Part(0));
        BarBrief {
            now: bars.last().unwrap().open_time + MINUTE_MS,
            service: service.id,
            version: service.version,
            capital: dec!(1000),
            standing,
            before,
            bars: bars.to_vec(),
            history: false,
            quantity_step: dec!(0.01),
            price_step: dec!(0.1),
        }
    }

    /// What it makes of a bar, and how it stands after it.
    fn next(trader: &mut Trader, bars: &[Candle], at: usize, held: &mut Standing) -> Acted {
        let before = at.checked_sub(1).map(|at| bars[at].open_time);
        let mut brief = brief(&bars[at..=at], before, *held);
        let mut acted = trader.act(&brief).unwrap();
        if let Acted::Lacks(_) = acted {
            brief.bars = bars[..=at].to_vec();
            brief.history = true;
            acted = trader.act(&brief).unwrap();
        }
        if let Acted::Wants(act) = &acted {
            *held = match *held {
                Standing::Flat => Standing::Long(act.quantity),
                _ => Standing::Flat,
            };
        }
        acted
    }

    #[test]
    fn a_rule_that_is_built_anew_from_the_same_bars_goes_on_as_if_nothing_had_happened() {
        let bars = minutes(400);
        let (mut held, mut restarted_held) = (Standing::Flat, Standing::Flat);
        let (mut trader, mut restarted) = (Trader::default(), Trader::default());
        let mut wants = 0;
        for at in 0..bars.len() {
            if at % 50 == 49 {
                restarted = Trader::default();
            }
            let acted = next(&mut trader, &bars, at, &mut held);
            wants += usize::from(matches!(acted, Acted::Wants(_)));
            assert_eq!(acted, next(&mut restarted, &bars, at, &mut restarted_held));
        }
        assert!(wants > 4, "{wants}");
    }

    #[test]
    fn what_it_wants_lies_on_the_steps_of_the_venue_and_says_by_what_it_was_decided() {
        let bars = minutes(400);
        let (mut trader, mut held) = (Trader::default(), Standing::Flat);
        let acts = (0..bars.len()).map(|at| next(&mut trader, &bars, at, &mut held));
        let act = acts.into_iter().find_map(|acted| match acted {
            Acted::Wants(act) => Some(act),
            _ => None,
        });
        let act = act.unwrap();
        assert_eq!(act.quantity % dec!(0.01), dec!(0));
        assert!(act.stop.is_none_or(|stop| stop % dec!(0.1) == dec!(0)));
        assert_eq!(act.feature_hash.len(), 64);
        assert_eq!(act.reasoning, "ema_cross 3 enters");
    }

    #[test]
    fn a_missing_bar_or_an_unknown_service_wants_the_history() {
        let bars = minutes(60);
        let mut trader = Trader::default();
        let mut held = Standing::Flat;
        let first = trader.act(&brief(&bars[..1], None, held)).unwrap();
        assert!(matches!(first, Acted::Lacks(_)), "{first:?}");
        let warms = next(&mut trader, &bars, 0, &mut held);
        assert!(matches!(warms, Acted::Warms(1, _)), "{warms:?}");
        let later = brief(&bars[5..6], Some(bars[4].open_time), held);
        assert!(matches!(trader.act(&later).unwrap(), Acted::Lacks(_)));
    }

    #[test]
    fn a_rule_that_cannot_be_built_is_a_failure_in_words() {
        let mut brief = brief(&minutes(1), None, Standing::Flat);
        brief.version.definition = "{}".into();
        let why = Trader::default().act(&brief).unwrap_err().to_string();
        assert!(why.starts_with("ema_cross 3 cannot be run: "), "{why}");
    }
}
