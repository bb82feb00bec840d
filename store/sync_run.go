package store

import (
	"context"
	"errors"
)

// Sync implements Inventory.
func (s *Store) Sync(context.Context, SyncSource, SyncOptions) (SyncResult, error) {
	return SyncResult{}, errors.ErrUnsupported
}
