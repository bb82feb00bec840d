-- +goose Up

-- The name under which apply owns a row; empty when none does.
ALTER TABLE shard ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE server ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE service ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE farm ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE exporter ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE default_exporter ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE probe ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE url ADD COLUMN managed_by TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Most rows are nobody's: what one name owns is found without reading them.
CREATE INDEX shard_managed_by ON shard (managed_by) WHERE managed_by <> '';
CREATE INDEX server_managed_by ON server (managed_by) WHERE managed_by <> '';
CREATE INDEX service_managed_by ON service (managed_by) WHERE managed_by <> '';
CREATE INDEX project_managed_by ON project (managed_by) WHERE managed_by <> '';
CREATE INDEX farm_managed_by ON farm (managed_by) WHERE managed_by <> '';
CREATE INDEX host_managed_by ON host (managed_by) WHERE managed_by <> '';
CREATE INDEX exporter_managed_by ON exporter (managed_by) WHERE managed_by <> '';
CREATE INDEX default_exporter_managed_by ON default_exporter (managed_by) WHERE managed_by <> '';
CREATE INDEX probe_managed_by ON probe (managed_by) WHERE managed_by <> '';
CREATE INDEX url_managed_by ON url (managed_by) WHERE managed_by <> '';
