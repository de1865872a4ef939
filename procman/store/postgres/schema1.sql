-- Version 1. Columns are named as the fields of Run, TaskState and Past in procman/core/tasks/.
-- Times are UTC seconds since the epoch. Each table has the rows of several apps.

CREATE TABLE procman.apps (
    app text PRIMARY KEY,
    -- Names the sequence of its runs, and tells this database from others that know an app of that name.
    number integer NOT NULL UNIQUE DEFAULT 1 + floor(random() * 16777215)
);

CREATE TABLE procman.runs (
    app text NOT NULL,
    id bigint NOT NULL, -- from the sequence of the app: numbers are never given twice
    task text NOT NULL,
    command text NOT NULL,
    args text NOT NULL, -- a JSON array of strings; bytes that are not UTF-8 are lone surrogates, as "\udcff"
    trigger text NOT NULL,
    tick bigint,
    due double precision,
    attempt integer NOT NULL CHECK (attempt >= 1),
    key text,
    created_at double precision NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'queued', 'claimed', 'running', 'finished')),
    outcome text CHECK ((outcome IS NOT NULL) = (state = 'finished')),
    code integer,
    reason text,
    owner text CHECK (owner IS NOT NULL OR state IN ('pending', 'finished')),
    pid bigint,
    identity text,
    started_at double precision,
    ended_at double precision CHECK ((ended_at IS NOT NULL) = (state = 'finished')),
    output_bytes bigint,
    truncated boolean NOT NULL,
    max_rss_bytes bigint,
    cpu_s double precision,
    reruns integer NOT NULL,
    at double precision NOT NULL, -- when it was: Run.at
    PRIMARY KEY (app, id),
    CHECK (due IS NOT NULL OR state <> 'pending')
);

-- A tick runs once, whoever sees it.
CREATE UNIQUE INDEX runs_tick ON procman.runs (app, task, tick, attempt) WHERE tick IS NOT NULL;
CREATE INDEX runs_pending ON procman.runs (app, due, id) WHERE state = 'pending';
CREATE INDEX runs_pending_ticks ON procman.runs (app, due, id) WHERE state = 'pending' AND tick IS NOT NULL;
CREATE INDEX runs_open ON procman.runs (app, id) WHERE state IN ('queued', 'claimed', 'running');
CREATE INDEX runs_finished ON procman.runs (app, task, at, id) WHERE state = 'finished';
CREATE INDEX runs_history ON procman.runs (app, at, id) WHERE state = 'finished';

-- Apart from the runs, so that a list of these does not read through it.
CREATE TABLE procman.outputs (
    app text NOT NULL,
    run bigint NOT NULL,
    output bytea NOT NULL,
    PRIMARY KEY (app, run)
);

CREATE TABLE procman.tasks (
    app text NOT NULL,
    name text NOT NULL,
    schedule text NOT NULL,
    accounted bigint,
    paused_at double precision,
    resumed_at double precision,
    PRIMARY KEY (app, name)
);

-- What remains known of a task's runs when they are deleted.
CREATE TABLE procman.pasts (
    app text NOT NULL,
    task text NOT NULL,
    last_tick bigint,
    last_outcome text,
    last_run bigint NOT NULL,
    last_at double precision NOT NULL,
    last_ran boolean NOT NULL,
    last_success double precision,
    pruned_tick bigint,
    PRIMARY KEY (app, task)
);

-- How long runs are kept, as procman.yml said last.
CREATE TABLE procman.retentions (
    app text NOT NULL,
    task text NOT NULL,
    keep bigint NOT NULL,
    keep_for double precision NOT NULL,
    keep_keys double precision NOT NULL,
    PRIMARY KEY (app, task)
);

-- Keys outlive the rows of their runs. `since`: when its run was asked for, or is due if that is later.
CREATE TABLE procman.keys (
    app text NOT NULL,
    task text NOT NULL,
    key text NOT NULL,
    run bigint NOT NULL,
    since double precision NOT NULL,
    PRIMARY KEY (app, task, key)
);
CREATE INDEX keys_since ON procman.keys (app, task, since);

-- The words of a JSON array. What no text can be in PostgreSQL stays as it is escaped: \u0000 and \udcff.
-- Where the backslash is escaped itself, this is text already.
CREATE FUNCTION procman.words_of(list text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT json_array_elements_text(
        regexp_replace(list, '((?<!\\)(?:\\\\)*)\\u(0000|d[89a-f][0-9a-f]{2})', '\1\\\\u\2', 'g')::json
    )
$$;

-- Who cancels a run releases its key.
CREATE FUNCTION procman.free_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM procman.keys WHERE app = NEW.app AND task = NEW.task AND key = NEW.key AND run = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER key_free AFTER UPDATE OF outcome ON procman.runs FOR EACH ROW
WHEN (NEW.key IS NOT NULL AND NEW.outcome = 'canceled') EXECUTE FUNCTION procman.free_key();

-- Who runs an app: each procman renews its row; one that is silent for too long is taken for dead.
CREATE TABLE procman.instances (
    app text NOT NULL,
    id text NOT NULL,
    host text NOT NULL,
    pid bigint NOT NULL,
    version text NOT NULL,
    labels text NOT NULL, -- as args
    started_at double precision NOT NULL, -- by the clock of its host
    heartbeat timestamptz NOT NULL, -- by the clock of the server
    clock_ahead double precision NOT NULL, -- seconds by which its host's clock was ahead of the server's
    running integer NOT NULL,
    PRIMARY KEY (app, id)
);
CREATE INDEX instances_app ON procman.instances (app, heartbeat);
