//! What a stage asks of a service, and how it stands before each of it. A gate without enough to judge
//! by is not judged, which is never passed.

use rust_decimal::{Decimal, MathematicalOps};

use super::{Book, Kind, Service, Stage};
use crate::core::research::{GateResult, Promise};
use crate::core::settings::ResearchSettings;

/// Trades under which a service is not taken back for what they brought on average.
const TOO_FEW: u64 = 10;
/// Digits of a figure.
const DIGITS: u32 = 4;

impl Service {
    /// The gates of its stage, judged by its book and by what it is worth now, USD.
    pub fn gates(&self, settings: &ResearchSettings, worth: Decimal) -> Vec<GateResult> {
        let book = &self.book;
        let trades = match self.stage {
            Stage::Warm => settings.min_trades,
            Stage::Limited => settings.limited_trades,
            Stage::Part(_) => settings.stage_trades,
            Stage::InService => 0,
        };
        let enough = book.trades > 0 && book.trades >= u64::from(trades);
        let drawdown = drawdown(book, worth, self.most_drawdown(settings));
        let trades = GateResult {
            gate: "trades".to_owned(),
            limit: format!(">= {trades}"),
            value: Some(book.trades.to_string()),
            passed: Some(book.trades >= u64::from(trades)),
        };
        let gained = least("return_pct", "> 0", percent(book.gained()), enough, |v| {
            v > Decimal::ZERO
        });
        match self.stage {
            Stage::Warm => {
                let (own, held) = (book.days.yearly(), book.baseline.yearly());
                let (sharpe, over) = (settings.min_sharpe, settings.min_excess_sharpe);
                let lead = own.zip(held).map(|(own, held)| own - held);
                vec![
                    at_least("sharpe", sharpe, own, enough),
                    drawdown,
                    trades,
                    gained,
                    at_least("sharpe_over_baseline", over, lead, enough),
                ]
            }
            Stage::Limited => vec![drawdown, trades, gained],
            Stage::Part(_) => {
                let mean = self.promise_kept(settings, enough);
                [Some(trades), Some(drawdown), mean]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Stage::InService => {
                let mean = self.promise_kept(settings, book.trades >= TOO_FEW);
                [Some(drawdown), mean].into_iter().flatten().collect()
            }
        }
    }

    /// What ends a service at any moment, in words; none as long as it may go on.
    pub fn breach(&self, settings: &ResearchSettings, worth: Decimal) -> Option<String> {
        let most = self.most_drawdown(settings);
        let fall = self.book.max_drawdown.max(self.book.fall(worth));
        if fall > most {
            let (fall, most) = (shown(percent(fall)), shown(percent(most)));
            return Some(format!(
                "it fell {fall} % from its peak; at most {most} % are allowed"
            ));
        }
        let enough = self.kind == Kind::Deployment && self.book.trades >= TOO_FEW;
        let short = self.shortfall().filter(|_| enough)?;
        (short.errors > settings.max_shortfall).then(|| {
            format!(
                "its {} trades brought {} % on average, {} standard errors below the promised {} %; at \
                 most {} are allowed",
                self.book.trades,
                shown(percent(short.mean)),
                shown(short.errors),
                shown(percent(short.promised)),
                settings.max_shortfall.normalize(),
            )
        })
    }

    /// The fall from its peak that it is allowed, a fraction.
    pub fn most_drawdown(&self, settings: &ResearchSettings) -> Decimal {
        match self.kind {
            Kind::Candidate => settings.max_drawdown,
            Kind::Deployment => {
                let promise = self.version.promise.as_ref();
                let promised = promise.map_or(Decimal::ZERO, |p| p.max_drawdown);
                (promised * settings.drawdown_factor).max(settings.drawdown_floor)
            }
        }
    }

    /// Whether its trades bring what was promised; no gate where nothing was.
    fn promise_kept(&self, settings: &ResearchSettings, enough: bool) -> Option<GateResult> {
        self.version.promise.as_ref()?;
        let most = settings.max_shortfall.normalize();
        let short = self.shortfall();
        Some(GateResult {
            gate: "mean_trade_below_promise".to_owned(),
            limit: format!("<= {most} standard errors"),
            value: short.as_ref().map(|s| shown(s.errors).to_string()),
            passed: short.filter(|_| enough).map(|s| s.errors <= most),
        })
    }

    fn shortfall(&self) -> Option<Shortfall> {
        let Promise {
            mean_trade,
            deviation,
            ..
        } = self.version.promise.as_ref()?;
        let (promised, deviation) = ((*mean_trade)?, (*deviation)?);
        let returns = &self.book.returns;
        let error = deviation.checked_div(Decimal::from(returns.count).sqrt()?)?;
        Some(Shortfall {
            mean: returns.mean,
            promised,
            errors: (promised - returns.mean).checked_div(error)?,
        })
    }
}

/// How far the mean trade lies below the promised one.
struct Shortfall {
    /// The mean return of its trades, a fraction.
    mean: Decimal,
    /// The promised one.
    promised: Decimal,
    /// The difference in standard errors; negative where it lies above.
    errors: Decimal,
}

fn drawdown(book: &Book, worth: Decimal, most: Decimal) -> GateResult {
    let fall = book.max_drawdown.max(book.fall(worth));
    GateResult {
        gate: "max_drawdown_pct".to_owned(),
        limit: format!("<= {}", shown(percent(most))),
        value: Some(shown(percent(fall)).to_string()),
        passed: Some(fall <= most),
    }
}

fn at_least(gate: &str, limit: Decimal, value: Option<Decimal>, enough: bool) -> GateResult {
    let words = format!(">= {}", limit.normalize());
    match value {
        Some(value) => least(gate, &words, value, enough, |v| v >= limit),
        None => GateResult {
            gate: gate.to_owned(),
            limit: words,
            value: None,
            passed: None,
        },
    }
}

fn least(
    gate: &str,
    limit: &str,
    value: Decimal,
    enough: bool,
    passes: impl Fn(Decimal) -> bool,
) -> GateResult {
    GateResult {
        gate: gate.to_owned(),
        limit: limit.to_owned(),
        value: Some(shown(value).to_string()),
        passed: enough.then(|| passes(value)),
    }
}

fn percent(fraction: Decimal) -> Decimal {
    fraction * Decimal::ONE_HUNDRED
}

fn shown(figure: Decimal) -> Decimal {
    figure.round_dp(DIGITS).normalize()
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;
    use crate::core::id::ServiceId;
    use crate::core::research::Version;
    use crate::core::service::Spread;
    use crate::core::time::Time;

    fn service(kind: Kind, stage: Stage, promise: Option<Promise>) -> Service {
        Service {
            id: ServiceId(7),
            kind,
            version: Version {
                strategy: "ema_cross".parse().unwrap(),
                version: "1".into(),
                definition: "{}".into(),
                parameters: Vec::new(),
                symbol: "DOT/USD".parse().unwrap(),
                interval_ms: 60_000,
                has_stop: true,
                promise,
                run: None,
                feature_hash: String::new(),
            },
            run: None,
            by: "operator".parse().unwrap(),
            asked: dec!(1000),
            capital: dec!(1000),
            stage,
            staged_at: Time(0),
            began_at: Some(Time(0)),
            holds: Vec::new(),
            book: Book::new(dec!(1000)),
            left: Vec::new(),
            replaces: None,
            created_at: Time(0),
            ended: None,
        }
    }

    fn promise() -> Promise {
        Promise {
            max_drawdown: dec!(0.10),
            trades: 40,
            mean_trade: Some(dec!(0.01)),
            deviation: Some(dec!(0.02)),
            ..Promise::default()
        }
    }

    fn trades(book: &mut Book, count: u32, each: Decimal) {
        for _ in 0..count {
            book.close(each, dec!(100));
        }
    }

    fn days(returns: &[Decimal]) -> Spread {
        let mut spread = Spread::default();
        for day in returns {
            spread.count(*day);
        }
        spread
    }

    /// Each gate's name, value and judgement.
    fn table(service: &Service, worth: Decimal) -> Vec<(String, String, Option<bool>)> {
        let gates = service.gates(&ResearchSettings::default(), worth);
        let row = |g: GateResult| (g.gate, g.value.unwrap_or("-".into()), g.passed);
        gates.into_iter().map(row).collect()
    }

    fn rows(rows: &[(&str, &str, Option<bool>)]) -> Vec<(String, String, Option<bool>)> {
        let row = |(gate, value, passed): &(&str, &str, Option<bool>)| {
            ((*gate).to_owned(), (*value).to_owned(), *passed)
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_test_on_paper_that_never_traded_is_not_judged() {
        let service = service(Kind::Candidate, Stage::Warm, None);
        let judged = table(&service, dec!(1000));
        assert_eq!(
            judged,
            rows(&[
                ("sharpe", "-", None),
                ("max_drawdown_pct", "0", Some(true)),
                ("trades", "0", Some(false)),
                ("return_pct", "0", None),
                ("sharpe_over_baseline", "-", None),
            ])
        );
    }

    #[test]
    fn a_test_on_paper_passes_all_five_gates() {
        let mut service = service(Kind::Candidate, Stage::Warm, None);
        trades(&mut service.book, 30, dec!(1));
        service.book.days = days(&[dec!(0.01), dec!(0.02), dec!(0.01)]);
        service.book.baseline = days(&[dec!(0.01), dec!(-0.02), dec!(0.01)]);
        let judged = table(&service, dec!(1030));
        assert!(judged.iter().all(|g| g.2 == Some(true)), "{judged:?}");
        assert_eq!(judged[3].1, "3");
        // One trade less is too little to judge the rest by.
        service.book.trades = 29;
        let judged = table(&service, dec!(1030));
        let passed: Vec<_> = judged.iter().map(|g| g.2).collect();
        assert_eq!(passed, [None, Some(true), Some(false), None, None]);
    }

    #[test]
    fn the_smallest_real_size_is_judged_by_what_it_lost_and_brought() {
        let mut service = service(Kind::Candidate, Stage::Limited, None);
        trades(&mut service.book, 10, dec!(-1));
        assert_eq!(
            table(&service, dec!(990)),
            rows(&[
                ("max_drawdown_pct", "1", Some(true)),
                ("trades", "10", Some(true)),
                ("return_pct", "-1", Some(false)),
            ])
        );
    }

    #[test]
    fn a_deployment_is_measured_against_its_promise_where_there_is_one() {
        let mut of = service(Kind::Deployment, Stage::Part(0), Some(promise()));
        trades(&mut of.book, 4, dec!(-1));
        // 2 % below the promise, with a standard error of 2 % ÷ √4.
        assert_eq!(
            table(&of, dec!(996)),
            rows(&[
                ("trades", "4", Some(true)),
                ("max_drawdown_pct", "0.4", Some(true)),
                ("mean_trade_below_promise", "2", Some(true)),
            ])
        );
        let mut bare = service(Kind::Deployment, Stage::Part(0), None);
        trades(&mut bare.book, 2, dec!(1));
        assert_eq!(
            table(&bare, dec!(1002)),
            rows(&[
                ("trades", "2", Some(false)),
                ("max_drawdown_pct", "0", Some(true)),
            ])
        );
    }

    #[test]
    fn what_breaks_its_promise_is_told_with_the_figures() {
        let settings = ResearchSettings::default();
        let mut of = service(Kind::Deployment, Stage::InService, Some(promise()));
        assert_eq!(of.breach(&settings, dec!(850)), None);
        let fall = "it fell 15.1 % from its peak; at most 15 % are allowed";
        assert_eq!(of.breach(&settings, dec!(849)).as_deref(), Some(fall));
        trades(&mut of.book, 9, dec!(-1.5));
        assert_eq!(of.breach(&settings, dec!(986.5)), None, "too few");
        trades(&mut of.book, 1, dec!(-1.5));
        let short = "its 10 trades brought -1.5 % on average, 3.9528 standard errors below the \
                     promised 1 %; at most 3 are allowed";
        assert_eq!(of.breach(&settings, dec!(985)).as_deref(), Some(short));
        // Nothing was promised: only the fall that every deployment is allowed counts.
        let mut bare = service(Kind::Deployment, Stage::InService, None);
        trades(&mut bare.book, 20, dec!(-0.9));
        assert_eq!(bare.breach(&settings, dec!(982)), None);
        assert!(bare.breach(&settings, dec!(979)).is_some());
        let candidate = service(Kind::Candidate, Stage::Warm, None);
        assert_eq!(candidate.breach(&settings, dec!(800)), None);
        assert!(candidate.breach(&settings, dec!(799)).is_some());
    }
}
