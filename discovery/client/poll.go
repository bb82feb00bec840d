package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/promshard/promshard/httpsd/wire"
)

// mostDocument bounds, in bytes, what a server can make a client read at once.
const mostDocument = 1 << 30

// document asks a server for the whole set, unless it is the one that is held, and applies it.
func (l *link) document(ctx context.Context, s server) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	head := after(l.o.ConnectTimeout, cancel, "no answer has come")
	defer head.Stop()
	var etag string
	if err := l.do(inner, func() { etag = l.keeper.etag() }); err != nil {
		return err
	}
	resp, err := l.get(inner, s.groups, wire.ContentTypeDocument, map[string]string{"If-None-Match": etag})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	head.Stop()
	if resp.StatusCode == http.StatusNotModified {
		id, _ := wire.ParseID(resp.Header.Get(wire.RevisionHeader)) // a proxy may have left it out
		return l.do(inner, func() { l.keeper.same(id, s.name) })
	}
	b, err := newBody(resp, cancel, l.o.IdleTimeout)
	if err != nil {
		return err
	}
	doc, err := readDocument(b)
	if err != nil {
		return cause(inner, err)
	}
	if err := l.applyDocument(ctx, s, doc); err != nil {
		return err
	}
	_, _ = io.CopyN(io.Discard, b, 1<<10) // to its end, so that the connection can be used again
	return nil
}

func readDocument(b *body) (*wire.Document, error) {
	limited := &io.LimitedReader{R: b, N: mostDocument}
	var doc wire.Document
	if err := json.NewDecoder(limited).Decode(&doc); err != nil {
		if limited.N <= 0 {
			return nil, fmt.Errorf("the document has more than %d bytes", mostDocument)
		}
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	return &doc, nil
}

func (l *link) applyDocument(ctx context.Context, s server, doc *wire.Document) error {
	id, err := wire.ParseID(doc.ID)
	if err != nil {
		return err
	}
	doErr := l.do(ctx, func() {
		d := l.keeper.set.draft()
		if err = d.add(doc.Projects); err == nil {
			err = l.keeper.full(d, id, doc.ETag, Poll, s.name)
		}
	})
	return errors.Join(doErr, err)
}
