-- Version 1. Columns are named as the fields of Run and TaskState in procman/core/tasks/run.py.
-- Times are UTC seconds since the epoch.

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- numbers are never given twice, also when runs are deleted
    task TEXT NOT NULL,
    command TEXT NOT NULL,
    args TEXT NOT NULL, -- each word ends with a newline, escaped as Python's codec unicode_escape does
    trigger TEXT NOT NULL,
    tick INTEGER,
    due REAL,
    attempt INTEGER NOT NULL CHECK (attempt >= 1),
    key TEXT,
    created_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'queued', 'claimed', 'running', 'finished')),
    outcome TEXT CHECK ((outcome IS NOT NULL) = (state = 'finished')),
    code INTEGER,
    reason TEXT,
    owner TEXT CHECK (owner IS NOT NULL OR state IN ('pending', 'finished')),
    pid INTEGER,
    identity TEXT,
    started_at REAL,
    ended_at REAL CHECK ((ended_at IS NOT NULL) = (state = 'finished')),
    output_bytes INTEGER,
    truncated INTEGER NOT NULL CHECK (truncated IN (0, 1)),
    max_rss_bytes INTEGER,
    cpu_s REAL,
    CHECK (due IS NOT NULL OR state <> 'pending')
) STRICT;

-- A tick runs once, whoever sees it.
CREATE UNIQUE INDEX runs_tick ON runs (task, tick, attempt) WHERE tick IS NOT NULL;
CREATE UNIQUE INDEX runs_key ON runs (task, key) WHERE key IS NOT NULL AND outcome IS NOT 'canceled';
CREATE INDEX runs_pending ON runs (due, id, task) WHERE state = 'pending';
CREATE INDEX runs_pending_ticks ON runs (due, id, task) WHERE state = 'pending' AND tick IS NOT NULL;
CREATE INDEX runs_open ON runs (task) WHERE state IN ('queued', 'claimed', 'running');
CREATE INDEX runs_finished ON runs (task, id, ended_at) WHERE state = 'finished';

-- Apart from the runs, so that a list of these does not read through it.
CREATE TABLE outputs (
    run INTEGER PRIMARY KEY,
    output BLOB NOT NULL
) STRICT;

CREATE TABLE tasks (
    name TEXT PRIMARY KEY,
    schedule TEXT NOT NULL DEFAULT '',
    accounted INTEGER,
    paused_at REAL,
    resumed_at REAL
) STRICT, WITHOUT ROWID;

-- What remains known of a task's runs when they are deleted: Past in procman/core/tasks/past.py.
CREATE TABLE pasts (
    task TEXT PRIMARY KEY,
    last_tick INTEGER,
    last_outcome TEXT,
    last_run INTEGER NOT NULL,
    last_ran INTEGER NOT NULL,
    last_success REAL,
    last_ok INTEGER NOT NULL,
    pruned_tick INTEGER
) STRICT, WITHOUT ROWID;
