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
use crate::core::order::Side;
use crate::core::research::Version;
use crate::core::service::{Act, Holding};
use crate::core::{Name, Time};
use crate::market::Candle;
use crate::strategies::{Bar, Chosen, Definition, PositionSide, Standing, Strategy, Wish};

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
    /// What it is made of.
    chosen: Chosen,
    /// Whether it wants to be out of what it enters or holds: until nothing is held any more.
    leaves: bool,
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
        let wish = running.feed(&brief.bars, brief.new, brief.standing);
        if let Some(met) = met(brief) {
            return Ok(Acted::Wants(running.met(brief, met)));
        }
        Ok(match wish {
            Some(wish) => {
                let wish = running.within(wish, brief);
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
    /// Shows it closed bars. It enters on the last one alone. A wish to leave on any of the new ones
    /// stays until nothing is held: it may come while an entry still works or is asked about, and what
    /// it asks for may be lost.
    fn feed(&mut self, bars: &[Candle], new: usize, standing: Standing) -> Option<Wish> {
        let mut enters = None;
        for (at, candle) in bars.iter().enumerate() {
            let to_come = bars.len() - at;
            let shown = match standing {
                _ if to_come > new => Standing::Waiting,
                Standing::Waiting => self.entered(),
                Standing::Flat if to_come > 1 => Standing::Waiting,
                Standing::Flat | Standing::Long(_) | Standing::Short(_) => standing,
            };
            let wish = self.rule.on_bar(&bar(candle), shown);
            match shown {
                Standing::Flat => enters = wish,
                _ => self.leaves |= wish.is_some(),
            }
            self.seen = (self.seen + 1).min(self.warm_up);
            self.last = Some(candle.open_time);
        }
        match standing {
            Standing::Flat => {
                self.leaves = false;
                enters
            }
            Standing::Waiting => None,
            Standing::Long(held) => self.leaves.then(|| Wish::at_market(Side::Sell, held)),
            Standing::Short(owed) => self.leaves.then(|| Wish::at_market(Side::Buy, owed)),
        }
    }

    /// How it would stand with what it is about to enter.
    fn entered(&self) -> Standing {
        match self.chosen.definition.side {
            PositionSide::Long => Standing::Long(Decimal::ONE),
            PositionSide::Short => Standing::Short(Decimal::ONE),
        }
    }

    /// An entry of no more than its stage can pay: a definition's own quantity knows of no stages.
    fn within(&self, wish: Wish, brief: &BarBrief) -> Wish {
        let enters = brief.standing == Standing::Flat;
        let price = brief.bars.last().map(|bar| bar.close);
        let most = price.filter(|_| enters);
        let most = most.and_then(|price| self.chosen.affords(brief.capital, price));
        Wish {
            quantity: most.map_or(wish.quantity, |most| wish.quantity.min(most)),
            ..wish
        }
    }

    fn wants(&self, brief: &BarBrief, wish: Wish) -> Act {
        let version = &brief.version;
        let leaves = matches!(brief.standing, Standing::Long(_) | Standing::Short(_));
        let what = if leaves { "leaves" } else { "enters" };
        Act {
            service: brief.service,
            side: wish.side,
            quantity: wish.quantity,
            stop: wish.stop,
            target: wish.target,
            feature_hash: hash(&self.rule.features()),
            reasoning: format!("{} {} {what}", version.strategy, version.version),
            met: None,
            leaves,
        }
    }

    /// What is held on paper is left where its stop or target was met.
    fn met(&self, brief: &BarBrief, (holding, level): (&Holding, Decimal)) -> Act {
        let version = &brief.version;
        Act {
            service: brief.service,
            side: holding.side.opposite(),
            quantity: holding.quantity,
            stop: None,
            target: None,
            feature_hash: hash(&self.rule.features()),
            reasoning: format!("{} {} met its level", version.strategy, version.version),
            met: Some(level),
            leaves: true,
        }
    }
}

/// Where a stop or target of what is held on paper was met within a bar that has closed since it was
/// entered: at its level, or at the open beyond it. Of both in one bar it is the stop.
fn met(brief: &BarBrief) -> Option<(&Holding, Decimal)> {
    let holding = brief.paper.as_ref()?;
    let long = holding.side == Side::Buy;
    let new = brief.bars.len().saturating_sub(brief.new);
    let bars = brief.bars.get(new..)?.iter();
    let mut bars = bars.filter(|bar| bar.open_time >= holding.opened_at);
    bars.find_map(|bar| {
        let (against, with) = if long {
            (bar.low, bar.high)
        } else {
            (bar.high, bar.low)
        };
        // Seen from the side of the position: what lies below is against it.
        let below = |a: Decimal, b: Decimal| if long { a <= b } else { a >= b };
        let worse = |a: Decimal, b: Decimal| if below(a, b) { a } else { b };
        let stop = holding.stop.filter(|stop| below(against, *stop));
        let target = holding.target.filter(|target| below(*target, with));
        let stopped = stop.map(|stop| worse(stop, bar.open));
        let earned = target.map(|target| {
            if below(target, bar.open) {
                bar.open
            } else {
                target
            }
        });
        Some((holding, stopped.or(earned)?))
    })
}

fn begin(version: &Version, capital: Decimal) -> Result<Running, Unable> {
    let chosen = chosen(version)?;
    Ok(Running {
        rule: chosen.build(capital),
        leaves: false,
        last: None,
        seen: 0,
        warm_up: chosen.warm_up(),
        chosen,
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
            paper: None,
            before,
            bars: bars.to_vec(),
            new: bars.len(),
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
            brief.new = 1;
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

    /// Enters above 100 and leaves above 110, with so much; 0 goes by nine tenths of the capital.
    fn above(quantity: u32) -> (Trader, BarBrief) {
        let mut brief = brief(&closes(&[90]), None, Standing::Flat);
        brief.version.parameters.clear();
        brief.version.definition = format!(
            r#"{{"name":"above","version":"1","about":"a test's","side":"long",
            "entry":{{"above":[{{"bar":"close"}},{{"number":"100"}}]}},
            "exit":{{"above":[{{"bar":"close"}},{{"number":"110"}}]}},
            "size":{{"quantity":{{"number":"{quantity}"}},"share":{{"number":"0.9"}}}}}}"#
        );
        let mut trader = Trader::default();
        brief.history = true;
        assert_eq!(trader.act(&brief).unwrap(), Acted::Nothing);
        brief.history = false;
        (trader, brief)
    }

    fn closes(closes: &[i64]) -> Vec<Candle> {
        let minutes = closes.iter().zip(0..);
        let minute = |(close, n): (&i64, i64)| {
            Candle::of_trade(Time(n * MINUTE_MS), Decimal::from(*close), dec!(1))
        };
        minutes.map(minute).collect()
    }

    /// The bars that follow, one after the other or as one look; the last word on them.
    fn then(of: &mut (Trader, BarBrief), bars: &[i64], standing: Standing) -> Option<Act> {
        let (trader, brief) = of;
        let before = brief.bars.last().unwrap().open_time;
        brief.before = Some(before);
        brief.bars = closes(bars);
        for bar in &mut brief.bars {
            bar.open_time = bar.open_time + (before.0 + MINUTE_MS);
        }
        brief.new = bars.len();
        brief.standing = standing;
        match trader.act(brief).unwrap() {
            Acted::Wants(act) => Some(act),
            Acted::Nothing => None,
            other => panic!("{other:?}"),
        }
    }

    const HELD: Standing = Standing::Long(dec!(2));

    #[test]
    fn a_wish_to_leave_on_any_of_several_bars_is_heard_and_an_old_one_to_enter_is_not() {
        let mut of = above(1);
        let left = then(&mut of, &[111, 105], HELD).unwrap();
        assert_eq!((left.side, left.quantity), (Side::Sell, dec!(2)));
        assert_eq!(then(&mut of, &[105, 95], Standing::Flat), None);
        let entered = then(&mut of, &[95, 105], Standing::Flat).unwrap();
        assert_eq!(entered.side, Side::Buy);
    }

    #[test]
    fn what_the_history_would_have_left_is_not_left_now() {
        let (mut trader, mut brief) = above(1);
        brief.bars = closes(&[111, 112, 105]);
        (brief.new, brief.history, brief.standing) = (1, true, HELD);
        assert_eq!(trader.act(&brief).unwrap(), Acted::Nothing);
        brief.new = 2;
        assert!(matches!(trader.act(&brief).unwrap(), Acted::Wants(_)));
    }

    #[test]
    fn a_wish_to_leave_stays_while_the_entry_works_and_until_nothing_is_held() {
        let mut of = above(1);
        assert_eq!(then(&mut of, &[111], Standing::Waiting), None);
        assert_eq!(then(&mut of, &[105], Standing::Waiting), None);
        assert_eq!(then(&mut of, &[105], HELD).unwrap().side, Side::Sell);
        // It came to nothing: again.
        assert_eq!(then(&mut of, &[105], HELD).unwrap().side, Side::Sell);
        assert_eq!(then(&mut of, &[95], Standing::Flat), None);
        assert_eq!(then(&mut of, &[105], HELD), None, "that was the one before");
    }

    #[test]
    fn a_quantity_of_its_own_is_no_more_than_its_stage_can_pay() {
        let entered = |quantity: u32, capital: Decimal| {
            let mut of = above(quantity);
            of.1.capital = capital;
            then(&mut of, &[105], Standing::Flat).map(|act| act.quantity)
        };
        assert_eq!(entered(5, dec!(10000)), Some(dec!(5)));
        assert_eq!(entered(5, dec!(350)), Some(dec!(3)));
        assert_eq!(entered(0, dec!(350)), Some(dec!(3)));
    }

    #[test]
    fn a_rule_that_cannot_be_built_is_a_failure_in_words() {
        let mut brief = brief(&minutes(1), None, Standing::Flat);
        brief.version.definition = "{}".into();
        let why = Trader::default().act(&brief).unwrap_err().to_string();
        assert!(why.starts_with("ema_cross 3 cannot be run: "), "{why}");
    }

    #[test]
    fn on_paper_a_bar_that_reaches_the_stop_leaves_there() {
        let long = |stop, target| Holding {
            side: Side::Buy,
            quantity: dec!(1),
            entry: dec!(100),
            fee: Decimal::ZERO,
            stop: Some(stop),
            target: Some(target),
            opened_at: Time(0),
        };
        let bar = |open: Decimal, high: Decimal, low: Decimal| Candle {
            open,
            high,
            low,
            close: dec!(100),
            ..Candle::of_trade(Time(0), dec!(100), dec!(1))
        };
        let met_at = |holding: Holding, candle: Candle| {
            let brief = BarBrief {
                paper: Some(holding),
                new: 1,
                ..brief(&[candle], None, Standing::Long(dec!(1)))
            };
            met(&brief).map(|(_, level)| level)
        };
        let levels = || long(dec!(95), dec!(110));
        let table = [
            (bar(dec!(100), dec!(109), dec!(96)), None),
            (bar(dec!(100), dec!(101), dec!(94)), Some(dec!(95))),
            (bar(dec!(93), dec!(101), dec!(92)), Some(dec!(93))),
            (bar(dec!(100), dec!(111), dec!(99)), Some(dec!(110))),
            (bar(dec!(112), dec!(113), dec!(99)), Some(dec!(112))),
            (bar(dec!(100), dec!(111), dec!(94)), Some(dec!(95))),
        ];
        for (candle, expected) in table {
            assert_eq!(met_at(levels(), candle), expected, "{candle:?}");
        }
        let later = Holding {
            opened_at: Time(1),
            ..levels()
        };
        assert_eq!(met_at(later, bar(dec!(100), dec!(101), dec!(94))), None);
        let short = Holding {
            side: Side::Sell,
            ..long(dec!(105), dec!(90))
        };
        assert_eq!(
            met_at(short, bar(dec!(106), dec!(107), dec!(100))),
            Some(dec!(106))
        );
    }
}
