//go:build bench && linux

package bench

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// bareFile names the variable that makes the test binary a server that does nothing but write the bytes of that file
// from memory, on the address that is its argument.
const bareFile = "PROMSHARD_BENCH_BARE_FILE"

// bareTag is the entity tag of the bare server.
const bareTag = `"bare"`

// serveBare is what net/http costs at least: one handler, no routes, no metrics, no limits.
func serveBare(file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	length := strconv.Itoa(len(body))
	server := &http.Server{Addr: os.Args[1], ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("ETag", bareTag)
		if r.Header.Get("If-None-Match") == bareTag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", length)
		_, _ = w.Write(body) // a client that is gone needs nothing
	})}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
