package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/promfile"
	"github.com/promshard/promshard/store"
)

// ruleFlag is a rule on the command line. It implements kingpin.Value.
type ruleFlag struct {
	name string
	rule *promfile.Rule
}

// Set implements kingpin.Value.
func (f ruleFlag) Set(s string) error {
	r, err := promfile.ParseRule(s)
	if err != nil {
		return fmt.Errorf("--%s %q: %w", f.name, s, err)
	}
	*f.rule = r
	return nil
}

// String implements kingpin.Value.
func (f ruleFlag) String() string { return f.rule.String() }

func (a *app) addImportPrometheus(parent commander) {
	const help = "Import the targets of a prometheus.yml: those of static_configs and of the files of file_sd_configs, with their labels, metrics_path, scheme and params. " +
		"Rules say what becomes their service, project, job and shard: a rule is label names, of which the first counts that a target has, and a fixed =VALUE for others; the label job is the job_name unless a target has its own. " +
		"What a list of targets cannot hold is listed with a reason and a suggestion, and the rest goes in, or nothing when it contradicts the inventory; what is there already stays as it is."
	const examples = "promshard import prometheus /etc/prometheus/prometheus.yml --dry-run\n" +
		"promshard import prometheus prometheus.yml --service=team,=infrastructure --project=app,job --shard==tokyo"
	a.command(parent, "prometheus", help, examples, func(cmd *kingpin.CmdClause) action {
		var o promfile.Options
		file := cmd.Arg("file", "Configuration of a Prometheus.").Required().String()
		for _, f := range []struct {
			name, rule, help string
			to               *promfile.Rule
		}{
			{"service", "service,job", "What a target's service is.", &o.Service},
			{"project", "project,job", "What its project is.", &o.Project},
			{"job", "job", "What its exporter's job is.", &o.Job},
			{"shard", "__shard,=" + store.DefaultShard, "What its shard is.", &o.Shard},
		} {
			cmd.Flag(f.name, f.help).Default(f.rule).PlaceHolder("RULE").SetValue(ruleFlag{f.name, f.to})
		}
		dryRun := cmd.Flag("dry-run", "Say what would be imported, and change nothing.").Bool()
		a.addServer(cmd)
		out := a.addOutput(cmd)
		return func(ctx context.Context) error { return a.importPrometheus(ctx, *file, o, *dryRun, out) }
	})
}

// prometheusImport is what import prometheus prints.
type prometheusImport struct {
	store.ImportResult

	DryRun  bool            `json:"dry_run"`
	Targets int             `json:"targets"`
	Notes   []promfile.Note `json:"notes"`
}

// importPrometheus reads the configuration before the inventory is opened, so that a wrong name creates no database.
func (a *app) importPrometheus(ctx context.Context, file string, o promfile.Options, dryRun bool, out *output) error {
	plan, err := promfile.Read(file, o)
	if err != nil {
		return err
	}
	groups := func(yield func(store.ImportGroup, error) bool) {
		for _, g := range plan.Groups {
			if !yield(g, nil) {
				return
			}
		}
	}
	return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
		if dryRun {
			ctx = store.WithDryRun(ctx)
		}
		result, err := inv.Import(ctx, groups, store.ImportOptions{})
		if err != nil {
			return fmt.Errorf("importing %s: %w", file, err)
		}
		r := prometheusImport{result, dryRun, plan.Targets, plan.Notes}
		if err := out.print(r, r.text); err != nil {
			return err
		}
		return r.verdict()
	})
}

// partlyImportedError is the error of an import that is done, though some of the configuration was left out.
type partlyImportedError struct {
	notes  int
	dryRun bool
}

func (e *partlyImportedError) Error() string {
	verb := "was"
	if e.dryRun {
		verb = "would be"
	}
	return fmt.Sprintf("something %s left out, for %s; the rest goes in", verb, count(e.notes, "reason"))
}

// verdict is nil when all targets of the configuration are in.
func (r *prometheusImport) verdict() error {
	e := &partlyImportedError{dryRun: r.DryRun}
	for _, n := range r.Notes {
		if n.Kind == promfile.LeftOut {
			e.notes++
		}
	}
	if e.notes == 0 {
		return nil
	}
	return e
}

func (r *prometheusImport) text() string {
	text := importText(r.ImportResult)
	if r.DryRun {
		text = strings.Replace(text, "Imported ", "Would import ", 1)
	}
	for _, section := range []struct {
		kind  promfile.NoteKind
		title string
	}{
		{promfile.LeftOut, "Left out"},
		{promfile.Changed, "Imported otherwise than written"},
		{promfile.Stays, "Stays in the configuration of Prometheus"},
	} {
		text += notesText(section.title, section.kind, r.Notes)
	}
	return text
}

// notesText has two lines for each note of the kind.
func notesText(title string, kind promfile.NoteKind, notes []promfile.Note) string {
	var b strings.Builder
	for _, n := range notes {
		if n.Kind != kind {
			continue
		}
		if b.Len() == 0 {
			fmt.Fprintf(&b, "\n%s:\n", title)
		}
		fmt.Fprintf(&b, "  %s\n    %s\n", oneLine(fmt.Sprintf("job %s, %s: %s", n.Job, n.What, n.Reason)), oneLine(n.Suggestion))
	}
	return b.String()
}
