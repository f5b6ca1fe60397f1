//! The configuration that an engine runs with, and what becomes of it when its layers are read again.
//!
//! What the core decides by is in the state and changes by a command, so that it is journaled with who
//! and why. What hangs on the engine outside the state follows once that command is durable.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::conductor;
use super::handle::{EngineError, EngineHandle};
use super::lanes::Lane;
use super::sampling::Laggy;
use super::settings::{research, rules, settings};
use super::world::World;
use crate::config::{
    self, Config, ConfigErrors, Difference, Loaded, OnShutdown, OrderType, Sources, Taking, load,
};
use crate::core::configure::Change;
use crate::core::order::{Kind, TimeInForce};
use crate::core::{Command, Name, Origin, Refusal, Reply, Settings, Symbol};
use crate::research::Limits;

/// Configurations that wait for their command; beyond it the oldest is given up.
const MAX_PENDING: usize = 16;
/// Bytes of a value that a change is journaled with.
const VALUE_BYTES: usize = crate::core::configure::MAX_TEXT;
/// Stands at the end of a value that was cut.
const CUT: &str = "…";

/// What is wanted of a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    /// To know what it would do.
    Preview,
    /// To take what allows no more than before.
    Narrow,
    /// To take what allows more, too: somebody has confirmed it; where it was shown to them, by the
    /// [`Reloaded::widening`] of what they saw.
    Widen(Option<String>),
}

/// A key, as a reload tells it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ChangeRow {
    /// Its path.
    pub key: String,
    /// The value that the engine runs with, as TOML writes it.
    pub from: String,
    /// What the layers say.
    pub to: String,
    /// Who says so: `default`, `FILE:LINE`, `env` or `flag`.
    pub origin: String,
    /// Whether it allows more than before.
    pub widens: bool,
}

/// What reading the layers again came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Reloaded {
    /// In force now; of a preview, what would be.
    pub taken: Vec<ChangeRow>,
    /// Allows more than before, and waits for a confirmation.
    pub waiting: Vec<ChangeRow>,
    /// Taken when the engine is started again.
    pub restart: Vec<ChangeRow>,
    /// Nothing reads these in this version.
    pub without_effect: Vec<ChangeRow>,
    /// The files that were read.
    pub files: Vec<String>,
    /// What is allowed and still worth a word.
    pub warnings: Vec<String>,
    /// Stands for what allows more than before, value by value.
    pub widening: String,
    /// The record it is in; none where nothing was taken.
    pub seq: Option<u64>,
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The layers are wrong: all of it, with key, file and line.
    #[error(transparent)]
    Invalid(#[from] ConfigErrors),
    /// This engine was not started from layers.
    #[error("this engine was started without layers that could be read again")]
    NoLayers,
    /// What allows more than before is no longer what somebody was shown.
    #[error("what the configuration would widen is no longer what was shown")]
    Stale,
    /// The core refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There was no decision.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What this engine runs with.
pub(super) struct Configuration {
    symbols: Vec<Symbol>,
    recorded: bool,
    /// Held by a reload from its look at the layers to its end: what is compared is what the last one
    /// left. Readers do not wait for it.
    reloading: Mutex<()>,
    running: Mutex<Running>,
    /// Those whose command is on its way, in the order of their submission. One whose reload gave up
    /// waiting stays: its command may still be carried out.
    pending: Mutex<VecDeque<Pending>>,
}

/// A configuration on the way to being in force.
struct Pending {
    /// What its command says, by which its event is known.
    settings: Settings,
    changes: Vec<Change>,
    running: Running,
}

#[derive(Clone)]
struct Running {
    /// Rises with every reload, so that a later one is never undone by one before.
    number: u64,
    config: Config,
    /// Where it came from, with the origin of each value.
    layers: Option<(Sources, Loaded)>,
}

impl Configuration {
    pub(super) fn new(config: Config, symbols: Vec<Symbol>, recorded: bool) -> Self {
        Self {
            symbols,
            recorded,
            reloading: Mutex::new(()),
            running: Mutex::new(Running {
                number: 0,
                config,
                layers: None,
            }),
            pending: Mutex::new(VecDeque::new()),
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, VecDeque<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect(&self, pending: Pending) {
        let mut all = self.pending();
        if all.len() >= MAX_PENDING {
            all.pop_front();
        }
        all.push_back(pending);
    }

    /// For the next reload.
    fn next_number(&self) -> u64 {
        let last = self.pending().back().map_or(0, |p| p.running.number);
        last.max(self.running().number) + 1
    }

    /// It will not be carried out.
    fn forget(&self, number: u64) {
        self.pending().retain(|p| p.running.number != number);
    }

    /// It is durable; whether what hangs on the engine follows before or after makes no difference.
    fn commit(&self, running: Running) {
        let mut now = self.running();
        if running.number > now.number {
            *now = running;
        }
    }

    /// The configuration that a command brought, which is in force from here on; none where it was not
    /// a reload's. What was submitted before it has been refused.
    fn carried_out(&self, settings: &Settings, changes: &[Change]) -> Option<Config> {
        let running = {
            let mut all = self.pending();
            let at = all
                .iter()
                .position(|p| p.settings == *settings && p.changes == changes)?;
            all.drain(..=at).next_back()?.running
        };
        let config = running.config.clone();
        self.commit(running);
        Some(config)
    }

    /// The gates of research, as they are configured now.
    pub(super) fn gates(&self) -> Limits {
        conductor::gates(&research(&self.running().config.research))
    }

    /// Type and time in force of an order that names none.
    fn order_defaults(&self) -> (Kind, TimeInForce) {
        let running = self.running();
        let execution = &running.config.execution;
        let kind = match execution.default_type {
            OrderType::Limit => Kind::Limit,
            OrderType::Market => Kind::Market,
        };
        let stands = match execution.time_in_force {
            config::TimeInForce::Gtc => TimeInForce::Gtc,
            config::TimeInForce::Ioc => TimeInForce::Ioc,
        };
        (kind, stands)
    }

    /// What the core decides by with this configuration.
    pub(super) fn settings(&self, config: &Config) -> Settings {
        Settings {
            recorded: self.recorded,
            ..settings(config, &self.symbols)
        }
    }
}

impl EngineHandle {
    /// Type and time in force of an order that names none.
    pub fn order_defaults(&self) -> (Kind, TimeInForce) {
        self.inner().configuration.order_defaults()
    }

    /// Tells where the configuration came from, so that it can be read again.
    pub fn configured_from(&self, sources: Sources, loaded: Loaded) {
        self.inner().configuration.running().layers = Some((sources, loaded));
    }

    /// Reads the layers that this engine was started with again. What allows no more than before is
    /// taken, and the rest where it is confirmed; a configuration that is wrong is refused whole. It is
    /// durable on return.
    ///
    /// # Errors
    /// [`ReloadError`]; nothing is taken then, except that what was not answered in time may still be.
    pub fn reload(
        &self,
        actor: Name,
        origin: Option<Origin>,
        reason: String,
        wish: Reload,
    ) -> Result<Reloaded, ReloadError> {
        let configuration = &self.inner().configuration;
        let _one_at_a_time = configuration
            .reloading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some((sources, before)) = configuration.running().layers.clone() else {
            return Err(ReloadError::NoLayers);
        };
        let fresh = load(&sources)?;
        let differences = before.differences(&fresh);
        let widening = digest(&differences);
        if matches!(&wish, Reload::Widen(Some(shown)) if *shown != widening) {
            return Err(ReloadError::Stale);
        }
        let widens = matches!(wish, Reload::Widen(_));
        let is_taken =
            |d: &&Difference| d.taking == Taking::AtOnce || d.taking == Taking::Confirmed && widens;
        let rows = |which: &dyn Fn(&&Difference) -> bool| -> Vec<ChangeRow> {
            differences.iter().filter(which).map(row).collect()
        };
        let mut reloaded = Reloaded {
            taken: rows(&is_taken),
            waiting: rows(&|d| d.taking == Taking::Confirmed && !is_taken(d)),
            restart: rows(&|d| d.taking == Taking::Restart),
            without_effect: rows(&|d| d.taking == Taking::WithoutEffect),
            files: fresh
                .files
                .iter()
                .map(|f| f.display().to_string())
                .collect(),
            warnings: fresh.warnings.clone(),
            widening,
            seq: None,
        };
        if wish == Reload::Preview || reloaded.taken.is_empty() {
            return Ok(reloaded);
        }
        let keys: Vec<&str> = reloaded.taken.iter().map(|row| row.key.as_str()).collect();
        let after = before.with(&fresh, &keys);
        let settings = configuration.settings(&after.config);
        let changes: Vec<Change> = reloaded.taken.iter().map(ChangeRow::journaled).collect();
        let command = Command::Configure {
            settings: Box::new(settings.clone()),
            changes: changes.clone(),
            reason,
        };
        let running = Running {
            number: configuration.next_number(),
            config: after.config.clone(),
            layers: Some((sources, after)),
        };
        configuration.expect(Pending {
            settings,
            changes,
            running: running.clone(),
        });
        let outcome = match self.submit_from(Lane::Control, actor, origin, command) {
            Ok(outcome) => outcome,
            Err(error) => {
                if error != EngineError::TimedOut {
                    configuration.forget(running.number);
                }
                return Err(error.into());
            }
        };
        if let Reply::Refused(refusal) = outcome.reply {
            configuration.forget(running.number);
            return Err(refusal.into());
        }
        configuration.commit(running);
        reloaded.seq = Some(outcome.seq);
        Ok(reloaded)
    }
}

fn row(difference: &Difference) -> ChangeRow {
    ChangeRow {
        key: difference.key.clone(),
        from: difference.from.to_string(),
        to: difference.to.to_string(),
        origin: difference.origin.to_string(),
        widens: difference.taking == Taking::Confirmed,
    }
}

/// The same for equal changes that widen, and for nothing else.
fn digest(differences: &[Difference]) -> String {
    let mut hash = Sha256::new();
    for row in differences
        .iter()
        .filter(|d| d.taking == Taking::Confirmed)
        .map(row)
    {
        hash.update(json!([row.key, row.from, row.to]).to_string());
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl ChangeRow {
    fn journaled(&self) -> Change {
        Change {
            key: self.key.clone(),
            from: cut(&self.from),
            to: cut(&self.to),
            widens: self.widens,
        }
    }
}

/// A value, as far as the journal takes it.
fn cut(value: &str) -> String {
    if value.len() <= VALUE_BYTES {
        return value.to_owned();
    }
    let end = value.floor_char_boundary(VALUE_BYTES - CUT.len());
    format!("{}{CUT}", &value[..end])
}

impl World {
    /// Everything outside the state that goes by the configuration follows it.
    pub(super) fn reconfigure(&mut self, settings: &Settings, changes: &[Change]) {
        let configuration = &self.handle.inner().configuration;
        let Some(config) = configuration.carried_out(settings, changes) else {
            return;
        };
        let coordinator = &config.coordinator;
        self.fixed.leave_entries = coordinator.on_shutdown == OnShutdown::Leave;
        self.fixed.shutdown_patience =
            Duration::from_secs(u64::try_from(coordinator.shutdown_s).unwrap_or(5));
        self.fixed.heartbeat_timeout_ms = config.health.heartbeat_timeout_s * 1000;
        self.fixed.reserve_mb = config.store.reserve_mb;
        self.fixed.stop_mb = config.store.stop_mb;
        self.sampling.set_laggy(Laggy::of(&config.health));
        self.desk.set_rules(rules(&config), self.clock.now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(number: u64, key: &str) -> Pending {
        let mut config = Config::default();
        config.health.heartbeat_timeout_s = i64::try_from(number).unwrap();
        Pending {
            settings: Settings::of(&[]),
            changes: vec![change(key)],
            running: Running {
                number,
                config,
                layers: None,
            },
        }
    }

    fn change(key: &str) -> Change {
        Change {
            key: key.into(),
            from: "1".into(),
            to: "2".into(),
            widens: false,
        }
    }

    fn in_force(configuration: &Configuration) -> i64 {
        configuration.running().config.health.heartbeat_timeout_s
    }

    #[test]
    fn what_is_carried_out_late_is_what_the_next_reload_compares_with() {
        let configuration = Configuration::new(Config::default(), Vec::new(), false);
        let settings = Settings::of(&[]);
        configuration.expect(pending(1, "refused"));
        configuration.expect(pending(2, "late"));
        let late = configuration.carried_out(&settings, &[change("late")]);
        assert_eq!(late.unwrap().health.heartbeat_timeout_s, 2);
        assert_eq!(in_force(&configuration), 2);
        assert!(configuration.pending().is_empty(), "none is left over");
        assert_eq!(configuration.next_number(), 3);
    }

    #[test]
    fn a_leftover_pairs_with_no_other_command_and_undoes_none() {
        let configuration = Configuration::new(Config::default(), Vec::new(), false);
        let settings = Settings::of(&[]);
        let before = in_force(&configuration);
        configuration.expect(pending(1, "leftover"));
        let other = configuration.carried_out(&settings, &[change("other")]);
        assert!(other.is_none());
        assert_eq!(in_force(&configuration), before);
        configuration.commit(pending(2, "later").running);
        configuration.carried_out(&settings, &[change("leftover")]);
        assert_eq!(in_force(&configuration), 2);
        configuration.expect(pending(3, "third"));
        configuration.forget(3);
        let forgotten = configuration.carried_out(&settings, &[change("third")]);
        assert!(forgotten.is_none());
        for number in 4..100 {
            configuration.expect(pending(number, "unheard"));
        }
        assert_eq!(configuration.pending().len(), MAX_PENDING);
    }

    #[test]
    fn a_long_value_is_journaled_in_part() {
        assert_eq!(cut("0.01"), "0.01");
        let long = cut(&"ä".repeat(VALUE_BYTES));
        assert!(long.len() <= VALUE_BYTES && long.ends_with(CUT), "{long}");
    }
}
