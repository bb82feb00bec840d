package httpsd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// fleetWrite writes to the inventory that the fleet is in.
type fleetWrite = func(ctx context.Context, s *store.Store, f *revertFleet) error

// kindOfWrite is a write that a revert gives back the lists of.
type kindOfWrite struct {
	name string
	// unseen says that no list shows the write; without it some list must be another one afterwards.
	unseen bool
	// asked says that the guard wants it confirmed.
	asked bool
	write fleetWrite
}

// shownList is what an address of a list answers.
type shownList struct {
	Code       int
	ETag, Body string
}

// listServing serves the lists and the API of an inventory, without a network.
type listServing struct {
	store     *store.Store
	publisher *Publisher
	handler   http.Handler
}

func serveLists(s *store.Store) *listServing {
	publisher := NewPublisher(PublisherOptions{Source: s})
	handler := New(Options{Publisher: publisher, API: APIOptions{Inventory: func() (store.Inventory, error) { return s, nil }}})
	return &listServing{store: s, publisher: publisher, handler: handler}
}

func (l *listServing) do(t *testing.T, method, target string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// shownFilters narrow the lists to each shard, those that writes make among them, and to what else a write can alter the
// meaning of.
var shownFilters = []string{
	"", "shard=prod", "shard=spare", "shard=closed", "shard=new", "server=prom1%3A9090", "server=prom2%3A9090",
	"service=shop", "service=new", "project=shop-api", "project=new", "farm=api-farm", "farm=new", "job=app", "job=http_2xx",
}

// lists are all lists at the newest revision, as a publisher that follows changes serves them.
func (l *listServing) lists(t *testing.T) map[string]shownList {
	t.Helper()
	require.NoError(t, l.publisher.pass(t.Context()))
	lists := map[string]shownList{}
	for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
		for _, filter := range shownFilters {
			target := "/sd/" + kind.String() + "?" + filter
			got := l.do(t, http.MethodGet, target)
			lists[target] = shownList{got.code, got.header.Get("ETag"), got.body}
			if got.code == http.StatusOK {
				require.NotEmpty(t, got.header.Get("ETag"), target)
			}
		}
	}
	return lists
}

// equalLists demands that each list is the same, by its bytes and its tag.
func equalLists(t *testing.T, want, got map[string]shownList, when string) {
	t.Helper()
	for _, target := range slices.Sorted(maps.Keys(want)) {
		require.Equal(t, want[target], got[target], "%s %s", target, when)
	}
	require.Len(t, got, len(want))
}

// areLoaded demands that lists are those of a publisher that loads everything.
func (l *listServing) areLoaded(t *testing.T, lists map[string]shownList) {
	t.Helper()
	builder := snapshot.NewBuilder()
	at, err := l.store.Load(t.Context(), builder)
	require.NoError(t, err)
	loaded := builder.Snapshot(at)
	for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
		whole := lists["/sd/"+kind.String()+"?"]
		require.Equal(t, http.StatusOK, whole.Code, whole.Body)
		require.Equal(t, listBody(t, loaded, kind, snapshot.Query{}), strings.TrimSuffix(whole.Body, "\n"))
	}
}

// revert undoes a revision over the API, and confirms what the guard asks. It returns the revision that this made.
func (l *listServing) revert(t *testing.T, revision int64) int64 {
	t.Helper()
	target := fmt.Sprintf("/api/v2/journal/%d/revert", revision)
	got := l.do(t, http.MethodPost, target)
	if got.code == http.StatusConflict {
		require.Contains(t, got.body, `"guarded"`)
		got = l.do(t, http.MethodPost, target+"?confirm="+digestIn(t, got.body))
	}
	return data[store.Reversal](t, got, http.StatusOK).Revision
}

// confirmed does a write, and confirms what the guard asks. It returns the journal entry.
func (k kindOfWrite) confirmed(t *testing.T, s *store.Store, f *revertFleet) store.Entry {
	t.Helper()
	var r store.Receipt
	ctx := store.WithReceipt(t.Context(), &r)
	err := k.write(ctx, s, f)
	var guarded *store.GuardError
	require.Equal(t, k.asked, errors.As(err, &guarded), "the guard asks: %v", err)
	if guarded != nil {
		err = k.write(store.WithConfirm(ctx, guarded.Digest), s, f)
	}
	require.NoError(t, err)
	require.Positive(t, r.Revision, "nothing was written")
	entry, err := s.JournalEntry(t.Context(), r.Revision)
	require.NoError(t, err)
	return entry
}

// undone collects what was reverted.
type undone struct {
	actions map[string]bool
	// objects has the nouns with what became of them: "host created".
	objects map[string]bool
}

func (u undone) add(e store.Entry) {
	u.actions[e.Action] = true
	for _, c := range e.Changes {
		switch {
		case len(c.Created) > 0:
			u.objects[c.Noun+" created, listed"] = true
		case c.Before == nil:
			u.objects[c.Noun+" created"] = true
		case c.After == nil:
			u.objects[c.Noun+" deleted"] = true
		default:
			u.objects[c.Noun+" changed"] = true
		}
	}
}

// TestARevertGivesBackTheListsByteForByte does one of every kind of write, undoes it, undoes that, and undoes it again.
func TestARevertGivesBackTheListsByteForByte(t *testing.T) {
	kinds := slices.Concat(creations(), updates(), deletions(), bulkWrites(), applies(), massRemovals())
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			f, l := plantRevertible(t, s), serveLists(s)
			u := undone{actions: map[string]bool{}, objects: map[string]bool{}}
			before := l.lists(t)
			l.areLoaded(t, before)
			for _, k := range kinds {
				if !t.Run(k.name, func(t *testing.T) { k.isUndone(t, l, f, before, u) }) {
					before = l.lists(t) // which is not what it was; the others may be well
				}
			}
			u.complete(t)
		})
	}
}

// isUndone does the write, undoes it, undoes that, and undoes it again.
func (k kindOfWrite) isUndone(t *testing.T, l *listServing, f *revertFleet, before map[string]shownList, u undone) {
	t.Helper()
	entry := k.confirmed(t, l.store, f)
	action, _, _ := strings.Cut(k.name, ",")
	require.Equal(t, action, entry.Action)
	after := l.lists(t)
	l.areLoaded(t, after)
	require.Equal(t, k.unseen, assert.ObjectsAreEqual(before, after), "no list shows the write")

	reverted := l.revert(t, entry.Revision)
	equalLists(t, before, l.lists(t), "after the revert")
	again := l.revert(t, reverted)
	equalLists(t, after, l.lists(t), "after the revert of the revert")
	l.revert(t, again)
	equalLists(t, before, l.lists(t), "after that was reverted")
	for _, revision := range []int64{entry.Revision, reverted, again} {
		entry, err := l.store.JournalEntry(t.Context(), revision)
		require.NoError(t, err)
		u.add(entry)
	}
}

// complete demands that all that a journal can say was reverted, but for who may do what, which no list shows and no revert
// gives back.
func (u undone) complete(t *testing.T) {
	t.Helper()
	for _, action := range store.Actions() {
		noun, _, _ := strings.Cut(action, ".")
		if noun == "access" || slices.Contains(store.PrincipalKinds, noun) {
			continue
		}
		assert.True(t, u.actions[action], "%s is a kind of write that is not reverted here", action)
	}
	for _, noun := range store.Nouns() {
		for _, what := range []string{" created", " changed", " deleted"} {
			assert.True(t, u.objects[noun+what], "no %s is reverted here", noun+what)
		}
	}
	assert.True(t, u.objects["host created, listed"], "no import is reverted here")
}
