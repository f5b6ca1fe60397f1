//! The gates: what out-of-sample figures must come to before anything is put to work.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde::{Deserialize, Serialize};

use super::figures::Figures;

/// The limits; all of them are judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The least Sharpe ratio, per year.
    pub sharpe: Decimal,
    /// The largest drawdown, percent.
    pub max_drawdown_pct: Decimal,
    /// The fewest closed trades; under it there is too little to judge the others by.
    pub trades: u64,
    /// What the return must be above, percent.
    pub return_pct: Decimal,
    /// How much the Sharpe ratio must exceed that of holding the same bars.
    pub over_baseline: Decimal,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sharpe: dec!(1),
            max_drawdown_pct: dec!(20),
            trades: 30,
            return_pct: dec!(0),
            over_baseline: dec!(0.1),
        }
    }
}

/// One gate and how it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateResult {
    /// `sharpe`, `max_drawdown_pct`, `trades`, `return_pct`, `sharpe_over_baseline`.
    pub gate: String,
    /// Its limit, with its sense: `>= 1`.
    pub limit: String,
    /// What was measured; none where nothing could be.
    pub value: Option<String>,
    /// None where there is nothing, or too little, to judge by.
    pub passed: Option<bool>,
}

/// What the gates come to together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All passed.
    Passed,
    /// One did not.
    Failed,
    /// One could not be judged.
    NotJudged,
}

/// Judges figures against limits; `baseline` is the Sharpe ratio of holding the same bars.
pub fn judge(figures: &Figures, baseline: Option<Decimal>, limits: &Limits) -> Vec<GateResult> {
    let enough = figures.trades >= limits.trades;
    let gate =
        |gate: &str, limit: String, value: Option<Decimal>, passes: &dyn Fn(Decimal) -> bool| {
            GateResult {
                gate: gate.to_owned(),
                limit,
                value: value.map(|v| v.to_string()),
                passed: value.filter(|_| enough).map(passes),
            }
        };
    let least = limits.sharpe;
    let most = limits.max_drawdown_pct;
    let above = limits.return_pct;
    let over = limits.over_baseline;
    let lead = figures.sharpe.zip(baseline).map(|(own, held)| own - held);
    let of_days = |value: Decimal| (figures.days > 0).then_some(value);
    vec![
        gate("sharpe", format!(">= {least}"), figures.sharpe, &|v| {
            v >= least
        }),
        gate(
            "max_drawdown_pct",
            format!("<= {most}"),
            of_days(figures.max_drawdown_pct),
            &|v| v <= most,
        ),
        GateResult {
            gate: "trades".to_owned(),
            limit: format!(">= {}", limits.trades),
            value: Some(figures.trades.to_string()),
            passed: Some(enough),
        },
        gate(
            "return_pct",
            format!("> {above}"),
            of_days(figures.return_pct),
            &|v| v > above,
        ),
        gate("sharpe_over_baseline", format!(">= {over}"), lead, &|v| {
            v >= over
        }),
    ]
}

/// What the gates come to: not judged where one of them is not, and where there is none.
pub fn verdict(gates: &[GateResult]) -> Verdict {
    if gates.is_empty() || gates.iter().any(|g| g.passed.is_none()) {
        Verdict::NotJudged
    } else if gates.iter().all(|g| g.passed == Some(true)) {
        Verdict::Passed
    } else {
        Verdict::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Figures {
        Figures {
            sharpe: Some(dec!(1)),
            max_drawdown_pct: dec!(20),
            return_pct: dec!(0.01),
            trades: 30,
            days: 10,
            ..Figures::default()
        }
    }

    fn judged(figures: &Figures, baseline: Option<Decimal>) -> (Verdict, Vec<Option<bool>>) {
        let gates = judge(figures, baseline, &Limits::default());
        (verdict(&gates), gates.iter().map(|g| g.passed).collect())
    }

    #[test]
    fn at_its_limit_a_gate_passes_and_past_it_fails() {
        let baseline = Some(dec!(0.9));
        assert_eq!(
            judged(&good(), baseline),
            (Verdict::Passed, vec![Some(true); 5])
        );
        let worse: [(usize, Figures, Option<Decimal>); 4] = [
            (
                0,
                Figures {
                    sharpe: Some(dec!(0.9999999999)),
                    ..good()
                },
                Some(dec!(0.5)),
            ),
            (
                1,
                Figures {
                    max_drawdown_pct: dec!(20.0000000001),
                    ..good()
                },
                baseline,
            ),
            (
                3,
                Figures {
                    return_pct: dec!(0),
                    ..good()
                },
                baseline,
            ),
            (4, good(), Some(dec!(0.9000000001))),
        ];
        for (gate, figures, baseline) in worse {
            let (verdict, passed) = judged(&figures, baseline);
            assert_eq!(verdict, Verdict::Failed);
            let wanted: Vec<_> = (0..5).map(|n| Some(n != gate)).collect();
            assert_eq!(passed, wanted, "gate {gate}");
        }
    }

    #[test]
    fn what_cannot_be_judged_never_passes() {
        let few = Figures {
            trades: 29,
            ..good()
        };
        let (verdict_few, passed) = judged(&few, Some(dec!(0)));
        assert_eq!(verdict_few, Verdict::NotJudged);
        assert_eq!(passed, [None, None, Some(false), None, None]);
        let flat = Figures {
            sharpe: None,
            ..good()
        };
        assert_eq!(judged(&flat, Some(dec!(0))).0, Verdict::NotJudged);
        assert_eq!(judged(&good(), None).0, Verdict::NotJudged, "no baseline");
        assert_eq!(judged(&Figures::default(), None).0, Verdict::NotJudged);
        assert_eq!(verdict(&[]), Verdict::NotJudged);
    }

    #[test]
    fn a_gate_says_its_limit_and_what_was_measured() {
        let gates = judge(
            &good(),
            Some(dec!(-2)),
            &Limits {
                sharpe: dec!(1.5),
                ..Limits::default()
            },
        );
        assert_eq!(
            (gates[0].limit.as_str(), gates[0].value.as_deref()),
            (">= 1.5", Some("1"))
        );
        assert_eq!(gates[0].passed, Some(false));
        assert_eq!(gates[4].value.as_deref(), Some("3"));
    }
}
