-- +goose Up

-- Who is let in: tokens, and the users and client certificates that the web server has checked. hash is the SHA-256 of a
-- token's secret in hexadecimal digits, empty for the others. Times are in milliseconds since 1970, 0 is never.
CREATE TABLE principal (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    hash         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    UNIQUE (kind, name)
);
CREATE UNIQUE INDEX principal_hash ON principal (hash) WHERE hash <> '';

-- What each may do, and where: noun is everything, service, project or shard. noun_id is no foreign key: ids are never
-- used twice, so a grant on what is gone grants nothing.
CREATE TABLE principal_grant (
    principal_id INTEGER NOT NULL REFERENCES principal (id),
    role         TEXT    NOT NULL,
    noun         TEXT    NOT NULL,
    noun_id      INTEGER NOT NULL,
    PRIMARY KEY (principal_id, noun, noun_id)
);

-- The number of the last revision that changed one of the two; 0 while none has.
ALTER TABLE revision ADD COLUMN access INTEGER NOT NULL DEFAULT 0;
