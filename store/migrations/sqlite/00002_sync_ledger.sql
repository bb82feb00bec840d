-- +goose Up

-- What a sync has taken in from each source, by the source's keys: the row of ours that it became, which may be gone since,
-- and the fields as both sides last had them, as JSON; a field that never agreed is not there. See Store.Sync.
CREATE TABLE sync_ledger (
    source     TEXT    NOT NULL,
    noun       TEXT    NOT NULL,
    source_key INTEGER NOT NULL,
    row_id     INTEGER NOT NULL,
    fields     TEXT    NOT NULL,
    PRIMARY KEY (source, noun, source_key)
);
