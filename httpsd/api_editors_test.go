package httpsd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/promshard/promshard/store"
)

// TestEditorsOverwriteNobody has each of many editors read a project, add one to the number in its description, and write
// that back on the condition that nobody else has written, again and again until it is done.
func TestEditorsOverwriteNobody(t *testing.T) {
	editors, projects := 1000, 100
	if testing.Short() {
		editors, projects = 100, 10
	}
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		for i := range projects {
			p := store.Project{Name: fmt.Sprintf("p%d", i), Description: "0", Service: "shop", Shard: "prod", Enabled: true}
			require.NoError(t, a.store.CreateProject(t.Context(), &p))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		group, ctx := errgroup.WithContext(ctx)
		begin := make(chan struct{})
		for i := range editors {
			group.Go(func() error {
				<-begin
				return a.addOne(ctx, fmt.Sprintf("%s/api/v2/projects/p%d", a.url, i%projects))
			})
		}
		close(begin)
		require.NoError(t, group.Wait())
		for i := range projects {
			found, err := a.store.Projects(t.Context(), store.ProjectFilter{Name: fmt.Sprintf("p%d", i)})
			require.NoError(t, err)
			assert.Equal(t, strconv.Itoa(editors/projects), found[0].Description, found[0].Name)
		}
	})
}

// addOne adds one to the number in the description of the project at target.
func (a *apiServing) addOne(ctx context.Context, target string) error {
	for {
		res, text, err := a.send(ctx, http.MethodGet, target, "", "")
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("reading: %d %s", res.StatusCode, text)
		}
		var read struct{ Data store.Project }
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			return err
		}
		n, err := strconv.Atoi(read.Data.Description)
		if err != nil {
			return err
		}
		res, text, err = a.send(ctx, http.MethodPatch, target, fmt.Sprintf(`{"description":"%d"}`, n+1), res.Header.Get("ETag"))
		switch {
		case err != nil:
			return err
		case res.StatusCode == http.StatusOK:
			return nil
		case res.StatusCode != http.StatusPreconditionFailed:
			return fmt.Errorf("changing: %d %s", res.StatusCode, text)
		}
	}
}

func (a *apiServing) send(ctx context.Context, method, target, body, tag string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Content-Type", jsonType)
	if tag != "" {
		req.Header.Set("If-Match", tag)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

// TestLabelsAreMergedByMany has many editors add a label each, without any condition.
func TestLabelsAreMergedByMany(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		group, ctx := errgroup.WithContext(t.Context())
		want := store.Labels{"tier": "1"}
		for i := range 20 {
			name := fmt.Sprintf("l%d", i)
			want[name] = "x"
			group.Go(func() error {
				res, text, err := a.send(ctx, http.MethodPatch, a.url+"/api/v2/services/shop", fmt.Sprintf(`{"labels":{%q:"x"}}`, name), "")
				if err == nil && res.StatusCode != http.StatusOK {
					err = fmt.Errorf("%d %s", res.StatusCode, text)
				}
				return err
			})
		}
		require.NoError(t, group.Wait())
		one, err := a.store.Service(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, want, one.Labels)
	})
}

func TestTheGuardAsksOverHTTP(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		var names []string
		for i := range 40 {
			names = append(names, fmt.Sprintf("h%d", i))
		}
		data[any](t, a.do(t, http.MethodPut, "/api/v2/projects/shop-api/hosts", map[string]any{"hosts": names}), http.StatusOK)
		refused := func() string {
			t.Helper()
			got := a.do(t, http.MethodDelete, "/api/v2/projects/shop-api?cascade=true", nil)
			requireError(t, got, http.StatusConflict, "guarded")
			var body errorBody
			require.NoError(t, json.Unmarshal([]byte(got.body), &body))
			require.Len(t, body.Guard.Shards, 1)
			require.NotEmpty(t, body.Guard.Digest)
			return body.Guard.Digest
		}
		digest := refused()
		dry := a.do(t, http.MethodDelete, "/api/v2/projects/shop-api?cascade=true&dry_run=true", nil)
		data[any](t, dry, http.StatusOK)
		assert.Contains(t, dry.body, digest)
		data[any](t, a.do(t, http.MethodPost, "/api/v2/projects/shop-api/hosts", `{"add":["one-more"]}`), http.StatusOK)
		requireError(t, a.do(t, http.MethodDelete, "/api/v2/projects/shop-api?cascade=true&confirm="+digest, nil), http.StatusConflict, "guarded")
		got := a.do(t, http.MethodDelete, "/api/v2/projects/shop-api?cascade=true&confirm="+refused(), nil)
		data[any](t, got, http.StatusOK)
		assert.Contains(t, got.body, `"confirmed":true`)
	})
}
