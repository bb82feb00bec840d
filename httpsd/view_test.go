package httpsd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// loadedPublisher returns a publisher that has loaded the source once, and a function that takes over what has changed.
func loadedPublisher(t *testing.T, f *fakeSource) (*Publisher, func()) {
	t.Helper()
	p := NewPublisher(PublisherOptions{Source: f})
	pass := func() {
		t.Helper()
		require.NoError(t, p.pass(t.Context()))
	}
	pass()
	return p, pass
}

func changed(s *viewState) bool {
	select {
	case <-s.changed:
		return true
	default:
		return false
	}
}

func TestViews(t *testing.T) {
	prod := snapshot.Query{Shards: []string{"prod"}}

	t.Run("a change wakes those whose selection it alters, and nobody else", func(t *testing.T) {
		f := newFakeSource()
		p, pass := loadedPublisher(t, f)
		v := p.views.join(p.Snapshot, snapshot.Targets, prod)
		dev := p.views.join(p.Snapshot, snapshot.Targets, snapshot.Query{Shards: []string{"dev"}})
		before, other := v.current.Load(), dev.current.Load()
		f.put(project(1, "shop", f.directory.Shards[0], "web1", "web2", "web3"))
		pass()
		require.True(t, changed(before))
		require.False(t, changed(other))
		require.Equal(t, before.number+1, v.current.Load().number)
		require.Equal(t, []int64{1}, v.current.Load().selection.ChangedSince(before.selection))
		now := dev.current.Load()
		require.Equal(t, other.number, now.number)
		require.Equal(t, p.Snapshot().Revision(), now.selection.Revision(), "it moves on with the snapshots, and keeps no old one alive")
	})

	t.Run("equal queries share a view, however they are written", func(t *testing.T) {
		p, _ := loadedPublisher(t, newFakeSource())
		a := p.views.join(p.Snapshot, snapshot.Targets, snapshot.Query{Shards: []string{"prod", "dev"}})
		b := p.views.join(p.Snapshot, snapshot.Targets, snapshot.Query{Shards: []string{"dev", "prod", "dev"}})
		c := p.views.join(p.Snapshot, snapshot.URLs, snapshot.Query{Shards: []string{"dev", "prod"}})
		require.Same(t, a, b)
		require.NotSame(t, a, c)
		p.views.leave(a)
		require.Len(t, p.views.byKey, 2)
		p.views.leave(b)
		p.views.leave(c)
		require.Empty(t, p.views.byKey)
	})

	t.Run("a shard that goes and comes back is a change each time", func(t *testing.T) {
		f := newFakeSource()
		f.mu.Lock()
		f.directory.Shards = append(f.directory.Shards, store.Shard{ID: 9, Name: "new", Enabled: true})
		f.mu.Unlock()
		p, pass := loadedPublisher(t, f)
		v := p.views.join(p.Snapshot, snapshot.Targets, snapshot.Query{Shards: []string{"new"}})
		require.NoError(t, v.current.Load().err)

		f.mu.Lock()
		f.directory.Shards = f.directory.Shards[:3]
		f.reload = true
		f.revision.Number++
		f.mu.Unlock()
		there := v.current.Load()
		pass()
		require.True(t, changed(there))
		gone := v.current.Load()
		require.ErrorIs(t, gone.err, store.ErrNotFound)

		f.mu.Lock()
		f.directory.Shards = append(f.directory.Shards, store.Shard{ID: 9, Name: "new", Enabled: true})
		f.revision.Number++
		f.mu.Unlock()
		pass()
		require.True(t, changed(gone))
		require.NoError(t, v.current.Load().err)
	})
}
