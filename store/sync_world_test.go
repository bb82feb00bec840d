package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// world is an inventory as plain text: rows by noun and id. A reference is the id, or in a source the key, of its row.
type world map[string]map[int64]map[string]string

// modelNoun says how the model merges a noun.
type modelNoun struct {
	name, fields, parents, identity string
	children                        bool
}

// modelNouns list fields by name, and parents as field:noun.
var modelNouns = []modelNoun{
	{"shard", "name url enabled samples targets", "", "name", true},
	{"service", "name description owner", "", "name", true},
	{"probe", "module description", "", "module", true},
	{"default_exporter", "job port path", "", "job port path", false},
	{"server", "host port", "shard_id:shard", "host port", false},
	{"project", "name description owner", "service_id:service shard_id:shard", "name", true},
	{"farm", "name source", "project_id:project", "project_id", true},
	{"host", "name", "farm_id:farm", "farm_id name", false},
	{"exporter", "job port path scheme enabled", "project_id:project", "project_id job port path scheme", false},
	{"url", "url", "project_id:project probe_id:probe", "project_id probe_id url", false},
}

func (n modelNoun) refs() (list [][2]string) {
	for _, p := range strings.Fields(n.parents) {
		field, noun, _ := strings.Cut(p, ":")
		list = append(list, [2]string{field, noun})
	}
	return list
}

func (n modelNoun) of(row map[string]string) (identity string) {
	for _, field := range strings.Fields(n.identity) {
		identity += row[field] + "|"
	}
	return identity
}

// worldOf reads a store.
func worldOf(t *testing.T, s *store.Store) world {
	t.Helper()
	var all []any
	d := json.NewDecoder(bytes.NewReader([]byte(everything(t, s))))
	d.UseNumber()
	require.NoError(t, d.Decode(&all))
	names := []string{"shard", "server", "service", "project", "farm", "host", "exporter", "default_exporter", "probe", "url"}
	w := world{}
	for i, name := range names {
		w[name] = map[int64]map[string]string{}
		for _, raw := range all[i+1].([]any) {
			row := map[string]string{}
			for field, value := range raw.(map[string]any) {
				row[field] = fmt.Sprint(value)
			}
			w[name][number(row["id"])] = row
		}
	}
	return w
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// sourceOf makes a source of a world.
func sourceOf(w world) store.SyncSource {
	s := store.SyncSource{Name: "model"}
	ref := func(row map[string]string, field string) int64 { return number(row[field]) }
	port := func(row map[string]string) int { return int(number(row["port"])) }
	for key, r := range w["shard"] {
		s.Shards = append(s.Shards, store.SyncShard{Key: key, Name: r["name"], URL: r["url"], Enabled: r["enabled"] == "true"})
	}
	for key, r := range w["service"] {
		s.Services = append(s.Services, store.SyncService{Key: key, Name: r["name"], Description: r["description"], Owner: r["owner"]})
	}
	for key, r := range w["probe"] {
		s.Probes = append(s.Probes, store.SyncProbe{Key: key, Module: r["module"], Description: r["description"]})
	}
	for key, r := range w["default_exporter"] {
		s.DefaultExporters = append(s.DefaultExporters, store.SyncDefaultExporter{Key: key, Job: r["job"], Port: port(r), Path: r["path"]})
	}
	for key, r := range w["server"] {
		s.Servers = append(s.Servers, store.SyncServer{Key: key, Host: r["host"], Port: port(r), Shard: ref(r, "shard_id")})
	}
	for key, r := range w["project"] {
		s.Projects = append(s.Projects, store.SyncProject{
			Key: key, Name: r["name"], Description: r["description"], Owner: r["owner"],
			Service: ref(r, "service_id"), Shard: ref(r, "shard_id"),
		})
	}
	for key, r := range w["farm"] {
		s.Farms = append(s.Farms, store.SyncFarm{Key: key, Name: r["name"], Source: r["source"], Project: ref(r, "project_id")})
	}
	for key, r := range w["host"] {
		s.Hosts = append(s.Hosts, store.SyncHost{Key: key, Name: r["name"], Farm: ref(r, "farm_id")})
	}
	for key, r := range w["exporter"] {
		s.Exporters = append(s.Exporters, store.SyncExporter{
			Key: key, Job: r["job"], Port: port(r), Path: r["path"], Scheme: r["scheme"], Enabled: r["enabled"] == "true",
			Project: ref(r, "project_id"),
		})
	}
	for key, r := range w["url"] {
		s.URLs = append(s.URLs, store.SyncURL{Key: key, URL: r["url"], Project: ref(r, "project_id"), Probe: ref(r, "probe_id")})
	}
	return s
}

// bare strips rows to what the model knows.
func bare(w world) map[string][]string {
	list := map[string][]string{}
	for _, n := range modelNouns {
		for id, row := range w[n.name] {
			line := fmt.Sprint(id)
			for _, field := range strings.Fields(n.fields) {
				line += " " + field + "=" + row[field]
			}
			for _, ref := range n.refs() {
				line += " " + ref[0] + "=" + row[ref[0]]
			}
			list[n.name] = append(list[n.name], line)
		}
		slices.Sort(list[n.name])
	}
	return list
}
