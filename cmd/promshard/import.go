package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

func (a *app) addImport() {
	const help = "Import a list as Promgen and promshard export it. All of it is taken in, or nothing; what is there already stays as it is, so that importing a list twice changes nothing."
	a.command(a.kingpin, "import-jobs", help,
		"promshard import-jobs targets.json\npromshard import-jobs https://promgen.example/api/v1/targets prod", func(cmd *kingpin.CmdClause) action {
			source := cmd.Arg("source", "File or http(s) URL of the list; - is standard input.").Required().String()
			shard := cmd.Arg("shard", "Shard to put everything on, whatever the list says.").String()
			timeout := cmd.Flag("timeout", "How long fetching a URL may take in all.").Default("5m").PlaceHolder("5m").Duration()
			a.addServer(cmd)
			out := a.addOutput(cmd)
			return func(ctx context.Context) error { return a.importJobs(ctx, *source, *shard, *timeout, out) }
		})
}

// importJobs opens the list before the inventory, so that a wrong name creates no database.
func (a *app) importJobs(ctx context.Context, source, shard string, timeout time.Duration, out *output) error {
	list, size, err := a.openList(ctx, source, timeout)
	if err != nil {
		return err
	}
	defer list.Close()
	return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
		bar := newProgress(a.err, "importing", "targets", size)
		result, err := inv.Import(ctx, store.ReadGroups(bar.reader(list)), store.ImportOptions{Shard: shard, Progress: bar.update})
		bar.done()
		if err != nil {
			return fmt.Errorf("importing %s: %w", sourceName(source), err)
		}
		return out.print(result, func() string { return importText(result) })
	})
}

// sourceName calls the source of a list in messages.
func sourceName(source string) string {
	if source == stdinName {
		return "standard input"
	}
	return source
}

// openList opens a file, a URL or standard input. The size is -1 when it is not known.
func (a *app) openList(ctx context.Context, source string, timeout time.Duration) (io.ReadCloser, int64, error) {
	if source == stdinName {
		return interruptible(ctx, a.in), -1, nil
	}
	if scheme, _, ok := strings.Cut(source, "://"); ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) {
		return fetch(ctx, source, timeout)
	}
	f, err := os.Open(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("%s does not exist", source)
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a folder, not a list", source)
	case info.Mode().IsRegular():
		return f, info.Size(), nil
	default:
		return f, -1, nil
	}
	return nil, 0, errors.Join(err, f.Close())
}

// interruptible returns what r reads until ctx ends. Nothing can end a Read of standard input: the goroutine that is in
// it then stays there until the process ends, which it is about to.
func interruptible(ctx context.Context, r io.Reader) io.ReadCloser {
	in, out := io.Pipe()
	stop := context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	go func() {
		defer stop()
		_, err := io.Copy(out, r)
		out.CloseWithError(err)
	}()
	return in
}

// fetch gets a list by HTTP. The caller closes it, and timeout covers the whole body.
func fetch(ctx context.Context, address string, timeout time.Duration) (io.ReadCloser, int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, 0, &usageError{err: fmt.Errorf("the URL %q: %w", redacted(address), err)}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent())
	resp, err := newHTTPClient(timeout).Do(req)
	if err != nil {
		return nil, 0, &unavailable{fmt.Errorf("fetching the list: %w", err)}
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, 0, &unavailable{fmt.Errorf("fetching %s: %s", redacted(address), answer(resp))}
	}
	return resp.Body, resp.ContentLength, nil
}

// importText tells what was imported and what was there.
func importText(r store.ImportResult) string {
	imported, existing := countText(r.Imported), countText(r.Existing)
	if imported == "" {
		imported = "nothing: all of it was there already"
		if existing == "" {
			imported = "nothing: the list is empty"
		}
	}
	text := "Imported " + imported + "\n"
	if existing != "" {
		text += "Existing " + existing + "\n"
	}
	return text
}

// countText lists what there is at least one of.
func countText(c store.ImportCounts) string {
	var parts []string
	for _, n := range []struct {
		count int64
		noun  string
	}{
		{c.Shards, "shard"},
		{c.Services, "service"},
		{c.Projects, "project"},
		{c.Farms, "farm"},
		{c.Hosts, "host"},
		{c.Exporters, "exporter"},
		{c.Probes, "probe"},
		{c.URLs, "URL"},
	} {
		switch n.count {
		case 0:
		case 1:
			parts = append(parts, "1 "+n.noun)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n.count, n.noun))
		}
	}
	return strings.Join(parts, ", ")
}
