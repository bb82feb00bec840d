-- +goose Up

-- version is the revision at which a row last changed. Of rows that are there already it is not known: they get the
-- current one.
ALTER TABLE shard ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE server ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE service ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE farm ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exporter ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE default_exporter ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE probe ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE url ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE shard SET version = (SELECT number FROM revision);
UPDATE server SET version = (SELECT number FROM revision);
UPDATE service SET version = (SELECT number FROM revision);
UPDATE project SET version = (SELECT number FROM revision);
UPDATE farm SET version = (SELECT number FROM revision);
UPDATE host SET version = (SELECT number FROM revision);
UPDATE exporter SET version = (SELECT number FROM revision);
UPDATE default_exporter SET version = (SELECT number FROM revision);
UPDATE probe SET version = (SELECT number FROM revision);
UPDATE url SET version = (SELECT number FROM revision);

-- The share of a shard's targets, in percent, that one write may take away unconfirmed; 0 leaves it to the program.
ALTER TABLE shard ADD COLUMN max_removal BIGINT NOT NULL DEFAULT 0;

-- What a write was told to take away, as JSON; empty when it did not have to be told. See GuardError.
ALTER TABLE journal ADD COLUMN confirmed TEXT NOT NULL DEFAULT '';

-- Results of writes that may be sent again, by who asked and the key that was given. at is in milliseconds since 1970.
CREATE TABLE idempotency (
    actor       TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    action      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    revision    BIGINT NOT NULL,
    result      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (actor, name)
);
CREATE INDEX idempotency_at ON idempotency (at);
