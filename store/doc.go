// Package store keeps the inventory: shards, servers, services, projects, farms, hosts, exporters, probes and URLs,
// the rules they obey, and the journal of every write, in SQLite or PostgreSQL. It imports nothing else of promshard.
package store
