//! What a start must find: all that was told, nothing that was not decided, and a stop that is
//! still engaged.

use pilothouse::core::{Command, RecordBody, State};
use pilothouse::engine::fold_journal;
use pilothouse::journal::{Chain, Hash, Reader};

use crate::invariants::Found;
use crate::node::Node;
use crate::story::Story;

impl Story {
    /// Compares what a start has recovered with what was decided and told.
    pub fn recovered(&mut self, node: &Node) -> Found {
        let found = self.read()?;
        if found < self.told {
            return Err(format!(
                "{} records were told, {found} are there",
                self.told
            ));
        }
        let cleared = self.decided[self.told..found].iter().any(|bytes| {
            let body = RecordBody::decode(bytes);
            body.is_ok_and(|b| matches!(b.command, Command::Clear { .. }))
        });
        self.coverage.untold_kept += u64::from(found > self.told);
        self.coverage.torn += u64::from(node.torn);
        self.coverage.from_snapshot += u64::from(self.disk.snapshot.is_some());
        self.decided.truncate(found);
        if node.state.seq != found as u64 {
            return Err(format!("{found} records make state {}", node.state.seq));
        }
        if self.dice.chance(20) {
            let mut whole = State::default();
            fold_journal(Box::new(self.disk.store.clone()), &mut whole)
                .map_err(|e| e.to_string())?;
            if whole != node.state {
                return Err("what was recovered is not the fold of the journal".into());
            }
        }
        let ledger = &node.state.ledger;
        let known = |id| ledger.get(id).is_some() || ledger.ended(id).is_some();
        if let Some(id) = self.promised.iter().find(|id| !known(**id)) {
            return Err(format!("{id} was promised, and nobody knows it"));
        }
        let stopped = node.state.trading.hardstop.is_some();
        if self.stopped && !stopped && !cleared {
            return Err("HARDSTOP was told, and is gone".into());
        }
        // The sentinel may not have been written when the engine died: then the journal alone
        // keeps the stop.
        if self.dice.chance(50) {
            self.gate.closed = stopped;
        }
        self.entered.retain(|_, id| known(*id));
        self.granted.retain(|id| known(*id));
        (self.told, self.stopped) = (found, stopped);
        self.auditor.recovered(node.state.clone());
        Ok(())
    }

    /// The hash chain over all that is durable.
    pub fn hash(&self) -> Hash {
        let mut chain = Chain::default();
        let mut reader =
            Reader::open(Box::new(self.disk.store.clone()), 1).expect("memory can be read");
        while let Some(record) = reader.next_record().expect("memory can be read") {
            chain.absorb(record.seq, record.time, record.body);
        }
        chain.hash()
    }

    /// Reads the journal from its beginning; every record is the one that was decided in its place.
    fn read(&self) -> Result<usize, String> {
        let mut reader =
            Reader::open(Box::new(self.disk.store.clone()), 1).map_err(|e| e.to_string())?;
        let mut found = 0;
        while let Some(record) = reader.next_record().map_err(|e| e.to_string())? {
            if self.decided.get(found).map(Vec::as_slice) != Some(record.body) {
                return Err(format!("record {} is not what was decided", record.seq));
            }
            found += 1;
        }
        Ok(found)
    }
}
