-- What is searched, what it has proved, and what of it is at work.

CREATE TABLE research_runs (
    id           TEXT    NOT NULL UNIQUE,
    kind         TEXT    NOT NULL,
    strategy     TEXT,              -- none: it composes its own
    status       TEXT    NOT NULL,
    activity_id  TEXT,
    spec         TEXT    NOT NULL,  -- all that decides how it ends, as JSON
    data_hash    TEXT    NOT NULL,
    code_version TEXT    NOT NULL,
    seed         TEXT    NOT NULL,  -- a whole number that may be larger than SQLite's
    trials       INTEGER NOT NULL,
    trials_done  INTEGER NOT NULL,
    steps_done   INTEGER NOT NULL,
    best         TEXT,              -- what it found, as JSON
    gates        TEXT    NOT NULL,  -- a JSON list
    hash         TEXT,
    reason       TEXT,
    asked_by     TEXT    NOT NULL,
    created_at   TEXT    NOT NULL,
    started_at   TEXT,
    ended_at     TEXT
);

CREATE TABLE strategy_versions (
    id           TEXT    NOT NULL UNIQUE, -- strategy@version
    strategy     TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    definition   TEXT    NOT NULL,        -- the rule, as JSON
    parameters   TEXT    NOT NULL,        -- a JSON list
    symbol       TEXT    NOT NULL,
    interval_ms  INTEGER NOT NULL,
    has_stop     INTEGER NOT NULL,
    promise      TEXT,                    -- what it has shown, as JSON
    run_id       TEXT,
    feature_hash TEXT    NOT NULL,
    proved_at    TEXT    NOT NULL
);

-- Candidates and deployments. Figures are those of the stage it is in, and of its last once it has
-- ended; fractions, not percents.
CREATE TABLE services (
    id              TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    strategy        TEXT    NOT NULL,
    version         TEXT    NOT NULL,
    symbol          TEXT    NOT NULL,
    interval_ms     INTEGER NOT NULL,
    feature_hash    TEXT    NOT NULL,
    stage           TEXT    NOT NULL,
    asked           TEXT    NOT NULL,
    capital         TEXT    NOT NULL,
    signals         INTEGER NOT NULL,
    trades          INTEGER NOT NULL,
    wins            INTEGER NOT NULL,
    realised        TEXT    NOT NULL,
    sharpe          TEXT,
    baseline_sharpe TEXT,
    max_drawdown    TEXT    NOT NULL,
    holding         TEXT,              -- its position on paper, as JSON
    holds           TEXT    NOT NULL,  -- a JSON list of reservations
    run_id          TEXT,
    asked_by        TEXT    NOT NULL,
    replaces        TEXT,
    created_at      TEXT    NOT NULL,
    staged_at       TEXT    NOT NULL,
    began_at        TEXT,              -- none: it waits for what its stage takes
    ended_at        TEXT,
    end_how         TEXT,
    end_reason      TEXT
);
CREATE INDEX services_strategy ON services (strategy);

CREATE TABLE service_stages (
    id              INTEGER PRIMARY KEY,
    service_id      TEXT    NOT NULL,
    stage           TEXT    NOT NULL,
    left_at         TEXT    NOT NULL,
    capital         TEXT    NOT NULL,
    signals         INTEGER NOT NULL,
    trades          INTEGER NOT NULL,
    wins            INTEGER NOT NULL,
    realised        TEXT    NOT NULL,
    sharpe          TEXT,
    baseline_sharpe TEXT,
    max_drawdown    TEXT    NOT NULL,
    gates           TEXT    NOT NULL   -- a JSON list
);
CREATE INDEX service_stages_service ON service_stages (service_id);
