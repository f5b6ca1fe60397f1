//! What a change of each key means to an engine that runs: which keys it takes while it runs, and
//! which way of changing them allows more than before.

use rust_decimal::Decimal;

use super::key::{Key, Narrower};
use super::value::Value;

/// What a running engine does with a changed key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reloading {
    /// Nothing until it is started again.
    Restart,
    /// It takes the change; nothing gets narrower or wider by it.
    Free,
    /// It takes the change; a higher value allows more.
    Lower,
    /// It takes the change; a lower value allows more.
    Higher,
    /// It takes the change; of these words the later allow more. A word that is not among them counts
    /// as the last.
    Words(&'static [&'static str]),
    /// It takes the change; any other value may allow more.
    Either,
}

use Reloading::{Either, Free, Higher, Lower, Restart, Words};

/// Sections of which every key is an organisation's limit, widened as the table of keys says.
const LIMITS: [&str; 1] = ["risk"];

/// Every other key that is taken while an engine runs. What is not here needs a restart: the feed, the
/// venue, sockets and threads are made once.
const TAKEN: &[(&str, Reloading)] = &[
    ("coordinator.mode", Words(&["guide", "default"])),
    ("coordinator.phase_timeout_s", Free),
    ("coordinator.monitoring_s", Free),
    ("coordinator.approval_s", Lower),
    (
        "coordinator.on_shutdown",
        Words(&["cancel_entries", "leave"]),
    ),
    ("coordinator.shutdown_s", Free),
    ("coordinator.clear_wait_s", Higher),
    ("coordinator.on_circuit_breaker", Words(&["close", "hold"])),
    ("coordinator.max_drawdown", Lower),
    ("coordinator.max_stops_in_row", Lower),
    ("coordinator.pause_symbol_after", Lower),
    ("coordinator.degrade_after", Lower),
    ("coordinator.recover_after_s", Higher),
    ("coordinator.unknown_regime_multiplier", Lower),
    ("coordinator.strict_minimum_confidence", Higher),
    ("resources.capital_pool_usd", Lower),
    ("resources.pool_mark_s", Free),
    ("resources.allocation_window_ms", Free),
    ("resources.split_policy", Free),
    ("resources.backtests", Lower),
    ("resources.paper_trades", Lower),
    ("resources.api_per_minute", Lower),
    ("resources.api_per_hour", Lower),
    ("resources.api_exit_share", Higher),
    ("resources.default_ttl_s", Lower),
    ("resources.queue_notice_s", Free),
    ("resources.expiry_batch", Free),
    ("resources.key_life_s", Higher),
    ("resources.keys_per_actor", Higher),
    ("bus.queue", Free),
    ("bus.ttl_s", Free),
    ("bus.halt_ttl_s", Free),
    ("health.heartbeat_timeout_s", Lower),
    ("health.laggy_s", Free),
    ("health.laggy_factor", Free),
    ("health.window", Free),
    ("health.minimum", Lower),
    ("health.unhealthy_error_rate", Lower),
    ("guard.window_s", Either),
    ("guard.minimum_samples", Lower),
    ("guard.max_quote_age_s", Lower),
    ("guard.max_rejection_rate", Lower),
    ("guard.max_p95_latency_ms", Lower),
    ("guard.clear_after_s", Higher),
    ("research.step_ttl_s", Free),
    ("research.min_sharpe", Higher),
    ("research.max_drawdown", Lower),
    ("research.min_trades", Higher),
    ("research.min_excess_sharpe", Higher),
    ("research.warm_s", Higher),
    ("research.warm_capital_usd", Lower),
    ("research.limited_s", Higher),
    ("research.limited_capital_usd", Lower),
    ("research.limited_trades", Higher),
    ("research.patience", Lower),
    ("research.first_share", Lower),
    ("research.second_share", Lower),
    ("research.stage_s", Higher),
    ("research.stage_trades", Higher),
    ("research.drawdown_factor", Lower),
    ("research.drawdown_floor", Lower),
    ("research.max_shortfall", Lower),
    ("research.service_ttl_s", Free),
    ("execution.reconcile_s", Free),
    ("execution.poll_s", Free),
    ("execution.default_type", Free),
    ("execution.time_in_force", Free),
    ("execution.submission_deadline_s", Lower),
    ("execution.retries", Lower),
    ("execution.retry_delay_s", Free),
    ("execution.absence_reads_s", Higher),
    ("execution.history_in_memory", Free),
    ("execution.position_snapshot_s", Free),
    ("execution.trail_enabled", Words(&["true", "false"])),
    ("execution.trail_activation", Lower),
    ("execution.trail_distance", Lower),
    ("execution.trail_step", Lower),
    ("execution.protection_deadline_s", Lower),
    ("execution.pov_share", Lower),
    ("execution.rate.calls_per_minute", Lower),
    ("execution.rate.calls_burst", Lower),
    ("execution.rate.orders_per_minute", Lower),
    ("execution.rate.orders_burst", Lower),
    ("store.reserve_mb", Higher),
    ("store.stop_mb", Higher),
];

/// Schedules change at once, and nothing gets wider by them: what they start passes the same limits.
const SCHEDULES: &str = "coordinator.schedules";

/// What a change of a key means.
pub(super) fn of(key: &Key) -> Reloading {
    if key.section == SCHEDULES {
        return Free;
    }
    if LIMITS.contains(&key.section) {
        return match key.narrower {
            Narrower::Lower => Lower,
            Narrower::Higher => Higher,
        };
    }
    let path = key.path();
    let taken = TAKEN.iter().find(|(known, _)| *known == path);
    taken.map_or(Restart, |(_, reloading)| *reloading)
}

impl Reloading {
    /// Whether going from one value to the other allows more than before.
    pub(super) fn widens(self, from: &Value, to: &Value) -> bool {
        match self {
            Restart | Free => false,
            Either => from != to,
            Lower => above(to, from),
            Higher => above(from, to),
            Words(order) => {
                let place = |value: &Value| {
                    let word = match value {
                        Value::Text(text) => text.clone(),
                        other => other.to_string(),
                    };
                    let known = order.iter().position(|known| *known == word);
                    known.unwrap_or(order.len() - 1)
                };
                place(to) > place(from)
            }
        }
    }
}

/// Whether one limit lies above another; a word for a limit, such as the account's equity, is above
/// any number.
fn above(one: &Value, other: &Value) -> bool {
    let most = |value: &Value| value.number().unwrap_or(Decimal::MAX);
    most(one) > most(other)
}

#[cfg(test)]
mod tests {
    use super::super::sections::keys;
    use super::*;

    #[test]
    fn what_is_listed_exists_once() {
        for (path, _) in TAKEN {
            assert!(keys().any(|key| key.path() == *path), "{path}");
            assert_eq!(TAKEN.iter().filter(|(p, _)| p == path).count(), 1, "{path}");
        }
    }

    #[test]
    fn words_of_a_key_are_words_that_it_takes() {
        for (path, reloading) in TAKEN {
            let Words(order) = reloading else { continue };
            let key = keys().find(|key| key.path() == *path).unwrap();
            let allowed = key.kind.allowed();
            for word in *order {
                assert!(allowed.contains(word), "{path}: {word}, {allowed}");
            }
        }
    }

    #[test]
    fn widening_goes_the_way_of_the_key() {
        let number = |n: u64| Value::Whole(n);
        let word = |w: &str| Value::Text(w.into());
        let cases = [
            (Lower, number(2), number(3), true),
            (Lower, number(3), number(2), false),
            (Lower, number(3), number(3), false),
            (Lower, number(3), word("equity"), true),
            (Lower, word("equity"), number(3), false),
            (Higher, number(2), number(3), false),
            (Higher, number(3), number(2), true),
            (Either, number(3), number(2), true),
            (Free, number(3), number(9), false),
            (
                Words(&["guide", "default"]),
                word("guide"),
                word("autonomous"),
                true,
            ),
            (
                Words(&["guide", "default"]),
                word("default"),
                word("autonomous"),
                false,
            ),
            (
                Words(&["guide", "default"]),
                word("autonomous"),
                word("guide"),
                false,
            ),
            (
                Words(&["true", "false"]),
                Value::Switch(true),
                Value::Switch(false),
                true,
            ),
        ];
        for (reloading, from, to, widens) in cases {
            assert_eq!(
                reloading.widens(&from, &to),
                widens,
                "{reloading:?} {from} {to}"
            );
        }
    }
}
