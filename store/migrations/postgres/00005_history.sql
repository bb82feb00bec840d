-- +goose Up

-- Which revisions created, changed or deleted which objects: one row for each run of ids that a revision names, so that
-- the history of an object is found without reading the journal.
CREATE TABLE journal_object (
    noun     TEXT COLLATE "C" NOT NULL,
    first_id BIGINT           NOT NULL,
    last_id  BIGINT           NOT NULL,
    revision BIGINT           NOT NULL,
    PRIMARY KEY (noun, first_id, revision)
);
CREATE INDEX journal_object_run ON journal_object (noun, last_id) WHERE last_id > first_id;
CREATE INDEX journal_object_revision ON journal_object (revision);
CREATE INDEX journal_at ON journal (at);
CREATE INDEX journal_actor ON journal (actor, revision);

INSERT INTO journal_object (noun, first_id, last_id, revision)
SELECT   c ->> 'noun', (c ->> 'id')::bigint, (c ->> 'id')::bigint, journal.revision
FROM     journal, json_array_elements(journal.changes::json) AS c
WHERE    c ->> 'id' IS NOT NULL
GROUP BY 1, 2, 3, 4;

INSERT INTO journal_object (noun, first_id, last_id, revision)
SELECT   c ->> 'noun', (r ->> 'first')::bigint, max((r ->> 'last')::bigint), journal.revision
FROM     journal, json_array_elements(journal.changes::json) AS c, json_array_elements(c -> 'created') AS r
GROUP BY 1, 2, 4
ON CONFLICT DO NOTHING;

-- What each replica has seen of those who ask for lists. summary is JSON, see Consumer; the times are in milliseconds
-- since 1970. Rows are no part of the inventory: they have no revision and no journal entry, and may be lost.
CREATE TABLE consumer (
    replica TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    summary TEXT             NOT NULL,
    seen    BIGINT           NOT NULL,
    written BIGINT           NOT NULL,
    PRIMARY KEY (replica, name)
);
CREATE INDEX consumer_seen ON consumer (seen);
