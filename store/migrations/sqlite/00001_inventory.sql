-- +goose Up

-- The one row that says where the inventory stands. Every write raises number; epoch is set once, by the first start.
CREATE TABLE revision (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    epoch  TEXT    NOT NULL,
    number INTEGER NOT NULL
);

-- One entry per revision: the audit log, the change feed between replicas, and the resume point of watchers.
-- at is in milliseconds since 1970; changes and touched are JSON, see Change and Touched.
CREATE TABLE journal (
    revision INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    summary  TEXT    NOT NULL,
    changes  TEXT    NOT NULL,
    touched  TEXT    NOT NULL
);

CREATE TABLE shard (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE,
    url     TEXT    NOT NULL,
    enabled BOOLEAN NOT NULL,
    samples INTEGER NOT NULL,
    targets INTEGER NOT NULL
);

CREATE TABLE server (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    host     TEXT    NOT NULL,
    port     INTEGER NOT NULL,
    shard_id INTEGER NOT NULL REFERENCES shard (id),
    UNIQUE (host, port)
);
CREATE INDEX server_shard ON server (shard_id);

CREATE TABLE service (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    owner       TEXT NOT NULL,
    labels      TEXT NOT NULL
);

CREATE TABLE project (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE,
    description TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    enabled     BOOLEAN NOT NULL,
    labels      TEXT    NOT NULL,
    service_id  INTEGER NOT NULL REFERENCES service (id),
    shard_id    INTEGER NOT NULL REFERENCES shard (id)
);
CREATE INDEX project_service ON project (service_id);
CREATE INDEX project_shard ON project (shard_id);

CREATE TABLE farm (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    project_id INTEGER NOT NULL UNIQUE REFERENCES project (id)
);
CREATE INDEX farm_name ON farm (name);

CREATE TABLE host (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL,
    enabled BOOLEAN NOT NULL,
    labels  TEXT    NOT NULL,
    farm_id INTEGER NOT NULL REFERENCES farm (id),
    UNIQUE (farm_id, name)
);
CREATE INDEX host_name ON host (name);

-- scrape_interval and scrape_timeout are in nanoseconds; 0 leaves them to Prometheus.
CREATE TABLE exporter (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    job             TEXT    NOT NULL,
    port            INTEGER NOT NULL,
    path            TEXT    NOT NULL,
    scheme          TEXT    NOT NULL,
    enabled         BOOLEAN NOT NULL,
    scrape_interval INTEGER NOT NULL,
    scrape_timeout  INTEGER NOT NULL,
    labels          TEXT    NOT NULL,
    project_id      INTEGER NOT NULL REFERENCES project (id),
    UNIQUE (project_id, job, port, path, scheme)
);

CREATE TABLE default_exporter (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    job    TEXT    NOT NULL,
    port   INTEGER NOT NULL,
    path   TEXT    NOT NULL,
    scheme TEXT    NOT NULL,
    UNIQUE (job, port, path)
);

CREATE TABLE probe (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    module      TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL
);

CREATE TABLE url (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    url        TEXT    NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    probe_id   INTEGER NOT NULL REFERENCES probe (id),
    UNIQUE (project_id, probe_id, url)
);
CREATE INDEX url_probe ON url (probe_id);
