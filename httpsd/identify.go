package httpsd

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/promshard/promshard/store"
)

// Why somebody is not let in.
var (
	errBadToken     = errors.New("the token is unknown, was revoked or has expired")
	errUnauthorized = errors.New("this needs a token: send the header Authorization with Bearer and the token")
	errForbidden    = errors.New("not allowed")
	errTokenInURL   = errors.New("there is a token in the address, where logs would show it: revoke it, and send a new one in the header Authorization with Bearer")
)

// identify returns who sent a request: nil for somebody who shows nothing that this server knows. A token that is none is
// an error, whatever else is shown. Somebody whom the web server has checked but who was granted nothing is a holder
// without rights.
func (a *Access) identify(r *http.Request) (*holder, error) {
	t := a.table.Load()
	if t == nil {
		return nil, errNoAccess
	}
	scheme, rest := authorization(r)
	switch {
	case strings.EqualFold(scheme, "bearer") && strings.HasPrefix(rest, store.TokenPrefix):
		return a.holderOf(a.find(r.Context(), t, rest))
	case strings.EqualFold(scheme, "basic"):
		user, password, ok := basicAuth(rest)
		if strings.HasPrefix(password, store.TokenPrefix) {
			return a.holderOf(a.find(r.Context(), t, password))
		}
		if ok && a.web.verified(user, password) {
			return a.known(t.users, store.KindUser, user)
		}
	}
	if name, ok := certificateName(r); ok {
		return a.known(t.certificates, store.KindCertificate, name)
	}
	return nil, nil
}

// holderOf refuses a token that is unknown or has expired.
func (a *Access) holderOf(h *holder) (*holder, error) {
	if h == nil || h.expired(a.o.Now) {
		return nil, errBadToken
	}
	return h, nil
}

// known returns the holder of a name that somebody else has checked.
func (a *Access) known(holders map[string]*holder, kind, name string) (*holder, error) {
	h := holders[name]
	if h == nil || h.expired(a.o.Now) {
		return &holder{name: kind + ":" + name}, nil
	}
	return h, nil
}

// authorization returns the two parts of the header.
func authorization(r *http.Request) (scheme, rest string) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return "", ""
	}
	scheme, rest, _ = strings.Cut(values[0], " ")
	return scheme, strings.TrimSpace(rest)
}

func basicAuth(encoded string) (user, password string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(b), ":")
}

// certificateName returns the common name of a client certificate that was verified.
func certificateName(r *http.Request) (string, bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 || len(r.TLS.VerifiedChains[0]) == 0 {
		return "", false
	}
	name := r.TLS.VerifiedChains[0][0].Subject.CommonName
	return name, name != ""
}

// tokenLength is the length of a token's secret.
const tokenLength = 43

// holdsToken says whether there is the secret of a token in a text.
func holdsToken(text string) bool {
	for {
		i := strings.Index(text, store.TokenPrefix)
		if i < 0 || len(text) < i+tokenLength {
			return false
		}
		if store.ValidToken(text[i : i+tokenLength]) {
			return true
		}
		text = text[i+len(store.TokenPrefix):]
	}
}

// withoutTokens is an address as it may be logged.
func withoutTokens(address string) string {
	if holdsToken(address) {
		return "(not shown: there is a token in it)"
	}
	return address
}

// tooFastError says that a principal makes more requests than it may.
type tooFastError struct {
	name string
	// after is for how many seconds it should wait.
	after int
}

func (e *tooFastError) Error() string {
	return fmt.Sprintf("%s makes more requests than it may; wait %d s", e.name, e.after)
}
