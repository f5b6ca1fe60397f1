//! The configuration that an engine runs with, compared with what its layers say now.
//!
//! Values are compared, not lines: a limit of one strategy that is taken out of a file changes from
//! its own to everyone's.

use std::collections::BTreeSet;

use super::address::Scope;
use super::idle;
use super::load::Loaded;
use super::origin::Origin;
use super::reloading::{self, Reloading};
use super::value::Value;

/// A key whose value is no longer what the engine runs with.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The key's path.
    pub key: String,
    /// What the engine runs with.
    pub from: Value,
    /// What the layers say.
    pub to: Value,
    /// Who says so.
    pub origin: Origin,
    /// What an engine that runs does with it.
    pub taking: Taking,
}

/// What an engine that runs does with a changed key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// It takes it at once.
    AtOnce,
    /// It allows more than before: somebody confirms it first.
    Confirmed,
    /// It takes it when it is started again.
    Restart,
    /// Nothing reads the key in this version.
    WithoutEffect,
}

impl Loaded {
    /// What `fresh`, the layers read again, says otherwise, in the order of the template.
    pub fn differences(&self, fresh: &Loaded) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut seen = BTreeSet::new();
        let paths = fresh.items.iter().chain(&self.items);
        for path in paths.map(|item| item.key.as_str()) {
            if seen.insert(path) {
                differences.extend(self.difference(fresh, path));
            }
        }
        differences
    }

    fn difference(&self, fresh: &Loaded, path: &str) -> Option<Difference> {
        let (from, to) = (self.settled.in_force(path), fresh.settled.in_force(path));
        // A key that only one of them has is everyone's in the other, or a binding of the console.
        let address = from.address.or(to.address)?;
        let reloading = match address.scope {
            Scope::Action(_) | Scope::Webhook(_) => Reloading::Restart,
            _ => reloading::of(address.key),
        };
        let of_others = |value: Option<Value>, other: &Loaded| {
            value.or_else(|| other.settled.in_force(&address.key.path()).value)
        };
        let absent = || Value::List(Vec::new());
        let was = of_others(from.value, self).unwrap_or_else(absent);
        let is = of_others(to.value, fresh).unwrap_or_else(absent);
        if was == is {
            return None;
        }
        let taking = match reloading {
            _ if idle::is_idle(path) => Taking::WithoutEffect,
            Reloading::Restart => Taking::Restart,
            reloading if reloading.widens(&was, &is) => Taking::Confirmed,
            _ => Taking::AtOnce,
        };
        Some(Difference {
            key: path.to_owned(),
            from: was,
            to: is,
            origin: to.origin.unwrap_or(Origin::Default),
            taking,
        })
    }

    /// This configuration with what `fresh` says of `keys`. Where `fresh` says nothing of a key, it
    /// has no value of its own any more.
    ///
    pub fn with(&self, fresh: &Loaded, keys: &[&str]) -> Loaded {
        let mut settled = self.settled.clone();
        for key in keys {
            settled.adopt(&fresh.settled, key);
        }
        Loaded {
            config: settled.config(),
            items: settled.items(),
            files: fresh.files.clone(),
            warnings: fresh.warnings.clone(),
            settled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::{Sources, load};
    use super::*;

    fn loaded(text: &str) -> Loaded {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("own.toml"), text).unwrap();
        let sources = Sources {
            explicit: Some("own.toml".into()),
            cwd: dir.path().to_owned(),
            ..Sources::default()
        };
        load(&sources).unwrap()
    }

    fn compared(before: &str, after: &str) -> Vec<(String, String, String, Taking)> {
        let differences = loaded(before).differences(&loaded(after));
        let row = |d: Difference| (d.key, d.from.to_string(), d.to.to_string(), d.taking);
        differences.into_iter().map(row).collect()
    }

    fn row(key: &str, from: &str, to: &str, taking: Taking) -> (String, String, String, Taking) {
        (key.into(), from.into(), to.into(), taking)
    }

    #[test]
    fn what_is_equal_is_no_difference_wherever_it_is_written() {
        assert_eq!(compared("", ""), []);
        assert_eq!(compared("", "[bus]\nqueue = 1024"), []);
        assert_eq!(compared("[risk]\nmax_spread = '0.010'", ""), []);
    }

    #[test]
    fn each_kind_of_change_is_told_apart() {
        assert_eq!(
            compared(
                "[risk]\nmax_leverage = '4'",
                "[risk]\nmax_leverage = '3'\ncooldown_s = 20\n[store]\nsegment_mb = 4\n\
                 [portfolio]\nthreshold = '0.1'\n\
                 [coordinator.schedules]\nregime_detection.enabled = false"
            ),
            [
                row(
                    "coordinator.schedules.regime_detection.enabled",
                    "true",
                    "false",
                    Taking::AtOnce
                ),
                row("risk.cooldown_s", "30", "20", Taking::Confirmed),
                row("risk.max_leverage", "\"4\"", "\"3\"", Taking::AtOnce),
                row(
                    "portfolio.threshold",
                    "\"0.05\"",
                    "\"0.1\"",
                    Taking::WithoutEffect
                ),
                row("store.segment_mb", "64", "4", Taking::Restart),
            ]
        );
    }

    #[test]
    fn a_limit_of_ones_own_is_compared_with_everyones() {
        let own = "[risk.strategy.momentum]\nmax_leverage = '2'";
        let key = "risk.strategy.\"momentum\".max_leverage";
        assert_eq!(
            compared("", own),
            [row(key, "\"5\"", "\"2\"", Taking::AtOnce)]
        );
        assert_eq!(
            compared(own, ""),
            [row(key, "\"2\"", "\"5\"", Taking::Confirmed)]
        );
        // Everyone's falls below what was one's own: nothing gets wider without it.
        assert_eq!(
            compared(own, "[risk]\nmax_leverage = '1'"),
            [
                row("risk.max_leverage", "\"5\"", "\"1\"", Taking::AtOnce),
                row(key, "\"2\"", "\"1\"", Taking::AtOnce),
            ]
        );
    }

    #[test]
    fn what_is_taken_is_in_force_and_the_rest_stays() {
        let running = loaded("[risk.strategy.momentum]\nmax_leverage = '2'");
        let fresh = loaded("[risk]\nmax_leverage = '3'\nmax_exposure_usd = '9000'");
        let key = "risk.strategy.\"momentum\".max_leverage";
        let taken = running.with(&fresh, &["risk.max_leverage"]);
        assert_eq!(taken.config.risk.organisation.max_leverage, 3.into());
        assert_eq!(taken.config.risk.organisation.max_exposure_usd, 8000.into());
        let of_momentum = |l: &Loaded| {
            l.config
                .risk
                .of_strategy(&"momentum".parse().unwrap())
                .max_leverage
        };
        assert_eq!(of_momentum(&taken), 2.into());
        assert_eq!(of_momentum(&taken.with(&fresh, &[key])), 3.into());
        let left = taken.differences(&fresh);
        let left: Vec<&str> = left.iter().map(|d| d.key.as_str()).collect();
        assert_eq!(left, ["risk.max_exposure_usd", key]);
    }
}
