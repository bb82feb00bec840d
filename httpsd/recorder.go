package httpsd

import (
	"net/http"
	"time"
)

// recorder notes the status and the size of an answer on their way.
type recorder struct {
	http.ResponseWriter
	// code is 0 until the header is written.
	code  int
	bytes int64
	// held is how much of the time nothing was done but to wait for something to change.
	held time.Duration
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 && code >= http.StatusOK {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
