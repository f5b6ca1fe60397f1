//! Which keys do what: the built-in table, with what the configuration says otherwise laid over it.

mod rules;

use std::collections::BTreeMap;

use super::action::{ACTIONS, Action, Binding, Key};
use crate::config::{ConfigErrors, Loaded};

/// The keys of every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap(BTreeMap<&'static str, Vec<Key>>);

impl Default for Keymap {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Keymap {
    /// The built-in table.
    pub fn built_in() -> Self {
        let rows = ACTIONS.iter().map(|b| (b.id, b.keys.to_vec()));
        Self(rows.collect())
    }

    /// The built-in table with the keys of `[console.keys]` laid over it, action by action.
    ///
    /// # Errors
    /// All that cannot be, each with key, file, line, and what is allowed.
    pub fn of(loaded: &Loaded) -> Result<Self, ConfigErrors> {
        let mut keymap = Self::built_in();
        let faults = rules::lay(&mut keymap, loaded);
        if faults.is_empty() {
            Ok(keymap)
        } else {
            Err(ConfigErrors { faults })
        }
    }

    /// The keys of an action.
    pub(super) fn keys(&self, binding: &Binding) -> &[Key] {
        self.0.get(binding.id).map_or(&[], Vec::as_slice)
    }

    /// The keys of an action in words: `k Up`, or `:flatten` where it has none.
    pub(super) fn shown(&self, binding: &Binding) -> String {
        let keys = self.keys(binding);
        match keys {
            [] => format!(":{}", binding.id),
            [first, .., last] if binding.action == Action::Screen => match first {
                Key::Letter('1') => "1-9 0".to_owned(),
                _ => format!("{first}-{last}"),
            },
            _ => {
                let names: Vec<String> = keys.iter().map(Key::to_string).collect();
                names.join(" ")
            }
        }
    }

    /// The first key of an action, for a sentence that names one: `p`, or `:pause` where it has none.
    pub(super) fn first(&self, binding: &Binding) -> String {
        match self.keys(binding) {
            [] => format!(":{}", binding.id),
            [first, ..] => first.to_string(),
        }
    }

    fn bind(&mut self, binding: &Binding, keys: Vec<Key>) {
        self.0.insert(binding.id, keys);
    }
}

#[cfg(test)]
mod tests;
