//! What left for an exchange, or may have: by client order id, until there is terminal evidence.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Orders of a kind (entries, exits) that the table holds.
pub const TABLE_LIMIT: usize = 100_000;

/// How far an order is known to have come. One with terminal evidence has left the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It holds a permit: possibly sent.
    Permitted,
    /// It was written to the connection.
    Written,
}

/// One order in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// The client order id, by which it is cancelled.
    pub client_id: String,
    /// The gate's epoch when it passed.
    pub epoch: u64,
    /// How far it came.
    pub stage: Stage,
    /// What it puts at risk, in cents of the account's currency; 0 where nobody said.
    pub risk_cents: u64,
}

/// Why an entry got no permit. It is proved unsent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PermitRefused {
    /// HARDSTOP.
    #[error("the gate is closed (epoch {epoch})")]
    Closed {
        /// The epoch that closed it.
        epoch: u64,
    },
    /// The gate closed and opened again after the order was decided.
    #[error("decided in epoch {seen}, the gate is at {epoch}")]
    Stale {
        /// The epoch the decision saw.
        seen: u64,
        /// The epoch now.
        epoch: u64,
    },
    /// The table holds as many entries as it may.
    #[error("{TABLE_LIMIT} entries are without terminal evidence")]
    Full,
    /// The id is in the table already.
    #[error("an order of this client id is without terminal evidence")]
    Duplicate,
}

/// What passed the gate since the start, and what did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that got a permit.
    pub permitted: u64,
    /// Orders written to a connection, exits included.
    pub sent: u64,
    /// Entries the stop kept in: refused for it, or killed unsent.
    pub killed: u64,
    /// Entries refused because the table was full or held their id.
    pub refused: u64,
    /// Exits that passed.
    pub exits: u64,
    /// Of those, the ones a full table could not record.
    pub unrecorded_exits: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Entry,
    Exit,
}

struct Row {
    kind: Kind,
    epoch: u64,
    stage: Stage,
    risk_cents: u64,
    order: u64,
}

#[derive(Default)]
struct Rows {
    by_id: BTreeMap<String, Row>,
    entries: usize,
    exits: usize,
    next: u64,
}

impl Rows {
    fn remove(&mut self, client_id: &str) -> bool {
        match self.by_id.remove(client_id).map(|row| row.kind) {
            Some(Kind::Entry) => self.entries -= 1,
            Some(Kind::Exit) => self.exits -= 1,
            None => return false,
        }
        true
    }

    fn list(&self, kind: Kind) -> Vec<TableEntry> {
        let mut rows: Vec<_> = self.by_id.iter().filter(|(_, r)| r.kind == kind).collect();
        rows.sort_by_key(|(_, row)| (std::cmp::Reverse(row.risk_cents), row.order));
        rows.into_iter()
            .map(|(client_id, row)| TableEntry {
                client_id: client_id.clone(),
                epoch: row.epoch,
                stage: row.stage,
                risk_cents: row.risk_cents,
            })
            .collect()
    }
}

/// The table. Its lock is held for a look-up and never by whoever closes the gate.
#[derive(Default)]
pub(super) struct Table {
    rows: Mutex<Rows>,
    permitted: AtomicU64,
    sent: AtomicU64,
    killed: AtomicU64,
    refused: AtomicU64,
    exits: AtomicU64,
    unrecorded_exits: AtomicU64,
}

impl Table {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records an entry where `check` allows it, which is asked under the table's lock: whoever
    /// lists the table after the gate closed finds every permit that was given, and none comes
    /// after.
    pub(super) fn permit(
        &self,
        client_id: &str,
        risk_cents: u64,
        check: impl FnOnce() -> Result<u64, PermitRefused>,
    ) -> Result<u64, PermitRefused> {
        let result = self.insert(client_id, risk_cents, Stage::Permitted, check);
        let counter = match result {
            Ok(_) => &self.permitted,
            Err(PermitRefused::Closed { .. } | PermitRefused::Stale { .. }) => &self.killed,
            Err(PermitRefused::Full | PermitRefused::Duplicate) => &self.refused,
        };
        counter.fetch_add(1, Relaxed);
        result
    }

    /// Records an entry that rests at a venue from before this start.
    pub(super) fn adopt(
        &self,
        client_id: &str,
        risk_cents: u64,
        epoch: u64,
    ) -> Result<(), PermitRefused> {
        self.insert(client_id, risk_cents, Stage::Written, || Ok(epoch))
            .map(drop)
    }

    fn insert(
        &self,
        client_id: &str,
        risk_cents: u64,
        stage: Stage,
        check: impl FnOnce() -> Result<u64, PermitRefused>,
    ) -> Result<u64, PermitRefused> {
        let mut rows = self.rows();
        let epoch = check()?;
        if rows.by_id.contains_key(client_id) {
            return Err(PermitRefused::Duplicate);
        }
        if rows.entries >= TABLE_LIMIT {
            return Err(PermitRefused::Full);
        }
        let order = rows.next;
        rows.next += 1;
        rows.entries += 1;
        let row = Row {
            kind: Kind::Entry,
            epoch,
            stage,
            risk_cents,
            order,
        };
        rows.by_id.insert(client_id.to_owned(), row);
        Ok(epoch)
    }

    pub(super) fn exit(&self, client_id: &str, epoch: u64) {
        self.exits.fetch_add(1, Relaxed);
        let mut rows = self.rows();
        let order = rows.next;
        let room = rows.exits < TABLE_LIMIT;
        let new = match rows.by_id.entry(client_id.to_owned()) {
            Entry::Vacant(vacant) if room => {
                vacant.insert(Row {
                    kind: Kind::Exit,
                    epoch,
                    stage: Stage::Permitted,
                    risk_cents: 0,
                    order,
                });
                true
            }
            Entry::Vacant(_) => {
                self.unrecorded_exits.fetch_add(1, Relaxed);
                false
            }
            Entry::Occupied(_) => false,
        };
        if new {
            rows.next += 1;
            rows.exits += 1;
        }
    }

    pub(super) fn written(&self, client_id: &str) -> bool {
        let mut rows = self.rows();
        let Some(row) = rows.by_id.get_mut(client_id) else {
            return false;
        };
        if row.stage == Stage::Permitted {
            row.stage = Stage::Written;
            self.sent.fetch_add(1, Relaxed);
        }
        true
    }

    pub(super) fn terminal(&self, client_id: &str) -> bool {
        self.rows().remove(client_id)
    }

    pub(super) fn kill(&self, client_id: &str) -> bool {
        let mut rows = self.rows();
        let unsent = rows
            .by_id
            .get(client_id)
            .is_some_and(|row| row.stage == Stage::Permitted);
        if unsent {
            rows.remove(client_id);
            self.killed.fetch_add(1, Relaxed);
        }
        unsent
    }

    pub(super) fn open_entries(&self) -> Vec<TableEntry> {
        self.rows().list(Kind::Entry)
    }

    pub(super) fn open_exits(&self) -> Vec<TableEntry> {
        self.rows().list(Kind::Exit)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            permitted: self.permitted.load(Relaxed),
            sent: self.sent.load(Relaxed),
            killed: self.killed.load(Relaxed),
            refused: self.refused.load(Relaxed),
            exits: self.exits.load(Relaxed),
            unrecorded_exits: self.unrecorded_exits.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(entries: &[TableEntry]) -> Vec<&str> {
        entries.iter().map(|e| e.client_id.as_str()).collect()
    }

    #[test]
    fn the_riskiest_entry_is_listed_first_and_equals_as_they_came() {
        let table = Table::default();
        for (id, risk) in [("z", 5), ("b", 900), ("a", 5)] {
            table.permit(id, risk, || Ok(0)).unwrap();
        }
        table.adopt("old", 70, 0).unwrap();
        assert_eq!(ids(&table.open_entries()), ["b", "old", "z", "a"]);
    }

    #[test]
    fn an_order_leaves_the_table_only_on_terminal_evidence_or_proved_unsent() {
        let table = Table::default();
        table.permit("sent", 0, || Ok(3)).unwrap();
        table.permit("unsent", 0, || Ok(3)).unwrap();
        assert!(table.written("sent"));
        assert!(
            !table.kill("sent"),
            "what was written is never proved unsent"
        );
        assert!(table.kill("unsent"));
        assert_eq!(ids(&table.open_entries()), ["sent"]);
        assert_eq!(
            table.permit("sent", 0, || Ok(3)),
            Err(PermitRefused::Duplicate)
        );
        assert!(table.terminal("sent") && !table.terminal("sent"));
        assert!(!table.written("sent"), "it cannot come back");
        let counts = table.counts();
        assert_eq!((counts.permitted, counts.sent, counts.killed), (2, 1, 1));
    }

    #[test]
    fn a_full_table_refuses_entries_and_lets_exits_pass() {
        let table = Table::default();
        for n in 0..TABLE_LIMIT {
            table.permit(&n.to_string(), 0, || Ok(0)).unwrap();
            table.exit(&format!("exit {n}"), 0);
        }
        assert_eq!(table.permit("more", 0, || Ok(0)), Err(PermitRefused::Full));
        table.exit("one more exit", 0);
        let counts = table.counts();
        assert_eq!(
            (counts.refused, counts.exits, counts.unrecorded_exits),
            (1, TABLE_LIMIT as u64 + 1, 1)
        );
        assert!(table.terminal("0"));
        assert!(table.permit("more", 0, || Ok(0)).is_ok());
    }
}
