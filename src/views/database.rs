//! The file: made, checked, emptied, put aside.

use std::fmt::Write;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use super::error::{Remedy, ViewsError};
use super::rows::TABLES;
use crate::journal::{Chain, Hash};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// An open database with this version's tables.
pub(super) struct Database {
    /// The one connection.
    pub connection: SqliteConnection,
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl Database {
    /// Opens the tables, makes them where there are none, and puts aside a file that cannot be
    /// read or has another version's tables.
    ///
    /// # Errors
    /// The database or the file system fails.
    pub async fn open(path: &Path) -> Result<Self, ViewsError> {
        match Self::open_as_is(path).await {
            Err(error) if error.remedy() == Remedy::SetAside => {
                set_aside(path)?;
                Self::open_as_is(path).await
            }
            other => other,
        }
    }

    async fn open_as_is(path: &Path) -> Result<Self, ViewsError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .connect()
            .await?;
        if is_new(&mut connection).await? {
            MIGRATIONS.run_direct(None, &mut connection, false).await?;
        }
        if !has_our_tables(&mut connection).await? {
            return Err(ViewsError::Schema);
        }
        Ok(Self {
            connection,
            path: path.to_owned(),
            file: file_id(path),
        })
    }

    /// Whether the path still leads to this file: somebody may have thrown it away.
    pub fn is_in_place(&self) -> bool {
        file_id(&self.path) == self.file
    }

    /// The last record in the tables.
    ///
    /// # Errors
    /// The database fails, or says what no folder wrote.
    pub async fn folded(&mut self) -> Result<Chain, ViewsError> {
        folded(&mut self.connection).await
    }

    /// Empties every table in one step: whoever folds meanwhile finds out.
    ///
    /// # Errors
    /// The database fails; nothing is changed then.
    pub async fn empty(&mut self) -> Result<(), ViewsError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for table in TABLES {
            sqlx::query(AssertSqlSafe(table.empty_sql()))
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("UPDATE folded SET seq = 0, chain = ?1")
            .bind(to_hex(&Chain::default().hash()))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Opens tables that are there, for reading only.
///
/// # Errors
/// There are none, they are another version's, or the database fails.
pub(super) async fn read(path: &Path) -> Result<SqliteConnection, ViewsError> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .connect()
        .await?;
    if has_our_tables(&mut connection).await? {
        Ok(connection)
    } else {
        Err(ViewsError::Schema)
    }
}

/// The last record in the tables of a connection.
///
/// # Errors
/// The database fails, or says what no folder wrote.
pub(super) async fn folded(connection: &mut SqliteConnection) -> Result<Chain, ViewsError> {
    let (seq, chain): (i64, String) = sqlx::query_as("SELECT seq, chain FROM folded")
        .fetch_one(connection)
        .await?;
    let seq = u64::try_from(seq).map_err(|_| ViewsError::Schema)?;
    let hash = from_hex(&chain).ok_or(ViewsError::Schema)?;
    Ok(Chain::at(seq, hash))
}

async fn is_new(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let objects: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(connection)
        .await?;
    Ok(objects == 0)
}

/// Whether exactly this version's migrations were applied: an older one's rows lack what a newer
/// table would hold, so they are folded anew rather than migrated.
async fn has_our_tables(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let known: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut *connection)
            .await?;
    if known == 0 {
        return Ok(false);
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(connection)
            .await?;
    Ok(MIGRATIONS
        .iter()
        .map(|m| (m.version, m.checksum.as_ref()))
        .eq(applied.iter().map(|(v, c)| (*v, c.as_slice()))))
}

fn file_id(path: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// Renames the file, so that it can be looked at, and removes what SQLite keeps beside it. The one
/// put aside before is lost: there is at most one.
///
/// # Errors
/// The file system fails.
pub(super) fn set_aside(path: &Path) -> Result<(), ViewsError> {
    let done = match std::fs::rename(path, beside(path, ".broken")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => remove_companions(path),
    };
    done.map_err(|source| ViewsError::Io {
        doing: "putting the database aside",
        source,
    })
}

/// Removes the file and what SQLite keeps beside it.
///
/// # Errors
/// The file system fails; that there is none is no error.
pub(super) fn remove(path: &Path) -> Result<(), ViewsError> {
    remove_if_there(path)
        .and_then(|()| remove_companions(path))
        .map_err(|source| ViewsError::Io {
            doing: "removing a database",
            source,
        })
}

fn remove_companions(path: &Path) -> io::Result<()> {
    remove_if_there(&beside(path, "-wal"))?;
    remove_if_there(&beside(path, "-shm"))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The file of the same name and an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A hash as 64 digits.
pub(super) fn to_hex(hash: &Hash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, b| {
        write!(text, "{b:02x}").expect("a string takes every byte");
        text
    })
}

fn from_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(hash)
}
