//! The one who reads the journal for people: each durable record once, with the state after it.

use super::Alerts;
use super::letter::Alert;
use super::words;
use crate::core::degradation::Level;
use crate::core::{Event, State};

/// What has to be remembered from record to record.
pub struct Watch {
    alerts: Alerts,
    level: Level,
}

impl Watch {
    /// Watches what follows this state. What is in it has been told before.
    pub fn from(state: &State, alerts: Alerts) -> Self {
        Self {
            level: state.degradation.level,
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
    }

    fn tell(&mut self, alert: Option<Alert>) {
        if let Some(alert) = alert {
            self.alerts.tell(&alert);
        }
    }
}
