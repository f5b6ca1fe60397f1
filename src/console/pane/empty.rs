//! What a pane says that has no rows: why there are none, and what would bring some.

use super::PaneId;

/// In a line.
pub fn words(pane: PaneId) -> &'static str {
    match pane {
        PaneId::Positions => "nothing is open; what closes stays here",
        PaneId::Orders => "no orders yet; those of this engine come here, the working ones first",
        PaneId::Cycles => "no cycle yet; x on trading_decision (2) begins one now",
        PaneId::Reservations => "nobody holds anything",
        PaneId::Waiting => "nobody waits for anything",
        PaneId::Activities => "nobody deploys, optimises, discovers or trades",
        PaneId::Conflicts => "nobody stands in another's way",
        PaneId::Approvals => "nothing waits for a yes or a no",
        PaneId::Queues => "no agent is at work",
        PaneId::Messages => "nobody has said anything yet",
        PaneId::Dead => "every message has arrived or was too old",
        PaneId::Cooldowns => "no strategy has to wait",
        PaneId::Runs => "no run yet; o begins to search the parameters of a strategy",
        PaneId::Services => "no strategy is at work; d on a passed run puts one into service",
        PaneId::Audit => "no record yet",
        PaneId::Alarms => "no alarms: nothing is wrong that an operator must see",
        PaneId::Allocation => {
            "nothing is held and no targets are set: [portfolio] in the configuration"
        }
        PaneId::Engine => "nothing measured yet: the first figures come within seconds",
        _ => "none",
    }
}
