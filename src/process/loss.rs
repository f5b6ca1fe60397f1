//! What follows when the last console goes without having been left.

use std::sync::Arc;

use crate::config::OnOperatorLoss;
use crate::core::operator::Follows;
use crate::core::{Command, Name};
use crate::engine::{EngineHandle, Lane};
use crate::gate::{How, Press};

/// As the journal says it.
const REASON: &str = "the last console was lost without having been left";

/// From here on the engine is looked after: where the last console at its `stop.sock` is lost, what
/// is configured follows.
pub(super) fn look_after(handle: &EngineHandle, what: OnOperatorLoss) {
    let engine = handle.clone();
    handle
        .gate()
        .consoles()
        .on_loss(Arc::new(move || operator_lost(&engine, what)));
}

fn operator_lost(handle: &EngineHandle, what: OnOperatorLoss) {
    if handle.is_stopping() || handle.has_ended() {
        return;
    }
    let live = handle.latest().status.mode == "live";
    let follows = follows(what, live);
    let by: Name = "console".parse().expect("a name");
    if follows == Follows::Hardstop {
        handle.gate().close(Press {
            by,
            how: How::ConsoleLost,
            reason: REASON.into(),
        });
    }
    let lost = Command::OperatorLost {
        follows,
        reason: REASON.into(),
    };
    if let Err(error) = handle.submit(Lane::Control, by, lost) {
        tracing::error!("{REASON}, and the engine does not hear of it: {error}");
    }
}

fn follows(what: OnOperatorLoss, live: bool) -> Follows {
    match what {
        OnOperatorLoss::Default if live => Follows::Pause,
        OnOperatorLoss::Default | OnOperatorLoss::Hold => Follows::Hold,
        OnOperatorLoss::Pause => Follows::Pause,
        OnOperatorLoss::Hardstop => Follows::Hardstop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_paper_holds_and_a_live_account_pauses() {
        assert_eq!(follows(OnOperatorLoss::Default, false), Follows::Hold);
        assert_eq!(follows(OnOperatorLoss::Default, true), Follows::Pause);
        for live in [false, true] {
            assert_eq!(follows(OnOperatorLoss::Hold, live), Follows::Hold);
            assert_eq!(follows(OnOperatorLoss::Pause, live), Follows::Pause);
            assert_eq!(follows(OnOperatorLoss::Hardstop, live), Follows::Hardstop);
        }
    }
}
