package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	files  []string
	dryRun bool
	store  store.ApplyOptions
}

func (a *app) addApply() {
	const help = "Make the inventory have what documents state, in YAML or JSON: all of it in one write of what differs, or nothing. What they do not state stays as it is; " +
		"with --managed-by, what that name owns in a list that they state goes when they do not state it, and with --prune everywhere."
	a.command(a.kingpin, "apply", help,
		"promshard apply -f shop.yaml --dry-run\npromshard apply -f inventory/ --managed-by=shop-repo --prune", func(cmd *kingpin.CmdClause) action {
			var o applyOptions
			cmd.Flag("file", "File, or folder of .yaml, .yml and .json files; - is standard input. Several are taken as one.").
				Short('f').PlaceHolder("FILE").StringsVar(&o.files)
			more := cmd.Arg("files", "More files or folders.").Strings()
			cmd.Flag("dry-run", "Show what would be done, and do nothing.").BoolVar(&o.dryRun)
			cmd.Flag("managed-by", "The name that owns what is applied.").PlaceHolder("NAME").StringVar(&o.store.ManagedBy)
			cmd.Flag("prune", "Delete what the name of --managed-by owns and the documents do not state.").BoolVar(&o.store.Prune)
			cmd.Flag("take-over", "Let what another name owns become that of --managed-by; without it that is a conflict.").BoolVar(&o.store.TakeOver)
			cmd.Flag("allow-empty", "Let --prune delete all that the name owns when the documents state nothing.").BoolVar(&o.store.AllowEmpty)
			a.addServer(cmd)
			a.addConfirm(cmd)
			out := a.addOutput(cmd)
			return func(ctx context.Context) error {
				o.files = append(o.files, *more...)
				return a.apply(ctx, o, out)
			}
		})
}

// applied is the result with what the guard would ask about a dry run.
type applied struct {
	store.ApplyResult
	DryRun bool              `json:"dry_run,omitempty"`
	Guard  *store.GuardError `json:"guard,omitempty"`
}

// apply reads all documents before it opens the inventory, so that a wrong name creates no database.
func (a *app) apply(ctx context.Context, o applyOptions, out *output) error {
	if len(o.files) == 0 {
		return &usageError{err: errors.New("no documents given; name them with -f FILE")}
	}
	d, err := a.readDocuments(ctx, o.files)
	if err != nil {
		return err
	}
	return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
		var receipt store.Receipt
		ctx = store.WithReceipt(ctx, &receipt)
		if o.dryRun {
			ctx = store.WithDryRun(ctx)
		}
		result, err := inv.Apply(ctx, d, o.store)
		if err != nil {
			return err
		}
		r := applied{ApplyResult: result, DryRun: o.dryRun}
		if o.dryRun {
			r.Guard = receipt.Guard
		}
		return out.print(r, r.text)
	})
}

// text is the plan, one line for each object, and what it adds up to.
func (r applied) text() string {
	if len(r.Plan) == 0 {
		return "Nothing to do: all of it is so already\n"
	}
	var b strings.Builder
	for _, p := range r.Plan {
		fmt.Fprintln(&b, planLine(p))
	}
	verb := "Applied"
	if r.DryRun {
		verb = "Would apply"
	}
	fmt.Fprintf(&b, "%s: %d created, %d changed, %d deleted\n", verb, r.Created, r.Changed, r.Deleted)
	if r.Guard != nil {
		fmt.Fprintf(&b, "Would be asked: %s\n", oneLine(r.Guard.Error()))
	}
	return b.String()
}

// planMarks are what lines of a plan begin with.
var planMarks = map[string]string{"created": "+", "changed": "~", "deleted": "-"}

// planLine tells what becomes of one object.
func planLine(p store.PlannedChange) string {
	line := planMarks[p.Kind] + " " + oneLine(p.Title)
	if p.Kind != "changed" {
		return line
	}
	var fields []string
	for _, f := range p.Fields {
		fields = append(fields, fmt.Sprintf("%s %s → %s", f.Field, planValue(f.Old), planValue(f.New)))
	}
	slices.Sort(fields)
	return oneLine(line + ": " + strings.Join(fields, ", "))
}

// planValue is a value of a field in JSON; "-" is none.
func planValue(raw []byte) string {
	if len(raw) == 0 || string(raw) == "null" {
		return "-"
	}
	return string(raw)
}
