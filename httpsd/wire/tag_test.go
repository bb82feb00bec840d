package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTagsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Tag{rapid.Uint64().Draw(t, "a.hi"), rapid.Uint64().Draw(t, "a.lo")}
		b := Tag{rapid.Uint64().Draw(t, "b.hi"), rapid.Uint64().Draw(t, "b.lo")}
		require.Equal(t, a, a.Plus(b).Minus(b))
		require.Equal(t, a.Plus(b), b.Plus(a))
	})
	require.Equal(t, Tag{hi: 1}, Tag{lo: ^uint64(0)}.Plus(Tag{lo: 1}), "with the carry")
	require.Equal(t, Tag{}, Tag{hi: ^uint64(0), lo: ^uint64(0)}.Plus(Tag{lo: 1}), "modulo 2^128")
}
