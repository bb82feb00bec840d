package main

import (
	"context"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

func TestWritesAreJournalledAsThoseOfTheLocalUser(t *testing.T) {
	me, err := user.Current()
	require.NoError(t, err)
	database := "sqlite://" + filepath.Join(t.TempDir(), "x.db")
	mustRun(t, "register-server", "prod", "p1.example", "9090", "--database="+database)
	mustRun(t, "shard", "set", "prod", "--name=main", "--database="+database)

	entries, err := storetest.Open(t, database).Journal(context.Background(), store.JournalFilter{})
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for _, e := range entries {
		assert.Equal(t, "local:"+me.Username, e.Actor)
	}
}

func TestMessagesAreOneLineThatMovesNoCursor(t *testing.T) {
	assert.Equal(t, "a; b\uFFFD[31m", oneLine("a\r\nb\x1b[31m\n"))
}
