package storetest

import (
	"context"
	"testing"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/fleet"
)

// Seed imports a believable fleet into the store.
func Seed(tb testing.TB, s *store.Store, f fleet.Fleet) store.ImportResult {
	tb.Helper()
	result, err := s.Import(context.Background(), f.Groups(), store.ImportOptions{})
	if err != nil {
		tb.Fatalf("importing a fleet: %v", err)
	}
	return result
}
