package httpsd

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEntityTag(t *testing.T) {
	assert.Equal(t, `"abc"`, entityTag(`"abc"`, identity))
	assert.Equal(t, `"abc-gzip"`, entityTag(`"abc"`, gzipped))
	assert.Equal(t, `"abc-zstd"`, entityTag(`"abc"`, zstandard))
}

func FuzzNoneMatch(f *testing.F) {
	for _, seed := range []string{"", "*", `"abc"`, `W/"abc"`, `"x", "abc-gzip"`, `"`, `W/`, `"a""abc"`, ` * `, `"*"`, `abc`} {
		f.Add(seed)
	}
	const tag = `"abc"`
	f.Fuzz(func(t *testing.T, header string) {
		none := noneMatch([]string{header}, tag)
		named := strings.Contains(header, `"abc"`) || strings.Contains(header, `"abc-gzip"`) || strings.Contains(header, `"abc-zstd"`)
		if !none && !named && strings.Trim(header, " \t") != "*" {
			t.Errorf("%q matches, and does not name the tag", header)
		}
		for c := range codings {
			if noneMatch([]string{"W/" + entityTag(tag, c) + "," + header}, tag) {
				t.Errorf("a header that begins with the tag does not match: %q", header)
			}
			if noneMatch([]string{header, entityTag(tag, c)}, tag) {
				t.Errorf("a second header that is the tag does not match after %q", header)
			}
		}
	})
}
