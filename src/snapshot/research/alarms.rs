//! What an operator must see of strategies: those that were taken back.

use crate::core::service::{End, Kind, Service, Stage};
use crate::core::{State, Time};
use crate::snapshot::{Alarm, AlarmKind};

/// Seconds of engine time for which it is worth an alarm.
const LASTS_S: i64 = 86_400;

/// Deployments that were taken back or fell out of service, until the strategy is put to work again,
/// for a day at most.
pub(in crate::snapshot) fn alarms(state: &State, now: Time) -> impl Iterator<Item = Alarm> {
    let past = state.services.past.iter().rev();
    past.filter_map(move |s| {
        let ended = s.ended.as_ref()?;
        let recent = now < ended.at.plus_s(LASTS_S);
        let lost = match ended.how {
            End::RolledBack => true,
            End::Dropped => s.stage == Stage::InService,
            End::Promoted | End::Superseded | End::Cancelled => false,
        };
        (lost && recent && !follows(state, s)).then(|| {
            let (strategy, version) = (s.strategy(), &s.version.version);
            let how = match ended.how {
                End::RolledBack => "was rolled back",
                _ => "was dropped out of service",
            };
            let text = format!("{strategy} {version} {how}: {}", ended.reason);
            Alarm::new(
                AlarmKind::StrategyLost,
                1,
                ended.at,
                strategy.as_str(),
                text,
            )
        })
    })
}

/// Whether the strategy was put into service again since; that the version before it came back at the
/// same moment is no news of its own.
fn follows(state: &State, gone: &Service) -> bool {
    let Some(ended) = &gone.ended else {
        return false;
    };
    let live = state.services.of(gone.strategy());
    let past = state.services.past.iter();
    let past = past.filter(|s| s.strategy() == gone.strategy());
    live.chain(past)
        .any(|s| s.kind == Kind::Deployment && s.created_at > ended.at)
}
