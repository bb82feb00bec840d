package store

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
)

// TokenPrefix begins the secret of every token, so that people and scanners for leaked secrets know one when they see it.
const TokenPrefix = "psh_"

const (
	tokenRandom = 20 // bytes: 160 bits
	tokenSum    = 4  // bytes of their SHA-256 behind them, which tell a mistyped token from an unknown one
)

// tokenLetters need no escaping anywhere, and none is easily taken for another.
var tokenLetters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// TokenHash is what is kept of a token's secret: its SHA-256. The secret has 160 random bits, so that nothing slower is
// needed against guessing.
type TokenHash [sha256.Size]byte

// HashToken returns what is kept of a secret.
func HashToken(secret string) TokenHash {
	var room [64]byte // a token needs no more, and this no allocation
	return sha256.Sum256(append(room[:0], secret...))
}

// Equal compares in a time that does not depend on where two hashes differ.
func (h *TokenHash) Equal(other *TokenHash) bool {
	return subtle.ConstantTimeCompare(h[:], other[:]) == 1
}

// newToken returns a new secret.
func newToken() string {
	b := make([]byte, tokenRandom, tokenRandom+tokenSum)
	rand.Read(b) // it never returns an error: it ends the process
	sum := sha256.Sum256(b)
	return TokenPrefix + tokenLetters.EncodeToString(append(b, sum[:tokenSum]...))
}

// ValidToken says whether a text has the form of a token's secret, its checksum included.
func ValidToken(text string) bool {
	letters, ok := strings.CutPrefix(text, TokenPrefix)
	if !ok {
		return false
	}
	b, err := tokenLetters.DecodeString(letters)
	if err != nil || len(b) != tokenRandom+tokenSum {
		return false
	}
	sum := sha256.Sum256(b[:tokenRandom])
	return subtle.ConstantTimeCompare(sum[:tokenSum], b[tokenRandom:]) == 1
}
