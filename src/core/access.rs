//! Who may use the API from outside: people and programs with a token, by the role they were given.
//! Agents have theirs from their registration.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::decide::{Answer, checked_reason};
use super::event::Event;
use super::message::{Bearer, words};
use super::refusal::Refusal;
use super::state::{Decider, Reply};
use super::text::Name;
use super::time::Time;

/// Tokens at once.
const MAX_TOKENS: usize = 1_000;
/// Hex digits of a token's hash.
const HASH: usize = 64;

words!(
    /// What a token allows; each includes what is before it. Anyone may engage HARDSTOP.
    Access {
        /// Looks.
        0 Viewer = "viewer",
        /// Pauses, resumes, trades, clears.
        1 Operator = "operator",
        /// Gives tokens, changes the configuration.
        2 Admin = "admin",
    }
);

/// A token that was given, without the token: only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Encode, Decode)]
pub struct Token {
    /// Whose it is; journaled with whatever they change.
    #[n(0)]
    pub name: Name,
    /// What they may do.
    #[n(1)]
    pub access: Access,
    /// SHA-256 of the token, in hex; no document has it.
    #[n(2)]
    #[serde(skip)]
    pub hash: String,
    /// Who gave it.
    #[n(3)]
    pub by: Name,
    /// What for.
    #[n(4)]
    pub reason: String,
    /// When.
    #[n(5)]
    pub issued_at: Time,
}

/// The tokens that count, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Tokens(#[n(0)] pub BTreeMap<Name, Token>);

impl Decider<'_> {
    /// A new token of the same name replaces the one before.
    pub(super) fn issue_token(
        &mut self,
        name: Name,
        access: Access,
        hash: &str,
        reason: &str,
    ) -> Answer {
        self.not_an_agents("TOKEN_OPERATOR_ONLY", "gives or takes tokens")?;
        let reason = checked_reason(reason)?;
        self.check_name(name, Bearer::Holder, "TOKEN_NAME")?;
        if hash.len() != HASH || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            let message = "the token's hash is no SHA-256 in hex";
            return Err(Refusal::new("TOKEN_INVALID", message, "mend the request"));
        }
        let tokens = &self.state.tokens.0;
        if tokens.len() >= MAX_TOKENS && !tokens.contains_key(&name) {
            return Err(Refusal::new(
                "TOKEN_LIMIT",
                format!("{} tokens are out", tokens.len()),
                "revoke one that nobody needs: `pilothouse token list`",
            )
            .measured(MAX_TOKENS, tokens.len()));
        }
        let token = Token {
            name,
            access,
            hash: hash.to_ascii_lowercase(),
            by: self.actor,
            reason: reason.to_owned(),
            issued_at: self.now,
        };
        self.emit(Event::TokenIssued {
            token: Box::new(token),
        });
        Ok(Reply::Done)
    }

    pub(super) fn revoke_token(&mut self, name: Name, reason: &str) -> Answer {
        self.not_an_agents("TOKEN_OPERATOR_ONLY", "gives or takes tokens")?;
        let reason = checked_reason(reason)?;
        if !self.state.tokens.0.contains_key(&name) {
            return Err(Refusal::new(
                "TOKEN_UNKNOWN",
                format!("{name} has no token"),
                "`pilothouse token list` shows who has",
            ));
        }
        self.emit(Event::TokenRevoked {
            name,
            by: self.actor,
            reason: reason.to_owned(),
        });
        Ok(Reply::Done)
    }

    /// Refuses what no agent outside may do.
    pub(super) fn not_an_agents(&self, code: &str, what: &str) -> Result<(), Refusal> {
        if !self.is_outside(self.actor) {
            return Ok(());
        }
        let message = format!("{} is an agent, and no agent {what}", self.actor);
        Err(Refusal::new(code, message, "ask the operator"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::{Command, Registration};
    use super::super::quote::Quotes;
    use super::super::state::{Context, State};
    use super::*;

    fn ask(state: &mut State, actor: &str, command: &Command) -> Result<(), String> {
        let quotes = Quotes::default();
        let context = Context {
            now: state.time.plus_s(1),
            quotes: &quotes,
        };
        match state
            .handle(&context, actor.parse().unwrap(), command)
            .reply
        {
            Reply::Refused(refusal) => Err(refusal.code),
            _ => Ok(()),
        }
    }

    fn issue(name: &str, access: Access, letter: &str) -> Command {
        Command::IssueToken {
            name: name.parse().unwrap(),
            access,
            hash: letter.repeat(HASH),
            reason: "for the screen in the hall".into(),
        }
    }

    #[test]
    fn a_token_counts_until_it_is_replaced_or_revoked() {
        let mut state = State::default();
        ask(&mut state, "operator", &issue("hall", Access::Viewer, "a")).unwrap();
        ask(
            &mut state,
            "operator",
            &issue("hall", Access::Operator, "B"),
        )
        .unwrap();
        let token = state.tokens.0.values().next().unwrap();
        assert_eq!(
            (token.access, &token.hash),
            (Access::Operator, &"b".repeat(HASH))
        );
        let revoke = Command::RevokeToken {
            name: "hall".parse().unwrap(),
            reason: "gone".into(),
        };
        ask(&mut state, "operator", &revoke).unwrap();
        assert!(state.tokens.0.is_empty());
        assert_eq!(
            ask(&mut state, "operator", &revoke).unwrap_err(),
            "TOKEN_UNKNOWN"
        );
    }

    fn register(name: &str) -> Command {
        Command::Register(Box::new(Registration {
            name: name.parse().unwrap(),
            version: "1".into(),
            handles: Vec::new(),
            lockstep: false,
            token_hash: "c".repeat(HASH),
        }))
    }

    #[test]
    fn a_name_is_an_agents_or_a_holders_whichever_came_first() {
        let mut state = State::default();
        let hall = issue("hall", Access::Viewer, "a");
        for command in [&hall, &hall, &register("scout"), &register("scout")] {
            ask(&mut state, "operator", command).unwrap();
        }
        for (command, code) in [
            (register("hall"), "AGENT_BUILT_IN"),
            (issue("scout", Access::Viewer, "a"), "TOKEN_NAME"),
            (issue("operator", Access::Viewer, "a"), "TOKEN_NAME"),
            (register("operator"), "AGENT_BUILT_IN"),
        ] {
            assert_eq!(ask(&mut state, "operator", &command).unwrap_err(), code);
        }
    }

    #[test]
    fn what_no_token_may_be_is_refused() {
        let mut state = State::default();
        ask(&mut state, "operator", &register("scout")).unwrap();
        let mut short = issue("hall", Access::Viewer, "a");
        if let Command::IssueToken { hash, .. } = &mut short {
            hash.pop();
        }
        let mut silent = issue("hall", Access::Viewer, "a");
        if let Command::IssueToken { reason, .. } = &mut silent {
            reason.clear();
        }
        for (actor, command, code) in [
            (
                "scout",
                issue("hall", Access::Viewer, "a"),
                "TOKEN_OPERATOR_ONLY",
            ),
            ("operator", issue("scout", Access::Admin, "a"), "TOKEN_NAME"),
            ("operator", issue("gate", Access::Admin, "a"), "TOKEN_NAME"),
            ("operator", short, "TOKEN_INVALID"),
            ("operator", silent, "REASON_MISSING"),
        ] {
            assert_eq!(ask(&mut state, actor, &command).unwrap_err(), code);
        }
        for n in 0..MAX_TOKENS {
            ask(
                &mut state,
                "operator",
                &issue(&format!("t{n}"), Access::Viewer, "a"),
            )
            .unwrap();
        }
        let refused = ask(
            &mut state,
            "operator",
            &issue("one_more", Access::Viewer, "a"),
        );
        assert_eq!(refused.unwrap_err(), "TOKEN_LIMIT");
    }
}
