package storetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestRun(t *testing.T) {
	epochs := map[string]bool{}
	for range 2 {
		storetest.Run(t, func(t *testing.T, s *store.Store) {
			r, err := s.Revision(t.Context())
			require.NoError(t, err)
			require.Zero(t, r.Number)
			require.Len(t, r.Epoch, 32)
			require.NotContains(t, epochs, r.Epoch, "every database has an epoch of its own")
			epochs[r.Epoch] = true
		})
	}
}
