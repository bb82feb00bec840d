package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/cmd/promshard/remote"
	"github.com/promshard/promshard/httpsd"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// twins are an inventory in a database, and one like it behind a server with small pages.
type twins struct {
	direct, remote inventory
	// stores are the databases of both.
	stores [2]*store.Store
	// done, refused and tried are the methods that succeeded, that failed, and that succeeded as a dry run, with how often.
	done, refused, tried map[string]int
}

func newTwins(t *testing.T, open func(testing.TB) *store.Store) *twins {
	t.Helper()
	w := &twins{stores: [2]*store.Store{open(t), open(t)}, done: map[string]int{}, refused: map[string]int{}, tried: map[string]int{}}
	c, err := remote.New(remote.Options{Servers: []string{serveTwin(t, w.stores[1])}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	w.direct, w.remote = database{w.stores[0]}, server{c}
	return w
}

// serveTwin serves an inventory, to whoever asks, as the actor of the tests.
func serveTwin(t *testing.T, s *store.Store) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	publisher := httpsd.NewPublisher(httpsd.PublisherOptions{Source: s})
	ended := make(chan error, 1)
	go func() { ended <- publisher.Run(ctx) }()
	handler := httpsd.New(httpsd.Options{Publisher: publisher, API: httpsd.APIOptions{
		Inventory: func() (store.Inventory, error) { return s, nil }, ImportFolder: t.TempDir(), MaxPageSize: 3,
	}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(store.WithActor(r.Context(), twinActor)))
	}))
	t.Cleanup(func() {
		handler.Release()
		server.Close()
		cancel()
		<-ended //nolint:errcheck // the context has ended
	})
	return server.URL
}

const twinActor = "local:somebody"

// kindsOfError are all that callers tell apart.
var kindsOfError = []error{
	store.ErrInvalid, store.ErrNotFound, store.ErrConflict, store.ErrStale, store.ErrGuarded, store.ErrShrunk, store.ErrForbidden, store.ErrUnavailable,
}

// told is what a caller learns of an error.
func told(err error) string {
	if err == nil {
		return "no error"
	}
	text := err.Error()
	for _, kind := range kindsOfError {
		if errors.Is(err, kind) {
			text += "; " + kind.Error()
		}
	}
	var refused *store.Error
	if errors.As(err, &refused) {
		text += fmt.Sprintf("; field %q, value %q, hint %q", refused.Field, refused.Value, refused.Hint)
	}
	var unknown *snapshot.NotFoundError
	if errors.As(err, &unknown) {
		text += fmt.Sprintf("; field %q, value %q, hint %q", unknown.Noun, unknown.Name, "")
	}
	var guarded *store.GuardError
	if errors.As(err, &guarded) {
		shards, _ := json.Marshal(guarded)
		text += "; " + string(shards)
	}
	var stands *store.RevertError
	if errors.As(err, &stands) {
		text += fmt.Sprintf("; newer %d", stands.Newer)
	}
	return text
}

// outcome is all that comes of a call: results, what became of what arguments point to, and the receipt of a write.
type outcome struct {
	values []any
	err    error
}

// receipt is that of a write.
func (o outcome) receipt() store.Receipt { return o.values[len(o.values)-1].(store.Receipt) }

// moments are what two inventories cannot have in common: when something was written, and secrets. Times that the tests set
// are not among them.
var moments = regexp.MustCompile(`"20[0-8][0-9]-[0-9-]+T[0-9:.]+Z"|"` + store.TokenPrefix + `[0-9a-z]{39}"`)

// text is the outcome in JSON, but for moments.
func (o outcome) text(t *testing.T) string {
	t.Helper()
	values := make([]any, len(o.values))
	for i, v := range o.values {
		values[i] = plain(t, v)
	}
	text, err := json.Marshal(values)
	require.NoError(t, err)
	return moments.ReplaceAllString(string(text), `"…"`)
}

// plain makes JSON of what has none that could be compared.
func plain(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case renderedList:
		var b bytes.Buffer
		n, err := v.WriteTo(&b)
		require.NoError(t, err)
		require.Equal(t, n, v.Size())
		return []any{b.String(), v.Revision()}
	case []store.Entry:
		for _, e := range v {
			require.Empty(t, e.Changes, "it is brief")
			require.Nil(t, e.Confirmed, "it is brief")
		}
		return journalLines(v)
	case store.Receipt:
		v.Changes, v.Touched = nil, store.Touched{} // which a server does not say
		return v
	}
	return v
}

// do calls a method of both with the arguments behind the context, and demands the same outcome. What an argument points to
// is each one's own. It returns the outcome of the database.
func (w *twins) do(t *testing.T, ctx context.Context, method any, args ...any) outcome {
	t.Helper()
	name := methodName(method)
	what := fmt.Sprintf("%s%+v", name, shownArgs(args))
	return w.same(t, what, name, func(inv inventory) outcome { return call(ctx, inv, method, args) })
}

// write is do for a write: first as a dry run, which must leave both as they were.
func (w *twins) write(t *testing.T, ctx context.Context, method any, args ...any) outcome {
	t.Helper()
	before := w.revisions(t)
	if o := w.do(t, store.WithDryRun(ctx), method, args...); o.err == nil {
		w.tried[methodName(method)]++
	}
	require.Equal(t, before, w.revisions(t), "a dry run writes nothing")
	return w.do(t, ctx, method, args...)
}

// same does something with both, which calls the method of that name, and demands the same outcome.
func (w *twins) same(t *testing.T, what, method string, do func(inv inventory) outcome) outcome {
	t.Helper()
	want, got := do(w.direct), do(w.remote)
	require.Equal(t, told(want.err), told(got.err), what)
	require.JSONEq(t, want.text(t), got.text(t), what)
	if want.err != nil {
		w.refused[method]++
	} else {
		w.done[method]++
	}
	return want
}

// revisions are the newest ones of both.
func (w *twins) revisions(t *testing.T) (numbers [2]int64) {
	t.Helper()
	for i, s := range w.stores {
		r, err := s.Revision(t.Context())
		require.NoError(t, err)
		numbers[i] = r.Number
	}
	require.Equal(t, numbers[0], numbers[1])
	return numbers
}

// methodName is what a method expression is called: Import for inventory.Import.
func methodName(method any) string {
	name := runtime.FuncForPC(reflect.ValueOf(method).Pointer()).Name()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// call calls a method expression, with a receipt where it writes.
func call(ctx context.Context, inv inventory, method any, args []any) (o outcome) {
	f := reflect.ValueOf(method)
	var receipt store.Receipt
	writes := writesSomething(methodName(method))
	if writes {
		ctx = store.WithReceipt(ctx, &receipt)
	}
	in := []reflect.Value{reflect.ValueOf(inv), reflect.ValueOf(store.WithActor(ctx, twinActor))}
	for i, arg := range args {
		v := argumentOf(f.Type().In(i+2), arg)
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			v = own
			o.values = append(o.values, own.Interface())
		}
		in = append(in, v)
	}
	out := f.Call(in)
	last := len(out) - 1
	o.err, _ = out[last].Interface().(error)
	for _, v := range out[:last] {
		if o.err == nil {
			o.values = append(o.values, v.Interface())
		}
	}
	if writes {
		o.values = append(o.values, receipt)
	}
	return o
}

// argumentOf makes a parameter's type of an argument, for which an untyped constant is an int.
func argumentOf(want reflect.Type, arg any) reflect.Value {
	v := reflect.ValueOf(arg)
	switch {
	case !v.IsValid():
		return reflect.Zero(want)
	case v.Kind() == reflect.Int && want.Kind() == reflect.Int64:
		return v.Convert(want)
	}
	return v
}

// shownArgs are arguments for people: what they point to, not where that is.
func shownArgs(args []any) []any {
	shown := make([]any, len(args))
	for i, arg := range args {
		shown[i] = arg
		if v := reflect.ValueOf(arg); v.Kind() == reflect.Pointer && !v.IsNil() {
			shown[i] = v.Elem().Interface()
		}
	}
	return shown
}

// writesSomething says whether a method of that name is one that writes, by its verb.
func writesSomething(method string) bool {
	for _, verb := range []string{"Create", "Update", "Delete", "Register", "Set", "Import", "Apply", "Revert", "Sync"} {
		if strings.HasPrefix(method, verb) {
			return true
		}
	}
	return false
}

// neverRefused are the methods that have nothing to refuse.
var neverRefused = map[string]bool{"Close": true, "ListConsumers": true, "Principals": true}

// complete demands that every method of an inventory was called and has succeeded, and those that can refuse what they
// are asked have done so too.
func (w *twins) complete(t *testing.T) {
	t.Helper()
	methods := reflect.TypeFor[inventory]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		assert.NotZero(t, w.done[name], "%s is not called here, or is always refused", name)
		if !neverRefused[name] {
			assert.NotZero(t, w.refused[name], "%s is never refused here", name)
		}
		if writesSomething(name) {
			assert.NotZero(t, w.tried[name], "no dry run of %s succeeds here", name)
		}
	}
}

// runTwins runs fn with twins in each kind of database, side by side.
func runTwins(t *testing.T, fn func(t *testing.T, w *twins)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, newTwins(t, open))
		})
	}
}

// TestAServerIsToCommandsWhatADatabaseIs does the same to an inventory in a database and to one behind a server, and compares
// what comes of it: results, errors with their fields and hints, and receipts.
func TestAServerIsToCommandsWhatADatabaseIs(t *testing.T) {
	runTwins(t, func(t *testing.T, w *twins) {
		nouns := conformers()
		for _, n := range nouns {
			n.fill(t, w)
		}
		for _, n := range nouns {
			n.try(t, w)
		}
		w.register(t)
		w.setHosts(t)
		w.imports(t)
		w.applies(t)
		w.syncs(t, elsewhereCalled("another", 3), store.SyncOptions{})
		w.syncs(t, elsewhereCalled("", 3), store.SyncOptions{})
		filled := w.guarded(t)
		w.keys(t)
		w.access(t)
		w.lists(t)
		w.looksBack(t, filled)
		w.explains(t)
		w.seesConsumers(t)
		for i := range nouns {
			nouns[len(nouns)-1-i].drop(t, w)
		}
		w.same(t, "closing", "Close", func(inv inventory) outcome { return outcome{err: inv.Close()} })
		w.complete(t)
	})
}
