package httpsd

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// deafSource is never told that something is new, counts how often it is asked, and fails once it is broken.
type deafSource struct {
	*store.Store
	looks  atomic.Int64
	broken atomic.Bool
}

func (d *deafSource) Subscribe() (wake <-chan struct{}, cancel func()) { return nil, func() {} }

func (d *deafSource) AccessRevision(ctx context.Context) (store.AccessRevision, error) {
	d.looks.Add(1)
	if d.broken.Load() {
		return store.AccessRevision{}, errBroken
	}
	return d.Store.AccessRevision(ctx)
}

// reader creates a token, and waits for nothing.
func reader(t *testing.T, s *store.Store, name string) (id int64, header string) {
	t.Helper()
	p := store.Principal{Kind: store.KindToken, Name: name, Grants: []store.Grant{roleOn(store.RoleReader)}}
	secret, err := s.CreatePrincipal(t.Context(), &p)
	require.NoError(t, err)
	return p.ID, "Bearer " + secret
}

func TestANewTokenWorksAtOnce(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{Source: &deafSource{Store: s}, CheckInterval: time.Hour})
	for i := range 3 {
		_, header := reader(t, s, fmt.Sprint("reader", i))
		require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/sd/targets", header))
	}
}

func TestMadeUpTokensCostTheDatabaseLittle(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	source := &deafSource{Store: s}
	g := guard(t, s, AccessOptions{Source: source, CheckInterval: time.Hour})
	id, header := reader(t, s, "gone")
	require.NoError(t, s.DeletePrincipal(t.Context(), id, store.DeleteOptions{}))

	start, before := time.Now(), source.looks.Load()
	group := make(chan struct{}, 50)
	for range cap(group) {
		go func() {
			defer func() { group <- struct{}{} }()
			for range 2 {
				assert.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", header))
			}
		}()
	}
	for range cap(group) {
		<-group
	}
	looks, most := source.looks.Load()-before, int64(time.Since(start)/missPause)+1
	assert.LessOrEqual(t, looks, most, "looks for 100 requests in %v", time.Since(start))
	// What is no token is not looked for.
	before = source.looks.Load()
	for range 10 {
		require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", header+"x"))
	}
	time.Sleep(2 * missPause)
	assert.Equal(t, before, source.looks.Load())
}

func TestAMadeUpTokenDoesNotWaitForADatabaseThatIsGone(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	source := &deafSource{Store: s}
	g := guard(t, s, AccessOptions{Source: source, CheckInterval: time.Hour})
	id, header := reader(t, s, "gone")
	require.NoError(t, s.DeletePrincipal(t.Context(), id, store.DeleteOptions{}))
	source.broken.Store(true)
	start := time.Now()
	require.Equal(t, http.StatusUnauthorized, g.code(t, http.MethodGet, "/sd/targets", header))
	assert.Less(t, time.Since(start), missPatience+2*time.Second)
}
