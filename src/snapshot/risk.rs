//! What is read of risk: each limit with its use and its last refusal, who has to wait, and what the
//! live guard measures.

use rust_decimal::Decimal;

use super::alarms::{Alarm, AlarmKind};
use super::document::{CooldownRow, GuardRow, LimitRow, RefusalRow};
use super::samples::Samples;
use crate::core::risk::{Code, Level, Limits, exposure};
use crate::core::{Quotes, State, Symbol, Time};

/// Every limit of the organisation, in the order of the gate, and the narrower ones of instruments
/// and strategies.
pub(super) fn limits(state: &State, quotes: &Quotes, now: Time) -> Vec<LimitRow> {
    let whole = Limits::from(&state.settings.risk);
    let mut sheet = Sheet {
        state,
        quotes,
        now,
        level: Level::Organisation,
        rows: Vec::new(),
    };
    sheet.limits(&whole, None);
    sheet.account();
    for (level, limits) in state.settings.narrower.iter() {
        sheet.level = level;
        sheet.limits(limits, Some(&whole));
    }
    sheet.rows
}

/// Strategies that have to wait.
pub(super) fn cooldowns(state: &State, now: Time) -> Vec<CooldownRow> {
    let cooldowns = state.risk.cooldowns.iter().filter(|(_, c)| c.until > now);
    cooldowns
        .map(|(strategy, c)| CooldownRow {
            strategy: *strategy,
            since: c.since,
            until: c.until,
            trips: c.trips,
            rule: c.rule.to_string(),
        })
        .collect()
}

/// What was measured of each venue; without an engine, the breaches that the journal knows.
pub(super) fn guard(state: &State, samples: &Samples) -> Vec<GuardRow> {
    if !samples.guard.is_empty() {
        return samples.guard.clone();
    }
    let breaches = state.risk.guard.iter();
    breaches
        .map(|(venue, breach)| GuardRow {
            venue: venue.to_string(),
            blocked: true,
            reason: Some(breach.reason.clone()),
            since: Some(breach.since),
            ..GuardRow::default()
        })
        .collect()
}

/// What keeps entries from being sent.
pub(super) fn alarms(state: &State, now: Time) -> Vec<Alarm> {
    let breaches = state.risk.guard.iter().map(|(venue, breach)| {
        let text = format!("{venue} is sent no entries: {}", breach.reason);
        Alarm::new(
            AlarmKind::GuardBreach,
            2,
            breach.since,
            venue.as_str(),
            text,
        )
    });
    let waiting = cooldowns(state, now).into_iter().map(|c| {
        let text = format!("{} rests until {}: {}", c.strategy, c.until, c.rule);
        Alarm::new(AlarmKind::Cooldown, 1, c.since, c.strategy.as_str(), text)
    });
    breaches.chain(waiting).collect()
}

/// The rows of one level after the other.
struct Sheet<'a> {
    state: &'a State,
    quotes: &'a Quotes,
    now: Time,
    level: Level,
    rows: Vec<LimitRow>,
}

impl Sheet<'_> {
    /// The limits that every level may have; of a narrower level those that differ from `whole`.
    fn limits(&mut self, l: &Limits, whole: Option<&Limits>) {
        let differs = |of: &dyn Fn(&Limits) -> Decimal| whole.is_none_or(|w| of(w) != of(l));
        let (state, quotes, now, level) = (self.state, self.quotes, self.now, self.level);
        let price = |s: Symbol| quotes.get(s).map(|q| q.last);
        let mut row = |rule, unit, of: &dyn Fn(&Limits) -> Decimal, used: Option<Decimal>| {
            if differs(of) {
                self.row(rule, unit, of(l), used);
            }
        };
        row("RISK_PRICE_COLLAR", "fraction", &|l| l.price_collar, None);
        row("RISK_ORDER_VALUE", "USD", &|l| l.max_order_value_usd, None);
        row("RISK_SPREAD", "fraction", &|l| l.max_spread, None);
        let selection = |l: &Limits| l.max_adverse_selection;
        row("RISK_ADVERSE_SELECTION", "fraction", &selection, None);
        row("RISK_SLIPPAGE", "fraction", &|l| l.max_slippage, None);
        let rate = Some(state.rate_used(level, l, now));
        row("RISK_ORDER_RATE", "count", &|l| l.orders_burst.into(), rate);
        let minute = |l: &Limits| l.orders_per_minute.into();
        row("RISK_ORDER_RATE", "per minute", &minute, None);
        row("RISK_COOLDOWN", "seconds", &|l| l.cooldown_s.into(), None);
        let (most, all) = open(state, level);
        let each = |l: &Limits| l.positions_per_symbol.into();
        row("RISK_POSITIONS_SYMBOL", "count", &each, Some(most));
        let total = |l: &Limits| l.positions_total.into();
        row("RISK_POSITIONS_TOTAL", "count", &total, Some(all));
        row("RISK_LEVERAGE", "factor", &|l| l.max_leverage, None);
        let at_risk = Some(exposure(state, level, price));
        row("RISK_EXPOSURE", "USD", &|l| l.max_exposure_usd, at_risk);
        let loss = match level {
            Level::Organisation => {
                let worth = state.account.worth(quotes, &state.settings.symbols);
                Some(state.account.day_start - worth.unwrap_or(state.account.equity))
            }
            _ => state.day_loss(level, &price),
        };
        let loss = loss.map(|loss| loss.max(Decimal::ZERO));
        row("RISK_DAILY_LOSS", "USD", &|l| l.daily_loss_usd, loss);
        let window = |l: &Limits| l.duplicate_window_s.into();
        row("RISK_DUPLICATE", "seconds", &window, None);
    }

    /// The limits that only the organisation has.
    fn account(&mut self) {
        let (state, r) = (self.state, &self.state.settings.risk);
        let account = &state.account;
        let fall = (account.peak - account.equity).max(Decimal::ZERO);
        let fall = fall.checked_div(account.peak).unwrap_or_default();
        let ledger = &state.ledger;
        let taken = ledger.pool - ledger.available_capital();
        let stops = Decimal::from(account.stops_in_row);
        let age = r.max_quote_age_s.into();
        for (rule, unit, limit, used) in [
            ("RISK_STALE_PRICE", "seconds", age, None),
            ("RISK_CAPITAL", "USD", ledger.pool, Some(taken)),
            (
                "RISK_DRAWDOWN",
                "fraction",
                r.max_drawdown,
                Some(fall.round_dp(6)),
            ),
            (
                "RISK_STOPS_IN_ROW",
                "count",
                r.max_stops_in_row.into(),
                Some(stops),
            ),
            ("RISK_CONFIDENCE", "fraction", r.minimum_confidence, None),
        ] {
            self.row(rule, unit, limit, used);
        }
    }

    fn row(&mut self, rule: &str, unit: &str, limit: Decimal, used: Option<Decimal>) {
        let code = Code::new(rule).ok();
        let last = code.and_then(|code| self.state.risk.last_refusals.get(&code));
        let counts = &self.state.statistics.trades_rejected;
        self.rows.push(LimitRow {
            rule: rule.to_owned(),
            level: self.level.to_string(),
            unit: unit.to_owned(),
            limit: limit.normalize(),
            used: used.map(|used| used.normalize()),
            refusals: counts.get(rule).copied().unwrap_or(0),
            last_refusal: last.map(|r| RefusalRow {
                time: r.time,
                symbol: r.symbol,
                strategy: r.strategy,
                request_id: r.request_id.clone(),
                limit: r.limit.to_string(),
                value: r.value.to_string(),
            }),
        });
    }
}

/// Open positions of a level: the most of one symbol, and all.
fn open(state: &State, level: Level) -> (Decimal, Decimal) {
    let mut by_symbol = std::collections::BTreeMap::<Symbol, u32>::new();
    for p in state.positions.open.values() {
        if level.holds(p.symbol, p.strategy) {
            *by_symbol.entry(p.symbol).or_default() += 1;
        }
    }
    let most = by_symbol.values().copied().max().unwrap_or(0);
    (most.into(), by_symbol.values().sum::<u32>().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Event;
    use std::collections::BTreeSet;

    #[test]
    fn each_limit_is_told_from_every_other() {
        let rows = limits(&State::default(), &Quotes::default(), Time(0));
        let of_rate = rows.iter().filter(|r| r.rule == "RISK_ORDER_RATE");
        assert_eq!(of_rate.count(), 2);
        let ids: BTreeSet<_> = rows.iter().map(|r| (&r.level, &r.rule, &r.unit)).collect();
        assert_eq!(ids.len(), rows.len());
    }

    #[test]
    fn without_an_engine_nobody_knows_whether_a_venue_is_up() {
        let mut state = State::default();
        let venue = "kraken".parse().unwrap();
        let reason = "quotes are old".to_owned();
        state.evolve(Time(5), &Event::GuardBreached { venue, reason });
        let rows = guard(&state, &Samples::default());
        assert_eq!((rows[0].blocked, rows[0].connected), (true, None));
    }
}
