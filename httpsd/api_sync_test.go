package httpsd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

const syncPath = "/api/v2/sync"

// hostsElsewhere is a source with a project of that many hosts.
func hostsElsewhere(hosts int) store.SyncSource {
	source := store.SyncSource{
		Name:             "promgen",
		Shards:           []store.SyncShard{{Key: 1, Name: "tokyo", Enabled: true}},
		Servers:          []store.SyncServer{{Key: 1, Host: "prometheus001", Port: 9090, Shard: 1}},
		Services:         []store.SyncService{{Key: 1, Name: "shop", Owner: "ann"}},
		Projects:         []store.SyncProject{{Key: 1, Name: "web", Service: 1, Shard: 1}},
		Farms:            []store.SyncFarm{{Key: 1, Name: "web", Project: 1}},
		Hosts:            make([]store.SyncHost, hosts),
		Exporters:        []store.SyncExporter{{Key: 1, Job: "node", Port: 9100, Enabled: true, Project: 1}},
		DefaultExporters: []store.SyncDefaultExporter{{Key: 1, Job: "node", Port: 9100}},
		Probes:           []store.SyncProbe{{Key: 1, Module: "http_2xx"}},
		URLs:             []store.SyncURL{{Key: 1, URL: "https://shop.example/?a=b", Project: 1, Probe: 1}},
	}
	for i := range source.Hosts {
		source.Hosts[i] = store.SyncHost{Key: int64(i + 1), Name: fmt.Sprintf("web%d", i+1), Farm: 1}
	}
	return source
}

func TestASourceIsSyncedAgainAndAgain(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		source := hostsElsewhere(40)
		source.Hosts[39].Name = "web40:9100"
		tried := a.do(t, http.MethodPost, syncPath+"?dry_run=true", source)
		require.Contains(t, tried.body, `"dry_run":true`)
		want := data[store.SyncResult](t, tried, http.StatusOK)
		require.Zero(t, want.Revision)

		key := []string{"Idempotency-Key", "once", "Content-Encoding", "gzip"}
		first := data[store.SyncResult](t, a.do(t, http.MethodPost, syncPath, zipped(t, mustJSON(t, source)), key...), http.StatusOK)
		assert.EqualValues(t, 1, first.Revision)
		want.Revision = 1
		assert.Equal(t, want, first, "a dry run tells what happens")
		require.Len(t, first.Issues, 1)
		assert.Equal(t, "name", first.Issues[0].Field)
		again := a.do(t, http.MethodPost, syncPath, zipped(t, mustJSON(t, source)), key...)
		assert.Equal(t, first, data[store.SyncResult](t, again, http.StatusOK))
		assert.Contains(t, again.body, `"replayed":true`)

		source.Exporters[0].Port, source.Services[0].Owner = 9101, "bob"
		data[any](t, a.do(t, http.MethodPatch, "/api/v2/services/shop", `{"owner":"carl"}`), http.StatusOK)
		refused := a.do(t, http.MethodPost, syncPath, source)
		requireError(t, refused, http.StatusConflict, "guarded")
		digest := guardOf(t, refused).Digest
		got := a.do(t, http.MethodPost, syncPath+"?confirm="+digest, source)
		second := data[store.SyncResult](t, got, http.StatusOK)
		assert.Equal(t, []store.FieldChange{{Field: "port", Before: int64(9100), After: int64(9101)}}, second.Changes[0].Fields)
		assert.Equal(t, store.SyncConflict, second.Issues[0].Kind)
		assert.Contains(t, got.body, `"confirmed":true`)
		third := data[store.SyncResult](t, a.do(t, http.MethodPost, syncPath+"?theirs=true", source), http.StatusOK)
		assert.Equal(t, "owner", third.Changes[0].Fields[0].Field)

		source.Hosts = source.Hosts[:10]
		shrunk := requireError(t, a.do(t, http.MethodPost, syncPath+"?dry_run=true", source), http.StatusConflict, "shrunk")
		assert.Equal(t, `source "promgen": has lost 29 of 39 hosts since the last run`, shrunk)
		fewer := a.do(t, http.MethodPost, syncPath+"?dry_run=true&allow_shrink=true", source)
		assert.Len(t, data[store.SyncResult](t, fewer, http.StatusOK).Changes, 29)
		assert.Contains(t, fewer.body, `"guard":{"digest":`)
		assert.Contains(t, fewer.body, `"changes":[{"noun":"host","deleted":29}]`)
	})
}

// guardOf is what an answer says that a write would take away.
func guardOf(t *testing.T, a answer) *store.GuardError {
	t.Helper()
	var form errorBody
	require.NoError(t, json.Unmarshal([]byte(a.body), &form))
	require.NotNil(t, form.Guard, a.body)
	return form.Guard
}

func TestSourcesThatAreNoneAreRefusedWhole(t *testing.T) {
	s := storetest.SQLite(t)
	folder := t.TempDir()
	a := newAPI(t, s, func(o *Options) { o.API.MaxImportBytes, o.API.MaxSyncRows, o.API.ImportFolder = 3<<20, 100, folder })
	whole := mustJSON(t, hostsElsewhere(3))
	swap := func(old, instead string) string {
		require.Contains(t, whole, old)
		return strings.Replace(whole, old, instead, 1)
	}
	for name, c := range map[string]struct {
		body, field, text string
		code              int
	}{
		"nothing":                 {"", "", "is missing; send a JSON object", 400},
		"a list":                  {"[]", "", "is not a JSON object", 400},
		"null":                    {"null", "", "is not a JSON object", 400},
		"half of it":              {whole[:len(whole)/2], "hosts[0]", "is cut off", 400},
		"all but its end":         {whole[:len(whole)-1], "", "is cut off", 400},
		"something behind it":     {whole + "{}", "", "has something behind the object", 400},
		"no JSON":                 {swap(`"hosts":[`, `"hosts":[,`), "hosts[0]", "is not JSON: invalid character ',' looking for beginning of value, behind byte", 400},
		"a comma too many":        {swap(`"farm":1},`, `"farm":1,},`), "hosts[0]", "is not JSON", 400},
		"no list of hosts":        {`{"name":"promgen"}`, "shards", "is missing; [] says that there are none", 400},
		"null for a list":         {swap(`"probes":[{"key":1,"module":"http_2xx","description":""}]`, `"probes":null`), "probes", "is not a list", 400},
		"a list twice":            {swap(`"urls":`, `"hosts":[],"urls":`), "hosts", "is given twice", 400},
		"an unknown list":         {swap(`"urls":`, `"rules":[],"urls":`), "rules", "is not known here; known are name, shards,", 400},
		"a row that is none":      {swap(`"hosts":[`, `"hosts":["web1",`), "hosts[0]", "is not an object", 400},
		"an unknown field":        {swap(`"farm":1`, `"farm":1,"labels":{}`), "hosts[0].labels", "known are key, name, farm", 400},
		"a field twice":           {swap(`"farm":1`, `"farm":1,"farm":2`), "hosts[0].farm", "is given twice", 400},
		"a number for a name":     {swap(`"web2"`, `2`), "hosts[1].name", "is not a string", 400},
		"a name for a number":     {swap(`"port":9090`, `"port":"x"`), "servers[0].port", "is not a whole number", 400},
		"null for a value":        {swap(`"enabled":true`, `"enabled":null`), "shards[0].enabled", "is not true or false", 400},
		"bytes that are no UTF-8": {swap("web3", "web\xff"), "hosts[2].name", "is not valid UTF-8", 400},
		"half a surrogate pair":   {swap("web3", `\ud800`), "hosts[2].name", "is not a string", 400},
		"no name":                 {swap(`"promgen"`, `""`), "name", "source name: is missing", 400},
		"a name of no UTF-8":      {swap("promgen", "\xff"), "name", "is not valid UTF-8", 400},
		"no key":                  {swap(`"hosts":[{"key":1,`, `"hosts":[{`), "key", `reading source "promgen": host key "0": is missing`, 400},
		"a key twice":             {swap(`"hosts":[{"key":1,`, `"hosts":[{"key":2,`), "key", `host key "2": is there twice in the source`, 400},
		"too many rows":           {mustJSON(t, hostsElsewhere(100)), "", "at most 100 rows are taken", 413},
		"a row that is too large": {swap("web3", strings.Repeat("x", 2*rowMost)), "", "a row has more than 1048576 bytes", 413},
		"too many bytes":          {swap("web3", strings.Repeat("x", 3<<20)), "", "at most 3145728 are taken", 413},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.do(t, http.MethodPost, syncPath, c.body)
			assert.Contains(t, requireError(t, got, c.code, "bad_data"), c.text)
			var form errorBody
			require.NoError(t, json.Unmarshal([]byte(got.body), &form))
			assert.Equal(t, c.field, form.Field)
		})
	}
	requireError(t, a.do(t, http.MethodPost, syncPath, whole, "Content-Encoding", "br"), http.StatusUnsupportedMediaType, "bad_data")
	requireError(t, a.do(t, http.MethodPost, syncPath, whole, "If-Match", `"1"`), http.StatusBadRequest, "bad_data")
	requireError(t, a.do(t, http.MethodPost, syncPath+"?their=true", whole), http.StatusBadRequest, "bad_data")
	revision, err := s.Revision(t.Context())
	require.NoError(t, err)
	assert.Zero(t, revision.Number)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left, "no source is left behind")
}

func TestRowsHaveDefaults(t *testing.T) {
	source, err := readSource(strings.NewReader(`{"name":"x","shards":[{"key":-9223372036854775808}],"servers":[],"services":[],"projects":[],"farms":[],`+
		`"hosts":[],"exporters":[{"key":1},{"key":2,"enabled":false}],"default_exporters":[],"probes":[],"urls":[]}`), 10)
	require.NoError(t, err)
	assert.Equal(t, []store.SyncShard{{Key: -1 << 63, Enabled: true}}, source.Shards)
	assert.Equal(t, []store.SyncExporter{{Key: 1, Enabled: true}, {Key: 2}}, source.Exporters)
}

func TestWhatIsReadIsWhatWasSent(t *testing.T) {
	source := hostsElsewhere(1000)
	source.Hosts[7].Name = "ünï<&>\u2028 \ufffd \x00"
	read, err := readSource(iotest.HalfReader(strings.NewReader(mustJSON(t, source))), source.Rows())
	require.NoError(t, err)
	assert.Equal(t, source, read)
}

// FuzzSource feeds sources: what is taken is what encoding/json makes of it, what is refused is refused as invalid.
func FuzzSource(f *testing.F) {
	f.Add([]byte(exampleSource))
	f.Add([]byte(mustJSON(f, hostsElsewhere(2))))
	for _, seed := range []string{``, `{`, `{}`, `null`, `[]`, `{"name":"x","hosts":[{"key":1e3}]}`, `{"hosts":[{}],"hosts":[]}`, "{\"name\":\"\xff\"}", `{"hosts":[{"key":1}],}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		source, err := readSource(strings.NewReader(string(body)), 10)
		if err != nil {
			var refused *store.Error
			require.True(t, errors.As(err, &refused) && errors.Is(err, store.ErrInvalid) && refused.Reason != "" || errors.Is(err, errBodyTooLarge), "%v", err)
			return
		}
		require.True(t, json.Valid(body))
		for list := range jsonFields(reflect.ValueOf(&source).Elem()) {
			if list.value.Kind() == reflect.Slice && list.value.IsNil() {
				list.value.Set(reflect.MakeSlice(list.value.Type(), 0, 0))
			}
		}
		text := mustJSON(t, source)
		again, err := readSource(strings.NewReader(text), 10)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(text, "[]", "null"), strings.ReplaceAll(mustJSON(t, again), "[]", "null"))
	})
}

// TestASourceIsNotHeldAsText reads a source whose only row has no end: no more of it is read than a row may have.
func TestASourceIsNotHeldAsText(t *testing.T) {
	text := &countingReader{r: io.MultiReader(strings.NewReader(`{"name":"x","hosts":[{"key":1,"name":"`), endless{})}
	_, err := readSource(text, 10)
	require.ErrorIs(t, err, errBodyTooLarge)
	assert.LessOrEqual(t, text.n, 2*rowMost)

	broken := errors.New("the disk is gone")
	_, err = readSource(io.MultiReader(strings.NewReader(`{"name":"x","hosts":[`), iotest.ErrReader(broken)), 10)
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, store.ErrInvalid, "that is not the client's fault")
}

// endless is an endless text.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// TestOneSourceIsInMemoryAtATime holds one sync up, and demands that the next one waits without reading its source.
func TestOneSourceIsInMemoryAtATime(t *testing.T) {
	s := storetest.SQLite(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	a := newAPI(t, s, func(o *Options) {
		o.API.Inventory = func() (store.Inventory, error) { return &heldUp{s, begun, goOn}, nil }
	})
	first := make(chan answer, 1)
	go func() { first <- a.do(t, http.MethodPost, syncPath, hostsElsewhere(1)) }()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+syncPath, strings.NewReader(mustJSON(t, hostsElsewhere(2))))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	_, err = a.client.Do(req)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(goOn)
	data[store.SyncResult](t, <-first, http.StatusOK)
	third := data[store.SyncResult](t, a.do(t, http.MethodPost, syncPath, hostsElsewhere(1)), http.StatusOK)
	assert.Empty(t, third.Changes, "the one that did not wait left nothing behind")
}

// heldUp holds syncs up.
type heldUp struct {
	*store.Store
	begun, goOn chan struct{}
}

func (h *heldUp) Sync(ctx context.Context, source store.SyncSource, o store.SyncOptions) (store.SyncResult, error) {
	select {
	case h.begun <- struct{}{}:
	case <-h.goOn:
	}
	<-h.goOn
	return h.Store.Sync(ctx, source, o)
}

func TestSyncsAreForThoseWhoMaySeeAllAndWriteThat(t *testing.T) {
	s := storetest.SQLite(t)
	g := guard(t, s, AccessOptions{})
	_, all := g.grant(t, "all", roleOn(store.RoleEditor))
	sync := func(authorization string, source store.SyncSource) answer {
		return g.do(t, http.MethodPost, syncPath, source, "Authorization", authorization)
	}
	source := hostsElsewhere(3)
	data[any](t, sync(all, source), http.StatusOK)
	_, shop := g.grant(t, "shop", roleOn(store.RoleEditor, "service", "shop"))
	_, both := g.grant(t, "both", roleOn(store.RoleEditor, "service", "shop"), roleOn(store.RoleViewer))
	_, looker := g.grant(t, "looker", roleOn(store.RoleViewer))

	source.Hosts[0].Name = "web9"
	for _, authorization := range []string{shop, looker} {
		text := requireError(t, sync(authorization, source), http.StatusForbidden, "forbidden")
		assert.Contains(t, text, "would need the role")
	}
	assert.Len(t, data[store.SyncResult](t, sync(both, source), http.StatusOK).Changes, 1)
	source.Hosts[0].Name, source.Shards[0].URL = "web8", "http://x.example"
	assert.Contains(t, requireError(t, sync(both, source), http.StatusForbidden, "forbidden"), `token:both may not write shard "tokyo"`)
	assert.Len(t, data[store.SyncResult](t, sync(all, source), http.StatusOK).Changes, 2)
}

func BenchmarkReadSource(b *testing.B) {
	text := mustJSON(b, hostsElsewhere(10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		source, err := readSource(strings.NewReader(text), 20_000)
		if err != nil || len(source.Hosts) != 10_000 {
			b.Fatal(err)
		}
	}
}
