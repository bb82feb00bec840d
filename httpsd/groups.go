package httpsd

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// kindParameter says what the groups are of, where the address does not.
const kindParameter = "kind"

// parseGroupsQuery reads the query of an address that serves groups by project.
func parseGroupsQuery(raw string) (snapshot.Kind, snapshot.Query, error) {
	q, rest, err := parseQuery(raw, "", kindParameter)
	if err != nil {
		return 0, q, err
	}
	kind, err := parseKind(rest)
	return kind, q, err
}

func parseKind(values url.Values) (snapshot.Kind, error) {
	given := values[kindParameter]
	switch {
	case len(given) == 0:
		return snapshot.Targets, nil
	case len(given) > 1:
		return 0, invalid(kindParameter, given[1], "must be given once")
	}
	for _, kind := range []snapshot.Kind{snapshot.Targets, snapshot.URLs} {
		if given[0] == kind.String() {
			return kind, nil
		}
	}
	return 0, invalid(kindParameter, given[0], "must be targets or urls")
}

// groups answers with a wire.Document, or with 304 when the client has its content.
func (h *handler) groups(w http.ResponseWriter, r *http.Request) error {
	kind, q, err := parseGroupsQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	s, err := h.loaded()
	if err != nil {
		return err
	}
	if err := h.listable(r, s, q); err != nil {
		return err
	}
	selection, err := s.Select(kind, q)
	if err != nil {
		return err
	}
	c, ok := negotiateStreamable(r.Header.Values("Accept-Encoding"))
	if !ok {
		return errNotAcceptable
	}
	header := w.Header()
	header.Set(wire.RevisionHeader, idOf(selection.Revision()).String())
	tag := selection.List().ETag()
	consumer := h.o.Consumers.Of(r)
	if h.headConditional(w, r, tag, c) {
		consumer.Seen(selection.Revision().Number, tag)
		return nil
	}
	header.Set("Content-Type", wire.ContentTypeDocument)
	h.allowTime(w, selection.List().Size())
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := writeDocument(w, selection, c); err != nil {
		// The client is gone or too slow. Nothing may look like the end of a document to it.
		panic(http.ErrAbortHandler)
	}
	consumer.Seen(selection.Revision().Number, tag)
	return nil
}

// idOf is a revision as clients know it.
func idOf(r store.Revision) wire.ID { return wire.ID{Epoch: r.Epoch, Revision: r.Number} }

// headConditional sets the headers that an answer with content of that tag has in any case. It answers, and returns true,
// when the client has the content.
func (h *handler) headConditional(w http.ResponseWriter, r *http.Request, tag string, c coding) bool {
	header := w.Header()
	header.Set("ETag", entityTag(tag, c))
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	if age := h.o.Publisher.Staleness(); age > h.o.StaleAfter {
		header.Set("Age", strconv.FormatInt(int64(age/time.Second), 10))
	}
	if noneMatch(r.Header.Values("If-None-Match"), tag) {
		if c != identity {
			header.Set("Content-Encoding", c.String())
		}
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// documentPiece is how much of a document is encoded before it is sent, in bytes.
const documentPiece = 64 << 10

// writeDocument encodes a selection piece by piece, so that it is never held as a whole.
func writeDocument(to io.Writer, s *snapshot.Selection, c coding) (err error) {
	if c == gzipped {
		z := gzip.NewWriter(to)
		defer func() {
			if err == nil {
				err = z.Close()
			}
		}()
		to = z
	}
	var e wire.Encoder
	e.BeginDocument(idOf(s.Revision()), s.List().ETag())
	for p := range s.Parts() {
		wire.PutProject(&e, p.Project, p.Groups())
		if e.Len() < documentPiece {
			continue
		}
		if _, err := to.Write(e.Bytes()); err != nil {
			return err
		}
		e.Reset()
	}
	e.EndDocument()
	_, err = to.Write(e.Bytes())
	return err
}
