//! From records to rows.

use std::path::Path;

use sqlx::Connection;

use super::collect::{Marks, Origin, Pending};
use super::database::{Database, to_hex};
use super::error::ViewsError;
use crate::core::{Event, RecordBody, State};
use crate::journal::{Chain, JournalError, Reader, Record, snapshot};

/// Records in a transaction at most.
const BATCH_RECORDS: usize = 2_000;
/// Bytes of records after which a transaction takes no more: they are held in memory until then.
const BATCH_BYTES: usize = 4 << 20;

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The last record in the tables.
    pub folded: u64,
    /// Whether the journal had no more to read.
    pub ended: bool,
}

/// Folds records into tables, and into a state of its own from which rows take what an event does
/// not say.
///
/// Records that the tables already hold are folded into the state only. A folder goes on after any
/// error: what was not written yet is written by the next step.
pub struct Folder {
    database: Database,
    /// The last record in the tables.
    folded: Chain,
    /// The last record in the state.
    chain: Chain,
    state: State,
    marks: Marks,
    pending: Pending,
}

impl Folder {
    /// Opens the tables, or makes them. A file that cannot be read, or has another version's
    /// tables, is put aside.
    ///
    /// # Errors
    /// The database or the file system fails.
    pub async fn open(path: &Path) -> Result<Self, ViewsError> {
        let mut database = Database::open(path).await?;
        Ok(Self {
            folded: database.folded().await?,
            database,
            chain: Chain::default(),
            state: State::default(),
            marks: Marks::new(),
            pending: Pending::default(),
        })
    }

    /// The last record in the tables.
    pub fn folded(&self) -> u64 {
        self.folded.seq()
    }

    /// The record that is read next: the state begins before the first one, whatever the tables
    /// hold.
    pub fn next_seq(&self) -> u64 {
        self.chain.seq() + 1
    }

    /// Closes the database; one that is dropped instead is closed a little later.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close(self) -> Result<(), ViewsError> {
        Ok(self.database.connection.close().await?)
    }

    /// Goes on from a snapshot of the state, where the beginning of the journal was archived: `first` is
    /// the first record that is here. What was archived is in the tables.
    ///
    /// # Errors
    /// No snapshot lies between what is here and what the tables hold.
    pub(super) fn begin_behind(
        &mut self,
        journal_dir: &Path,
        first: u64,
    ) -> Result<(), ViewsError> {
        let (found, _) =
            snapshot::newest_upto(journal_dir, self.folded.seq()).map_err(|source| {
                ViewsError::Io {
                    doing: "reading snapshots",
                    source,
                }
            })?;
        let found = found.filter(|found| found.seq + 1 >= first);
        let state = found
            .as_ref()
            .and_then(|found| minicbor::decode::<State>(&found.bytes).ok());
        let (Some(found), Some(state)) = (found, state) else {
            let asked = self.next_seq();
            return Err(JournalError::Archived { asked, first }.into());
        };
        self.chain = Chain::at(found.seq, found.chain);
        self.state = state;
        Ok(())
    }

    /// Whether the tables are still where they were opened.
    pub(super) fn is_in_place(&self) -> bool {
        self.database.is_in_place()
    }

    /// Folds all that the reader has, a transaction for every 2,000 records. Returns the last
    /// record in the tables.
    ///
    /// # Errors
    /// As [`Folder::step`].
    pub async fn fold_available(&mut self, reader: &mut Reader) -> Result<u64, ViewsError> {
        loop {
            let step = self.step(reader).await?;
            if step.ended {
                return Ok(step.folded);
            }
        }
    }

    /// Folds at most one transaction's worth.
    ///
    /// # Errors
    /// The database fails, the journal cannot be read or has not the history that the tables were
    /// folded from, or somebody else has folded into them.
    pub async fn step(&mut self, reader: &mut Reader) -> Result<Step, ViewsError> {
        let read = self.read(reader);
        self.write().await?;
        let ended = read?;
        if ended && self.chain.seq() < self.folded.seq() {
            return Err(ViewsError::Ahead {
                folded: self.folded.seq(),
                last: self.chain.seq(),
            });
        }
        Ok(Step {
            folded: self.folded.seq(),
            ended,
        })
    }

    /// Empties the tables and begins before the first record.
    ///
    /// # Errors
    /// The database fails; nothing is changed then.
    pub(super) async fn empty(&mut self) -> Result<(), ViewsError> {
        self.database.empty().await?;
        self.folded = Chain::default();
        self.chain = Chain::default();
        self.state = State::default();
        self.marks.clear();
        self.pending = Pending::default();
        Ok(())
    }

    /// Reads records until a transaction is full; true when there were no more.
    fn read(&mut self, reader: &mut Reader) -> Result<bool, ViewsError> {
        let (mut records, mut bytes) = (0, 0);
        while records < BATCH_RECORDS && bytes < BATCH_BYTES {
            let Some(record) = reader.next_record()? else {
                return Ok(true);
            };
            records += 1;
            bytes += record.body.len();
            if record.seq >= self.next_seq() {
                self.take(&record)?;
            }
        }
        Ok(false)
    }

    fn take(&mut self, record: &Record<'_>) -> Result<(), ViewsError> {
        let seq = record.seq;
        if seq != self.next_seq() {
            return Err(ViewsError::Gap {
                expected: self.next_seq(),
                found: seq,
            });
        }
        let body =
            RecordBody::decode(record.body).map_err(|source| ViewsError::Record { seq, source })?;
        self.chain.absorb(seq, record.time, record.body);
        let origin = Origin {
            seq,
            time: record.time,
            actor: body.actor,
            cause: body.cause,
            from: body.origin,
        };
        for event in &body.events {
            self.fold(&origin, event);
        }
        self.state.fold(seq, record.time, &[]);
        if seq == self.folded.seq() && self.chain != self.folded {
            return Err(ViewsError::OtherHistory { seq });
        }
        Ok(())
    }

    fn fold(&mut self, origin: &Origin, event: &Event) {
        self.state.evolve(origin.time, event);
        // A row is taken from what the state remembers, even where it is told to forget at once.
        let kept = &mut self.state.settings.execution.history_in_memory;
        *kept = (*kept).max(1);
        if let Event::PositionSnapshot { id, price, .. } = event {
            self.marks.insert(*id, *price);
        }
        if origin.seq > self.folded.seq() {
            self.pending.take(&self.state, &self.marks, origin, event);
        }
        if let Event::PositionClosed { id, .. } = event {
            self.marks.remove(id);
        }
    }

    /// Writes what is pending, and with it how far it goes.
    async fn write(&mut self) -> Result<(), ViewsError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let connection = &mut self.database.connection;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let moved =
            sqlx::query("UPDATE folded SET seq = ?1, chain = ?2 WHERE seq = ?3 AND chain = ?4")
                .bind(sql_seq(self.chain.seq()))
                .bind(to_hex(&self.chain.hash()))
                .bind(sql_seq(self.folded.seq()))
                .bind(to_hex(&self.folded.hash()))
                .execute(&mut *transaction)
                .await?;
        if moved.rows_affected() != 1 {
            return Err(ViewsError::Moved);
        }
        self.pending.write(&mut transaction, &self.state).await?;
        transaction.commit().await?;
        self.folded = self.chain;
        self.pending = Pending::default();
        Ok(())
    }
}

/// SQLite's numbers are signed.
pub(super) fn sql_seq(seq: u64) -> i64 {
    i64::try_from(seq).expect("no journal has 2^63 records")
}
