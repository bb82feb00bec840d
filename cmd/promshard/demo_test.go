package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
	"github.com/promshard/promshard/store/storetest"
)

func TestADemoGoesIntoWhatIsNotEmptyByForceAlone(t *testing.T) {
	ctx := context.Background()
	s := storetest.SQLite(t)
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	size := fleet.Fleet{Name: "tiny", Shards: 2, Services: 2, Projects: 4, Hosts: 8, Exporters: 4, URLs: 2}
	require.NoError(t, s.CreateService(ctx, &store.Service{Name: "mine"}))

	_, err := a.fill(ctx, s, size, false)
	require.ErrorIs(t, err, store.ErrConflict)
	shards, err := s.Shards(ctx, store.ShardFilter{})
	require.NoError(t, err)
	assert.Empty(t, shards)

	for range 2 { // the second time everything is there
		result, err := a.fill(ctx, s, size, true)
		require.NoError(t, err)
		assert.EqualValues(t, 8, result.Imported.Hosts+result.Existing.Hosts)
	}
	servers, err := s.Servers(ctx, store.ServerFilter{})
	require.NoError(t, err)
	assert.Len(t, servers, 2*demoServers)
	services, err := s.Services(ctx, store.ServiceFilter{})
	require.NoError(t, err)
	assert.Len(t, services, 3)
}
