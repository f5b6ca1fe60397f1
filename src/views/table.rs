//! How rows reach a table: as one JSON list that a single prepared statement takes apart, so that
//! a batch costs one statement a table and no SQL is made of data.

use serde::Serialize;
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::fmt::Write;

/// A table's name and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    /// Its name.
    pub name: &'static str,
    /// The column that names a row for ever; none where rows are only added.
    pub key: Option<&'static str>,
    /// The columns a row brings.
    pub columns: &'static [&'static str],
}

/// A row: its fields are the table's columns.
pub(super) trait Row: Serialize {
    /// Where it belongs.
    const TABLE: Table;
}

impl Table {
    /// The columns' names. Those that are words of Rust are written raw in their struct.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns
            .iter()
            .map(|c| c.strip_prefix("r#").unwrap_or(c))
    }

    /// Takes a JSON list of rows: new ones are added, known ones replaced where they are.
    fn write_sql(&self) -> String {
        let list = |each: fn(&str) -> String| -> String {
            self.columns().map(each).collect::<Vec<_>>().join(", ")
        };
        let mut sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM json_each(?1) WHERE true",
            self.name,
            list(|c| format!("\"{c}\"")),
            list(|c| format!("value ->> '$.{c}'")),
        );
        if let Some(key) = self.key {
            let update = list(|c| format!("\"{c}\" = excluded.\"{c}\""));
            write!(sql, " ON CONFLICT (\"{key}\") DO UPDATE SET {update}")
                .expect("a string takes every byte");
        }
        sql
    }

    /// Takes a row number and a limit: the rows after it, each as a JSON list.
    pub fn read_sql(&self) -> String {
        let columns: Vec<_> = self.columns().map(|c| format!("\"{c}\"")).collect();
        format!(
            "SELECT rowid, json_array({}) FROM {} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
            columns.join(", "),
            self.name
        )
    }

    /// Empties it.
    pub fn empty_sql(&self) -> String {
        format!("DELETE FROM {}", self.name)
    }
}

/// Writes rows in their order.
///
/// # Errors
/// The database fails.
pub(super) async fn write<R: Row>(
    connection: &mut SqliteConnection,
    rows: &[R],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_string(rows).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    sqlx::query(AssertSqlSafe(R::TABLE.write_sql()))
        .bind(json)
        .execute(connection)
        .await?;
    Ok(())
}
