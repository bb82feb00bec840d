package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// reloadPrometheus makes the Prometheus at base read its configuration anew, and waits until it has. The base may have
// /-/reload at its end already; flag is the one that gave it.
func reloadPrometheus(ctx context.Context, client *http.Client, base *url.URL, flag string) error {
	address := base
	if !strings.HasSuffix(strings.TrimRight(base.Path, "/"), "/-/reload") {
		address = base.JoinPath("-", "reload")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), http.NoBody)
	if err != nil || base.Host == "" {
		return &usageError{err: fmt.Errorf("%s %q: not an http or https URL", flag, base.Redacted())}
	}
	req.Header.Set("User-Agent", userAgent())
	resp, err := client.Do(req)
	if err != nil {
		return &hinted{
			err:  &unavailable{fmt.Errorf("reloading Prometheus: %w", err)},
			hint: flag + " says where Prometheus is",
		}
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return &hinted{
			err:  &unavailable{fmt.Errorf("reloading Prometheus at %s: %s", address.Redacted(), answer(resp))},
			hint: "start Prometheus with --web.enable-lifecycle; it reads file_sd files anew without a reload, too",
		}
	}
	return &unavailable{fmt.Errorf("reloading Prometheus at %s: %s", address.Redacted(), answer(resp))}
}
