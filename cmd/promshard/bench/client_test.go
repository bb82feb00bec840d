//go:build bench && linux

package bench

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// answer is what a server said; code is 0 when it could not be reached.
type answer struct {
	code int
	tag  string
	body []byte
}

func (a answer) ok() bool { return a.code == http.StatusOK }

// get asks once, on a connection of its own. A tag that is not empty goes into If-None-Match.
func get(t *testing.T, url, tag string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Accept-Encoding", "identity")
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		return answer{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{code: response.StatusCode, tag: response.Header.Get("ETag"), body: body}
}
