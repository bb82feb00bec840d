package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on names of files, in bytes. Together with what a temporary file's name has beside, they stay below the 255 that
// file systems allow.
const (
	mostPattern = 100
	mostEncoded = 100
)

// pattern is a path whose last element has one "*", which stands for what a list is split by.
type pattern struct {
	folder string
	// base is the last element, before and after are what it is around the "*".
	base, before, after string
}

func newPattern(path string) pattern {
	folder, base := filepath.Split(path)
	before, after, _ := strings.Cut(base, "*")
	return pattern{folder: folder, base: base, before: before, after: after}
}

// name is the name, without its folder, of the file for a value. Other values have other names.
func (p pattern) name(value string) string { return p.before + encode(value) + p.after }

// path is a name with its folder.
func (p pattern) path(name string) string { return filepath.Join(p.folder, name) }

// fits reports whether a name could have come from the pattern.
func (p pattern) fits(name string) bool {
	return filepath.Base(name) == name && len(name) > len(p.before)+len(p.after) &&
		strings.HasPrefix(name, p.before) && strings.HasSuffix(name, p.after)
}

// encode makes a value part of a file's name: letters and digits of any script, and "-", "_" and "." within, stay; all
// else becomes %XX, an empty value "%", and what is too long is cut, with "~" and a hash at its end.
func encode(value string) string {
	if value == "" {
		return "%"
	}
	var b strings.Builder
	for i, r := range value {
		if plain(r, i) {
			b.WriteRune(r)
			continue
		}
		_, size := utf8.DecodeRuneInString(value[i:])
		for _, c := range []byte(value[i : i+size]) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() <= mostEncoded {
		return b.String()
	}
	sum := sha256.Sum256([]byte(value))
	return strings.ToValidUTF8(b.String()[:mostEncoded-17], "") + "~" + hex.EncodeToString(sum[:8])
}

func plain(r rune, at int) bool {
	switch r {
	case '.':
		return at > 0
	case '-', '_':
		return true
	case utf8.RuneError:
		return false
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
