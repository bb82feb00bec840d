package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
)

// addHistory declares the commands that look back, and the one that goes back.
func (a *app) addHistory() {
	a.command(a.kingpin, "explain",
		"Say where a target or a URL comes from and who gets it, or why nobody does.",
		"promshard explain web1.example:9100", a.explain)
	a.command(a.kingpin, "consumers",
		"List who asks for which list, as all servers have seen them, and which registered servers do not ask.",
		"promshard consumers --live", a.consumers)
	a.command(a.kingpin, "journal",
		"List what was written, the newest first; or say what one revision did to each object.",
		"promshard journal --noun=host --since=2026-01-31T00:00:00Z", a.journal)
	a.command(a.kingpin, "diff",
		"List which targets the revisions after one, up to and with another, added and removed, by shard.",
		"promshard diff 120 125", a.diff)
	a.command(a.kingpin, "revert",
		"Undo one revision, as one new write, unless something newer stands in the way.",
		"promshard revert 125 --dry-run", a.revert)
}

// revisionArg declares an argument that is a revision.
func revisionArg(cmd *kingpin.CmdClause, name, help string, least int64) (arg *kingpin.ArgClause, value *optional[int64]) {
	value = &optional[int64]{parse: func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < least {
			return 0, fmt.Errorf("%s %q: not a whole number from %d upwards", name, s, least)
		}
		return n, nil
	}}
	arg = cmd.Arg(name, help)
	arg.SetValue(value)
	return arg, value
}

// timeFlag takes a point in time.
func timeFlag(cmd *kingpin.CmdClause, name, help string) *optional[time.Time] {
	return optionalFlag(cmd, name, "TIME", help, func(s string) (time.Time, error) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return t, errors.New("not a time like 2026-01-31T12:00:00Z")
		}
		return t, nil
	})
}

func (a *app) journal(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	_, revision := revisionArg(cmd, "revision", "The revision to show; all are listed without one.", 1)
	actor := filterFlag(cmd, "actor", "Those of this actor.")
	what := filterFlag(cmd, "action", "Those of this action, such as host.create or import.")
	noun := filterFlag(cmd, "noun", "Those that name an object of this noun, such as host.")
	id := countFlag(cmd, "id", "Those that name the object of --noun with this id.")
	since := timeFlag(cmd, "since", "Those from this time on.")
	until := timeFlag(cmd, "until", "Those up to this time.")
	before := countFlag(cmd, "before", "Those before this revision, to go on with a list.")
	limit := countFlag(cmd, "limit", "How many are shown at most; 100 by default. Of a revision these are objects.")
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		if revision.value != nil {
			page, err := inv.JournalPage(ctx, *revision.value, 0, int(limit.or(0)))
			if err != nil {
				return err
			}
			return out.print(page, func() string { return journalPageText(page) })
		}
		entries, err := inv.Entries(ctx, store.JournalFilter{
			Actor: actor.or(""), Action: what.or(""), Noun: noun.or(""), ID: id.or(0), Since: since.or(time.Time{}),
			Until: until.or(time.Time{}), Before: before.or(0), Limit: int(limit.or(0)), Newest: true, Brief: true,
		})
		if err != nil {
			return err
		}
		return out.print(journalLines(entries), func() string { return journalText(entries) })
	})
}

// journalLine is an entry as --output json lists it.
type journalLine struct {
	Revision int64     `json:"revision"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Action   string    `json:"action"`
	Summary  string    `json:"summary"`
}

func journalLines(entries []store.Entry) []journalLine {
	lines := make([]journalLine, len(entries))
	for i, e := range entries {
		lines[i] = journalLine{e.Revision, e.At, e.Actor, e.Action, e.Summary}
	}
	return lines
}

func journalText(entries []store.Entry) string {
	rows := make([][]string, len(entries))
	for i, e := range entries {
		rows[i] = []string{number(e.Revision), timeText(&e.At), e.Actor, e.Action, e.Summary}
	}
	return table([]string{"REVISION", "TIME", "ACTOR", "ACTION", "SUMMARY"}, rows)
}

func journalPageText(p store.JournalPage) string {
	head := table([]string{"REVISION", number(p.Revision)}, [][]string{
		{"TIME", timeText(&p.At)}, {"ACTOR", p.Actor}, {"ACTION", p.Action}, {"SUMMARY", p.Summary},
	})
	var rows [][]string
	for _, o := range p.Objects {
		rows = append(rows, []string{o.Kind, o.Noun, number(o.ID), o.Name, "", ""})
		for _, f := range o.Fields {
			rows = append(rows, []string{"", "", "", f.Field, valueText(f.Old), valueText(f.New)})
		}
	}
	text := head + "\n" + fieldTable(rows)
	if p.Next > 0 {
		text += fmt.Sprintf("\n%d more objects; --limit shows more\n", p.Total-p.Next)
	}
	return text
}

// fieldTable is a table in which nothing stands for nothing.
func fieldTable(rows [][]string) string {
	for _, row := range rows {
		for i := range row {
			if row[i] == "" {
				row[i] = " "
			}
		}
	}
	return table([]string{"CHANGE", "NOUN", "ID", "NAME", "OLD", "NEW"}, rows)
}

// valueText is a value of JSON for people.
func valueText(raw json.RawMessage) string {
	var s string
	switch {
	case len(raw) == 0:
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return s
	}
	return string(raw)
}

func (a *app) revert(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	arg, revision := revisionArg(cmd, "revision", "The revision to undo.", 1)
	arg.Required()
	dry := cmd.Flag("dry-run", "Say what would be undone, and undo nothing.").Bool()
	a.addConfirm(cmd)
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		if *dry {
			ctx = store.WithDryRun(ctx)
		}
		r, err := inv.Revert(ctx, *revision.value)
		var conflict *store.RevertError
		if errors.As(err, &conflict) && conflict.Newer > 0 {
			err = &hinted{err: err, hint: fmt.Sprintf("promshard journal %d shows what is newer", conflict.Newer)}
		}
		if err != nil {
			return err
		}
		return out.print(r, func() string { return reversalText(r) })
	})
}

func reversalText(r store.Reversal) string {
	verb, end := "Reverted", fmt.Sprintf("; this is revision %d", r.Revision)
	if r.Revision == 0 {
		verb, end = "Would revert", ""
	}
	return fmt.Sprintf("%s revision %d (%s): %d created, %d changed, %d deleted%s\n",
		verb, r.Reverted, r.Summary, r.Created, r.Changed, r.Deleted, end)
}

func (a *app) diff(cmd *kingpin.CmdClause) action {
	a.addServer(cmd)
	arg, from := revisionArg(cmd, "from", "The revision after which changes count; 0 is the beginning.", 0)
	arg.Required()
	_, to := revisionArg(cmd, "to", "The last revision that counts; the newest one by default.", 1)
	shard := filterFlag(cmd, "shard", "Those of this shard.")
	limit := countFlag(cmd, "limit", "How many targets are named at most, 1 to 10000; 1000 by default.")
	out := a.addOutput(cmd)
	return a.onInventory(func(ctx context.Context, inv inventory) error {
		d, err := inv.Diff(ctx, *from.value, to.or(0), shard.or(""), int(limit.or(1000)))
		if err != nil {
			return err
		}
		return out.print(d, func() string { return diffText(d) })
	})
}

func diffText(d origins.Diff) string {
	if len(d.Shards) == 0 {
		return fmt.Sprintf("No list differs between revisions %d and %d\n", d.From, d.To)
	}
	var b strings.Builder
	for _, s := range d.Shards {
		fmt.Fprintf(&b, "shard %s: %d added, %d removed, %d relabelled\n", s.Shard, s.Added, s.Removed, s.Relabelled)
		for _, t := range s.Targets {
			sign := map[string]string{"added": "+", "removed": "-", "relabelled": "~"}[t.Change]
			fmt.Fprintf(&b, "%s %s  %s of %s, job %s\n", sign, t.Target, t.Project, t.Service, t.Job)
		}
	}
	if d.Truncated {
		b.WriteString("More targets differ; --limit names more\n")
	}
	return b.String()
}
