package snapshot

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
)

// TestSnapshotsForgetWhatTheyCameFrom holds that a list that changed is not kept by the snapshots after it: a server
// that lives through a million changes would otherwise hold a million lists.
func TestSnapshotsForgetWhatTheyCameFrom(t *testing.T) {
	w := town()
	s := w.build()
	var rows []weak.Pointer[row]
	for range 2 {
		sh, ok := s.shardNamed("prod")
		require.True(t, ok)
		rows = append(rows, weak.Make(sh.rows[Targets]))
		w.forget()
		w.change(w.projectNamed("shop-web"), func(p *store.ProjectRows) {
			p.Hosts = append(p.Hosts, store.HostRow{Name: "z" + p.Hosts[len(p.Hosts)-1].Name})
		})
		s = s.Apply(w.changes())
	}
	require.Eventually(t, func() bool {
		runtime.GC()
		for _, r := range rows {
			if r.Value() != nil {
				return false
			}
		}
		return true
	}, 10*time.Second, 10*time.Millisecond)
	runtime.KeepAlive(s)
}
