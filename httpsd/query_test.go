package httpsd

import (
	"errors"
	"maps"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

func TestParseQuery(t *testing.T) {
	q, rest, err := parseQuery("shard=a&shard=b&service=s&project=p&farm=f&job=j&server=h:1&server=%5B::1%5D:2", "")
	assert.NoError(t, err)
	assert.Equal(t, snapshot.Query{
		Shards: []string{"a", "b"}, Services: []string{"s"}, Projects: []string{"p"}, Farms: []string{"f"},
		Jobs: []string{"j"}, Servers: []string{"h:1", "[::1]:2"},
	}, q)
	assert.Empty(t, rest)
	q, rest, err = parseQuery("", "")
	assert.NoError(t, err)
	assert.Zero(t, q)
	assert.Empty(t, rest)
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"", "shard=prod", "shard=a&shard=b", "server=[::1]:9090", "shard=", "wait", "a=1", "%", "shard=%ff", "shard=a;b", "&&", "=", "job=%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, given := range append([]string{""}, filters...) {
			q, rest, err := parseQuery(raw, given, "wait")
			if err != nil {
				if !errors.Is(err, store.ErrInvalid) {
					t.Errorf("%q: %v is not of the kind ErrInvalid", raw, err)
				}
				assert.Zero(t, q)
				continue
			}
			// Nothing of the query is lost: written out again, it is what url.ParseQuery had read.
			again := url.Values{}
			maps.Copy(again, rest)
			for _, filter := range filters {
				for _, value := range *filterField(&q, filter) {
					if value == "" || filter == given {
						t.Errorf("%q: %s=%q was let through", raw, filter, value)
					}
					again.Add(filter, value)
				}
			}
			want, err := url.ParseQuery(raw)
			assert.NoError(t, err)
			assert.Equal(t, want, again)
		}
	})
}
