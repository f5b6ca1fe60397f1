//! What befell runs and services, in plain sentences.

use crate::core::Event;
use crate::core::activity::ActivityEnd;
use crate::core::research::{GateResult, Run, Verdict, Version};
use crate::core::service::{End, Service};

/// What happened, without a full stop.
pub(super) fn of(event: &Event) -> Option<String> {
    Some(match event {
        Event::ActivityBegan { activity } => format!(
            "{}, the {} of {}, {}",
            activity.id,
            activity.kind.as_str(),
            activity.agent,
            if activity.queued {
                "waits for another one to end"
            } else {
                "began"
            }
        ),
        Event::ActivityResumed { id } => format!("{id} went on: what it waited for is over"),
        Event::ActivityEnded { id, how, reason } => {
            let how = match how {
                ActivityEnd::Ended => "ended",
                ActivityEnd::Cancelled => "was cancelled",
            };
            format!("{id} {how}: {reason}")
        }
        Event::RunAsked { run } => asked(run),
        Event::RunBegan { id, activity } => format!("{id} began, as {activity}"),
        Event::StepTaken { run, step, slot } => format!("step {step} of {run} asked for {slot}"),
        Event::StepEnded { run, step, trials } => {
            format!("step {step} of {run} was computed: {trials} backtests")
        }
        Event::RunEnded { id, verdict } => {
            format!(
                "{id} {}: {}{}",
                came(verdict),
                verdict.reason,
                gates(&verdict.gates)
            )
        }
        Event::VersionProved { version } => format!(
            "{} may be put into service{}",
            named(version),
            version
                .run
                .map_or_else(String::new, |run| format!(": {run} has proved it"))
        ),
        Event::ServiceOpened { service } => opened(service),
        Event::ServiceStaged {
            id,
            stage,
            gates: passed,
            ..
        } => {
            format!("{id} came to {stage}{}", gates(passed))
        }
        Event::ServiceBegan { id, capital } => {
            format!(
                "{id} has what its stage takes, and trades with {} USD",
                capital.normalize()
            )
        }
        Event::ServiceEnded {
            id,
            how,
            reason,
            gates: judged,
        } => {
            format!("{id} {}: {reason}{}", ended(*how), gates(judged))
        }
        Event::ServiceSignalled { id, passed, reason } => match (passed, reason) {
            (true, _) => format!("{id} gave a signal, and it was passed on"),
            (false, Some(reason)) => format!("{id} gave a signal that went no further: {reason}"),
            (false, None) => format!("{id} gave a signal that went no further"),
        },
        Event::PaperEntered { id, holding } => format!(
            "{id} {} {} at {} on paper",
            match holding.side {
                crate::core::order::Side::Buy => "bought",
                crate::core::order::Side::Sell => "sold",
            },
            holding.quantity.normalize(),
            holding.entry.normalize()
        ),
        Event::PaperLeft {
            id,
            price,
            realised,
            ..
        } => format!(
            "{id} left at {} on paper, with {} after fees",
            price.normalize(),
            realised.normalize()
        ),
        Event::HandedOver { from, row } => format!(
            "{from} passed to {} as {}, class {}, with all that was drawn on it",
            row.agent,
            row.id,
            row.class.as_str()
        ),
        _ => return None,
    })
}

/// What came of it, where the event says so.
pub(super) fn outcome(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunEnded { id, verdict } => format!("{id} {}", came(verdict)),
        Event::ServiceStaged { id, stage, .. } => format!("{id} is in {stage}"),
        Event::ServiceEnded { id, how, .. } => format!("{id} {}", ended(*how)),
        _ => return None,
    })
}

fn asked(run: &Run) -> String {
    let request = &run.request;
    let strategy = request
        .strategy
        .map_or_else(String::new, |name| format!(" {name}"));
    format!(
        "{} asked {} to {}{strategy} with {} backtests, seed {}, as {}",
        run.by,
        request.kind.agent(),
        request.kind.as_str(),
        request.trials,
        request.seed,
        run.id
    )
}

fn came(verdict: &Verdict) -> &'static str {
    use crate::core::research::RunStatus;
    match verdict.status {
        RunStatus::Passed => "passed",
        RunStatus::Failed => "failed",
        RunStatus::NotJudged => "could not be judged",
        RunStatus::Cancelled => "was cancelled",
        RunStatus::Queued | RunStatus::Running => "goes on",
    }
}

fn named(version: &Version) -> String {
    format!(
        "{} {} for {}",
        version.strategy, version.version, version.symbol
    )
}

fn opened(service: &Service) -> String {
    let replaces = service.replaces.map_or_else(String::new, |before| {
        format!(", to take the place of {before}")
    });
    format!(
        "{}, a {} of {}, was asked for by {} with {} USD and begins in {}{replaces}",
        service.id,
        service.kind.as_str(),
        named(&service.version),
        service.by,
        service.asked.normalize(),
        service.stage
    )
}

fn ended(how: End) -> &'static str {
    match how {
        End::Promoted => "was promoted",
        End::Dropped => "was dropped",
        End::RolledBack => "was taken back",
        End::Superseded => "was superseded",
        End::Cancelled => "was cancelled",
    }
}

/// Each gate with its limit and what stood before it.
fn gates(gates: &[GateResult]) -> String {
    let words = gates.iter().map(|g| {
        let found = g.value.as_deref().unwrap_or("nothing");
        let verdict = match g.passed {
            Some(true) => "passed",
            Some(false) => "not passed",
            None => "not judged",
        };
        format!("{} {found} of {} {verdict}", g.gate, g.limit)
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        return String::new();
    }
    format!(" (gates: {})", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_without_figures_is_told_as_not_judged() {
        let gate = |passed: Option<bool>| GateResult {
            gate: "trades".into(),
            limit: "30".into(),
            value: passed.map(|_| "44".into()),
            passed,
        };
        assert_eq!(gates(&[]), "");
        assert_eq!(
            gates(&[gate(Some(true)), gate(None)]),
            " (gates: trades 44 of 30 passed, trades nothing of 30 not judged)"
        );
    }
}
