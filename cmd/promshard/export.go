package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/atomicfile"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// addExports declares Promgen's commands that write a list for file_sd.
func (a *app) addExports() {
	const help = "Write the list of %s for file_sd. FILE is replaced in one step, so that Prometheus never reads half of it, and only when its content or mode differs; on an error it stays as it is. A database must exist already."
	a.command(a.kingpin, "export-targets", fmt.Sprintf(help, "targets"),
		"promshard export-targets /etc/prometheus/promshard.json --reload\npromshard targets --shard=prod", a.export(snapshot.Targets)).Alias("targets")
	a.command(a.kingpin, "export-urls", fmt.Sprintf(help, "URLs to probe"),
		"promshard export-urls /etc/prometheus/blackbox.json --reload\npromshard urls --shard=prod", a.export(snapshot.URLs)).Alias("urls")
}

// export is what the two commands have in common.
func (a *app) export(kind snapshot.Kind) func(cmd *kingpin.CmdClause) action {
	return func(cmd *kingpin.CmdClause) action {
		file := cmd.Arg("file", "File to write; standard output when there is none.").String()
		shards := cmd.Flag("shard", "Only what is on this shard. Repeatable; all shards by default.").PlaceHolder("SHARD").Strings()
		mode := fileMode(0o644)
		cmd.Flag("mode", "Mode of FILE, in octal.").Default("644").PlaceHolder("644").SetValue(&mode)
		reload := cmd.Flag("reload", "Make Prometheus read its configuration anew afterwards, whether FILE has changed or not.").Bool()
		prometheus := cmd.Flag("prometheus.url", "Prometheus to reload.").Default("http://localhost:9090").PlaceHolder("http://localhost:9090").URL()
		a.addServer(cmd)
		return func(ctx context.Context) error {
			err := a.withInventory(ctx, a.openExisting, func(ctx context.Context, inv inventory) error {
				return a.writeList(ctx, inv, kind, *shards, *file, fs.FileMode(mode))
			})
			if err != nil || !*reload {
				return err
			}
			return reloadPrometheus(ctx, newHTTPClient(time.Minute), *prometheus, "--prometheus.url")
		}
	}
}

// writeList renders a list as serve does, and writes it to the file, or to standard output when file is empty.
func (a *app) writeList(ctx context.Context, inv inventory, kind snapshot.Kind, shards []string, file string, mode fs.FileMode) error {
	list, err := inv.List(ctx, kind, snapshot.Query{Shards: shards})
	if err != nil {
		return withListHint(err)
	}
	if file == "" {
		if _, err := list.WriteTo(a.out); err != nil {
			return fmt.Errorf("writing the list: %w", err)
		}
		_, err := fmt.Fprintln(a.out)
		return err
	}
	if list.Revision() == 0 {
		return &hinted{
			err:  &store.Error{Kind: store.ErrConflict, Noun: "inventory", Reason: "nothing was ever registered in it, so that " + file + " is left as it is"},
			hint: "is it the right inventory? An empty list would make Prometheus drop every target",
		}
	}
	_, err = atomicfile.Replace(file, list, list.Size(), atomicfile.Options{Mode: mode})
	return err
}

// withListHint names the command that lists what an error says is unknown.
func withListHint(err error) error {
	var unknown *snapshot.NotFoundError
	var told *store.Error
	noun := ""
	switch {
	case errors.As(err, &unknown):
		noun = unknown.Noun
	case errors.Is(err, store.ErrNotFound) && errors.As(err, &told):
		noun = told.Field
	}
	if noun == "" {
		return err
	}
	return &hinted{err: err, hint: "promshard " + noun + " list shows which there are"}
}

// fileMode is a file's mode on the command line, in octal as chmod takes it. It implements kingpin.Value.
type fileMode fs.FileMode

// Set implements kingpin.Value.
func (m *fileMode) Set(s string) error {
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n > 0o777 {
		return fmt.Errorf("--mode %q: not a mode in octal, such as 644 or 0640", s)
	}
	if n&0o400 == 0 {
		return errors.New("--mode " + s + ": the owner could not read the file")
	}
	*m = fileMode(n)
	return nil
}

// String implements kingpin.Value.
func (m *fileMode) String() string { return strconv.FormatUint(uint64(*m), 8) }
