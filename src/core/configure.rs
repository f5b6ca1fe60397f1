//! Limits and schedules that change while the engine runs: taken whole, journaled with who and why.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::decide::{Answer, checked_reason};
use super::event::Event;
use super::refusal::Refusal;
use super::schedule::Schedule;
use super::settings::Settings;
use super::state::{Decider, Reply, State};
use super::time::Time;

/// Changes of one command.
const MAX_CHANGES: usize = 1_000;
/// Bytes of a change's key, and of each of its values.
pub const MAX_TEXT: usize = 256;
/// When a decision is due after the first start, seconds: it wants something to decide on.
const AFTER_ANALYSIS_S: i64 = 5;

/// A key of the configuration that has another value now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Change {
    /// Its path: `risk.max_exposure_usd`.
    #[n(0)]
    pub key: String,
    /// The value before, as it is written.
    #[n(1)]
    pub from: String,
    /// The value now.
    #[n(2)]
    pub to: String,
    /// Whether it lets more happen than before.
    #[n(3)]
    pub widens: bool,
}

impl Decider<'_> {
    pub(super) fn configure(
        &mut self,
        settings: &Settings,
        changes: &[Change],
        reason: &str,
    ) -> Answer {
        self.not_an_agents("CONFIG_OPERATOR_ONLY", "changes the configuration")?;
        let reason = checked_reason(reason)?;
        let now = &self.state.settings;
        if settings.symbols != now.symbols || settings.recorded != now.recorded {
            return Err(Refusal::new(
                "CONFIG_RESTART",
                "what is traded, and on which feed, is fixed at the start",
                "end the engine and start it again",
            ));
        }
        if changes.len() > MAX_CHANGES {
            let message = "too many changes at once";
            let refusal = Refusal::new("CONFIG_INVALID", message, "start the engine again");
            return Err(refusal.measured(MAX_CHANGES, changes.len()));
        }
        let texts = changes.iter().flat_map(|c| [&c.key, &c.from, &c.to]);
        let longest = texts.map(String::len).max().unwrap_or(0);
        if longest > MAX_TEXT {
            let message = "a change's key or value is too long";
            let hint = "cut the values: the whole ones are in the files";
            let refusal = Refusal::new("CONFIG_INVALID", message, hint);
            return Err(refusal.measured(MAX_TEXT, longest));
        }
        // What hangs on the engine outside the state is told by its changes alone.
        if settings == now && changes.is_empty() {
            return Ok(Reply::Done);
        }
        self.emit(Event::Configured {
            settings: Box::new(settings.clone()),
            changes: changes.to_vec(),
            by: self.actor,
            reason: reason.to_owned(),
        });
        self.mark_pool(false, true);
        Ok(Reply::Done)
    }
}

impl State {
    /// New limits, at a start or while it runs. A schedule keeps what an operator has switched, unless
    /// `reloaded` brings another wish than before.
    pub(super) fn take_settings(&mut self, at: Time, settings: &Settings, reloaded: bool) {
        let before = std::mem::replace(&mut self.settings, settings.clone());
        self.ledger.limits(&self.settings.resources);
        self.forget_levels();
        let old = std::mem::take(&mut self.schedules.rows);
        let wished = |s: &super::settings::ScheduleSetting| {
            let mut earlier = before.schedules.iter();
            let earlier = earlier.find(|b| b.name == s.name);
            reloaded && earlier.is_none_or(|b| b.enabled != s.enabled)
        };
        let rows = settings.schedules.iter().map(|s| {
            let Some(row) = old.iter().find(|row| row.name == s.name) else {
                let first = s.name.as_str() == "trading_decision";
                return Schedule {
                    name: s.name,
                    interval_s: s.interval_s,
                    enabled: s.enabled,
                    last_run: None,
                    next_run: at.plus_s(if first { AFTER_ANALYSIS_S } else { 0 }),
                    runs: 0,
                    failures: 0,
                };
            };
            Schedule {
                interval_s: s.interval_s,
                enabled: if wished(s) { s.enabled } else { row.enabled },
                next_run: row.next_run.min(at.plus_s(i64::from(s.interval_s))),
                ..row.clone()
            }
        });
        self.schedules.rows = rows.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::quote::Quotes;
    use super::super::settings::ScheduleSetting;
    use super::super::state::Context;
    use super::super::text::Name;
    use super::*;

    fn settings(interval_s: u32, enabled: bool) -> Settings {
        let mut settings = Settings::of(&[]);
        settings.schedules = vec![ScheduleSetting {
            name: name("technical_analysis"),
            interval_s,
            enabled,
        }];
        settings
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn configure(state: &mut State, settings: Settings) -> Vec<Event> {
        let quotes = Quotes::default();
        let context = Context {
            now: state.time.plus_s(1),
            quotes: &quotes,
        };
        let change = Change {
            key: "coordinator.schedules.technical_analysis.interval_s".into(),
            from: "60".into(),
            to: "30".into(),
            widens: false,
        };
        let command = Command::Configure {
            settings: Box::new(settings),
            changes: vec![change],
            reason: "a quiet night".into(),
        };
        let decision = state.handle(&context, name("operator"), &command);
        assert_eq!(decision.reply, Reply::Done);
        decision.events
    }

    #[test]
    fn a_reload_changes_what_it_names_and_keeps_what_an_operator_switched() {
        let mut state = State::default();
        state.take_settings(Time(0), &settings(60, true), false);
        state.schedules.rows[0].enabled = false;
        state.schedules.rows[0].next_run = Time(60_000);
        let events = configure(&mut state, settings(30, true));
        assert!(matches!(events[0], Event::Configured { .. }));
        let row = &state.schedules.rows[0];
        assert_eq!((row.interval_s, row.enabled), (30, false));
        assert_eq!(row.next_run, Time(31_000), "sooner, as the new pace says");
        configure(&mut state, settings(30, false));
        state.schedules.rows[0].enabled = true;
        configure(&mut state, settings(60, true));
        assert!(state.schedules.rows[0].enabled);
        let events = configure(&mut state, settings(60, true));
        let told = matches!(events[0], Event::Configured { .. });
        assert!(told, "a change that is not the core's is told");
        let command = Command::Configure {
            settings: Box::new(settings(60, true)),
            changes: Vec::new(),
            reason: "nothing new".into(),
        };
        let quotes = Quotes::default();
        let context = Context {
            now: state.time.plus_s(1),
            quotes: &quotes,
        };
        let decision = state.handle(&context, name("operator"), &command);
        assert!(decision.events.is_empty(), "nothing changed");
    }

    #[test]
    fn what_is_traded_is_fixed_at_the_start() {
        let mut state = State::default();
        let quotes = Quotes::default();
        let context = Context {
            now: Time(1),
            quotes: &quotes,
        };
        let command = Command::Configure {
            settings: Box::new(Settings::of(&["BTC/USDT".parse().unwrap()])),
            changes: Vec::new(),
            reason: "another pair".into(),
        };
        let reply = state.handle(&context, name("operator"), &command).reply;
        let Reply::Refused(refusal) = reply else {
            panic!("{reply:?}")
        };
        assert_eq!(refusal.code, "CONFIG_RESTART");
    }

    #[test]
    fn a_change_is_told_in_few_words() {
        let quotes = Quotes::default();
        let mut state = State::default();
        for (bytes, code) in [(MAX_TEXT, None), (MAX_TEXT + 1, Some("CONFIG_INVALID"))] {
            let command = Command::Configure {
                settings: Box::new(state.settings.clone()),
                changes: vec![Change {
                    key: "risk.max_spread".into(),
                    from: "0.01".into(),
                    to: "9".repeat(bytes),
                    widens: false,
                }],
                reason: "a long one".into(),
            };
            let context = Context {
                now: state.time.plus_s(1),
                quotes: &quotes,
            };
            let found = match state.handle(&context, name("operator"), &command).reply {
                Reply::Refused(refusal) => Some(refusal.code),
                _ => None,
            };
            assert_eq!(found.as_deref(), code);
        }
    }
}
