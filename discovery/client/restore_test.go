package client

import (
	"maps"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

// A client follows a database back in time when its backup was restored, and not before it is sure of that.
func TestARestoredBackupIsFollowed(t *testing.T) {
	databaseURL := storetest.SQLiteURL(t)
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), databaseURL, store.Options{})
	require.NoError(t, err)
	storetest.Seed(t, s, fleet.Fleet{Name: "small", Shards: 1, Services: 1, Projects: 2, Hosts: 4, Exporters: 4})
	projects, err := s.Projects(t.Context(), store.ProjectFilter{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	backup, err := os.ReadFile(u.Path)
	require.NoError(t, err)

	r := &replica{t: t, databaseURL: databaseURL, proxy: newProxy(t)}
	r.start()
	t.Cleanup(func() { r.stop() })
	p := play(t, nil, Options{MinBackoff: 5 * time.Millisecond, MaxBackoff: 100 * time.Millisecond}, r.proxy.address())
	soon(t, func() bool { return p.held() != nil })
	before := p.held()

	s, err = store.Open(t.Context(), databaseURL, store.Options{})
	require.NoError(t, err)
	_, _, err = s.RegisterHost(t.Context(), projects[0].Name, "new")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	soon(t, func() bool { return len(p.update().Changed) > 0 && !maps.Equal(before, p.held()) })

	r.stop()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.RemoveAll(u.Path+suffix))
	}
	require.NoError(t, os.WriteFile(u.Path, backup, 0o600))
	r.start()
	soon(t, func() bool { return maps.Equal(before, p.held()) }, "what the backup has")
	require.Equal(t, 1, p.logged("restored backup"))
}
