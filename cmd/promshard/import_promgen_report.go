package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/promshard/promshard/cmd/promshard/promgen"
	"github.com/promshard/promshard/store"
)

// promgenReport is what import promgen prints.
type promgenReport struct {
	DryRun bool `json:"dry_run"`
	store.SyncResult
	// Absent is what Promgen does not tell the way it was asked.
	Absent []string `json:"absent,omitempty"`
	// Guard is what the import would be asked to confirm, or has confirmed.
	Guard *store.GuardError `json:"guard,omitempty"`
}

func newPromgenReport(source promgen.Source, result store.SyncResult, guard *store.GuardError, p *promgenImport) *promgenReport {
	r := &promgenReport{DryRun: p.dryRun, SyncResult: result, Guard: guard}
	source.Count(r.Counts)
	// Programs get [] where there is nothing, not null.
	r.Issues = append(append([]store.SyncIssue{}, result.Issues...), source.LeftOut...)
	r.Changes = append([]store.SyncChange{}, result.Changes...)
	for i := range r.Issues {
		r.Issues[i] = promgen.Explain(r.Issues[i])
	}
	if p.web() {
		r.Absent = promgen.Absent
	}
	return r
}

// leftOutError is the error of an import that is done, though some rows were left out.
type leftOutError struct {
	refused, conflicts int
	dryRun             bool
}

func (e *leftOutError) Error() string {
	done, verb := "the rest of Promgen is in", "are"
	if e.dryRun {
		done, verb = "the rest of Promgen would go in", "would be"
	}
	var parts []string
	if e.refused > 0 {
		parts = append(parts, fmt.Sprintf("%s %s left out", plural(e.refused, "row"), isAre(e.refused, verb)))
	}
	if e.conflicts > 0 {
		parts = append(parts, fmt.Sprintf("%s %s settled as it is here", plural(e.conflicts, "conflict"), isAre(e.conflicts, verb)))
	}
	return done + ", but " + strings.Join(parts, ", ") + "; see above"
}

func isAre(n int, verb string) string {
	if n == 1 && verb == "are" {
		return "is"
	}
	return verb
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// verdict is nil when everything that Promgen has is in.
func (r *promgenReport) verdict() error {
	e := &leftOutError{dryRun: r.DryRun}
	for _, issue := range r.Issues {
		switch issue.Kind {
		case store.SyncRefused:
			e.refused += 1 + issue.Below
		case store.SyncConflict:
			e.conflicts++
		case store.SyncRenumbered:
		}
	}
	if e.refused+e.conflicts == 0 {
		return nil
	}
	return e
}

// text is the report for people: every change of a dry run, the counts, and every issue.
func (r *promgenReport) text() string {
	var b strings.Builder
	if r.DryRun {
		for _, c := range r.Changes {
			fmt.Fprintln(&b, changeText(c))
		}
	}
	b.WriteString(r.counts())
	for _, issue := range r.Issues {
		fmt.Fprintln(&b, issueText(issue))
	}
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "Not told by Promgen's web server: %s\n", strings.Join(r.Absent, ", "))
	}
	if r.DryRun && r.Guard != nil {
		fmt.Fprintf(&b, "Would be asked: %s\n", oneLine(r.Guard.Error()))
	}
	return b.String()
}

// counts is a line for each thing that was done, or would be.
func (r *promgenReport) counts() string {
	var b strings.Builder
	for _, did := range []struct {
		verb  string
		count func(store.SyncCounts) int
	}{
		{"Create", func(c store.SyncCounts) int { return c.Created }},
		{"Update", func(c store.SyncCounts) int { return c.Updated }},
		{"Delete", func(c store.SyncCounts) int { return c.Deleted }},
	} {
		var parts []string
		for _, c := range r.Counts {
			if n := did.count(c); n > 0 {
				parts = append(parts, plural(n, nounText(c.Noun)))
			}
		}
		if len(parts) == 0 {
			continue
		}
		verb := did.verb + "d"
		if r.DryRun {
			verb = "Would " + strings.ToLower(did.verb)
		}
		fmt.Fprintf(&b, "%s %s\n", verb, strings.Join(parts, ", "))
	}
	if b.Len() == 0 {
		return "Nothing to change\n"
	}
	return b.String()
}

// nounText is the name of a noun for people.
func nounText(noun string) string {
	if noun == "url" {
		return "URL"
	}
	return strings.ReplaceAll(noun, "_", " ")
}

// changeText is one change on one line: "update project shop: owner "a" → "b"".
func changeText(c store.SyncChange) string {
	line := fmt.Sprintf("%s %s %s", c.Action, nounText(c.Noun), cell(c.Name))
	var fields []string
	for _, f := range c.Fields {
		fields = append(fields, fmt.Sprintf("%s %s → %s", f.Field, jsonText(f.Before), jsonText(f.After)))
	}
	if len(fields) > 0 {
		line += ": " + strings.Join(fields, ", ")
	}
	return line
}

func jsonText(v any) string {
	text, err := marshal(v)
	if err != nil {
		text = json.RawMessage(fmt.Sprint(v))
	}
	return strings.TrimSpace(string(text))
}

// issueText is one issue on one line, and its hint on the next.
func issueText(i store.SyncIssue) string {
	line := fmt.Sprintf("%s %s %q (id %d", i.Kind, nounText(i.Noun), i.Name, i.Key)
	if i.Key < 0 {
		line = fmt.Sprintf("%s %s %q (no id", i.Kind, nounText(i.Noun), i.Name)
	}
	if i.Project != "" {
		line += fmt.Sprintf(", project %q", i.Project)
	}
	line += "): "
	if i.Field != "" {
		line += i.Field + " "
	}
	if i.Value != "" {
		line += fmt.Sprintf("%q ", i.Value)
	}
	line += i.Reason
	if i.Below > 0 {
		line += fmt.Sprintf(", and %s below it", plural(i.Below, "row"))
	}
	if i.Hint != "" {
		line += "\n  hint: " + i.Hint
	}
	return line
}
