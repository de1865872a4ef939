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
    keep_for REAL NOT NULL,
    keep_keys REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys outlive the rows of their runs. They are kept by triggers, so that the key of an app that has still
-- loaded the procman of version 1 counts, too. `since`: when its run was asked for, or is due if that is later.
CREATE TABLE keys (
    task TEXT NOT NULL,
    key TEXT NOT NULL,
    run INTEGER NOT NULL,
    since REAL NOT NULL,
    PRIMARY KEY (task, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_since ON keys (task, since);
INSERT INTO keys SELECT task, key, id, max(created_at, coalesce(due, created_at)) FROM runs
WHERE key IS NOT NULL AND outcome IS NOT 'canceled';
DROP INDEX runs_key;
CREATE TRIGGER key_taken AFTER INSERT ON runs WHEN NEW.key IS NOT NULL BEGIN
    INSERT INTO keys VALUES (NEW.task, NEW.key, NEW.id, max(NEW.created_at, coalesce(NEW.due, NEW.created_at)));
END;
CREATE TRIGGER key_free AFTER UPDATE OF outcome ON runs WHEN NEW.key IS NOT NULL AND NEW.outcome = 'canceled' BEGIN
    DELETE FROM keys WHERE task = NEW.task AND key = NEW.key AND run = NEW.id;
END;

-- How many attempts before this one ended with procman, and so do not count as retries.
ALTER TABLE runs ADD COLUMN reruns INTEGER NOT NULL DEFAULT 0;
