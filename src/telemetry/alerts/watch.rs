//! The one who reads the journal for people: each durable record once, with the state after it.

use std::collections::BTreeMap;

use super::Alerts;
use super::kind::{AlertKind, Severity};
use super::letter::Alert;
use super::log::AlertLog;
use super::words;
use crate::core::degradation::Level;
use crate::core::id::PositionId;
use crate::core::{Event, State, Symbol, Time};

/// What has to be remembered from record to record.
pub struct Watch {
    alerts: Alerts,
    log: AlertLog,
    level: Level,
    /// Positions without a working stop: whose symbol, since when, and whether somebody was told.
    bare: BTreeMap<PositionId, Bare>,
}

struct Bare {
    symbol: Symbol,
    since: Time,
    told: bool,
}

impl Watch {
    /// Watches what follows this state. What is in it has been told before; only a position that is
    /// still without its stop after the deadline is told again.
    pub fn from(state: &State, alerts: Alerts) -> Self {
        Self {
            bare: BTreeMap::new(),
            level: state.degradation.level,
            log: AlertLog::default(),
            alerts,
        }
    }

    /// Reads the events of a record; `state` is the one after it.
    pub fn see(&mut self, events: &[Event], state: &State) {
        for event in events {
            if let Event::DegradationMoved { level, .. } = event {
                let before = std::mem::replace(&mut self.level, *level);
                self.tell(words::degradation(event, before, state));
            } else {
                self.tell(words::of(event, events, state));
            }
        }
        self.watch_protection(state);
    }

    fn tell(&mut self, alert: Option<Alert>) {
        if let Some(alert) = alert {
            self.log.write(&alert);
            self.alerts.raise(&alert);
        }
    }

    /// Positions whose stop does not work for longer than it may, and those where it does again.
    fn watch_protection(&mut self, state: &State) {
        if self.bare.is_empty() && state.positions.open.is_empty() {
            return;
        }
        let now: BTreeMap<_, _> = unprotected(state).collect();
        let well = self.bare.keys().filter(|id| !now.contains_key(id));
        for id in well.copied().collect::<Vec<_>>() {
            let bare = self.bare.remove(&id).filter(|bare| bare.told);
            let open = state.positions.open.contains_key(&id);
            self.tell(bare.filter(|_| open).map(|bare| {
                let text = format!("{id} {} has a working stop again", bare.symbol);
                alert(
                    AlertKind::Recovered,
                    Severity::Info,
                    id,
                    "Protected again",
                    text,
                    state,
                )
            }));
        }
        let deadline = deadline_ms(state);
        for (id, symbol) in now {
            let bare = self.bare.entry(id).or_insert(Bare {
                symbol,
                since: state.time,
                told: false,
            });
            if !bare.told && state.time - bare.since >= deadline {
                bare.told = true;
                let text = format!("{id} {symbol} has had no working stop for its deadline");
                let (kind, severity) = (AlertKind::UnprotectedPosition, Severity::Critical);
                self.tell(Some(alert(
                    kind,
                    severity,
                    id,
                    "Position without a stop",
                    text,
                    state,
                )));
            }
        }
    }
}

fn alert(
    kind: AlertKind,
    severity: Severity,
    id: PositionId,
    title: &str,
    text: String,
    state: &State,
) -> Alert {
    Alert {
        kind,
        severity,
        about: id.to_string(),
        title: format!("{title}: {id}"),
        text,
        seq: state.seq,
        time: state.time,
    }
}

fn unprotected(state: &State) -> impl Iterator<Item = (PositionId, Symbol)> {
    let open = state.positions.open.iter();
    let bare = open.filter(|(id, p)| !p.quantity.is_zero() && !state.is_protected(**id));
    bare.map(|(id, p)| (*id, p.symbol))
}

fn deadline_ms(state: &State) -> i64 {
    i64::from(state.settings.execution.protection_deadline_s) * 1_000
}
