package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/promshard/promshard/cmd/promshard/compare"
)

// text tells people what compare has found: the counts, then the differences by kind.
func (r *compared) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Here:  %s, %s\n", r.Here.List, sideText(r.Here.Side))
	fmt.Fprintf(&b, "There: %s, %s\n", r.There.List, sideText(r.There.Side))
	fmt.Fprintf(&b, "Equal: %d\nOnly here: %d\nOnly there: %d\nLabels differ: %d\n", r.Equal, r.OnlyHere, r.OnlyThere, r.LabelsDiffer)
	for _, section := range []struct {
		kind  compare.Kind
		title string
		of    int
		line  func(compare.Difference) string
	}{
		{compare.OnlyHere, "Only here", r.OnlyHere, func(d compare.Difference) string { return d.Target + " " + labelSetText(d.Here) }},
		{compare.OnlyThere, "Only there", r.OnlyThere, func(d compare.Difference) string { return d.Target + " " + labelSetText(d.There) }},
		{compare.LabelsDiffer, "Labels differ (here → there)", r.LabelsDiffer, differenceText},
	} {
		if section.of == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s:\n", section.title)
		shown := 0
		for _, d := range r.Differences {
			if d.Kind == section.kind {
				shown++
				fmt.Fprintf(&b, "  %s\n", oneLine(section.line(d)))
			}
		}
		if more := section.of - shown; more > 0 {
			fmt.Fprintf(&b, "  … and %d more; --limit=0 shows all\n", more)
		}
	}
	return b.String()
}

func sideText(s compare.Side) string {
	text := count(s.Targets, "target")
	if s.Repeated > 0 {
		text += fmt.Sprintf(" (and %d listed again)", s.Repeated)
	}
	return text
}

// labelSetText writes labels as Prometheus does.
func labelSetText(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, name+"="+strconv.Quote(labels[name]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// differenceText names the labels that differ, and the job and project by which people know the target.
func differenceText(d compare.Difference) string {
	names := maps.Clone(d.Here)
	maps.Copy(names, d.There)
	var same, other []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		here, hasHere := d.Here[name]
		there, hasThere := d.There[name]
		switch {
		case hasHere && hasThere && here == there:
			if name == "job" || name == "project" {
				same = append(same, name+"="+strconv.Quote(here))
			}
		default:
			other = append(other, name+" "+quotedOr(here, hasHere)+" → "+quotedOr(there, hasThere))
		}
	}
	return d.Target + " {" + strings.Join(same, ", ") + "}: " + strings.Join(other, ", ")
}

// quotedOr quotes a value, or says that there is none.
func quotedOr(value string, has bool) string {
	if !has {
		return "none"
	}
	return strconv.Quote(value)
}
