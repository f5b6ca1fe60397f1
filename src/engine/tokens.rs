//! Which token is whose: kept from what the core decided, so that a request needs no look at the
//! state.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::core::access::{Access, Token};
use crate::core::command::Registration;
use crate::core::{Event, Name, State};

/// Who has a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Their name; journaled with whatever they change.
    pub name: Name,
    /// What they may do; none of an agent, which has its token from its registration.
    pub access: Option<Access>,
}

/// Holders by the SHA-256 of their tokens, in hex. The latest token of a name counts.
#[derive(Debug, Default)]
pub(super) struct Tokens(RwLock<BTreeMap<String, Holder>>);

impl Tokens {
    /// Those of a state.
    pub(super) fn of(state: &State) -> Self {
        let tokens = Self::default();
        for outside in state.agents.values().filter_map(|a| a.outside.as_ref()) {
            tokens.register(outside);
        }
        for token in state.tokens.0.values() {
            tokens.issue(token);
        }
        tokens
    }

    /// Takes note of what changes who has one.
    pub(super) fn note(&self, event: &Event) {
        match event {
            Event::AgentRegistered { registration } => self.register(registration),
            Event::TokenIssued { token } => self.issue(token),
            Event::TokenRevoked { name, .. } => forget(&mut self.lock(), *name, false),
            _ => {}
        }
    }

    /// Whose it is.
    pub(super) fn holder(&self, hash: &str) -> Option<Holder> {
        let holders = self.0.read().unwrap_or_else(PoisonError::into_inner);
        holders.get(hash).copied()
    }

    fn register(&self, registration: &Registration) {
        let name = registration.name;
        let mut holders = self.lock();
        forget(&mut holders, name, true);
        let holder = Holder { name, access: None };
        holders.insert(registration.token_hash.clone(), holder);
    }

    fn issue(&self, token: &Token) {
        let name = token.name;
        let mut holders = self.lock();
        forget(&mut holders, name, false);
        let access = Some(token.access);
        holders.insert(token.hash.clone(), Holder { name, access });
    }

    fn lock(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Holder>> {
        // Whole holders are put in and taken out: a panic leaves none in halves.
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name's token is worth nothing any more: an agent's, or one that was given.
fn forget(holders: &mut BTreeMap<String, Holder>, name: Name, agents: bool) {
    holders.retain(|_, holder| holder.name != name || holder.access.is_none() != agents);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Time;

    fn registered(name: &str, hash: &str) -> Event {
        Event::AgentRegistered {
            registration: Box::new(Registration {
                name: name.parse().unwrap(),
                version: "1".into(),
                handles: Vec::new(),
                lockstep: false,
                token_hash: hash.into(),
            }),
        }
    }

    fn issued(name: &str, access: Access, hash: &str) -> Event {
        Event::TokenIssued {
            token: Box::new(Token {
                name: name.parse().unwrap(),
                access,
                hash: hash.into(),
                by: "operator".parse().unwrap(),
                reason: "r".into(),
                issued_at: Time(1),
            }),
        }
    }

    #[test]
    fn a_later_registration_replaces_the_token() {
        let tokens = Tokens::default();
        tokens.note(&registered("scout", "aa"));
        tokens.note(&registered("other", "bb"));
        tokens.note(&registered("scout", "cc"));
        assert_eq!(tokens.holder("aa"), None);
        let scout = tokens.holder("cc").unwrap();
        assert_eq!((scout.name.as_str(), scout.access), ("scout", None));
        assert!(tokens.holder("bb").is_some());
    }

    #[test]
    fn a_token_counts_until_it_is_replaced_or_revoked_and_takes_no_agents_with_it() {
        let tokens = Tokens::default();
        tokens.note(&issued("hall", Access::Viewer, "aa"));
        tokens.note(&issued("hall", Access::Admin, "bb"));
        assert_eq!(tokens.holder("aa"), None);
        assert_eq!(tokens.holder("bb").unwrap().access, Some(Access::Admin));
        tokens.note(&registered("hall", "cc"));
        assert!(tokens.holder("bb").is_some());
        tokens.note(&Event::TokenRevoked {
            name: "hall".parse().unwrap(),
            by: "operator".parse().unwrap(),
            reason: "gone".into(),
        });
        assert_eq!(tokens.holder("bb"), None);
        assert!(tokens.holder("cc").is_some());
    }
}
