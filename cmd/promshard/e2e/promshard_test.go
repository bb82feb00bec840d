//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// replica is a promshard server that can be killed and started again on its address.
type replica struct {
	// owner is the test that the server ends with, though a subtest may have started it again.
	owner             *testing.T
	database, address string
	process           *process
	// flags are those of serve beside what each has.
	flags []string
}

// serve starts a server on the database, and returns once it is ready.
func serve(t *testing.T, database string, flags ...string) *replica {
	t.Helper()
	r := &replica{owner: t, database: database, address: freeAddress(t), flags: flags}
	r.start()
	r.ready(t)
	return r
}

// start starts the server without waiting for it.
func (r *replica) start() {
	r.owner.Helper()
	r.process = start(r.owner, "promshard "+r.address, promshardPath,
		append([]string{"serve", "--database", r.database, "--web.listen-address", r.address}, r.flags...)...)
}

// restart starts a server that was killed, and returns once it is ready.
func (r *replica) restart(t *testing.T) {
	t.Helper()
	r.start()
	r.ready(t)
}

// ready returns once the server has a list to serve.
func (r *replica) ready(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		if err := r.process.ended(); err != nil {
			require.NoError(t, err)
		}
		return httpGet(t, "http://"+r.address+"/-/ready", nil)
	})
}

// list returns the address of a list.
func (r *replica) list(path string, query url.Values) string {
	u := url.URL{Scheme: "http", Host: r.address, Path: path, RawQuery: query.Encode()}
	return u.String()
}

// body returns what the server answers at an address of a list.
func (r *replica) body(t *testing.T, path string, query url.Values) string {
	t.Helper()
	var body bytes.Buffer
	require.NoError(t, httpGet(t, r.list(path, query), &body))
	return body.String()
}

// promshard runs one command to its end, as its own process, and returns what it prints.
func promshard(t *testing.T, database string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), promshardPath, append(args, "--database", database)...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "promshard %q: %s", args, out)
	return string(out)
}

// httpGet returns nil for a 200, and copies its body to w when that is not nil.
func httpGet(t *testing.T, address string, w io.Writer) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if w == nil {
		w = io.Discard
	}
	if _, err := io.Copy(w, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, response.Status)
	}
	return nil
}
