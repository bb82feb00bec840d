package httpsd

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// finder says what is asked of a snapshot: which query, once the names in the address are looked up.
type finder func(s *snapshot.Snapshot) (snapshot.Query, error)

// list answers with the list that the query picks.
func (h *handler) list(kind snapshot.Kind) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		q, rest, err := parseQuery(r.URL.RawQuery, "", waitParameter)
		if err != nil {
			return err
		}
		find := func(*snapshot.Snapshot) (snapshot.Query, error) { return q, nil }
		return h.answer(w, r, kind, find, rest[waitParameter])
	}
}

// listOf answers with the targets of the noun in the path, which name finds; the query narrows them further.
func (h *handler) listOf(noun string, name func(r *http.Request, s *snapshot.Snapshot) (string, error)) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		q, rest, err := parseQuery(r.URL.RawQuery, noun, waitParameter)
		if err != nil {
			return err
		}
		find := func(s *snapshot.Snapshot) (snapshot.Query, error) {
			found, err := name(r, s)
			*filterField(&q, noun) = []string{found}
			return q, err
		}
		return h.answer(w, r, snapshot.Targets, find, rest[waitParameter])
	}
}

// answer answers with a list as it is now or, when the request asked for that with the values of wait, as it is once
// it has changed.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, kind snapshot.Kind, find finder, wait []string) error {
	if len(wait) == 0 {
		list, revision, err := h.find(w, r, kind, find)
		if err != nil {
			return err
		}
		return h.serveList(w, r, list, revision)
	}
	most, err := parseWait(wait)
	if err != nil {
		return err
	}
	if err := h.hold(w, r, kind, find, most); err != nil {
		return err
	}
	list, revision, err := h.find(w, r, kind, find)
	if err != nil {
		return err
	}
	if err := h.serveList(w, r, list, revision); err != nil {
		return err
	}
	remember(w, r, list.ETag())
	return nil
}

// find returns the list that is asked for, as it is now, to somebody who may have it, and the revision of that, which the
// answer shows even when there is no such list.
func (h *handler) find(w http.ResponseWriter, r *http.Request, kind snapshot.Kind, find finder) (*snapshot.List, int64, error) {
	s, err := h.loaded()
	if err != nil {
		return nil, 0, err
	}
	q, err := find(s)
	if err != nil {
		return nil, 0, err
	}
	if err := h.listable(r, s, q); err != nil {
		return nil, 0, err
	}
	w.Header().Set(wire.RevisionHeader, idOf(s.Revision()).String())
	list, err := s.List(kind, q)
	return list, s.Revision().Number, err
}

// loaded returns the snapshot that one request is answered from.
func (h *handler) loaded() (*snapshot.Snapshot, error) {
	if s := h.o.Publisher.Snapshot(); s != nil {
		return s, nil
	}
	return nil, errNotLoaded
}

func nameInPath(r *http.Request, _ *snapshot.Snapshot) (string, error) {
	return pathVar(r, "name")
}

func (h *handler) serviceByID(r *http.Request, s *snapshot.Snapshot) (string, error) {
	return byID(r, "service", s.ServiceName)
}

func (h *handler) projectByID(r *http.Request, s *snapshot.Snapshot) (string, error) {
	return byID(r, "project", s.ProjectName)
}

// byID looks up the id in the path. An id too large for an int64 is one that nothing has.
func byID(r *http.Request, noun string, find func(id int64) (string, bool)) (string, error) {
	text, err := pathVar(r, "id")
	if err != nil {
		return "", err
	}
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		if name, ok := find(id); ok {
			return name, nil
		}
	}
	return "", &store.Error{Kind: store.ErrNotFound, Noun: noun, Field: "id", Value: shorten(text), Reason: "there is none"}
}

// serveList answers with one list, which is that of a revision, or with 304 when the client has it.
func (h *handler) serveList(w http.ResponseWriter, r *http.Request, list *snapshot.List, revision int64) error {
	c, ok := negotiate(r.Header.Values("Accept-Encoding"))
	if !ok {
		return errNotAcceptable
	}
	tag := list.ETag()
	if !h.headConditional(w, r, tag, c) {
		if err := h.writeList(w, r, list, c); err != nil {
			return err
		}
	}
	h.o.Consumers.Of(r).Seen(revision, tag)
	return nil
}

// writeList sends the bytes of a list in one coding.
func (h *handler) writeList(w http.ResponseWriter, r *http.Request, list *snapshot.List, c coding) error {
	body, size := representation(list, c)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	h.allowTime(w, size)
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := body.WriteTo(w); err != nil {
		// The client is gone or too slow. Nothing may look like the end of a list to it.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// representation returns the bytes of a list in one coding, and how many they are.
func representation(list *snapshot.List, c coding) (io.WriterTo, int64) {
	var b encoded
	switch c {
	case gzipped:
		b = list.Gzip()
	case zstandard:
		b = list.Zstd()
	default:
		return list, list.Size()
	}
	return b, int64(len(b))
}

// encoded is a body that is held as one piece.
type encoded []byte

// WriteTo implements io.WriterTo.
func (b encoded) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b)
	return int64(n), err
}

// allowTime lets a large list take longer than the server's time limit on answers: a slow link may pass it, and yet no
// reader holds its connection forever.
func (h *handler) allowTime(w http.ResponseWriter, size int64) {
	extra := time.Duration(size) * time.Second / time.Duration(h.o.SlowestReader)
	if extra < time.Second {
		return
	}
	// Not every ResponseWriter can; then the limit stays as it is.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.o.AnswerTimeout + extra))
}
