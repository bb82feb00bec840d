package httpsd

import (
	"encoding/binary"
	"time"

	"github.com/promshard/promshard/store"
)

// accessTable is who may do what at one time. It never changes.
type accessTable struct {
	revision store.AccessRevision
	// tokens are by the first bytes of their hashes, so that finding them says nothing of the rest.
	tokens              map[uint64][]*holder
	users, certificates map[string]*holder
	// replaced is closed once another table has taken the place of this one.
	replaced chan struct{}
}

// holder is a principal that is let in.
type holder struct {
	// name is the actor of what it writes: "token:ci".
	name   string
	hash   store.TokenHash
	rights store.Rights
	// expires is nil for never.
	expires *time.Time
	// usage is nil for somebody whom the table does not know, who may do nothing.
	usage *usage
}

func newAccessTable(r store.AccessRevision, entries []store.AccessEntry, usageOf func(store.AccessEntry) *usage) *accessTable {
	t := &accessTable{
		revision: r, replaced: make(chan struct{}),
		tokens: map[uint64][]*holder{}, users: map[string]*holder{}, certificates: map[string]*holder{},
	}
	for _, e := range entries {
		h := &holder{
			name: e.String(), hash: e.Hash, rights: store.RightsOf(e.Grants), expires: e.ExpiresAt, usage: usageOf(e),
		}
		h.rights.Of = e.ID
		switch e.Kind {
		case store.KindToken:
			t.tokens[hashKey(&e.Hash)] = append(t.tokens[hashKey(&e.Hash)], h)
		case store.KindUser:
			t.users[e.Name] = h
		case store.KindCertificate:
			t.certificates[e.Name] = h
		}
	}
	return t
}

func hashKey(h *store.TokenHash) uint64 { return binary.LittleEndian.Uint64(h[:]) }

// token returns the holder of a secret, nil when there is none.
func (t *accessTable) token(secret string) *holder {
	hash := store.HashToken(secret)
	var found *holder
	for _, h := range t.tokens[hashKey(&hash)] {
		if h.hash.Equal(&hash) {
			found = h
		}
	}
	return found
}

// expired says whether the holder is not let in any more.
func (h *holder) expired(now func() time.Time) bool {
	return h.expires != nil && !now().Before(*h.expires)
}
