package httpsd

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// FuzzBodies feeds the bodies of creations, changes and bulk changes: what is taken means what encoding/json and RFC 7396
// make of it, what is refused is refused as invalid.
func FuzzBodies(f *testing.F) {
	for _, life := range lives {
		f.Add([]byte(life.create))
		f.Add([]byte(life.change))
	}
	for _, seed := range []string{
		``, `{}`, `null`, `{"labels":null}`, `{"labels":{"a":null}}`, `{"name":"\ud800"}`, `{"port":1e3}`, `{"port":1.5}`, `{"a":1,"a":2}`,
		`{"add":["a",{"name":"b","labels":{"c":"d"}}],"remove":["e"]}`, `{"hosts":[]}`, `{"hosts":["a"],"x":1}`, "{\"name\":\"\xff\"}",
		`{"scrape_interval":"1m","enabled":false,"job":"\ufffd"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fuzzResource(t, shardResource, body)
		fuzzResource(t, serviceResource, body)
		fuzzResource(t, hostResource, body)
		fuzzResource(t, exporterResource, body)
		hosts, err := decodeHostChanges(body)
		requireTaken(t, body, err)
		if err == nil {
			assert.Nil(t, hosts.Replace)
		}
		hosts, err = decodeHosts(body)
		requireTaken(t, body, err)
		if err == nil {
			assert.NotNil(t, hosts.Replace)
		}
	})
}

// requireTaken demands that a body was refused as invalid, or is a JSON object.
func requireTaken(t *testing.T, body []byte, err error) {
	t.Helper()
	if err == nil {
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &fields))
		return
	}
	var refused *store.Error
	require.ErrorAs(t, err, &refused)
	require.True(t, errors.Is(err, store.ErrInvalid) && refused.Reason != "", "%v", err)
}

func fuzzResource[T, F, U any](t *testing.T, n *resource[T, F, U], body []byte) {
	t.Helper()
	one, err := n.creation(body, false)
	requireTaken(t, body, err)
	if err == nil {
		assert.Equal(t, merged(t, n.fresh, n.fresh, body), asMap(t, one), "creating from %q", body)
	}
	now := n.example.one
	u, _, err := n.changes(body, now)
	requireTaken(t, body, err)
	if err == nil {
		after := now
		for field := range jsonFields(reflect.ValueOf(&u).Elem()) {
			if !field.value.IsNil() {
				fieldNamed(&after, field.name).Set(field.value.Elem())
			}
		}
		assert.Equal(t, merged(t, now, n.fresh, body), asMap(t, after), "changing by %q", body)
	}
}

// merged is what RFC 7396 makes of one and a patch, but that null brings back what fresh has.
func merged(t *testing.T, one, fresh any, patch []byte) map[string]any {
	t.Helper()
	result, defaults := asMap(t, one), asMap(t, fresh)
	var given map[string]any
	require.NoError(t, json.Unmarshal(patch, &given))
	for name, value := range given {
		switch value := value.(type) {
		case nil:
			result[name] = defaults[name]
		case map[string]any:
			labels := maps.Clone(result[name].(map[string]any))
			for _, label := range slices.Collect(maps.Keys(value)) {
				labels[label] = value[label]
			}
			maps.DeleteFunc(labels, func(_ string, v any) bool { return v == nil })
			result[name] = labels
		default:
			result[name] = value
		}
	}
	// Durations may be written in more than one way.
	for name := range result {
		if name == "scrape_interval" || name == "scrape_timeout" {
			delete(result, name)
		}
	}
	return result
}

// asMap is v as JSON has it, without durations.
func asMap(t *testing.T, v any) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(mustJSON(t, v)), &m))
	delete(m, "scrape_interval")
	delete(m, "scrape_timeout")
	return m
}
