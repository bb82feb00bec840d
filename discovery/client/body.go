package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// linePatience is how many idle time-outs may be spent waiting for one line of a stream, or for one document. It ends what
// arrives so slowly that it gets nowhere.
const linePatience = 4

// timeoutError is why a request was given up.
type timeoutError struct {
	what  string
	after time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("%s within %v", e.what, e.after) }

// after gives a request up, by the context that cancel is of, unless the timer is stopped in time.
func after(d time.Duration, cancel context.CancelCauseFunc, what string) *time.Timer {
	return time.AfterFunc(d, func() { cancel(&timeoutError{what, d}) })
}

// cause is err, or why the request was given up if that is behind it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// body reads what an answer holds, decoded, and gives the request up when nothing arrives. Only the time spent in Read
// counts, so whoever reads may take as long as he likes.
type body struct {
	from   io.Reader
	cancel context.CancelCauseFunc
	idle   time.Duration
	// left is how much longer the line that is arriving may be waited for.
	left time.Duration
}

// newBody returns the body of an answer whose request's context cancel is of.
func newBody(resp *http.Response, cancel context.CancelCauseFunc, idle time.Duration) (*body, error) {
	b := &body{cancel: cancel, idle: idle, left: linePatience * idle}
	switch encoding := resp.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		b.from = resp.Body
	case "gzip":
		b.from = &gunzip{from: resp.Body}
	default:
		return nil, fmt.Errorf("its encoding is %q, which was not asked for", shorten(encoding))
	}
	return b, nil
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	began := time.Now()
	timer := after(min(b.idle, b.left), b.cancel, "nothing more has arrived")
	n, err := b.from.Read(p)
	timer.Stop()
	if bytes.IndexByte(p[:n], '\n') >= 0 {
		b.left = linePatience * b.idle
	} else {
		b.left -= time.Since(began)
	}
	return n, err
}

// gunzip decodes what is read from it. Unlike a gzip.Reader it reads nothing before its first Read, so that the wait for
// the first byte is the reader's.
type gunzip struct {
	from io.Reader
	gz   *gzip.Reader
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	if g.gz == nil {
		gz, err := gzip.NewReader(g.from)
		if err != nil {
			return 0, err
		}
		g.gz = gz
	}
	return g.gz.Read(p)
}
