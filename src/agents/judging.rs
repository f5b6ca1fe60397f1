//! Whether a service goes on: every gate passed after the stage's shortest time, or a word on why not.

use super::service::{StageBrief, Verdict};
use crate::core::research::GateResult;
use crate::core::service::{Judgement, Stage};

/// What a stage comes to by now; none: it goes on as it is.
pub(super) fn judge(brief: &StageBrief) -> Option<Verdict> {
    let (service, settings) = (&brief.service, &brief.settings);
    let began = service.began_at?;
    let gates = service.gates(settings, brief.worth);
    let judgement = match service.breach(settings, brief.worth) {
        Some(breach) => Judgement::Fail(breach),
        None => {
            let stage = service.stage;
            let lasted = u64::try_from((brief.now - began) / 1000).unwrap_or(0);
            if stage == Stage::InService || lasted < u64::from(settings.shortest(stage)) {
                return None;
            }
            let passed = gates.iter().all(|gate| gate.passed == Some(true));
            if passed {
                brief.may_advance.then_some(Judgement::Advance)?
            } else if lasted >= settings.longest(stage) {
                over(stage, &gates)
            } else {
                return None;
            }
        }
    };
    Some(Verdict {
        stage: service.stage,
        judgement,
        gates,
    })
}

/// The longest time is over and a gate is not passed.
fn over(stage: Stage, gates: &[GateResult]) -> Judgement {
    let is_open = |gate: &&GateResult| gate.passed != Some(true);
    let words = |gate: &GateResult| {
        let value = gate.value.as_deref().unwrap_or("nothing");
        let judged = match gate.passed {
            None => " and cannot be judged",
            Some(_) => "",
        };
        format!("{} is {value}{judged} ({})", gate.gate, gate.limit)
    };
    let open: Vec<String> = gates.iter().filter(is_open).map(words).collect();
    let why = format!("the longest time of {stage} is over: {}", open.join(", "));
    // Too few trades are nothing to judge by, not something that was judged.
    let few = |gate: &GateResult| gate.passed.is_none() || gate.gate == "trades" && is_open(&gate);
    if gates.iter().any(few) {
        Judgement::NotJudged(why)
    } else {
        Judgement::Fail(why)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use rust_decimal_macros::dec;

    use super::*;
    use crate::agents::service::StageBrief;
    use crate::agents::tests::service;
    use crate::core::Time;
    use crate::core::service::Kind;
    use crate::core::settings::ResearchSettings;

    /// A stage after so many seconds and trades, all of the same gain.
    fn brief(kind: Kind, stage: Stage, lasted_s: i64, trades: u64, each: Decimal) -> StageBrief {
        let mut service = service(kind, stage);
        service.began_at = Some(Time(1_000));
        let realised = each * Decimal::from(trades);
        service.book.trades = trades;
        service.book.realised = realised;
        for _ in 0..trades {
            service.book.returns.count(each / dec!(100));
        }
        let worth = service.book.settled();
        service.book.max_drawdown = service.book.fall(worth);
        StageBrief {
            now: Time(1_000 + lasted_s * 1_000),
            service,
            worth,
            settings: ResearchSettings {
                stage_s: 3_600,
                limited_s: 3_600,
                warm_s: 3_600,
                patience: 4,
                ..ResearchSettings::default()
            },
            may_advance: true,
        }
    }

    fn word(brief: &StageBrief) -> &'static str {
        match judge(brief).map(|v| v.judgement) {
            None => "goes on",
            Some(Judgement::Advance) => "advances",
            Some(Judgement::Fail(_)) => "fails",
            Some(Judgement::NotJudged(_)) => "not judged",
        }
    }

    #[test]
    fn a_stage_is_left_when_its_time_has_come() {
        use Kind::{Candidate, Deployment};
        let part = Stage::Part(1);
        let table = [
            (Deployment, part, 3_599, 9, dec!(1), "goes on"),
            (Deployment, part, 3_600, 9, dec!(1), "advances"),
            (Deployment, part, 3_600, 2, dec!(1), "goes on"),
            (Deployment, part, 14_399, 2, dec!(1), "goes on"),
            (Deployment, part, 14_400, 2, dec!(1), "not judged"),
            (Deployment, part, 14_400, 0, dec!(0), "not judged"),
            // More than 2 % lost is a breach at any moment.
            (Deployment, part, 1, 1, dec!(-20), "goes on"),
            (Deployment, part, 1, 1, dec!(-20.1), "fails"),
            (Deployment, Stage::InService, 99_999, 0, dec!(0), "goes on"),
            (Deployment, Stage::InService, 99_999, 30, dec!(1), "goes on"),
            (Deployment, Stage::InService, 1, 1, dec!(-21), "fails"),
            (Candidate, Stage::Limited, 3_600, 10, dec!(1), "advances"),
            (Candidate, Stage::Limited, 3_600, 10, dec!(-1), "goes on"),
            (Candidate, Stage::Limited, 14_400, 10, dec!(-1), "fails"),
            (Candidate, Stage::Limited, 14_400, 9, dec!(1), "not judged"),
            (Candidate, Stage::Limited, 1, 10, dec!(-20.1), "fails"),
            // Without days there is no Sharpe ratio.
            (Candidate, Stage::Warm, 3_600, 30, dec!(1), "goes on"),
            (Candidate, Stage::Warm, 14_400, 30, dec!(1), "not judged"),
        ];
        for (kind, stage, lasted_s, trades, each, expected) in table {
            let brief = brief(kind, stage, lasted_s, trades, each);
            let what = format!("{kind:?} {stage} {lasted_s} s, {trades} of {each}");
            assert_eq!(word(&brief), expected, "{what}");
        }
    }

    #[test]
    fn nothing_advances_while_nothing_may_be_reserved() {
        let mut brief = brief(Kind::Deployment, Stage::Part(0), 99_999, 9, dec!(1));
        brief.may_advance = false;
        assert_eq!(word(&brief), "goes on");
    }

    #[test]
    fn the_reason_names_the_gates_and_their_figures() {
        let brief = brief(Kind::Candidate, Stage::Limited, 14_400, 3, dec!(1));
        let verdict = judge(&brief).unwrap();
        assert_eq!(
            verdict.judgement,
            Judgement::NotJudged(
                "the longest time of limited is over: trades is 3 (>= 10), return_pct is 0.3 and \
                 cannot be judged (> 0)"
                    .into()
            )
        );
        assert_eq!(verdict.gates.len(), 3);
    }
}
