//! What agents leave for each other in a cycle: each writes keys of its own name, the supervisor
//! and the operator any, and anyone reads.

use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::CycleId;
use crate::core::refusal::Refusal;
use crate::core::schedule::names_of;
use crate::core::state::{Decider, Reply};

/// Largest document, bytes.
const MAX_VALUE: usize = 64 * 1024;
/// Longest key, bytes.
const MAX_KEY: usize = 128;
/// Keys of one cycle, at most.
const MAX_KEYS: usize = 64;
/// Who may write any key.
const ANY: [&str; 2] = ["supervisor", "operator"];

impl Decider<'_> {
    pub(in crate::core) fn put_data(&mut self, id: CycleId, key: &str, value: &str) -> Answer {
        let invalid =
            |message: String, hint: &str| Refusal::new("CYCLE_DATA_INVALID", message, hint);
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b);
        if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(plain) {
            return Err(invalid(
                "a key has 1 to 128 bytes of a-z, 0-9, _, . and -".into(),
                "write it in lower case",
            )
            .measured(MAX_KEY, key.len()));
        }
        if value.len() > MAX_VALUE {
            return Err(invalid(
                "the document is too large".into(),
                "at most 64 KiB; leave a reference instead",
            )
            .measured(MAX_VALUE, value.len()));
        }
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(value) {
            return Err(invalid(format!("not JSON: {error}"), "mend the document"));
        }
        let Some(cycle) = self.state.cycles.get(id) else {
            return Err(Refusal::new(
                "CYCLE_UNKNOWN",
                format!("nobody knows {id}"),
                "`pilothouse cycles` lists those that are remembered",
            ));
        };
        let prefixes: Vec<String> = names_of(self.actor.as_str())
            .into_iter()
            .map(|name| format!("{name}_"))
            .collect();
        let own = self.owns(&prefixes, key);
        if !own && !ANY.contains(&self.actor.as_str()) {
            return Err(Refusal::new(
                "CYCLE_KEY_PREFIX",
                format!("{} may not write {key}", self.actor),
                "a key begins with its writer's name and an underscore",
            )
            .measured(prefixes.join(" "), key));
        }
        if cycle.data.len() >= MAX_KEYS && !cycle.data.contains_key(key) {
            return Err(Refusal::new(
                "CYCLE_DATA_FULL",
                format!("{id} holds {} keys", cycle.data.len()),
                "write one of its keys anew",
            )
            .measured(MAX_KEYS, cycle.data.len()));
        }
        self.emit(Event::CycleData {
            cycle: id,
            key: key.to_owned(),
            value: value.to_owned(),
            by: self.actor,
        });
        Ok(Reply::Done)
    }

    /// Whether a key is the actor's: of all known names it begins with, the longest is one of its own.
    /// `trading` does not write what begins with `trading_decision_`.
    fn owns(&self, prefixes: &[String], key: &str) -> bool {
        let begins = |name: &str| {
            key.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('_'))
        };
        let others = self.state.agents.keys();
        let longest = others
            .flat_map(|name| names_of(name.as_str()))
            .filter(|name| begins(name))
            .map(|name| name.len() + 1)
            .max()
            .unwrap_or(0);
        let own = prefixes.iter().filter(|p| key.starts_with(p.as_str()));
        own.map(String::len).max().is_some_and(|own| own >= longest)
    }
}
