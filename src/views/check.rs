//! Whether the tables say what the journal says, and how to make them.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::database;
use super::database_path;
use super::error::ViewsError;
use super::folder::Folder;
use super::follower::Follower;
use super::rows::TABLES;
use super::table::Table;
use crate::journal::Reader;

/// Rows read at a time.
const PAGE: i64 = 1_000;

/// A table that is not what the journal gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which.
    pub table: &'static str,
    /// Rows it has.
    pub rows: u64,
    /// Rows it should have.
    pub expected_rows: u64,
    /// The first row that differs, counted from 1.
    pub row: u64,
    /// What it is, as a JSON list of its columns; none where it is missing.
    pub found: Option<String>,
    /// What it should be; none where there should be none.
    pub expected: Option<String>,
}

/// Folds the whole journal anew, beside a running engine too. Returns the last record in the
/// tables.
///
/// # Errors
/// The database or the journal fails.
pub async fn rebuild(state_dir: &Path) -> Result<u64, ViewsError> {
    let mut follower = Follower::new(&database_path(state_dir), &journal_dir(state_dir));
    follower.empty().await?;
    loop {
        let step = follower.step(u64::MAX).await?;
        if step.ended {
            follower.close().await;
            return Ok(step.folded);
        }
    }
}

/// Folds the journal as far as the tables go into a database of its own and compares all rows.
/// Returns the tables that differ.
///
/// # Errors
/// The database or the journal fails, or the tables go further than the journal.
pub async fn check(state_dir: &Path) -> Result<Vec<Difference>, ViewsError> {
    let path = database_path(state_dir);
    let fresh_path = database::beside(&path, ".check");
    database::remove(&fresh_path)?;
    let found = compare(&path, &fresh_path, &journal_dir(state_dir)).await;
    database::remove(&fresh_path)?;
    found
}

/// The last record in the tables of a state folder.
///
/// # Errors
/// There are none, they are another version's, or the database fails.
pub async fn folded(state_dir: &Path) -> Result<u64, ViewsError> {
    let mut connection = database::read(&database_path(state_dir)).await?;
    let folded = database::folded(&mut connection).await?;
    connection.close().await?;
    Ok(folded.seq())
}

fn journal_dir(state_dir: &Path) -> PathBuf {
    state_dir.join("journal")
}

async fn compare(
    path: &Path,
    fresh_path: &Path,
    journal_dir: &Path,
) -> Result<Vec<Difference>, ViewsError> {
    let mut there = database::read(path).await?;
    // One transaction: an engine may go on folding meanwhile.
    let mut there = there.begin().await?;
    let seq = database::folded(&mut there).await?.seq();
    let mut reader = Reader::open_dir(journal_dir, 1)?;
    reader.set_limit(seq);
    let mut folder = Folder::open(fresh_path).await?;
    let last = folder.fold_available(&mut reader).await?;
    if last < seq {
        return Err(ViewsError::Ahead { folded: seq, last });
    }
    folder.close().await?;
    let mut fresh = database::read(fresh_path).await?;
    let mut differences = Vec::new();
    for table in TABLES {
        differences.extend(compare_table(table, &mut there, &mut fresh).await?);
    }
    fresh.close().await?;
    Ok(differences)
}

async fn compare_table(
    table: &Table,
    there: &mut SqliteConnection,
    fresh: &mut SqliteConnection,
) -> Result<Option<Difference>, sqlx::Error> {
    let (mut found, mut expected) = (Rows::of(table), Rows::of(table));
    let mut first = None;
    for row in 1.. {
        let pair = (found.next(there).await?, expected.next(fresh).await?);
        if pair == (None, None) {
            break;
        }
        if first.is_none() && pair.0 != pair.1 {
            first = Some((row, pair));
        }
    }
    Ok(first.map(|(row, (found_row, expected_row))| Difference {
        table: table.name,
        rows: found.read,
        expected_rows: expected.read,
        row,
        found: found_row,
        expected: expected_row,
    }))
}

/// A table's rows in their order, a page in memory at a time.
struct Rows {
    sql: String,
    page: std::vec::IntoIter<(i64, String)>,
    after: i64,
    read: u64,
}

impl Rows {
    fn of(table: &Table) -> Self {
        Self {
            sql: table.read_sql(),
            page: Vec::new().into_iter(),
            after: i64::MIN,
            read: 0,
        }
    }

    async fn next(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<String>, sqlx::Error> {
        if self.page.len() == 0 {
            let page: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(self.sql.clone()))
                .bind(self.after)
                .bind(PAGE)
                .fetch_all(connection)
                .await?;
            self.page = page.into_iter();
        }
        Ok(self.page.next().map(|(rowid, row)| {
            self.after = rowid;
            self.read += 1;
            row
        }))
    }
}
