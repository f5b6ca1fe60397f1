//! Which token is whose: kept from the registrations, so that a request needs no look at the state.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::core::command::Registration;
use crate::core::{Name, State};

/// Names by the SHA-256 of their tokens, in hex. The latest registration of a name counts.
#[derive(Debug, Default)]
pub(super) struct Tokens(RwLock<BTreeMap<String, Name>>);

impl Tokens {
    /// Those of a state.
    pub(super) fn of(state: &State) -> Self {
        let tokens = Self::default();
        for outside in state.agents.values().filter_map(|a| a.outside.as_ref()) {
            tokens.note(outside);
        }
        tokens
    }

    /// Takes note of a registration: the name's token before it is worth nothing any more.
    pub(super) fn note(&self, registration: &Registration) {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.retain(|_, name| *name != registration.name);
        names.insert(registration.token_hash.clone(), registration.name);
    }

    /// Whose it is.
    pub(super) fn name(&self, hash: &str) -> Option<Name> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.get(hash).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_registration_replaces_the_token() {
        let tokens = Tokens::default();
        let register = |name: &str, hash: &str| {
            tokens.note(&Registration {
                name: name.parse().unwrap(),
                version: "1".into(),
                handles: Vec::new(),
                lockstep: false,
                token_hash: hash.into(),
            });
        };
        register("scout", "aa");
        register("other", "bb");
        register("scout", "cc");
        assert_eq!(tokens.name("aa"), None);
        let scout = tokens.name("cc").unwrap();
        assert_eq!(scout.as_str(), "scout");
        assert!(tokens.name("bb").is_some());
    }
}
