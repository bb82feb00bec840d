-- +goose Up

-- Which revisions created, changed or deleted which objects: one row for each run of ids that a revision names, so that
-- the history of an object is found without reading the journal.
CREATE TABLE journal_object (
    noun     TEXT    NOT NULL,
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (noun, first_id, revision)
) WITHOUT ROWID;
CREATE INDEX journal_object_run ON journal_object (noun, last_id) WHERE last_id > first_id;
CREATE INDEX journal_object_revision ON journal_object (revision);
CREATE INDEX journal_at ON journal (at);
CREATE INDEX journal_actor ON journal (actor, revision);

INSERT INTO journal_object (noun, first_id, last_id, revision)
SELECT   json_extract(c.value, '$.noun'), json_extract(c.value, '$.id'), json_extract(c.value, '$.id'), journal.revision
FROM     journal, json_each(journal.changes) AS c
WHERE    json_extract(c.value, '$.id') IS NOT NULL
GROUP BY 1, 2, 3, 4;

INSERT INTO journal_object (noun, first_id, last_id, revision)
SELECT   json_extract(c.value, '$.noun'), json_extract(r.value, '$.first'), max(json_extract(r.value, '$.last')), journal.revision
FROM     journal, json_each(journal.changes) AS c, json_each(c.value, '$.created') AS r
WHERE    json_extract(c.value, '$.created') IS NOT NULL
GROUP BY 1, 2, 4
ON CONFLICT DO NOTHING;

-- What each replica has seen of those who ask for lists. summary is JSON, see Consumer; the times are in milliseconds
-- since 1970. Rows are no part of the inventory: they have no revision and no journal entry, and may be lost.
CREATE TABLE consumer (
    replica TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    summary TEXT    NOT NULL,
    seen    INTEGER NOT NULL,
    written INTEGER NOT NULL,
    PRIMARY KEY (replica, name)
) WITHOUT ROWID;
CREATE INDEX consumer_seen ON consumer (seen);
