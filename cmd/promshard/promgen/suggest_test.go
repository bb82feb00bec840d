package promgen_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promshard/promshard/cmd/promshard/promgen"
	"github.com/promshard/promshard/store"
)

func TestExplainSuggestsWhatWasMeant(t *testing.T) {
	for _, c := range []struct{ noun, field, value, want string }{
		{"host", "name", "web1:9100", "name it web1 in Promgen, and give the project an exporter on port 9100"},
		{"host", "name", "https://web1:9100/metrics", "name it web1 in Promgen; the scheme, the port and the path are the exporter's"},
		{"server", "host", "http://p1/", "name it p1 in Promgen; the scheme, the port and the path are the exporter's"},
		{"host", "name", "fe80::1%eth0", "give it an address without a zone, or a name, in Promgen"},
		{"host", "name", "", "delete it in Promgen"},
		{"host", "name", "two..dots", "correct it in Promgen; the next run takes it in"},
		{"project", "name", " web ", "take the white space around it away in Promgen"},
		{"exporter", "path", "metrics", "write it as /metrics in Promgen"},
		{"exporter", "path", "/a%20b?x=%20", "write it as /a b?x=%20 in Promgen; Prometheus escapes the path itself"},
		{"exporter", "path", "/m?collect[]=a", "put the parameter into the params of Prometheus's scrape configuration for this job, and take it out of the path"},
		{"url", "url", "https://x/a b", "write it as https://x/a%20b in Promgen"},
		{"url", "url", "ftp://x/", "the probes of lists are of http and https; put it into a scrape configuration of its own"},
		{"exporter", "port", "0", "give it a port from 1 to 65535 in Promgen, or delete it there"},
		{"exporter", "scheme", "ftp", "make it http or https in Promgen, or delete it there"},
	} {
		got := promgen.Explain(store.SyncIssue{
			Kind: store.SyncRefused, Noun: c.noun, Field: c.field, Value: c.value, Hint: "correct it in the source; the next run takes it in",
		})
		assert.Equal(t, c.want, got.Hint, c.value)
	}
}

func TestExplainSpeaksOfPromgen(t *testing.T) {
	got := promgen.Explain(store.SyncIssue{
		Kind: store.SyncRefused, Reason: `"a" is the same as what the source has under the key 16`, Hint: "keep one of the two in the source",
	})
	assert.Equal(t, `"a" is the same as what Promgen has under the id 16`, got.Reason)
	assert.Equal(t, "keep one of the two in Promgen", got.Hint)
	got = promgen.Explain(store.SyncIssue{Kind: store.SyncRefused, Reason: `"a" is the same as what the source has under the key -1234`})
	assert.Equal(t, `"a" is the same as what Promgen has in another row`, got.Reason)
	got = promgen.Explain(store.SyncIssue{Kind: store.SyncConflict, Hint: "make both sides the same, or let the source win"})
	assert.Equal(t, "make both sides the same, or let Promgen win with --theirs", got.Hint)
}
