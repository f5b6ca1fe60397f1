//! Lists beyond what is kept in memory, as the documents of the interfaces, newest first.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use super::database;
use super::error::ViewsError;
use super::folder::sql_seq;
use crate::core::Name;
use crate::snapshot::{AuditLine, List};

/// Rows of a page at most.
pub const MAX_PAGE: u32 = 10_000;

/// Reads the tables beside whoever folds them. Each call opens the database anew, so that one that
/// was thrown away meanwhile is never read.
#[derive(Debug, Clone)]
pub struct Queries {
    path: PathBuf,
}

/// A list's statements: both take the two filters first, then the id after which it goes on and
/// the limit.
struct Listing {
    items: &'static str,
    total: &'static str,
}

macro_rules! listing {
    ($document:literal, $table:literal, $id:literal, $first:literal, $second:literal) => {
        Listing {
            items: concat!(
                "SELECT ",
                $document,
                " FROM ",
                $table,
                " WHERE (?1 IS NULL OR ",
                $first,
                " = ?1) AND (?2 IS NULL OR ",
                $second,
                " = ?2)",
                " AND (?3 IS NULL OR rowid < (SELECT rowid FROM ",
                $table,
                " WHERE ",
                $id,
                " = ?3))",
                " ORDER BY rowid DESC LIMIT ?4"
            ),
            total: concat!(
                "SELECT count(*) FROM ",
                $table,
                " WHERE (?1 IS NULL OR ",
                $first,
                " = ?1) AND (?2 IS NULL OR ",
                $second,
                " = ?2)"
            ),
        }
    };
}

const ORDERS: Listing = listing!(
    "json_object(
        'id', id, 'request_id', request_id, 'client_order_id', client_order_id,
        'venue_order_id', venue_order_id, 'parent_id', parent_id, 'position_id', position_id,
        'purpose', purpose, 'symbol', symbol, 'side', side, 'type', type, 'quantity', quantity,
        'filled', filled, 'price', price, 'stop_price', stop_price,
        'average_price', average_price, 'status', iif(status = 'error', 'rejected', status),
        'reason', reason, 'reduce_only', json(iif(reduce_only, 'true', 'false')),
        'time_in_force', time_in_force, 'expires_at', expires_at,
        'post_only', json(iif(post_only, 'true', 'false')), 'self_trade', self_trade,
        'fees', fees, 'strategy', strategy, 'agent_id', agent_id,
        'policy_version', policy_version, 'feature_hash', feature_hash,
        'confidence', confidence, 'metadata', json(metadata),
        'cancel_asked', json(iif(cancel_asked, 'true', 'false')),
        'created_at', created_at, 'updated_at', updated_at,
        'fills', json((
            SELECT json_group_array(json_object(
                'execution_id', t.execution_id, 'time', t.time, 'price', t.price,
                'quantity', t.quantity, 'fee', t.fee, 'liquidity', t.liquidity
            ) ORDER BY t.id)
            FROM trade_executions t WHERE t.order_id = orders.id)))",
    "orders",
    "id",
    "symbol",
    "status"
);

const POSITIONS: Listing = listing!(
    "json_object(
        'id', id, 'status', status, 'symbol', symbol, 'side', side, 'quantity', quantity,
        'margin_size', margin_size, 'entry', entry, 'price', price, 'leverage', leverage,
        'stop', stop, 'target', target, 'trail', trail, 'stop_order_id', stop_order_id,
        'target_order_id', target_order_id, 'unrealised', unrealised,
        'unrealised_pct', unrealised_pct, 'realised', realised, 'fees', fees,
        'opened_at', opened_at, 'closed_at', closed_at, 'exit_price', exit_price,
        'close_reason', close_reason, 'protected', json(iif(protected, 'true', 'false')),
        'closing', json(iif(closing, 'true', 'false')), 'strategy', strategy)",
    "positions",
    "id",
    "symbol",
    "status"
);

const RESERVATIONS: Listing = listing!(
    "json_object(
        'id', id, 'agent', agent_type, 'strategy', strategy, 'resource', resource_type,
        'class', class, 'priority', priority, 'amount', amount, 'asked', asked,
        'purpose', purpose, 'status', status, 'created_at', created_at,
        'expires_at', expires_at, 'order_id', order_id, 'position_id', position_id,
        'group', json(granted_with), 'sharpe', sharpe, 'waits_for', waits_for)",
    "resource_reservations",
    "id",
    "agent_type",
    "status"
);

const CYCLES: Listing = listing!(
    "json_object(
        'id', cycle_id, 'symbol', symbol, 'phase', phase, 'active_agents', json(active_agents),
        'halt_requested', json(iif(halt_requested, 'true', 'false')),
        'halt_reason', halt_reason, 'started_at', cycle_started_at,
        'ended_at', cycle_completed_at,
        'success', json(iif(cycle_completed_at IS NULL, 'null',
            iif(phase = 'completed', 'true', 'false'))),
        'result', cycle_result, 'errors', json(errors),
        'phases_completed', json((
            SELECT json_group_array(value ->> '$.phase') FROM json_each(phases)
            WHERE value ->> '$.ended_at' IS NOT NULL)),
        'phases', json(phases),
        'data', json((SELECT json_group_array(key) FROM json_each(shared_data))),
        'approval', approval_id)",
    "coordination_state",
    "cycle_id",
    "symbol",
    "phase"
);

const MESSAGES: Listing = listing!(
    "json_object(
        'id', id, 'from', from_agent, 'to', to_agent, 'topic', topic, 'kind', message_type,
        'priority', priority, 'subject', subject, 'payload', json(payload),
        'in_reply_to', in_reply_to, 'response_id', response_message_id,
        'processed', json(iif(processed, 'true', 'false')), 'processed_at', processed_at,
        'created_at', sent_at, 'expires_at', expires_at, 'ttl_s', ttl_s, 'status', status)",
    "agent_messages",
    "id",
    "to_agent",
    "status"
);

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Orders; cut down by symbol and status.
    Orders,
    /// Positions, by symbol and status; price and unrealised gain are the last snapshot's.
    Positions,
    /// Reservations, by agent and status.
    Reservations,
    /// Cycles, by symbol and phase.
    Cycles,
    /// Messages, by addressee and status.
    Messages,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Rows at most.
    pub limit: u32,
    /// Those before this id; an unknown one ends the list.
    pub after: Option<&'a str>,
    /// Only of this symbol or agent.
    pub of: Option<&'a str>,
    /// Only where they stand so.
    pub status: Option<&'a str>,
}

impl Listed {
    fn listing(self) -> &'static Listing {
        match self {
            Self::Orders => &ORDERS,
            Self::Positions => &POSITIONS,
            Self::Reservations => &RESERVATIONS,
            Self::Cycles => &CYCLES,
            Self::Messages => &MESSAGES,
        }
    }
}

impl Queries {
    /// Reads the tables at this path; see [`database_path`](super::database_path).
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Documents, newest first: at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// There are no tables of this version, or the database fails.
    pub async fn list(&self, what: Listed, page: &Page<'_>) -> Result<List<Value>, ViewsError> {
        let listing = what.listing();
        let status = match (what, page.status) {
            (Listed::Orders, Some("rejected")) => Some("error"),
            (_, status) => status,
        };
        let mut connection = database::read(&self.path).await?;
        let mut transaction = connection.begin().await?;
        let seq = database::folded(&mut transaction).await?.seq();
        let total = count(&mut transaction, listing, page.of, status).await?;
        let rows: Vec<String> = sqlx::query_scalar(listing.items)
            .bind(page.of)
            .bind(status)
            .bind(page.after)
            .bind(page.limit.min(MAX_PAGE))
            .fetch_all(&mut *transaction)
            .await?;
        let items = rows
            .iter()
            .map(|row| serde_json::from_str(row))
            .collect::<Result<_, _>>()?;
        Ok(List { items, seq, total })
    }

    /// Events after record `since_seq`, oldest first, of one kind, by one actor. A record is never
    /// cut: there are more lines than `limit` where the last record has more.
    ///
    /// # Errors
    /// As [`Queries::list`].
    pub async fn audit(
        &self,
        since_seq: u64,
        limit: u32,
        kind: Option<&str>,
        actor: Option<Name>,
    ) -> Result<Vec<AuditLine>, ViewsError> {
        let mut connection = database::read(&self.path).await?;
        let rows: Vec<String> = sqlx::query_scalar(
            "WITH line AS (
                SELECT rowid AS n, * FROM audit
                WHERE seq > ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR actor = ?3))
             SELECT json_object('seq', seq, 'time', time, 'kind', kind, 'actor', actor,
                'cause', cause, 'origin', origin, 'data', json(data))
             FROM line
             WHERE seq <= ifnull(
                (SELECT seq FROM line ORDER BY seq, n LIMIT 1 OFFSET ?4), 9223372036854775807)
             ORDER BY seq, n",
        )
        .bind(sql_seq(since_seq))
        .bind(kind)
        .bind(actor.map(|name| name.to_string()))
        .bind(i64::from(limit.clamp(1, MAX_PAGE)) - 1)
        .fetch_all(&mut connection)
        .await?;
        rows.iter()
            .map(|row| Ok(serde_json::from_str(row)?))
            .collect()
    }
}

async fn count(
    connection: &mut SqliteConnection,
    listing: &Listing,
    first: Option<&str>,
    second: Option<&str>,
) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(listing.total)
        .bind(first)
        .bind(second)
        .fetch_one(connection)
        .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
