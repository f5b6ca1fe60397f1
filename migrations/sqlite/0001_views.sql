-- Folded from the journal; nothing reads these tables to decide, and they can be thrown away.
-- Times are RFC 3339 UTC with milliseconds; amounts, prices and quantities are exact, as TEXT.

-- The last record that is in these tables, and the hash chain there.
CREATE TABLE folded (
    seq   INTEGER NOT NULL,
    chain TEXT    NOT NULL
);
INSERT INTO folded (seq, chain)
VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Every event, in order.
CREATE TABLE audit (
    seq   INTEGER NOT NULL,
    time  TEXT    NOT NULL,
    kind  TEXT    NOT NULL,
    actor TEXT    NOT NULL,
    cause INTEGER,
    data  TEXT    NOT NULL
);
CREATE INDEX audit_seq ON audit (seq);
CREATE INDEX audit_kind ON audit (kind, seq);

CREATE TABLE resource_reservations (
    id            TEXT    NOT NULL UNIQUE,
    agent_type    TEXT    NOT NULL,
    resource_type TEXT    NOT NULL,
    amount        TEXT    NOT NULL,
    priority      INTEGER NOT NULL,
    purpose       TEXT    NOT NULL,
    reserved_at   TEXT    NOT NULL, -- granted; asked for, while it is queued
    expires_at    TEXT,
    status        TEXT    NOT NULL,
    created_at    TEXT    NOT NULL,
    strategy      TEXT,
    class         TEXT    NOT NULL,
    asked         TEXT    NOT NULL,
    order_id      TEXT,
    position_id   TEXT,
    granted_with  TEXT    NOT NULL, -- a JSON list of ids
    sharpe        TEXT,
    waits_for     TEXT              -- in words, while it is queued
);

-- What reservations, activities, approvals, trading state, degradation, schedules and agents went
-- through.
CREATE TABLE state_transitions (
    id           INTEGER PRIMARY KEY,
    timestamp    TEXT NOT NULL,
    agent_type   TEXT NOT NULL,
    state_change TEXT NOT NULL,
    details      TEXT NOT NULL,
    created_at   TEXT NOT NULL
);

CREATE TABLE agent_messages (
    id                  TEXT    NOT NULL UNIQUE,
    from_agent          TEXT    NOT NULL,
    to_agent            TEXT,
    message_type        TEXT    NOT NULL,
    priority            TEXT    NOT NULL,
    subject             TEXT    NOT NULL,
    payload             TEXT    NOT NULL,
    processed           INTEGER NOT NULL,
    processed_at        TEXT,
    response_message_id TEXT,
    sent_at             TEXT    NOT NULL,
    expires_at          TEXT,
    topic               TEXT,
    in_reply_to         TEXT,
    status              TEXT    NOT NULL,
    ttl_s               INTEGER
);

CREATE TABLE coordination_state (
    id                 INTEGER PRIMARY KEY,
    cycle_id           TEXT    NOT NULL UNIQUE,
    phase              TEXT    NOT NULL,
    active_agents      TEXT    NOT NULL,
    shared_data        TEXT    NOT NULL, -- a JSON object: what agents left for each other, by key
    halt_requested     INTEGER NOT NULL,
    halt_reason        TEXT,
    cycle_started_at   TEXT    NOT NULL,
    cycle_completed_at TEXT,
    cycle_result       TEXT,
    errors             TEXT    NOT NULL,
    symbol             TEXT    NOT NULL,
    phases             TEXT    NOT NULL, -- a JSON list of those that began
    findings           TEXT    NOT NULL, -- what it has found out itself
    approval_id        TEXT              -- the one it waits for
);

-- Heartbeats and response times are samples of the wall clock: the journal has none of them.
CREATE TABLE agent_health (
    id                   INTEGER PRIMARY KEY,
    agent_name           TEXT    NOT NULL UNIQUE,
    is_healthy           INTEGER NOT NULL,
    last_heartbeat       TEXT,
    avg_response_time_ms REAL,
    error_count          INTEGER NOT NULL,
    success_count        INTEGER NOT NULL,
    status_message       TEXT
);

-- One row: what a restart would restore.
CREATE TABLE coordinator_state (
    id             INTEGER PRIMARY KEY,
    state          TEXT NOT NULL,
    hardstop       TEXT,
    causes         TEXT NOT NULL,
    paused_symbols TEXT NOT NULL,
    autonomy       TEXT NOT NULL, -- autonomous or guide
    degradation    TEXT NOT NULL,
    activities     TEXT NOT NULL, -- a JSON list of those that run or wait
    schedules      TEXT NOT NULL,
    statistics     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
);

CREATE TABLE orders (
    id              TEXT    NOT NULL UNIQUE,
    request_id      TEXT,
    client_order_id TEXT    NOT NULL,
    venue_order_id  TEXT,
    parent_id       TEXT,
    position_id     TEXT,
    purpose         TEXT    NOT NULL,
    symbol          TEXT    NOT NULL,
    side            TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    quantity        TEXT    NOT NULL,
    filled          TEXT    NOT NULL,
    price           TEXT,
    stop_price      TEXT,
    average_price   TEXT,
    status          TEXT    NOT NULL, -- the documents' `error` where the venue rejected it
    reason          TEXT,
    reduce_only     INTEGER NOT NULL,
    time_in_force   TEXT    NOT NULL,
    expires_at      TEXT,
    post_only       INTEGER NOT NULL,
    self_trade      TEXT,
    fees            TEXT    NOT NULL,
    strategy        TEXT,
    agent_id        TEXT,
    policy_version  TEXT,
    feature_hash    TEXT,
    confidence      TEXT,
    metadata        TEXT    NOT NULL,
    cancel_asked    INTEGER NOT NULL,
    created_at      TEXT    NOT NULL,
    updated_at      TEXT    NOT NULL
);
CREATE INDEX orders_symbol ON orders (symbol);
CREATE INDEX orders_position ON orders (position_id);

CREATE TABLE order_status_log (
    id          INTEGER PRIMARY KEY,
    order_id    TEXT NOT NULL,
    external_id TEXT,
    status      TEXT NOT NULL,
    timestamp   TEXT NOT NULL,
    details     TEXT
);
CREATE INDEX order_status_log_order ON order_status_log (order_id);

CREATE TABLE execution_events (
    id         INTEGER PRIMARY KEY,
    timestamp  TEXT NOT NULL,
    event_type TEXT NOT NULL,
    order_id   TEXT,
    symbol     TEXT,
    side       TEXT,
    size       TEXT,
    fill_price TEXT,
    details    TEXT NOT NULL
);
CREATE INDEX execution_events_order ON execution_events (order_id);

CREATE TABLE trade_executions (
    id           INTEGER PRIMARY KEY,
    execution_id TEXT NOT NULL,
    order_id     TEXT NOT NULL,
    position_id  TEXT,
    symbol       TEXT NOT NULL,
    side         TEXT NOT NULL,
    time         TEXT NOT NULL,
    price        TEXT NOT NULL,
    quantity     TEXT NOT NULL,
    fee          TEXT NOT NULL,
    liquidity    TEXT NOT NULL
);
CREATE INDEX trade_executions_order ON trade_executions (order_id);

-- Price and what hangs on it are as of the last snapshot.
CREATE TABLE positions (
    id              TEXT    NOT NULL UNIQUE,
    status          TEXT    NOT NULL,
    symbol          TEXT    NOT NULL,
    side            TEXT    NOT NULL,
    quantity        TEXT    NOT NULL,
    margin_size     TEXT    NOT NULL,
    entry           TEXT    NOT NULL,
    price           TEXT,
    leverage        TEXT    NOT NULL,
    stop            TEXT,
    target          TEXT,
    trail           TEXT,
    stop_order_id   TEXT,
    target_order_id TEXT,
    unrealised      TEXT,
    unrealised_pct  TEXT,
    realised        TEXT    NOT NULL,
    fees            TEXT    NOT NULL,
    opened_at       TEXT    NOT NULL,
    closed_at       TEXT,
    exit_price      TEXT,
    close_reason    TEXT,
    protected       INTEGER NOT NULL,
    closing         INTEGER NOT NULL,
    strategy        TEXT
);
CREATE INDEX positions_symbol ON positions (symbol);

CREATE TABLE position_snapshots (
    timestamp          TEXT NOT NULL,
    position_id        TEXT NOT NULL,
    symbol             TEXT NOT NULL,
    current_price      TEXT NOT NULL,
    unrealized_pnl     TEXT NOT NULL,
    unrealized_pnl_pct TEXT NOT NULL
);
CREATE INDEX position_snapshots_position ON position_snapshots (position_id, timestamp);
