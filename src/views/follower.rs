//! A folder and the journal it reads, kept together over whatever happens to either.

use std::path::{Path, PathBuf};

use super::database;
use super::error::{Remedy, ViewsError};
use super::folder::{Folder, Step};
use crate::journal::{JournalError, Reader};

/// Folds one journal into one database.
pub(super) struct Follower {
    path: PathBuf,
    journal_dir: PathBuf,
    open: Option<(Folder, Reader)>,
}

impl Follower {
    /// Opens nothing yet.
    pub fn new(path: &Path, journal_dir: &Path) -> Self {
        Self {
            path: path.to_owned(),
            journal_dir: journal_dir.to_owned(),
            open: None,
        }
    }

    /// Folds at most one transaction's worth, of records up to `limit`. Tables that do not fit the
    /// journal are emptied, and a file that cannot be read is put aside.
    ///
    /// # Errors
    /// What can only be tried again later.
    pub async fn step(&mut self, limit: u64) -> Result<Step, ViewsError> {
        if let Some((folder, _)) = &self.open
            && !folder.is_in_place()
        {
            self.close().await;
        }
        let error = match self.try_step(limit).await {
            Ok(step) => return Ok(step),
            Err(error) => error,
        };
        match error.remedy() {
            Remedy::Wait => {
                self.read_again()?;
                return Err(error);
            }
            Remedy::Reopen => self.close().await,
            Remedy::Empty => self.empty().await?,
            Remedy::SetAside => {
                self.close().await;
                database::set_aside(&self.path)?;
            }
        }
        tracing::warn!(%error, "the SQL views are folded again");
        self.try_step(limit).await
    }

    /// Empties the tables: the next steps fold from the beginning.
    ///
    /// # Errors
    /// The database fails.
    pub async fn empty(&mut self) -> Result<(), ViewsError> {
        let mut folder = match self.open.take() {
            Some((folder, _)) => folder,
            None => Folder::open(&self.path).await?,
        };
        folder.empty().await?;
        self.open_journal(folder)
    }

    /// Closes the database, if it is open.
    pub async fn close(&mut self) {
        if let Some((folder, _)) = self.open.take()
            && let Err(error) = folder.close().await
        {
            tracing::warn!(%error, "the SQL views were not closed well");
        }
    }

    /// Drops what is open: it may be half done.
    pub fn forget(&mut self) {
        self.open = None;
    }

    async fn try_step(&mut self, limit: u64) -> Result<Step, ViewsError> {
        if self.open.is_none() {
            let folder = Folder::open(&self.path).await?;
            self.open_journal(folder)?;
        }
        let (folder, reader) = self.open.as_mut().expect("it was opened above");
        reader.set_limit(limit);
        folder.step(reader).await
    }

    /// A reader that failed may stand anywhere.
    fn read_again(&mut self) -> Result<(), ViewsError> {
        match self.open.take() {
            Some((folder, _)) => self.open_journal(folder),
            None => Ok(()),
        }
    }

    fn open_journal(&mut self, mut folder: Folder) -> Result<(), ViewsError> {
        let reader = match Reader::open_dir(&self.journal_dir, folder.next_seq()) {
            Err(JournalError::Archived { first, .. }) => {
                folder.begin_behind(&self.journal_dir, first)?;
                Reader::open_dir(&self.journal_dir, folder.next_seq())?
            }
            opened => opened?,
        };
        self.open = Some((folder, reader));
        Ok(())
    }
}
