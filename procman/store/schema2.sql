-- Version 2.

-- Arguments as JSON: an array of strings. Bytes that are not UTF-8 are lone surrogates in it, as "\udcff".
-- Runs are listed, kept and counted by when they were: Run.at in procman/core/tasks/run.py.
ALTER TABLE runs ADD COLUMN at REAL NOT NULL DEFAULT 0;
UPDATE runs SET
    args = CASE args WHEN '' THEN '[]' ELSE words_as_json(args) END,
    at = CASE
        WHEN outcome IN ('skipped', 'missed') THEN min(coalesce(due, ended_at), ended_at)
        ELSE coalesce(ended_at, started_at, due, created_at)
    END;
DROP INDEX runs_finished;
CREATE INDEX runs_finished ON runs (task, at, id, outcome) WHERE state = 'finished';
CREATE INDEX runs_history ON runs (at, id, outcome) WHERE state = 'finished';

ALTER TABLE pasts ADD COLUMN last_at REAL NOT NULL DEFAULT 0;
ALTER TABLE pasts DROP COLUMN last_ok;
UPDATE pasts SET
    last_at = coalesce((SELECT at FROM runs WHERE id = last_run), last_success, 0),
    last_success = coalesce(
        (SELECT max(at) FROM runs WHERE task = pasts.task AND state = 'finished' AND outcome = 'ok'),
        last_success
    );
UPDATE pasts SET (last_outcome, last_run, last_at) = (newest.outcome, newest.id, newest.at)
FROM (
    SELECT task, outcome, id, max(at) AS at FROM runs
    WHERE state = 'finished' AND outcome NOT IN ('skipped', 'missed', 'canceled')
    GROUP BY task
) AS newest
WHERE newest.task = pasts.task AND newest.at > pasts.last_at;

-- How long runs are kept, as procman.yml said last: tasks that it no longer has keep theirs as long.
CREATE TABLE retentions (
    task TEXT PRIMARY KEY,
    keep INTEGER NOT NULL,
    keep_for REAL NOT NULL
) STRICT, WITHOUT ROWID;
