//! What an alarm means, and what helps: words for three in the morning.

use crate::snapshot::AlarmKind;

/// What it means, and what to do.
pub fn help(kind: AlarmKind) -> [&'static str; 2] {
    match kind {
        AlarmKind::Hardstop => [
            "Nothing goes out but cancels and exits by hand. Entries are being cancelled; positions stay open.",
            "Look at positions (5), then :clear and, as a second step, r resume.",
        ],
        AlarmKind::Trading => [
            "Trading does not simply run: this is why, and who said so.",
            "When its cause is gone, r resumes.",
        ],
        AlarmKind::SymbolPaused => [
            "Entries of this symbol are refused; exits go on.",
            "pilothouse resume --symbol SYMBOL lets them again.",
        ],
        AlarmKind::Degradation => [
            "Less of the crew is at work than should be.",
            "Agents (2) shows who is missing; it goes back by itself when they return.",
        ],
        AlarmKind::ApprovalWaiting => [
            "An entry waits for a yes or a no, and lapses without one.",
            "Enter leads to it; y approves, n rejects.",
        ],
        AlarmKind::UnprotectedPosition => [
            "No order at the venue would end this position's loss.",
            "Enter leads to it; e sets a stop, c closes it at the market.",
        ],
        AlarmKind::StopUnfilled => [
            "The price is beyond the stop and the stop does not fill.",
            "Enter leads to it; c closes it at the market.",
        ],
        AlarmKind::ReconcileMismatch => [
            "The venue holds something else than our positions add up to.",
            "v on the orders (5) compares again; the venue's figure counts.",
        ],
        AlarmKind::UnknownOrder => [
            "The venue has not said what became of this order. What it holds stays bound, and it is looked for.",
            "v compares now; w tells its story.",
        ],
        AlarmKind::AgentStale => [
            "No heartbeat for longer than it may be silent: its work is not done.",
            "Enter leads to it; x runs its task now. An agent outside must be started again.",
        ],
        AlarmKind::AgentUnhealthy => [
            "Too much of its latest work has failed.",
            "Enter leads to it; its last words say at what.",
        ],
        AlarmKind::GuardBreach => [
            "The venue's figures are out of bounds: it is sent no entries until they are back for a while.",
            "Enter leads to the figures.",
        ],
        AlarmKind::Cooldown => [
            "Refusals came too often: the strategy waits, and longer each time.",
            "Enter leads to it; the limits (7) say which rule refused.",
        ],
        AlarmKind::StrategyLost => [
            "A strategy is out of service and nothing has taken its place.",
            "Enter leads to it; d deploys a version again.",
        ],
        AlarmKind::Follower => [
            "A start would have to read the journal from further back; nothing is lost.",
            "Look at the disk and the log (0).",
        ],
        AlarmKind::Journal => [
            "The state is whole; records from before it are damaged.",
            "pilothouse journal verify says where. Make a copy before anything else.",
        ],
        AlarmKind::Views => [
            "SQL tables lag behind the journal; no decision reads them.",
            "pilothouse views rebuild makes them anew.",
        ],
        AlarmKind::AlertChannel => [
            "Messages to the outside do not get through; trading goes on.",
            "pilothouse alerts says which channel and why.",
        ],
    }
}
