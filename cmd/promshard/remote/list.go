package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/httpsd/wire"
	"github.com/promshard/promshard/store"
)

// List is a list of targets or URLs as a server serves it.
type List struct {
	body     []byte
	revision int64
}

// WriteTo implements io.WriterTo.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	return bytes.NewReader(l.body).WriteTo(w)
}

// Size is how many bytes it has.
func (l *List) Size() int64 { return int64(len(l.body)) }

// Revision is the one at which the list is shown; 0 while nothing was ever written.
func (l *List) Revision() int64 { return l.revision }

// A server may show lists that are a moment older than what was written last.
const (
	catchUpPause   = 50 * time.Millisecond
	catchUpTimeout = 5 * time.Second
)

// List fetches a list. Who may read the journal gets what was written before, at the latest: a server that is behind
// is asked again for a few seconds.
func (c *Client) List(ctx context.Context, kind snapshot.Kind, q snapshot.Query) (*List, error) {
	newest, err := c.newest(ctx)
	if err != nil {
		return nil, err
	}
	for until := time.Now().Add(catchUpTimeout); ; {
		l, err := c.fetch(ctx, kind, q)
		shown := int64(0)
		var refused *refusal
		switch {
		case err == nil:
			shown = l.revision
		case errors.Is(err, store.ErrNotFound) && errors.As(err, &refused):
			shown = refused.revision
		default:
			return nil, err
		}
		if shown >= newest || time.Now().After(until) {
			return l, err
		}
		if err := sleep(ctx, catchUpPause); err != nil {
			return nil, err
		}
	}
}

// newest is the revision that was written last; 0 when whoever asks may not know.
func (c *Client) newest(ctx context.Context) (int64, error) {
	var entries page[store.Entry]
	err := c.get(ctx, "/journal", url.Values{"limit": {"1"}}, &entries)
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, err
	case err != nil || len(entries.Items) == 0:
		return 0, nil // a server without its database shows the lists that it has, as it does to Prometheus
	}
	return entries.Items[0].Revision, nil
}

// fetch gets a list as a server shows it now.
func (c *Client) fetch(ctx context.Context, kind snapshot.Kind, q snapshot.Query) (l *List, err error) {
	path := "/sd/targets"
	if kind == snapshot.URLs {
		path = "/sd/urls"
	}
	r := request{method: http.MethodGet, path: path, query: listQuery(q), repeatable: true}
	err = c.send(ctx, r, func(resp *http.Response) error {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return &lost{err}
		}
		if body = bytes.TrimRight(body, "\n"); len(body) == 0 || body[0] != '[' || body[len(body)-1] != ']' {
			return &lost{errors.New("its answer is not a list")}
		}
		l = &List{body: body, revision: revisionOf(resp.Header)}
		return nil
	})
	return l, err
}

// revisionOf is the revision that an answer shows; 0 when it does not say.
func revisionOf(header http.Header) int64 {
	id, err := wire.ParseID(header.Get(wire.RevisionHeader))
	if err != nil {
		return 0
	}
	return id.Revision
}

// listQuery is a query as parameters.
func listQuery(q snapshot.Query) url.Values {
	return url.Values{
		"shard": q.Shards, "service": q.Services, "project": q.Projects, "farm": q.Farms, "job": q.Jobs, "server": q.Servers,
	}
}
