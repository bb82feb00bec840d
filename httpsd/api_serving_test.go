package httpsd

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// apiServing is a server of the inventory API over a real store.
type apiServing struct {
	url    string
	store  *store.Store
	log    *logLines
	client *http.Client
}

// newAPI serves an inventory; change may alter the options.
func newAPI(t testing.TB, s *store.Store, change ...func(*Options)) *apiServing {
	t.Helper()
	log, reg := &logLines{}, prometheus.NewRegistry()
	o := Options{
		Publisher: NewPublisher(PublisherOptions{Source: s, Registerer: reg}), Logger: log.logger(), Registerer: reg,
		API: APIOptions{Inventory: func() (store.Inventory, error) { return s, nil }},
	}
	for _, f := range change {
		f(&o)
	}
	h := New(o)
	server := startServer(t, ServerOptions{Handler: h, Logger: log.logger(), OnShutdown: h.Release})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	t.Cleanup(client.CloseIdleConnections)
	return &apiServing{url: server.URL(), store: s, log: log, client: client}
}

// withAPI runs fn on an empty inventory in each kind of database.
func withAPI(t *testing.T, fn func(t *testing.T, a *apiServing)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, s *store.Store) { fn(t, newAPI(t, s)) })
}

// do sends a request. The body is sent as JSON, a string or bytes as they are, nil not at all; headers come in pairs.
func (a *apiServing) do(t testing.TB, method, target string, body any, headers ...string) answer {
	t.Helper()
	var sent io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		sent = bytes.NewReader([]byte(body))
	case []byte:
		sent = bytes.NewReader(body)
	default:
		text, err := json.Marshal(body)
		require.NoError(t, err)
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.url+target, sent)
	require.NoError(t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := a.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	requireDocumented(t, req, res, text)
	return answer{res.StatusCode, res.Header, string(text)}
}

// data demands an answer of the code and decodes its data.
func data[T any](t testing.TB, got answer, code int) T {
	t.Helper()
	require.Equal(t, code, got.code, got.body)
	var form struct {
		Status string
		Data   T
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &form))
	require.Equal(t, "success", form.Status)
	return form.Data
}

// mustJSON is v in JSON.
func mustJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
