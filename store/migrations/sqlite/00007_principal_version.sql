-- +goose Up

-- version is the revision at which the grants of a principal, or its end, last changed. Those that are there already get the
-- current one.
ALTER TABLE principal ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
UPDATE principal SET version = (SELECT number FROM revision);
