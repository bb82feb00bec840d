package httpsd

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAcceptsType(t *testing.T) {
	for _, tc := range []struct {
		headers []string
		want    bool
	}{
		{nil, true},
		{[]string{"text/event-stream"}, true},
		{[]string{"Text/Event-Stream; charset=utf-8"}, true},
		{[]string{"text/*"}, true},
		{[]string{"*/*"}, true},
		{[]string{"application/json, */*;q=0.1"}, true},
		{[]string{"application/json", "text/event-stream;q=0.5"}, true},
		{[]string{"text/event-stream;q=x"}, true},
		{[]string{""}, false},
		{[]string{"application/json"}, false},
		{[]string{"text/plain"}, false},
		{[]string{"text/event-stream;q=0"}, false},
		{[]string{"*/*, text/event-stream;q=0"}, false},
		{[]string{"text/event-stream;v=1;q=0.0, text/*"}, false},
		{[]string{"*/*;q=0, text/*"}, true},
	} {
		assert.Equal(t, tc.want, acceptsType(tc.headers, "text", "event-stream"), "%q", tc.headers)
	}
}
