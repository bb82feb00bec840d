PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO schema_version VALUES(1,0,1,'2026-11-28 03:06:31');
INSERT INTO schema_version VALUES(2,1,1,'2026-11-28 03:06:31');
CREATE TABLE revision (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    epoch  TEXT    NOT NULL,
    number INTEGER NOT NULL
);
INSERT INTO revision VALUES(1,'dumped',35);
CREATE TABLE journal (
    revision INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    summary  TEXT    NOT NULL,
    changes  TEXT    NOT NULL,
    touched  TEXT    NOT NULL
);
INSERT INTO journal VALUES(1,1700000000001,'unknown','shard.create','created shard "tokyo"','[{"noun":"shard","id":1,"after":{"id":1,"name":"tokyo","url":"","enabled":true,"samples":0,"targets":0}}]','{"shards":true}');
INSERT INTO journal VALUES(2,1700000000002,'unknown','shard.create','created shard "osaka"','[{"noun":"shard","id":2,"after":{"id":2,"name":"osaka","url":"","enabled":true,"samples":0,"targets":0}}]','{"shards":true}');
INSERT INTO journal VALUES(3,1700000000003,'unknown','server.create','created server "prometheus001:9090" on shard "tokyo"','[{"noun":"server","id":1,"after":{"id":1,"host":"prometheus001","port":9090,"shard_id":1,"shard":"tokyo"}}]','{"shards":true}');
INSERT INTO journal VALUES(4,1700000000004,'unknown','service.create','created service "shop"','[{"noun":"service","id":1,"after":{"id":1,"name":"shop","description":"","owner":"","labels":{"team":"a"}}}]','{"services":[1]}');
INSERT INTO journal VALUES(5,1700000000005,'unknown','service.create','created service "bank"','[{"noun":"service","id":2,"after":{"id":2,"name":"bank","description":"","owner":"","labels":{}}}]','{"services":[2]}');
INSERT INTO journal VALUES(6,1700000000006,'unknown','probe.create','created probe "http_2xx"','[{"noun":"probe","id":1,"after":{"id":1,"module":"http_2xx","description":""}}]','{}');
INSERT INTO journal VALUES(7,1700000000007,'unknown','project.create','created project "web"','[{"noun":"project","id":1,"after":{"id":1,"name":"web","description":"","owner":"","enabled":true,"labels":{"tier":"1"},"service_id":1,"service":"shop","shard_id":1,"shard":"tokyo"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(8,1700000000008,'unknown','farm.create','created farm "web-farm" of project "web"','[{"noun":"farm","id":1,"after":{"id":1,"name":"web-farm","source":"promshard","project_id":1,"project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(9,1700000000009,'unknown','host.create','created host "b" of project "web"','[{"noun":"host","id":1,"after":{"id":1,"name":"b","enabled":true,"labels":{},"farm_id":1,"farm":"web-farm","project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(10,1700000000010,'unknown','host.create','created host "a" of project "web"','[{"noun":"host","id":2,"after":{"id":2,"name":"a","enabled":true,"labels":{"rack":"r1"},"farm_id":1,"farm":"web-farm","project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(11,1700000000011,'unknown','host.create','created host "B" of project "web"','[{"noun":"host","id":3,"after":{"id":3,"name":"B","enabled":true,"labels":{},"farm_id":1,"farm":"web-farm","project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(12,1700000000012,'unknown','host.create','created host "c" of project "web"','[{"noun":"host","id":4,"after":{"id":4,"name":"c","enabled":false,"labels":{},"farm_id":1,"farm":"web-farm","project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(13,1700000000013,'unknown','exporter.create','created exporter "node" on port 9100 of project "web"','[{"noun":"exporter","id":1,"after":{"id":1,"job":"node","port":9100,"path":"","scheme":"http","enabled":true,"scrape_interval":"1m","scrape_timeout":"10s","labels":{"x":"y"},"project_id":1,"project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(14,1700000000014,'unknown','exporter.create','created exporter "jmx" on port 8080 of project "web"','[{"noun":"exporter","id":2,"after":{"id":2,"job":"jmx","port":8080,"path":"/m?a=b","scheme":"https","enabled":true,"scrape_interval":"0s","scrape_timeout":"0s","labels":{},"project_id":1,"project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(15,1700000000015,'unknown','exporter.create','created exporter "off" on port 1 of project "web"','[{"noun":"exporter","id":3,"after":{"id":3,"job":"off","port":1,"path":"","scheme":"http","enabled":false,"scrape_interval":"0s","scrape_timeout":"0s","labels":{},"project_id":1,"project":"web"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(16,1700000000016,'unknown','url.create','created URL "https://shop.example/" of project "web" by probe "http_2xx"','[{"noun":"url","id":1,"after":{"id":1,"url":"https://shop.example/","project_id":1,"project":"web","probe_id":1,"probe":"http_2xx"}}]','{"projects":[1]}');
INSERT INTO journal VALUES(17,1700000000017,'unknown','project.create','created project "asleep"','[{"noun":"project","id":2,"after":{"id":2,"name":"asleep","description":"","owner":"","enabled":true,"labels":{},"service_id":1,"service":"shop","shard_id":1,"shard":"tokyo"}}]','{"projects":[2]}');
INSERT INTO journal VALUES(18,1700000000018,'unknown','host.create','created host "z" of project "asleep"','[{"noun":"farm","id":2,"after":{"id":2,"name":"asleep","source":"promshard","project_id":2,"project":"asleep"}},{"noun":"host","id":5,"after":{"id":5,"name":"z","enabled":true,"labels":{},"farm_id":2,"farm":"asleep","project":"asleep"}}]','{"projects":[2]}');
INSERT INTO journal VALUES(19,1700000000019,'unknown','exporter.create','created exporter "node" on port 9100 of project "asleep"','[{"noun":"exporter","id":4,"after":{"id":4,"job":"node","port":9100,"path":"","scheme":"http","enabled":true,"scrape_interval":"0s","scrape_timeout":"0s","labels":{},"project_id":2,"project":"asleep"}}]','{"projects":[2]}');
INSERT INTO journal VALUES(20,1700000000020,'unknown','url.create','created URL "https://asleep.example/" of project "asleep" by probe "http_2xx"','[{"noun":"url","id":2,"after":{"id":2,"url":"https://asleep.example/","project_id":2,"project":"asleep","probe_id":1,"probe":"http_2xx"}}]','{"projects":[2]}');
INSERT INTO journal VALUES(21,1700000000021,'unknown','project.create','created project "bare"','[{"noun":"project","id":3,"after":{"id":3,"name":"bare","description":"","owner":"","enabled":true,"labels":{},"service_id":2,"service":"bank","shard_id":2,"shard":"osaka"}}]','{"projects":[3]}');
INSERT INTO journal VALUES(22,1700000000022,'unknown','project.update','changed project "asleep": enabled true → false','[{"noun":"project","id":2,"before":{"id":2,"name":"asleep","description":"","owner":"","enabled":true,"labels":{},"service_id":1,"service":"shop","shard_id":1,"shard":"tokyo"},"after":{"id":2,"name":"asleep","description":"","owner":"","enabled":false,"labels":{},"service_id":1,"service":"shop","shard_id":1,"shard":"tokyo"}}]','{"projects":[2]}');
INSERT INTO journal VALUES(23,1700000000023,'ann','shard.create','created shard "東京 / \"two\""','[{"noun":"shard","id":3,"after":{"id":3,"name":"東京 / \"two\"","url":"https://prom.example.com/?a=b","enabled":true,"samples":1099511627776,"targets":7}}]','{"shards":true}');
INSERT INTO journal VALUES(24,1700000000024,'ann','server.create','created server "[2001:db8::9]:9091" on shard "osaka"','[{"noun":"server","id":2,"after":{"id":2,"host":"2001:db8::9","port":9091,"shard_id":2,"shard":"osaka"}}]','{"shards":true}');
INSERT INTO journal VALUES(25,1700000000025,'ann','service.create','created service "it''s"','[{"noun":"service","id":3,"after":{"id":3,"name":"it''s","description":"two\nlines; -- of ''it''","owner":"絵美","labels":{"team":"a\\b\"c"}}}]','{"services":[3]}');
INSERT INTO journal VALUES(26,1700000000026,'ann','project.create','created project "v6"','[{"noun":"project","id":4,"after":{"id":4,"name":"v6","description":"d","owner":"bob","enabled":true,"labels":{},"service_id":3,"service":"it''s","shard_id":3,"shard":"東京 / \"two\""}}]','{"projects":[4]}');
INSERT INTO journal VALUES(27,1700000000027,'ann','farm.create','created farm "six" of project "v6"','[{"noun":"farm","id":3,"after":{"id":3,"name":"six","source":"cmdb","project_id":4,"project":"v6"}}]','{"projects":[4]}');
INSERT INTO journal VALUES(28,1700000000028,'ann','host.create','created host "2001:db8::1" of project "v6"','[{"noun":"host","id":6,"after":{"id":6,"name":"2001:db8::1","enabled":true,"labels":{"rack":"r\t1"},"farm_id":3,"farm":"six","project":"v6"}}]','{"projects":[4]}');
INSERT INTO journal VALUES(29,1700000000029,'ann','host.create','created host "gone" of project "v6"','[{"noun":"host","id":7,"after":{"id":7,"name":"gone","enabled":true,"labels":{},"farm_id":3,"farm":"six","project":"v6"}}]','{"projects":[4]}');
INSERT INTO journal VALUES(30,1700000000030,'ann','exporter.create','created exporter "box" on port 9115 of project "v6"','[{"noun":"exporter","id":5,"after":{"id":5,"job":"box","port":9115,"path":"/probe?module=icmp\u0026x=%20","scheme":"http","enabled":true,"scrape_interval":"1m30s","scrape_timeout":"0s","labels":{},"project_id":4,"project":"v6"}}]','{"projects":[4]}');
INSERT INTO journal VALUES(31,1700000000031,'ann','default_exporter.create','created default exporter "node" on port 9100','[{"noun":"default_exporter","id":1,"after":{"id":1,"job":"node","port":9100,"path":"","scheme":"http"}}]','{}');
INSERT INTO journal VALUES(32,1700000000032,'ann','default_exporter.create','created default exporter "app" on port 8080','[{"noun":"default_exporter","id":2,"after":{"id":2,"job":"app","port":8080,"path":"/m","scheme":"https"}}]','{}');
INSERT INTO journal VALUES(33,1700000000033,'ann','probe.create','created probe "icmp"','[{"noun":"probe","id":2,"after":{"id":2,"module":"icmp","description":"pings"}}]','{}');
INSERT INTO journal VALUES(34,1700000000034,'ann','url.create','created URL "https://v6.example/?q=''1''" of project "v6" by probe "icmp"','[{"noun":"url","id":3,"after":{"id":3,"url":"https://v6.example/?q=''1''","project_id":4,"project":"v6","probe_id":2,"probe":"icmp"}}]','{"projects":[4]}');
INSERT INTO journal VALUES(35,1700000000035,'ann','host.delete','deleted host "gone" of project "v6"','[{"noun":"host","id":7,"before":{"id":7,"name":"gone","enabled":true,"labels":{},"farm_id":3,"farm":"six","project":"v6"}}]','{"projects":[4]}');
CREATE TABLE shard (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE,
    url     TEXT    NOT NULL,
    enabled BOOLEAN NOT NULL,
    samples INTEGER NOT NULL,
    targets INTEGER NOT NULL
);
INSERT INTO shard VALUES(1,'tokyo','',1,0,0);
INSERT INTO shard VALUES(2,'osaka','',1,0,0);
INSERT INTO shard VALUES(3,'東京 / "two"','https://prom.example.com/?a=b',1,1099511627776,7);
CREATE TABLE server (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    host     TEXT    NOT NULL,
    port     INTEGER NOT NULL,
    shard_id INTEGER NOT NULL REFERENCES shard (id),
    UNIQUE (host, port)
);
INSERT INTO server VALUES(1,'prometheus001',9090,1);
INSERT INTO server VALUES(2,'2001:db8::9',9091,2);
CREATE TABLE service (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    owner       TEXT NOT NULL,
    labels      TEXT NOT NULL
);
INSERT INTO service VALUES(1,'shop','','','{"team":"a"}');
INSERT INTO service VALUES(2,'bank','','','');
INSERT INTO service VALUES(3,'it''s',replace('two\nlines; -- of ''it''','\n',char(10)),'絵美','{"team":"a\\b\"c"}');
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
INSERT INTO project VALUES(1,'web','','',1,'{"tier":"1"}',1,1);
INSERT INTO project VALUES(2,'asleep','','',0,'',1,1);
INSERT INTO project VALUES(3,'bare','','',1,'',2,2);
INSERT INTO project VALUES(4,'v6','d','bob',1,'',3,3);
CREATE TABLE farm (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    project_id INTEGER NOT NULL UNIQUE REFERENCES project (id)
);
INSERT INTO farm VALUES(1,'web-farm','promshard',1);
INSERT INTO farm VALUES(2,'asleep','promshard',2);
INSERT INTO farm VALUES(3,'six','cmdb',4);
CREATE TABLE host (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL,
    enabled BOOLEAN NOT NULL,
    labels  TEXT    NOT NULL,
    farm_id INTEGER NOT NULL REFERENCES farm (id),
    UNIQUE (farm_id, name)
);
INSERT INTO host VALUES(1,'b',1,'',1);
INSERT INTO host VALUES(2,'a',1,'{"rack":"r1"}',1);
INSERT INTO host VALUES(3,'B',1,'',1);
INSERT INTO host VALUES(4,'c',0,'',1);
INSERT INTO host VALUES(5,'z',1,'',2);
INSERT INTO host VALUES(6,'2001:db8::1',1,'{"rack":"r\t1"}',3);
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
INSERT INTO exporter VALUES(1,'node',9100,'','http',1,60000000000,10000000000,'{"x":"y"}',1);
INSERT INTO exporter VALUES(2,'jmx',8080,'/m?a=b','https',1,0,0,'',1);
INSERT INTO exporter VALUES(3,'off',1,'','http',0,0,0,'',1);
INSERT INTO exporter VALUES(4,'node',9100,'','http',1,0,0,'',2);
INSERT INTO exporter VALUES(5,'box',9115,'/probe?module=icmp&x=%20','http',1,90000000000,0,'',4);
CREATE TABLE default_exporter (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    job    TEXT    NOT NULL,
    port   INTEGER NOT NULL,
    path   TEXT    NOT NULL,
    scheme TEXT    NOT NULL,
    UNIQUE (job, port, path)
);
INSERT INTO default_exporter VALUES(1,'node',9100,'','http');
INSERT INTO default_exporter VALUES(2,'app',8080,'/m','https');
CREATE TABLE probe (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    module      TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL
);
INSERT INTO probe VALUES(1,'http_2xx','');
INSERT INTO probe VALUES(2,'icmp','pings');
CREATE TABLE url (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    url        TEXT    NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    probe_id   INTEGER NOT NULL REFERENCES probe (id),
    UNIQUE (project_id, probe_id, url)
);
INSERT INTO url VALUES(1,'https://shop.example/',1,1);
INSERT INTO url VALUES(2,'https://asleep.example/',2,1);
INSERT INTO url VALUES(3,'https://v6.example/?q=''1''',4,2);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('schema_version',2);
INSERT INTO sqlite_sequence VALUES('shard',3);
INSERT INTO sqlite_sequence VALUES('server',2);
INSERT INTO sqlite_sequence VALUES('service',3);
INSERT INTO sqlite_sequence VALUES('probe',2);
INSERT INTO sqlite_sequence VALUES('project',4);
INSERT INTO sqlite_sequence VALUES('farm',3);
INSERT INTO sqlite_sequence VALUES('host',7);
INSERT INTO sqlite_sequence VALUES('exporter',5);
INSERT INTO sqlite_sequence VALUES('url',3);
INSERT INTO sqlite_sequence VALUES('default_exporter',2);
CREATE INDEX server_shard ON server (shard_id);
CREATE INDEX project_service ON project (service_id);
CREATE INDEX project_shard ON project (shard_id);
CREATE INDEX farm_name ON farm (name);
CREATE INDEX host_name ON host (name);
CREATE INDEX url_probe ON url (probe_id);
COMMIT;
