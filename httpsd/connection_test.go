package httpsd

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestConnectionMemory(t *testing.T) {
	request := func(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, http.NoBody) }
	t.Run("each address has its own tag, query and coding of the path included", func(t *testing.T) {
		c := &connection{}
		for i, target := range []string{"/sd/targets?wait", "/sd/targets?wait&shard=a", "/sd/urls?wait", "/rest/project/a%2Fb/targets?wait", "/rest/project/a/b/targets?wait"} {
			assert.Empty(t, c.tag(request(target)))
			c.record(request(target), fmt.Sprint(i))
			assert.Equal(t, fmt.Sprint(i), c.tag(request(target)))
		}
		assert.Equal(t, "0", c.tag(request("/sd/targets?wait")))
		c.record(request("/sd/targets?wait"), "new")
		assert.Equal(t, "new", c.tag(request("/sd/targets?wait")))
	})
	t.Run("it is bounded, and forgets what was sent the longest ago", func(t *testing.T) {
		c := &connection{}
		target := func(i int) *http.Request {
			return request(fmt.Sprintf("/sd/targets?wait&shard=%s%d", strings.Repeat("x", 4000), i))
		}
		for i := range 10 * maxSent {
			c.record(target(i), "x")
			c.record(target(0), "again")
		}
		assert.Len(t, c.sent, maxSent)
		assert.LessOrEqual(t, cap(c.sent), 2*maxSent)
		assert.Equal(t, "again", c.tag(target(0)))
		assert.Empty(t, c.tag(target(10*maxSent-maxSent)))
		assert.Equal(t, "x", c.tag(target(10*maxSent-maxSent+1)))
	})
	t.Run("without a connection nothing is known", func(t *testing.T) {
		r := request("/sd/targets?wait")
		connectionOf(r).record(r, "x")
		assert.Empty(t, connectionOf(r).tag(r))
		r = r.WithContext(withConnection(context.Background(), nil))
		connectionOf(r).record(r, "x")
		assert.Equal(t, "x", connectionOf(r).tag(r))
	})
}
