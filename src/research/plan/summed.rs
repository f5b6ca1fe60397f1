//! From the results of all steps to the report.

use rust_decimal::Decimal;

use super::{Plan, Task, hashed, values};
use crate::research::figures::{Curve, Figures, Tally, decimal};
use crate::research::folds;
use crate::research::gates::{Verdict, judge, verdict};
use crate::research::plane::Plane;
use crate::research::report::{Best, Candidate, Deflated, FoldReport, Report, Terms};
use crate::research::result::{Cold, Found, Judged, Results, Screened, Trial};
use crate::research::statistics::{best_by_luck, variance};
use crate::research::steps::Work;
use crate::research::trial::held;
use crate::strategies::Chosen;

/// Candidates that are told with their definition, those that passed beside: the others' seed composes them
/// again.
const WHOLE: usize = 200;
/// Days in a year of these markets.
const YEAR: f64 = 365.0;

impl Plan {
    /// What the run has come to; none while a step is missing. The order in which the steps were
    /// computed makes no difference.
    pub fn report(&self, results: &Results) -> Option<Report> {
        if self.steps.iter().any(|step| !results.contains(step.id)) {
            return None;
        }
        let mut report = match &self.task {
            Task::Optimise { .. } => self.optimised(results)?,
            Task::Discover { candidates } => self.discovered(candidates, results),
            Task::Backtest { .. } => self.backtested(results)?,
        };
        let plain = serde_json::to_value(&report).expect("its keys are text");
        report.hash = hashed(&plain.to_string());
        Some(report)
    }

    /// A report with nothing in it but what it was done with.
    fn empty(&self) -> Report {
        let definition = self.spec.definition.as_ref();
        let tape = &self.data.tape;
        Report {
            kind: self.spec.kind,
            strategy: definition.map(|d| d.name.clone()),
            version: definition.map(|d| d.version.clone()),
            status: Verdict::NotJudged,
            trials: 0,
            best: None,
            gates: Vec::new(),
            baseline: None,
            deflated: None,
            folds: Vec::new(),
            candidates: Vec::new(),
            plane: None,
            in_sample: None,
            out_of_sample: None,
            held: None,
            terms: Terms {
                method: self.spec.method,
                seed: self.spec.seed,
                folds: self.spec.folds,
                fee: self.spec.fee,
                slippage: self.spec.slippage,
                cash: self.spec.cash,
                set: self.spec.set.clone(),
                symbol: tape.symbol,
                bars: self.data.bars() as u64,
                interval_ms: tape.interval_ms,
                first: tape.first().unwrap_or_default(),
                last: tape.last().unwrap_or_default(),
                gaps: self.data.gaps,
            },
            data_hash: self.data.hash.clone(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            hash: String::new(),
        }
    }

    /// Holding some bars: the curve, and its figures.
    fn held(&self, rows: std::ops::Range<usize>) -> (Curve, Figures) {
        let tally = Tally {
            bars: rows.len() as u64,
            exposed: rows.len() as u64,
            ..Tally::default()
        };
        let curve = held(&self.data, rows, self.spec.cash);
        let figures = Figures::of(&tally, &curve);
        (curve, figures)
    }

    fn judged_rows(&self) -> std::ops::Range<usize> {
        folds::judged(self.data.bars(), self.spec.folds as usize)
    }

    fn optimised(&self, results: &Results) -> Option<Report> {
        let space = self.space()?;
        let mut report = self.empty();
        let mut trials: Vec<&Trial> = Vec::new();
        let mut began = 0;
        let mut last: Option<(&Judged, usize)> = None;
        let mut whole = None;
        for step in &self.steps {
            match (&step.work, results.found(step.id)?) {
                (Work::Search { .. }, Found::Tried(found)) => {
                    trials.extend(found);
                }
                (Work::Judge { fold }, Found::Judged(judged)) => {
                    let judged: &Judged = judged;
                    let own = trials.len() - began;
                    report.folds.push(self.fold(*fold, own as u64, judged));
                    last = Some((judged, began));
                    began = trials.len();
                    let next = &judged.out_of_sample;
                    match &mut whole {
                        None => whole = Some(next.clone()),
                        Some(whole) => whole.stitch(next),
                    }
                }
                _ => return None,
            }
        }
        let ((last, began), whole) = (last?, whole?);
        report.trials = trials.len() as u64;
        // The ratio that is judged is the best of its own fold: the other folds' were tried on other bars.
        let own = &trials[began..];
        let ratios: Vec<f64> = own.iter().filter_map(|t| t.figures.sharpe_f64()).collect();
        let in_sample = last.in_sample.as_ref();
        let luck = deflated(
            own.len() as u64,
            &ratios,
            in_sample.map(|window| &window.curve),
            &whole.curve,
        );
        report.deflated = Some(Deflated {
            tried: report.trials,
            ..luck
        });
        let points: Vec<_> = trials
            .iter()
            .filter_map(|t| space.point(&t.parameters).zip(t.figures.sharpe_f64()))
            .collect();
        report.plane = Plane::of(space, &points, self.spec.map.as_ref());
        report.in_sample = in_sample.map(|window| window.curve.clone());
        let best = Best {
            parameters: last.parameters.clone(),
            in_sample: in_sample.map(|window| window.figures()),
            out_of_sample: whole.figures(),
        };
        self.judged(&mut report, best, whole.curve, self.judged_rows());
        Some(report)
    }

    fn backtested(&self, results: &Results) -> Option<Report> {
        let step = self.steps.first()?;
        let Found::Judged(judged) = results.found(step.id)? else {
            return None;
        };
        let mut report = self.empty();
        report.trials = 1;
        let window = &judged.out_of_sample;
        report.deflated = Some(deflated(1, &[], None, &window.curve));
        let best = Best {
            parameters: judged.parameters.clone(),
            in_sample: None,
            out_of_sample: window.figures(),
        };
        self.judged(&mut report, best, window.curve.clone(), 0..self.data.bars());
        Some(report)
    }

    /// Holds what the run stands for against the gates.
    fn judged(&self, report: &mut Report, best: Best, curve: Curve, rows: std::ops::Range<usize>) {
        let (held, baseline) = self.held(rows);
        report.gates = judge(&best.out_of_sample, baseline.sharpe, &self.spec.gates);
        report.status = verdict(&report.gates);
        report.best = Some(best);
        report.baseline = Some(baseline);
        report.held = Some(held);
        report.out_of_sample = Some(curve);
    }

    fn fold(&self, fold: usize, trials: u64, judged: &Judged) -> FoldReport {
        let window = &judged.out_of_sample;
        let searched = judged.in_sample.as_ref();
        FoldReport {
            fold: fold as u32 + 1,
            searched_from: searched.map_or(window.from, |w| w.from),
            judged_from: window.from,
            judged_to: window.to,
            trials,
            parameters: judged.parameters.clone(),
            in_sample: searched.map(|w| w.figures()),
            out_of_sample: window.figures(),
        }
    }

    fn discovered(&self, candidates: &[Chosen], results: &Results) -> Report {
        let mut report = self.empty();
        let (mut looks, mut cold): (Vec<&Screened>, Vec<&Cold>) = (Vec::new(), Vec::new());
        for step in &self.steps {
            match results.found(step.id) {
                Some(Found::Screened(found)) => looks.extend(found),
                Some(Found::Cold(found)) => cold.extend(found),
                _ => {}
            }
        }
        report.trials = looks.len() as u64;
        let ratios: Vec<f64> = looks
            .iter()
            .filter_map(|l| l.figures.sharpe_f64())
            .collect();
        let (held, baseline) = self.held(self.judged_rows());
        let mut judged: Vec<(&Cold, Candidate)> = Vec::new();
        let mut dropped = Vec::new();
        for look in &looks {
            let Some(chosen) = candidates.get(look.candidate as usize) else {
                continue;
            };
            let of_it = cold.iter().find(|c| c.candidate == look.candidate);
            let mut candidate = Candidate {
                name: chosen.definition.name.clone(),
                feature_hash: chosen.definition.feature_hash(),
                definition: None,
                first_look: look.figures.clone(),
                in_sample: None,
                out_of_sample: None,
                gates: Vec::new(),
                status: Verdict::Failed,
                deflated: None,
                dropped: look.dropped.clone(),
            };
            let Some(of_it) = of_it else {
                dropped.push(candidate);
                continue;
            };
            let figures = of_it.out_of_sample.figures();
            let curve = &of_it.out_of_sample.curve;
            candidate.gates = judge(&figures, baseline.sharpe, &self.spec.gates);
            candidate.status = verdict(&candidate.gates);
            candidate.deflated = Some(deflated(report.trials, &ratios, Some(curve), curve));
            candidate.definition = Some((*chosen.definition).clone());
            candidate.in_sample = Some(of_it.in_sample.figures());
            candidate.out_of_sample = Some(figures);
            judged.push((of_it, candidate));
        }
        // Those that passed, those that could not be judged, those that failed; each by their ratio.
        judged.sort_by_key(|(_, c)| {
            let class = match c.status {
                Verdict::Passed => 0,
                Verdict::NotJudged => 1,
                Verdict::Failed => 2,
            };
            let sharpe = c.out_of_sample.as_ref().and_then(|f| f.sharpe);
            (
                class,
                std::cmp::Reverse(sharpe.unwrap_or(Decimal::MIN)),
                c.name.clone(),
            )
        });
        if let Some((of_it, best)) = judged.first() {
            let chosen = &candidates[of_it.candidate as usize];
            report.strategy = Some(best.name.clone());
            report.version = Some(chosen.definition.version.clone());
            report.status = best.status;
            report.gates.clone_from(&best.gates);
            report.deflated.clone_from(&best.deflated);
            report.best = Some(Best {
                parameters: values(chosen),
                in_sample: best.in_sample.clone(),
                out_of_sample: of_it.out_of_sample.figures(),
            });
            report.in_sample = Some(of_it.in_sample.curve.clone());
            report.out_of_sample = Some(of_it.out_of_sample.curve.clone());
        } else if !dropped.is_empty() {
            report.status = Verdict::Failed;
        }
        report.baseline = Some(baseline);
        report.held = Some(held);
        for (_, candidate) in judged.iter_mut().skip(WHOLE) {
            if candidate.status != Verdict::Passed {
                candidate.definition = None;
            }
        }
        report.candidates = judged.into_iter().map(|(_, c)| c).chain(dropped).collect();
        report
    }
}

/// A ratio against the luck of so many trials, whose yearly ratios are given; and the chance that the
/// judged one is above 0.
fn deflated(among: u64, ratios: &[f64], chosen: Option<&Curve>, judged: &Curve) -> Deflated {
    let shape = chosen.and_then(Curve::shape);
    let luck = best_by_luck(among, variance(ratios) / YEAR);
    let probability = shape.and_then(|s| s.probability_above(luck));
    let once = judged.shape().and_then(|s| s.probability_above(0.0));
    Deflated {
        tried: among,
        among,
        sharpe: shape.and_then(|s| decimal(s.sharpe * YEAR.sqrt())),
        by_luck: shape.and_then(|_| decimal(luck * YEAR.sqrt())).map(six),
        probability: probability.and_then(decimal).map(six),
        out_of_sample: once.and_then(decimal).map(six),
    }
}

/// What logarithms and exponentials have touched keeps six digits: they need not agree to the last one.
fn six(value: Decimal) -> Decimal {
    value.round_dp(6).normalize()
}
