package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIDSet(t *testing.T) {
	s := idSet{}
	assert.Empty(t, s.ranges())
	for _, id := range []int64{64, 1, 63, 1 << 40, 65, 2, 128, 127} {
		assert.True(t, s.add(id), id)
		assert.False(t, s.add(id), id)
		assert.True(t, s.has(id), id)
	}
	assert.False(t, s.has(3))
	assert.False(t, s.has(1<<40+1))
	assert.Equal(t, []IDRange{{1, 2}, {63, 65}, {127, 128}, {1 << 40, 1 << 40}}, s.ranges())
}
