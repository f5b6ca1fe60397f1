//! From a written path to the key that is meant.

use super::alerts::Webhook;
use super::key::Key;
use super::risk::Limits;
use super::schedules::renamed;
use super::sections::{BINDING, keys};
use super::{key::Section as _, suggest};
use crate::core::{Name, Symbol};

/// Sections that other versions have.
const ABSENT: &[&str] = &["models", "policy", "federation", "kraken", "bus.nats"];

/// Sections whose entries the operator names.
const NAMED: &[&str] = &[
    "risk.strategy",
    "risk.instrument",
    "alerts.webhook",
    "console.keys",
];

/// Whom a value is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    Everyone,
    Strategy(Name),
    Instrument(Symbol),
    Action(String),
    Webhook(Name),
}

/// A key, and whom its value is for.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) scope: Scope,
    pub(super) key: &'static Key,
}

/// What stands at a path.
pub(super) enum Located {
    Key(Address),
    Section,
    /// A section that this version does not have.
    Absent(&'static str),
    /// No strategy's name, no symbol: why not.
    Misnamed(String),
    /// Nothing; what was probably meant.
    Unknown(Option<String>),
}

impl Address {
    pub(super) fn everyone(key: &'static Key) -> Self {
        Self {
            scope: Scope::Everyone,
            key,
        }
    }

    /// As the configuration writes it: `risk.strategy."momentum".max_leverage`.
    pub(super) fn path(&self) -> String {
        match &self.scope {
            Scope::Everyone => self.key.path(),
            Scope::Strategy(name) => format!("risk.strategy.\"{name}\".{}", self.key.name),
            Scope::Instrument(symbol) => format!("risk.instrument.\"{symbol}\".{}", self.key.name),
            Scope::Action(action) => format!("{}.{action}", self.key.section),
            Scope::Webhook(name) => format!("{}.\"{name}\".{}", self.key.section, self.key.name),
        }
    }
}

/// Finds what stands at a path.
pub(super) fn locate(path: &[&str]) -> Located {
    if let Some(absent) = ABSENT.iter().find(|absent| starts_with(path, absent)) {
        return Located::Absent(absent);
    }
    match path {
        ["risk", "strategy" | "instrument"] | ["console", "keys"] | ["alerts", "webhook"] => {
            Located::Section
        }
        ["risk", "strategy", name, rest @ ..] => match name.parse() {
            Ok(name) => of_named(Scope::Strategy(name), Limits::KEYS, path, rest),
            Err(error) => Located::Misnamed(format!("{error}")),
        },
        ["risk", "instrument", name, rest @ ..] => match name.parse() {
            Ok(symbol) => of_named(Scope::Instrument(symbol), Limits::KEYS, path, rest),
            Err(error) => Located::Misnamed(format!("{error}")),
        },
        ["alerts", "webhook", name, rest @ ..] => match name.parse() {
            Ok(name) => of_named(Scope::Webhook(name), Webhook::KEYS, path, rest),
            Err(error) => Located::Misnamed(format!("{error}")),
        },
        ["console", "keys", action] => Located::Key(Address {
            scope: Scope::Action((*action).to_owned()),
            key: &BINDING,
        }),
        ["coordinator", "schedules", task, rest @ ..] => {
            let mut path = vec!["coordinator", "schedules", renamed(task)];
            path.extend(rest);
            of_table(&path)
        }
        _ => of_table(path),
    }
}

fn of_named(scope: Scope, keys: &'static [Key], path: &[&str], rest: &[&str]) -> Located {
    match rest {
        [] => Located::Section,
        [name] => match keys.iter().find(|key| key.name == *name) {
            Some(key) => Located::Key(Address { scope, key }),
            None => {
                let names = keys.iter().map(|key| key.name.to_owned());
                Located::Unknown(suggest::nearest(name, names).map(|name| {
                    let parent = path[..path.len() - 1].join(".");
                    format!("{parent}.{name}")
                }))
            }
        },
        _ => Located::Unknown(None),
    }
}

fn of_table(path: &[&str]) -> Located {
    let joined = path.join(".");
    // A quoted name with a point in it must not pass for two names.
    let plain = path.iter().all(|part| !part.contains('.'));
    if let Some(key) = keys().find(|key| plain && key.path() == joined) {
        return Located::Key(Address::everyone(key));
    }
    let within = format!("{joined}.");
    if plain && keys().any(|key| key.path().starts_with(&within)) {
        return Located::Section;
    }
    let sections = keys().filter_map(|key| {
        let path = key.path();
        path.rsplit_once('.').map(|(section, _)| section.to_owned())
    });
    let named = NAMED.iter().map(|section| (*section).to_owned());
    let known = keys().map(Key::path).chain(sections).chain(named);
    Located::Unknown(suggest::key(&joined, known.collect()))
}

fn starts_with(path: &[&str], section: &str) -> bool {
    let mut parts = path.iter();
    section.split('.').all(|name| parts.next() == Some(&name))
}
