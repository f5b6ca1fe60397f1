//! The layers laid over each other: one value a key, each remembering who gave it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::address::{Address, Scope};
use super::alerts::{self, Alerts};
use super::error::Fault;
use super::key::{Get, Key, Narrower};
use super::layers::Setting;
use super::load::Item;
use super::origin::Origin;
use super::raw::Raw;
use super::risk::{Limits, Risk, limit};
use super::sections::{
    Api, Bindings, Bus, Config, Console, Coordinator, Execution, Guard, Health, Portfolio,
    Research, Resources, Store, keys,
};
use super::value::{Field, Value};

/// A value in force.
#[derive(Debug, Clone)]
struct Entry {
    address: Address,
    value: Value,
    origin: Origin,
}

/// What is known of a path: nothing where no layer and no default says anything.
pub(super) struct InForce {
    pub(super) address: Option<Address>,
    pub(super) value: Option<Value>,
    pub(super) origin: Option<Origin>,
}

/// One value a key, by path.
#[derive(Debug, Clone)]
pub(super) struct Settled(BTreeMap<String, Entry>);

/// Pairs of keys of which the first may not be above the second.
const ORDERED: &[(&str, &str)] = &[
    ("store.stop_mb", "store.reserve_mb"),
    ("health.minimum", "health.window"),
    ("risk.cooldown_s", "risk.cooldown_max_s"),
];

/// What is allowed without a certificate.
const BARE: &str = "a loopback address such as \"127.0.0.1:8700\"; any other only with \
                    api.tls_cert and api.tls_key";

impl Settled {
    /// The built-in defaults alone.
    pub(super) fn defaults() -> Self {
        let entries = keys().map(|key| {
            let raw = Raw::from_text(key.default, &key.kind);
            let value = key.kind.check(&raw).expect("a default is allowed");
            let entry = Entry {
                address: Address::everyone(key),
                value,
                origin: Origin::Default,
            };
            (key.path(), entry)
        });
        Self(entries.collect())
    }

    /// Lays settings over what is there, the later over the earlier.
    pub(super) fn lay(&mut self, settings: Vec<Setting>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for Setting {
            address,
            raw,
            origin,
        } in settings
        {
            let path = address.path();
            match address.key.kind.check(&raw) {
                Ok(value) => {
                    let entry = Entry {
                        address,
                        value,
                        origin,
                    };
                    self.0.insert(path, entry);
                }
                Err(refusal) => faults.push(Fault {
                    place: origin.place(),
                    key: Some(path),
                    found: refusal.found,
                    allowed: refusal.allowed,
                    meant: None,
                }),
            }
        }
        faults
    }

    /// What no key alone can be blamed for: pairs that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<Fault> {
        let pairs = ORDERED.iter().filter_map(|(lower, upper)| {
            let (low, high) = (self.0.get(*lower)?, self.0.get(*upper)?);
            (low.value.number()? > high.value.number()?).then(|| {
                // The one that somebody wrote is the one to name.
                let origin = match low.origin {
                    Origin::Default => &high.origin,
                    _ => &low.origin,
                };
                Fault {
                    place: origin.place(),
                    key: Some((*lower).to_owned()),
                    found: low.value.to_string(),
                    allowed: format!("at most {upper}, {} ({})", high.value, high.origin.place()),
                    meant: None,
                }
            })
        });
        pairs
            .chain(self.widened())
            .chain(self.bare())
            .chain(alerts::faults(self))
            .collect()
    }

    /// A door to the network that others could read along at, or half a key pair.
    fn bare(&self) -> Option<Fault> {
        let of = |name: &str| &self.0[&format!("api.{name}")];
        let (listen, cert, key) = (of("listen"), of("tls_cert"), of("tls_key"));
        let is_set = |entry: &Entry| entry.value != Value::Text(String::new());
        let fault = |entry: &Entry, allowed: &str| Fault {
            place: entry.origin.place(),
            key: Some(entry.address.path()),
            found: entry.value.to_string(),
            allowed: allowed.to_owned(),
            meant: None,
        };
        match (is_set(cert), is_set(key)) {
            (true, true) => None,
            (true, false) => Some(fault(cert, "a certificate only together with api.tls_key")),
            (false, true) => Some(fault(key, "a key only together with api.tls_cert")),
            (false, false) => {
                let address = <Option<SocketAddr> as Field>::take(listen.value.clone()).flatten();
                address
                    .filter(|address| !address.ip().is_loopback())
                    .map(|_| fault(listen, BARE))
            }
        }
    }

    /// Limits of one strategy or instrument that are wider than everyone's.
    fn widened(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().filter_map(|(path, entry)| {
            if !matches!(
                entry.address.scope,
                Scope::Strategy(_) | Scope::Instrument(_)
            ) {
                return None;
            }
            let key = entry.address.key;
            let general = self.0.get(&key.path())?;
            let (own, all) = (entry.value.number()?, general.value.number()?);
            let (is_wider, bound) = match key.narrower {
                Narrower::Lower => (own > all, "at most"),
                Narrower::Higher => (own < all, "at least"),
            };
            is_wider.then(|| Fault {
                place: entry.origin.place(),
                key: Some(path.clone()),
                found: entry.value.to_string(),
                allowed: format!(
                    "{bound} {}, {} ({})",
                    key.path(),
                    general.value,
                    general.origin.place()
                ),
                meant: None,
            })
        })
    }

    /// What stands at a path.
    pub(super) fn in_force(&self, path: &str) -> InForce {
        let entry = self.0.get(path);
        InForce {
            address: entry.map(|entry| entry.address.clone()),
            value: entry.map(|entry| entry.value.clone()),
            origin: entry.map(|entry| entry.origin.clone()),
        }
    }

    /// Takes over what another says of a path; nothing where it says nothing.
    pub(super) fn adopt(&mut self, other: &Self, path: &str) {
        match other.0.get(path) {
            Some(entry) => drop(self.0.insert(path.to_owned(), entry.clone())),
            None => drop(self.0.remove(path)),
        }
    }

    /// Whom values are for, once a value.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.0.values().map(|entry| &entry.address.scope)
    }

    /// The value at an address, where somebody gave it one.
    pub(super) fn at(&self, address: &Address) -> Option<Value> {
        self.0.get(&address.path()).map(|entry| entry.value.clone())
    }

    /// Path and place of the first value for somebody, for messages about all of them.
    pub(super) fn first_of(&self, scope: &Scope) -> (String, String) {
        let mut entries = self.0.iter();
        entries
            .find(|(_, entry)| entry.address.scope == *scope)
            .map(|(path, entry)| (path.clone(), entry.origin.place()))
            .unwrap_or_default()
    }

    fn value(&self, section: &str, name: &str) -> Value {
        self.0[&format!("{section}.{name}")].value.clone()
    }

    /// Everyone's limits with those of one scope laid over.
    fn limits(&self, scope: &Scope) -> Limits {
        Limits::build(&|section, name| {
            limit(name)
                .map(|key| Address {
                    scope: scope.clone(),
                    key,
                })
                .and_then(|address| self.0.get(&address.path()))
                .map_or_else(|| self.value(section, name), |entry| entry.value.clone())
        })
    }

    fn risk(&self) -> Risk {
        let mut strategies = BTreeSet::new();
        let mut instruments = BTreeSet::new();
        for entry in self.0.values() {
            match entry.address.scope {
                Scope::Strategy(name) => drop(strategies.insert(name)),
                Scope::Instrument(symbol) => drop(instruments.insert(symbol)),
                Scope::Everyone | Scope::Action(_) | Scope::Webhook(_) => {}
            }
        }
        Risk {
            organisation: self.limits(&Scope::Everyone),
            strategy: strategies
                .into_iter()
                .map(|name| (name, self.limits(&Scope::Strategy(name))))
                .collect(),
            instrument: instruments
                .into_iter()
                .map(|symbol| (symbol, self.limits(&Scope::Instrument(symbol))))
                .collect(),
        }
    }

    fn bindings(&self) -> Bindings {
        let bindings =
            self.0
                .values()
                .filter_map(|entry| match (&entry.address.scope, &entry.value) {
                    (Scope::Action(action), Value::List(keys)) => {
                        Some((action.clone(), keys.clone()))
                    }
                    _ => None,
                });
        Bindings(bindings.collect())
    }

    /// The typed configuration.
    pub(super) fn config(&self) -> Config {
        let get: Get<'_> = &|section, name| self.value(section, name);
        let mut told = Alerts::build(get);
        told.webhook = alerts::webhooks(self);
        let mut console = Console::build(get);
        console.keys = self.bindings();
        Config {
            coordinator: Coordinator::build(get),
            resources: Resources::build(get),
            bus: Bus::build(get),
            health: Health::build(get),
            risk: self.risk(),
            guard: Guard::build(get),
            research: Research::build(get),
            execution: Execution::build(get),
            portfolio: Portfolio::build(get),
            store: Store::build(get),
            api: Api::build(get),
            alerts: told,
            console,
        }
    }

    /// Every value with who gave it: the table's keys in its order, then what has no default.
    pub(super) fn items(&self) -> Vec<Item> {
        let item = |path: String, entry: &Entry| Item {
            key: path,
            value: entry.value.clone(),
            origin: entry.origin.clone(),
        };
        let table = keys().map(Key::path).map(|path| {
            let entry = &self.0[&path];
            item(path, entry)
        });
        let others = self
            .0
            .iter()
            .filter(|(_, entry)| entry.address.scope != Scope::Everyone)
            .map(|(path, entry)| item(path.clone(), entry));
        table.chain(others).collect()
    }
}
